//! Spans of the Anthropic SDK itself (`com.anthropic.sdk.*`), beside the `gen_ai` keys it shares.

use super::Column as C;
use super::Convention;
use super::Source::Attr;

pub(crate) static ANTHROPIC: Convention = Convention {
    columns: &[
        (C::FinishReasons, &[Attr("anthropic.message.stop_reason")]),
        (C::RetryCount, &[Attr("http.request.resend_count")]),
        (C::ResponseId, &[Attr("anthropic.message.id")]),
    ],
    params: &[("anthropic.request.service_tier", "service_tier")],
};
