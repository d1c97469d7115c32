//! Native JSONL: one JSON object per line, its members named as the columns of `spans`, `payloads`
//! and `evals`. A list of such objects as one document is read too.
//!
//! **A span** needs `trace_id` (32 hexadecimal digits), `span_id` (16), `name` and `start_time`
//! (RFC 3339, or microseconds since the epoch) or `start_unix_nano`. Everything else is optional:
//!
//! ```text
//! {"trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331","name":"answer",
//!  "start_time":"2026-11-24T09:00:00Z","duration_ms":820,"kind":"llm","status":"OK",
//!  "request_model":"gpt-4o-mini","provider":"openai","input_tokens":310,"output_tokens":25,
//!  "prompt_name":"support","prompt_version":"12",
//!  "input_messages":[{"role":"user","content":"May I return it?"}],
//!  "output_text":"Within 30 days [kb-7].","documents":[{"id":"kb-7","content":"..."}]}
//! ```
//!
//! The end is `end_unix_nano`, `end_time` or `duration_ms`; without one the span is complete and
//! has no duration. Columns that hold JSON take a JSON value or its text. Messages may be in any
//! provider's form. What can be derived and is absent is derived: `output_text`, previews, sizes,
//! parse columns, cost. Members that are no column are kept in `attributes`. What the store decides
//! (`policy_version`, `row_version`, `writer_id`, `ingest_time`, `redactions`) is ignored.
//!
//! **An evaluation** is an object with `"table":"evals"`, or one without a start that has `name`
//! and one of `score`, `label`, `passed`:
//!
//! ```text
//! {"trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331","name":"hallucinated",
//!  "label":"no","passed":true,"evaluator_type":"human","eval_time":"2026-11-24T10:00:00Z"}
//! ```
//!
//! The members of Langfuse's score objects (`traceId`, `observationId`, `value`, `comment`,
//! `timestamp`) are understood as well.

use serde_json::{Map, Value};
use spanlake_model::{
    ColumnSpec, CostSource, EvalRow, Kind, Micros, PayloadRow, Privacy, SpanRow, SpanStatus,
};

use crate::context::Schema;
use crate::decode::Sink;
use crate::derive;
use crate::evals;
use crate::json_text;
use crate::normalise::messages::{self, Message};
use crate::normalise::payload::native_json;
use crate::normalise::{call_names, keyed_hash, labels, times, usage};
use crate::otlp::json_cursor::{first_value, parts};
use crate::otlp::{Place, Visitor, json};

/// Columns that ingestion or the store sets itself.
const OWN_COLUMNS: &[&str] = &[
    "date",
    "policy_version",
    "row_version",
    "writer_id",
    "ingest_time",
    "redactions",
    "inherited_columns",
    "is_superseded",
    "span_seen",
    "time_suspect",
    "eval_id",
    "token_role",
    "is_final",
    "table",
];

/// An object with one of these is meant to be a span.
const SPAN_KEYS: &[&str] = &["trace_id", "span_id", "start_time", "start_unix_nano", "table"];

/// Langfuse's names of our columns.
const ALIASES: &[(&str, &str)] = &[
    ("traceId", "trace_id"),
    ("observationId", "span_id"),
    ("sessionId", "session_id"),
    ("value", "score"),
    ("comment", "explanation"),
    ("timestamp", "eval_time"),
];

pub(crate) fn read(text: &str, sink: &mut Sink<'_>) {
    if text.trim_start().starts_with('[') {
        let found = parts(text);
        for part in &found.parts {
            read_line(part.text, offset(text, part.text), sink);
        }
        if !found.complete {
            sink.rejected("truncated_json", Place { offset: 0, length: text.len() }, 1);
        }
        return;
    }
    let mut rest = text;
    while !rest.trim_start().is_empty() {
        let start = rest.trim_start();
        let line_end = start.find('\n').unwrap_or(start.len());
        let line = start.get(..line_end).unwrap_or_default();
        // An object may span lines; a broken one costs its line only.
        let value = first_value(start).filter(|(part, _)| part.complete && start.starts_with('{'));
        match value {
            Some((part, after)) if part.text.len() <= line.len() || parse(part.text).is_ok() => {
                read_line(part.text, offset(text, part.text), sink);
                rest = after;
            }
            _ => {
                read_line(line, offset(text, line), sink);
                rest = start.get(line_end..).unwrap_or_default();
            }
        }
    }
}

