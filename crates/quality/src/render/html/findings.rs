//! The regressions, one card each.

use std::fmt::Write as _;

use super::super::format;
use super::escape;
use crate::metric::Severity;
use crate::report::model::{Finding, WeeklyReport};

/// The section "What got worse".
pub(super) fn findings(page: &mut String, report: &WeeklyReport) {
    page.push_str("<section id=\"findings\"><h2>What needs attention</h2>\n");
    if report.findings.is_empty() {
        page.push_str(
            "<p>Nothing. No metric of any prompt version, tenant, tool or index got worse by an \
             amount that matters and that chance would not explain.</p></section>\n",
        );
        return;
    }
    for (at, finding) in report.findings.iter().enumerate() {
        card(page, at + 1, finding);
    }
    page.push_str("</section>\n");
}

fn card(page: &mut String, number: usize, finding: &Finding) {
    let (class, word) = match finding.severity {
        Severity::Page => ("page", "act now"),
        Severity::Notify => ("notify", "act this week"),
        Severity::Review => ("review", "review"),
    };
    let _ = write!(
        page,
        "<article class=\"finding {class}\" id=\"f{number}\"><header><span \
         class=\"tag\">{word}</span><span class=\"tag plain\">{}</span>",
        if finding.is_new { "new this week" } else { "began earlier" }
    );
    if finding.affected > 0 {
        let _ = write!(
            page,
            "<span class=\"muted\">about {} {}</span>",
            format::count(finding.affected),
            if finding.metric == "volume" { "traces missing" } else { "calls affected" }
        );
    }
    let _ = write!(
        page,
        "</header><h3>{number}. {}</h3><p>{}</p>",
        escape(&finding.title),
        escape(&finding.evidence)
    );
    if !finding.also.is_empty() {
        let also: Vec<String> = finding.also.iter().map(|line| escape(line)).collect();
        let _ = write!(page, "<p>With it: {}.</p>", also.join("; "));
    }
    for warning in &finding.warnings {
        let _ = write!(page, "<p class=\"note\">{}</p>", escape(warning));
    }
    if !finding.traces.is_empty() {
        page.push_str("<ul class=\"traces\">");
        for trace in &finding.traces {
            let _ = write!(
                page,
                "<li><code>spanlake trace {}</code> <span class=\"muted\">{} {}</span>",
                escape(&trace.trace_id),
                escape(&trace.time),
                escape(&trace.what)
            );
            if !trace.preview.is_empty() {
                let _ = write!(page, "<blockquote>{}</blockquote>", escape(&trace.preview));
            }
            page.push_str("</li>");
        }
        page.push_str("</ul>");
    }
    if !finding.sql.is_empty() {
        let _ = write!(
            page,
            "<details><summary>SQL</summary><pre><code>{}</code></pre></details>",
            escape(&finding.sql)
        );
    }
    page.push_str("</article>\n");
}
