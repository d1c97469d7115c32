//! Erasure: a subject is hidden at once, then gone from everything that is written, and stays away.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use spanlake_model::{EvalRow, Rows, SpanRow};
use spanlake_store::{
    EraseKey, EraseReceipt, MaintainOptions, Store, StoreOptions, Subject, SubjectKind,
};

use crate::faulty::{Effect, Fault, Machine};
use crate::support::{
    StepClock, eval, open, options, payload, payloads, redacted, rows, span, span_id, spans,
    trace_id,
};

const SUBJECT: &str = "subject-4711";
const OTHER: &str = "somebody-else";
/// The subject's traces; trace 7 it shares with the other one.
const ERASED: [u64; 3] = [1, 2, 3];
const SHARED: u64 = 7;

fn user(id: &str) -> Subject {
    Subject::new(SubjectKind::User, id)
}

/// A trace of a user: a root that names the user, and a child and its content that do not.
fn trace(n: u64, user: &str) -> Vec<Rows> {
    let root = SpanRow { user_id: Some(user.to_owned()), ..span(n, 0, None) };
    let score = EvalRow { eval_id: format!("score of {n}"), ..eval(n) };
    vec![
        Rows::Payloads(vec![payload(n, 1, &format!("words of trace {n}"))]),
        Rows::Evals(vec![score]),
        Rows::Spans(vec![root, span(n, 1, Some(0))]),
    ]
}

/// A trace that two users share.
fn shared() -> Vec<Rows> {
    let named = |n, parent, user: &str| SpanRow {
        user_id: Some(user.to_owned()),
        ..span(SHARED, n, parent)
    };
    vec![Rows::Spans(vec![
        named(0, None, SUBJECT),
        named(1, Some(0), OTHER),
        span(SHARED, 2, Some(0)),
    ])]
}

async fn append(store: &Store, batch: Vec<Rows>) {
    store.append(redacted(batch)).await.unwrap();
}

/// Rows of both users in files, in files that a merge replaced, in overrides, log and buffer.
async fn fill(store: &Store) {
    append(store, trace(1, SUBJECT)).await;
    append(store, trace(4, OTHER)).await;
    store.flush().await.unwrap();
    append(store, trace(2, SUBJECT)).await;
    append(store, shared()).await;
    store.flush().await.unwrap();
    store.maintain(MaintainOptions::default()).await.unwrap();
    append(store, trace(5, OTHER)).await;
    // Later versions of rows in files.
    let later = |n| SpanRow { input_tokens: Some(9), ..span(n, 1, Some(0)) };
    append(store, vec![Rows::Spans(vec![later(1), later(4)])]).await;
    store.flush().await.unwrap();
    append(store, trace(3, SUBJECT)).await;
    append(store, trace(6, OTHER)).await;
}

/// The keys of the spans that the erasure leaves.
fn left() -> Vec<(String, String)> {
    let mut left: Vec<_> = [4, 5, 6]
        .into_iter()
        .flat_map(|n| [0, 1].map(|m| (trace_id(n), span_id(n * 1_000 + m))))
        .collect();
    left.push((trace_id(SHARED), span_id(SHARED * 1_000 + 1)));
    left.sort();
    left
}

fn keys(spans: &[SpanRow]) -> Vec<(String, String)> {
    spans.iter().map(|row| (row.trace_id.clone(), row.span_id.clone())).collect()
}

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// Files with a text in their bytes or in a zstd frame in them; found without the store.
fn files_with(dir: &Path, text: &str) -> Vec<String> {
    let mut paths = Vec::new();
    files(dir, &mut paths);
    let holds = |bytes: &[u8]| bytes.windows(text.len()).any(|at| at == text.as_bytes());
    let frames = |raw: &[u8]| {
        let magic = [0x28, 0xb5, 0x2f, 0xfd];
        let starts = raw.windows(4).enumerate().filter(|(_, bytes)| *bytes == magic);
        let decoded = starts.map(|(at, _)| {
            let mut inside = Vec::new();
            if let Ok(frame) = zstd::stream::read::Decoder::new(&raw[at..]) {
                let _ = std::io::Read::read_to_end(&mut frame.single_frame(), &mut inside);
            }
            inside
        });
        decoded.collect::<Vec<_>>()
    };
    let is_with = |path: &PathBuf| {
        let raw = std::fs::read(path).unwrap();
        holds(&raw) || frames(&raw).iter().any(|inside| holds(inside))
    };
    paths.iter().filter(|path| is_with(path)).map(|path| path.display().to_string()).collect()
}

