//! Which files a statement reads, and that results do not depend on it.

use spanlake_model::{Day, Micros, Rows};
use spanlake_query::{QueryMetrics, QueryOptions, Session};

use crate::data::{
    FIRST_DAY, cell, payloads, session, session_with, shown, span, spans, three_days, trace_id,
};
use crate::support::Builder;

async fn metrics(session: &Session, sql: &str) -> QueryMetrics {
    let mut stream = session.sql(sql).await.unwrap();
    while let Some(batch) = futures::StreamExt::next(&mut stream).await {
        batch.unwrap();
    }
    stream.metrics()
}

#[tokio::test]
async fn files_are_skipped_by_date_time_number_and_id() {
    let session = session(three_days().await);
    let one_file = [
        "select sum(input_tokens) from spans where date = '2026-11-02'".to_owned(),
        "select sum(input_tokens) from spans where start_time >= '2026-11-02' \
         and start_time < '2026-11-03'"
            .to_owned(),
        format!("select * from spans where trace_id = '{}'", trace_id(FIRST_DAY, 7)),
        format!(
            "select * from spans where trace_id in ('{}', '{}')",
            trace_id(FIRST_DAY, 7),
            trace_id(FIRST_DAY, 9)
        ),
        format!("select * from payloads where trace_id = '{}'", trace_id(FIRST_DAY, 7)),
        format!("select * from spans where span_id = '{}'", span(FIRST_DAY, 3).span_id),
        "select count(*) from tool_calls where date = '2026-11-02'".to_owned(),
        "select count(*) from retrievals where date = '2026-11-02'".to_owned(),
        format!("select * from llm_calls where trace_id = '{}'", trace_id(FIRST_DAY + 1, 7)),
        format!("select * from trace('{}')", trace_id(FIRST_DAY, 7)),
    ];
    for sql in one_file {
        let found = metrics(&session, &sql).await;
        assert_eq!((found.files_considered, found.files_selected), (3, 1), "{sql}");
    }
    let none = metrics(&session, "select * from spans where input_tokens > 1000").await;
    assert_eq!(none.files_selected, 0);
    let all = metrics(&session, "select sum(input_tokens) from spans").await;
    assert_eq!((all.files_selected, all.memory_rows), (3, 20));
}

#[tokio::test]
async fn results_are_equal_with_and_without_pruning() {
    let pruned = session(three_days().await);
    let options = QueryOptions { prune: false, ..QueryOptions::default() };
    let read_all = session_with(three_days().await, options);
    let statements = [
        "select count(*), sum(input_tokens), min(start_time) from spans where date >= '2026-11-02'"
            .to_owned(),
        "select prompt_version, count(*) from spans where start_time > '2026-11-02T00:02:00Z' \
         group by prompt_version order by 1"
            .to_owned(),
        format!("select * from spans where trace_id = '{}'", trace_id(FIRST_DAY, 7)),
        format!(
            "select span_id, output_text from payloads where trace_id in ('{}', 'nothing')",
            trace_id(FIRST_DAY + 1, 7)
        ),
        "select count(*) from spans where input_tokens between 290 and 310 or tenant_id is null"
            .to_owned(),
        "select input_tokens from spans where output_tokens is null and input_tokens > 295 \
         order by start_time desc limit 3"
            .to_owned(),
    ];
    for sql in statements {
        let expected = shown(&read_all.collect(&sql).await.unwrap());
        assert_eq!(shown(&pruned.collect(&sql).await.unwrap()), expected, "{sql}");
        let found = metrics(&read_all, &sql).await;
        assert_eq!(found.files_considered, found.files_selected, "{sql}");
    }
}

