//! Slow changes: distributions of this week against the reference weeks.

use std::collections::BTreeMap;

use spanlake_functions::stats::{Chi2Method, Floor, Shares};

use crate::metric::{ALPHA, MINIMUM_CLUSTERS, MINIMUM_PSI, Severity};
use crate::report::facts::{DistributionRow, Period, Place};
use crate::report::model::{DriftLine, Finding, Subject};
use crate::stats::{round_places, round_significant};

/// Bins with a smaller share than this on both sides are counted together.
const SMALLEST_SHARE: f64 = 0.01;

/// The bins that are counted together.
const OTHER: &str = "(other)";
/// A distribution over more named bins than this has no classes, only texts.
const MOST_BINS: usize = 40;

#[derive(Default)]
struct Side {
    n: f64,
    n_squared: f64,
    bins: BTreeMap<String, f64>,
}

impl Side {
    fn add(&mut self, row: &DistributionRow) {
        self.n += row.n;
        self.n_squared += row.n_squared;
        // Numbered bins sort as numbers.
        let bin = row.bin.parse::<u32>().map_or_else(|_| row.bin.clone(), |n| format!("{n:04}"));
        *self.bins.entry(bin).or_default() += row.n;
    }

    /// Kish's effective number: a session that repeats itself in one bin counts once.
    fn effective(&self) -> f64 {
        if self.n_squared > 0.0 { self.n * self.n / self.n_squared } else { 0.0 }
    }
}

/// Compares every distribution; p-values are not yet adjusted.
pub(crate) fn drift_lines(rows: &[DistributionRow]) -> Vec<DriftLine> {
    let mut groups: BTreeMap<(&Place, &str), [Side; 3]> = BTreeMap::new();
    for row in rows {
        let sides = groups.entry((&row.place, row.what.as_str())).or_default();
        let [week, before, earlier] = sides;
        match row.period {
            Period::Week => week.add(row),
            Period::Before => before.add(row),
            Period::Earlier => earlier.add(row),
        }
    }
    groups
        .iter()
        .filter_map(|((place, what), [week, before, earlier])| {
            // The oldest weeks show a slow drift best; without them the week before must do.
            let reference = if earlier.effective() >= MINIMUM_CLUSTERS { earlier } else { before };
            line(place, what, reference, week)
        })
        .collect()
}

fn line(place: &Place, what: &str, reference: &Side, week: &Side) -> Option<DriftLine> {
    let (m, n) = (reference.effective(), week.effective());
    if m < MINIMUM_CLUSTERS || n < MINIMUM_CLUSTERS {
        return None;
    }
    let share = |side: &Side, bin: &str| side.bins.get(bin).copied().unwrap_or(0.0) / side.n;
    let names = reference.bins.keys().chain(week.bins.keys());
    let mut shares: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for name in names {
        let (before, now) = (share(reference, name), share(week, name));
        let name = if before.max(now) < SMALLEST_SHARE { OTHER } else { name.as_str() };
        let entry = shares.entry(name).or_default();
        if name == OTHER {
            continue;
        }
        *entry = (before, now);
    }
    if shares.contains_key(OTHER) {
        let named: (f64, f64) = shares
            .iter()
            .filter(|(name, _)| **name != OTHER)
            .fold((0.0, 0.0), |sum, (_, s)| (sum.0 + s.0, sum.1 + s.1));
        shares.insert(OTHER, ((1.0 - named.0).max(0.0), (1.0 - named.1).max(0.0)));
    }
    if shares.len() < 2 || shares.len() > MOST_BINS {
        return None;
    }
    let change = Shares::of_counts(shares.values().map(|s| (s.0 * m, s.1 * n)))?;
    // Everything in one bin on both sides is no change.
    let p = change.chi2(Chi2Method::Pearson).p.unwrap_or(1.0);
    Some(DriftLine {
        subject: Subject {
            workflow: place.workflow.clone(),
            prompt: place.prompt.clone(),
            ..Subject::default()
        },
        what: what.to_owned(),
        psi: round_places(change.psi(Floor::Share), 3),
        p: round_significant(p, 3),
        p_adjusted: 1.0,
        n: (m.round() as u64, n.round() as u64),
        flagged: false,
        shares: shares
            .into_iter()
            .map(|(name, (a, b))| (bin_name(what, name), round_places(a, 3), round_places(b, 3)))
            .collect(),
    })
}