/// Options with a key for tombstones.
fn keyed(clock: &Arc<StepClock>) -> StoreOptions {
    let secret = ["key of", "tombstones"].join(" ").into_bytes();
    StoreOptions { erase_keys: vec![EraseKey { id: "k1".into(), secret }], ..options(clock) }
}

fn rows_of(receipt: &EraseReceipt, table: &str) -> u64 {
    receipt.tables.iter().find(|one| one.table == table).map_or(0, |one| one.rows)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_is_gone_from_everything_and_others_stay() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
    let keyed = keyed(&clock);
    let url = dir.path().to_str().unwrap();
    let store = Store::open(url, keyed.clone()).await.unwrap();
    fill(&store).await;
    clock.advance_days(3);
    // A reader without the key.
    let read_only = StoreOptions { read_only: true, ..options(&clock) };
    let reader = Store::open(url, read_only).await.unwrap();
    let before = spans(&reader.refresh().await.unwrap()).await;
    assert_eq!(before.len(), 15);
    for text in [SUBJECT.to_owned(), trace_id(2)] {
        assert!(!files_with(dir.path(), &text).is_empty(), "{text}: the search finds nothing");
    }
    let preview = reader.preview_erasure(user(SUBJECT)).await.unwrap();
    assert_eq!(preview.traces, 4);
    assert_eq!(spans(&reader.refresh().await.unwrap()).await, before);

    let receipt = store.erase(user(SUBJECT)).await.unwrap();
    assert!(receipt.is_clean(), "{receipt:#?}");
    // Two spans of each trace, an older version of one, and two of the shared trace.
    assert_eq!(rows_of(&receipt, "spans"), 9, "{receipt:#?}");
    assert_eq!((rows_of(&receipt, "payloads"), rows_of(&receipt, "evals")), (3, 3));
    assert_eq!((receipt.traces, receipt.key_id.as_deref()), (4, Some("k1")));
    assert!(receipt.deleted_log_segments > 0 && receipt.search.cells > 0, "{receipt:#?}");
    assert!(receipt.search.mentions.is_empty() && receipt.search.newer_rows == 0);

    let unchanged: Vec<SpanRow> = before
        .into_iter()
        .filter(|row| left().contains(&(row.trace_id.clone(), row.span_id.clone())))
        .collect();
    for snapshot in [store.snapshot(), reader.refresh().await.unwrap()] {
        let seen = spans(&snapshot).await;
        assert_eq!(keys(&seen), left());
        assert_eq!(seen, unchanged);
        let contents = payloads(&snapshot).await;
        let texts: Vec<_> = contents.iter().filter_map(|row| row.output_text.as_deref()).collect();
        assert_eq!(texts, ["words of trace 4", "words of trace 5", "words of trace 6"]);
    }
    let mut texts = vec![SUBJECT.to_owned()];
    texts.extend(ERASED.iter().map(|n| trace_id(*n)));
    texts.extend(ERASED.iter().map(|n| format!("words of trace {n}")));
    for text in texts {
        assert_eq!(files_with(dir.path(), &text), Vec::<String>::new(), "{text}");
    }
    assert!(!files_with(dir.path(), OTHER).is_empty());
    assert!(store.check().await.unwrap().is_sound());
    drop(store);
    let store = Store::open(url, keyed).await.unwrap();
    assert_eq!(spans(&store.snapshot()).await, unchanged);
    store.maintain(MaintainOptions::default()).await.unwrap();
    assert_eq!(spans(&store.snapshot()).await, unchanged);
}

#[tokio::test]
async fn what_comes_late_is_not_taken_and_what_is_new_is() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
    let store = open(dir.path(), &clock).await;
    fill(&store).await;
    clock.advance_days(3);
    store.erase(user(SUBJECT)).await.unwrap();
    drop(store);
    for late in [10, 11] {
        let store = open(dir.path(), &clock).await;
        // A retried export, and a trace that was never seen before, in two batches.
        let ack = store.append(redacted(trace(1, SUBJECT))).await.unwrap();
        assert_eq!((ack.rows, ack.erased_rows), (0, 4));
        let root = SpanRow { user_id: Some(SUBJECT.to_owned()), ..span(late, 0, None) };
        let ack = store.append(redacted(vec![Rows::Spans(vec![root])])).await.unwrap();
        assert_eq!((ack.rows, ack.erased_rows), (0, 1));
        drop(store);
        let store = open(dir.path(), &clock).await;
        let child = vec![Rows::Spans(vec![span(late, 1, Some(0))])];
        assert_eq!(store.append(redacted(child)).await.unwrap().erased_rows, 1);
        assert_eq!(keys(&spans(&store.snapshot()).await), left());
    }
    let store = open(dir.path(), &clock).await;
    // 200 hours after the first trace, and so after the erasure.
    let ack = store.append(redacted(trace(200, SUBJECT))).await.unwrap();
    assert_eq!((ack.rows, ack.erased_rows), (4, 0));
    store.flush().await.unwrap();
    assert_eq!(spans(&store.snapshot()).await.len(), left().len() + 2);
}

