//! The frame every scalar function shares: argument kinds, coercion, constant folding.

use std::fmt::Debug;
use std::hash::Hash;

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Field};
use datafusion_common::{Result, ScalarValue, plan_datafusion_err, plan_err};
use datafusion_expr::{
    ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use crate::args::Args;

/// What an argument may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `Utf8`, `LargeUtf8` or `Utf8View`; dictionaries of these are unpacked.
    Text,
    /// Any number, read as a 64-bit integer.
    Integer,
    /// Any number, read as a 64-bit float.
    Number,
    /// A list of numbers, read as a list of 64-bit floats.
    Numbers,
    /// A list of texts or of whole numbers, read as a list of texts.
    Ids,
    /// A boolean, or a number that is true unless 0.
    Flag,
    /// A number, read as a 64-bit float, or a category: text as it is, booleans as text.
    Value,
    /// A list of structs {score, rate}, as `isotonic_fit` gives.
    Steps,
    /// A text, a list of texts, or a list of structs with a `content` field.
    Contexts,
}

/// One scalar function: the part that differs from function to function.
pub(crate) trait Kernel: Debug + Send + Sync + PartialEq + Eq + Hash + 'static {
    const NAME: &'static str;
    /// Required arguments first.
    const KINDS: &'static [Kind];
    /// How many of [`Self::KINDS`] must be given.
    const REQUIRED: usize;

    fn return_type() -> DataType;
    fn invoke(&self, args: &Args) -> Result<ArrayRef>;
    fn manual() -> &'static Documentation;
}

/// Adapts a kernel to DataFusion.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Udf<K> {
    signature: Signature,
    kernel: K,
}

impl<K: Kernel> Udf<K> {
    pub(crate) fn new(kernel: K) -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable), kernel }
    }
}

impl<K: Kernel> ScalarUDFImpl for Udf<K> {
    fn name(&self) -> &str {
        K::NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerced_all(K::manual(), K::KINDS, K::REQUIRED, given)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(K::return_type())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let is_constant = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let n_rows = if is_constant { 1 } else { args.number_rows };
        let array = self.kernel.invoke(&Args::new(&args.args, n_rows))?;
        if is_constant {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?));
        }
        Ok(ColumnarValue::Array(array))
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(K::manual())
    }
}

/// The types that arguments are read as; the error of a call that does not fit shows the signature.
pub(crate) fn coerced_all(
    manual: &Documentation,
    kinds: &[Kind],
    required: usize,
    given: &[DataType],
) -> Result<Vec<DataType>> {
    let syntax = &manual.syntax_example;
    if given.len() < required || given.len() > kinds.len() {
        let arity = if required == kinds.len() {
            required.to_string()
        } else {
            format!("{required} to {}", kinds.len())
        };
        let noun = if arity == "1" { "argument" } else { "arguments" };
        return plan_err!("{syntax} takes {arity} {noun}, got {}", given.len());
    }
    let names = manual.arguments.as_deref().unwrap_or_default();
    given
        .iter()
        .zip(kinds)
        .enumerate()
        .map(|(at, (given, kind))| {
            coerced(*kind, given).ok_or_else(|| {
                let name = names.get(at).map_or("?", |(name, _)| name.as_str());
                plan_datafusion_err!("{syntax} cannot take {given} as argument {} ({name})", at + 1)
            })
        })
        .collect()
}

/// The type an argument of `kind` is read as; `None` when `given` cannot be one.
fn coerced(kind: Kind, given: &DataType) -> Option<DataType> {
    match kind {
        Kind::Text => text_type(given),
        Kind::Integer => (given.is_numeric() || given.is_null()).then_some(DataType::Int64),
        Kind::Number => (given.is_numeric() || given.is_null()).then_some(DataType::Float64),
        Kind::Numbers => {
            let fits = element(given).is_some_and(|item| item.is_numeric() || item.is_null());
            (fits || given.is_null())
                .then(|| DataType::List(Field::new_list_field(DataType::Float64, true).into()))
        }
        Kind::Contexts => contexts_type(given),
        Kind::Ids => {
            let fits = element(given).is_some_and(|item| {
                item.is_integer() || item.is_null() || text_type(item).is_some()
            });
            (fits || given.is_null())
                .then(|| DataType::List(Field::new_list_field(DataType::Utf8, true).into()))
        }
        Kind::Flag => (given.is_numeric() || matches!(given, DataType::Boolean | DataType::Null))
            .then_some(DataType::Boolean),
        Kind::Value => match given {
            DataType::Boolean => Some(DataType::Utf8),
            DataType::Dictionary(_, value) => coerced(Kind::Value, value),
            given if given.is_numeric() || given.is_null() => Some(DataType::Float64),
            given => text_type(given),
        },
        Kind::Steps => {
            let is_step = element(given).is_some_and(|item| match item {
                DataType::Struct(fields) => fields
                    .iter()
                    .map(|field| (field.name().as_str(), field.data_type()))
                    .eq([("score", &DataType::Float64), ("rate", &DataType::Float64)]),
                _ => false,
            });
            is_step.then(|| given.clone())
        }
    }
}

fn text_type(given: &DataType) -> Option<DataType> {
    match given {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Some(given.clone()),
        DataType::Null => Some(DataType::Utf8),
        DataType::Dictionary(_, value) => text_type(value),
        _ => None,
    }
}

fn contexts_type(given: &DataType) -> Option<DataType> {
    if let Some(text) = text_type(given) {
        return Some(text);
    }
    match element(given)? {
        DataType::Struct(fields) => {
            let content = fields.iter().find(|field| field.name() == "content")?;
            text_type(content.data_type()).filter(|text| text == content.data_type())?;
            Some(given.clone())
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Some(given.clone()),
        DataType::Null => Some(DataType::List(Field::new_list_field(DataType::Utf8, true).into())),
        _ => None,
    }
}

fn element(given: &DataType) -> Option<&DataType> {
    match given {
        DataType::List(field) | DataType::LargeList(field) | DataType::FixedSizeList(field, _) => {
            Some(field.data_type())
        }
        _ => None,
    }
}
