//! Whatever a file holds: a message with its name and the reason, and everything else is stored.

use super::wire::{self, START, attribute, good};
use super::{Ended, Place, capture, native};

/// A word that no message and no row of `ingest_errors` may repeat.
const CONTENT: &str = "xyzzycontent";

/// Ingests one file beside two good ones and returns how it ended, with the numbers of spans and
/// of rows in `ingest_errors` that came of the file.
fn ingest(name: &str, bytes: &[u8]) -> (Ended, u64, Vec<String>) {
    let place = Place::new();
    // Redacting 8 MiB, the default, takes an unoptimised build a minute.
    place.write("spanlake.toml", "[write]\nmax_value_bytes = 100_000\n");
    place.write("in/0-good.otlp.pb", capture("genai-openai-1.3b0/rag_chain.01.otlp.pb"));
    place.write(&format!("in/{name}"), bytes);
    place.write("in/z-good.jsonl", native(0xfeed));
    let ended = place.run(["ingest", "in"]);
    assert!(!ended.err.contains(CONTENT) && !ended.out.contains(CONTENT), "{ended:?}");
    assert!(!ended.err.contains("panicked"), "{ended:?}");
    let good = place.ask("select count(*) from spans where span_id = '000000000000feed'");
    assert_eq!(good, "1", "{ended:?}");
    let rag = capture("genai-openai-1.3b0/rag_chain.01.otlp.pb");
    let alone = Place::new();
    alone.write("one.pb", rag);
    assert_eq!(alone.run(["ingest", "one.pb"]).code, Some(0));
    let others: u64 = alone.ask("select count(*) from spans").parse().unwrap();
    let all: u64 = place.ask("select count(*) from spans").parse().unwrap();
    let errors = place.ask("select source, code, hint from ingest_errors order by 1, 2");
    assert!(!errors.contains(CONTENT), "{errors}");
    let errors: Vec<String> = errors.lines().map(str::to_owned).collect();
    for error in &errors {
        assert!(error.starts_with(&format!("in/{name},")), "{errors:?}");
    }
    if !errors.is_empty() {
        assert!(ended.err.contains(&format!("in/{name}")), "{ended:?}");
    }
    assert_eq!(ended.code, Some(if errors.is_empty() { 0 } else { 2 }), "{ended:?}");
    (ended, all - others - 1, errors)
}

/// Expects so many spans of a file, and one row of `ingest_errors` for each code.
#[track_caller]
fn expect(name: &str, bytes: &[u8], spans: u64, codes: &[&str]) {
    let (ended, found, errors) = ingest(name, bytes);
    let named: Vec<&str> = errors.iter().map(|line| line.split(',').nth(1).unwrap()).collect();
    assert_eq!((found, named.as_slice()), (spans, codes), "{name}: {ended:?}");
}