/// A label's values are known of each row group: only the one that has it is read.
#[tokio::test]
async fn row_groups_are_skipped_by_prompt_name() {
    let mut builder = Builder::new(100);
    for day in FIRST_DAY..FIRST_DAY + 3 {
        let Rows::Spans(mut rows) = spans(day, 0..300) else { unreachable!() };
        if day == FIRST_DAY + 1 {
            for row in &mut rows[100..200] {
                row.prompt_name = Some("rare".to_owned());
            }
        }
        builder.file(&Rows::Spans(rows), vec![]).await;
    }
    let session = session(builder.build());
    for sql in [
        "select * from spans where prompt_name = 'rare'",
        "select count(*), sum(cost_usd) from llm_calls where prompt_name = 'rare'",
        "select * from prompt_quality where prompt_name = 'rare'",
    ] {
        assert_eq!(metrics(&session, sql).await.file_rows, 100, "{sql}");
    }
}

#[tokio::test]
async fn old_days_do_not_change_what_new_days_cost() {
    let newest = FIRST_DAY + 40;
    let mut builder = Builder::new(100);
    builder.file(&spans(newest, 0..300), vec![]).await;
    builder.file(&payloads(newest, 0..300), vec![]).await;
    let small = session(builder.build());
    for day in FIRST_DAY..newest {
        builder.file(&spans(day, 0..50), vec![]).await;
        builder.file(&payloads(day, 0..50), vec![]).await;
    }
    let large = session(builder.build());
    let statements = [
        format!(
            "select tenant_id, sum(input_tokens) from spans where date = '{}' group by 1",
            Day(newest).iso()
        ),
        format!(
            "select count(input_tokens) from llm_calls where start_time >= '{}'",
            Day(newest).iso()
        ),
        format!("select * from payloads where trace_id = '{}'", trace_id(newest, 5)),
    ];
    for sql in statements {
        let few = metrics(&small, &sql).await;
        let many = metrics(&large, &sql).await;
        assert!(few.files_opened > 0 && few.bytes_scanned > 0, "{sql}: {few:?}");
        assert!(many.files_considered > few.files_considered, "{sql}");
        let many = QueryMetrics { files_considered: few.files_considered, ..many };
        assert_eq!(many, few, "{sql}");
    }
}

#[tokio::test]
async fn newest_rows_are_found_without_reading_old_files() {
    let mut builder = Builder::new(100);
    for day in FIRST_DAY..FIRST_DAY + 20 {
        builder.file(&spans(day, 0..300), vec![]).await;
    }
    let in_files = builder.build();
    builder.memory(&spans(FIRST_DAY + 20, 0..10));
    for (snapshot, newest) in [(in_files, FIRST_DAY + 19), (builder.build(), FIRST_DAY + 20)] {
        let session = session(snapshot);
        let sql = "select span_id, output_preview, attributes from spans \
            where prompt_name = 'answer' and tenant_id = 'odd' order by start_time desc limit 50";
        let found = metrics(&session, sql).await;
        let everything = "select max(output_preview), max(attributes), max(span_id) from spans";
        let all = metrics(&session, everything).await;
        assert_eq!(found.rows, 50);
        assert!(found.bytes_scanned * 4 < all.bytes_scanned, "{found:?} {all:?}");
        let first =
            "select date from spans where tenant_id = 'odd' order by start_time desc limit 1";
        assert_eq!(cell(&session, first).await, Day(newest).iso());
    }
}

/// A file of suspect times lies under its day of receipt; a filter on `start_time` must find it.
#[tokio::test]
async fn suspect_times_are_found_by_start_time() {
    let received = FIRST_DAY + 2;
    let mut stray = span(FIRST_DAY, 1);
    stray.start_time = Micros(Day(10).start().0);
    stray.date = Day(received);
    stray.time_suspect = true;
    let mut builder = Builder::new(100);
    builder.file(&Rows::Spans(vec![stray]), vec![]).await;
    builder.file(&spans(FIRST_DAY, 0..10), vec![]).await;
    let session = session(builder.build());
    let sql = "select count(*) from spans where start_time < '1980-01-01'";
    assert_eq!(cell(&session, sql).await, "1");
    assert_eq!(metrics(&session, sql).await.files_selected, 1);
}
