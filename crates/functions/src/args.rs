//! Reads arguments row by row, whatever their physical encoding, and without expanding constants.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, GenericListArray, Int64Array,
    OffsetSizeTrait, StructArray,
};
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use datafusion_common::{Result, exec_err};
use datafusion_expr::ColumnarValue;

/// The arguments of one call.
pub(crate) struct Args<'a> {
    values: &'a [ColumnarValue],
    /// Rows to produce.
    pub(crate) n_rows: usize,
}

impl<'a> Args<'a> {
    pub(crate) fn new(values: &'a [ColumnarValue], n_rows: usize) -> Self {
        Self { values, n_rows }
    }

    /// Whether an optional argument was given.
    pub(crate) fn has(&self, index: usize) -> bool {
        index < self.values.len()
    }

    /// The argument as a column of one row (a constant) or all rows.
    fn column(&self, index: usize) -> Result<(ArrayRef, bool)> {
        match self.values.get(index) {
            Some(ColumnarValue::Array(array)) => Ok((Arc::clone(array), false)),
            Some(ColumnarValue::Scalar(scalar)) => Ok((scalar.to_array()?, true)),
            None => exec_err!("argument {} is absent", index + 1),
        }
    }

    pub(crate) fn texts(&self, index: usize) -> Result<Texts> {
        let (array, is_constant) = self.column(index)?;
        Ok(Texts { array, is_constant })
    }

    pub(crate) fn integers(&self, index: usize) -> Result<Integers> {
        let (array, is_constant) = self.column(index)?;
        Ok(Integers { array: array.as_primitive::<Int64Type>().clone(), is_constant })
    }

    pub(crate) fn numbers(&self, index: usize) -> Result<Numbers> {
        let (array, is_constant) = self.column(index)?;
        Ok(Numbers { array: array.as_primitive::<Float64Type>().clone(), is_constant })
    }

    /// An optional number, with `default` where it is not given.
    pub(crate) fn numbers_or(&self, index: usize, default: f64) -> Result<Numbers> {
        if self.has(index) {
            return self.numbers(index);
        }
        Ok(Numbers { array: Float64Array::from(vec![default]), is_constant: true })
    }

    /// An optional text; `None` where it is not given.
    pub(crate) fn texts_or_none(&self, index: usize) -> Result<Option<Texts>> {
        if self.has(index) { self.texts(index).map(Some) } else { Ok(None) }
    }

    pub(crate) fn lists(&self, index: usize) -> Result<Lists> {
        let (array, is_constant) = self.column(index)?;
        Ok(Lists { array, is_constant })
    }
}

fn row(index: usize, is_constant: bool) -> usize {
    if is_constant { 0 } else { index }
}

/// A column of texts.
pub(crate) struct Texts {
    array: ArrayRef,
    pub(crate) is_constant: bool,
}

impl Texts {
    pub(crate) fn get(&self, index: usize) -> Option<&str> {
        text_at(self.array.as_ref(), row(index, self.is_constant))
    }
}

