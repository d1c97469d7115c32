//! Rows and megabytes a second of each function on one core, beside the engine's own `avg`:
//! `cargo bench -p spanlake-benches --bench functions`.
//!
//! Aggregates run over 1, 1,000 and 100,000 groups; text functions over texts as models write them. With
//! `SPANLAKE_BENCH_OUTPUTS=FILE` the JSON texts are written to a file, one a line, for `json_valid.py` to time
//! DuckDB's `json_valid` on the same texts.

#![expect(clippy::unwrap_used, reason = "a benchmark has nobody to report to")]

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringViewArray,
};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use datafusion::prelude::{SessionConfig, SessionContext};
use tokio::runtime::Runtime;

/// Rows of numbers.
const ROWS: usize = 1_000_000;
/// Rows of texts: the outputs of a month of a small service.
const TEXTS: usize = 435_000;
const GROUPS: [(&str, &str); 3] = [("1", "i % 1"), ("1e3", "i % 1000"), ("1e5", "i % 100000")];

/// Calls over the table of numbers. Those after the first four keep distinct values of each group.
const AGGREGATES: [&str; 15] = [
    "avg(x)",
    "welch(x, cur)",
    "prop_diff(label, cur)",
    "parse_failure_rate(status)",
    "psi(x, cur)",
    "js_distance(status, cur)",
    "chi2_drift(status, cur)",
    "ks_test(x, cur)",
    "wasserstein(x, cur)",
    "mann_whitney(x, cur)",
    "brier(score, label)",
    "ece(score, label)",
    "auroc(score, label)",
    "kappa(status, status)",
    "ppi_mean(score, human)",
];

/// Calls over the table of texts.
const SCALARS: [&str; 7] = [
    "json_status(output)",
    "json_extract_lenient(output)",
    "json_schema_check(output, '{\"type\": \"object\", \"required\": [\"id\"]}')",
    "required_completion(output, '{\"required\": [\"id\", \"total\"]}')",
    "refusal_kind(answer)",
    "citation_parse(answer)",
    "faith_score(answer, context)",
];

/// A number between 0 and 1 for each index, the same every time (splitmix64).
fn uniform(index: u64) -> f64 {
    let mut z = index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

fn numbers() -> RecordBatch {
    let rows = || 0..ROWS as u64;
    let x: Float64Array = rows().map(|at| Some((uniform(at) * 1e4).round())).collect();
    let score: Float64Array =
        rows().map(|at| Some((uniform(at + 7) * 1e3).round() / 1e3)).collect();
    let human: Float64Array =
        rows().map(|at| (at % 10 == 0).then(|| uniform(at + 9).round())).collect();
    let label: BooleanArray = rows().map(|at| Some(uniform(at + 11) < 0.3)).collect();
    let cur: BooleanArray = rows().map(|at| Some(uniform(at + 13) < 0.5)).collect();
    let status: StringViewArray = rows()
        .map(|at| match (uniform(at + 17) * 20.0) as u64 {
            0 => Some("fenced"),
            1 => Some("trailing_comma"),
            2 => None,
            _ => Some("ok"),
        })
        .collect();
    let i: Int64Array = rows().map(|at| Some(at as i64)).collect();
    RecordBatch::try_from_iter([
        ("i", Arc::new(i) as ArrayRef),
        ("x", Arc::new(x)),
        ("score", Arc::new(score)),
        ("human", Arc::new(human)),
        ("label", Arc::new(label)),
        ("cur", Arc::new(cur)),
        ("status", Arc::new(status)),
    ])
    .unwrap()
}

/// An answer in JSON of some hundred bytes, one in twenty broken.
fn output(at: u64) -> String {
    let items: Vec<String> = (0..at % 7)
        .map(|item| {
            format!(
                "{{\"sku\": \"A-{item:04}\", \"count\": {}, \"price\": {:.2}}}",
                at % 9,
                uniform(at) * 90.0
            )
        })
        .collect();
    let text = format!(
        "{{\"id\": \"order-{at:08}\", \"customer\": {{\"name\": \"Ada Lovelace\", \"vip\": {}}}, \"total\": {:.2}, \
         \"items\": [{}], \"note\": \"delivered \\\"on time\\\" to the second floor\"}}",
        at.is_multiple_of(3),
        uniform(at + 1) * 900.0,
        items.join(", ")
    );
    match at % 60 {
        0 => format!("```json {text} ```"),
        20 => text.replace("], \"note\"", ",], \"note\""),
        40 => text.chars().take(text.len() / 2).collect(),
        _ => text,
    }
}

const PASSAGE: &str = "Refunds are processed within 5 to 10 business days after the parcel arrives at the warehouse. \
    Customers of the plus plan get a free return label by mail, others pay 4.90 for it. ";

fn texts() -> (RecordBatch, u64) {
    let outputs: Vec<String> = (0..TEXTS as u64).map(output).collect();
    if let Some(path) = std::env::var_os("SPANLAKE_BENCH_OUTPUTS") {
        std::fs::write(path, outputs.join("\n")).unwrap();
    }
    let bytes = outputs.iter().map(|text| text.len() as u64).sum();
    let answer = |at: usize| {
        format!("Your refund of order {at} takes 5 to 10 business days [1]. The label is free [2].")
    };
    let answers: StringViewArray = (0..TEXTS).map(|at| Some(answer(at))).collect();
    let context: StringViewArray = (0..TEXTS).map(|_| Some(PASSAGE)).collect();
    let outputs: StringViewArray = outputs.iter().map(Some).collect();
    let batch = RecordBatch::try_from_iter([
        ("output", Arc::new(outputs) as ArrayRef),
        ("answer", Arc::new(answers)),
        ("context", Arc::new(context)),
    ]);
    (batch.unwrap(), bytes)
}

/// One core, so that figures are per core.
fn context(table: RecordBatch) -> SessionContext {
    let config = SessionConfig::new().with_target_partitions(1);
    let mut context = SessionContext::new_with_config(config);
    spanlake_functions::register_all(&mut context).unwrap();
    context.register_batch("t", table).unwrap();
    context
}

fn run(
    criterion: &mut Criterion,
    group: &str,
    work: Throughput,
    cases: &[(String, String)],
    table: RecordBatch,
) {
    let (runtime, context) = (Runtime::new().unwrap(), context(table));
    let mut group = criterion.benchmark_group(group);
    group.throughput(work).sample_size(10);
    for (name, sql) in cases {
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || runtime.block_on(context.sql(sql)).unwrap(),
                |frame| runtime.block_on(frame.collect()).unwrap(),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

fn aggregates(criterion: &mut Criterion) {
    let table = numbers();
    for (groups, key) in GROUPS {
        let cases: Vec<(String, String)> = AGGREGATES
            .iter()
            .map(|call| {
                ((*call).to_owned(), format!("select {key} as g, {call} from t group by {key}"))
            })
            .collect();
        let name = format!("aggregates, {groups} groups");
        run(criterion, &name, Throughput::Elements(ROWS as u64), &cases, table.clone());
    }
}

fn scalars(criterion: &mut Criterion) {
    let (table, bytes) = texts();
    let cases: Vec<(String, String)> = SCALARS
        .iter()
        .map(|call| ((*call).to_owned(), format!("select count({call}) from t")))
        .collect();
    run(criterion, "texts", Throughput::Bytes(bytes), &cases, table);
}

criterion_group!(functions, scalars, aggregates);
criterion_main!(functions);
