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
    fn invoke(args: &Args) -> Result<ArrayRef>;
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
        let syntax = &K::manual().syntax_example;
        if given.len() < K::REQUIRED || given.len() > K::KINDS.len() {
            return plan_err!("{} takes {} arguments, got {}", syntax, arity::<K>(), given.len());
        }
        given
            .iter()
            .zip(K::KINDS)
            .enumerate()
            .map(|(at, (given, kind))| {
                coerced(*kind, given).ok_or_else(|| {
                    plan_datafusion_err!("{} cannot take {} as argument {}", syntax, given, at + 1)
                })
            })
            .collect()
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(K::return_type())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let is_constant = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let n_rows = if is_constant { 1 } else { args.number_rows };
        let array = K::invoke(&Args::new(&args.args, n_rows))?;
        if is_constant {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?));
        }
        Ok(ColumnarValue::Array(array))
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(K::manual())
    }
}

fn arity<K: Kernel>() -> String {
    if K::REQUIRED == K::KINDS.len() {
        K::REQUIRED.to_string()
    } else {
        format!("{} to {}", K::REQUIRED, K::KINDS.len())
    }
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
