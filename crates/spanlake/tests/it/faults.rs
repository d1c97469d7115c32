//! What the demo says it planted is there to be seen, by the statement it gives for it.

use std::collections::BTreeMap;

use spanlake::arrow::array::RecordBatch;
use spanlake::arrow::array::cast::AsArray as _;
use spanlake::arrow::compute::cast;
use spanlake::arrow::datatypes::{DataType, Float64Type};
use spanlake::demo::{DemoOptions, FaultSet};
use spanlake::{Config, Spanlake};

/// Rows of a statement: the leading texts joined with `/`, then the named numbers.
struct Seen(Vec<(String, BTreeMap<String, f64>)>);

impl Seen {
    async fn new(lake: &Spanlake, statement: &str) -> Self {
        let batches = lake.query(statement).await.unwrap();
        Self(batches.iter().flat_map(rows).collect())
    }

    /// The number of a row whose texts begin so.
    #[track_caller]
    fn of(&self, key: &str, name: &str) -> f64 {
        let row = self.0.iter().find(|(texts, _)| texts.starts_with(key));
        row.unwrap_or_else(|| panic!("{key} in {:?}", self.0)).1[name]
    }

    /// Mean over the rows whose texts lie in a range, weighted by `n`.
    fn mean(&self, name: &str, within: impl Fn(&str) -> bool) -> f64 {
        let rows: Vec<_> = self.0.iter().filter(|(texts, _)| within(texts)).collect();
        let weight: f64 = rows.iter().map(|(_, row)| row["n"]).sum();
        rows.iter().map(|(_, row)| row[name] * row["n"]).sum::<f64>() / weight
    }
}

fn rows(batch: &RecordBatch) -> Vec<(String, BTreeMap<String, f64>)> {
    let schema = batch.schema();
    (0..batch.num_rows())
        .map(|row| {
            let (mut texts, mut numbers) = (Vec::new(), BTreeMap::new());
            for (field, column) in schema.fields().iter().zip(batch.columns()) {
                if field.data_type().is_numeric() {
                    let value = cast(column, &DataType::Float64).unwrap();
                    let value = value.as_primitive::<Float64Type>().value(row);
                    numbers.insert(field.name().clone(), value);
                } else {
                    let text = cast(column, &DataType::Utf8).unwrap();
                    texts.push(text.as_string::<i32>().value(row).to_owned());
                }
            }
            (texts.join("/"), numbers)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_planted_fault_is_seen_by_its_statement() {
    let folder = tempfile::tempdir().unwrap();
    let options = DemoOptions { traces: 2_500, faults: FaultSet::all(), ..DemoOptions::default() };
    let made =
        spanlake::demo_into(folder.path(), Config::default(), options, |_, _, _| ()).await.unwrap();
    let lake = Spanlake::builder(made.store.to_str().unwrap()).read_only().open().await.unwrap();
    let planted = std::fs::read(&made.faults).unwrap();
    let planted: Vec<serde_json::Value> = serde_json::from_slice(&planted).unwrap();
    let mut checked = Vec::new();
    for fault in &planted {
        let id = fault["id"].as_str().unwrap();
        let seen = Seen::new(&lake, fault["how_to_see"].as_str().unwrap()).await;
        let start = fault["start"].as_str().unwrap();
        check(id, &seen, &start[..10]);
        checked.push(id);
    }
    assert_eq!(checked.len(), 12, "{checked:?}");
}

/// Asserts that a statement's rows show its fault; `start` is its first day.
fn check(id: &str, seen: &Seen, start: &str) {
    let rows = &seen.0;
    match id {
        "parse_failures" => {
            // A week of one workflow has few calls in a demo of this size.
            assert!(seen.of("9", "failing") > seen.of("8", "failing"), "{rows:?}");
        }
        "faithfulness_tenant" => {
            let bad = seen.of("blueharbor-bank/1.6.0", "faithfulness");
            let others = seen.mean("faithfulness", |key| {
                !key.starts_with("blueharbor") && key.ends_with("1.6.0")
            });
            assert!(bad < others - 0.1, "{bad} against {others}: {rows:?}");
        }
        "slow_drift" => {
            let before = seen.mean("complaints", |day| day < start);
            let after = seen.mean("complaints", |day| day >= "2026-06-24");
            assert!(after > before + 0.1, "{before} to {after}: {rows:?}");
        }
        "cost_jump" => {
            assert!(seen.of("2.1.0", "cost_usd") > 1.5 * seen.of("2.0.0", "cost_usd"), "{rows:?}");
        }
        "tool_arguments" => {
            let planted = seen.mean("failing", |key| key.starts_with("1.2.0"));
            let others = seen.mean("failing", |key| !key.starts_with("1.2.0"));
            assert!(planted > others + 0.1, "{planted} against {others}");
        }
        "guardrail_open" => {
            let open = |within: &dyn Fn(&str) -> bool| -> f64 {
                let rows = rows.iter().filter(|(hour, _)| within(hour));
                rows.map(|(_, row)| row["failed_open"]).sum()
            };
            assert!(open(&|hour| hour.starts_with(start)) > 5.0, "{rows:?}");
            assert!(open(&|hour| !hour.starts_with(start)) < 1.0, "{rows:?}");
        }
        "index_change" => {
            let (before, after) = (seen.of("2026-05-11", "empty"), seen.of("2026-06-24", "empty"));
            assert!(after > before + 0.02, "{rows:?}");
        }
        "silent_workflow" => {
            let last = rows.iter().map(|(day, _)| day.as_str()).max().unwrap();
            assert_eq!(last, start, "{rows:?}");
        }
        "secrets_in_prompts" => {
            for class in ["api_key", "password", "email"] {
                assert!(seen.of(class, "n") > 0.0, "{rows:?}");
            }
        }
        "late_spans" => assert!(seen.of("", "late") > 20.0, "{rows:?}"),
        "duplicate_spans" => {
            // Counts: whole numbers, so that more than half apart is unequal.
            assert!((seen.of("", "n") - seen.of("", "distinct_spans")).abs() < 0.5, "{rows:?}");
        }
        "partial_spans" => {
            assert!(rows.len() == 1 && rows[0].0 == "true", "{rows:?}");
        }
        other => panic!("no check for {other}"),
    }
}
