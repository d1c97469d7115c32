//! Many rows, many distinct values, uneven parts: 10,000,000 rows under nextest's profile `long`, else 200,000.

use serde_json::json;

use crate::sql::{rows, session};

fn n_rows() -> u64 {
    let is_long = std::env::var("NEXTEST_PROFILE").is_ok_and(|profile| profile == "long");
    if is_long { 10_000_000 } else { 200_000 }
}

/// Every third row is current; x has 1,000 values and y is another number in every row, both spread alike on both sides,
/// z is x, larger by 50 in current rows. Whatever the number of rows, the figures follow from that.
#[tokio::test]
async fn many_rows_give_what_few_would() {
    let n = n_rows();
    let sql = format!(
        "select psi(x, cur) as psi, ks_test(y, cur) as ks, mann_whitney(y, cur) as u, wasserstein(z, cur) as w,
            welch(z, cur) as welch, prop_diff(x < 300, cur) as prop, chi2_drift(x % 7, cur) as chi2,
            auroc(y, cur) as auroc, token_drift('w' || (i % 50), cur, 1) as tokens,
            parse_failure_rate(case when i % 4 = 0 then 'fenced' else 'ok' end) as parse
        from (select value as i, value * 7 % 1000 as x, value % 3 = 0 as cur, value / 3.0 as y,
            value * 7 % 1000 + case when value % 3 = 0 then 50 else 0 end as z
            from generate_series(0, {n} - 1) as s(value))"
    );
    let found = rows(&session(4), &sql).await.unwrap();
    let found = &found[0];
    let current = n.div_ceil(3);
    assert_eq!(found["psi"]["n_current"], json!(current));
    assert_eq!(found["psi"]["n_reference"], json!(n - current));
    let near = |pointer: &str, expected: f64, within: f64| {
        let value = found.pointer(pointer).and_then(serde_json::Value::as_f64).unwrap_or(f64::NAN);
        assert!((value - expected).abs() <= within, "{pointer}: {value}, not {expected}");
    };
    near("/psi/psi", 0.0, 1e-4);
    // Numbers past the limit of distinct ones lose low bits: an error of 0.01 % at most.
    near("/ks/statistic", 0.0, 1e-4 + 10.0 / n as f64);
    near("/u/auc", 0.5, 1e-4 + 10.0 / n as f64);
    near("/auroc/auroc", 0.5, 1e-4 + 10.0 / n as f64);
    near("/w/distance", 50.0, 0.01);
    near("/welch/diff", 50.0, 0.01);
    near("/prop/diff", 0.0, 1e-4);
    near("/prop/reference_rate", 0.3, 1e-4);
    near("/chi2/cramers_v", 0.0, 1e-3);
    near("/parse/rate", 0.25, 1e-9);
    assert_eq!(found["parse"]["n"], json!(n));
}
