//! Traces that show a finding, and a statement that shows its cases.

use spanlake_query::Session;

use crate::error::Result;
use crate::metric::EXAMPLES;
use crate::render::format::sql_text;
use crate::report::model::{Example, Finding};
use crate::rows::{self, Kind};
use crate::sql::{Parameters, Value};
use crate::week::Week;

/// Characters of a preview.
const PREVIEW_CHARS: usize = 160;

/// Fills in the traces of a finding; with `content`, starts of redacted outputs too.
pub(crate) async fn fill(
    session: &Session,
    week: Week,
    shared: &Parameters,
    content: bool,
    finding: &mut Finding,
) -> Result<()> {
    finding.sql = statement(finding, week);
    if finding.metric == "volume" {
        return Ok(());
    }
    let subject = &finding.subject;
    let mut parameters = shared.clone();
    for (name, text) in [
        ("metric", &finding.metric),
        ("workflow", &subject.workflow),
        ("prompt", &subject.prompt),
        ("version", &subject.version),
        ("part", &subject.part),
        ("tenant", &subject.tenant),
        ("bin_name", &finding.bin),
    ] {
        parameters.insert(name, Value::Text(text.clone()));
    }
    parameters.insert("limit", Value::Int(EXAMPLES as i64));
    let columns = [
        ("trace_id", Kind::Text),
        ("time", Kind::Time),
        ("what", Kind::Text),
        ("preview", Kind::Text),
        ("sensitivity", Kind::Text),
    ];
    let rows = rows::run(session, "report/examples.sql", &parameters).await?;
    rows.for_each(&columns, |row| {
        let shown = content && row.text_opt("sensitivity").is_none();
        finding.traces.push(Example {
            trace_id: row.text("trace_id"),
            time: row.time_opt("time").map_or_else(String::new, |time| week.local_text(time)),
            what: row.text("what"),
            preview: if shown { preview(&row.text("preview")) } else { String::new() },
        });
    })
}

fn preview(text: &str) -> String {
    let mut start: String = text.chars().take(PREVIEW_CHARS).collect();
    if start.len() < text.len() {
        start.push('\u{2026}');
    }
    start
}

/// A statement that a person can run and change.
fn statement(finding: &Finding, week: Week) -> String {
    let (first, last) = week.days();
    let subject = &finding.subject;
    let mut wheres = vec![
        format!("date BETWEEN '{first}' AND '{last}'"),
        format!("workflow = {}", sql_text(&subject.workflow)),
    ];
    let (columns, own): (&str, &str) = match finding.metric.as_str() {
        "volume" => {
            let workflow = sql_text(&subject.workflow);
            return format!(
                "SELECT date, count(DISTINCT trace_id) AS traces FROM spans WHERE workflow = \
                 {workflow} GROUP BY date ORDER BY date"
            );
        }
        "parse_failure" => (
            "prompt_version, parse_status, count(*) AS calls",
            "parse_status NOT IN ('ok', 'ok_whitespace')",
        ),
        "schema_pass" => {
            ("prompt_version, schema_status, count(*) AS calls", "schema_status = 'invalid'")
        }
        "tool_arguments" => (
            "tool_name, tool_args_status, count(*) AS calls",
            "kind = 'tool' AND tool_args_status <> 'ok'",
        ),
        "guardrail_error" | "guardrail_block" => (
            "guardrail_name, guardrail_outcome, count(*) AS checks",
            "guardrail_outcome IS NOT NULL",
        ),
        "empty_retrieval" => (
            "retrieval_index_version, retrieved_count, count(*) AS retrievals",
            "kind = 'retriever'",
        ),
        "rerank_score" => (
            "reranker_model, round(reranker_score_max * 10) / 10 AS score, count(*) AS n",
            "kind = 'reranker'",
        ),
        "faithfulness" | "grounded" | "citation_validity" => {
            let name = if finding.metric == "citation_validity" {
                "citation_validity"
            } else {
                "faithfulness"
            };
            let tenant = if subject.tenant.is_empty() {
                String::new()
            } else {
                format!(" AND tenant_id = {}", sql_text(&subject.tenant))
            };
            return format!(
                "SELECT prompt_version, tenant_id, count(*) AS answers, avg(score) AS {name} FROM evals \
                 WHERE {} AND name = '{name}' AND evaluator = 'spanlake'{tenant} GROUP BY 1, 2 ORDER BY 1, 2",
                wheres.join(" AND ")
            );
        }
        "error" | "timeout" => {
            ("prompt_version, error_type, count(*) AS calls", "kind = 'llm' AND is_error")
        }
        "refusal" => {
            ("prompt_version, refusal_kind, count(*) AS answers", "refusal_kind IS NOT NULL")
        }
        "drift" => (
            "prompt_version, output_preview, count(*) AS calls",
            "kind = 'llm' AND token_role NOT IN ('aggregate', 'duplicate')",
        ),
        _ => {
            return format!(
                "SELECT prompt_version, count(*) AS calls, avg(cost_usd) AS cost_per_call, \
                 avg(input_tokens) AS input_tokens, avg(output_tokens) AS output_tokens, \
                 avg(duration_ms) AS ms FROM spans WHERE {} AND kind = 'llm' AND token_role NOT IN ('aggregate', 'duplicate') \
                 GROUP BY 1 ORDER BY 1",
                wheres.join(" AND ")
            );
        }
    };
    wheres.push(own.to_owned());
    for (column, value) in [("prompt_name", &subject.prompt), ("tenant_id", &subject.tenant)] {
        if !value.is_empty() {
            wheres.push(format!("{column} = {}", sql_text(value)));
        }
    }
    format!(
        "SELECT {columns} FROM spans WHERE {} GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 20",
        wheres.join(" AND ")
    )
}
