//! Rules over time: what they remember, what changes, and what a replay says of false alarms.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use spanlake_model::{AlertEventRow, Micros, Rows as TableRows, Table};
use spanlake_query::{Session, SqlFile};
use statrs::distribution::{ChiSquared, ContinuousCDF as _};

use super::read::{Reading, Verdict, read};
use super::rule::{Kind, Rule, When};
use super::state::{Memory, State, step};
use crate::error::{QualityError, Result};

/// Days that a false-alarm rate is given for.
const RATE_DAYS: f64 = 90.0;
const MICROS_PER_DAY: f64 = 86_400e6;

/// A change of an alert's state.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// When.
    pub time: Micros,
    /// Rule.
    pub rule: String,
    /// Group.
    pub group: Option<String>,
    /// State entered.
    pub state: State,
    /// What was read.
    pub reading: Option<Reading>,
}

impl Change {
    /// Returns the change as a row of `alert_events`.
    pub fn row(&self, rule: &Rule) -> AlertEventRow {
        let reading = self.reading.as_ref();
        AlertEventRow {
            date: self.time.day(),
            time: self.time,
            rule: self.rule.clone(),
            severity: rule.severity.map_or_else(String::new, |severity| severity.to_string()),
            state: self.state.as_str().to_owned(),
            value: reading.and_then(|reading| reading.value),
            baseline: reading.and_then(|reading| reading.baseline),
            n: reading.map(|reading| reading.n),
            owner: rule.owner.clone(),
            runbook: rule.runbook.clone(),
            group: self.group.clone(),
            details: reading.map(|reading| reading.details(rule)),
            ..AlertEventRow::default()
        }
    }
}

/// What is remembered of every rule's groups.
#[derive(Clone, Debug)]
pub struct Watch {
    memories: BTreeMap<(String, Option<String>), Memory>,
    zone: Tz,
}

impl Watch {
    /// Remembers nothing: nothing was ever wrong.
    pub fn new(zone: Tz) -> Self {
        Self { memories: BTreeMap::new(), zone }
    }

    /// Reads what a store remembers.
    ///
    /// # Errors
    /// When `alert_events` cannot be read.
    pub async fn load(session: &Session, zone: Tz) -> Result<Self> {
        let statement = "select * from alert_events order by time, row_version";
        let batches = session.collect(statement).await.map_err(|source| QualityError::Query {
            file: "alert_events".to_owned(),
            source: Box::new(source),
        })?;
        let mut watch = Self::new(zone);
        for batch in batches {
            let rows = Table::AlertEvents.read_rows(&batch, 0..batch.num_rows());
            let TableRows::AlertEvents(rows) = rows else { continue };
            for row in rows {
                let Some(state) = State::from_word(&row.state) else { continue };
                watch.memories.entry((row.rule, row.group)).or_default().enter(state, row.time);
            }
        }
        Ok(watch)
    }

    /// Returns what is remembered of a rule, by group.
    pub fn of<'a>(&'a self, rule: &'a str) -> impl Iterator<Item = (Option<&'a str>, Memory)> {
        self.memories
            .iter()
            .filter(move |((name, _), _)| name == rule)
            .map(|((_, group), memory)| (group.as_deref(), *memory))
    }

    /// Takes in what a rule reads at a time, and returns what changes.
    pub fn take(&mut self, rule: &Rule, readings: &[Reading], now: Micros) -> Vec<Change> {
        let mut groups: BTreeMap<Option<String>, Option<&Reading>> =
            readings.iter().map(|reading| (reading.group.clone(), Some(reading))).collect();
        // A group that is no longer read has no data.
        for (name, group) in self.memories.keys() {
            if *name == rule.name {
                groups.entry(group.clone()).or_default();
            }
        }
        if groups.is_empty() {
            groups.insert(None, None);
        }
        let mut changes = Vec::new();
        for (group, reading) in groups {
            let key = (rule.name.clone(), group.clone());
            let known = self.memories.get(&key).copied();
            let mut memory = known.unwrap_or_default();
            let verdict = reading.map_or(Verdict::NoData, |reading| reading.verdict);
            let Some(state) = step(rule, &memory, verdict, now, self.zone) else { continue };
            memory.enter(state, now);
            self.memories.insert(key, memory);
            let reading = reading.cloned();
            changes.push(Change { time: now, rule: rule.name.clone(), group, state, reading });
        }
        changes
    }
}

/// Reads every rule as of a time; compound ones from what the others say.
///
/// # Errors
/// When a statement fails; names it.
pub async fn evaluate(
    session: &Session,
    rules: &[(Rule, Option<SqlFile>)],
    now: Micros,
) -> Result<BTreeMap<String, Vec<Reading>>> {
    let mut readings = BTreeMap::new();
    for (rule, file) in rules {
        if let Some(file) = file {
            readings.insert(rule.name.clone(), read(session, rule, file, now).await?);
        }
    }
    for (rule, _) in rules.iter().filter(|(rule, _)| rule.kind == Kind::Compound) {
        let reading = compound(rule, &readings);
        readings.insert(rule.name.clone(), vec![reading]);
    }
    Ok(readings)
}

/// Counts the rules that are beyond their thresholds, in whatever group.
fn compound(rule: &Rule, readings: &BTreeMap<String, Vec<Reading>>) -> Reading {
    let is_beyond = |name: &&String| {
        let read = readings.get(*name).map_or(&[][..], Vec::as_slice);
        read.iter().any(|reading| reading.verdict == Verdict::Beyond)
    };
    let beyond = rule.rules.iter().filter(is_beyond).count();
    let wanted = if rule.when == When::All { rule.rules.len() } else { 1 };
    Reading {
        group: None,
        value: Some(beyond as f64),
        baseline: Some(wanted as f64),
        n: rule.rules.len() as i64,
        p: None,
        low: None,
        verdict: if beyond >= wanted { Verdict::Beyond } else { Verdict::Within },
    }
}

