//! A rule as its file states it, and what is missing.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Datelike as _, NaiveTime, Weekday};
use chrono_tz::Tz;
use serde::Deserialize;
use spanlake_model::Micros;

/// How much an alert disturbs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Somebody is woken.
    Page,
    /// Somebody is told, in business hours.
    Notify,
    /// It is looked at once a week.
    Review,
}

impl Severity {
    /// Returns the stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Notify => "notify",
            Self::Review => "review",
        }
    }
}

/// What is held against the threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The value.
    #[default]
    Threshold,
    /// value / baseline; over a baseline of 0 any value above 0 is beyond every threshold.
    Ratio,
    /// (value - baseline) / baseline.
    Change,
    /// How many of other rules are beyond theirs: any, or all.
    Compound,
}

/// On which side of the threshold it is too far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Above it.
    #[default]
    Above,
    /// Below it.
    Below,
}

/// What chance must not explain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Test {
    /// Nothing is tested: the threshold alone decides.
    #[default]
    None,
    /// Exact binomial, one-sided, of the columns `hits`, `trials` and `expected`.
    Binomial,
    /// The statement's own column `p`.
    P,
    /// The statement's column `low`, a lower bound that has to be above 0.
    Low,
}

/// What no data, or too little, means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NoData {
    /// Nothing changes.
    #[default]
    Keep,
    /// As if the value were within the threshold.
    Ok,
    /// It is an alert itself: somebody expects data.
    Alert,
}

/// How a compound rule counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// Every named rule is beyond its threshold.
    #[default]
    All,
    /// At least one is.
    Any,
}

/// A length of time: `90 seconds`, `10 minutes`, `1 day`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Period(pub i64);

impl TryFrom<String> for Period {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("{text} is no length of time: give 10 minutes, 1 hour, 7 days");
        let (number, unit) = text.split_once(' ').ok_or_else(wrong)?;
        let seconds = match unit.trim_end_matches('s') {
            "second" => 1,
            "minute" => 60,
            "hour" => 3_600,
            "day" => 86_400,
            _ => return Err(wrong()),
        };
        let number: u32 = number.parse().map_err(|_| wrong())?;
        Ok(Self(i64::from(number) * seconds * 1_000_000))
    }
}

/// Business hours: `Mon-Fri 09:00-18:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Hours {
    days: (u32, u32),
    times: (NaiveTime, NaiveTime),
}

impl TryFrom<String> for Hours {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let read = || {
            let (days, times) = text.split_once(' ')?;
            let (first, last) = days.split_once('-').unwrap_or((days, days));
            let day = |day: &str| day.parse::<Weekday>().ok().map(|day| day.num_days_from_monday());
            let (from, until) = times.split_once('-')?;
            let time = |time: &str| NaiveTime::parse_from_str(time, "%H:%M").ok();
            let hours =
                Self { days: (day(first)?, day(last)?), times: (time(from)?, time(until)?) };
            (hours.times.0 < hours.times.1 && hours.days.0 <= hours.days.1).then_some(hours)
        };
        read().ok_or_else(|| format!("{text} are no business hours: give Mon-Fri 09:00-18:00"))
    }
}

impl Hours {
    fn hold(self, time: Micros, zone: Tz) -> bool {
        let Some(local) = DateTime::from_timestamp_micros(time.0) else { return true };
        let local = local.with_timezone(&zone);
        let day = local.weekday().num_days_from_monday();
        (self.days.0..=self.days.1).contains(&day)
            && (self.times.0..self.times.1).contains(&local.time())
    }
}

/// A rule. Everything that makes an alert worth somebody's time has to be there; see
/// [`Self::problems`].
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rule {
    /// Its name: the file's, unless the file says otherwise.
    pub name: String,
    /// The statement: a file beside the rule's, or under `sql/alerts`.
    pub sql: Option<String>,
    /// What is held against the threshold.
    pub kind: Kind,
    /// On which side of it it is too far.
    pub direction: Direction,
    /// How much the alert disturbs.
    pub severity: Option<Severity>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// What crossing the threshold means for users.
    pub impact: Option<String>,
    /// Where it says what to do.
    pub runbook: Option<String>,
    /// What makes it stop hurting.
    pub mitigation: Option<String>,
    /// The way back.
    pub rollback: Option<String>,
    /// The threshold.
    pub threshold: Option<f64>,
    /// What chance must not explain.
    pub test: Test,
    /// Below which adjusted p-value it does not.
    pub alpha: Option<f64>,
    /// Fewer observations (column `n`) are no data.
    pub min_n: u64,
    /// How often it is to be looked at.
    pub every: Option<Period>,
    /// How long it has to be beyond the threshold before the alert fires.
    pub hold: Period,
    /// How long it has to be within before the alert is resolved.
    pub resolve_after: Period,
    /// How long after its end it does not fire again.
    pub cool_down: Period,
    /// What no data means.
    pub no_data: NoData,
    /// When it may fire; an alert outside waits.
    pub business_hours: Option<Hours>,
    /// Values for the statement's parameters.
    pub parameters: BTreeMap<String, toml::Value>,
    /// The rules that a compound one counts.
    pub rules: Vec<String>,
    /// How it counts them.
    pub when: When,
}

