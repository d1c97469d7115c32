//! Results are the same before, during and after maintenance, for statements drawn at random.

use std::collections::BTreeMap;

use arrow::util::display::{ArrayFormatter, FormatOptions};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use spanlake::demo::{Demo, DemoOptions};
use spanlake::store::MaintainOptions;
use spanlake::{Config, Spanlake};

/// Columns of `spans` that group rows.
const LABELS: [&str; 8] = [
    "kind",
    "date",
    "prompt_name",
    "prompt_version",
    "tenant_id",
    "workflow",
    "response_model",
    "parse_status",
];
const MEASURES: [&str; 8] = [
    "count(*)",
    "sum(input_tokens)",
    "avg(duration_ms)",
    "sum(cost_usd)",
    "min(start_time)",
    "max(end_unix_nano)",
    "count(distinct trace_id)",
    "count(*) filter (where is_error)",
];
const FILTERS: [&str; 9] = [
    "true",
    "kind = 'llm' and token_role = 'leaf'",
    "start_time >= timestamp '2026-06-10T00:00:00Z'",
    "date between date '2026-06-02' and date '2026-06-05'",
    "input_tokens > 300",
    "prompt_name = 'support-answer'",
    "parent_span_id is null",
    "(duration_ms < 40 or is_error)",
    "trace_id < '5'",
];

/// A statement whose rows have one order, or are sorted here.
fn statement() -> impl Strategy<Value = String> {
    let label = || proptest::sample::select(&LABELS[..]);
    let measures = proptest::sample::subsequence(&MEASURES[..], 1..4);
    let filters = || proptest::sample::subsequence(&FILTERS[..], 1..3);
    let grouped = (label(), label(), measures, filters(), any::<bool>()).prop_map(
        |(first, second, measures, filters, is_joined)| {
            let (columns, filter) = (measures.join(", "), filters.join(" and "));
            // A join finds the newest payload of the newest span.
            let from = if is_joined {
                "(select spans.* from spans join payloads using (trace_id, span_id))"
            } else {
                "spans"
            };
            format!("select {first} as a, {second} as b, {columns} from {from} where {filter} group by 1, 2")
        },
    );
    let listed = (label(), filters(), 1..200_u32, any::<bool>()).prop_map(
        |(label, filters, limit, is_newest)| {
            let order = if is_newest { "desc" } else { "asc" };
            format!(
                "select start_time, trace_id, span_id, {label} as label, output_tokens, is_final from spans \
                 where {} order by start_time {order}, trace_id, span_id limit {limit}",
                filters.join(" and ")
            )
        },
    );
    let texts = filters().prop_map(|filters| {
        format!(
            "select trace_id, span_id, id_hash(output_text), length(input_messages) from payloads \
             where trace_id in \
             (select trace_id from spans where {})",
            filters.join(" and ")
        )
    });
    let views = label().prop_map(|label| {
        let view = if label == "kind" { "sessions" } else { "traces" };
        format!("select * from {view}")
    });
    prop_oneof![6 => grouped, 4 => listed, 1 => texts, 1 => views]
}

/// Cells as text, sums to nine digits: their order is the engine's.
async fn rows(lake: &Spanlake, statement: &str) -> Vec<String> {
    let batches =
        lake.query(statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
    let options = FormatOptions::default().with_null("NULL");
    let mut rows = Vec::new();
    for batch in &batches {
        let cells: Vec<_> = batch
            .columns()
            .iter()
            .map(|column| ArrayFormatter::try_new(column.as_ref(), &options).unwrap())
            .collect();
        for row in 0..batch.num_rows() {
            let shown = cells.iter().map(|cells| {
                let text = cells.value(row).to_string();
                let is_float = text.contains('.') && !text.contains([':', '-', '[', '{']);
                let number = text.parse::<f64>().ok().filter(|_| is_float);
                number.map_or(text, |number| format!("{number:.8e}"))
            });
            rows.push(shown.collect::<Vec<_>>().join("|"));
        }
    }
    rows.sort();
    rows
}

/// A month in many small files: exports in disorder, every tenth once more, some of it late.
async fn filled(url: &str) -> Spanlake {
    let mut config = Config::default();
    config.retention.payload_days = 0;
    config.retention.metadata_days = 0;
    let lake = Spanlake::builder(url).config(config).open().await.unwrap();
    let demo = Demo::new(DemoOptions { traces: 250, ..DemoOptions::default() });
    let bodies: Vec<Vec<u8>> = demo.requests().map(|request| request.body).collect();
    let (even, odd): (Vec<_>, Vec<_>) = bodies.iter().enumerate().partition(|(at, _)| at % 2 == 0);
    let again = bodies.iter().enumerate().step_by(10);
    for (sent, (_, body)) in odd.into_iter().chain(even).chain(again).enumerate() {
        lake.ingest("export", body.clone()).await.unwrap();
        if sent % 60 == 59 {
            lake.store().flush().await.unwrap();
        }
    }
    lake
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_do_not_notice_maintenance() {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    let mut runner = TestRunner::deterministic();
    let statements: Vec<String> = (0..cases.unwrap_or(60_usize).min(1_000))
        .map(|_| statement().new_tree(&mut runner).unwrap().current())
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let url = folder.path().join("store");
    let url = url.to_str().unwrap();
    let lake = filled(url).await;
    let mut expected = BTreeMap::new();
    for statement in &statements {
        expected.insert(statement, rows(&lake, statement).await);
    }
    let filled = expected.values().filter(|rows| !rows.is_empty()).count();
    assert!(filled * 4 > statements.len() * 3, "{filled} of {} find rows", statements.len());

    let maintained = {
        let lake = lake.clone();
        tokio::spawn(async move { lake.store().maintain(MaintainOptions::default()).await })
    };
    let mut during = 0;
    while !maintained.is_finished() {
        let statement = &statements[during % statements.len()];
        assert_eq!(rows(&lake, statement).await, expected[statement], "during: {statement}");
        during += 1;
    }
    let report = maintained.await.unwrap().unwrap();
    assert!(report.merged_files > 10 && during > 0, "{report:?}, {during} statements during it");
    for statement in &statements {
        assert_eq!(rows(&lake, statement).await, expected[statement], "after: {statement}");
    }
    lake.close().await.unwrap();
    let reader = Spanlake::builder(url).read_only().open().await.unwrap();
    for statement in &statements {
        assert_eq!(rows(&reader, statement).await, expected[statement], "re-opened: {statement}");
    }
}
