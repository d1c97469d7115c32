//! Times and ids, as the tables store them.

use spanlake_model::{Day, Micros};

use crate::context::IngestContext;

/// A record's time and the day it is filed under.
#[derive(Clone, Copy, Debug)]
pub(crate) struct When {
    pub nanos: i64,
    pub time: Micros,
    pub date: Day,
    pub suspect: bool,
}

/// Judges a time. It is kept as sent; one outside [oldest retention, receipt + 1 day] is filed
/// under the day of receipt. Without a retention every time since the epoch is possible.
pub(crate) fn judge(unix_nano: u64, ctx: &IngestContext) -> When {
    let nanos = i64::try_from(unix_nano).unwrap_or(i64::MAX);
    let time = Micros::from_nanos(nanos);
    let oldest = ctx.retention_days.map(|days| ctx.received.plus_days(-days));
    let too_old = nanos == 0 || oldest.is_some_and(|oldest| time < oldest);
    let suspect = too_old || time > ctx.received.plus_days(1);
    let date = if suspect { ctx.received.day() } else { time.day() };
    When { nanos, time, date, suspect }
}

/// Returns an id as lower-case hexadecimal; `None` when its length is wrong or it is all zero.
pub(crate) fn id(bytes: &[u8], length: usize) -> Option<String> {
    let valid = bytes.len() == length && bytes.iter().any(|byte| *byte != 0);
    if !valid {
        return None;
    }
    // Quicker than collecting characters, and every span has three ids.
    let mut digits = vec![0; 2 * length];
    hex::encode_to_slice(bytes, &mut digits).ok()?;
    String::from_utf8(digits).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_out_of_reach_are_filed_under_the_receipt() {
        let received = Day::parse_iso("2026-11-24").unwrap().start();
        let mut ctx = IngestContext { received, ..IngestContext::default() };
        let day = |days: i64| (received.plus_days(days).0 * 1_000) as u64;
        assert!(!judge(day(-4_000), &ctx).suspect && !judge(day(1), &ctx).suspect);
        assert!(judge(day(2), &ctx).suspect && judge(0, &ctx).suspect);
        assert_eq!(judge(u64::MAX, &ctx).nanos, i64::MAX);
        assert_eq!(judge(day(2), &ctx).date.iso(), "2026-11-24");
        ctx.retention_days = Some(30);
        assert!(judge(day(-31), &ctx).suspect && !judge(day(-29), &ctx).suspect);
    }
}