impl Rule {
    /// Reads a rule's file.
    ///
    /// # Errors
    /// When it is no TOML, or has an unknown or ill-typed field: the parser's message.
    pub fn parse(name: &str, text: &str) -> Result<Self, String> {
        let mut rule: Self =
            toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        if rule.name.is_empty() {
            name.clone_into(&mut rule.name);
        }
        Ok(rule)
    }

    /// Says what a rule lacks; one that lacks something is refused.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut need = |is_there: bool, what: &str| {
            if !is_there {
                problems.push(what.to_owned());
            }
        };
        let says =
            |text: &Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
        need(says(&self.owner), "owner: who answers for it");
        need(self.severity.is_some(), "severity: page, notify or review");
        need(says(&self.impact), "impact: what crossing the threshold means for users");
        need(says(&self.runbook), "runbook: where it says what to do");
        need(
            says(&self.mitigation) || says(&self.rollback),
            "mitigation or rollback: what makes it stop hurting",
        );
        if self.kind == Kind::Compound {
            need(self.rules.len() > 1, "rules: at least two that it counts");
            need(self.sql.is_none(), "no sql: a compound rule has none of its own");
        } else {
            need(says(&self.sql), "sql: the statement");
            need(self.threshold.is_some_and(f64::is_finite), "threshold: a number");
            need(self.rules.is_empty(), "no rules: only a compound rule counts others");
        }
        need(
            !matches!(self.test, Test::Binomial | Test::P) || self.alpha.is_some(),
            "alpha: the p-value below which chance does not explain it",
        );
        need(self.alpha.is_none_or(|alpha| alpha > 0.0 && alpha < 1.0), "alpha: between 0 and 1");
        need(
            !(self.severity == Some(Severity::Page) && self.business_hours.is_some()),
            "no business_hours: what pages cannot wait",
        );
        problems
    }

    /// Whether the alert may fire at a time.
    pub fn may_fire(&self, time: Micros, zone: Tz) -> bool {
        self.business_hours.is_none_or(|hours| hours.hold(time, zone))
    }

    /// How long between two looks; an hour unless it says.
    pub fn interval(&self) -> i64 {
        self.every.map_or(3_600_000_000, |every| every.0.max(1_000_000))
    }

    /// Values for the statement's parameters as text.
    pub fn values(&self) -> BTreeMap<String, String> {
        let text = |value: &toml::Value| match value {
            toml::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        self.parameters.iter().map(|(name, value)| (name.clone(), text(value))).collect()
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let rule = Rule::parse("x", "sql = \"x.sql\"\nthreshold = 0.5\nowner = \" \"\n").unwrap();
        let problems = rule.problems().join("\n");
        for what in ["owner", "severity", "impact", "runbook", "mitigation or rollback"] {
            assert!(problems.contains(what), "{what}: {problems}");
        }
        assert_eq!(rule.problems().len(), 5, "{problems}");
        assert!(Rule::parse("x", "treshold = 1").unwrap_err().contains("treshold"));
        assert!(Rule::parse("x", "hold = \"soon\"").unwrap_err().contains("no length of time"));
        assert!(Rule::parse("x", "business_hours = \"9 to 5\"").is_err());
    }

    #[test]
    fn business_hours_are_local() {
        let rule = Rule::parse("x", "business_hours = \"Mon-Fri 09:00-18:00\"").unwrap();
        let at =
            |text: &str| Micros(DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros());
        let berlin = chrono_tz::Europe::Berlin;
        // 2026-11-23 is a Monday; Berlin is an hour ahead of UTC in winter.
        assert!(rule.may_fire(at("2026-11-23T08:00:00Z"), berlin));
        assert!(!rule.may_fire(at("2026-11-23T07:59:59Z"), berlin));
        assert!(!rule.may_fire(at("2026-11-23T17:00:00Z"), berlin));
        assert!(rule.may_fire(at("2026-11-23T17:00:00Z"), chrono_tz::UTC));
        assert!(!rule.may_fire(at("2026-11-22T12:00:00Z"), berlin), "a Sunday");
    }
}
