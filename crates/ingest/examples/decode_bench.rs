//! Spans and megabytes per second of decoding on one thread, for typical LLM traffic.
//!
//! `cargo run --release -p spanlake-ingest --example decode_bench [-- FILE…]`
//! Without files it makes requests of retrieval, tool and chat spans of the OpenTelemetry
//! conventions; with files it decodes those again and again.

#![expect(clippy::print_stdout, reason = "it is a program that prints")]
#![expect(clippy::expect_used, reason = "a benchmark stops at the first surprise")]

use std::time::Instant;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use spanlake_ingest::{Format, IngestContext, TraceSettler, decode, decompress, detect};
use spanlake_model::{Day, PriceTable, Settle, TraceRows};

const TRACES: u64 = 2_000;
const SECONDS: f64 = 2.0;

fn main() {
    let day = Day::parse_iso("2026-11-24").expect("a date");
    let ctx = IngestContext {
        received: day.start(),
        prices: PriceTable::builtin(),
        hash_key: Some(b"benchmark".to_vec()),
        ..IngestContext::default()
    };
    let files: Vec<String> = std::env::args().skip(1).collect();
    if files.is_empty() {
        let bodies: Vec<Vec<u8>> = (0..20).map(|part| request(part, TRACES / 20)).collect();
        run("made", &bodies, &ctx);
    }
    for file in files {
        let bytes = std::fs::read(&file).expect("a file");
        let body = decompress(&bytes, &ctx.limits).expect("a body").into_owned();
        run(&file, &[body], &ctx);
    }
}

fn run(name: &str, bodies: &[Vec<u8>], ctx: &IngestContext) {
    let bytes: usize = bodies.iter().map(Vec::len).sum();
    let format = bodies.first().map_or(Format::OtlpTracesProto, |body| detect(body, Some(name)));
    let (mut spans, mut rounds, start) = (0_u64, 0_u32, Instant::now());
    while start.elapsed().as_secs_f64() < SECONDS {
        for body in bodies {
            spans += decode(body, format, name, ctx).counts.spans;
        }
        rounds += 1;
    }
    let decoding = start.elapsed().as_secs_f64();
    let mut traces = Vec::new();
    for body in bodies {
        let batch = decode(body, format, name, ctx).batch;
        let mut by_trace = std::collections::BTreeMap::<String, TraceRows>::new();
        for span in batch.spans {
            by_trace.entry(span.trace_id.clone()).or_default().spans.push(span);
        }
        for payload in batch.payloads {
            by_trace.entry(payload.trace_id.clone()).or_default().payloads.push(payload);
        }
        traces.extend(by_trace.into_values());
    }
    let settled: usize = traces.iter().map(|trace| trace.spans.len()).sum();
    let start = Instant::now();
    for trace in &mut traces {
        TraceSettler.settle(trace);
    }
    let settling = start.elapsed().as_secs_f64();
    println!(
        "{name}: {:.0} spans/s, {:.1} MB/s decoded ({:.0} bytes/span); {:.0} spans/s settled",
        spans as f64 / decoding,
        bytes as f64 * f64::from(rounds) / decoding / 1e6,
        bytes as f64 * f64::from(rounds) / spans as f64,
        settled as f64 / settling,
    );
}

