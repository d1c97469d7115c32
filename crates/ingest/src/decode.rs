//! Bytes of any format → rows, with everything that was rejected counted and named.

use spanlake_model::{IngestErrorRow, SpanBatch, SpanRow};

use crate::attrs::Attrs;
use crate::context::IngestContext;
use crate::decompress::{decompress, is_compressed};
use crate::error::IngestError;
use crate::evals;
use crate::format::Format;
use crate::logs::{self, Contributions, LogKind};
use crate::normalise::{self, Found, Prices, ResourceFacts, times};
use crate::otlp::proto::Signal;
use crate::otlp::{Origin, Place, RawLog, RawSpan, Visitor, json, proto};
use crate::{detect, native, twins};

/// What a body held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Spans that became rows. A span sent twice counts twice.
    pub spans: u64,
    /// Log records read, the ignored ones included.
    pub log_records: u64,
    /// Log records that say nothing about a span and carry no evaluation.
    pub ignored_log_records: u64,
    /// Metrics, all of them ignored.
    pub ignored_metrics: u64,
    /// Evaluations that became rows.
    pub evals: u64,
    /// Spans, records or evaluations that were rejected.
    pub rejected: u64,
}

impl Counts {
    /// Adds another body's counts.
    pub fn add(&mut self, other: Self) {
        self.spans += other.spans;
        self.log_records += other.log_records;
        self.ignored_log_records += other.ignored_log_records;
        self.ignored_metrics += other.ignored_metrics;
        self.evals += other.evals;
        self.rejected += other.rejected;
    }
}

/// What decoding a body gave.
#[derive(Debug, Default)]
pub struct Decoded {
    /// The rows, unredacted.
    pub batch: SpanBatch,
    /// What the body held.
    pub counts: Counts,
}

/// What a span takes on the wire, rather more than less.
const TYPICAL_SPAN_BYTES: usize = 1_500;

/// Rows for which room is made before any is read: a few megabytes.
const MAX_RESERVED_ROWS: usize = 2_048;

/// Decodes a decompressed body. Never panics and never fails: what cannot be read is counted in
/// [`Counts::rejected`] and named in [`SpanBatch::errors`], without content.
pub fn decode(bytes: &[u8], format: Format, source: &str, ctx: &IngestContext) -> Decoded {
    let mut sink = Sink::new(source, ctx);
    // Rows are wide: growing their list moves them again and again.
    let expected = (bytes.len() / TYPICAL_SPAN_BYTES).min(MAX_RESERVED_ROWS);
    sink.decoded.batch.spans.reserve(expected);
    sink.decoded.batch.payloads.reserve(expected);
    let signal = match format {
        Format::OtlpTracesProto => Some(Signal::Traces),
        Format::OtlpLogsProto => Some(Signal::Logs),
        Format::OtlpMetricsProto => Some(Signal::Metrics),
        Format::OtlpJson | Format::JsonLines | Format::Native => None,
    };
    if bytes.len() as u64 > ctx.limits.max_body_bytes {
        sink.rejected("body_too_large", Place { offset: 0, length: bytes.len() }, 1);
    } else if let Some(signal) = signal {
        proto::read(bytes, signal, &ctx.limits, &mut sink);
    } else {
        let text = crate::otlp::wire::text(bytes);
        let text = text.trim_start_matches('\u{feff}');
        match format {
            Format::JsonLines => json_lines(text, &mut sink),
            Format::Native => native::read(text, &mut sink),
            _ => {
                if text.trim().is_empty() || json::is_request(text) {
                    sink.json_request(text, 0);
                } else {
                    let place = Place { offset: 0, length: text.len() };
                    sink.rejected("not_otlp", place, 1);
                }
            }
        }
    }
    sink.finish()
}

/// Decompresses, detects and decodes a body as a file or a request brings it.
pub fn decode_any(
    bytes: &[u8],
    file_name: Option<&str>,
    source: &str,
    ctx: &IngestContext,
) -> Decoded {
    match decompress(bytes, &ctx.limits) {
        Ok(body) => decode(&body, detect(&body, file_name), source, ctx),
        Err(error) => {
            let mut decoded = rejected(&error, bytes.len(), source, ctx);
            if matches!(error, IngestError::DamagedCompression { .. }) && is_compressed(bytes) {
                decoded.counts.rejected = 1;
            }
            decoded
        }
    }
}

/// Names a body that could not be read at all.
pub fn rejected(error: &IngestError, length: usize, source: &str, ctx: &IngestContext) -> Decoded {
    let mut sink = Sink::new(source, ctx);
    sink.rejected(error.code(), Place { offset: 0, length }, 1);
    sink.finish()
}

fn json_lines(text: &str, sink: &mut Sink<'_>) {
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let at = offset;
        offset += line.len();
        if line.trim().is_empty() {
            continue;
        }
        if json::is_request(line) {
            sink.json_request(line, at);
        } else {
            native::read_line(line, at, sink);
        }
    }
}

/// Takes records and makes rows.
pub(crate) struct Sink<'c> {
    pub(crate) ctx: &'c IngestContext,
    source: &'c str,
    pub(crate) decoded: Decoded,
    contributions: Contributions,
    resource: ResourceFacts,
    pub(crate) prices: Prices,
}

impl<'c> Sink<'c> {
    pub(crate) fn new(source: &'c str, ctx: &'c IngestContext) -> Self {
        Self {
            ctx,
            source,
            decoded: Decoded::default(),
            contributions: Contributions::default(),
            resource: ResourceFacts::default(),
            prices: Prices::default(),
        }
    }

