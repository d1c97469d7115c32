//! Values of scipy 1.17.1 and statsmodels 0.15.0.

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
