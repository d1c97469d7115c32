//! What changed: releases, the forest plot of effects, the drift strip.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::super::format;
use super::super::svg;
use super::escape;
use crate::metric::Metric;
use crate::report::model::{Basis, Comparison, Outcome, WeeklyReport};

/// Most rows of the forest plot.
const ROWS: usize = 16;

/// The comparisons worth a row: those told as findings and improvements, then every version
/// against the one before it, then the week against the last for the main metrics.
pub(crate) fn forest_rows(report: &WeeklyReport) -> Vec<&Comparison> {
    let mut rows: Vec<&Comparison> =
        report.findings.iter().filter_map(|f| f.comparison.as_ref()).collect();
    rows.extend(&report.improvements);
    let main = ["parse_failure", "faithfulness", "success", "cost_per_success", "tool_arguments"];
    let whole = |c: &&Comparison| {
        c.subject.tenant.is_empty()
            && c.outcome != Outcome::TooLittleData
            && main.contains(&c.metric.as_str())
    };
    let by = |bases: [Basis; 2]| {
        report.comparisons.iter().filter(whole).filter(move |c| bases.contains(&c.basis))
    };
    rows.extend(by([Basis::Concurrent, Basis::EarlierVersion]));
    rows.extend(by([Basis::WeekBefore, Basis::WeekBefore]));
    let mut seen = BTreeSet::new();
    // One row a metric, workflow and version: the tools of one agent say the same.
    rows.retain(|c| {
        let s = &c.subject;
        seen.insert((&c.metric, &s.workflow, &s.version, &s.tenant))
    });
    rows.truncate(ROWS);
    rows
}

/// The section "What changed".
pub(super) fn changes(page: &mut String, report: &WeeklyReport) {
    page.push_str("<section id=\"changes\"><h2>What changed</h2>\n");
    releases(page, report);
    let rows = forest_rows(report);
    if rows.is_empty() {
        page.push_str("<p>No comparison was possible.</p></section>\n");
        return;
    }
    page.push_str(
        "<div class=\"forest\" role=\"table\" aria-label=\"Effects with intervals\"><div class=\"row \
         head\" role=\"row\"><span role=\"columnheader\">compared</span><span class=\"axis\" \
         role=\"columnheader\"><span>better</span><span>too small to \
         matter</span><span>worse</span></span><span role=\"columnheader\">change</span><span \
         role=\"columnheader\">adj. p</span></div>\n",
    );
    for row in rows {
        forest_row(page, row);
    }
    page.push_str(
        "</div>\n<p class=\"legend muted\">Each line is the always-valid 95% interval of a change, \
         turned so that right is worse and scaled by the smallest change worth reporting of its \
         metric.</p></section>\n",
    );
}

fn forest_row(page: &mut String, row: &Comparison) {
    let Some(metric) = Metric::find(&row.metric) else { return };
    let units = |x: f64| {
        let x = if metric.is_relative() {
            x.max(-0.95).ln_1p() / metric.minimum.ln_1p()
        } else {
            x / metric.minimum
        };
        metric.harm(x)
    };
    let class = match row.outcome {
        Outcome::Worse => "worse",
        Outcome::Better => "better",
        _ => "same",
    };
    let label = format!(
        "{}: change {}, interval {} to {}, {}",
        metric.title,
        format::effect(row.unit, row.effect),
        format::effect(row.unit, row.low),
        format::effect(row.unit, row.high),
        row.words()
    );
    let _ = writeln!(
        page,
        "<div class=\"row\" role=\"row\"><span role=\"cell\"><b>{}</b> <em>{}</em><small \
         class=\"muted\">against {} ({})</small></span><span role=\"cell\">{}</span><span \
         role=\"cell\" class=\"num {class}\">{}<small class=\"muted\">{} \u{2192} {}</small></span><span \
         role=\"cell\" class=\"num\">{}<small class=\"muted\">{}</small></span></div>",
        escape(&format::subject(&row.subject)),
        escape(metric.title),
        escape(&row.reference),
        row.basis.label(),
        svg::interval(units(row.low), units(row.effect), units(row.high), class, &label),
        format::effect(row.unit, row.effect),
        format::value(row.unit, row.before),
        format::value(row.unit, row.after),
        format::p_value(row.p_adjusted),
        row.words(),
    );
}

fn releases(page: &mut String, report: &WeeklyReport) {
    let from = report.week.spark_days.len().saturating_sub(14);
    let from = report.week.spark_days.get(from).map_or("", String::as_str);
    if report.releases.iter().all(|r| r.day.as_str() < from) {
        page.push_str("<p class=\"muted\">No release and no new version in these two weeks.</p>\n");
        return;
    }
    page.push_str("<ul class=\"releases\" aria-label=\"Releases\">");
    for release in report.releases.iter().filter(|r| r.day.as_str() >= from) {
        let fresh = release.day >= report.week.first_day;
        let _ = write!(
            page,
            "<li{}><time>{}</time> <b>{} {}</b> <span class=\"muted\">{}{}{}</span></li>",
            if fresh { " class=\"fresh\"" } else { "" },
            escape(&release.day),
            escape(&release.name),
            escape(&release.version),
            escape(&release.action),
            if release.place.is_empty() { "" } else { ", " },
            escape(&release.place)
        );
    }
    page.push_str("</ul>\n");
}

/// The drift strip.
pub(super) fn drift(page: &mut String, report: &WeeklyReport) {
    page.push_str("<section id=\"drift\"><h2>Slow changes</h2>\n");
    if report.drift.is_empty() {
        page.push_str(
            "<p class=\"muted\">No distribution has enough data on both sides.</p></section>\n",
        );
        return;
    }
    let mut lines: Vec<_> = report.drift.iter().collect();
    lines.sort_by(|a, b| {
        b.flagged
            .cmp(&a.flagged)
            .then(a.p_adjusted.total_cmp(&b.p_adjusted))
            .then_with(|| (&a.subject, &a.what).cmp(&(&b.subject, &b.what)))
    });
    page.push_str("<div class=\"drifts\">");
    for line in lines {
        let label =
            format!("{} of {}: reference above, this week below", line.what, line.subject.workflow);
        let _ = writeln!(
            page,
            "<div class=\"drift{}\"><div><b>{}</b> <em>{}</em><small class=\"muted\">PSI {:.3}, adj. p \
             {}, effective n {} and {}</small></div>{}</div>",
            if line.flagged { " flagged" } else { "" },
            escape(&format::place_words(&line.subject)),
            escape(&line.what),
            line.psi,
            format::p_value(line.p_adjusted),
            format::count(line.n.0),
            format::count(line.n.1),
            svg::shares(&line.shares, &label)
        );
        if line.flagged {
            legend(page, line);
        }
    }
    page.push_str(
        "</div>\n<p class=\"legend muted\">Shares in the reference weeks above, this week below. A \
         change is told when it is certain and the population stability index reaches 0.05.</p></section>\n",
    );
}

fn legend(page: &mut String, line: &crate::report::model::DriftLine) {
    page.push_str("<ul class=\"bins\">");
    for (at, (name, before, now)) in line.shares.iter().enumerate() {
        let _ = write!(
            page,
            "<li><svg width=\"10\" height=\"10\" aria-hidden=\"true\"><rect class=\"s{}\" width=\"10\" \
             height=\"10\" rx=\"2\"/></svg> {} <span class=\"muted\">{:.0}% \u{2192} {:.0}%</span></li>",
            at % 8,
            escape(name),
            before * 100.0,
            now * 100.0
        );
    }
    page.push_str("</ul>\n");
}
