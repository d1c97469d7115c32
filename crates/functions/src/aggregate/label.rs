//! Labels that raters give: numbers or texts, ordered.

use std::cmp::Ordering;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Float64Type};

use super::codec::{Reader, Writer};
use crate::args::text_at;

/// A number (by its bits, with one zero) or a text. Numbers order by value, texts by characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Label {
    Number(u64),
    Text(Box<str>),
}

impl Label {
    /// The label at `row`; `None` for NULL and NaN.
    pub(crate) fn at(column: &dyn Array, row: usize) -> Option<Self> {
        if column.is_null(row) {
            return None;
        }
        if column.data_type() == &DataType::Float64 {
            let value = column.as_primitive::<Float64Type>().value(row);
            return (!value.is_nan()).then(|| Self::Number((value + 0.0).to_bits()));
        }
        text_at(column, row).map(|text| Self::Text(text.into()))
    }

    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(bits) => Some(f64::from_bits(*bits)),
            Self::Text(_) => None,
        }
    }

    pub(crate) fn write(&self, out: &mut Writer) {
        match self {
            Self::Number(bits) => {
                out.count(0);
                out.count(*bits);
            }
            Self::Text(text) => {
                out.count(1);
                out.text(text);
            }
        }
    }

    pub(crate) fn read(from: &mut Reader) -> Option<Self> {
        match from.count()? {
            0 => from.count().map(Self::Number),
            _ => from.text().map(|text| Self::Text(text.into())),
        }
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        match self {
            Self::Number(_) => 0,
            Self::Text(text) => text.len(),
        }
    }
}

impl Ord for Label {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => f64::from_bits(*a).total_cmp(&f64::from_bits(*b)),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Number(_), Self::Text(_)) => Ordering::Less,
            (Self::Text(_), Self::Number(_)) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Label {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