#[test]
fn damaged_protobuf() {
    let body = wire::request(&[good(1, &[]), good(2, &[]), good(3, &[])]);
    expect("cut.otlp.pb", &body[..body.len() - 7], 2, &["truncated_protobuf"]);
    let garbage: Vec<u8> =
        (0..5_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    expect("garbage.otlp.pb", &garbage, 0, &["not_otlp"]);
    expect("page.otlp.pb", format!("<html>{CONTENT}</html>").as_bytes(), 0, &["not_otlp"]);
}

#[test]
fn the_wrong_name_for_what_is_inside() {
    let body = wire::request(&[good(1, &[])]);
    expect("protobuf.json", &body, 1, &[]);
    expect("plain.json.gz", &body, 1, &[]);
    expect("lines.otlp.pb", (native(7) + &native(8)).as_bytes(), 2, &[]);
    expect("notes.txt", format!("{CONTENT}\nmore\n").as_bytes(), 0, &["not_otlp"]);
}

#[test]
fn nothing_inside() {
    expect("empty.json", b"", 0, &["empty_input"]);
    expect("empty.otlp.pb", b"", 0, &["empty_input"]);
    expect("lines.jsonl", b"\n\n\r\n", 0, &[]);
}

#[test]
fn text_as_other_systems_write_it() {
    let lines = native(7) + &native(8);
    expect("crlf.jsonl", lines.replace('\n', "\r\n").as_bytes(), 2, &[]);
    expect("mark.jsonl", format!("\u{feff}{lines}").as_bytes(), 2, &[]);
    let body = format!(
        "\u{feff}{{\"resourceSpans\":[{{\"scopeSpans\":[{{\"spans\":[{{\"traceId\":\"{}\",\
         \"spanId\":\"{}\",\"name\":\"b\",\"startTimeUnixNano\":\"{START}\",\
         \"endTimeUnixNano\":\"{START}\"}}]}}]}}]}}",
        "ab".repeat(16),
        "cd".repeat(8)
    );
    expect("mark.json", body.as_bytes(), 1, &[]);
    expect("no-end.jsonl", lines.trim_end().as_bytes(), 2, &[]);
}

#[test]
fn broken_lines_between_good_ones() {
    let deep = format!("{{\"a\":{}{}}}\n", "[".repeat(10_000), "]".repeat(10_000));
    expect("deep.jsonl", [native(7), deep, native(8)].concat().as_bytes(), 2, &["json_too_deep"]);
    let broken =
        [native(7).into_bytes(), b"{\"trace_id\":\"\xff\xfe\"}\n".to_vec(), native(8).into_bytes()];
    expect("utf8.jsonl", &broken.concat(), 2, &["invalid_trace_id"]);
    let cut = format!("{}{{\"trace_id\":\"{CONTENT}", native(7));
    expect("cut.jsonl", cut.as_bytes(), 1, &["malformed_json"]);
    let twice = native(7).replacen('{', "{\"name\":\"first\",", 1);
    let (ended, spans, _) = ingest("twice.jsonl", twice.as_bytes());
    assert!(spans <= 1, "{ended:?}");
}

#[test]
fn values_beyond_the_limits() {
    let long = attribute("gen_ai.input.messages", &vec![b'x'; 100 << 20]);
    expect(
        "long.otlp.pb",
        &wire::request(&[good(1, &long), good(2, &[])]),
        2,
        &["value_truncated"],
    );
    let many: Vec<u8> = (0..100_000).flat_map(|n| attribute(&format!("k{n}"), b"v")).collect();
    let body = wire::request(&[good(1, &many), good(2, &[])]);
    expect("many.otlp.pb", &body, 2, &["too_many_attributes"]);
    let mut value = wire::bytes(1, b"x");
    for _ in 0..10_000 {
        value = wire::bytes(5, &wire::bytes(1, &value));
    }
    let nested = wire::bytes(9, &[wire::bytes(1, b"deep"), wire::bytes(2, &value)].concat());
    let body = wire::request(&[good(1, &nested), good(2, &[])]);
    expect("nested.otlp.pb", &body, 2, &["value_too_deep"]);
    let text = [vec![b'['; 10_000], vec![b']'; 10_000]].concat();
    let text = attribute("gen_ai.output.messages", &text);
    expect("text.otlp.pb", &wire::request(&[good(1, &text)]), 1, &[]);
    let bytes = attribute("key", b"\xff\xfe\xfd");
    expect("bytes.otlp.pb", &wire::request(&[good(1, &bytes)]), 1, &[]);
}

#[test]
fn ids_and_times_out_of_range() {
    let at = (START, START + 1);
    let (trace, span) = ([1; 16], [1; 8]);
    let spans = [
        wire::span(&[], &span, at, &[]),
        wire::span(&[1; 8], &span, at, &[]),
        wire::span(&[0; 16], &span, at, &[]),
        wire::span(&trace, &[0; 8], at, &[]),
        wire::span(&trace, &[1; 9], at, &[]),
        good(9, &[]),
    ];
    let codes = [
        "invalid_span_id",
        "invalid_span_id",
        "invalid_trace_id",
        "invalid_trace_id",
        "invalid_trace_id",
    ];
    expect("ids.otlp.pb", &wire::request(&spans), 1, &codes);
    let times = [(0, 0), (u64::MAX, u64::MAX), (1 << 62, 1), (1, 1 << 63), (START, START)];
    let spans: Vec<_> = (1..)
        .zip(times)
        .map(|(number, times)| wire::span(&[number; 16], &[number; 8], times, &[]))
        .collect();
    expect("times.otlp.pb", &wire::request(&spans), 5, &[]);
}

#[test]
fn damaged_and_exploding_compression() {
    let gzip = |bytes: &[u8]| {
        use std::io::Write as _;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let lines: String = (1_000..4_000).map(native).collect();
    let packed = gzip(lines.as_bytes());
    let (ended, spans, errors) = ingest("cut.jsonl.gz", &packed[..packed.len() / 2]);
    assert!((1..3_000).contains(&spans), "what came before the damage is kept: {ended:?}");
    assert!(errors.len() == 1 && errors[0].contains("damaged_compression"), "{errors:?}");
    expect("bomb.json.gz", &gzip(&vec![b' '; 300 << 20]), 0, &["body_too_large"]);
}

#[test]
fn the_summary_counts_what_happened() {
    let place = Place::new();
    place.write("a.jsonl", native(1) + "{\"broken\n" + &native(2));
    let ended = place.run(["ingest", "--format", "json", "a.jsonl", "nowhere.pb"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    let summary: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!((&summary["spans"], &summary["rejected"]), (&2.into(), &2.into()), "{summary}");
    assert!(ended.err.contains("a.jsonl at byte "), "{ended:?}");
    assert!(ended.err.contains("nowhere.pb: ") && ended.err.contains("No such file"), "{ended:?}");
    let listed = place.ask("select source, code from ingest_errors order by 1");
    assert_eq!(listed, "a.jsonl,malformed_json\nnowhere.pb,read_failed");
}
