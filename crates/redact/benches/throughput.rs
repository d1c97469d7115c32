//! Megabytes of text per second on one core: `cargo bench -p spanlake-redact`.
//!
//! The text is built here to look like LLM traces: chat messages with system prompts, retrieved
//! passages, tool calls with JSON arguments, token counts, ids and embeddings; about one message in
//! fifty holds personal data or a secret. Short strings are what fills most columns of a span.

#![expect(clippy::print_stdout, reason = "a program for people")]
#![expect(clippy::unwrap_used, reason = "a benchmark has nobody to report to")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant;

use spanlake_model::{PayloadRow, Rows, SpanBatch, SpanRow};
use spanlake_redact::{HmacKey, Policy, Redactor, TextMode};

const PROSE: [&str; 8] = [
    "The customer asks whether the new plan covers international shipping and how long a return may take. ",
    "According to the knowledge base, refunds are processed within 5 to 10 business days after the parcel arrives. ",
    "Please answer in two short paragraphs, cite the passages by their number, and never invent a policy. ",
    "Quarterly revenue rose by 12.4 % to 3,410 million, while operating costs fell in all regions but one. ",
    "To reproduce the problem, start the service, open the settings page and press the key twice in a row. ",
    "Photosynthesis turns light into chemical energy; the process takes place in the chloroplasts of plant cells. ",
    "def summarise(rows):\n    total = sum(r.value for r in rows)\n    return {'total': total, 'mean': total / len(rows)}\n",
    "I understand your frustration. Let me check the status of the order first and then explain the options. ",
];

/// A small generator, the same text on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self, below: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    fn prose(&mut self, sentences: u64) -> String {
        (0..sentences).map(|_| PROSE.get(self.next(8) as usize).copied().unwrap_or("")).collect()
    }
}

fn message(random: &mut Random, n: u64) -> serde_json::Value {
    let mut content = random.prose(8);
    if n % 50 == 7 {
        let _ = write!(
            content,
            "My mail is user{n}@example.org and my number is +1 206 555 01{:02}.",
            n % 100
        );
    }
    match n % 5 {
        0 => serde_json::json!({"role": "system", "content": content}),
        1 | 2 => serde_json::json!({"role": "user", "content": content}),
        3 => serde_json::json!({"role": "assistant", "content": content, "tool_calls": [{
            "id": format!("call_{:016x}", random.next(u64::MAX >> 1)), "type": "function",
            "function": {"name": "search_orders", "arguments": serde_json::json!({"query": random.prose(1), "limit": 10, "trace": format!("{:032x}", random.next(u64::MAX >> 1))}).to_string()}}]}),
        _ => {
            serde_json::json!({"role": "tool", "tool_call_id": format!("call_{:016x}", random.next(u64::MAX >> 1)),
            "content": content, "usage": {"prompt_tokens": random.next(9000), "completion_tokens": random.next(900), "max_tokens": 4096},
            "scores": (0..8).map(|_| random.next(1_000_000) as f64 / 1e6).collect::<Vec<_>>()})
        }
    }
}

/// The best of some rounds: seconds, and what the last round replaced.
fn best(rounds: u32, mut round: impl FnMut() -> u64) -> (f64, u64) {
    let (mut best, mut replaced) = (f64::INFINITY, 0);
    for _ in 0..rounds {
        let start = Instant::now();
        replaced = round();
        best = best.min(start.elapsed().as_secs_f64());
    }
    (best, replaced)
}

fn texts(redactor: &Redactor, name: &str, texts: &[String], mode: TextMode) {
    let bytes: usize = texts.iter().map(String::len).sum();
    let (seconds, replaced) = best(9, || {
        let mut replaced = 0;
        for text in texts {
            let (redacted, counts) = redactor.redact_text(black_box(text), mode);
            black_box(redacted);
            replaced += counts.values().sum::<u64>();
        }
        replaced
    });
    println!(
        "{name:<22} {:>7.1} MB  {:>7.1} MB/s  {replaced} replaced",
        bytes as f64 / 1e6,
        bytes as f64 / 1e6 / seconds
    );
}

/// What fills most columns of a span: ids, models, names, versions, small numbers.
fn short_strings(random: &mut Random) -> Vec<String> {
    (0..20_000)
        .map(|n| match n % 12 {
            0 => "gpt-4o-2024-08-06".to_owned(),
            1 => {
                format!("chatcmpl-{:016x}{:08x}", random.next(u64::MAX >> 1), random.next(1 << 31))
            }
            2 => format!("req-{:08x}", random.next(1 << 31)),
            3 => "anthropic".to_owned(),
            4 => format!("session-{}", random.next(100_000)),
            5 => "chat gpt-4o-mini".to_owned(),
            6 => format!("1.{}.{}", random.next(40), random.next(10)),
            7 => "support_answer".to_owned(),
            8 => format!("tenant-{:02}", random.next(40)),
            9 => "opentelemetry.instrumentation.openai@0.33.1".to_owned(),
            10 => format!(
                "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
                random.next(1 << 31),
                random.next(1 << 16),
                random.next(1 << 12),
                random.next(1 << 12),
                random.next(1 << 47)
            ),
            _ => "Rate limit reached, retry later".to_owned(),
        })
        .collect()
}

