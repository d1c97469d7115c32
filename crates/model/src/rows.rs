//! Rows of any table, and the batch that ingestion makes of one request.

use std::fmt;

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, SchemaRef};

use crate::column::ColumnSpec;
use crate::tables::{
    AlertEventRow, AuditRow, EvalRow, IngestErrorRow, ModelPriceRow, PayloadRow, PromptRow,
    ReleaseRow, ReviewRow, SpanRow,
};

/// Defines `Table` and `Rows` over every table.
macro_rules! all_tables {
    ($($(#[doc = $doc:literal])* $variant:ident($row:ident) = $name:literal, sorted by $($sort:ident),+;)+) => {
        /// A table of the store.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Table {
            $($(#[doc = $doc])* $variant,)+
        }

        impl Table {
            /// Every table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Returns the table's name in SQL and its folder's name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// Finds a table by name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }

            /// Returns the Arrow schema.
            pub fn schema(self) -> SchemaRef {
                match self { $(Self::$variant => $row::schema(),)+ }
            }

            /// Returns the columns' rules, in schema order.
            pub const fn columns(self) -> &'static [ColumnSpec] {
                match self { $(Self::$variant => $row::COLUMNS,)+ }
            }

            /// Returns the columns that rows are ordered by inside a file.
            pub const fn sort_columns(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$(stringify!($sort)),+],)+ }
            }

            /// Reads a batch's rows at `indices` by column name.
            pub fn read_rows(self, batch: &RecordBatch, indices: impl Iterator<Item = usize>) -> Rows {
                let indices: Vec<usize> = indices.collect();
                match self { $(Self::$variant => Rows::$variant($row::read_rows(batch, &indices)),)+ }
            }
        }

        /// Rows of one table.
        #[derive(Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        pub enum Rows {
            $($(#[doc = $doc])* $variant(Vec<$row>),)+
        }

        impl Rows {
            /// Returns the table.
            pub const fn table(&self) -> Table {
                match self { $(Self::$variant(_) => Table::$variant,)+ }
            }

            /// Returns an empty set of rows.
            pub const fn empty(table: Table) -> Self {
                match table { $(Table::$variant => Self::$variant(Vec::new()),)+ }
            }

            /// Returns the number of rows.
            pub fn len(&self) -> usize {
                match self { $(Self::$variant(rows) => rows.len(),)+ }
            }

            /// Whether there are no rows.
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// Converts the rows into one Arrow batch of the table's schema.
            ///
            /// # Errors
            /// When the rows hold more bytes than one Arrow array can address.
            pub fn to_batch(&self) -> Result<RecordBatch, ArrowError> {
                match self { $(Self::$variant(rows) => $row::to_batch(rows),)+ }
            }

            /// Visits every text that redaction must process, with its row number and column.
            pub fn visit_texts(&mut self, visit: &mut dyn FnMut(usize, &'static ColumnSpec, &mut String)) {
                match self {
                    $(Self::$variant(rows) => for (at, row) in rows.iter_mut().enumerate() {
                        row.visit_texts(&mut |column, text| visit(at, column, text));
                    })+
                }
            }

            /// Returns the rows' size in memory, in bytes.
            pub fn memory_bytes(&self) -> usize {
                match self { $(Self::$variant(rows) => rows.iter().map($row::memory_bytes).sum(),)+ }
            }

            /// Names the redaction policy that processed every row.
            pub fn set_policy(&mut self, policy_version: &str) {
                match self {
                    $(Self::$variant(rows) => for row in rows {
                        policy_version.clone_into(&mut row.policy_version);
                    })+
                }
            }

            /// Returns every row's redaction policy.
            pub fn policies(&self) -> Box<dyn Iterator<Item = &str> + '_> {
                match self {
                    $(Self::$variant(rows) => Box::new(rows.iter().map(|row| row.policy_version.as_str())),)+
                }
            }

            /// Numbers the rows, counting up from `first_version`, and names their writer.
            pub fn number(&mut self, first_version: i64, writer_id: &str) {
                match self {
                    $(Self::$variant(rows) => for (row, version) in rows.iter_mut().zip(first_version..) {
                        row.row_version = version;
                        writer_id.clone_into(&mut row.writer_id);
                    })+
                }
            }

            /// Returns the highest version among the rows; 0 without rows.
            pub fn newest_version(&self) -> i64 {
                match self {
                    $(Self::$variant(rows) => rows.iter().map(|row| row.row_version).max().unwrap_or(0),)+
                }
            }
        }

        $(
            impl fmt::Debug for $row {
                /// Shows no content.
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.debug_struct(stringify!($row)).field("date", &self.date).finish_non_exhaustive()
                }
            }
        )+
    };
}