fn offset(text: &str, inner: &str) -> usize {
    crate::otlp::wire::offset_in(text.as_bytes(), inner.as_bytes())
}

fn parse(text: &str) -> Result<Map<String, Value>, &'static str> {
    match json_text::parse(text) {
        Ok(Value::Object(members)) => Ok(members),
        Err(error) if error.to_string().contains("recursion limit") => Err("json_too_deep"),
        Ok(_) | Err(_) => Err("malformed_json"),
    }
}

/// Reads one object.
pub(crate) fn read_line(line: &str, offset: usize, sink: &mut Sink<'_>) {
    let place = Place { offset, length: line.len() };
    let mut members = match parse(line) {
        Ok(members) => members,
        Err(code) => return sink.rejected(code, place, 1),
    };
    let result = if is_eval(&members) {
        eval(&mut members, sink)
    } else if SPAN_KEYS.iter().any(|key| members.contains_key(*key)) {
        span(members, sink)
    } else if json::is_request(line) {
        sink.json_request(line, offset);
        return;
    } else {
        Err("unknown_format")
    };
    if let Err(code) = result {
        sink.rejected(code, place, 1);
    }
}

fn is_eval(members: &Map<String, Value>) -> bool {
    if let Some(table) = members.get("table").and_then(Value::as_str) {
        return table == "evals";
    }
    let has_any = |keys: &[&str]| keys.iter().any(|key| members.contains_key(*key));
    !has_any(&["start_time", "start_unix_nano"])
        && has_any(&["score", "label", "passed", "value"])
        && members.contains_key("name")
}

/// Reads an id of hexadecimal digits, in lower case.
fn hex_id(value: Option<&Value>, length: usize) -> Option<String> {
    let bytes = hex::decode(value?.as_str()?.trim()).ok()?;
    times::id(&bytes, length)
}

type SetJson<'s> = dyn FnMut(&str, &Value) -> Result<(), Option<String>> + 's;

