//! The result of a comparison as Arrow columns.

use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::error::Result;

use super::judge::Row;
use crate::metric::{Better, Unit};

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let (text, float, count) = (&DataType::Utf8, &DataType::Float64, &DataType::Int64);
    let fields = [
        ("metric", text),
        ("evaluator", text),
        ("unit", text),
        ("better", text),
        ("n_a", count),
        ("n_b", count),
        ("effective_n_a", float),
        ("effective_n_b", float),
        ("clusters_a", count),
        ("clusters_b", count),
        ("coverage_a", float),
        ("coverage_b", float),
        ("value_a", float),
        ("value_b", float),
        ("difference", float),
        ("low", float),
        ("high", float),
        ("test", text),
        ("p_value", float),
        ("p_adjusted", float),
        ("minimum_detectable", float),
        ("minimum_effect", float),
        ("standardised", float),
        ("sign_flips", &DataType::Boolean),
        ("basis", text),
        ("from_time", &time),
        ("until_time", &time),
        ("verdict", text),
        ("note", text),
    ];
    let fields = fields.map(|(name, ty)| Field::new(name, ty.clone(), true));
    Arc::new(Schema::new(Vec::from(fields)))
});

pub(super) fn schema() -> SchemaRef {
    Arc::clone(&SCHEMA)
}

/// The test, so that nobody takes it for one that may be looked at once only.
const TEST: &str = "confidence sequence";

pub(super) fn batch(rows: &[Row]) -> Result<RecordBatch> {
    let text = |of: fn(&Row) -> Option<String>| -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<StringArray>())
    };
    let float = |of: fn(&Row) -> Option<f64>| -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<Float64Array>())
    };
    let count = |of: fn(&Row) -> u64| -> ArrayRef {
        Arc::new(rows.iter().map(|row| Some(of(row) as i64)).collect::<Int64Array>())
    };
    let time = |of: fn(&Row) -> i64| -> ArrayRef {
        let times: TimestampMicrosecondArray = rows.iter().map(|row| Some(of(row))).collect();
        Arc::new(times.with_timezone("UTC"))
    };
    let flips: BooleanArray = rows.iter().map(|row| row.sign_flips).collect();
    let columns = vec![
        text(|row| Some(row.name.clone())),
        text(|row| Some(row.evaluator.clone()).filter(|evaluator| !evaluator.is_empty())),
        text(|row| Some(unit(row.metric.unit).to_owned())),
        text(|row| Some(better(row.metric.better).to_owned())),
        count(|row| row.sides[0].n),
        count(|row| row.sides[1].n),
        float(|row| Some(row.sides[0].effective_n)),
        float(|row| Some(row.sides[1].effective_n)),
        count(|row| row.sides[0].clusters),
        count(|row| row.sides[1].clusters),
        float(|row| row.sides[0].coverage),
        float(|row| row.sides[1].coverage),
        float(|row| row.sides[0].value),
        float(|row| row.sides[1].value),
        float(|row| row.difference),
        float(|row| row.bounds.map(|bounds| bounds.0)),
        float(|row| row.bounds.map(|bounds| bounds.1)),
        text(|row| row.p.map(|_| TEST.to_owned())),
        float(|row| row.p),
        float(|row| row.p_adjusted),
        float(|row| row.minimum_detectable),
        float(|row| Some(row.metric.minimum)),
        float(|row| row.standardised),
        Arc::new(flips),
        text(|row| {
            let basis = if row.window.is_concurrent { "concurrent" } else { "before/after" };
            Some(basis.to_owned())
        }),
        time(|row| row.window.from.0),
        time(|row| row.window.until.0),
        text(|row| Some(row.verdict.words().to_owned())),
        text(|row| Some(row.notes.join("; ")).filter(|notes| !notes.is_empty())),
    ];
    Ok(RecordBatch::try_new(schema(), columns)?)
}

const fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Rate => "rate",
        Unit::Score => "score",
        Unit::Usd => "usd",
        Unit::Milliseconds => "ms",
    }
}

const fn better(better: Better) -> &'static str {
    match better {
        Better::Lower => "lower",
        Better::Higher => "higher",
    }
}