fn request(part: u64, traces: u64) -> Vec<u8> {
    let spans = (0..traces).flat_map(|trace| trace_spans(part * 1_000_000 + trace + 1)).collect();
    let resource = Resource {
        attributes: vec![
            text("service.name", "support-bot"),
            text("service.version", "2.3.1"),
            text("deployment.environment.name", "production"),
        ],
        ..Resource::default()
    };
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let resource_spans =
        vec![ResourceSpans { resource: Some(resource), scope_spans, ..ResourceSpans::default() }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

fn text(key: &str, value: &str) -> KeyValue {
    pair(key, Value::StringValue(value.to_owned()))
}

fn int(key: &str, value: i64) -> KeyValue {
    pair(key, Value::IntValue(value))
}

fn pair(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

/// A root, a retrieval of four documents, a call with its context, a tool and a second call.
fn trace_spans(number: u64) -> Vec<Span> {
    let start = 1_795_440_000_000_000_000 + number * 1_000_000;
    let span = |id: u64, parent: u64, name: &str, attributes: Vec<KeyValue>| Span {
        trace_id: [number.to_be_bytes(), (number + 1).to_be_bytes()].concat(),
        span_id: (number * 8 + id).to_be_bytes().to_vec(),
        parent_span_id: if parent == 0 {
            Vec::new()
        } else {
            (number * 8 + parent).to_be_bytes().to_vec()
        },
        name: name.to_owned(),
        start_time_unix_nano: start + id * 1_000,
        end_time_unix_nano: start + id * 1_000 + 700_000_000,
        attributes,
        ..Span::default()
    };
    let passage =
        "Refunds are accepted within 30 days of delivery when the item is unused. ".repeat(4);
    let documents = format!(
        r#"[{{"id":"kb-0007","score":0.91}},{{"id":"kb-0012","score":0.87}},{{"id":"kb-{}","score":0.55}},{{"id":"kb-0044","score":0.41}}]"#,
        number % 1_000
    );
    let input = format!(
        r#"[{{"role":"system","parts":[{{"type":"text","content":"Answer from the context only. {passage}"}}]}},{{"role":"user","parts":[{{"type":"text","content":"How long can I return item {number}?"}}]}}]"#
    );
    let output = r#"[{"role":"assistant","parts":[{"type":"text","content":"You have 30 days after delivery [kb-0007]. Return shipping is free above 50 EUR [kb-0012]."}],"finish_reason":"stop"}]"#;
    let call = |id: u64| {
        span(
            id,
            1,
            "chat gpt-4o-mini",
            vec![
                text("gen_ai.operation.name", "chat"),
                text("gen_ai.provider.name", "openai"),
                text("gen_ai.request.model", "gpt-4o-mini"),
                text("gen_ai.response.model", "gpt-4o-mini-2024-07-18"),
                text("gen_ai.response.id", &format!("chatcmpl-{number:016x}{id}")),
                text("gen_ai.conversation.id", &format!("conv-{}", number / 4)),
                text("gen_ai.prompt.name", "support-rag"),
                text("gen_ai.prompt.version", "12"),
                pair("gen_ai.request.temperature", Value::DoubleValue(0.1)),
                int("gen_ai.usage.input_tokens", 312),
                int("gen_ai.usage.output_tokens", 27),
                int("gen_ai.usage.cache_read.input_tokens", 128),
                text("gen_ai.input.messages", &input),
                text("gen_ai.output.messages", output),
                text("gen_ai.response.finish_reasons", r#"["stop"]"#),
                text("server.address", "api.example.com"),
                int("server.port", 443),
                text("app.experiment.arm", "B"),
            ],
        )
    };
    vec![
        span(
            1,
            0,
            "answer_question",
            vec![
                text("session.id", &format!("session-{}", number / 4)),
                text("user.id", &format!("user-{}", number % 500)),
                text("tenant.id", "acme"),
            ],
        ),
        span(
            2,
            1,
            "retrieval kb",
            vec![
                text("gen_ai.operation.name", "retrieval"),
                text("gen_ai.data_source.id", "kb-v12"),
                int("gen_ai.retrieval.top_k", 4),
                text("gen_ai.retrieval.query.text", "How long can I return an item?"),
                text("gen_ai.retrieval.documents", &documents),
            ],
        ),
        call(3),
        span(
            4,
            1,
            "execute_tool lookup",
            vec![
                text("gen_ai.operation.name", "execute_tool"),
                text("gen_ai.tool.name", "lookup_order"),
                text("gen_ai.tool.call.id", &format!("call_{number}")),
                text("gen_ai.tool.call.arguments", r#"{"order_id":"A-1001"}"#),
                text("gen_ai.tool.call.result", r#"{"status":"shipped","eta":"2026-11-25"}"#),
            ],
        ),
        call(5),
    ]
}
