//! What a rule's statement says at a time, and whether that is too far.

use std::collections::BTreeMap;

use serde_json::json;
use spanlake_functions::stats::{Adjustment, adjust};
use spanlake_model::Micros;
use spanlake_query::{Session, SqlFile};
use statrs::distribution::{Binomial, DiscreteCDF as _};

use super::rule::{Direction, Kind, Rule, Test};
use crate::error::{QualityError, Result};
use crate::rows::{Kind as Cell, Rows};

/// Whether a value is too far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Beyond the threshold, and chance does not explain it.
    Beyond,
    /// Not that.
    Within,
    /// Too few observations, or none.
    NoData,
}

/// One group of a rule at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The group; `None` where the statement has none.
    pub group: Option<String>,
    /// Value measured.
    pub value: Option<f64>,
    /// Value it is held against.
    pub baseline: Option<f64>,
    /// Observations.
    pub n: i64,
    /// P-value, adjusted for the groups of the rule.
    pub p: Option<f64>,
    /// Lower bound.
    pub low: Option<f64>,
    /// Whether it is too far.
    pub verdict: Verdict,
}

impl Reading {
    /// What is known besides value, baseline and n.
    pub fn details(&self, rule: &Rule) -> String {
        let mut details = json!({ "threshold": rule.threshold });
        for (name, value) in [("p_adjusted", self.p), ("low", self.low)] {
            if let (Some(value), Some(details)) = (value, details.as_object_mut()) {
                details.insert(name.to_owned(), json!(value));
            }
        }
        details.to_string()
    }
}

/// Runs a rule's statement as of a time.
///
/// # Errors
/// When the statement fails, lacks a column or a parameter's value does not fit.
pub async fn read(
    session: &Session,
    rule: &Rule,
    file: &SqlFile,
    now: Micros,
) -> Result<Vec<Reading>> {
    let failed = |source| QualityError::Query { file: file.path.clone(), source: Box::new(source) };
    let mut values: BTreeMap<String, String> = rule.values();
    if file.parameters.iter().any(|parameter| parameter.name == "now") {
        let time = chrono::DateTime::from_timestamp_micros(now.0).unwrap_or_default();
        values.insert("now".to_owned(), time.to_rfc3339());
    }
    let statement = file.statement(&values).map_err(failed)?;
    let batches = session.collect(&statement).await.map_err(failed)?;
    let rows = Rows::new(&file.path, batches);
    let names = rows.names();
    let has = |name: &str| names.iter().any(|known| known == name);
    let mut columns = vec![("value", Cell::Float), ("n", Cell::Int)];
    for (name, kind) in
        [("group", Cell::Text), ("baseline", Cell::Float), ("p", Cell::Float), ("low", Cell::Float)]
    {
        if has(name) {
            columns.push((name, kind));
        }
    }
    let needed: &[(&str, Cell)] = match rule.test {
        Test::Binomial => &[("hits", Cell::Int), ("trials", Cell::Int), ("expected", Cell::Float)],
        Test::P => &[("p", Cell::Float)],
        Test::Low => &[("low", Cell::Float)],
        Test::None => &[],
    };
    let missing: Vec<_> =
        needed.iter().filter(|(name, _)| !columns.iter().any(|(known, _)| known == name)).collect();
    columns.extend(missing);
    if matches!(rule.kind, Kind::Ratio | Kind::Change) && !has("baseline") {
        columns.push(("baseline", Cell::Float));
    }
    let mut readings = Vec::new();
    rows.for_each(&columns, |row| {
        let p = match rule.test {
            Test::Binomial => {
                binomial(row.count("hits"), row.count("trials"), row.float_opt("expected"))
            }
            _ => row.float_opt("p"),
        };
        readings.push(Reading {
            group: row.text_opt("group"),
            value: row.float_opt("value"),
            baseline: row.float_opt("baseline"),
            n: row.int("n"),
            p,
            low: row.float_opt("low"),
            verdict: Verdict::NoData,
        });
    })?;
    Ok(judge(rule, readings))
}

/// P(X ≥ hits) of a binomial distribution.
fn binomial(hits: u64, trials: u64, expected: Option<f64>) -> Option<f64> {
    let distribution = Binomial::new(expected?, trials).ok()?;
    Some(hits.checked_sub(1).map_or(1.0, |below| distribution.sf(below)))
}

