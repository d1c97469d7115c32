//! The report as Markdown: the same sections in the same order.

use std::fmt::Write as _;

use super::format;
use super::html::{day_range, forest_rows};
use crate::metric::{Metric, Severity};
use crate::report::model::{Estimate, Finding, VersionLine, WeeklyReport, WorkflowSection};

/// Renders the report as Markdown.
pub fn render_markdown(report: &WeeklyReport) -> String {
    let mut text = String::with_capacity(32 * 1024);
    let week = &report.week;
    let _ = write!(
        text,
        "# Quality report {}\n\n{}, {}\n\n**{}.** {}\n",
        week.name,
        day_range(&week.first_day, &week.last_day),
        week.time_zone,
        safe(&report.verdict.headline),
        safe(&report.verdict.detail)
    );
    signals(&mut text, report);
    changes(&mut text, report);
    findings(&mut text, report);
    drift(&mut text, report);
    text.push_str("\n## By workflow and prompt version\n");
    for workflow in &report.workflows {
        section(&mut text, workflow);
    }
    health(&mut text, report);
    text.push_str("\n## What to do next\n");
    for step in &report.next {
        let _ = write!(text, "\n{}\n\n```sh\n{}\n```\n", safe(&step.why), step.command);
    }
    text.push_str("\n## How to read this\n\n");
    for note in &report.method.notes {
        let _ = writeln!(text, "- {}", safe(note));
    }
    text
}

/// Keeps names from becoming markup or breaking a table.
fn safe(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            '|' | '*' | '`' | '<' | '[' | ']' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

fn signals(text: &mut String, report: &WeeklyReport) {
    text.push_str("\n| signal | this week | week before | |\n|---|---:|---:|---|\n");
    for signal in &report.signals {
        let show =
            |x: Option<f64>| x.map_or("\u{2013}".to_owned(), |x| format::signal(signal.unit, x));
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            safe(&signal.title),
            show(signal.value),
            show(signal.before),
            safe(&signal.note)
        );
    }
}

fn changes(text: &mut String, report: &WeeklyReport) {
    text.push_str("\n## What changed\n\n");
    for release in &report.releases {
        let _ = writeln!(
            text,
            "- {} {} {} {} {}",
            safe(&release.time),
            safe(&release.name),
            safe(&release.version),
            safe(&release.action),
            safe(&release.place)
        );
    }
    if report.releases.is_empty() {
        text.push_str("No release and no new version in these 30 days.\n");
    }
    let rows = forest_rows(report);
    if rows.is_empty() {
        return;
    }
    text.push_str(
        "\n| compared | metric | against | before | after | change | interval | adj. p | verdict |\n\
         |---|---|---|---:|---:|---:|---|---:|---|\n",
    );
    for row in rows {
        let title = Metric::find(&row.metric).map_or(row.metric.as_str(), |m| m.title);
        let _ = writeln!(
            text,
            "| {} | {title} | {} ({}) | {} | {} | {} | {} to {} | {} | {} |",
            safe(&format::subject(&row.subject)),
            safe(&row.reference),
            row.basis.label(),
            format::value(row.unit, row.before),
            format::value(row.unit, row.after),
            format::effect(row.unit, row.effect),
            format::effect(row.unit, row.low),
            format::effect(row.unit, row.high),
            format::p_value(row.p_adjusted),
            row.words()
        );
    }
}

fn findings(text: &mut String, report: &WeeklyReport) {
    text.push_str("\n## What needs attention\n");
    if report.findings.is_empty() {
        text.push_str("\nNothing.\n");
    }
    for (at, finding) in report.findings.iter().enumerate() {
        self::finding(text, at + 1, finding);
    }
}

fn finding(text: &mut String, number: usize, finding: &Finding) {
    let severity = match finding.severity {
        Severity::Page => "act now",
        Severity::Notify => "act this week",
        Severity::Review => "review",
    };
    let _ = write!(
        text,
        "\n### {number}. {}\n\n{severity}, {}. {}\n",
        safe(&finding.title),
        if finding.is_new { "new this week" } else { "began earlier" },
        safe(&finding.evidence)
    );
    if !finding.also.is_empty() {
        let _ = write!(text, "\nWith it: {}.\n", safe(&finding.also.join("; ")));
    }
    for warning in &finding.warnings {
        let _ = write!(text, "\n> {}\n", safe(warning));
    }
    if !finding.traces.is_empty() {
        text.push('\n');
    }
    for trace in &finding.traces {
        let _ = writeln!(
            text,
            "- `spanlake trace {}` {} {}",
            safe(&trace.trace_id),
            safe(&trace.time),
            safe(&trace.what)
        );
        if !trace.preview.is_empty() {
            let _ = writeln!(text, "  > {}", safe(&trace.preview));
        }
    }
    if !finding.sql.is_empty() {
        let _ = write!(text, "\n```sql\n{}\n```\n", finding.sql);
    }
}

