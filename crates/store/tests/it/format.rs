//! A store written by the first version of the format is opened by every later one.
//!
//! `testdata/format/v1/store.tar.zst` was written once, by [`write_the_format`] with
//! `SPANLAKE_FORMAT_OUT` naming the file, and is not written again: a later format gets a folder of
//! its own. It holds rows in files of two days, a merged file, a later version of a row in a file
//! (overrides), checkpoints, the tombstone of an erased trace, and rows in the write-ahead log only.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use spanlake_model::{
    AuditRow, EvalRow, Micros, ModelPriceRow, PromptRow, ReleaseRow, Rows, SpanRow, Table,
    TokenRole,
};
use spanlake_store::{MaintainOptions, Store, StoreOptions, Subject, SubjectKind};

use crate::support::{
    START, StepClock, eval, open, options, payload, payloads, redacted, rows, span, span_id, spans,
    trace_id,
};

const ERASED: u64 = 9;

fn archive() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/format/v1/store.tar.zst")
}

fn unpack(archive: &Path, to: &Path) {
    let packed = std::fs::read(archive).unwrap();
    let bytes = zstd::decode_all(packed.as_slice()).unwrap();
    let mut rest = bytes.as_slice();
    let text = |bytes: &[u8]| {
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        String::from_utf8(bytes[..end].to_vec()).unwrap()
    };
    while rest.len() >= 512 && rest[0] != 0 {
        let (header, after) = rest.split_at(512);
        let size = usize::from_str_radix(text(&header[124..136]).trim(), 8).unwrap();
        let path = to.join(text(&header[..100]));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &after[..size]).unwrap();
        rest = &after[size.next_multiple_of(512)..];
    }
}

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// Packs a folder as tar, with neither owners nor times.
fn pack(dir: &Path, archive: &Path) {
    let (mut tar, mut paths) = (Vec::new(), Vec::new());
    files(dir, &mut paths);
    paths.sort();
    for path in paths {
        let name = path.strip_prefix(dir).unwrap().to_str().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let mut header = [0_u8; 512];
        let mut put = |at: usize, text: &str| {
            header[at..at + text.len()].copy_from_slice(text.as_bytes());
        };
        assert!(name.len() < 100, "{name}");
        put(0, name);
        put(100, "0000600\0");
        put(108, "0000000\0");
        put(116, "0000000\0");
        put(124, &format!("{:011o}\0", bytes.len()));
        put(136, "00000000000\0");
        put(148, "        ");
        put(156, "0");
        put(257, "ustar\x0000");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        tar.extend_from_slice(&header);
        tar.extend_from_slice(&bytes);
        tar.resize(tar.len().next_multiple_of(512), 0);
    }
    tar.resize(tar.len() + 1024, 0);
    let mut packer = zstd::Encoder::new(std::fs::File::create(archive).unwrap(), 19).unwrap();
    packer.write_all(&tar).unwrap();
    packer.finish().unwrap();
}

