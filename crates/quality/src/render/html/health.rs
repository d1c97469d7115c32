//! Data health, redaction, method and next steps.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::format;
use super::escape;
use crate::report::model::WeeklyReport;

/// Words for the named counts of `sql/report/health.sql`, in order.
pub(crate) const COUNTS: &[(&str, &str)] = &[
    ("spans", "spans"),
    ("traces", "traces"),
    ("late_spans", "late: came over an hour later than the rest of their trace"),
    ("duplicate_calls", "second reports of one provider call, not counted twice"),
    ("partial_spans", "partial: never ended"),
    ("orphan_spans", "orphans: their parent never came"),
    ("suspect_times", "times outside what receipt allows"),
    ("unpriced_calls", "model calls without a price"),
    ("unversioned_calls", "model calls without a prompt version"),
    ("rejected", "rejected or cut inputs, whole store"),
];

/// The section "Data health".
pub(super) fn health(page: &mut String, report: &WeeklyReport) {
    let health = &report.health;
    page.push_str("<section id=\"health\"><h2>Data health</h2>\n");
    for warning in &health.warnings {
        let _ = write!(page, "<p class=\"note\">{}</p>", escape(warning));
    }
    page.push_str("<div class=\"pair\"><div><h3>The week\u{2019}s data</h3><dl>");
    for (id, words) in COUNTS {
        if let Some(n) = health.counts.get(*id) {
            let _ = write!(page, "<div><dt>{words}</dt><dd>{}</dd></div>", format::count(*n));
        }
    }
    for (code, n) in &health.rejected {
        let _ = write!(
            page,
            "<div><dt>rejected: <code>{}</code></dt><dd>{}</dd></div>",
            escape(code),
            format::count(*n)
        );
    }
    for (evaluator, (now, _)) in &health.evaluators {
        let _ = write!(
            page,
            "<div><dt>faithfulness by <code>{}</code></dt><dd>{}</dd></div>",
            escape(evaluator),
            format::count(*now)
        );
    }
    page.push_str("</dl></div>\n<div><h3>Removed before storage</h3>");
    redactions(page, &health.redactions, &health.policies);
    page.push_str("</div></div></section>\n");
}

fn redactions(page: &mut String, redactions: &BTreeMap<String, (u64, u64)>, policies: &[String]) {
    if redactions.is_empty() {
        page.push_str("<p class=\"muted\">Redaction removed nothing in these weeks.</p>");
    } else {
        page.push_str(
            "<table class=\"small\"><thead><tr><th scope=\"col\">class</th><th scope=\"col\">this \
             week</th><th scope=\"col\">week before</th></tr></thead><tbody>",
        );
        for (class, (now, before)) in redactions {
            let _ = write!(
                page,
                "<tr><th scope=\"row\">{}</th><td data-label=\"this week\"><span>{}</span></td><td \
                 data-label=\"week before\"><span>{}</span></td></tr>",
                escape(class),
                format::count(*now),
                format::count(*before)
            );
        }
        page.push_str("</tbody></table>");
    }
    let names: Vec<String> =
        policies.iter().map(|p| format!("<code>{}</code>", escape(p))).collect();
    let _ = write!(
        page,
        "<p class=\"muted\">Policy {}</p>",
        if names.is_empty() { "unknown".to_owned() } else { names.join(", ") }
    );
}

/// Next steps and the method.
pub(super) fn method(page: &mut String, report: &WeeklyReport) {
    page.push_str("<section id=\"next\"><h2>What to do next</h2>\n");
    for step in &report.next {
        let _ = write!(
            page,
            "<p>{}</p><pre><code>{}</code></pre>",
            escape(&step.why),
            escape(&step.command)
        );
    }
    page.push_str(
        "</section>\n<section id=\"method\"><h2>How to read this</h2>\n<details><summary>",
    );
    let _ = write!(
        page,
        "{} comparisons, {} not made for lack of data</summary><ul>",
        format::count(report.method.comparisons),
        format::count(report.method.too_little_data)
    );
    for note in &report.method.notes {
        let _ = write!(page, "<li>{}</li>", escape(note));
    }
    page.push_str("</ul></details></section>\n");
}
