//! The rows that a check reads.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Float64Builder, Int64Array, ListBuilder, StringArray,
};
use datafusion::arrow::record_batch::RecordBatch;
use serde_json::Value;

use super::Rows;

/// The table `t` of a check's rows.
pub(super) fn table(case: &Value, rows: Rows) -> Option<RecordBatch> {
    let list = |key: &str| case["inputs"][key].as_array().unwrap().clone();
    let numbers = |values: &[Value]| {
        Arc::new(values.iter().map(Value::as_f64).collect::<Float64Array>()) as ArrayRef
    };
    let side = |reference: usize, current: usize| {
        let sides = (0..reference + current).map(|at| Some(at >= reference));
        Arc::new(sides.collect::<BooleanArray>()) as ArrayRef
    };
    let columns: Vec<(&str, ArrayRef)> = match rows {
        Rows::None => return None,
        Rows::Values(reference, current) => {
            let (reference, current) = (list(reference), list(current));
            let sides = side(reference.len(), current.len());
            let all = [reference, current].concat();
            let x = if all.iter().any(Value::is_array) { vectors(&all) } else { numbers(&all) };
            vec![("x", x), ("cur", sides)]
        }
        Rows::Counts(reference, current) => {
            let categories = |key: &str| {
                let each = list(key).into_iter().enumerate().flat_map(|(at, n)| {
                    std::iter::repeat_n(format!("c{at:03}"), n.as_u64().unwrap() as usize)
                });
                each.collect::<Vec<String>>()
            };
            let (reference, current) = (categories(reference), categories(current));
            let sides = side(reference.len(), current.len());
            vec![("x", Arc::new(StringArray::from([reference, current].concat()))), ("cur", sides)]
        }
        Rows::Pairs(a, b) => {
            let (a, b) = (list(a), list(b));
            let places: Int64Array = (0..a.len() as i64).map(Some).collect();
            vec![("a", numbers(&a)), ("b", numbers(&b)), ("i", Arc::new(places))]
        }
        Rows::Ratings(key) => {
            let raters = list(key);
            let mut rows: Vec<(i64, i64, Value)> = Vec::new();
            for (rater, values) in raters.iter().enumerate() {
                for (unit, value) in values.as_array().unwrap().iter().enumerate() {
                    rows.push((unit as i64, rater as i64, value.clone()));
                }
            }
            let values: Vec<Value> = rows.iter().map(|row| row.2.clone()).collect();
            vec![
                ("unit", Arc::new(rows.iter().map(|row| Some(row.0)).collect::<Int64Array>())),
                ("rater", Arc::new(rows.iter().map(|row| Some(row.1)).collect::<Int64Array>())),
                ("x", numbers(&values)),
            ]
        }
        Rows::Judged => {
            let unlabelled = list("judge_on_unlabelled");
            let human = [list("human"), vec![Value::Null; unlabelled.len()]].concat();
            let judge = [list("judge_on_labelled"), unlabelled].concat();
            vec![("judge", numbers(&judge)), ("human", numbers(&human))]
        }
    };
    let columns = columns.into_iter().map(|(name, column)| (name, column, true));
    Some(RecordBatch::try_from_iter_with_nullable(columns).unwrap())
}

fn vectors(values: &[Value]) -> ArrayRef {
    let mut out = ListBuilder::new(Float64Builder::new());
    for vector in values {
        out.append_value(vector.as_array().unwrap().iter().map(Value::as_f64));
    }
    Arc::new(out.finish())
}
