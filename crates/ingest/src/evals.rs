//! Evaluations: log records and span events named `gen_ai.evaluation.result`, OpenInference's
//! annotations, and what evaluator spans answer.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use spanlake_model::{EvalRow, Kind, Micros, SpanRow};

use crate::attrs::{Attrs, Family, from_json, number, text};
use crate::context::IngestContext;
use crate::normalise::{flatten, labels, times};
use crate::otlp::{Attr, RawLog, RawSpan, Val};

/// Name of the event that carries a result.
pub(crate) const RESULT_EVENT: &str = "gen_ai.evaluation.result";
/// `sample_reason` of the second row that a post-hoc annotation gets: its own span's record of the
/// score, beside the row on the span that was judged.
pub const EVALUATOR_SPAN: &str = "evaluator_span";

/// What an evaluation is about.
#[derive(Clone, Default)]
#[expect(clippy::struct_field_names, reason = "they are the columns' names")]
struct Target {
    trace_id: Option<String>,
    span_id: Option<String>,
    session_id: Option<String>,
}

/// Sets the content hash that makes a re-exported evaluation the same row.
pub(crate) fn identify(row: &mut EvalRow, ctx: &IngestContext) {
    let mut fields = serde_json::json!([
        row.trace_id,
        row.span_id,
        row.response_id,
        row.session_id,
        row.case_id,
        row.run_id,
        row.name,
        row.score,
        row.label,
        row.passed,
        row.explanation,
        row.evaluator_type,
        row.evaluator,
        row.evaluator_version,
        row.rubric_version,
        row.dataset,
        row.sample_reason,
    ]);
    // What judges no span says itself which version of a prompt it judges.
    if row.trace_id.is_none() && (row.prompt_name.is_some() || row.prompt_version.is_some()) {
        let prompt = [&row.prompt_name, &row.prompt_version].map(|part| Value::from(part.clone()));
        fields.as_array_mut().into_iter().for_each(|fields| fields.extend(prompt.clone()));
    }
    let fields = fields.to_string();
    row.eval_id = match ctx.hash_key.as_deref().map(Hmac::<Sha256>::new_from_slice) {
        Some(Ok(mut mac)) => {
            mac.update(fields.as_bytes());
            hex::encode(mac.finalize().into_bytes())
        }
        _ => hex::encode(Sha256::digest(fields.as_bytes())),
    };
}

/// Files a row under its time and identifies it.
pub(crate) fn file(row: &mut EvalRow, unix_nano: u64, ctx: &IngestContext) {
    let when = times::judge(unix_nano, ctx);
    row.eval_time = if unix_nano == 0 { ctx.received } else { when.time };
    row.date = if row.eval_time == Micros(0) { ctx.received.day() } else { when.date };
    row.ingest_time = ctx.received;
    if row.passed.is_none() {
        row.passed = row.label.as_deref().and_then(passed);
    }
    identify(row, ctx);
}

/// Reads a verdict out of a label.
fn passed(label: &str) -> Option<bool> {
    match label.trim().to_ascii_lowercase().as_str() {
        "pass" | "passed" | "true" | "correct" | "yes" => Some(true),
        "fail" | "failed" | "false" | "incorrect" | "no" => Some(false),
        _ => None,
    }
}

/// Reads a result out of a log record. `None` when it names no metric.
pub(crate) fn from_log(log: &RawLog<'_>, ctx: &IngestContext) -> Option<EvalRow> {
    let body = match &log.body {
        Val::Map(members) => members.as_slice(),
        _ => &[],
    };
    let mut row = result(&log.attributes, body)?;
    row.trace_id = times::id(&log.trace_id, 16);
    row.span_id = row.trace_id.as_ref().and_then(|_| times::id(&log.span_id, 8));
    let time = if log.time_unix_nano == 0 { log.observed_unix_nano } else { log.time_unix_nano };
    file(&mut row, time, ctx);
    Some(row)
}

