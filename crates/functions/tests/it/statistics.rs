//! Literal reference values: statsmodels 0.15.0 (proportions, corrections), the published formula of the sequence.

use serde_json::{Value, json};

use crate::sql::value;

fn near(found: &Value, expected: &Value, tolerance: f64) -> bool {
    match (found.as_f64(), expected.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-12 + tolerance * b.abs(),
        _ => found == expected,
    }
}

#[tokio::test]
async fn proportions() {
    // statsmodels.stats.proportion.proportion_confint(method="wilson")
    for (call, low, high) in [
        ("wilson(0, 10)", 0.0, 0.277_532_799_862_889_26),
        ("wilson(10, 10)", 0.722_467_200_137_110_6, 1.0),
        ("wilson(43, 50, 0.01)", 0.691_794_212_569_645_2, 0.943_856_281_393_662_6),
        ("wilson(3, 1000)", 0.001_020_783_881_138_619_5, 0.008_783_014_053_503_176),
    ] {
        let found = value(&format!("select {call} as v")).await;
        assert!(near(&found["low"], &json!(low), 1e-9), "{call}: {found}");
        assert!(near(&found["high"], &json!(high), 1e-9), "{call}: {found}");
    }
    // proportions_ztest and confint_proportions_2indep(method="newcomb")
    let found = value("select two_prop(12, 200, 25, 210) as v").await;
    for (field, expected) in [
        ("diff", 0.059_047_619_047_619_04),
        ("z", 2.085_756_885_971_878),
        ("p", 0.037_000_650_630_846_024),
        ("newcombe_lo", 0.003_061_009_119_034_195_6),
        ("newcombe_hi", 0.115_806_570_647_138_48),
    ] {
        assert!(near(&found[field], &json!(expected), 1e-9), "{field}: {found}");
    }
    let found = value("select two_prop(0, 30, 0, 40) as v").await;
    assert_eq!((&found["z"], &found["p"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn corrections_and_sequences() {
    let found = value("select bh_adjust([0.000077, null, 0.009761, 0.92272]) as v").await;
    for (at, expected) in
        [(0, json!(0.000_231)), (1, Value::Null), (2, json!(0.014_641_5)), (3, json!(0.92272))]
    {
        assert!(near(&found[at], &expected, 1e-9), "{found}");
    }
    let found = value("select seq_diff(500, 0.1, 0.09, 520, 0.13, 0.1131, 0.05, 5000) as v").await;
    for (field, expected) in [
        ("low", -0.036_871_216_543_350_46),
        ("high", 0.096_871_216_543_350_46),
        ("p", 0.803_783_789_750_002_1),
    ] {
        assert!(near(&found[field], &json!(expected), 1e-9), "{field}: {found}");
    }
}

#[tokio::test]
async fn parse_failure_rates() {
    let sql = "select parse_failure_rate(s) as v from (values
        ('ok'), ('ok_whitespace'), ('fenced'), (null), ('ok'), ('truncated')) as x(s)";
    let found = value(sql).await;
    // The formula in Python with statistics.NormalDist: 0.11762077423264794, 0.769275718723987.
    assert_eq!((&found["rate"], &found["n"]), (&json!(0.4), &json!(5)));
    assert!(near(&found["low"], &json!(0.117_620_774_232_647_94), 1e-9), "{found}");
    assert!(near(&found["high"], &json!(0.769_275_718_723_987), 1e-9), "{found}");
    let empty = value("select parse_failure_rate(cast(null as varchar)) as v").await;
    assert_eq!((&empty["n"], &empty["rate"]), (&json!(0), &Value::Null));
}
