//! One cell of a table: its Rust type, its Arrow type, and how both convert.

mod lists;
mod scalars;

use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use serde_json::Value;

pub use lists::{Document, Redaction};

/// What redaction does to a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privacy {
    /// Numbers, times, vocabularies and hexadecimal ids: nothing to find.
    Plain,
    /// Machine-made identifiers and names (models, response ids, tools): secrets and validated
    /// personal data are removed; detectors that guess from digits alone do not run.
    Identifier,
    /// An end user's, account's or session's identity: as `Text`, and a whole value that is an
    /// email address or a phone number becomes a pseudonym.
    Identity,
    /// Free text.
    Text,
    /// A JSON document as text: keys and decoded strings are redacted one by one.
    Json,
    /// A prompt template: secrets only, so that hashes and diffs keep their meaning.
    Template,
}

/// Which statistics may be written for a column. Statistics hold values, so text has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stats {
    /// None anywhere.
    None,
    /// Parquet statistics and page index.
    Parquet,
    /// Parquet statistics and Delta's per-file minimum and maximum.
    Delta,
    /// No statistics, a Parquet bloom filter.
    Bloom,
    /// Parquet statistics and a bloom filter.
    ParquetBloom,
}

impl Stats {
    /// Whether Parquet statistics and a page index are written.
    pub const fn in_parquet(self) -> bool {
        matches!(self, Self::Parquet | Self::Delta | Self::ParquetBloom)
    }

    /// Whether Delta's file statistics carry the column.
    pub const fn in_delta(self) -> bool {
        matches!(self, Self::Delta)
    }

    /// Whether a bloom filter is written.
    pub const fn bloom(self) -> bool {
        matches!(self, Self::Bloom | Self::ParquetBloom)
    }
}

/// A column's name and rules, as `table!` states them.
#[derive(Clone, Copy, Debug)]
pub struct ColumnSpec {
    /// The column's name in SQL.
    pub name: &'static str,
    /// What redaction does to it.
    pub privacy: Privacy,
    /// Which statistics are written for it.
    pub stats: Stats,
    /// The first line of its documentation.
    pub doc: &'static str,
}

/// A cell type that knows its Arrow form.
pub trait Column: Default + Clone + PartialEq {
    /// The Arrow builder of this type.
    type Builder;

    /// Returns the Arrow type.
    fn data_type() -> DataType;
    /// Whether NULL is a value of this type.
    fn nullable() -> bool;
    /// Returns an empty builder.
    fn builder(rows: usize) -> Self::Builder;
    /// Appends the value.
    fn append(&self, builder: &mut Self::Builder);
    /// Ends the builder.
    fn finish(builder: &mut Self::Builder) -> ArrayRef;
    /// Reads row `row`; NULL and a column of another type give the default.
    fn read(array: &dyn Array, row: usize) -> Self;
    /// Whether the value says nothing, so that an earlier contribution's value stays.
    fn is_empty(&self) -> bool;
    /// Reads a JSON value; `None` when it is of another type.
    fn from_json(value: &Value) -> Option<Self>;
    /// Visits every string inside.
    fn visit_texts(&mut self, _visit: &mut dyn FnMut(&mut String)) {}
    /// Returns the bytes held on the heap, for back-pressure.
    fn heap_bytes(&self) -> usize {
        0
    }
}
