//! Delta's per-file statistics: numbers and times only, as JSON.

use std::collections::BTreeMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use serde_json::{Map, Value};
use spanlake_model::{Micros, Table};

use crate::file::{ColumnRange, RangeValue};

/// Returns the column that files and rows of a table are dated by.
pub(crate) fn time_column(table: Table) -> &'static str {
    match table {
        Table::Spans | Table::Payloads => "start_time",
        Table::Evals => "eval_time",
        Table::ModelPrices => "valid_from",
        _ => "time",
    }
}

/// Collects the bounds of the columns that Delta keeps statistics for.
#[derive(Debug, Default)]
pub(crate) struct Ranges {
    pub(crate) columns: BTreeMap<String, ColumnRange>,
    /// Columns that hold a NaN, which no bound describes.
    unbounded: Vec<&'static str>,
}

impl Ranges {
    /// Takes a batch's values in.
    pub(crate) fn observe(&mut self, table: Table, batch: &RecordBatch) {
        for spec in table.columns().iter().filter(|spec| spec.stats.in_delta()) {
            let Some(column) = batch.column_by_name(spec.name) else { continue };
            let (min, max) = bounds(column.as_ref());
            if matches!(min, Some(RangeValue::Float(x)) if x.is_nan()) {
                self.unbounded.push(spec.name);
            }
            let range = self.columns.entry(spec.name.to_owned()).or_default();
            range.min = pick(range.min, min, |a, b| a <= b);
            range.max = pick(range.max, max, |a, b| a >= b);
            *range.null_count.get_or_insert(0) += column.null_count() as u64;
        }
        for name in self.unbounded.drain(..) {
            if let Some(range) = self.columns.get_mut(name) {
                (range.min, range.max) =
                    (Some(RangeValue::Float(f64::NAN)), Some(RangeValue::Float(f64::NAN)));
            }
        }
    }

    /// Returns Delta's JSON for `rows` rows. Times have milliseconds there: minima are rounded
    /// down, and readers of Delta take a maximum to reach up to the next millisecond.
    pub(crate) fn to_json(&self, rows: u64) -> String {
        let (mut min, mut max, mut nulls) = (Map::new(), Map::new(), Map::new());
        for (name, range) in &self.columns {
            for (value, into) in [(range.min, &mut min), (range.max, &mut max)] {
                if let Some(value) = value.and_then(json) {
                    into.insert(name.clone(), value);
                }
            }
            if let Some(count) = range.null_count {
                nulls.insert(name.clone(), count.into());
            }
        }
        serde_json::json!({
            "numRecords": rows, "minValues": min, "maxValues": max, "nullCount": nulls,
        })
        .to_string()
    }

    /// Returns the bounds as a reader of the JSON would know them.
    pub(crate) fn known(mut self) -> BTreeMap<String, ColumnRange> {
        for range in self.columns.values_mut() {
            for bound in [&mut range.min, &mut range.max] {
                *bound = bound.filter(|value| json(*value).is_some());
            }
        }
        self.columns
    }
}

fn pick(
    old: Option<RangeValue>,
    new: Option<RangeValue>,
    old_wins: impl Fn(RangeValue, RangeValue) -> bool,
) -> Option<RangeValue> {
    match (old, new) {
        (Some(RangeValue::Float(x)), _) if x.is_nan() => old,
        (_, Some(RangeValue::Float(x))) if x.is_nan() => new,
        (Some(old), Some(new)) => Some(if old_wins(old, new) { old } else { new }),
        (known, None) | (None, known) => known,
    }
}