fn talkative(trace: u64) -> Vec<Rows> {
    let root = SpanRow {
        session_id: Some(format!("session {trace}")),
        tenant_id: Some("acme".into()),
        workflow: Some("support".into()),
        ..span(trace, 0, None)
    };
    let call = SpanRow {
        request_model: Some("gpt-4o".into()),
        provider: Some("openai".into()),
        prompt_name: Some("answer".into()),
        prompt_version: Some("3".into()),
        input_tokens: Some(100 + trace as i64),
        cost_usd: Some(0.25),
        attributes: Some(r#"{"note":"kept"}"#.into()),
        finish_reasons: vec!["stop".into()],
        ..span(trace, 1, Some(0))
    };
    let score = EvalRow { eval_id: format!("score of {trace}"), score: Some(0.75), ..eval(trace) };
    vec![
        Rows::Payloads(vec![payload(trace, 1, &format!("answer {trace} ä"))]),
        Rows::Evals(vec![score]),
        Rows::Spans(vec![root, call]),
    ]
}

#[tokio::test]
#[ignore = "writes the format, once"]
async fn write_the_format() {
    let out = std::env::var("SPANLAKE_FORMAT_OUT").unwrap();
    let (dir, clock) = (tempfile::tempdir().unwrap(), StepClock::new());
    let url = dir.path().to_str().unwrap();
    let short =
        StoreOptions { checkpoint_commits: 2, vacuum_grace: Duration::ZERO, ..options(&clock) };
    let store = Store::open(url, short).await.unwrap();
    for trace in [1, 2, 30] {
        store.append(redacted(talkative(trace))).await.unwrap();
        store.flush().await.unwrap();
    }
    for _ in 0..2 {
        store.maintain(MaintainOptions::default()).await.unwrap();
    }
    store.append(redacted(talkative(ERASED))).await.unwrap();
    store.flush().await.unwrap();
    clock.advance_days(2);
    store.erase(Subject::new(SubjectKind::Trace, trace_id(ERASED))).await.unwrap();
    let (date, time) = (Micros(START).day(), Micros(START));
    let registry = vec![
        Rows::Prompts(vec![PromptRow {
            date,
            time,
            name: "answer".into(),
            version: "3".into(),
            template: Some("Answer {question}".into()),
            policy_version: "p1".into(),
            ..PromptRow::default()
        }]),
        Rows::Releases(vec![ReleaseRow {
            date,
            time,
            prompt_name: "answer".into(),
            prompt_version: "3".into(),
            action: "release".into(),
            policy_version: "p1".into(),
            ..ReleaseRow::default()
        }]),
        Rows::ModelPrices(vec![ModelPriceRow {
            date,
            provider: "openai".into(),
            model: "gpt-4o".into(),
            usd_per_million: 2.5,
            policy_version: "p1".into(),
            ..ModelPriceRow::default()
        }]),
        Rows::Audit(vec![AuditRow {
            date,
            time,
            actor: "somebody".into(),
            action: "erase".into(),
            policy_version: "p1".into(),
            ..AuditRow::default()
        }]),
    ];
    store.append(redacted(registry)).await.unwrap();
    // A later version of a row in a file, flushed; and rows that are in the log only.
    let later = SpanRow { output_tokens: Some(7), ..span(1, 1, Some(0)) };
    store.append(redacted(vec![Rows::Spans(vec![later])])).await.unwrap();
    store.flush().await.unwrap();
    store.append(redacted(talkative(31))).await.unwrap();
    drop(store);
    std::fs::remove_file(dir.path().join("_store/lock")).unwrap();
    pack(dir.path(), Path::new(&out));
}

#[tokio::test]
async fn a_store_of_the_first_format_is_read_and_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    unpack(&archive(), dir.path());
    let mut paths = Vec::new();
    files(dir.path(), &mut paths);
    let has = |part: &str| paths.iter().any(|path| path.to_str().unwrap().contains(part));
    for part in [".wal", "_store/idx/spans", "_store/overrides/spans", ".checkpoint.parquet"] {
        assert!(has(part), "the archive lacks {part}");
    }
    let clock = StepClock::new();
    clock.advance_days(3);
    let url = dir.path().to_str().unwrap();
    let read_only = StoreOptions { read_only: true, ..options(&clock) };
    let reader = Store::open(url, read_only).await.unwrap();
    let seen = spans(&reader.refresh().await.unwrap()).await;
    let store = open(dir.path(), &clock).await;
    assert_eq!(spans(&store.snapshot()).await.len(), seen.len());
    let mut expected = Vec::new();
    for trace in [1_u64, 2, 30, 31] {
        expected.extend([0, 1].map(|n| (trace_id(trace), span_id(trace * 1_000 + n))));
    }
    let keys: Vec<_> = seen.iter().map(|row| (row.trace_id.clone(), row.span_id.clone())).collect();
    assert_eq!(keys, expected);
    let call = &seen[1];
    assert_eq!(
        (call.input_tokens, call.output_tokens, call.cost_usd, call.is_final),
        (Some(101), Some(7), Some(0.25), true)
    );
    assert_eq!(call.start_time, Micros(1_795_136_401_000_000));
    assert_eq!(call.attributes.as_deref(), Some(r#"{"note":"kept"}"#));
    assert_eq!(call.finish_reasons, ["stop"]);
    assert_eq!((call.session_id.as_deref(), call.token_role), (Some("session 1"), TokenRole::Leaf));
    assert_eq!(seen[0].token_role, TokenRole::Aggregate);
    assert_eq!(seen[0].tenant_id.as_deref(), Some("acme"));
    let contents = payloads(&store.snapshot()).await;
    let texts: Vec<_> = contents.iter().filter_map(|row| row.output_text.as_deref()).collect();
    assert_eq!(texts, ["answer 1 ä", "answer 2 ä", "answer 30 ä", "answer 31 ä"]);
    let snapshot = store.snapshot();
    for (table, count) in [
        (Table::Evals, 4),
        (Table::Prompts, 1),
        (Table::Releases, 1),
        (Table::ModelPrices, 1),
        (Table::Audit, 1),
    ] {
        let found: usize = rows(&snapshot, table).await.iter().map(Rows::len).sum();
        assert_eq!(found, count, "{}", table.name());
    }
    assert!(!snapshot.table(Table::Spans).files[0].may_contain_trace(&trace_id(77)));
    assert!(store.check().await.unwrap().is_sound());
    // Who was erased stays away, and the store goes on.
    assert_eq!(store.append(redacted(talkative(ERASED))).await.unwrap().rows, 0);
    store.append(redacted(talkative(5))).await.unwrap();
    store.maintain(MaintainOptions::default()).await.unwrap();
    assert_eq!(spans(&store.snapshot()).await.len(), 10);
    assert!(store.check().await.unwrap().is_sound());
}
