//! The report's calendar: ISO weeks of a time zone as UTC instants.

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeZone, Utc, Weekday};
use chrono_tz::Tz;
use spanlake_model::Micros;

/// An ISO week (Monday to Sunday) of a time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Week {
    monday: NaiveDate,
    zone: Tz,
}

impl Week {
    /// Returns the week that holds `time`.
    pub fn holding(time: Micros, zone: Tz) -> Option<Self> {
        let date = DateTime::from_timestamp_micros(time.0)?.with_timezone(&zone).date_naive();
        let monday =
            date.checked_sub_days(Days::new(u64::from(date.weekday().num_days_from_monday())))?;
        Some(Self { monday, zone })
    }

    /// Returns the last week that had ended at `time`.
    pub fn complete_at(time: Micros, zone: Tz) -> Option<Self> {
        Self::holding(time, zone)?.back(1)
    }

    /// Returns the newest week that ended by the end of the day of `newest_row`: a store whose
    /// last span started on a Sunday is complete for that Sunday's week.
    pub fn newest_complete(newest_row: Micros, zone: Tz) -> Option<Self> {
        let date = DateTime::from_timestamp_micros(newest_row.0)?.with_timezone(&zone).date_naive();
        let week = Self::holding(newest_row, zone)?;
        if date.weekday() == Weekday::Sun { Some(week) } else { week.back(1) }
    }

    /// Returns the week `weeks` earlier.
    pub fn back(self, weeks: u64) -> Option<Self> {
        Some(Self { monday: self.monday.checked_sub_days(Days::new(7 * weeks))?, zone: self.zone })
    }

    /// Returns the first instant.
    pub fn start(self) -> Micros {
        midnight(self.monday, self.zone)
    }

    /// Returns the first instant after it.
    pub fn end(self) -> Micros {
        midnight(self.monday + Days::new(7), self.zone)
    }

    /// Returns the local dates of the last `count` days up to the week's end, oldest first.
    pub fn days_back(self, count: u64) -> Vec<NaiveDate> {
        let end = self.monday + Days::new(7);
        (1..=count).rev().filter_map(|back| end.checked_sub_days(Days::new(back))).collect()
    }

    /// Returns the name, `2026-W46`.
    pub fn name(self) -> String {
        let week = self.monday.iso_week();
        format!("{}-W{:02}", week.year(), week.week())
    }

    /// Returns the first and the last day.
    pub fn days(self) -> (NaiveDate, NaiveDate) {
        (self.monday, self.monday + Days::new(6))
    }

    /// Returns the local date of an instant.
    pub fn local_date(self, time: Micros) -> Option<NaiveDate> {
        Some(DateTime::from_timestamp_micros(time.0)?.with_timezone(&self.zone).date_naive())
    }

    /// Returns an instant as local text, `2026-11-12 09:00`.
    pub fn local_text(self, time: Micros) -> String {
        DateTime::from_timestamp_micros(time.0).map_or_else(String::new, |t| {
            t.with_timezone(&self.zone).format("%Y-%m-%d %H:%M").to_string()
        })
    }

    /// Returns the time zone.
    pub fn zone(self) -> Tz {
        self.zone
    }
}

/// Returns the instant of local midnight; where a clock change skips it, the first later hour.
pub fn midnight(date: NaiveDate, zone: Tz) -> Micros {
    let instant = (0..4)
        .filter_map(|hour| date.and_hms_opt(hour, 0, 0))
        .find_map(|local| zone.from_local_datetime(&local).earliest())
        .map_or_else(
            || date.and_time(chrono::NaiveTime::MIN).and_utc(),
            |local| local.with_timezone(&Utc),
        );
    Micros(instant.timestamp_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Micros {
        Micros(DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros())
    }

    #[test]
    fn weeks_begin_on_local_mondays() {
        // 2026-03-29 is the day that Berlin's clocks go forward.
        let zone: Tz = "Europe/Berlin".parse().unwrap();
        let week = Week::holding(at("2026-03-29T21:59:59Z"), zone).unwrap();
        assert_eq!(week.name(), "2026-W13");
        assert_eq!(week.start(), at("2026-03-22T23:00:00Z"));
        assert_eq!(week.end(), at("2026-03-29T22:00:00Z"));
        assert_eq!(Week::holding(at("2026-03-29T22:00:00Z"), zone).unwrap().name(), "2026-W14");
    }

    #[test]
    fn the_report_takes_a_complete_week() {
        let utc = Tz::UTC;
        assert_eq!(Week::complete_at(at("2026-11-24T15:00:00Z"), utc).unwrap().name(), "2026-W47");
        assert_eq!(Week::complete_at(at("2026-11-23T00:00:00Z"), utc).unwrap().name(), "2026-W47");
        let sunday = Week::newest_complete(at("2026-11-22T23:10:00Z"), utc).unwrap();
        let saturday = Week::newest_complete(at("2026-11-21T23:10:00Z"), utc).unwrap();
        assert_eq!((sunday.name().as_str(), saturday.name().as_str()), ("2026-W47", "2026-W46"));
        assert_eq!(sunday.days_back(30).len(), 30);
        assert_eq!(Week::holding(at("2027-01-02T00:00:00Z"), utc).unwrap().name(), "2026-W53");
    }
}
