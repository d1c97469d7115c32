//! The process is killed while it appends; what it acknowledged must be there, once.
//!
//! The test starts itself again as the child that writes. `SPANLAKE_KILLS` sets how often it is
//! killed (default 5).

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use spanlake_model::{Rows, SpanRow, SystemClock, Table};
use spanlake_store::{Store, StoreOptions};

use crate::support;

const DIR: &str = "SPANLAKE_KILL_DIR";
const FIRST: &str = "SPANLAKE_KILL_FIRST";
const APPENDERS: u64 = 4;
/// Each check reads the whole store, so that a store is killed this often at most.
const KILLS_OF_ONE_STORE: u64 = 20;
/// Rows of one append; a trace each.
const ROWS: u64 = 5;

fn options() -> StoreOptions {
    StoreOptions {
        clock: Arc::new(SystemClock),
        settle: Arc::new(support::TestSettle),
        // Small, so that kills hit flushes, commits and rotations too.
        flush_bytes: 64 << 10,
        payload_retention_days: None,
        metadata_retention_days: None,
        wal: spanlake_store::wal::WalOptions { segment_bytes: 16 << 10, ..Default::default() },
        ..StoreOptions::default()
    }
}

fn batch(trace: u64) -> Vec<Rows> {
    let spans = (0..ROWS).map(|n| support::span(trace, n, (n > 0).then_some(0))).collect();
    let payloads = (0..ROWS).map(|n| support::payload(trace, n, "output")).collect();
    vec![Rows::Payloads(payloads), Rows::Spans(spans)]
}

/// Writes until it is killed, and prints each acknowledged trace.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the child of the test below"]
async fn child() {
    let (Ok(dir), Ok(first)) = (std::env::var(DIR), std::env::var(FIRST)) else { return };
    let first: u64 = first.parse().unwrap();
    let store = Arc::new(Store::open(&dir, options()).await.unwrap());
    let writers = (0..APPENDERS).map(|writer| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for trace in (first + writer..).step_by(APPENDERS as usize) {
                store.append(support::redacted(batch(trace))).await.unwrap();
                println!("ack {trace}");
            }
        })
    });
    futures::future::join_all(writers).await;
}

/// Runs a child until it has acknowledged `acks` traces, kills it, and returns all it acknowledged.
fn run_and_kill(dir: &Path, first: u64, acks: usize) -> BTreeSet<u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::child", "--ignored", "--nocapture", "--test-threads=1"])
        .env(DIR, dir)
        .env(FIRST, first.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged = BTreeSet::new();
    while acknowledged.len() < acks {
        let line = lines.next().unwrap().unwrap();
        acknowledged.extend(acked(&line));
    }
    // SIGKILL: nothing in the child runs any more.
    child.kill().unwrap();
    child.wait().unwrap();
    // What was printed before the kill counts as well; a line that is cut off does not parse.
    acknowledged.extend(lines.map_while(Result::ok).filter_map(|line| acked(&line)));
    acknowledged
}

fn acked(line: &str) -> Option<u64> {
    line.split("ack ").nth(1)?.trim().parse().ok()
}

fn by_trace(spans: &[SpanRow]) -> BTreeMap<&str, Vec<&str>> {
    let mut traces: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for span in spans {
        traces.entry(&span.trace_id).or_default().push(&span.span_id);
    }
    traces
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_process_loses_no_acknowledged_row() {
    let kills: u64 = std::env::var("SPANLAKE_KILLS").map_or(5, |text| text.parse().unwrap());
    let mut dir = tempfile::tempdir().unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let (mut acknowledged, mut first, mut files) = (BTreeSet::new(), 0_u64, 0);
    let mut traces_in_all = 0;
    for kill in 0..kills {
        if kill % KILLS_OF_ONE_STORE == 0 {
            traces_in_all += acknowledged.len();
            dir = tempfile::tempdir().unwrap();
            acknowledged = BTreeSet::new();
        }
        let acks = random.random_range(1..120);
        acknowledged.extend(run_and_kill(dir.path(), first, acks));
        // A trace in flight may have been written; numbers are not used again.
        first = acknowledged.last().unwrap() + 1_000;

        let store = Store::open(dir.path().to_str().unwrap(), options()).await.unwrap();
        let snapshot = store.snapshot();
        let spans = support::spans(&snapshot).await;
        let payloads = support::payloads(&snapshot).await;
        let traces = by_trace(&spans);
        for trace in &acknowledged {
            let found = traces.get(support::trace_id(*trace).as_str()).map_or(0, Vec::len);
            assert_eq!(found as u64, ROWS, "kill {kill}: trace {trace}");
        }
        // No more than was sent, and no row twice.
        for (trace, ids) in &traces {
            let distinct: BTreeSet<_> = ids.iter().collect();
            assert_eq!(distinct.len(), ids.len(), "kill {kill}: trace {trace} twice");
            assert_eq!(ids.len() as u64, ROWS, "kill {kill}: half of trace {trace}");
        }
        assert_eq!(payloads.len(), spans.len(), "kill {kill}");
        files = snapshot.table(Table::Spans).files.len();
        // Ending without closing is a crash as well; every other time the store closes.
        if kill % 2 == 0 {
            store.close().await.unwrap();
        }
    }
    let traces = traces_in_all + acknowledged.len();
    eprintln!("{kills} kills, {traces} acknowledged traces, none lost; {files} files of spans");
}
