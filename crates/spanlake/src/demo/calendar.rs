//! The month: its bounds, its last complete ISO week, and how busy each hour is.

use chrono::{Datelike, NaiveDate};

pub(super) const SECOND: i64 = 1_000_000;
pub(super) const MINUTE: i64 = 60 * SECOND;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

/// Share of a working day's traffic in each hour, UTC.
const HOURS: [f64; 24] = [
    0.6, 0.4, 0.3, 0.3, 0.4, 0.8, 1.8, 3.6, 6.2, 8.0, 8.6, 8.2, 6.8, 7.6, 8.4, 8.0, 7.0, 5.6, 4.4,
    3.8, 3.2, 2.6, 1.8, 1.0,
];
/// Traffic of Monday to Sunday against a working day.
const WEEKDAYS: [f64; 7] = [1.06, 1.04, 1.0, 1.0, 0.94, 0.42, 0.36];

/// The time axis of a demo; instants are microseconds since the epoch, UTC.
#[derive(Clone, Debug)]
pub(super) struct Calendar {
    pub(super) start: i64,
    pub(super) end: i64,
    /// Monday 00:00 of the last complete ISO week.
    pub(super) week: i64,
    /// Traffic before the end of each hour; ends at the total.
    cumulative: Vec<f64>,
}

impl Calendar {
    pub(super) fn new(end: NaiveDate, days: u32) -> Self {
        let end_time = micros(end);
        let start = end_time - i64::from(days.max(1)) * DAY;
        let since_monday = i64::from(end.weekday().num_days_from_monday());
        let week = end_time - since_monday * DAY - 7 * DAY;
        let first = i64::from(end.weekday().num_days_from_monday()) - i64::from(days.max(1));
        let mut cumulative = Vec::with_capacity(days as usize * 24);
        let mut total = 0.0;
        for day in 0..i64::from(days.max(1)) {
            let weekday = (first + day).rem_euclid(7) as usize;
            let busy = WEEKDAYS.get(weekday).copied().unwrap_or(1.0);
            for hour in HOURS {
                total += busy * hour;
                cumulative.push(total);
            }
        }
        Self { start, end: end_time, week, cumulative }
    }

    /// The instant before which the share `quantile` of all traffic has started.
    pub(super) fn time_at(&self, quantile: f64) -> i64 {
        let target = quantile * self.cumulative.last().copied().unwrap_or(1.0);
        let hour = self.cumulative.partition_point(|&end| end <= target);
        let hour = hour.min(self.cumulative.len().saturating_sub(1));
        let low = hour.checked_sub(1).and_then(|i| self.cumulative.get(i)).copied().unwrap_or(0.0);
        let high = self.cumulative.get(hour).copied().unwrap_or(1.0);
        let inside = ((target - low) / (high - low)).clamp(0.0, 1.0);
        self.start + hour as i64 * HOUR + (inside * (HOUR - 1) as f64) as i64
    }

    /// Day of the month of traffic, at an hour.
    pub(super) fn day(&self, day: i64, hour: i64) -> i64 {
        self.start + day * DAY + hour * HOUR
    }

    /// Day of the last complete week (Monday is 0), at an hour.
    pub(super) fn weekday(&self, day: i64, hour: i64) -> i64 {
        self.week + day * DAY + hour * HOUR
    }
}

/// Midnight UTC that begins a day, microseconds.
pub(super) fn micros(day: NaiveDate) -> i64 {
    day.signed_duration_since(NaiveDate::default()).num_days() * DAY
}
