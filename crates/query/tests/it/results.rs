//! Files ∪ buffer, and rows hidden in files.

use std::fmt::Write as _;

use datafusion::arrow::array::RecordBatch;
use spanlake_model::{Rows, Table};
use spanlake_query::QueryOptions;

use crate::data::{
    FIRST_DAY, cell, payloads, session, session_with, shown, span, spans, three_days,
};
use crate::support::Builder;

#[tokio::test]
async fn files_and_buffer_are_one_table() {
    let session = session(three_days().await);
    assert_eq!(cell(&session, "select count(*) from spans").await, "920");
    // 3 · Σ0..299 + Σ300..319
    let sum = 3 * 299 * 300 / 2 + (300 + 319) * 20 / 2;
    assert_eq!(cell(&session, "select sum(input_tokens) from spans").await, sum.to_string());
    let newest = "select input_tokens from spans order by start_time desc limit 1";
    assert_eq!(cell(&session, newest).await, "319");
    let oldest = "select input_tokens from spans order by start_time, span_id offset 2 limit 1";
    assert_eq!(cell(&session, oldest).await, "2");
    // A quarter of 0..320 and of 0..300 twice: those divisible by four have no output tokens.
    let with_output = "select count(output_tokens) from spans";
    assert_eq!(cell(&session, with_output).await, (920 - (80 + 2 * 75)).to_string());
}

#[tokio::test]
async fn hidden_rows_are_in_no_result() {
    // Rows 3, 99, 100 and 299 are hidden: first and last of a row group, and one inside.
    let dead = vec![3, 99, 100, 299];
    let mut builder = Builder::new(100);
    builder.file(&spans(FIRST_DAY, 0..300), dead.clone()).await;
    builder.file(&payloads(FIRST_DAY, 0..300), dead).await;
    builder.file(&spans(FIRST_DAY + 1, 0..10), vec![]).await;
    let snapshot = builder.build();
    assert_eq!(snapshot.table(Table::Spans).live_rows(), 306);
    let session = session(snapshot);
    let sum = 299 * 300 / 2 - (3 + 99 + 100 + 299) + 45;
    for (sql, expected) in [
        ("select count(*) from spans", 306),
        ("select count(span_id) from spans", 306),
        ("select count(output_preview) from spans where tenant_id = 'odd'", 150 - 3 + 5),
        ("select sum(input_tokens) from spans", sum),
        ("select max(input_tokens) from spans", 298),
        ("select count(*) from (select * from spans limit 303)", 303),
        ("select count(*) from spans where input_tokens in (3, 99, 100, 299)", 1),
        ("select count(*) from payloads where output_text = 'long answer 99'", 0),
        ("select count(*) from payloads where output_text like 'long answer 9_'", 9),
    ] {
        assert_eq!(cell(&session, sql).await, expected.to_string(), "{sql}");
    }
    let newest = "select input_tokens, attributes ->> 'number' as number from spans \
                  where date = '2026-11-01' order by start_time desc limit 2";
    let expected = "\
+--------------+--------+
| input_tokens | number |
+--------------+--------+
| 298          | 298    |
| 297          | 297    |
+--------------+--------+";
    assert_eq!(shown(&session.collect(newest).await.unwrap()), expected);
}

#[tokio::test]
async fn results_do_not_depend_on_parallelism_or_batch_size() {
    let sql = "select tenant_id, prompt_version, count(*), sum(input_tokens), \
               count(distinct trace_id) from spans group by 1, 2 order by 1, 2";
    let expected = shown(&session(three_days().await).collect(sql).await.unwrap());
    for (target_partitions, batch_size) in [(1, 7), (8, 8192)] {
        let options = QueryOptions { target_partitions, batch_size, ..QueryOptions::default() };
        let found = session_with(three_days().await, options).collect(sql).await.unwrap();
        assert_eq!(shown(&found), expected);
    }
}

#[tokio::test]
async fn an_empty_store_has_empty_tables() {
    let session = session(Builder::new(100).build());
    for table in Table::ALL {
        let sql = format!("select count(*) from {}", table.name());
        assert_eq!(cell(&session, &sql).await, "0");
        assert!(session.collect(&format!("select * from {}", table.name())).await.is_ok());
    }
    for view in session.library().under("views") {
        let found = session.collect(&format!("select * from {}", view.name())).await.unwrap();
        assert_eq!(found.iter().map(RecordBatch::num_rows).sum::<usize>(), 0, "{}", view.path);
    }
}

#[tokio::test]
async fn json_columns_take_json_operators() {
    let session = session(three_days().await);
    let odd = "select count(*) from spans where (attributes -> 'odd')::boolean";
    assert_eq!(cell(&session, odd).await, "460");
    let has = "select count(*) from spans where attributes ? 'number'";
    assert_eq!(cell(&session, has).await, "920");
}

/// One file bigger than a megabyte is read by several threads, each row once.
#[tokio::test]
async fn a_big_file_is_read_in_ranges() {
    let rows: Vec<_> = (0..12_000)
        .map(|number| {
            let mut row = span(FIRST_DAY, number);
            row.input_preview = Some(pseudo_random_text(number as u64));
            row
        })
        .collect();
    let mut builder = Builder::new(1000);
    builder.file(&Rows::Spans(rows), vec![5, 1000, 11_999]).await;
    let snapshot = builder.build();
    assert!(snapshot.table(Table::Spans).files[0].size > 2 << 20);
    let session = session(snapshot);
    let sum: i64 = (0..12_000).sum::<i64>() - 5 - 1000 - 11_999;
    assert_eq!(cell(&session, "select sum(input_tokens) from spans").await, sum.to_string());
    let plan =
        shown(&session.collect("explain select sum(input_tokens) from spans").await.unwrap());
    assert!(plan.contains("2 groups"), "{plan}");
}

/// Text that does not compress: splitmix64 in hexadecimal.
fn pseudo_random_text(seed: u64) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut text = String::new();
    for _ in 0..20 {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let _ = write!(text, "{:016x}", mixed ^ (mixed >> 31));
    }
    text
}
