//! Change points in an ordered stream of numbers.

/// Adaptive windowing (Bifet and Gavaldà 2007): drops the older part of the window when the means of the two parts differ
/// by more than chance allows. Buckets hold powers of two of values, so that memory grows with the logarithm.
#[derive(Debug, Clone)]
pub(crate) struct Adwin {
    settings: AdwinSettings,
    /// Buckets of 1, 2, 4, … values, oldest first: sum and sum of squared deviations.
    rows: Vec<Vec<(f64, f64)>>,
    n: f64,
    sum: f64,
    squares: f64,
    ticks: u64,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct AdwinSettings {
    /// Chance of a false alarm at one look.
    pub(crate) delta: f64,
    /// Values between two looks.
    pub(crate) clock: u64,
    /// No alarm before this many values.
    pub(crate) grace: f64,
    /// Shortest part compared.
    pub(crate) least: f64,
    /// Buckets of one size kept apart.
    pub(crate) buckets: usize,
}

impl Default for AdwinSettings {
    fn default() -> Self {
        Self { delta: 0.002, clock: 32, grace: 10.0, least: 5.0, buckets: 5 }
    }
}

impl Adwin {
    pub(crate) fn new(settings: AdwinSettings) -> Self {
        Self { settings, rows: vec![Vec::new()], n: 0.0, sum: 0.0, squares: 0.0, ticks: 0 }
    }

    /// Takes the next value; true where a change is found, after which the window starts anew.
    pub(crate) fn update(&mut self, value: f64) -> bool {
        self.insert(value);
        self.ticks += 1;
        if !self.ticks.is_multiple_of(self.settings.clock) || self.n <= self.settings.grace {
            return false;
        }
        let mut is_changed = false;
        while self.has_cut() {
            is_changed = true;
            self.drop_oldest();
        }
        if is_changed {
            *self = Self::new(self.settings);
        }
        is_changed
    }

    fn insert(&mut self, value: f64) {
        if let Some(row) = self.rows.first_mut() {
            row.push((value, 0.0));
        }
        self.n += 1.0;
        if self.n > 1.0 {
            let off = value - self.sum / (self.n - 1.0);
            self.squares += (self.n - 1.0) * off * off / self.n;
        }
        self.sum += value;
        self.compress();
    }

    /// Joins the two oldest buckets of every size of which there are too many.
    fn compress(&mut self) {
        let mut size = 1.0;
        for at in 0.. {
            let Some(row) = self.rows.get_mut(at) else { break };
            if row.len() <= self.settings.buckets {
                break;
            }
            let mut oldest = row.drain(..2);
            let (Some(first), Some(second)) = (oldest.next(), oldest.next()) else { break };
            drop(oldest);
            let off = first.0 / size - second.0 / size;
            let joined =
                (first.0 + second.0, first.1 + second.1 + size * size * off * off / (size + size));
            match self.rows.get_mut(at + 1) {
                Some(next) => next.push(joined),
                None => self.rows.push(vec![joined]),
            }
            size *= 2.0;
        }
    }

    /// Whether some cut of the window tells two means apart.
    fn has_cut(&self) -> bool {
        let (mut old, mut old_sum) = (0.0, 0.0);
        let least = self.settings.least;
        let log = (2.0 * self.n.ln() / self.settings.delta).ln();
        for (exponent, row) in self.rows.iter().enumerate().rev() {
            for (sum, _) in row {
                old += 2_f64.powi(exponent as i32);
                old_sum += sum;
                let (new, new_sum) = (self.n - old, self.sum - old_sum);
                if old < least || new < least {
                    continue;
                }
                let inverse = (old - least + 1.0).recip() + (new - least + 1.0).recip();
                let bound = (2.0 * inverse * (self.squares / self.n) * log).sqrt()
                    + 2.0 / 3.0 * log * inverse;
                if (old_sum / old - new_sum / new).abs() > bound {
                    return true;
                }
            }
        }
        false
    }

    fn drop_oldest(&mut self) {
        let size = 2_f64.powi(self.rows.len() as i32 - 1);
        let Some(row) = self.rows.last_mut() else { return };
        let (sum, squares) = row.remove(0);
        self.n -= size;
        self.sum -= sum;
        let off = sum / size - self.sum / self.n;
        self.squares -= squares + size * self.n * off * off / (size + self.n);
        if row.is_empty() && self.rows.len() > 1 {
            self.rows.pop();
        }
    }
}

/// Page and Hinkley's test: cumulated deviations from the running mean, in both directions.
#[derive(Debug, Clone)]
pub(crate) struct PageHinkley {
    settings: PageHinkleySettings,
    n: f64,
    mean: f64,
    rise: f64,
    fall: f64,
    least_rise: f64,
    most_fall: f64,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct PageHinkleySettings {
    /// Cumulated deviation that is a change.
    pub(crate) threshold: f64,
    /// Deviation tolerated at each value.
    pub(crate) delta: f64,
    /// Share of the past kept at each value.
    pub(crate) keep: f64,
    /// No alarm before this many values.
    pub(crate) least: f64,
}

impl Default for PageHinkleySettings {
    fn default() -> Self {
        Self { threshold: 50.0, delta: 0.005, keep: 1.0 - 0.0001, least: 30.0 }
    }
}

impl PageHinkley {
    pub(crate) fn new(settings: PageHinkleySettings) -> Self {
        Self {
            settings,
            n: 0.0,
            mean: 0.0,
            rise: 0.0,
            fall: 0.0,
            least_rise: f64::INFINITY,
            most_fall: -1.0,
        }
    }

    /// Takes the next value; true where a change is found, after which everything starts anew.
    pub(crate) fn update(&mut self, value: f64) -> bool {
        self.n += 1.0;
        self.mean += (value - self.mean) / self.n;
        let off = value - self.mean;
        self.rise = self.settings.keep * self.rise + off - self.settings.delta;
        self.fall = self.settings.keep * self.fall + off + self.settings.delta;
        self.least_rise = self.least_rise.min(self.rise);
        self.most_fall = self.most_fall.max(self.fall);
        let is_changed = self.n >= self.settings.least
            && (self.rise - self.least_rise > self.settings.threshold
                || self.most_fall - self.fall > self.settings.threshold);
        if is_changed {
            *self = Self::new(self.settings);
        }
        is_changed
    }
}
