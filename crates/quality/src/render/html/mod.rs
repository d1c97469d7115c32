//! The report as one self-contained page: no script, no network, light and dark, print.

mod findings;
mod forest;
mod health;
mod workflows;

pub(crate) use forest::forest_rows;
pub(crate) use health::COUNTS;

use std::fmt::Write as _;

use chrono::{Datelike, NaiveDate};

use super::format;
use super::svg::{self, Mark};
use crate::metric::Better;
use crate::report::model::{Direction, Signal, WeeklyReport};

const STYLE: &str = include_str!("style.css");

/// Renders the report as one HTML file.
pub fn render_html(report: &WeeklyReport) -> String {
    let mut page = String::with_capacity(96 * 1024);
    let title = format!("Quality report {}", report.week.name);
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta \
         name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta \
         name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n<style>\n{STYLE}</style>\n\
         </head>\n<body>\n",
        escape(&title)
    );
    header(&mut page, report);
    page.push_str("<main>\n");
    verdict(&mut page, report);
    signals(&mut page, report);
    forest::changes(&mut page, report);
    findings::findings(&mut page, report);
    forest::drift(&mut page, report);
    workflows::workflows(&mut page, report);
    health::health(&mut page, report);
    health::method(&mut page, report);
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

/// Escapes text for element content and quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\n' | '\t' => safe.push(' '),
            c if c.is_control() => {}
            c => safe.push(c),
        }
    }
    safe
}

fn header(page: &mut String, report: &WeeklyReport) {
    let week = &report.week;
    let _ = writeln!(
        page,
        "<header class=\"top\"><div class=\"brand\"><svg width=\"22\" height=\"22\" viewBox=\"0 0 22 \
         22\" aria-hidden=\"true\"><path class=\"wave\" d=\"M1 7c3.3-4 6.7-4 10 0s6.7 4 10 0\"/><path \
         class=\"wave two\" d=\"M1 14c3.3-4 6.7-4 10 0s6.7 4 10 0\"/></svg><span>Spanlake</span><span \
         class=\"muted\">weekly quality report</span></div><div class=\"period\"><strong>{}</strong> \
         <span>{}</span> <span class=\"muted\">{}</span></div></header>",
        escape(&week.name),
        escape(&day_range(&week.first_day, &week.last_day)),
        escape(&week.time_zone)
    );
}

/// `9–15 November 2026`, with the month twice only where it changes.
pub(crate) fn day_range(first: &str, last: &str) -> String {
    let parse = |text: &str| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    let (Some(a), Some(b)) = (parse(first), parse(last)) else { return format!("{first} {last}") };
    if a.month() == b.month() {
        format!("{}\u{2013}{}", a.day(), b.format("%-d %B %Y"))
    } else {
        format!("{} \u{2013} {}", a.format("%-d %B"), b.format("%-d %B %Y"))
    }
}

fn verdict(page: &mut String, report: &WeeklyReport) {
    let (class, glyph) = match report.verdict.direction {
        Direction::Worse => ("worse", "\u{25bc}"),
        Direction::Better => ("better", "\u{25b2}"),
        Direction::Unchanged => ("same", "\u{25cf}"),
        Direction::TooLittleData => ("same", "?"),
    };
    let _ = write!(
        page,
        "<section class=\"verdict {class}\" aria-labelledby=\"verdict\"><span class=\"glyph\" \
         aria-hidden=\"true\">{glyph}</span><div><h1 id=\"verdict\">{}</h1><p>{}</p>",
        escape(&report.verdict.headline),
        escape(&report.verdict.detail)
    );
    if !report.findings.is_empty() {
        page.push_str("<ol class=\"brief\">");
        for (at, finding) in report.findings.iter().take(7).enumerate() {
            let _ =
                write!(page, "<li><a href=\"#f{}\">{}</a></li>", at + 1, escape(&finding.title));
        }
        page.push_str("</ol>");
        if report.findings.len() > 7 {
            let _ =
                write!(page, "<p class=\"muted\">and {} more below</p>", report.findings.len() - 7);
        }
    }
    page.push_str("</div></section>\n");
}

fn signals(page: &mut String, report: &WeeklyReport) {
    page.push_str("<section aria-label=\"Four signals\"><div class=\"signals\">\n");
    let titles: Vec<(usize, String)> = release_marks(report);
    let marks: Vec<Mark<'_>> = titles.iter().map(|(at, title)| Mark { at: *at, title }).collect();
    for signal in &report.signals {
        let _ = writeln!(
            page,
            "<div class=\"card\"><h2>{}</h2><div class=\"value\">{}{}</div>{}<p \
             class=\"muted\">{}</p></div>",
            escape(&signal.title),
            signal.value.map_or_else(|| "\u{2013}".to_owned(), |x| format::signal(signal.unit, x)),
            delta(signal),
            svg::sparkline(&signal.spark, &marks, &spark_label(signal), false),
            escape(&signal.note)
        );
    }
    page.push_str("</div>\n<p class=\"legend muted\">30 days; the report\u{2019}s week is shaded");
    page.push_str(if marks.is_empty() { ".</p>" } else { ", dashed lines are releases.</p>" });
    page.push_str("</section>\n");
}

fn spark_label(signal: &Signal) -> String {
    let ends =
        |x: Option<&f64>| x.map_or("unknown".to_owned(), |x| format::signal(signal.unit, *x));
    format!(
        "{} over {} days, from {} to {}",
        signal.title,
        signal.spark.len(),
        ends(signal.spark.iter().flatten().next()),
        ends(signal.spark.iter().flatten().next_back())
    )
}

/// The change against the week before. Raw, so it claims nothing: neutral colour.
fn delta(signal: &Signal) -> String {
    let (Some(now), Some(before)) = (signal.value, signal.before) else { return String::new() };
    if before == 0.0 {
        return String::new();
    }
    let relative = now / before - 1.0;
    let arrow = if relative.abs() < 0.000_5 {
        "\u{2192}"
    } else if relative > 0.0 {
        "\u{2191}"
    } else {
        "\u{2193}"
    };
    let hint = match signal.better {
        Some(Better::Lower) => "lower is better",
        Some(Better::Higher) => "higher is better",
        None => "neither is better",
    };
    format!(
        "<small title=\"{hint}\">{arrow} {:.1}% <span class=\"muted\">from {}</span></small>",
        relative.abs() * 100.0,
        format::signal(signal.unit, before)
    )
}

/// Days of the sparklines with a release, and what was released.
pub(super) fn release_marks(report: &WeeklyReport) -> Vec<(usize, String)> {
    let mut marks: Vec<(usize, String)> = Vec::new();
    for release in report.releases.iter().rev() {
        let Some(at) = report.week.spark_days.iter().position(|day| *day == release.day) else {
            continue;
        };
        let text = format!("{} {} {}", release.name, release.version, release.action);
        match marks.iter_mut().find(|(day, _)| *day == at) {
            Some((_, title)) => {
                title.push_str(", ");
                title.push_str(&text);
            }
            None => marks.push((at, text)),
        }
    }
    marks
}
