//! Log records that belong to a span: its messages, its exception, the details of its call.
//!
//! They become contributions to the span's rows that are not final: a final span's own values win,
//! and identity, times and name stay empty so that they can never hide the span's. All records of
//! one span in one request are read together, since messages come one by one and in order.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::Value;
use spanlake_model::{PayloadRow, SpanRow};

use crate::attrs::Attrs;
use crate::context::IngestContext;
use crate::normalise::{self, Prices, errors, times};
use crate::otlp::{Attr, RawEvent, RawLog, Val};

/// Name of the event with a call's whole content.
const DETAILS_EVENT: &str = "gen_ai.client.inference.operation.details";

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogKind {
    /// A result of an evaluation.
    Evaluation,
    /// Something about a span.
    Contribution,
    /// Anything else.
    Ignored,
}

/// Returns the event's name, also from the attributes that older exporters use.
pub(crate) fn event_name<'l>(log: &'l RawLog<'_>) -> &'l str {
    if !log.event_name.is_empty() {
        return &log.event_name;
    }
    let named = ["event.name", "event_name"];
    named
        .iter()
        .find_map(|key| log.attributes.iter().rfind(|(name, _)| name == key)?.1.as_str())
        .unwrap_or_default()
}

/// Tells what a record is by its event's name.
pub(crate) fn classify(name: &str) -> LogKind {
    match name {
        crate::evals::RESULT_EVENT => LogKind::Evaluation,
        DETAILS_EVENT
        | "gen_ai.system.message"
        | "gen_ai.user.message"
        | "gen_ai.assistant.message"
        | "gen_ai.tool.message"
        | "gen_ai.choice"
        | "gen_ai.client.operation.exception"
        | "gen_ai.content.prompt"
        | "gen_ai.content.completion"
        | "gen_ai.guardrail.result"
        | "exception" => LogKind::Contribution,
        _ => LogKind::Ignored,
    }
}

/// Collects a request's records by span.
#[derive(Default)]
pub(crate) struct Contributions {
    order: Vec<(String, String)>,
    spans: HashMap<(String, String), Contribution>,
}

#[derive(Default)]
struct Contribution {
    attributes: Vec<Attr<'static>>,
    events: Vec<RawEvent<'static>>,
    time_unix_nano: u64,
}

impl Contributions {
    /// Adds a record of a span.
    pub(crate) fn add(&mut self, key: (String, String), name: &str, log: &RawLog<'_>) {
        let contribution = self.spans.entry(key.clone()).or_insert_with(|| {
            self.order.push(key);
            Contribution::default()
        });
        let time =
            if log.time_unix_nano == 0 { log.observed_unix_nano } else { log.time_unix_nano };
        if contribution.time_unix_nano == 0 {
            contribution.time_unix_nano = time;
        }
        if name == DETAILS_EVENT || name == "gen_ai.guardrail.result" {
            contribution.attributes.extend(log.attributes.iter().map(owned));
            return;
        }
        let mut attributes: Vec<Attr<'static>> = match &log.body {
            Val::Map(members) => members.iter().map(owned).collect(),
            Val::Str(text) => body_members(text),
            _ => Vec::new(),
        };
        let kept = log
            .attributes
            .iter()
            .filter(|(key, _)| !matches!(key.as_ref(), "event.name" | "event_name"));
        attributes.extend(kept.map(owned));
        contribution.events.push(RawEvent {
            name: Cow::Owned(name.to_owned()),
            time_unix_nano: time,
            attributes,
            is_logged: true,
        });
    }

    /// Makes the rows.
    pub(crate) fn into_rows(
        mut self,
        ctx: &IngestContext,
        prices: &Prices,
    ) -> Vec<(SpanRow, Option<PayloadRow>)> {
        let keys = std::mem::take(&mut self.order);
        keys.into_iter()
            .filter_map(|key| {
                let contribution = self.spans.remove(&key)?;
                Some(rows(ctx, prices, key, &contribution))
            })
            .collect()
    }
}

/// A body that is text holds JSON in some exporters, or the content itself.
fn body_members(text: &str) -> Vec<Attr<'static>> {
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(members)) => members
            .into_iter()
            .map(|(key, value)| (Cow::Owned(key), owned_val(&crate::attrs::from_json(&value))))
            .collect(),
        _ => vec![(Cow::Borrowed("content"), Val::Str(Cow::Owned(text.to_owned())))],
    }
}

fn rows(
    ctx: &IngestContext,
    prices: &Prices,
    (trace_id, span_id): (String, String),
    contribution: &Contribution,
) -> (SpanRow, Option<PayloadRow>) {
    let attrs = Attrs::new(&contribution.attributes, &[]);
    let when = times::judge(contribution.time_unix_nano, ctx);
    let mut span = SpanRow {
        date: when.date,
        trace_id,
        span_id,
        ingest_time: ctx.received,
        ..SpanRow::default()
    };
    let (payload, _) = normalise::columns(ctx, prices, &attrs, &contribution.events, "", &mut span);
    exceptions(&contribution.events, &mut span);
    // A record says what was said, not whose span it is: that comes from the span or its trace.
    span.tenant_id = None;
    span.user_id = None;
    span.session_id = None;
    span.account_id = None;
    span.environment = None;
    span.workflow = None;
    span.request_type = None;
    span.attributes = normalise::rest_json(&attrs, 0);
    let payload = payload.map(|payload| PayloadRow {
        tenant_id: None,
        user_id: None,
        session_id: None,
        environment: None,
        workflow: None,
        ..payload
    });
    (span, payload)
}

/// An exception that is logged rather than recorded on the span.
fn exceptions(events: &[RawEvent<'_>], span: &mut SpanRow) {
    let names = ["exception", "gen_ai.client.operation.exception"];
    let Some(event) = events.iter().rfind(|event| names.contains(&event.name.as_ref())) else {
        return;
    };
    let find = |key: &str| {
        let found = event.attributes.iter().rfind(|(name, _)| name == key);
        found.and_then(|(_, val)| val.as_str()).map(str::to_owned)
    };
    span.error_type = span.error_type.take().or_else(|| find("exception.type"));
    span.status_message = span.status_message.take().or_else(|| find("exception.message"));
    errors::classify(span, None);
}

fn owned((key, val): &Attr<'_>) -> Attr<'static> {
    (Cow::Owned(key.to_string()), owned_val(val))
}

fn owned_val(val: &Val<'_>) -> Val<'static> {
    match val {
        Val::Null => Val::Null,
        Val::Str(text) => Val::Str(Cow::Owned(text.to_string())),
        Val::Bool(flag) => Val::Bool(*flag),
        Val::Int(int) => Val::Int(*int),
        Val::Double(double) => Val::Double(*double),
        Val::Bytes(bytes) => Val::Bytes(Cow::Owned(bytes.to_vec())),
        Val::List(items) => Val::List(items.iter().map(owned_val).collect()),
        Val::Map(members) => Val::Map(members.iter().map(owned).collect()),
    }
}