fn bounds(column: &dyn Array) -> (Option<RangeValue>, Option<RangeValue>) {
    fn fold<T: Copy + PartialOrd>(
        values: impl Iterator<Item = T>,
        wrap: impl Fn(T) -> RangeValue,
    ) -> (Option<RangeValue>, Option<RangeValue>) {
        let mut bounds: Option<(T, T)> = None;
        for value in values {
            bounds = Some(bounds.map_or((value, value), |(min, max)| {
                (if value < min { value } else { min }, if value > max { value } else { max })
            }));
        }
        bounds.map_or((None, None), |(min, max)| (Some(wrap(min)), Some(wrap(max))))
    }
    match column.data_type() {
        DataType::Int64 => {
            fold(column.as_primitive::<Int64Type>().iter().flatten(), RangeValue::Int)
        }
        DataType::Timestamp(..) => {
            fold(column.as_primitive::<TimestampMicrosecondType>().iter().flatten(), |micros| {
                RangeValue::Time(Micros(micros))
            })
        }
        DataType::Float64 => {
            let values = column.as_primitive::<Float64Type>();
            if values.iter().flatten().any(f64::is_nan) {
                return (Some(RangeValue::Float(f64::NAN)), Some(RangeValue::Float(f64::NAN)));
            }
            fold(values.iter().flatten(), RangeValue::Float)
        }
        _ => (None, None),
    }
}

fn json(value: RangeValue) -> Option<Value> {
    match value {
        RangeValue::Int(value) => Some(value.into()),
        RangeValue::Float(value) => serde_json::Number::from_f64(value).map(Value::Number),
        RangeValue::Time(Micros(micros)) => {
            chrono::DateTime::from_timestamp_micros(micros.div_euclid(1_000) * 1_000)
                .map(|time| time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true).into())
        }
    }
}

/// Reads Delta's JSON; what it does not say stays unknown. Returns the row count, too.
pub(crate) fn ranges_from_json(
    table: Table,
    text: &str,
) -> (Option<u64>, BTreeMap<String, ColumnRange>) {
    let Ok(stats) = serde_json::from_str::<Value>(text) else { return (None, BTreeMap::new()) };
    let rows = stats.get("numRecords").and_then(Value::as_u64);
    let schema = table.schema();
    let mut ranges = BTreeMap::new();
    for spec in table.columns().iter().filter(|spec| spec.stats.in_delta()) {
        let Ok(field) = schema.field_with_name(spec.name) else { continue };
        let bound = |side: &str, slack: i64| {
            let value = stats.get(side)?.get(spec.name)?;
            match field.data_type() {
                DataType::Int64 => value.as_i64().map(RangeValue::Int),
                DataType::Float64 => value.as_f64().map(RangeValue::Float),
                DataType::Timestamp(..) => {
                    let time = chrono::DateTime::parse_from_rfc3339(value.as_str()?).ok()?;
                    let micros = time.timestamp_micros().saturating_add(slack);
                    Some(RangeValue::Time(Micros(micros)))
                }
                _ => None,
            }
        };
        let range = ColumnRange {
            min: bound("minValues", 0),
            max: bound("maxValues", 999),
            null_count: stats.get("nullCount").and_then(|n| n.get(spec.name)?.as_u64()),
        };
        if range != ColumnRange::default() {
            ranges.insert(spec.name.to_owned(), range);
        }
    }
    (rows, ranges)
}

#[cfg(test)]
mod tests {
    use spanlake_model::{Rows, SpanRow};

    use super::*;

    #[test]
    fn bounds_round_trip_through_delta_json() {
        let rows = Rows::Spans(vec![
            SpanRow {
                start_time: Micros(1_700_000_000_123_456),
                input_tokens: Some(7),
                cost_usd: Some(0.25),
                temperature: Some(f64::NAN),
                user_id: Some("someone".into()),
                ..SpanRow::default()
            },
            SpanRow { start_time: Micros(1_700_000_000_999_999), ..SpanRow::default() },
        ]);
        let mut ranges = Ranges::default();
        ranges.observe(Table::Spans, &rows.to_batch().unwrap());
        let json = ranges.to_json(2);
        assert!(!json.contains("someone") && !json.contains("user_id"), "{json}");
        let (count, read) = ranges_from_json(Table::Spans, &json);
        assert_eq!(count, Some(2));
        let time = read["start_time"];
        assert_eq!(time.min, Some(RangeValue::Time(Micros(1_700_000_000_123_000))));
        assert_eq!(time.max, Some(RangeValue::Time(Micros(1_700_000_000_999_999))));
        assert_eq!(read["input_tokens"].null_count, Some(1));
        assert_eq!(read["input_tokens"].max, Some(RangeValue::Int(7)));
        assert_eq!((read["temperature"].min, read["temperature"].max), (None, None));
        assert_eq!(ranges.known()["temperature"].min, None);
    }
}
