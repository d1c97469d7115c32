//! Values of scipy 1.17.1 and statsmodels 0.15.0.

use super::cluster::{ClusterSums, design_effect};
use super::kolmogorov::{one_sample, two_sample_exact};
use super::proportion::{agresti_coull, clopper_pearson, jeffreys, two_prop};
use super::special::{t_two_sided_p, t_two_sided_quantile};

fn near(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-12 + 1e-8 * expected.abs()
}

#[test]
fn kolmogorov_as_scipy() {
    // scipy.stats.kstwo.sf: every branch of the distribution.
    for (n, distance, expected) in [
        (5, 0.15, 0.9988),
        (10, 0.09, 0.999_961_036_056_690_7),
        (30, 0.1, 0.896_078_268_005_089_8),
        (100, 0.25, 5.408_871_776_434_847e-6),
        (140, 0.05, 0.857_648_029_765_611_4),
        (500, 0.02, 0.985_987_178_685_747_1),
        (500, 0.05, 0.158_662_602_238_153_87),
        (500, 0.1, 8.342_293_067_263_533e-5),
        (5_000, 0.02, 0.036_139_413_953_256_37),
        (3, 0.7, 0.054),
        (22, 0.2, 0.300_645_132_253_461_57),
        (474, 0.03, 0.775_400_383_240_373_1),
    ] {
        let found = one_sample(n, distance);
        assert!(near(found, expected), "{n} {distance}: {found}, not {expected}");
    }
}

#[test]
fn two_samples_by_counting_every_path() {
    // All orders of n and m rows, for sizes small enough to list.
    for (n, m) in [(3_u32, 3), (4, 3), (5, 2), (6, 4)] {
        let mut seen = Vec::new();
        for order in 0_u32..1 << (n + m) {
            if order.count_ones() != n {
                continue;
            }
            let (mut first, mut second, mut most) = (0.0, 0.0, 0.0_f64);
            for step in 0..n + m {
                if order >> step & 1 == 1 {
                    first += 1.0 / f64::from(n);
                } else {
                    second += 1.0 / f64::from(m);
                }
                most = most.max(f64::abs(first - second));
            }
            seen.push(most);
        }
        for &distance in &seen {
            let expected = seen.iter().filter(|other| **other >= distance - 1e-9).count() as f64
                / seen.len() as f64;
            let found = two_sample_exact(u64::from(n), u64::from(m), distance);
            assert!(near(found, expected), "{n} {m} {distance}: {found}, not {expected}");
        }
    }
}

#[test]
fn intervals_as_statsmodels() {
    for (found, low, high) in [
        (clopper_pearson(43.0, 50.0, 0.05), 0.732_603_997_502_991_7, 0.941_808_299_659_627_8),
        (jeffreys(43.0, 50.0, 0.05), 0.744_674_971_843_608_3, 0.935_128_298_849_481_5),
        (agresti_coull(43.0, 50.0, 0.05), 0.735_004_072_118_199_5, 0.933_625_656_505_782_2),
        (clopper_pearson(0.0, 10.0, 0.05), 0.0, 0.308_497_107_818_760_8),
        (jeffreys(0.0, 10.0, 0.01), 1.915_059_649_943_142e-6, 0.318_834_635_594_171_6),
    ] {
        let found = found.unwrap();
        assert!(near(found.low, low) && near(found.high, high), "{found:?}");
    }
    let found = two_prop(12.0, 200.0, 25.0, 210.0, 0.05).unwrap();
    assert!(near(found.fisher_p.unwrap(), 0.039_687_199_626_978_09), "{found:?}");
    assert!(near(found.odds_ratio.unwrap(), 2.117_117_117_117_117_3), "{found:?}");
}

#[test]
fn quantiles_undo_tails() {
    for degrees in [1.0, 2.5, 30.0, 800.0] {
        for alpha in [0.2, 0.05, 1e-4] {
            let t = t_two_sided_quantile(alpha, degrees).unwrap();
            assert!(near(t_two_sided_p(t, degrees).unwrap(), alpha), "{degrees} {alpha}: {t}");
        }
    }
}

/// statsmodels 0.15: `OLS(y, ones).fit(cov_type="cluster", cov_kwds={"groups": g})` on 8 values in
/// 4 groups gives the mean 0.5 and this variance (its small-sample factor here is
/// `G/(G−1) · (N−1)/(N−1)`).
#[test]
fn the_variance_of_a_mean_is_cluster_robust() {
    let sums = ClusterSums::from_clusters([
        (3.0, 3.0, 3.0),
        (2.0, 0.0, 0.0),
        (2.0, 1.0, 1.0),
        (1.0, 0.0, 0.0),
    ]);
    assert!((sums.mean().unwrap() - 0.5).abs() < 1e-15);
    assert!((sums.mean_variance().unwrap() - CLUSTER_VARIANCE).abs() < 1e-12);
    assert!(sums.effective_n() < 8.0);
}

const CLUSTER_VARIANCE: f64 = 0.072_916_666_666_666_66;

#[test]
fn clusters_of_one_are_the_ordinary_case() {
    let sums = ClusterSums::from_clusters((0..100).map(|i| {
        let y = f64::from(u8::from(i % 10 == 0));
        (1.0, y, y)
    }));
    assert!((sums.effective_n() - 100.0).abs() < 1e-9);
    let ours = sums.rate_interval(0.05).unwrap();
    // statsmodels proportion_confint(10, 100, method="wilson")
    assert!((ours.low - 0.055_229_137).abs() < 1e-8 && (ours.high - 0.174_365_661).abs() < 1e-8);
}

#[test]
fn a_rate_never_seen_to_fail_keeps_a_variance() {
    let none = ClusterSums::from_clusters((0..50).map(|_| (1.0, 0.0, 0.0)));
    assert_eq!(none.mean_variance(), Some(0.0));
    assert!(none.rate_variance().unwrap() > 0.0);
    assert_eq!(ClusterSums::default().mean(), None);
}

/// Rao and Scott's design effect: 1 for single observations, the cluster size for clusters that repeat themselves.
#[test]
fn repeated_observations_have_a_design_effect() {
    let bins = |repeats: f64| -> Vec<ClusterSums> {
        (0..3)
            .map(|bin| {
                let clusters = (0..3_000).map(|at| {
                    let inside = f64::from(u8::from(at % 3 == bin)) * repeats;
                    (repeats, inside, inside)
                });
                ClusterSums::from_clusters(clusters)
            })
            .collect()
    };
    assert!((design_effect(&bins(1.0)) - 1.0).abs() < 1e-3);
    assert!((design_effect(&bins(4.0)) - 4.0).abs() < 4e-3);
}