#[tokio::test]
async fn children_that_come_before_a_late_root_go_with_it() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
    let store = open(dir.path(), &clock).await;
    fill(&store).await;
    clock.advance_days(3);
    store.erase(user(SUBJECT)).await.unwrap();
    // Nobody can tell yet whose they are.
    let children = vec![
        Rows::Payloads(vec![payload(10, 1, "words of a late trace")]),
        Rows::Spans(vec![span(10, 1, Some(0))]),
    ];
    assert_eq!(store.append(redacted(children)).await.unwrap().erased_rows, 0);
    store.flush().await.unwrap();
    let root = SpanRow { user_id: Some(SUBJECT.to_owned()), ..span(10, 0, None) };
    let ack = store.append(redacted(vec![Rows::Spans(vec![root])])).await.unwrap();
    assert_eq!((ack.rows, ack.erased_rows), (0, 1));
    drop(store);
    let store = open(dir.path(), &clock).await;
    let report = store.maintain(MaintainOptions::default()).await.unwrap();
    assert_eq!(report.finished_erasures, 1);
    assert_eq!(keys(&spans(&store.snapshot()).await), left());
    let again = store.maintain(MaintainOptions::default()).await.unwrap();
    assert_eq!(again.finished_erasures, 0);
}

#[tokio::test]
async fn an_erasure_waits_for_its_key() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
    let url = dir.path().to_str().unwrap();
    let store = Store::open(url, keyed(&clock)).await.unwrap();
    fill(&store).await;
    clock.advance_days(3);
    store.erase(user(SUBJECT)).await.unwrap();
    let late = SpanRow { user_id: Some(SUBJECT.to_owned()), ..span(10, 0, None) };
    store.append(redacted(vec![Rows::Spans(vec![late])])).await.unwrap();
    drop(store);
    // The late trace took it up again, but without the key its subject is not known.
    for (options, finished) in [(options(&clock), 0), (keyed(&clock), 1)] {
        let store = Store::open(url, options).await.unwrap();
        let report = store.maintain(MaintainOptions::default()).await.unwrap();
        assert_eq!(report.finished_erasures, finished);
    }
}

#[tokio::test]
async fn every_kind_of_subject_is_found() {
    for kind in [SubjectKind::Session, SubjectKind::Tenant, SubjectKind::Trace] {
        let (dir, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
        let store = open(dir.path(), &clock).await;
        for n in 1..4 {
            let root = SpanRow {
                session_id: Some(format!("session-{n}")),
                tenant_id: Some(format!("tenant-{n}")),
                ..span(n, 0, None)
            };
            let batch = vec![
                Rows::Evals(vec![EvalRow { eval_id: format!("score of {n}"), ..eval(n) }]),
                Rows::Spans(vec![root, span(n, 1, Some(0))]),
            ];
            append(&store, batch).await;
            if n == 2 {
                store.flush().await.unwrap();
            }
        }
        clock.advance_days(3);
        let id = match kind {
            SubjectKind::Session => "session-2".to_owned(),
            SubjectKind::Tenant => "tenant-2".to_owned(),
            _ => trace_id(2),
        };
        let receipt = store.erase(Subject::new(kind, id.clone())).await.unwrap();
        assert!(receipt.is_clean(), "{receipt:#?}");
        let seen = spans(&store.snapshot()).await;
        assert_eq!(seen.len(), 4, "{kind:?}");
        assert!(seen.iter().all(|row| row.trace_id != trace_id(2)));
        let evals: usize =
            rows(&store.snapshot(), spanlake_model::Table::Evals).await.iter().map(Rows::len).sum();
        assert_eq!(evals, 2, "{kind:?}");
        assert_eq!(files_with(dir.path(), &id), Vec::<String>::new(), "{kind:?}");
    }
}

#[tokio::test]
async fn the_search_finds_what_was_planted() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
    let store = open(dir.path(), &clock).await;
    fill(&store).await;
    clock.advance_days(3);
    let mut paths = Vec::new();
    files(dir.path(), &mut paths);
    let of = |part: &str| {
        let mut with = files_with(dir.path(), SUBJECT).into_iter();
        PathBuf::from(with.find(|path| path.contains(part)).unwrap())
    };
    let saved = ["spans/date=", "_store/wal/"].map(|part| {
        let path = of(part);
        (std::fs::read(&path).unwrap(), path)
    });
    let receipt = store.erase(user(SUBJECT)).await.unwrap();
    assert!(receipt.is_clean(), "{receipt:#?}");
    assert!(store.search_subject(user(SUBJECT)).await.unwrap().survivors.is_empty());

    let log_entry = dir.path().join("spans/_delta_log/00000000000000000099.json.tmp");
    let page = zstd::bulk::compress(format!("a page with {SUBJECT} in it").as_bytes(), 3).unwrap();
    let planted: Vec<(PathBuf, Vec<u8>, &str)> = vec![
        (saved[0].1.clone(), saved[0].0.clone(), "cell"),
        (saved[1].1.clone(), saved[1].0.clone(), "bytes"),
        (log_entry, format!("{{\"note\":\"{SUBJECT}\"}}").into_bytes(), "bytes"),
        (dir.path().join("_store/idx/spans/left"), page, "bytes"),
    ];
    for (path, bytes, place) in planted {
        std::fs::write(&path, bytes).unwrap();
        let report = store.search_subject(user(SUBJECT)).await.unwrap();
        let found = report
            .survivors
            .iter()
            .any(|survivor| survivor.path == path.display().to_string() && survivor.place == place);
        assert!(found, "{}: {report:#?}", path.display());
        std::fs::remove_file(&path).unwrap();
    }
}

