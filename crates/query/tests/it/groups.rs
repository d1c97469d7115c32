//! Filters on traces, sessions and runs skip files, and change no result.

use spanlake_model::{Day, EvalRow, Kind, Micros, Rows, SpanRow, TokenRole};
use spanlake_query::{QueryMetrics, QueryOptions, Session};
use spanlake_store::Snapshot;

use crate::data::{FIRST_DAY, cell, session, session_with, shown};
use crate::support::Builder;

/// Traces a day.
const TRACES: i64 = 20;

fn id(day: i32, number: i64) -> String {
    format!("{day:016x}{number:016x}")
}

fn span_id(trace: &str, at: i64) -> String {
    format!("{}{}{at:04x}", &trace[12..16], &trace[24..])
}

/// Span `at` of a trace, `second` seconds into a day.
fn span(trace: &str, at: i64, day: i32, second: i64, session: &str) -> SpanRow {
    let start = Day(day).start().0 + second * 1_000_000;
    let kind = match at {
        0 => Kind::Agent,
        1 => Kind::Llm,
        _ => Kind::Tool,
    };
    SpanRow {
        date: Day(day),
        trace_id: trace.to_owned(),
        span_id: span_id(trace, at),
        parent_span_id: (at > 0).then(|| span_id(trace, 0)),
        start_time: Micros(start),
        start_unix_nano: start * 1_000,
        end_unix_nano: start * 1_000 + 1_000_000,
        duration_ms: Some(1.0),
        name: "step".to_owned(),
        kind,
        token_role: if kind == Kind::Llm { TokenRole::Leaf } else { TokenRole::None },
        input_tokens: (kind == Kind::Llm).then_some(second + 1),
        cost_usd: (kind == Kind::Llm).then_some(0.5),
        tenant_id: Some("acme".to_owned()),
        session_id: Some(session.to_owned()),
        agent_name: (kind == Kind::Agent).then(|| "planner".to_owned()),
        prompt_name: (kind == Kind::Llm).then(|| "plan".to_owned()),
        is_final: true,
        ..SpanRow::default()
    }
}

/// A day's traces of three spans each; two share a session. The first trace of a day belongs to a
/// session that lasts for ever, and its last begins before midnight and ends after it.
fn day(day: i32, first: i32) -> Vec<SpanRow> {
    let mut spans = Vec::new();
    for number in 0..TRACES {
        let session =
            if number == 0 { "for ever".to_owned() } else { format!("{day} {}", number / 2) };
        let trace = id(day, number);
        spans.extend((0..3).map(|at| span(&trace, at, day, number * 60 + at, &session)));
    }
    let night =
        |day: i32, at: i64, second| span(&id(day, 99), at, day, second, &format!("{day} n"));
    spans.push(night(day, 0, 86_399));
    if day > first {
        let mut rest: Vec<SpanRow> = (1..3)
            .map(|at| span(&id(day - 1, 99), at, day, at, &format!("{} n", day - 1)))
            .collect();
        spans.append(&mut rest);
    }
    spans
}

/// `days` days up to `last`, and what does not fit a rule: a trace whose spans lie 30 days apart, one
/// whose time is suspect, and a failed evaluation weeks after its trace.
async fn store(days: i32, last: i32) -> Snapshot {
    let first = last - days + 1;
    let mut builder = Builder::new(30);
    for date in first..=last {
        let mut spans = day(date, first);
        if date == last || date == last - 30 {
            let at = i64::from(date == last);
            spans.push(span(&id(0, 777), at, date, 40_000, "slow"));
        }
        if date == last - 10 {
            let mut suspect = span(&id(date, 5), 7, date, 0, &format!("{date} 2"));
            suspect.start_time = Micros(Day(10).start().0);
            suspect.start_unix_nano = suspect.start_time.0 * 1000;
            suspect.time_suspect = true;
            spans.push(suspect);
        }
        spans.sort_by_key(|span| span.start_time);
        if date == last {
            builder.memory(&Rows::Spans(spans.split_off(40)));
        }
        builder.file(&Rows::Spans(spans), vec![]).await;
        let judged = if date == last { id(last - 20, 3) } else { id(date, 4) };
        builder.file(&Rows::Evals(vec![failed(&judged, date)]), vec![]).await;
    }
    builder.build()
}

fn failed(trace: &str, day: i32) -> EvalRow {
    EvalRow {
        date: Day(day),
        eval_id: format!("{trace}{day}"),
        eval_time: Day(day).start(),
        trace_id: Some(trace.to_owned()),
        name: "correct".to_owned(),
        passed: Some(false),
        ..EvalRow::default()
    }
}

async fn metrics(session: &Session, sql: &str) -> QueryMetrics {
    let mut stream = session.sql(sql).await.unwrap();
    while let Some(batch) = futures::StreamExt::next(&mut stream).await {
        batch.unwrap();
    }
    stream.metrics()
}

const LAST: i32 = FIRST_DAY + 39;

fn iso(day: i32) -> String {
    Day(day).iso()
}

