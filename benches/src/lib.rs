//! Measurements behind Spanlake's performance claims.
//!
//! ```sh
//! cargo bench -p spanlake-benches --bench pipeline              # 1,000,000 spans
//! SPANLAKE_BENCH_TRACES=20000 cargo bench -p spanlake-benches   # a quick look
//! cargo bench -p spanlake-benches --bench functions             # each SQL function, rows/s and MB/s
//! cargo run --release -p spanlake-benches -- --help             # the store: producers, overload, merging, erasing
//! cargo bench -p spanlake-redact                                # redaction alone, MB/s
//! ```

use std::time::{Duration, Instant};

/// Runs `work` once unmeasured and `times` measured, and returns the sorted durations.
pub fn measure<E>(times: usize, mut work: impl FnMut() -> Result<(), E>) -> Result<Samples, E> {
    work()?;
    let mut taken = Vec::with_capacity(times);
    for _ in 0..times {
        let start = Instant::now();
        work()?;
        taken.push(start.elapsed());
    }
    Ok(Samples::new(taken))
}

/// Sorted durations of one measurement.
#[derive(Debug)]
pub struct Samples(Vec<Duration>);

impl Samples {
    /// Takes durations in any order.
    pub fn new(mut taken: Vec<Duration>) -> Self {
        taken.sort();
        Self(taken)
    }

    /// Returns the quantile `q` in milliseconds, nearest rank.
    pub fn quantile_ms(&self, q: f64) -> f64 {
        let last = self.0.len().saturating_sub(1);
        let at = (q * last as f64).round() as usize;
        self.0.get(at).map_or(f64::NAN, |taken| taken.as_secs_f64() * 1e3)
    }
}

/// Returns the most memory this process has had resident, in bytes; `None` off Linux.
pub fn peak_resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib * 1024)
}