/// Sets a column. Texts of columns that redaction passes over must be plain words.
fn set(spec: &ColumnSpec, value: &Value, set_json: &mut SetJson<'_>) -> Result<bool, &'static str> {
    if OWN_COLUMNS.contains(&spec.name) || value.is_null() {
        return Ok(true);
    }
    if spec.privacy == Privacy::Plain
        && let Value::String(text) = value
        && !is_plain(spec, text)
    {
        return Err("wrong_type");
    }
    match set_json(spec.name, value) {
        Ok(()) => Ok(true),
        Err(Some(_)) => Err("wrong_type"),
        Err(None) => Ok(false),
    }
}

/// Ids and hashes are hexadecimal, times are parsed, and all else is a word of a vocabulary: no
/// address, number or key has that form.
fn is_plain(spec: &ColumnSpec, text: &str) -> bool {
    let is = |allowed: fn(u8) -> bool| text.len() <= 64 && text.bytes().all(allowed);
    match spec.name {
        name if name.ends_with("_time") => true,
        name if name.ends_with("_id") || name.ends_with("_hash") => {
            is(|byte| byte.is_ascii_hexdigit())
        }
        _ => is(|byte| byte.is_ascii_alphabetic() || b"_-/".contains(&byte)),
    }
}

fn eval(members: &mut Map<String, Value>, sink: &mut Sink<'_>) -> Result<(), &'static str> {
    for (alias, column) in ALIASES {
        if let Some(value) = members.remove(*alias) {
            members.entry(*column).or_insert(value);
        }
    }
    // A categorical score is a label.
    if let Some(Value::String(_)) = members.get("score")
        && let Some(label) = members.remove("score")
    {
        members.entry("label").or_insert(label);
    }
    let mut row = EvalRow::default();
    for (key, length) in [("trace_id", 16), ("span_id", 8)] {
        if members.get(key).is_some_and(|value| !value.is_null()) {
            let id = hex_id(members.get(key), length);
            let id = id.ok_or(if length == 16 { "invalid_trace_id" } else { "invalid_span_id" })?;
            members.insert(key.to_owned(), Value::String(id));
        }
    }
    if let Some(Value::String(word)) = members.get("evaluator_type") {
        let known = labels::evaluator_type(word).map_or(Value::Null, Value::String);
        members.insert("evaluator_type".to_owned(), known);
    }
    for spec in EvalRow::COLUMNS {
        if let Some(value) = members.get(spec.name) {
            set(spec, value, &mut |column, value| row.set_json(column, value))?;
        }
    }
    if row.name.is_empty() {
        return Err("missing_field");
    }
    let ctx = sink.ctx;
    let nanos = u64::try_from(row.eval_time.0).unwrap_or_default().saturating_mul(1_000);
    evals::file(&mut row, nanos, ctx);
    sink.decoded.counts.evals += 1;
    sink.decoded.batch.evals.push(row);
    Ok(())
}

fn span(mut members: Map<String, Value>, sink: &mut Sink<'_>) -> Result<(), &'static str> {
    let ctx = sink.ctx;
    let mut row = SpanRow::default();
    let mut payload = PayloadRow::default();
    let trace_id = hex_id(members.get("trace_id"), 16).ok_or("invalid_trace_id")?;
    let span_id = hex_id(members.get("span_id"), 8).ok_or("invalid_span_id")?;
    let parent = hex_id(members.get("parent_span_id"), 8);
    for key in ["trace_id", "span_id", "parent_span_id"] {
        members.remove(key);
    }
    let end_time = members.remove("end_time").and_then(|value| micros(&value));
    let given_attributes = members.remove("attributes");
    let mut rest = Map::new();
    for (key, value) in &members {
        let span_column = SpanRow::COLUMNS.iter().find(|spec| spec.name == key);
        let payload_column = PayloadRow::COLUMNS.iter().find(|spec| spec.name == key);
        match (span_column, payload_column) {
            (Some(spec), _) => {
                set(spec, value, &mut |column, value| row.set_json(column, value))?;
            }
            (None, Some(spec)) => {
                set(spec, value, &mut |column, value| payload.set_json(column, value))?;
            }
            (None, None) if OWN_COLUMNS.contains(&key.as_str()) => {}
            (None, None) => {
                rest.insert(key.clone(), value.clone());
            }
        }
    }
    if row.name.is_empty() || (row.start_time.0 == 0 && row.start_unix_nano == 0) {
        return Err("missing_field");
    }
    row.trace_id = trace_id;
    row.span_id = span_id;
    row.parent_span_id = parent;
    place_in_time(&mut row, end_time, ctx);
    attributes(&mut row, given_attributes, rest);
    row.ingest_time = ctx.received;
    row.is_error |= row.status == SpanStatus::Error;
    row.provider = row.provider.take().map(|name| labels::provider(&name));
    row.response_format = row.response_format.take().map(|format| labels::response_format(&format));
    if let Some(reason) = row.finish_reasons.first().or(row.finish_reason.as_ref()) {
        row.finish_reason = Some(labels::finish_reason(reason).to_owned());
    }
    if row.is_error {
        crate::normalise::errors::classify(&mut row, None);
    }
    content(&mut row, &mut payload, ctx);
    if row.cost_usd.is_some_and(|cost| !cost.is_finite() || cost < 0.0) {
        row.cost_usd = None;
    }
    row.cost_source = if row.cost_usd.is_some() { CostSource::Reported } else { CostSource::None };
    usage::computed(&mut row, ctx, &sink.prices);
    if row.kind == Kind::Llm && row.parse_status.is_none() {
        let schema = row.prompt_name.as_ref().zip(row.prompt_version.as_ref());
        let schema = schema.and_then(|(name, version)| ctx.schemas.registered(name, version));
        let compiled = schema.and_then(Schema::compiled);
        let text = payload.output_text.as_deref();
        derive::answer(&mut row, text, schema.is_some(), compiled);
    }
    let has_content = payload != PayloadRow::default();
    payload.date = row.date;
    payload.trace_id.clone_from(&row.trace_id);
    payload.span_id.clone_from(&row.span_id);
    payload.start_time = row.start_time;
    payload.tenant_id.clone_from(&row.tenant_id);
    payload.user_id.clone_from(&row.user_id);
    payload.session_id.clone_from(&row.session_id);
    payload.environment.clone_from(&row.environment);
    payload.workflow.clone_from(&row.workflow);
    payload.ingest_time = row.ingest_time;
    payload.is_final = row.is_final;
    sink.decoded.counts.spans += 1;
    if has_content {
        sink.decoded.batch.payloads.push(payload);
    }
    sink.decoded.batch.spans.push(row);
    Ok(())
}

fn micros(value: &Value) -> Option<Micros> {
    match value {
        Value::String(text) => chrono::DateTime::parse_from_rfc3339(text)
            .ok()
            .map(|time| Micros(time.timestamp_micros())),
        other => other.as_i64().map(Micros),
    }
}

fn place_in_time(row: &mut SpanRow, end: Option<Micros>, ctx: &crate::IngestContext) {
    if row.start_unix_nano == 0 {
        row.start_unix_nano = row.start_time.0.saturating_mul(1_000);
    }
    let when = times::judge(u64::try_from(row.start_unix_nano).unwrap_or_default(), ctx);
    row.start_time = Micros::from_nanos(row.start_unix_nano);
    row.date = when.date;
    row.time_suspect = when.suspect;
    if row.end_unix_nano == 0 {
        let by_duration = row
            .duration_ms
            .filter(|ms| ms.is_finite() && *ms >= 0.0 && *ms < 1e12)
            .map(|ms| row.start_unix_nano.saturating_add((ms * 1e6) as i64));
        row.end_unix_nano =
            end.map(|end| end.0.saturating_mul(1_000)).or(by_duration).unwrap_or_default();
    }
    let ended = row.end_unix_nano != 0 && row.end_unix_nano >= row.start_unix_nano;
    row.duration_ms =
        ended.then(|| row.end_unix_nano.saturating_sub(row.start_unix_nano) as f64 / 1e6);
    // A line of a file is a finished thing, also without a duration.
    row.is_final = true;
}

fn attributes(row: &mut SpanRow, given: Option<Value>, rest: Map<String, Value>) {
    let mut all = match given {
        Some(Value::Object(members)) => members,
        Some(Value::String(text)) => serde_json::from_str(&text).unwrap_or_default(),
        _ => Map::new(),
    };
    for (key, value) in rest {
        all.entry(key).or_insert(value);
    }
    row.attributes = (!all.is_empty()).then(|| Value::Object(all).to_string());
}

/// Brings messages into one form and derives what is absent.
fn content(row: &mut SpanRow, payload: &mut PayloadRow, ctx: &crate::IngestContext) {
    let input = normalised(payload.input_messages.take(), "user");
    let output = normalised(payload.output_messages.take(), "assistant");
    if payload.output_text.is_none() {
        let texts: Vec<String> = output.iter().filter_map(Message::joined_text).collect();
        payload.output_text = (!texts.is_empty()).then(|| texts.join("\n"));
    }
    if row.tool_calls_requested.is_empty() {
        row.tool_calls_requested = call_names(output.iter().flat_map(|message| &message.parts));
    }
    let last_user = input.iter().rfind(|message| message.role == "user");
    let said = last_user.and_then(Message::joined_text);
    payload.input_messages = (!input.is_empty()).then(|| messages::to_json(&input));
    payload.output_messages = (!output.is_empty()).then(|| messages::to_json(&output));
    if let Some(variables) = &payload.input_variables
        && row.prompt_variable_names.is_empty()
        && let Ok(Value::Object(members)) = serde_json::from_str(variables)
    {
        row.prompt_variable_names = members.keys().cloned().collect();
    }
    row.prompt_hash =
        payload.prompt_template.as_deref().and_then(|template| keyed_hash(ctx, template));
    let first = |texts: [&Option<String>; 4]| texts.into_iter().flatten().next().cloned();
    let asked =
        [&said, &payload.rendered_prompt, &payload.retrieval_query, &payload.tool_arguments];
    row.input_preview = row.input_preview.take().or_else(|| first(asked));
    let answered = [&payload.output_text, &payload.tool_result, &payload.tool_calls, &None];
    row.output_preview = row.output_preview.take().or_else(|| first(answered));
    let length = |text: &Option<String>| text.as_ref().map(|text| text.len() as i64);
    row.input_bytes = row
        .input_bytes
        .or_else(|| length(&payload.input_messages))
        .or_else(|| length(&row.input_preview));
    row.output_bytes = row.output_bytes.or_else(|| length(&row.output_preview));
    if matches!(row.kind, Kind::Retriever | Kind::Reranker) && row.retrieved_count.is_none() {
        let count = payload.documents.len() as i64;
        row.retrieved_count = (count > 0).then_some(count);
    }
}

fn normalised(text: Option<String>, default_role: &str) -> Vec<Message> {
    let Some(text) = text else { return Vec::new() };
    let parsed = serde_json::from_str::<Value>(&text).unwrap_or(Value::Null);
    let found = messages::read(&parsed, default_role);
    if found.is_empty() {
        let plain = if parsed.is_string() { native_json(&parsed) } else { text };
        return vec![Message::text(default_role, plain)];
    }
    found
}
