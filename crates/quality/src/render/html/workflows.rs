//! One section a workflow: sparklines and tables by prompt version and part.

use std::fmt::Write as _;

use super::super::format;
use super::super::svg::{self, Mark};
use super::escape;
use crate::metric::{Metric, Unit};
use crate::report::model::{Estimate, Outcome, VersionLine, WeeklyReport, WorkflowSection};

/// The sections of all workflows.
pub(super) fn workflows(page: &mut String, report: &WeeklyReport) {
    page.push_str("<section id=\"workflows\"><h2>By workflow and prompt version</h2>\n");
    for workflow in &report.workflows {
        section(page, report, workflow);
    }
    page.push_str(
        "<p class=\"legend muted\">In brackets: 95% interval. Faithfulness: mean, tenth percentile, \
         share of answers scored. Latency: median and 95th percentile of successful calls. \
         \u{25bc} worse and \u{25b2} better than the version before or the week before.</p></section>\n",
    );
}

fn section(page: &mut String, report: &WeeklyReport, workflow: &WorkflowSection) {
    let name =
        if workflow.workflow.is_empty() { "(no workflow)" } else { workflow.workflow.as_str() };
    let _ =
        write!(page, "<article class=\"workflow\"><h3>{}</h3><div class=\"trio\">", escape(name));
    let titles = marks(report, workflow);
    let marks: Vec<Mark<'_>> = titles.iter().map(|(at, title)| Mark { at: *at, title }).collect();
    let traces = match &workflow.silent_since {
        Some(day) => format!("{}, silent since {day}", format::count(workflow.traces)),
        None => format!(
            "{} <span class=\"muted\">week before {}</span>",
            format::count(workflow.traces),
            format::count(workflow.traces_before)
        ),
    };
    let total = |id: &str| workflow.totals.get(id).map_or(String::new(), |e| estimate_short(id, e));
    let quality_id = match workflow.quality_name.as_str() {
        "faithfulness" => total("faithfulness"),
        "parsed answers" => workflow
            .totals
            .get("parse_failure")
            .map_or(String::new(), |e| format::rate(1.0 - e.value)),
        _ => total("success"),
    };
    for (title, value, spark, zero) in [
        ("traces", traces, &workflow.spark_traces, true),
        (workflow.quality_name.as_str(), quality_id, &workflow.spark_quality, false),
        ("cost per successful trace", total("cost_per_success"), &workflow.spark_cost, false),
    ] {
        let _ = write!(
            page,
            "<div><span class=\"muted\">{}</span> <b>{value}</b>{}</div>",
            escape(title),
            svg::sparkline(spark, &marks, &format!("{title} of {name} over 30 days"), zero)
        );
    }
    page.push_str("</div>\n");
    summary_line(page, workflow);
    version_table(page, workflow);
    part_table(page, workflow);
    page.push_str("</article>\n");
}

fn marks(report: &WeeklyReport, workflow: &WorkflowSection) -> Vec<(usize, String)> {
    let mine = |name: &str| {
        workflow.versions.iter().any(|v| v.prompt == name)
            || workflow.parts.iter().any(|p| p.part == name)
    };
    report
        .releases
        .iter()
        .filter(|r| mine(&r.name))
        .filter_map(|r| {
            let at = report.week.spark_days.iter().position(|day| *day == r.day)?;
            Some((at, format!("{} {} {}", r.name, r.version, r.action)))
        })
        .collect()
}

fn summary_line(page: &mut String, workflow: &WorkflowSection) {
    let mut parts = Vec::new();
    for id in ["success", "escalation", "secrets"] {
        if let (Some(e), Some(metric)) = (workflow.totals.get(id), Metric::find(id)) {
            if id != "success" && e.value == 0.0 {
                continue;
            }
            parts.push(format!("{} {}", metric.title, with_interval(metric, e)));
        }
    }
    if !parts.is_empty() {
        let _ = write!(page, "<p class=\"muted\">{}</p>", parts.join(" \u{b7} "));
    }
}

fn estimate_short(id: &str, e: &Estimate) -> String {
    Metric::find(id).map_or(String::new(), |metric| format::value(metric.unit, e.value))
}

/// `4.1% [3.2, 5.2]`.
pub(crate) fn with_interval(metric: &Metric, e: &Estimate) -> String {
    let value = format::value(metric.unit, e.value);
    let bounds = match metric.unit {
        Unit::Rate => format!("{:.1}, {:.1}", e.low * 100.0, e.high * 100.0),
        Unit::Score => format!("{:.2}, {:.2}", e.low, e.high),
        _ => {
            format!("{}, {}", format::value(metric.unit, e.low), format::value(metric.unit, e.high))
        }
    };
    format!("{value} <small>[{bounds}]</small>")
}