fn drift(text: &mut String, report: &WeeklyReport) {
    text.push_str("\n## Slow changes\n\n");
    if report.drift.is_empty() {
        text.push_str("No distribution has enough data on both sides.\n");
        return;
    }
    text.push_str("| of | distribution | PSI | adj. p | n | |\n|---|---|---:|---:|---:|---|\n");
    for line in &report.drift {
        let _ = writeln!(
            text,
            "| {} | {} | {:.3} | {} | {}, {} | {} |",
            safe(&format::place_words(&line.subject)),
            safe(&line.what),
            line.psi,
            format::p_value(line.p_adjusted),
            format::count(line.n.0),
            format::count(line.n.1),
            if line.flagged { "drift" } else { "" }
        );
    }
}

fn section(text: &mut String, workflow: &WorkflowSection) {
    let name = if workflow.workflow.is_empty() { "(no workflow)" } else { &workflow.workflow };
    let _ = write!(
        text,
        "\n### {}\n\n{} traces, week before {}{}\n",
        safe(name),
        format::count(workflow.traces),
        format::count(workflow.traces_before),
        workflow.silent_since.as_ref().map_or(String::new(), |day| format!(", silent since {day}"))
    );
    if !workflow.versions.is_empty() {
        text.push_str(
            "\n| prompt version | calls | parse failures | schema pass | faithfulness (p10, \
             scored) | citations valid | refusals | errors | cost per call | p50, p95 |\n\
             |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n",
        );
    }
    for v in &workflow.versions {
        version(text, v);
    }
    if !workflow.parts.is_empty() {
        text.push_str(
            "\n| tool, guardrail, index | metric | this week | week before | n |\n\
             |---|---|---:|---:|---:|\n",
        );
    }
    for part in &workflow.parts {
        let Some(metric) = Metric::find(&part.metric) else { continue };
        let _ = writeln!(
            text,
            "| {} {} | {} | {} | {} | {} |",
            safe(&part.part),
            safe(&part.version),
            metric.title,
            with_interval(metric, &part.now),
            part.before.map_or("\u{2013}".to_owned(), |x| format::value(metric.unit, x)),
            format::count(part.now.n)
        );
    }
}

fn version(text: &mut String, v: &VersionLine) {
    let cell = |id: &str| match (Metric::find(id), v.metrics.get(id)) {
        (Some(metric), Some(e)) => with_interval(metric, e),
        _ => "\u{2013}".to_owned(),
    };
    let faithfulness = v.metrics.get("faithfulness").map_or("\u{2013}".to_owned(), |e| {
        let p10 = v.faithfulness_p10.map_or(String::new(), |p| format!("{p:.2}"));
        let share = v.coverage.map_or(String::new(), |c| format!("{:.0}%", c * 100.0));
        format!("{:.2} ({p10}, {share})", e.value)
    });
    let plain = |id: &str| match (Metric::find(id), v.metrics.get(id)) {
        (Some(metric), Some(e)) => format::value(metric.unit, e.value),
        _ => "\u{2013}".to_owned(),
    };
    let latency = match (v.latency_p50, v.latency_p95) {
        (Some(a), Some(b)) => format!("{}, {}", format::milliseconds(a), format::milliseconds(b)),
        _ => "\u{2013}".to_owned(),
    };
    let _ = writeln!(
        text,
        "| {} {} | {} | {} | {} | {faithfulness} | {} | {} | {} | {} | {latency} |",
        safe(&v.prompt),
        safe(&v.version),
        format::count(v.calls),
        cell("parse_failure"),
        cell("schema_pass"),
        cell("citation_validity"),
        cell("refusal"),
        plain("error"),
        plain("cost_per_call"),
    );
}

fn with_interval(metric: &Metric, e: &Estimate) -> String {
    format!(
        "{} ({} to {})",
        format::value(metric.unit, e.value),
        format::value(metric.unit, e.low),
        format::value(metric.unit, e.high)
    )
}

fn health(text: &mut String, report: &WeeklyReport) {
    text.push_str("\n## Data health\n\n");
    for warning in &report.health.warnings {
        let _ = write!(text, "> {}\n\n", safe(warning));
    }
    for (id, words) in super::html::COUNTS {
        if let Some(n) = report.health.counts.get(*id) {
            let _ = writeln!(text, "- {words}: {}", format::count(*n));
        }
    }
    for (code, n) in &report.health.rejected {
        let _ = writeln!(text, "- rejected, `{}`: {}", safe(code), format::count(*n));
    }
    let _ = writeln!(
        text,
        "\nRemoved before storage (policy {}):\n",
        if report.health.policies.is_empty() {
            "unknown".to_owned()
        } else {
            safe(&report.health.policies.join(", "))
        }
    );
    if report.health.redactions.is_empty() {
        text.push_str("nothing\n");
        return;
    }
    text.push_str("| class | this week | week before |\n|---|---:|---:|\n");
    for (class, (now, before)) in &report.health.redactions {
        let _ = writeln!(
            text,
            "| {} | {} | {} |",
            safe(class),
            format::count(*now),
            format::count(*before)
        );
    }
}
