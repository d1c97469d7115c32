//! What goes with the content when a date's payloads expire: every free text of the other tables.

use arrow_array::{RecordBatch, new_null_array};
use arrow_schema::ArrowError;
use spanlake_model::{ColumnSpec, Privacy, Table};

/// Words that reports count: an evaluation's verdict, and why an answer was judged.
const VERDICTS: [&str; 2] = ["label", "sample_reason"];

/// Whether a table's rows stay longer than the content of their spans and hold text of it.
pub(crate) const fn has_text(table: Table) -> bool {
    matches!(table, Table::Spans | Table::Evals)
}

/// Whether a column goes with the content: previews, attributes, events, links, status messages,
/// parameters, explanations. A span's name stays: it is a place in the program.
fn expires(table: Table, column: &ColumnSpec) -> bool {
    let is_text = matches!(column.privacy, Privacy::Text | Privacy::Json | Privacy::Template);
    let is_optional =
        table.schema().field_with_name(column.name).is_ok_and(arrow_schema::Field::is_nullable);
    is_text && is_optional && !VERDICTS.contains(&column.name)
}

/// Sets every free text to NULL.
pub(crate) fn without_text(table: Table, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let (schema, mut columns, rows) = batch.clone().into_parts();
    for column in table.columns().iter().filter(|column| expires(table, column)) {
        if let Ok(at) = schema.index_of(column.name)
            && let Some(values) = columns.get_mut(at)
        {
            *values = new_null_array(values.data_type(), rows);
        }
    }
    RecordBatch::try_new(schema, columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(table: Table) -> Vec<&'static str> {
        let columns = table.columns().iter();
        columns.filter(|column| expires(table, column)).map(|column| column.name).collect()
    }

    #[test]
    fn free_text_expires_and_facts_stay() {
        let spans = names(Table::Spans);
        for column in ["input_preview", "output_preview", "attributes", "events", "status_message"]
        {
            assert!(spans.contains(&column), "{column}");
        }
        for column in ["name", "prompt_name", "user_id", "workflow", "error_type", "parse_status"] {
            assert!(!spans.contains(&column), "{column}");
        }
        assert_eq!(names(Table::Evals), ["explanation"]);
    }
}