all_tables! {
    /// A span's facts.
    Spans(SpanRow) = "spans", sorted by start_time, trace_id;
    /// A span's redacted content.
    Payloads(PayloadRow) = "payloads", sorted by trace_id, start_time;
    /// Scores and labels.
    Evals(EvalRow) = "evals", sorted by eval_time;
    /// Registered prompt versions.
    Prompts(PromptRow) = "prompts", sorted by time;
    /// Releases and rollbacks.
    Releases(ReleaseRow) = "releases", sorted by time;
    /// Dated prices.
    ModelPrices(ModelPriceRow) = "model_prices", sorted by valid_from;
    /// Rejected or cut input.
    IngestErrors(IngestErrorRow) = "ingest_errors", sorted by time;
    /// Who did what.
    Audit(AuditRow) = "audit", sorted by time;
    /// Changes of alerts' states.
    AlertEvents(AlertEventRow) = "alert_events", sorted by time;
    /// What was looked at, reviewed, vouched for.
    Reviews(ReviewRow) = "reviews", sorted by time;
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rows of {}", self.len(), self.table().name())
    }
}

/// What ingestion makes of one request: unredacted rows. Only redaction turns it into something
/// that can be stored; it can be neither serialised nor printed.
#[derive(Default)]
pub struct SpanBatch {
    /// Span facts.
    pub spans: Vec<SpanRow>,
    /// Span content; a payload's span may be in another batch.
    pub payloads: Vec<PayloadRow>,
    /// Scores and labels.
    pub evals: Vec<EvalRow>,
    /// What was rejected or cut.
    pub errors: Vec<IngestErrorRow>,
}

impl SpanBatch {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
            && self.payloads.is_empty()
            && self.evals.is_empty()
            && self.errors.is_empty()
    }

    /// Moves another batch's rows to the end of this one.
    pub fn append(&mut self, mut other: Self) {
        self.spans.append(&mut other.spans);
        self.payloads.append(&mut other.payloads);
        self.evals.append(&mut other.evals);
        self.errors.append(&mut other.errors);
    }

    /// Returns the non-empty tables' rows, payloads first and spans last, as commits go.
    pub fn into_rows(self) -> impl Iterator<Item = Rows> {
        [
            Rows::Payloads(self.payloads),
            Rows::Evals(self.evals),
            Rows::IngestErrors(self.errors),
            Rows::Spans(self.spans),
        ]
        .into_iter()
        .filter(|rows| !rows.is_empty())
    }
}

impl fmt::Debug for SpanBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpanBatch")
            .field("spans", &self.spans.len())
            .field("payloads", &self.payloads.len())
            .field("evals", &self.evals.len())
            .field("errors", &self.errors.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_content() {
        let payload =
            PayloadRow { output_text: Some("private words".into()), ..Default::default() };
        let batch = SpanBatch { payloads: vec![payload.clone()], ..SpanBatch::default() };
        let rows = Rows::Payloads(vec![payload.clone()]);
        let shown = format!("{payload:?} {batch:?} {rows:?}");
        assert!(!shown.contains("private"), "{shown}");
    }

    #[test]
    fn tables_are_found_by_name() {
        for table in Table::ALL {
            assert_eq!(Table::from_name(table.name()), Some(*table));
            for column in table.sort_columns() {
                assert!(table.schema().field_with_name(column).is_ok(), "{column}");
            }
            assert_eq!(table.columns().len(), table.schema().fields().len());
        }
    }
}