#[tokio::test]
async fn results_are_those_of_reading_everything() {
    let pruned = session(store(13, LAST).await);
    let options = QueryOptions { prune: false, ..QueryOptions::default() };
    let read_all = session_with(store(13, LAST).await, options);
    let (this, next) = (iso(LAST - 5), iso(LAST - 4));
    let times = [
        format!("start_time >= '{this}' and start_time < '{next}'"),
        format!("start_time > '{this}T23:59:58Z' and start_time < '{next}T00:00:01Z'"),
        format!("start_time between '{}' and '{}' and tenant_id = 'acme'", iso(LAST - 10), this),
        format!("start_time < '1980-01-01' or start_time > '{}'", iso(LAST)),
        format!("start_time < '{}'", iso(LAST - 12)),
    ];
    let dates = [
        format!("date = '{}'", iso(LAST)),
        format!("date in ('{}', '{}')", iso(LAST - 10), iso(LAST - 2)),
        format!("date >= '{}' and start_time < '{}'", iso(LAST - 2), iso(LAST)),
        format!("'{}' = date and trace_id = '{}'", iso(LAST - 1), id(LAST - 1, 99)),
        format!("date <> '{}'", iso(LAST)),
    ];
    let mut statements = vec![
        format!("select * from sessions where end_time < '{}' order by session_id", iso(LAST - 11)),
        format!("select count(*) from sessions where end_time >= '{}'", iso(LAST)),
        format!(
            "select trace_id, max(start_time) from spans group by trace_id \
             having max(start_time) < '{}' order by 1",
            iso(LAST - 11)
        ),
        format!(
            "select t.trace_id, s.session_id, s.traces from traces as t join sessions as s \
             on s.session_id = t.session_id where t.date = '{this}' order by 1"
        ),
        format!(
            "select t.trace_id, e.passed from evals as e left join traces as t \
             on t.trace_id = e.trace_id and t.date = '{this}' order by 1, 2"
        ),
        "select count(*) from traces where start_time is null".to_owned(),
    ];
    for (view, key) in
        [("traces", "trace_id"), ("sessions", "session_id"), ("agent_runs", "trace_id")]
    {
        let dates = dates.iter().filter(|_| view != "sessions");
        statements.extend(
            times
                .iter()
                .chain(dates)
                .map(|filter| format!("select * from {view} where {filter} order by {key}")),
        );
    }
    for sql in statements {
        let expected = shown(&read_all.collect(&sql).await.unwrap());
        assert_eq!(shown(&pruned.collect(&sql).await.unwrap()), expected, "{sql}");
    }
}

/// What the rule must not break, counted by hand.
#[tokio::test]
async fn traces_are_whole() {
    let session = session(store(40, LAST).await);
    let night = format!(
        "select spans from traces where date = '{}' and start_time >= '{}T23:00:00Z'",
        iso(LAST - 5),
        iso(LAST - 5)
    );
    assert_eq!(cell(&session, &night).await, "3");
    // Its first span lies 30 days before the other.
    let slow =
        format!("select count(*) from traces where date = '{}' and session_id = 'slow'", iso(LAST));
    assert_eq!(cell(&session, &slow).await, "0");
    let slow = format!(
        "select spans from traces where date = '{}' and session_id = 'slow'",
        iso(LAST - 30)
    );
    assert_eq!(cell(&session, &slow).await, "2");
    let late = format!(
        "select sum(failed_evals) from traces where date = '{}' and trace_id = '{}'",
        iso(LAST - 20),
        id(LAST - 20, 3)
    );
    assert_eq!(cell(&session, &late).await, "1");
    let for_ever = format!(
        "select traces from sessions where start_time < '{}' and session_id = 'for ever'",
        iso(FIRST_DAY + 1)
    );
    assert_eq!(cell(&session, &for_ever).await, "40");
}

#[tokio::test]
async fn files_of_other_days_are_skipped() {
    let session = session(store(40, LAST).await);
    let all = metrics(&session, "select count(*), sum(spans) from traces").await;
    let sql = format!("select count(*), sum(spans) from traces where date = '{}'", iso(LAST - 5));
    let found = metrics(&session, &sql).await;
    // Once for the ids; then that day, the one before it, where a trace of that day's rows begins,
    // and the one after it, where the night's trace ends.
    assert_eq!(found.files_selected, 1 + 3, "{found:?}");
    assert!(found.file_rows * 10 < all.file_rows, "{found:?} {all:?}");
    let sql = format!("select sum(failed_evals) from traces where date = '{}'", iso(LAST - 5));
    // Of the evaluations only that day's are of its traces.
    assert_eq!(metrics(&session, &sql).await.files_selected, 1 + 3 + 1);
    let sql =
        format!("select count(*), sum(steps) from agent_runs where date = '{}'", iso(LAST - 5));
    let found = metrics(&session, &sql).await;
    // The ids, the agent spans' files and all spans' files.
    assert_eq!(found.files_selected, 1 + 2 + 2, "{found:?}");
    let sql = format!(
        "select count(*), sum(spans) from sessions where start_time >= '{}' and start_time < '{}'",
        iso(LAST - 5),
        iso(LAST - 4)
    );
    let found = metrics(&session, &sql).await;
    let whole = metrics(&session, "select count(*), sum(spans) from sessions").await;
    assert!(found.file_rows * 4 < whole.file_rows, "{found:?} {whole:?}");
}

#[tokio::test]
async fn old_days_do_not_change_what_traces_of_new_days_cost() {
    let (few, many) = (session(store(4, LAST).await), session(store(30, LAST).await));
    for sql in [
        format!("select * from traces where date = '{}'", iso(LAST)),
        format!("select * from traces where start_time >= '{}'", iso(LAST - 1)),
        format!("select * from agent_runs where date >= '{}'", iso(LAST)),
    ] {
        let (few, many) = (metrics(&few, &sql).await, metrics(&many, &sql).await);
        assert!(few.files_opened > 0 && many.files_considered > few.files_considered, "{sql}");
        let many = QueryMetrics { files_considered: few.files_considered, ..many };
        assert_eq!(many, few, "{sql}");
    }
}