/// Reads the `gen_ai.evaluation.*` attributes.
fn result(attributes: &[Attr<'_>], body: &[Attr<'_>]) -> Option<EvalRow> {
    let find = |keys: &[&str]| {
        keys.iter().find_map(|key| {
            let named = |(name, _): &&Attr<'_>| name == key;
            let found = attributes.iter().rfind(named).or_else(|| body.iter().rfind(named));
            found.map(|(_, val)| val)
        })
    };
    let word = |keys: &[&str]| find(keys).and_then(text);
    Some(EvalRow {
        name: word(&["gen_ai.evaluation.name", "name"])?,
        score: find(&["gen_ai.evaluation.score.value", "gen_ai.evaluation.score", "score"])
            .and_then(number)
            .filter(|score| score.is_finite()),
        label: word(&["gen_ai.evaluation.score.label", "gen_ai.evaluation.label", "label"]),
        explanation: word(&["gen_ai.evaluation.explanation", "explanation"]),
        response_id: word(&["gen_ai.response.id"]),
        evaluator: word(&["gen_ai.evaluation.evaluator.name", "gen_ai.evaluator.name"]),
        evaluator_type: word(&["gen_ai.evaluation.evaluator.type", "spanlake.evaluator_type"])
            .and_then(|word| labels::evaluator_type(&word)),
        evaluator_version: word(&["spanlake.evaluator_version"]),
        rubric_version: word(&["spanlake.rubric_version"]),
        case_id: word(&["spanlake.case_id"]),
        run_id: word(&["spanlake.run_id"]),
        dataset: word(&["spanlake.dataset"]),
        session_id: word(&["session.id", "gen_ai.conversation.id"]),
        tenant_id: word(&["spanlake.tenant", "tenant.id"]),
        user_id: word(&["spanlake.user", "user.id"]),
        environment: word(&["spanlake.environment", "deployment.environment.name"]),
        workflow: word(&["spanlake.workflow"]),
        prompt_name: word(&["spanlake.prompt.name", "gen_ai.prompt.name"]),
        prompt_version: word(&["spanlake.prompt.version", "gen_ai.prompt.version"]),
        sample_reason: word(&["spanlake.sample_reason"]),
        inclusion_probability: find(&["spanlake.inclusion_probability"])
            .and_then(number)
            .filter(|probability| *probability > 0.0 && *probability <= 1.0),
        ..EvalRow::default()
    })
}

