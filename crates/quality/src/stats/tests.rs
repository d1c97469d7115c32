use serde_json::Value;

use super::*;

/// The cases of a function in the shared reference file; empty, and said so, when it is absent.
fn cases(function: &str) -> Vec<Value> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let named = std::env::var_os("SPANLAKE_SHARED").map(std::path::PathBuf::from);
    let places = ["../../../shared", "../../../../shared"].map(|place| root.join(place));
    let Some(text) = named
        .into_iter()
        .chain(places)
        .find_map(|place| std::fs::read_to_string(place.join("data/stats/reference.json")).ok())
    else {
        eprintln!("skipped: no reference data for {function}");
        return Vec::new();
    };
    let file: Value = serde_json::from_str(&text).unwrap();
    let all = file["cases"].as_array().unwrap();
    all.iter().filter(|case| case["fn"] == function).cloned().collect()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

fn close(ours: f64, theirs: f64, case: &Value) {
    let tolerance = 1e-12 + number(&case["rtol"]) * theirs.abs();
    assert!((ours - theirs).abs() <= tolerance, "{ours} is not {theirs} in {}", case["id"]);
}

#[test]
fn confidence_sequences_agree_with_the_published_formula() {
    for case in cases("sequential_mean_diff") {
        let side = |name: &str| {
            let s = &case["inputs"][name];
            Side { n: number(&s["n"]), mean: number(&s["mean"]), variance: number(&s["var"]) }
        };
        let (alpha, tuning) = (number(&case["params"]["alpha"]), number(&case["params"]["tuning"]));
        let ours = seq_diff(side("ref"), side("cur"), alpha, tuning).unwrap();
        for (value, name) in [
            (ours.diff, "diff"),
            (ours.low, "low"),
            (ours.high, "high"),
            (ours.p, "pvalue"),
            (ours.rho, "rho"),
        ] {
            close(value, number(&case["expected"][name]), &case);
        }
    }
}

#[test]
fn adjusted_p_values_agree_with_statsmodels() {
    for case in cases("multiple_testing") {
        let ours = bh_adjust(&numbers(&case["inputs"]["pvalues"]));
        for (a, b) in ours.into_iter().zip(numbers(&case["expected"]["fdr_bh"]["adjusted"])) {
            close(a, b, &case);
        }
    }
    assert!(bh_adjust(&[]).is_empty());
}

#[test]
fn wilson_agrees_with_statsmodels() {
    for case in cases("proportion_ci") {
        let (x, n) = (number(&case["inputs"]["success"]), number(&case["inputs"]["n"]));
        let ours = wilson(x / n, n, number(&case["params"]["alpha"])).unwrap();
        let theirs = numbers(&case["expected"]["wilson"]);
        close(ours.low, theirs[0], &case);
        close(ours.high, theirs[1], &case);
    }
}

#[test]
fn chi_squared_agrees_with_scipy_and_psi_with_the_formula() {
    for case in cases("chi2_contingency") {
        if case["params"]["correction"] == true {
            continue;
        }
        let ours = chi2_counts(
            &numbers(&case["inputs"]["ref_counts"]),
            &numbers(&case["inputs"]["cur_counts"]),
        )
        .unwrap();
        close(ours.0, number(&case["expected"]["chi2"]), &case);
        close(ours.2, number(&case["expected"]["pvalue"]), &case);
    }
    for case in cases("psi_ref_quantile") {
        let counts = |name: &str| numbers(&case["expected"][name]);
        let ours = psi_counts(&counts("ref_counts"), &counts("cur_counts")).unwrap();
        close(ours, number(&case["expected"]["psi"]), &case);
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

#[test]
fn rounding_states_digits() {
    assert!((round_significant(123_456.789, 3) - 123_000.0).abs() < 1e-9);
    assert!((round_significant(-0.001_234_56, 3) + 0.001_23).abs() < 1e-15);
    assert!(round_places(-0.000_01, 2).is_sign_positive());
}
