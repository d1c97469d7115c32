//! Rows of a statement, read by column name and kind.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType};
use spanlake_model::Micros;
use spanlake_query::Session;

use crate::error::{QualityError, Result};
use crate::sql::{self, Parameters};

/// The rows of one statement.
pub(crate) struct Rows {
    file: String,
    batches: Vec<RecordBatch>,
}

/// Runs a file of `sql/`: the session's own folder first, else the one built in.
pub(crate) async fn run(session: &Session, path: &str, parameters: &Parameters) -> Result<Rows> {
    let overriding = session.library().get(path).map(|file| file.text.as_str());
    let text = overriding.or_else(|| sql::embedded(path)).unwrap_or_default();
    let text = sql::bind(path, text, parameters)?;
    let batches = session.collect(&text).await.map_err(|source| QualityError::Query {
        file: path.to_owned(),
        source: Box::new(source),
    })?;
    Ok(Rows::new(path, batches))
}

impl Rows {
    /// Rows of a statement that ran; `file` is named in errors.
    pub(crate) fn new(file: &str, batches: Vec<RecordBatch>) -> Self {
        Self { file: file.to_owned(), batches }
    }

    /// Visits rows; `None` ends nothing, it means NULL.
    pub(crate) fn for_each(
        &self,
        columns: &[(&str, Kind)],
        mut visit: impl FnMut(&Row<'_>),
    ) -> Result<()> {
        for batch in &self.batches {
            let cells: Vec<ArrayRef> = columns
                .iter()
                .map(|(name, kind)| self.column(batch, name, *kind))
                .collect::<Result<_>>()?;
            for at in 0..batch.num_rows() {
                visit(&Row { columns, cells: &cells, at });
            }
        }
        Ok(())
    }

    fn column(&self, batch: &RecordBatch, name: &str, kind: Kind) -> Result<ArrayRef> {
        let target = match kind {
            Kind::Text => DataType::Utf8View,
            Kind::Int => DataType::Int64,
            Kind::Float => DataType::Float64,
            Kind::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        };
        batch.column_by_name(name).and_then(|cells| cast(cells, &target).ok()).ok_or_else(|| {
            QualityError::Column {
                file: self.file.clone(),
                column: name.to_owned(),
                expected: match kind {
                    Kind::Text => "text",
                    Kind::Int => "integer",
                    Kind::Float => "number",
                    Kind::Time => "timestamp",
                },
            }
        })
    }

    /// Names of the statement's columns.
    pub(crate) fn names(&self) -> Vec<String> {
        self.batches.first().map_or_else(Vec::new, |batch| {
            batch.schema().fields().iter().map(|field| field.name().clone()).collect()
        })
    }
}

/// What a column is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text.
    Text,
    /// Whole number.
    Int,
    /// Number.
    Float,
    /// Instant.
    Time,
}

/// One row.
pub(crate) struct Row<'a> {
    columns: &'a [(&'a str, Kind)],
    cells: &'a [ArrayRef],
    at: usize,
}

impl Row<'_> {
    fn cell(&self, name: &str) -> Option<&ArrayRef> {
        let index = self.columns.iter().position(|(column, _)| *column == name)?;
        self.cells.get(index).filter(|cells| !cells.is_null(self.at))
    }

    /// Whether the cell is not NULL.
    pub(crate) fn is_known(&self, name: &str) -> bool {
        self.cell(name).is_some()
    }

    /// A text; NULL is `None`.
    pub(crate) fn text_opt(&self, name: &str) -> Option<String> {
        Some(self.cell(name)?.as_string_view().value(self.at).to_owned())
    }

    /// A text; NULL is empty.
    pub(crate) fn text(&self, name: &str) -> String {
        self.text_opt(name).unwrap_or_default()
    }

    /// A whole number; NULL is 0.
    pub(crate) fn int(&self, name: &str) -> i64 {
        self.cell(name).map_or(0, |cells| cells.as_primitive::<Int64Type>().value(self.at))
    }

    /// A count; NULL is 0.
    pub(crate) fn count(&self, name: &str) -> u64 {
        u64::try_from(self.int(name)).unwrap_or(0)
    }

    /// A number; NULL is `None`.
    pub(crate) fn float_opt(&self, name: &str) -> Option<f64> {
        Some(self.cell(name)?.as_primitive::<Float64Type>().value(self.at))
    }

    /// A number; NULL is 0. Sums made in another order differ in their last bits, so they are
    /// rounded to ten digits before anything is computed from them.
    pub(crate) fn float(&self, name: &str) -> f64 {
        crate::stats::round_significant(self.float_opt(name).unwrap_or(0.0), 10)
    }

    /// An instant; NULL is `None`.
    pub(crate) fn time_opt(&self, name: &str) -> Option<Micros> {
        Some(Micros(self.cell(name)?.as_primitive::<TimestampMicrosecondType>().value(self.at)))
    }
}
