//! Numbers and names as people read them. Fixed digits, no locale.

use crate::metric::{Metric, Unit};
use crate::report::model::{Comparison, SignalUnit, Subject};

/// A whole number with thin groups: `12 345` as `12,345`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A value with its unit.
pub fn value(unit: Unit, x: f64) -> String {
    match unit {
        Unit::Rate => rate(x),
        Unit::Score => format!("{x:.2}"),
        Unit::Usd => usd(x),
        Unit::Milliseconds => milliseconds(x),
    }
}

/// A value of a signal.
pub fn signal(unit: SignalUnit, x: f64) -> String {
    match unit {
        SignalUnit::Rate => rate(x),
        SignalUnit::Score => format!("{x:.2}"),
        SignalUnit::Usd => usd(x),
        SignalUnit::Milliseconds => milliseconds(x),
        SignalUnit::Count => count(x.max(0.0).round() as u64),
    }
}

/// A share in per cent, one decimal.
pub fn rate(x: f64) -> String {
    format!("{:.1}%", x * 100.0)
}

/// US dollars with three significant digits below ten, two decimals above.
pub fn usd(x: f64) -> String {
    if x.abs() >= 1000.0 {
        format!("${}", count(x.round() as u64))
    } else if x.abs() >= 10.0 {
        format!("${x:.2}")
    } else if x == 0.0 {
        "$0".to_owned()
    } else {
        let places = (2 - x.abs().log10().floor() as i32).clamp(2, 8) as usize;
        format!("${x:.places$}")
    }
}

/// Milliseconds, or seconds from one second on.
pub fn milliseconds(x: f64) -> String {
    if x >= 1000.0 { format!("{:.2} s", x / 1000.0) } else { format!("{x:.0} ms") }
}

/// A change with its sign, in points or per cent.
pub fn effect(unit: Unit, x: f64) -> String {
    let sign = if x < 0.0 { "\u{2212}" } else { "+" };
    let size = x.abs();
    match unit {
        Unit::Rate => format!("{sign}{:.1} pp", size * 100.0),
        Unit::Score => format!("{sign}{size:.2}"),
        Unit::Usd | Unit::Milliseconds => format!("{sign}{:.0}%", size * 100.0),
    }
}

/// A p-value: `0.012`, `<0.001`.
pub fn p_value(p: f64) -> String {
    if p < 0.001 { "<0.001".to_owned() } else { format!("{p:.3}") }
}

/// `before → after (effect)`.
pub fn change(shown: &Comparison) -> String {
    format!(
        "{} \u{2192} {} ({})",
        value(shown.unit, shown.before),
        value(shown.unit, shown.after),
        effect(shown.unit, shown.effect)
    )
}

/// How a finding is known: effect, interval, p, n, basis.
pub fn evidence(shown: &Comparison) -> String {
    format!(
        "{} [{}, {}] against {} ({}); adjusted p {}; n {} and {}, effective {} and {}",
        effect(shown.unit, shown.effect),
        effect(shown.unit, shown.low),
        effect(shown.unit, shown.high),
        shown.reference,
        shown.basis.label(),
        p_value(shown.p_adjusted),
        count(shown.n_before),
        count(shown.n_after),
        count(shown.effective_before),
        count(shown.effective_after),
    )
}

/// The workflow, with prompt, part and version where they say more.
pub fn place_words(subject: &Subject) -> String {
    let mut words = if subject.workflow.is_empty() {
        "calls without a workflow".to_owned()
    } else {
        subject.workflow.clone()
    };
    if !subject.prompt.is_empty() && subject.prompt != subject.workflow {
        words = format!("{words} \u{203a} {}", subject.prompt);
    }
    if !subject.part.is_empty() {
        words = format!("{words} \u{203a} {}", subject.part);
    }
    if !subject.version.is_empty() {
        words = format!("{words} {}", subject.version);
    }
    words
}

/// The words for a subject, tenant included.
pub fn subject(subject: &Subject) -> String {
    let words = place_words(subject);
    if subject.tenant.is_empty() { words } else { format!("{words} for {}", subject.tenant) }
}

/// What another comparison of the same theme is about: its metric, and its subject where that
/// differs from the main one's.
pub fn subject_short(other: &Comparison, main: &Comparison) -> String {
    let title = Metric::find(&other.metric).map_or(other.metric.as_str(), |m| m.title);
    if other.subject == main.subject {
        title.to_owned()
    } else {
        format!("{title} of {}", subject(&other.subject))
    }
}

/// Makes a text safe inside a single-quoted SQL literal.
pub fn sql_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_fixed() {
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(12), "12");
        assert_eq!(usd(0.001_234), "$0.00123");
        assert_eq!(usd(1.5), "$1.50");
        assert_eq!(usd(123.4), "$123.40");
        assert_eq!(milliseconds(950.4), "950 ms");
        assert_eq!(milliseconds(1520.0), "1.52 s");
        assert_eq!(effect(Unit::Rate, -0.054_3), "\u{2212}5.4 pp");
        assert_eq!(effect(Unit::Usd, 0.347), "+35%");
        assert_eq!(p_value(0.000_2), "<0.001");
        assert_eq!(sql_text("o'neill"), "'o''neill'");
    }
}