type Column = (&'static str, fn(&VersionLine) -> Option<String>);

/// The columns of the version table, left to right.
const COLUMNS: &[Column] = &[
    ("calls", |v| Some(format::count(v.calls))),
    ("parse failures", |v| metric(v, "parse_failure")),
    ("schema pass", |v| metric(v, "schema_pass")),
    ("faithfulness", |v| {
        let e = v.metrics.get("faithfulness")?;
        let tail = v.faithfulness_p10.map_or(String::new(), |p| format!(", p10 {p:.2}"));
        let coverage = v.coverage.map_or(String::new(), |c| format!(", {:.0}% scored", c * 100.0));
        Some(format!("{}{:.2}<small>{tail}{coverage}</small>", flag(v, "faithfulness"), e.value))
    }),
    ("citations valid", |v| metric(v, "citation_validity")),
    ("refusals", |v| metric(v, "refusal")),
    ("errors", |v| {
        let e = v.metrics.get("error")?;
        let timeouts = v.metrics.get("timeout").filter(|t| t.value > 0.0);
        let timeouts = timeouts.map_or(String::new(), |t| {
            format!("<small>, timeouts {}</small>", format::rate(t.value))
        });
        Some(format!("{}{}{timeouts}", flag(v, "error"), format::rate(e.value)))
    }),
    ("cost per call", |v| {
        let e = v.metrics.get("cost_per_call")?;
        Some(format!("{}{}", flag(v, "cost_per_call"), format::usd(e.value)))
    }),
    ("latency p50, p95", |v| {
        let (p50, p95) = (v.latency_p50?, v.latency_p95?);
        let (p50, p95) = (format::milliseconds(p50), format::milliseconds(p95));
        Some(format!("{}{p50}<small>, {p95}</small>", flag(v, "latency")))
    }),
];

fn metric(v: &VersionLine, id: &str) -> Option<String> {
    Some(format!("{}{}", flag(v, id), with_interval(Metric::find(id)?, v.metrics.get(id)?)))
}

fn flag(v: &VersionLine, id: &str) -> &'static str {
    outcome_flag(v.flags.get(id).copied())
}

fn outcome_flag(outcome: Option<Outcome>) -> &'static str {
    match outcome {
        Some(Outcome::Worse) => "<span class=\"worse\" title=\"worse\">\u{25bc}</span> ",
        Some(Outcome::Better) => "<span class=\"better\" title=\"better\">\u{25b2}</span> ",
        _ => "",
    }
}

fn version_table(page: &mut String, workflow: &WorkflowSection) {
    if workflow.versions.is_empty() {
        page.push_str("<p class=\"muted\">No model call this week.</p>");
        return;
    }
    let columns: Vec<&Column> = COLUMNS
        .iter()
        .filter(|(_, cell)| workflow.versions.iter().any(|v| cell(v).is_some()))
        .collect();
    page.push_str("<table><thead><tr><th scope=\"col\">prompt version</th>");
    for (title, _) in &columns {
        let _ = write!(page, "<th scope=\"col\">{title}</th>");
    }
    page.push_str("</tr></thead><tbody>\n");
    for v in &workflow.versions {
        let prompt = if v.prompt.is_empty() { "(no prompt name)" } else { &v.prompt };
        let _ = write!(
            page,
            "<tr><th scope=\"row\">{} <b>{}</b><small class=\"muted\">{}</small></th>",
            escape(prompt),
            escape(&v.version),
            escape(&v.models)
        );
        for (title, cell) in &columns {
            let text = cell(v).unwrap_or_else(|| "\u{2013}".to_owned());
            let _ = write!(page, "<td data-label=\"{title}\"><span>{text}</span></td>");
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody></table>\n");
}

fn part_table(page: &mut String, workflow: &WorkflowSection) {
    if workflow.parts.is_empty() {
        return;
    }
    page.push_str(
        "<table class=\"parts\"><thead><tr><th scope=\"col\">tool, guardrail, index</th><th \
         scope=\"col\">metric</th><th scope=\"col\">this week</th><th scope=\"col\">week \
         before</th><th scope=\"col\">n</th></tr></thead><tbody>\n",
    );
    for part in &workflow.parts {
        let Some(metric) = Metric::find(&part.metric) else { continue };
        let before =
            part.before.map_or_else(|| "\u{2013}".to_owned(), |x| format::value(metric.unit, x));
        let _ = writeln!(
            page,
            "<tr><th scope=\"row\">{} <b>{}</b></th><td data-label=\"metric\"><span>{}</span></td><td \
             data-label=\"this week\"><span>{}{}</span></td><td data-label=\"week \
             before\"><span>{before}</span></td><td data-label=\"n\"><span>{}</span></td></tr>",
            escape(&part.part),
            escape(&part.version),
            metric.title,
            outcome_flag(part.outcome),
            with_interval(metric, &part.now),
            format::count(part.now.n)
        );
    }
    page.push_str("</tbody></table>\n");
}