#[tokio::test]
async fn rows_of_others_that_name_the_subject_are_reported() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
    let store = open(dir.path(), &clock).await;
    fill(&store).await;
    let naming = SpanRow {
        input_preview: Some(format!("ask {SUBJECT} about it")),
        user_id: Some(OTHER.to_owned()),
        ..span(8, 0, None)
    };
    append(&store, vec![Rows::Spans(vec![naming])]).await;
    clock.advance_days(3);
    let receipt = store.erase(user(SUBJECT)).await.unwrap();
    assert!(receipt.is_clean(), "{receipt:#?}");
    let columns: Vec<_> =
        receipt.search.mentions.iter().map(|found| (found.column.as_str(), found.cells)).collect();
    assert_eq!(columns, [("input_preview", 1)]);
    assert_eq!(spans(&store.snapshot()).await.len(), left().len() + 1);
}

fn machine_options(machine: &Machine, clock: &Arc<StepClock>) -> StoreOptions {
    StoreOptions { medium: Some(machine.medium()), ..options(clock) }
}

#[test]
fn an_interrupted_erasure_is_taken_up_again() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // The operations of a whole erasure.
    let (machine, clock) = (Machine::new(), StepClock::new());
    let (first, last) = runtime().block_on(async {
        let store = Store::open("memory://erase", machine_options(&machine, &clock)).await.unwrap();
        fill(&store).await;
        clock.advance_days(3);
        let first = machine.faults.operations();
        assert!(store.erase(user(SUBJECT)).await.unwrap().is_clean());
        (first, machine.faults.operations())
    });
    let points = if std::env::var("SPANLAKE_SEEDS").is_ok() { 400 } else { 16 };
    let mut resumed = 0;
    for at in (first..last).step_by((last - first).div_ceil(points) as usize) {
        let (machine, clock) = (Machine::new(), StepClock::new());
        let effect = [Effect::Nothing, Effect::Half, Effect::Everything][(at % 3) as usize];
        let running = runtime();
        running.block_on(async {
            let store =
                Store::open("memory://erase", machine_options(&machine, &clock)).await.unwrap();
            fill(&store).await;
            clock.advance_days(3);
            machine.faults.set(at, Fault::Crash(effect));
            // Whether it says so or not, the machine is down.
            drop(store.erase(user(SUBJECT)).await);
        });
        drop(running);
        machine.restart(effect);
        runtime().block_on(async {
            let name = format!("operation {at} of {first}..{last}, {effect:?}");
            let opened = Store::open("memory://erase", machine_options(&machine, &clock)).await;
            let store = opened.unwrap_or_else(|error| panic!("{name}: {error:?}"));
            let report = store.maintain(MaintainOptions::default()).await.unwrap();
            resumed += report.finished_erasures;
            if report.finished_erasures == 0 && keys(&spans(&store.snapshot()).await) != left() {
                // It had not begun.
                store.erase(user(SUBJECT)).await.unwrap();
            }
            assert_eq!(keys(&spans(&store.snapshot()).await), left(), "{name}");
            let search = store.search_subject(user(SUBJECT)).await.unwrap();
            assert!(search.survivors.is_empty(), "{name}: {search:#?}");
            assert!(store.check().await.unwrap().is_sound(), "{name}");
            let ack = store.append(redacted(trace(1, SUBJECT))).await.unwrap();
            assert_eq!(ack.rows, 0, "{name}");
        });
    }
    assert!(resumed > 0, "no point interrupted an erasure");
}