/// Reads every evaluation that a span carries.
pub(crate) fn from_span(
    raw: &RawSpan<'_>,
    attrs: &Attrs<'_, '_>,
    span: &SpanRow,
    case_id: Option<&str>,
    ctx: &IngestContext,
) -> Vec<EvalRow> {
    let families = [
        Family::SpanAnnotations,
        Family::SpanEvaluations,
        Family::TraceAnnotations,
        Family::TraceEvaluations,
        Family::SessionAnnotations,
        Family::SessionEvaluations,
    ];
    let judges = span.kind == Kind::Evaluator
        || raw.events.iter().any(|event| event.name == RESULT_EVENT)
        || families.iter().any(|family| attrs.has_family(*family));
    if !judges {
        return Vec::new();
    }
    let ended = if raw.end_unix_nano == 0 { raw.start_unix_nano } else { raw.end_unix_nano };
    let mut rows = Vec::new();
    let own = Target {
        trace_id: Some(span.trace_id.clone()),
        span_id: Some(span.span_id.clone()),
        session_id: span.session_id.clone(),
    };
    // A post-hoc annotation is a new span whose one link is what it judges.
    let linked = match raw.links.as_slice() {
        [link] => times::id(&link.trace_id, 16).map(|trace_id| Target {
            trace_id: Some(trace_id),
            span_id: times::id(&link.span_id, 8),
            session_id: None,
        }),
        _ => None,
    };
    let judged = linked.clone().unwrap_or(own.clone());
    for (families, target) in [
        ([Family::SpanAnnotations, Family::SpanEvaluations], judged.clone()),
        (
            [Family::TraceAnnotations, Family::TraceEvaluations],
            Target { span_id: None, ..judged.clone() },
        ),
        (
            [Family::SessionAnnotations, Family::SessionEvaluations],
            Target { trace_id: None, span_id: None, session_id: span.session_id.clone() },
        ),
    ] {
        for family in families.into_iter().filter(|family| attrs.has_family(*family)) {
            for item in flatten::list(&attrs.family(family)) {
                let Some(row) = annotation(&item) else { continue };
                if linked.is_some() && target.trace_id.is_some() {
                    let reason = Some(EVALUATOR_SPAN.to_owned());
                    let copy = EvalRow { sample_reason: reason, ..row.clone() };
                    rows.push((copy, own.clone(), ended));
                }
                rows.push((row, target.clone(), ended));
            }
        }
    }
    for event in raw.events.iter().filter(|event| event.name == RESULT_EVENT) {
        let time = if event.time_unix_nano == 0 { ended } else { event.time_unix_nano };
        rows.extend(result(&event.attributes, &[]).map(|row| (row, own.clone(), time)));
    }
    if rows.is_empty() && span.kind == Kind::Evaluator {
        let target = linked.unwrap_or(Target { span_id: None, ..own });
        rows.extend(answered(attrs, span).map(|row| (row, target, ended)));
    }
    rows.into_iter()
        .map(|(mut row, target, time)| {
            row.trace_id = target.trace_id;
            row.span_id = target.span_id;
            row.session_id = row.session_id.or(target.session_id);
            row.case_id = row.case_id.or_else(|| case_id.map(str::to_owned));
            for (own, of_span) in [
                (&mut row.tenant_id, &span.tenant_id),
                (&mut row.user_id, &span.user_id),
                (&mut row.environment, &span.environment),
                (&mut row.workflow, &span.workflow),
                (&mut row.prompt_name, &span.prompt_name),
                (&mut row.prompt_version, &span.prompt_version),
            ] {
                if own.is_none() {
                    own.clone_from(of_span);
                }
            }
            file(&mut row, time, ctx);
            row
        })
        .collect()
}

/// Reads one OpenInference annotation or evaluation.
fn annotation(item: &Value) -> Option<EvalRow> {
    let members = item.get("annotation").or_else(|| item.get("evaluation")).unwrap_or(item);
    scored(members.as_object()?, None)
}

/// Reads the answer of an evaluator: an object with a score or a label.
fn answered(attrs: &Attrs<'_, '_>, span: &SpanRow) -> Option<EvalRow> {
    let keys = ["output.value", "langfuse.observation.output", "mlflow.spanOutputs"];
    let members = keys.iter().find_map(|key| attrs.json(key)?.as_object())?;
    scored(members, Some(&span.name))
}

fn scored(members: &Map<String, Value>, fallback_name: Option<&str>) -> Option<EvalRow> {
    let word = |keys: &[&str]| {
        keys.iter().find_map(|key| members.get(*key).and_then(|value| text(&from_json(value))))
    };
    let value = members.get("score").or_else(|| members.get("value"));
    let row = EvalRow {
        name: word(&["name"]).or_else(|| fallback_name.map(str::to_owned))?,
        score: value.and_then(|value| number(&from_json(value))).filter(|score| score.is_finite()),
        label: word(&["label", "string_value"]),
        passed: members.get("passed").and_then(Value::as_bool),
        explanation: word(&["explanation", "comment", "reasoning", "reason"]),
        evaluator_type: word(&["annotator_kind", "evaluator_type"])
            .and_then(|word| labels::evaluator_type(&word)),
        evaluator: word(&["identifier", "evaluator"]),
        ..EvalRow::default()
    };
    let says = row.score.is_some() || row.label.is_some() || row.explanation.is_some();
    says.then_some(row)
}
