use spanlake_functions::stats::ClusterSums;

use super::{ALPHA, Metric};

/// A number between 0 and 1 for each index, the same every time (splitmix64).
fn uniform(index: u64) -> f64 {
    let mut z = index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Two versions that fail alike are looked at every 50 sessions, thirty times: a test made for one
/// look finds a difference in a quarter of all cases, the confidence sequence hardly ever.
#[test]
fn looking_often_raises_no_false_alarm() {
    let metric = Metric::find("error").unwrap();
    let (trials, looks) = (300, 30);
    let (mut always_valid, mut fixed) = (0, 0);
    for trial in 0..trials {
        let mut sides = [ClusterSums::default(); 2];
        let (mut valid_alarm, mut fixed_alarm) = (false, false);
        for look in 0..looks {
            for (side, sums) in sides.iter_mut().enumerate() {
                let clusters = (0..50).map(|at| {
                    let index = ((trial * looks + look) * 50 + at) * 2 + side as u64;
                    let failed = f64::from(u8::from(uniform(index) < 0.2));
                    (1.0, failed, failed)
                });
                sums.add(&ClusterSums::from_clusters(clusters));
            }
            let found = metric.difference(&sides[0], &sides[1], 1_000.0).unwrap();
            let variance = sides.iter().filter_map(ClusterSums::rate_variance).sum::<f64>();
            valid_alarm |= found.p < ALPHA;
            fixed_alarm |= found.diff.abs() > 1.96 * variance.sqrt();
        }
        always_valid += u64::from(valid_alarm);
        fixed += u64::from(fixed_alarm);
    }
    let share = |count: u64| count as f64 / trials as f64;
    assert!(share(always_valid) <= 0.05, "{}", share(always_valid));
    assert!(share(fixed) > 0.15, "{}", share(fixed));
}