fn short(redactor: &Redactor, name: &str, texts: &[String], mode: TextMode) {
    let (seconds, replaced) = best(25, || {
        let looks = texts.iter().map(|text| redactor.redact_text(black_box(text), mode));
        looks.map(|(text, counts)| u64::from(!black_box((text, counts)).1.is_empty())).sum()
    });
    println!(
        "{name:<22} {:>7} of  {:>7.1} ns each  {replaced} replaced",
        texts.len(),
        seconds * 1e9 / texts.len() as f64
    );
}

/// One request's worth of spans with their payloads: ids and names, small JSON, repeated system
/// prompts and documents, answers of their own.
fn batch(random: &mut Random, documents: &[String]) -> SpanBatch {
    let mut batch = SpanBatch::default();
    let ids = short_strings(random);
    let system = random.prose(6);
    for n in 0..1_000_u64 {
        let id = |k: u64| ids.get(((n * 12 + k) % 20_000) as usize).cloned();
        let answer = random.prose(4);
        let document =
            |k: u64| documents.get(((n / 4 + k) % 60) as usize).cloned().unwrap_or_default();
        let (trace_id, span_id) = (format!("{:032x}", n / 4), format!("{n:016x}"));
        let messages = serde_json::json!([
            {"role": "system", "content": system},
            {"role": "user", "content": format!("{}\n\n{}", document(0), random.prose(1))},
        ]);
        batch.payloads.push(PayloadRow {
            trace_id: trace_id.clone(),
            span_id: span_id.clone(),
            tenant_id: id(8),
            input_messages: Some(messages.to_string()),
            output_text: Some(answer.clone()),
            ..PayloadRow::default()
        });
        batch.spans.push(SpanRow {
            trace_id,
            span_id,
            tenant_id: id(8),
            session_id: id(4),
            workflow: id(7),
            name: "chat gpt-4o-mini".to_owned(),
            operation: Some("chat".to_owned()),
            scope_name: id(9),
            service_name: Some("support-api".to_owned()),
            code_version: id(6),
            request_id: id(2),
            response_id: id(1),
            request_model: id(0),
            response_model: id(0),
            provider: id(3),
            prompt_name: id(7),
            prompt_version: id(6),
            finish_reasons: vec!["stop".to_owned()],
            input_preview: Some(document(0)),
            output_preview: Some(answer),
            attributes: Some(serde_json::json!({"app.release": id(6), "app.request": id(10), "http.status_code": 200, "retry": false, "queue_ms": random.next(90)}).to_string()),
            resource_attributes: Some(serde_json::json!({"host.name": "worker-7", "service.version": id(6), "telemetry.sdk.language": "python"}).to_string()),
            ..SpanRow::default()
        });
    }
    batch
}

fn bytes_of(batch: &SpanBatch) -> usize {
    let mut bytes = 0;
    for mut rows in [Rows::Payloads(batch.payloads.clone()), Rows::Spans(batch.spans.clone())] {
        rows.visit_texts(&mut |_, _, text| bytes += text.len());
    }
    bytes
}

/// Contexts of real answers, from the shared data where it is at hand.
fn real_documents() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let given = std::env::var_os("SPANLAKE_SHARED").map(PathBuf::from);
    let tried = [given, Some(root.join("../shared")), Some(root.join("../../shared"))];
    let found = tried
        .into_iter()
        .flatten()
        .map(|root| root.join("data/ragtruth"))
        .find(|path| path.is_dir());
    let Some(folder) = found else {
        eprintln!("skipped: no documents of real answers (set SPANLAKE_SHARED)");
        return Vec::new();
    };
    let mut documents = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|kind| kind == "jsonl") {
            documents.extend(std::fs::read_to_string(path).unwrap().lines().map(str::to_owned));
        }
    }
    documents
}

fn main() {
    let mut random = Random(42);
    let documents: Vec<String> = (0..2_000)
        .map(|n| {
            serde_json::Value::from(
                (0..6).map(|m| message(&mut random, n * 6 + m)).collect::<Vec<_>>(),
            )
            .to_string()
        })
        .collect();
    let answers: Vec<String> = (0..4_000).map(|_| random.prose(12)).collect();
    let redactor = Redactor::new(
        Policy::default_policy(),
        Some(HmacKey::new(b"a key for a benchmark").unwrap()),
    )
    .unwrap();
    texts(&redactor, "JSON messages", &documents, TextMode::Json);
    texts(&redactor, "plain answers", &answers, TextMode::Json);
    texts(&redactor, "templates", &answers, TextMode::Template);
    let real = real_documents();
    if !real.is_empty() {
        texts(&redactor, "real RAG records", &real, TextMode::Json);
    }
    let ids = short_strings(&mut random);
    short(&redactor, "short, any text", &ids, TextMode::Json);
    short(&redactor, "short, identifiers", &ids, TextMode::Identifier);
    let passages: Vec<String> = (0..60).map(|_| random.prose(10)).collect();
    let spans = batch(&mut random, &passages);
    let bytes = bytes_of(&spans);
    let copy = || SpanBatch {
        spans: spans.spans.clone(),
        payloads: spans.payloads.clone(),
        ..SpanBatch::default()
    };
    let mut batches: Vec<SpanBatch> = (0..9).map(|_| copy()).collect();
    let (seconds, rows) = best(9, || {
        let redacted = redactor.redact(batches.pop().unwrap_or_default());
        black_box(redacted).len() as u64
    });
    println!(
        "{:<22} {:>7.1} MB  {:>7.1} MB/s  {:.1} us a span, {rows} rows",
        "spans and payloads",
        bytes as f64 / 1e6,
        bytes as f64 / 1e6 / seconds,
        seconds * 1e6 / 1e3
    );
}
