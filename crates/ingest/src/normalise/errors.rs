//! Errors of a span: type, message, timeouts, rate limits.

use spanlake_model::{SpanRow, SpanStatus};

use crate::attrs::Attrs;
use crate::conventions::Column;
use crate::otlp::RawEvent;

/// Fills the error columns.
pub(crate) fn fill(
    attrs: &Attrs<'_, '_>,
    events: &[RawEvent<'_>],
    status_message: &str,
    span: &mut SpanRow,
) {
    let level = attrs.peek_str("langfuse.observation.level");
    span.is_error = span.status == SpanStatus::Error || level == Some("ERROR");
    span.error_type = attrs.text(Column::ErrorType);
    span.status_message = (!status_message.is_empty()).then(|| status_message.to_owned());
    if span.is_error {
        let exception = events.iter().rfind(|event| {
            event.name == "exception" || event.name == "gen_ai.client.operation.exception"
        });
        if let Some(exception) = exception {
            let find = |key: &str| {
                let found = exception.attributes.iter().rfind(|(name, _)| name == key);
                found.and_then(|(_, val)| val.as_str()).filter(|text| !text.is_empty())
            };
            if span.error_type.is_none() {
                span.error_type = find("exception.type").map(str::to_owned);
            }
            if span.status_message.is_none() {
                span.status_message = find("exception.message").map(str::to_owned);
            }
        }
    }
    if span.status_message.is_none() {
        span.status_message = attrs.text(Column::ErrorMessage);
    }
    let status = attrs.int(Column::HttpStatus);
    classify(span, status);
}

/// Sets `is_timeout` and `is_rate_limited` from the error's type, HTTP status and message.
pub(crate) fn classify(span: &mut SpanRow, http_status: Option<i64>) {
    if !span.is_error && span.error_type.is_none() {
        return;
    }
    let kind = span.error_type.as_deref().unwrap_or_default().to_ascii_lowercase();
    let message = span.status_message.as_deref().unwrap_or_default();
    let head = message.get(..message.floor_char_boundary(500)).unwrap_or_default();
    let head = head.to_ascii_lowercase();
    let code = http_status.or_else(|| kind.parse().ok()).or_else(|| code_in(&head));
    span.is_timeout = kind.contains("timeout")
        || kind.contains("deadline")
        || matches!(code, Some(408 | 504))
        || (span.is_error && (head.contains("timed out") || head.contains("timeout")));
    span.is_rate_limited = kind.contains("ratelimit")
        || kind.contains("rate_limit")
        || kind.contains("throttl")
        || kind.contains("toomanyrequests")
        || kind.contains("resourceexhausted")
        || code == Some(429)
        || (span.is_error && (head.contains("rate limit") || head.contains("ratelimiterror")));
}

/// Finds the code in "Error code: 429 - ...".
fn code_in(message: &str) -> Option<i64> {
    let (_, rest) = message.split_once("code: ").or_else(|| message.split_once("status "))?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classified(kind: &str, message: &str) -> (bool, bool) {
        let mut span = SpanRow {
            is_error: true,
            error_type: Some(kind.to_owned()),
            status_message: Some(message.to_owned()),
            ..SpanRow::default()
        };
        classify(&mut span, None);
        (span.is_timeout, span.is_rate_limited)
    }

    #[test]
    fn timeouts_and_rate_limits_are_told_apart() {
        assert_eq!(classified("openai.RateLimitError", ""), (false, true));
        assert_eq!(classified("Exception", "Error code: 429 - slow down"), (false, true));
        assert_eq!(classified("APITimeoutError", "Request timed out."), (true, false));
        assert_eq!(classified("504", ""), (true, false));
        assert_eq!(classified("BadRequestError", "Error code: 400"), (false, false));
    }
}