    pub(crate) fn finish(mut self) -> Decoded {
        twins::link(&mut self.decoded.batch.spans, self.ctx);
        for (span, payload) in self.contributions.into_rows(self.ctx, &self.prices) {
            self.decoded.batch.spans.push(span);
            self.decoded.batch.payloads.extend(payload);
        }
        self.decoded
    }

    /// Reads one export request as JSON, at `offset` of the body. Each request numbers its resources
    /// anew.
    pub(crate) fn json_request(&mut self, request: &str, offset: usize) {
        self.resource = ResourceFacts::default();
        json::read(request, offset, &self.ctx.limits, self);
    }

    fn error_row(&mut self, code: &str, place: Place, rejected: i64, hint: Option<String>) {
        if self.decoded.batch.errors.len() >= self.ctx.limits.max_error_rows {
            return;
        }
        self.decoded.batch.errors.push(IngestErrorRow {
            date: self.ctx.received.day(),
            time: self.ctx.received,
            source: self.source.to_owned(),
            offset: i64::try_from(place.offset).ok(),
            code: code.to_owned(),
            length: i64::try_from(place.length).ok(),
            rejected,
            hint,
            ..IngestErrorRow::default()
        });
    }
}

impl Visitor for Sink<'_> {
    fn span(&mut self, origin: &Origin<'_, '_>, raw: RawSpan<'_>, at: Place) {
        let Some(trace_id) = times::id(&raw.trace_id, 16) else {
            return self.rejected("invalid_trace_id", at, 1);
        };
        let Some(span_id) = times::id(&raw.span_id, 8) else {
            return self.rejected("invalid_span_id", at, 1);
        };
        if self.resource.number != origin.resource_number {
            self.resource = ResourceFacts::new(origin.resource_number, origin.resource);
        }
        let attrs = Attrs::new(&raw.attributes, origin.resource);
        let found = Found { facts: &self.resource, scope: origin.scope, raw: &raw, attrs: &attrs };
        let batch = &mut self.decoded.batch;
        batch.spans.push(SpanRow::default());
        let Some(row) = batch.spans.last_mut() else { return };
        let (payload, case) =
            normalise::span(self.ctx, &self.prices, &found, (trace_id, span_id), row);
        let evals = evals::from_span(&raw, &attrs, row, case.as_deref(), self.ctx);
        self.decoded.counts.spans += 1;
        self.decoded.counts.evals += evals.len() as u64;
        batch.evals.extend(evals);
        batch.payloads.extend(payload);
    }

    fn log(&mut self, _origin: &Origin<'_, '_>, log: RawLog<'_>, at: Place) {
        self.decoded.counts.log_records += 1;
        let name = logs::event_name(&log);
        match logs::classify(name) {
            LogKind::Evaluation => match evals::from_log(&log, self.ctx) {
                Some(row) => {
                    self.decoded.counts.evals += 1;
                    self.decoded.batch.evals.push(row);
                }
                None => self.rejected("evaluation_without_name", at, 1),
            },
            LogKind::Contribution => {
                let ids = times::id(&log.trace_id, 16).zip(times::id(&log.span_id, 8));
                match ids {
                    Some(key) => self.contributions.add(key, name, &log),
                    None => self.decoded.counts.ignored_log_records += 1,
                }
            }
            LogKind::Ignored => self.decoded.counts.ignored_log_records += 1,
        }
    }

    fn metric(&mut self) {
        self.decoded.counts.ignored_metrics += 1;
    }

    fn rejected(&mut self, code: &'static str, at: Place, rejected: i64) {
        self.decoded.counts.rejected += u64::try_from(rejected).unwrap_or_default();
        self.error_row(code, at, rejected, hint(code).map(str::to_owned));
    }

    fn misfit(&mut self, at: Place, hint: String, rejected: i64) {
        self.decoded.counts.rejected += u64::try_from(rejected).unwrap_or_default();
        self.error_row("wrong_type", at, rejected, Some(hint));
    }

    fn cut(&mut self, code: &'static str, at: Place) {
        self.error_row(code, at, 0, hint(code).map(str::to_owned));
    }
}

fn hint(code: &str) -> Option<&'static str> {
    Some(match code {
        "truncated_protobuf" | "truncated_json" => "the body ends early; send it again",
        "malformed_protobuf" | "malformed_span" | "malformed_log_record" => {
            "the bytes are no OTLP; check the exporter and the content type"
        }
        "not_otlp" => "neither OTLP nor one JSON object per line",
        "unknown_format" => {
            "format not recognised: an OTLP/JSON request has resourceSpans or resourceLogs, a line \
             of native JSONL has trace_id, span_id, name and start_time"
        }
        "invalid_trace_id" => "a trace id has 16 bytes that are not all zero",
        "invalid_span_id" => "a span id has 8 bytes that are not all zero",
        "value_truncated" => "longer than the limit; the rest was cut off",
        "too_many_attributes" => "above the limit; the rest was dropped",
        "json_too_deep" | "value_too_deep" => "nested deeper than the limit",
        "damaged_compression" => "the compressed stream is damaged",
        "body_too_large" => "split the body, or raise the limit",
        "expansion_too_large" => "the compressed body expands too much",
        "missing_field" => {
            "a span needs trace_id, span_id, name and start_time; an eval needs name"
        }
        "wrong_type" => "a member does not fit its column's type",
        "malformed_json" => "the line is no JSON object",
        _ => return None,
    })
}
