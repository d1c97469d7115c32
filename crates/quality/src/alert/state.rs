//! How an alert's state goes on: hold, fire, recover, resolve, cool down.

use chrono_tz::Tz;
use spanlake_model::Micros;

use super::read::Verdict;
use super::rule::{NoData, Rule};

/// The state of a rule, or of one of its groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Nothing is wrong.
    #[default]
    Ok,
    /// Beyond the threshold, not yet long enough, or outside business hours.
    Pending,
    /// Somebody has to act.
    Firing,
    /// Somebody does.
    Acknowledged,
    /// Within the threshold again, not yet long enough.
    Recovering,
    /// Beyond it again before it was resolved.
    Relapsed,
    /// Over.
    Resolved,
    /// There is no data although there should be.
    NoData,
}

impl State {
    const ALL: [Self; 8] = [
        Self::Ok,
        Self::Pending,
        Self::Firing,
        Self::Acknowledged,
        Self::Recovering,
        Self::Relapsed,
        Self::Resolved,
        Self::NoData,
    ];

    /// Returns the stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Pending => "pending",
            Self::Firing => "firing",
            Self::Acknowledged => "acknowledged",
            Self::Recovering => "recovering",
            Self::Relapsed => "relapsed",
            Self::Resolved => "resolved",
            Self::NoData => "no_data",
        }
    }

    /// Reads a stored word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether the alert began and has not ended.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Firing | Self::Acknowledged | Self::Recovering | Self::Relapsed)
    }

    /// Whether somebody has to act who does not yet.
    pub const fn needs_somebody(self) -> bool {
        matches!(self, Self::Firing | Self::Relapsed | Self::NoData)
    }
}

/// What is remembered of a rule's group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// The state.
    pub state: State,
    /// Since when.
    pub since: Micros,
    /// When the alert ended last.
    pub ended: Option<Micros>,
}

impl Memory {
    /// Enters a state.
    pub fn enter(&mut self, state: State, now: Micros) {
        self.state = state;
        self.since = now;
        if state == State::Resolved {
            self.ended = Some(now);
        }
    }
}

/// Returns the state that a verdict leads to, if another.
pub fn step(
    rule: &Rule,
    memory: &Memory,
    verdict: Verdict,
    now: Micros,
    zone: Tz,
) -> Option<State> {
    let lasted = now.0.saturating_sub(memory.since.0);
    let verdict = match (verdict, rule.no_data) {
        (Verdict::NoData, NoData::Ok) => Verdict::Within,
        (Verdict::NoData, NoData::Keep) => return None,
        (Verdict::NoData, NoData::Alert) => {
            let is_new = memory.state != State::NoData && !memory.state.is_open();
            return is_new.then_some(State::NoData);
        }
        (verdict, _) => verdict,
    };
    let may_fire = rule.may_fire(now, zone);
    let is_beyond = verdict == Verdict::Beyond;
    match memory.state {
        State::Ok | State::Resolved | State::NoData if is_beyond => {
            let cools = memory.ended.is_some_and(|ended| now.0 - ended.0 < rule.cool_down.0);
            if cools {
                // What was over in time is over, but without data it was not.
                return (memory.state == State::NoData).then_some(State::Ok);
            }
            Some(if rule.hold.0 == 0 && may_fire { State::Firing } else { State::Pending })
        }
        State::Pending if is_beyond => (lasted >= rule.hold.0 && may_fire).then_some(State::Firing),
        State::NoData | State::Pending => Some(State::Ok),
        State::Firing | State::Acknowledged | State::Relapsed if !is_beyond => {
            let is_over = rule.resolve_after.0 == 0;
            Some(if is_over { State::Resolved } else { State::Recovering })
        }
        State::Recovering if is_beyond => Some(State::Relapsed),
        State::Recovering => (lasted >= rule.resolve_after.0).then_some(State::Resolved),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000_000;

    /// Walks through verdicts a minute apart and returns the changes.
    fn walk(rule: &str, verdicts: &str) -> Vec<(i64, State)> {
        let rule = Rule::parse("x", rule).unwrap();
        let mut memory = Memory::default();
        let mut changes = Vec::new();
        for (minute, verdict) in (0..).zip(verdicts.chars()) {
            let verdict = match verdict {
                'x' => Verdict::Beyond,
                '.' => Verdict::Within,
                _ => Verdict::NoData,
            };
            let now = Micros(minute * MINUTE);
            if let Some(state) = step(&rule, &memory, verdict, now, chrono_tz::UTC) {
                memory.enter(state, now);
                changes.push((minute, state));
            }
        }
        changes
    }

    #[test]
    fn an_alert_holds_fires_recovers_and_cools_down() {
        use State::{Firing, Ok, Pending, Recovering, Relapsed, Resolved};
        assert_eq!(walk("", "xx.x"), [(0, Firing), (2, Resolved), (3, Firing)]);
        let held = "hold = \"2 minutes\"\n";
        assert_eq!(walk(held, "xx."), [(0, Pending), (2, Ok)], "a spike is no alert");
        assert_eq!(walk(held, "xxx"), [(0, Pending), (2, Firing)]);
        let slow = "resolve_after = \"2 minutes\"\n";
        let changes = [(0, Firing), (1, Recovering), (2, Relapsed), (3, Recovering), (5, Resolved)];
        assert_eq!(walk(slow, "x.x..."), changes, "one alert, not two");
        let cool = "cool_down = \"3 minutes\"\n";
        assert_eq!(walk(cool, "x.xxx"), [(0, Firing), (1, Resolved), (4, Firing)]);
    }

    #[test]
    fn no_data_means_what_the_rule_says() {
        use State::{Firing, NoData, Ok, Resolved};
        assert_eq!(walk("", "x--."), [(0, Firing), (3, Resolved)]);
        assert_eq!(walk("no_data = \"ok\"\n", "x-"), [(0, Firing), (1, Resolved)]);
        assert_eq!(walk("no_data = \"alert\"\n", ".--."), [(1, NoData), (3, Ok)]);
    }

    #[test]
    fn an_alert_waits_for_business_hours() {
        // Minute 0 is a Thursday's midnight.
        let rule = "business_hours = \"Thu 00:02-00:04\"\n";
        assert_eq!(walk(rule, "xxxx"), [(0, State::Pending), (2, State::Firing)]);
        assert_eq!(walk(rule, "x.xx"), [(0, State::Pending), (1, State::Ok), (2, State::Firing)]);
    }
}