/// The text at `row` of an array of any of the three string types.
pub(crate) fn text_at(array: &dyn Array, row: usize) -> Option<&str> {
    if array.is_null(row) {
        return None;
    }
    match array.data_type() {
        DataType::Utf8 => Some(array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => Some(array.as_string::<i64>().value(row)),
        DataType::Utf8View => Some(array.as_string_view().value(row)),
        _ => None,
    }
}

pub(crate) struct Integers {
    array: Int64Array,
    is_constant: bool,
}

impl Integers {
    pub(crate) fn get(&self, index: usize) -> Option<i64> {
        let row = row(index, self.is_constant);
        self.array.is_valid(row).then(|| self.array.value(row))
    }
}

pub(crate) struct Numbers {
    array: Float64Array,
    is_constant: bool,
}

impl Numbers {
    /// The number; NaN counts as unknown.
    pub(crate) fn get(&self, index: usize) -> Option<f64> {
        let row = row(index, self.is_constant);
        self.array.is_valid(row).then(|| self.array.value(row)).filter(|value| !value.is_nan())
    }
}

/// A column of lists, or of texts that stand for lists of one.
pub(crate) struct Lists {
    array: ArrayRef,
    is_constant: bool,
}

impl Lists {
    /// The elements of one row's list.
    fn elements(&self, index: usize) -> Option<ArrayRef> {
        fn of<O: OffsetSizeTrait>(list: &GenericListArray<O>, row: usize) -> ArrayRef {
            list.value(row)
        }
        let row = row(index, self.is_constant);
        if self.array.is_null(row) {
            return None;
        }
        match self.array.data_type() {
            DataType::List(_) => Some(of(self.array.as_list::<i32>(), row)),
            DataType::LargeList(_) => Some(of(self.array.as_list::<i64>(), row)),
            DataType::FixedSizeList(..) => Some(self.array.as_fixed_size_list().value(row)),
            _ => None,
        }
    }

    /// A list of numbers; NULL and NaN elements are `None`.
    pub(crate) fn numbers(&self, index: usize) -> Option<Vec<Option<f64>>> {
        let elements = self.elements(index)?;
        let numbers = elements.as_primitive_opt::<Float64Type>()?;
        Some(numbers.iter().map(|number| number.filter(|number| !number.is_nan())).collect())
    }

    /// A list of texts; NULL elements are left out.
    pub(crate) fn texts(&self, index: usize) -> Option<Vec<String>> {
        let elements = self.elements(index)?;
        let text = |at: usize| text_at(elements.as_ref(), at).map(str::to_owned);
        Some((0..elements.len()).filter_map(text).collect())
    }

    /// A list of (score, rate) pairs.
    pub(crate) fn steps(&self, index: usize) -> Option<Vec<(f64, f64)>> {
        let elements = self.elements(index)?;
        let steps = elements.as_struct_opt()?;
        let [scores, rates] = steps.columns() else { return None };
        let (scores, rates) =
            (scores.as_primitive_opt::<Float64Type>()?, rates.as_primitive_opt::<Float64Type>()?);
        Some(scores.values().iter().copied().zip(rates.values().iter().copied()).collect())
    }

    /// The contexts of one row with their places in the list: texts, or the `content` of documents whose `in_context` is
    /// not false.
    pub(crate) fn contexts(&self, index: usize) -> Option<Vec<(usize, Cow<'_, str>)>> {
        let row = row(index, self.is_constant);
        if let Some(text) = text_at(self.array.as_ref(), row) {
            return Some(vec![(0, Cow::Borrowed(text))]);
        }
        let elements = self.elements(index)?;
        let (texts, used) = match elements.as_struct_opt() {
            Some(documents) => (documents.column_by_name("content")?, in_context(documents)),
            None => (&elements, None),
        };
        let is_used = |at: usize| {
            used.is_none_or(|used: &BooleanArray| used.is_null(at) || used.value(at))
                && elements.is_valid(at)
        };
        Some(
            (0..elements.len())
                .filter(|&at| is_used(at))
                .filter_map(|at| {
                    text_at(texts.as_ref(), at).map(|text| (at, Cow::Owned(text.to_owned())))
                })
                .collect(),
        )
    }
}

impl Lists {
    /// Every document's text in order, empty where it has none, so that numbers stay what they are.
    pub(crate) fn all_contexts(&self, index: usize) -> Option<Vec<Cow<'_, str>>> {
        let row = row(index, self.is_constant);
        if let Some(text) = text_at(self.array.as_ref(), row) {
            return Some(vec![Cow::Borrowed(text)]);
        }
        let elements = self.elements(index)?;
        let texts = match elements.as_struct_opt() {
            Some(documents) => documents.column_by_name("content")?,
            None => &elements,
        };
        let text = |at: usize| {
            let text = if elements.is_valid(at) { text_at(texts.as_ref(), at) } else { None };
            Cow::Owned(text.unwrap_or_default().to_owned())
        };
        Some((0..elements.len()).map(text).collect())
    }
}

fn in_context(documents: &StructArray) -> Option<&BooleanArray> {
    documents.column_by_name("in_context")?.as_boolean_opt()
}
