//! Times: microseconds and days, UTC.

use serde::{Deserialize, Serialize};

/// Microseconds since 1970-01-01 UTC.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Micros(pub i64);

/// Days since 1970-01-01 UTC.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Day(pub i32);

const MICROS_PER_DAY: i64 = 86_400 * 1_000_000;

impl Micros {
    /// Converts nanoseconds since the epoch, rounding down.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos.div_euclid(1_000))
    }

    /// Returns the UTC day, clamped to the range of `i32`.
    pub fn day(self) -> Day {
        let days = self.0.div_euclid(MICROS_PER_DAY);
        Day(i32::try_from(days).unwrap_or(if days < 0 { i32::MIN } else { i32::MAX }))
    }

    /// Adds whole days, saturating.
    #[must_use]
    pub const fn plus_days(self, days: i64) -> Self {
        Self(self.0.saturating_add(days.saturating_mul(MICROS_PER_DAY)))
    }
}

impl Day {
    /// Returns midnight UTC at the start of the day.
    pub const fn start(self) -> Micros {
        Micros((self.0 as i64) * MICROS_PER_DAY)
    }

    /// Returns the date in ISO form, `2026-11-24`, as Delta writes partition values.
    pub fn iso(self) -> String {
        chrono::DateTime::from_timestamp(i64::from(self.0) * 86_400, 0)
            .map_or_else(|| self.0.to_string(), |t| t.format("%Y-%m-%d").to_string())
    }

    /// Parses `2026-11-24`.
    pub fn parse_iso(text: &str) -> Option<Self> {
        let date = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        let epoch = chrono::NaiveDate::from_ymd_opt(1970, 1, 1)?;
        i32::try_from(date.signed_duration_since(epoch).num_days()).ok().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_utc_and_round_trips() {
        let day = Micros(1_795_448_590_555_534).day();
        assert_eq!(day.iso(), "2026-11-23");
        assert_eq!(Day::parse_iso("2026-11-23"), Some(day));
        assert_eq!(day.start().day(), day);
        assert_eq!(Micros(-1).day().iso(), "1969-12-31");
        assert_eq!(Micros::from_nanos(-1), Micros(-1));
    }
}
