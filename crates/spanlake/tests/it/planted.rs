//! No original survives redaction anywhere in the store.
//!
//! The search does not trust our reader: it looks at the raw bytes of every file, at every zstd
//! frame found in them (log frames, Parquet pages and dictionaries alike), and at every cell.

use std::path::{Path, PathBuf};

use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use spanlake::{Config, Spanlake};

const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Values that must not survive. Built here, so that this file holds none of them whole.
fn planted() -> Vec<String> {
    vec![
        ["ghp", "_", "n8Xb2KcQ7vLr4TzW9mYd1HsJ6fAe3Gu5PoVt"].concat(),
        ["sk", "-proj-", "Zx9Qw3Er7Ty1Ui5Op2As8Df4Gh6Jk0Lz"].concat(),
        ["marta.kowalska", "@", "example.org"].concat(),
        ["4111", "1111", "1111", "1111"].join(" "),
        ["DE89", "3704", "0044", "0532", "0130", "00"].join(" "),
        ["+1 415", "555", "0134"].join("-"),
    ]
}

fn body(values: &[String]) -> String {
    let all = values.join(" and ");
    let escaped = serde_json::json!({"note": all, "list": values}).to_string();
    let attribute =
        |key: &str, value: &str| serde_json::json!({"key": key, "value": {"stringValue": value}});
    let attributes = [
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.request.model", "gpt-4o"),
        ("user.id", &values[2]),
        ("session.id", &format!("session of {}", values[2])),
        ("gen_ai.input.messages", &serde_json::json!([{"role": "user", "parts": [{"type": "text", "content": all}]}]).to_string()),
        ("gen_ai.output.messages", &serde_json::json!([{"role": "assistant", "parts": [{"type": "text", "content": escaped}]}]).to_string()),
        ("gen_ai.prompt.variable.context", &all),
        ("custom.note", &escaped),
        ("custom.plain", &all),
    ]
    .map(|(key, value)| attribute(key, value));
    serde_json::json!({"resourceSpans": [{
        "resource": {"attributes": [attribute("service.name", "planted"), attribute("host.note", &all)]},
        "scopeSpans": [{"spans": [{
            "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331",
            "name": format!("answer for {}", values[2]),
            "startTimeUnixNano": "1795448590000000000", "endTimeUnixNano": "1795448591000000000",
            "attributes": attributes,
            "events": [{"name": "note", "timeUnixNano": "1795448590500000000", "attributes": [attribute("exception.message", &all)]}],
            "status": {"code": 2, "message": all},
        }]}],
    }]})
    .to_string()
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

fn holds(bytes: &[u8], value: &str) -> bool {
    bytes.windows(value.len()).any(|window| window == value.as_bytes())
}

/// Everything that can be read out of a file: its bytes, its zstd frames, its cells.
fn readable(path: &Path) -> Vec<Vec<u8>> {
    let raw = std::fs::read(path).unwrap();
    let mut texts = Vec::new();
    for (at, window) in raw.windows(4).enumerate() {
        if window == ZSTD_MAGIC {
            let mut inside = Vec::new();
            if let Ok(frame) = zstd::stream::read::Decoder::new(&raw[at..]) {
                // What follows the frame is not zstd; what came out before counts.
                let _ = std::io::Read::read_to_end(&mut frame.single_frame(), &mut inside);
            }
            texts.push(inside);
        }
    }
    if raw.starts_with(b"PAR1") {
        let file = std::fs::File::open(path).unwrap();
        for batch in ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap() {
            let batch = batch.unwrap();
            let mut lines = Vec::new();
            let mut writer = arrow::json::LineDelimitedWriter::new(&mut lines);
            writer.write(&batch).unwrap();
            writer.finish().unwrap();
            drop(writer);
            texts.push(lines);
        }
    }
    texts.push(raw);
    texts
}

fn survivors(store: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut paths = Vec::new();
    files(store, &mut paths);
    assert!(!paths.is_empty());
    for path in paths {
        for text in readable(&path) {
            for value in planted().iter().filter(|value| holds(&text, value)) {
                found.push((path.display().to_string(), value.clone()));
            }
        }
    }
    found
}

async fn store_with(redaction: &str, folder: &Path, flush: bool) {
    let config = Config { redaction: Some(redaction.to_owned()), ..Config::default() };
    let lake = Spanlake::builder(folder.to_str().unwrap()).config(config).open().await.unwrap();
    let summary = lake.ingest("planted", body(&planted())).await.unwrap();
    assert_eq!(summary.spans, 1, "{summary:?}");
    if flush {
        lake.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_planted_survives_in_log_or_files() {
    for flush in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        store_with("default", &store, flush).await;
        let found = survivors(&store);
        assert!(found.is_empty(), "flush {flush}: {found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_search_finds_what_is_there() {
    for (flush, part) in [(false, "wal"), (true, ".parquet")] {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        store_with("none", &store, flush).await;
        let found = survivors(&store);
        for value in planted() {
            assert!(
                found.iter().any(|(path, of)| path.contains(part) && *of == value),
                "{value} was stored in {part} and not found"
            );
        }
    }
}