/// A length bin `k` holds `2^(k/4)` bytes and more, up to the next.
fn bin_name(what: &str, name: &str) -> String {
    match name.parse::<i32>() {
        Ok(k) if what != CLASS => {
            let bytes = 2f64.powf(f64::from(k) / 4.0);
            if bytes >= 1024.0 {
                format!("{:.1} kB", bytes / 1024.0)
            } else {
                format!("{bytes:.0} B")
            }
        }
        _ => name.to_owned(),
    }
}

/// Sets the adjusted p-value and decides.
pub(crate) fn decide(line: &mut DriftLine, p_adjusted: f64) {
    line.p_adjusted = p_adjusted;
    line.flagged = p_adjusted < ALPHA && line.psi >= MINIMUM_PSI;
}

/// Tells drifts as findings, one a prompt; output classes first, then the most certain.
pub(crate) fn findings(lines: &[DriftLine]) -> Vec<Finding> {
    let mut prompts: BTreeMap<&Subject, Vec<&DriftLine>> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.flagged) {
        prompts.entry(&line.subject).or_default().push(line);
    }
    prompts
        .into_values()
        .filter_map(|mut lines| {
            lines.sort_by(|a, b| {
                (b.what == CLASS)
                    .cmp(&(a.what == CLASS))
                    .then(a.p_adjusted.total_cmp(&b.p_adjusted))
                    .then(a.what.cmp(&b.what))
            });
            let (main, others) = lines.split_first()?;
            let also =
                others.iter().map(|line| format!("{}: {}", line.what, moves(line))).collect();
            Some(finding(main, also))
        })
        .collect()
}

/// The distribution of answers' classes.
pub(crate) const CLASS: &str = "output class";

/// The two largest moves in words.
fn moves(line: &DriftLine) -> String {
    if line.what != CLASS {
        let (before, now) = (typical(line, |s| s.1), typical(line, |s| s.2));
        return if before == now {
            format!("another spread around {now}")
        } else {
            format!("typically {before} \u{2192} {now}")
        };
    }
    let moves: Vec<String> = moved(line)
        .iter()
        .take(2)
        .map(|(name, before, now)| {
            format!("{name} {:.0}% \u{2192} {:.0}%", before * 100.0, now * 100.0)
        })
        .collect();
    moves.join(", ")
}

fn moved(line: &DriftLine) -> Vec<&(String, f64, f64)> {
    let mut moved: Vec<_> = line.shares.iter().collect();
    moved.sort_by(|a, b| (b.2 - b.1).abs().total_cmp(&(a.2 - a.1).abs()).then(a.0.cmp(&b.0)));
    moved
}

/// The bin that holds the median.
fn typical(line: &DriftLine, share: fn(&(String, f64, f64)) -> f64) -> String {
    let named = || line.shares.iter().filter(|s| s.0 != OTHER);
    let half = named().map(share).sum::<f64>() / 2.0;
    let mut sum = 0.0;
    named()
        .find(|s| {
            sum += share(s);
            sum >= half
        })
        .map_or_else(String::new, |s| s.0.clone())
}

fn finding(line: &DriftLine, also: Vec<String>) -> Finding {
    let who = crate::render::format::place_words(&line.subject);
    let affected: f64 = line.shares.iter().map(|s| (s.2 - s.1).max(0.0)).sum();
    let grown = moved(line).into_iter().find(|s| s.2 > s.1 && s.0 != OTHER);
    Finding {
        severity: Severity::Review,
        title: format!("{who}: {} drifted ({})", line.what, moves(line)),
        evidence: format!(
            "PSI {:.3} against the reference weeks (before/after); adjusted p {}; effective n {} and {}",
            line.psi,
            crate::render::format::p_value(line.p_adjusted),
            crate::render::format::count(line.n.0),
            crate::render::format::count(line.n.1),
        ),
        is_new: false,
        affected: (affected * line.n.1 as f64).round() as u64,
        subject: line.subject.clone(),
        metric: "drift".to_owned(),
        comparison: None,
        also,
        bin: if line.what == CLASS {
            grown.map(|s| s.0.clone()).unwrap_or_default()
        } else {
            String::new()
        },
        warnings: vec![
            "A different mix of inputs looks the same as a model that answers differently: \
             compare inputs first."
                .to_owned(),
        ],
        traces: Vec::new(),
        sql: String::new(),
    }
}