/// Adjusts the p-values of a rule's groups with enough data, and says which are too far.
fn judge(rule: &Rule, mut readings: Vec<Reading>) -> Vec<Reading> {
    let min_n = i64::try_from(rule.min_n).unwrap_or(i64::MAX);
    let counted = |reading: &Reading| reading.n >= min_n && reading.value.is_some();
    let family: Vec<Option<f64>> =
        readings.iter().map(|reading| reading.p.filter(|_| counted(reading))).collect();
    for (reading, p) in readings.iter_mut().zip(adjust(&family, Adjustment::BenjaminiHochberg)) {
        reading.p = p;
        let Some(distance) = distance(rule, reading).filter(|_| counted(reading)) else { continue };
        let threshold = rule.threshold.unwrap_or_default();
        let is_far = match rule.direction {
            // A ratio of exactly 2 has doubled.
            Direction::Above if rule.kind == Kind::Ratio => distance >= threshold,
            Direction::Above => distance > threshold,
            Direction::Below => distance < threshold,
        };
        let is_chance = match rule.test {
            Test::None => false,
            Test::Binomial | Test::P => {
                reading.p.is_none_or(|p| p >= rule.alpha.unwrap_or_default())
            }
            Test::Low => reading.low.is_none_or(|low| low <= 0.0),
        };
        reading.verdict = if is_far && !is_chance { Verdict::Beyond } else { Verdict::Within };
    }
    readings
}

/// What is held against the threshold; `None` where it is not defined.
fn distance(rule: &Rule, reading: &Reading) -> Option<f64> {
    let value = reading.value?;
    match rule.kind {
        Kind::Threshold | Kind::Compound => Some(value),
        Kind::Ratio | Kind::Change => {
            let baseline = reading.baseline?;
            let shift = if rule.kind == Kind::Change { baseline } else { 0.0 };
            if baseline == 0.0 {
                return Some(if value > 0.0 { f64::INFINITY } else { 0.0 });
            }
            Some((value - shift) / baseline.abs())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(value: f64, baseline: f64, n: i64, p: f64) -> Reading {
        Reading {
            group: None,
            value: Some(value),
            baseline: Some(baseline),
            n,
            p: Some(p),
            low: None,
            verdict: Verdict::NoData,
        }
    }

    fn rule(text: &str) -> Rule {
        Rule::parse("x", text).unwrap()
    }

    #[test]
    fn the_binomial_tail_is_exact() {
        // scipy.stats.binom.sf(4, 20, 0.05), .sf(3, 20, 0.05)
        assert!((binomial(5, 20, Some(0.05)).unwrap() - 0.002_573_94).abs() < 1e-8);
        assert!((binomial(4, 20, Some(0.05)).unwrap() - 0.015_901_53).abs() < 1e-8);
        assert_eq!(binomial(0, 20, Some(0.05)), Some(1.0));
        assert_eq!(binomial(1, 20, None), None);
    }

    #[test]
    fn groups_are_one_family() {
        let rule =
            rule("kind = \"ratio\"\nthreshold = 2.0\ntest = \"p\"\nalpha = 0.01\nmin_n = 5\n");
        let alone = judge(&rule, vec![reading(0.4, 0.1, 9, 0.008)]);
        assert_eq!(alone[0].verdict, Verdict::Beyond);
        let many = judge(&rule, vec![reading(0.4, 0.1, 9, 0.008), reading(0.1, 0.1, 9, 0.9)]);
        // 0.008 * 2 / 1
        assert_eq!((many[0].p, many[0].verdict), (Some(0.016), Verdict::Within));
        // One without enough data is no test of the family.
        let few = judge(&rule, vec![reading(0.4, 0.1, 9, 0.008), reading(0.1, 0.1, 4, 0.9)]);
        assert_eq!((few[0].verdict, few[1].verdict), (Verdict::Beyond, Verdict::NoData));
    }

    #[test]
    fn kinds_hold_different_things_against_the_threshold() {
        let double = rule("kind = \"ratio\"\nthreshold = 2.0\n");
        let verdict = |rule: &Rule, value, baseline| {
            judge(rule, vec![reading(value, baseline, 1, 0.0)])[0].verdict
        };
        assert_eq!(verdict(&double, 0.2, 0.1), Verdict::Beyond);
        assert_eq!(verdict(&double, 0.19, 0.1), Verdict::Within);
        assert_eq!(verdict(&double, 0.1, 0.0), Verdict::Beyond, "defined at a zero baseline");
        assert_eq!(verdict(&double, 0.0, 0.0), Verdict::Within);
        let more = rule("kind = \"change\"\nthreshold = 0.2\n");
        assert_eq!(verdict(&more, 1.3, 1.0), Verdict::Beyond);
        assert_eq!(verdict(&more, 1.1, 1.0), Verdict::Within);
        let less = rule("threshold = 0.85\ndirection = \"below\"\n");
        assert_eq!(verdict(&less, 0.84, 1.0), Verdict::Beyond);
        assert_eq!(verdict(&less, 0.85, 1.0), Verdict::Within);
        let bound = rule("kind = \"change\"\nthreshold = 0.2\ntest = \"low\"\n");
        let with = |low| judge(&bound, vec![Reading { low, ..reading(1.3, 1.0, 1, 1.0) }]);
        assert_eq!(with(Some(0.01))[0].verdict, Verdict::Beyond);
        assert_eq!(with(Some(-0.01))[0].verdict, Verdict::Within);
        assert_eq!(with(None)[0].verdict, Verdict::Within);
    }
}
