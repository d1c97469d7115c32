//! The hybrid clock that numbers versions of rows.

use std::sync::Arc;

use parking_lot::Mutex;
use spanlake_model::Clock;

use crate::buffer::Versions;

/// Gives out versions that grow strictly: the time in microseconds, or one more than the last.
#[derive(Debug)]
pub(crate) struct VersionClock {
    clock: Arc<dyn Clock>,
    last: Mutex<i64>,
    writer: String,
}

impl VersionClock {
    /// Starts above every version that is already in use.
    pub(crate) fn new(clock: Arc<dyn Clock>, writer: String, used: i64) -> Self {
        Self { clock, last: Mutex::new(used), writer }
    }

    /// Returns the first of `count` consecutive versions.
    pub(crate) fn reserve(&self, count: usize) -> i64 {
        let mut last = self.last.lock();
        let first = self.clock.now().0.max(last.saturating_add(1)).max(1);
        *last = first.saturating_add(count as i64).saturating_sub(1);
        first
    }

    /// Makes later versions higher than one that was seen.
    pub(crate) fn observe(&self, version: i64) {
        let mut last = self.last.lock();
        *last = version.max(*last);
    }

    pub(crate) fn writer_id(&self) -> &str {
        &self.writer
    }
}

impl Versions for &VersionClock {
    fn above(&mut self, version: i64) -> i64 {
        self.observe(version);
        self.reserve(1)
    }

    fn writer(&self) -> &str {
        &self.writer
    }
}

#[cfg(test)]
mod tests {
    use spanlake_model::Micros;

    use super::*;

    #[derive(Debug)]
    struct Fixed(i64);

    impl Clock for Fixed {
        fn now(&self) -> Micros {
            Micros(self.0)
        }
    }

    #[test]
    fn versions_grow_even_when_the_clock_stands_still() {
        let clock = VersionClock::new(Arc::new(Fixed(100)), "w".into(), 0);
        assert_eq!((clock.reserve(10), clock.reserve(1)), (100, 110));
        clock.observe(500);
        assert_eq!(clock.reserve(1), 501);
    }
}
