//! Which format a body is in, from its bytes and, where they leave it open, its file's name.

use crate::otlp::json;
use crate::otlp::json_cursor::first_value;
use crate::otlp::wire::{Field, Fields, text};

/// A format that [`crate::decode`] reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// OTLP/protobuf `ExportTraceServiceRequest`.
    OtlpTracesProto,
    /// OTLP/protobuf `ExportLogsServiceRequest`.
    OtlpLogsProto,
    /// OTLP/protobuf `ExportMetricsServiceRequest`: counted, not kept.
    OtlpMetricsProto,
    /// One OTLP/JSON request of any signal.
    OtlpJson,
    /// OTLP/JSON requests, one per line.
    JsonLines,
    /// Spans and evaluations in our own columns, one JSON object per line; see [`crate::native`].
    Native,
}

/// Detects the format of a decompressed body.
pub fn detect(bytes: &[u8], file_name: Option<&str>) -> Format {
    // A byte order mark says that text follows.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let trimmed = bytes.trim_ascii_start();
    let looks_like_json = trimmed.starts_with(b"{") || trimmed.starts_with(b"[");
    // A protobuf request begins with the byte of field 1, a line feed, and may have '{' for length.
    if looks_like_json && !is_proto(bytes) {
        // A JSON body with broken text in it is still JSON.
        return detect_json(&text(bytes));
    }
    if trimmed.is_empty() {
        // A request without a span has no byte; empty lines are text.
        return if bytes.is_empty() { Format::OtlpTracesProto } else { Format::JsonLines };
    }
    detect_proto(bytes, file_name.unwrap_or_default())
}

fn detect_json(text: &str) -> Format {
    let Some((first, rest)) = first_value(text.trim_start_matches('\u{feff}')) else {
        return Format::OtlpJson;
    };
    let many = !rest.trim_ascii_start().is_empty();
    match json::is_request(first.text) {
        true if many => Format::JsonLines,
        true => Format::OtlpJson,
        false => Format::Native,
    }
}

/// Whether the bytes are a whole protobuf message of fields that a request has.
fn is_proto(bytes: &[u8]) -> bool {
    let mut fields = Fields::new(bytes);
    let mut known = false;
    loop {
        match fields.next_field() {
            Ok(Some((1, Field::Bytes(_)))) => known = true,
            Ok(None) => return known,
            Ok(Some(_)) | Err(_) => return false,
        }
    }
}

/// Tells the signals apart by their records: all three requests nest alike.
fn detect_proto(bytes: &[u8], file_name: &str) -> Format {
    let mut votes = Votes::default();
    let mut request = Fields::clamping(bytes);
    'records: while let Ok(Some((number, field))) = request.next_field() {
        let (1, Field::Bytes(resource)) = (number, field) else { continue };
        let mut resource = Fields::clamping(resource);
        while let Ok(Some((number, field))) = resource.next_field() {
            let (2, Field::Bytes(scope)) = (number, field) else { continue };
            let mut scope = Fields::clamping(scope);
            while let Ok(Some((number, field))) = scope.next_field() {
                if let (2, Field::Bytes(record)) = (number, field) {
                    votes.look_at(record);
                    if votes.seen >= 8 {
                        break 'records;
                    }
                }
            }
        }
    }
    votes.decide().unwrap_or_else(|| by_name(file_name))
}

fn by_name(file_name: &str) -> Format {
    let name = file_name.to_ascii_lowercase();
    if name.contains("metric") {
        Format::OtlpMetricsProto
    } else if name.contains("log") {
        Format::OtlpLogsProto
    } else {
        Format::OtlpTracesProto
    }
}

#[derive(Default)]
struct Votes {
    seen: u32,
    traces: u32,
    logs: u32,
    metrics: u32,
}

impl Votes {
    fn look_at(&mut self, record: &[u8]) {
        self.seen += 1;
        let mut fields = Fields::clamping(record);
        while let Ok(Some((number, field))) = fields.next_field() {
            match (number, field) {
                // Span: ids of fixed length, times in 7 and 8.
                (1, Field::Bytes(id)) if id.len() == 16 => self.traces += 1,
                (1, Field::Bytes(name)) if std::str::from_utf8(name).is_ok() => self.metrics += 1,
                (2, Field::Bytes(id)) if id.len() == 8 => self.traces += 2,
                (7 | 8, Field::Fixed64(_)) => self.traces += 4,
                // LogRecord: times in 1 and 11, severity in 2, ids in 9 and 10.
                (1 | 11, Field::Fixed64(_)) => self.logs += 4,
                (2, Field::Varint(_)) | (8, Field::Fixed32(_)) => self.logs += 1,
                (9, Field::Bytes(id)) if id.len() == 16 && self.traces == 0 => self.logs += 1,
                (12, Field::Bytes(_)) if self.traces == 0 => self.logs += 1,
                // Metric: a name, and data in one of 5, 7, 9, 10, 11.
                (7 | 10, Field::Bytes(_)) => self.metrics += 4,
                (3, Field::Bytes(unit)) if unit.len() < 24 => self.metrics += 1,
                _ => {}
            }
        }
    }

    fn decide(&self) -> Option<Format> {
        let best = self.traces.max(self.logs).max(self.metrics);
        if best == 0 {
            None
        } else if best == self.traces {
            Some(Format::OtlpTracesProto)
        } else if best == self.logs {
            Some(Format::OtlpLogsProto)
        } else {
            Some(Format::OtlpMetricsProto)
        }
    }
}