/// A walk through history: what rules would have said.
#[derive(Debug)]
pub struct Replay {
    watch: Watch,
    readings: BTreeMap<String, Vec<Reading>>,
    from: Micros,
}

impl Replay {
    /// Begins at a time, with nothing remembered.
    pub fn new(from: Micros, zone: Tz) -> Self {
        Self { watch: Watch::new(zone), readings: BTreeMap::new(), from }
    }

    /// Returns the times to look at, up to `to`: as often as the most frequent rule is due.
    pub fn times(
        &self,
        rules: &[(Rule, Option<SqlFile>)],
        to: Micros,
    ) -> impl Iterator<Item = Micros> {
        let every = rules.iter().map(|(rule, _)| rule.interval()).min().unwrap_or(3_600_000_000);
        let from = self.from.0;
        let last = (to.0 - from) / every;
        (0..=last).map(move |number| Micros(from + number * every))
    }

    /// Reads the rules that are due at a time of [`Self::times`], and returns what changes.
    ///
    /// # Errors
    /// When a statement fails; names it.
    pub async fn at(
        &mut self,
        session: &Session,
        rules: &[(Rule, Option<SqlFile>)],
        now: Micros,
    ) -> Result<Vec<Change>> {
        let mut changes = Vec::new();
        for (rule, file) in rules {
            if (now.0 - self.from.0) % rule.interval() != 0 {
                continue;
            }
            let read = match file {
                Some(file) => read(session, rule, file, now).await?,
                None => vec![compound(rule, &self.readings)],
            };
            changes.extend(self.watch.take(rule, &read, now));
            self.readings.insert(rule.name.clone(), read);
        }
        Ok(changes)
    }
}

/// How often a rule fires where nothing is wrong, estimated from a replay of such a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FalseAlarms {
    /// Alerts in 90 days.
    pub per_90_days: f64,
    /// Exact Poisson interval at 95 %.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl FalseAlarms {
    /// Estimates from so many alerts in a time.
    pub fn of(alerts: u64, from: Micros, to: Micros) -> Option<Self> {
        let days = (to.0 - from.0) as f64 / MICROS_PER_DAY;
        if days <= 0.0 {
            return None;
        }
        let scale = RATE_DAYS / days;
        let quantile = |share: f64, freedom: f64| {
            ChiSquared::new(freedom).map(|chi| chi.inverse_cdf(share) / 2.0).ok()
        };
        let count = alerts as f64;
        let low = if alerts == 0 { 0.0 } else { quantile(0.025, 2.0 * count)? };
        let high = quantile(0.975, 2.0 * count + 2.0)?;
        Some(Self { per_90_days: count * scale, low: low * scale, high: high * scale })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(group: &str, verdict: Verdict) -> Reading {
        Reading {
            group: Some(group.to_owned()),
            value: Some(1.0),
            baseline: None,
            n: 1,
            p: None,
            low: None,
            verdict,
        }
    }

    #[test]
    fn groups_go_their_own_ways() {
        let rule = Rule::parse("r", "no_data = \"ok\"\n").unwrap();
        let mut watch = Watch::new(chrono_tz::UTC);
        let both = [reading("a", Verdict::Beyond), reading("b", Verdict::Within)];
        let changes = watch.take(&rule, &both, Micros(0));
        assert_eq!(changes.len(), 1);
        assert_eq!((changes[0].group.as_deref(), changes[0].state), (Some("a"), State::Firing));
        // `a` is no longer there: no data, which is as good as within here.
        let changes = watch.take(&rule, &both[1..], Micros(1));
        assert_eq!((changes[0].group.as_deref(), changes[0].state), (Some("a"), State::Resolved));
    }

    #[test]
    fn a_compound_rule_counts_others() {
        let rule = |when: &str| {
            let text = format!("kind = \"compound\"\nrules = [\"a\", \"b\"]\nwhen = \"{when}\"\n");
            Rule::parse("c", &text).unwrap()
        };
        let readings = BTreeMap::from([
            ("a".to_owned(), vec![reading("x", Verdict::Within), reading("y", Verdict::Beyond)]),
            ("b".to_owned(), vec![reading("x", Verdict::Within)]),
        ]);
        assert_eq!(compound(&rule("any"), &readings).verdict, Verdict::Beyond);
        assert_eq!(compound(&rule("all"), &readings).verdict, Verdict::Within);
    }

    #[test]
    fn false_alarms_have_an_exact_interval() {
        let days = |days: i64| Micros(0).plus_days(days);
        let none = FalseAlarms::of(0, Micros(0), days(90)).unwrap();
        // scipy.stats.chi2.ppf(0.975, 2) / 2
        assert!((none.high - 3.688_879).abs() < 1e-5, "{none:?}");
        let two = FalseAlarms::of(2, Micros(0), days(30)).unwrap();
        assert!((two.per_90_days - 6.0).abs() < 1e-12);
        // 3 * scipy.stats.chi2.ppf([0.025, 0.975], [4, 6]) / 2
        assert!(
            (two.low - 0.726_627).abs() < 1e-4 && (two.high - 21.674_06).abs() < 1e-3,
            "{two:?}"
        );
        assert_eq!(FalseAlarms::of(1, days(1), days(1)), None);
    }
}
