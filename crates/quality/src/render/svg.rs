//! Inline SVG: sparklines and intervals. Colours come from the page's style sheet by class.

use std::fmt::Write as _;

/// A mark on a sparkline.
pub(super) struct Mark<'a> {
    /// Day, as an index into the series.
    pub at: usize,
    /// What a pointer or screen reader gets.
    pub title: &'a str,
}

const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 48.0;

/// A daily line with the report's week shaded, release marks, and a dot at the last value.
pub(super) fn sparkline(
    values: &[Option<f64>],
    marks: &[Mark<'_>],
    label: &str,
    zero: bool,
) -> String {
    let known: Vec<f64> = values.iter().flatten().copied().collect();
    let mut svg = format!(
        "<svg class=\"spark\" role=\"img\" aria-label=\"{}\"><svg viewBox=\"0 0 {WIDTH:.0} \
         {HEIGHT:.0}\" preserveAspectRatio=\"none\" width=\"100%\" height=\"100%\">",
        super::html::escape(label)
    );
    let step = WIDTH / (values.len().max(2) - 1) as f64;
    let band = (values.len().saturating_sub(7)) as f64 * step - step / 2.0;
    let _ = write!(
        svg,
        "<rect class=\"band\" x=\"{band:.1}\" y=\"0\" width=\"{:.1}\" height=\"{HEIGHT:.0}\"/>",
        WIDTH - band
    );
    for mark in marks {
        let x = mark.at as f64 * step;
        let _ = write!(
            svg,
            "<line class=\"mark\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"0\" y2=\"{HEIGHT:.0}\"><title>{}</title></line>",
            super::html::escape(mark.title)
        );
    }
    let (mut low, mut high) = bounds(&known);
    if zero {
        low = 0.0;
    }
    if high - low < 1e-12 {
        (low, high) = (low - 0.5, high + 0.5);
    }
    let y = |v: f64| HEIGHT - 5.0 - (v - low) / (high - low) * (HEIGHT - 10.0);
    for run in runs(values) {
        let points: Vec<String> =
            run.iter().map(|(at, v)| format!("{:.1},{:.1}", *at as f64 * step, y(*v))).collect();
        let _ = write!(svg, "<polyline class=\"line\" points=\"{}\"/>", points.join(" "));
    }
    svg.push_str("</svg>");
    if let Some((at, v)) = values.iter().enumerate().rev().find_map(|(at, v)| Some((at, (*v)?))) {
        let _ = write!(
            svg,
            "<circle class=\"dot\" cx=\"{:.2}%\" cy=\"{:.2}%\" r=\"3\"/>",
            at as f64 * step / WIDTH * 100.0,
            y(v) / HEIGHT * 100.0
        );
    }
    svg.push_str("</svg>");
    svg
}

fn bounds(values: &[f64]) -> (f64, f64) {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if low > high { (0.0, 0.0) } else { (low, high) }
}

/// Stretches of days with values; a gap is not drawn over.
fn runs(values: &[Option<f64>]) -> Vec<Vec<(usize, f64)>> {
    let mut runs: Vec<Vec<(usize, f64)>> = vec![Vec::new()];
    for (at, value) in values.iter().enumerate() {
        match value {
            Some(v) => {
                if let Some(run) = runs.last_mut() {
                    run.push((at, *v));
                }
            }
            None => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

/// Where a harm, in units of the smallest change worth reporting, lies on the forest plot, in per
/// cent of its width: logarithmic on both sides of zero, cut at ±20.
pub(super) fn forest_x(units: f64) -> f64 {
    let reach = 21f64.ln();
    let at = units.clamp(-20.0, 20.0);
    50.0 + 48.0 * at.signum() * at.abs().ln_1p() / reach
}

/// One row of the forest plot; `low`, `point`, `high` in units of the smallest change.
pub(super) fn interval(low: f64, point: f64, high: f64, class: &str, label: &str) -> String {
    let (a, x, b) = (forest_x(low.min(high)), forest_x(point), forest_x(low.max(high)));
    format!(
        "<svg class=\"ci {class}\" role=\"img\" aria-label=\"{}\"><rect class=\"small\" \
         x=\"{:.2}%\" y=\"0\" width=\"{:.2}%\" height=\"100%\"/><line class=\"zero\" x1=\"50%\" \
         x2=\"50%\" y1=\"0\" y2=\"100%\"/><line class=\"range\" x1=\"{a:.2}%\" x2=\"{b:.2}%\" \
         y1=\"50%\" y2=\"50%\"/><circle class=\"point\" cx=\"{x:.2}%\" cy=\"50%\" r=\"4.5\"/></svg>",
        super::html::escape(label),
        forest_x(-1.0),
        forest_x(1.0) - forest_x(-1.0),
    )
}

/// Two stacked bars of shares, reference above week.
pub(super) fn shares(shares: &[(String, f64, f64)], label: &str) -> String {
    let mut svg = format!(
        "<svg class=\"shares\" role=\"img\" aria-label=\"{}\">",
        super::html::escape(label)
    );
    for (row, y) in [(0, "0"), (1, "52%")] {
        let mut x = 0.0;
        for (at, (name, before, now)) in shares.iter().enumerate() {
            let share = if row == 0 { *before } else { *now };
            let _ = write!(
                svg,
                "<rect class=\"s{}\" x=\"{:.2}%\" y=\"{y}\" width=\"{:.2}%\" height=\"44%\"><title>{} \
                 {:.1}%</title></rect>",
                at % 8,
                x * 100.0,
                share * 100.0,
                super::html::escape(name),
                share * 100.0
            );
            x += share;
        }
    }
    svg.push_str("</svg>");
    svg
}
