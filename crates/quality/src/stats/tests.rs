use super::*;

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

#[test]
fn rounding_states_digits() {
    assert!((round_significant(123_456.789, 3) - 123_000.0).abs() < 1e-9);
    assert!((round_significant(-0.001_234_56, 3) + 0.001_23).abs() < 1e-15);
    assert!(round_places(-0.000_01, 2).is_sign_positive());
}
