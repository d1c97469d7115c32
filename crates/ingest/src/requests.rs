//! Requests that a server has decoded already.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;

use crate::context::IngestContext;
use crate::decode::{Decoded, decode};
use crate::format::Format;

/// Makes rows of a trace request. Handing over its bytes, [`decode`], is faster and repairs more.
pub fn decode_traces(
    request: &ExportTraceServiceRequest,
    source: &str,
    ctx: &IngestContext,
) -> Decoded {
    decode(&request.encode_to_vec(), Format::OtlpTracesProto, source, ctx)
}

/// Makes rows of a log request. Handing over its bytes, [`decode`], is faster and repairs more.
pub fn decode_logs(
    request: &ExportLogsServiceRequest,
    source: &str,
    ctx: &IngestContext,
) -> Decoded {
    decode(&request.encode_to_vec(), Format::OtlpLogsProto, source, ctx)
}
