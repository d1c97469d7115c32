//! PSI: literal values, splits and merges, windows, odd inputs.

use serde_json::{Value, json};

use crate::sql::{rows, session, value};

/// Two groups of 400 numbers each from a fixed generator; the second half is shifted.
async fn numbers(partitions: usize, sql: &str) -> Vec<Value> {
    let context = session(partitions);
    let table = "create table t as select value as i, value % 2 as g, value >= 400 as cur, 'c' || (value * 31 % 7) as c,
        ((value * 7919 % 1000) + case when value >= 400 then 60 else 0 end) / 10.0 as x
        from generate_series(0, 799) as s(value)";
    context.sql(table).await.unwrap().collect().await.unwrap();
    rows(&context, sql).await.unwrap()
}

#[tokio::test]
async fn psi_is_the_same_in_any_partition() {
    for column in ["x", "c", "cast(x as int)", "arrow_cast(c, 'Utf8View')", "x > 30"] {
        let sql = format!("select g, psi({column}, cur) as v from t group by g order by g");
        let whole = numbers(1, &sql).await;
        assert_eq!(
            (&whole[0]["v"]["n_reference"], &whole[0]["v"]["n_current"]),
            (&json!(200), &json!(200))
        );
        for partitions in [2, 7] {
            assert_eq!(numbers(partitions, &sql).await, whole, "{column} in {partitions}");
        }
    }
}

#[tokio::test]
async fn psi_slides_over_windows() {
    let sql = "select psi(x, cur) over (order by x rows between 5 preceding and current row) as v from t order by x";
    let sliding = numbers(1, sql).await;
    let direct = numbers(
        1,
        "select psi(x, cur) as v from (select * from t order by x limit 800 offset 794)",
    )
    .await;
    assert_eq!(sliding.len(), 800);
    assert_eq!(sliding[799]["v"], direct[0]["v"]);
}

#[tokio::test]
async fn categories_as_evidently() {
    // evidently 0.7.23: counts 144, 56 against 96, 84.
    let sql = "select psi(c, cur) as v from (
        select case when value < 144 then 'a' else 'b' end as c, false as cur from generate_series(0, 199) as s(value)
        union all
        select case when value < 96 then 'a' else 'b' end, true from generate_series(0, 179) as s(value))";
    let found = value(sql).await;
    assert!((found["psi"].as_f64().unwrap() - 0.151_373_640_360_381_3).abs() < 1e-12, "{found}");
    // scipy.stats.chi2.sf of the index with half a row added to each bin, over (1/200 + 1/180), 1 degree of freedom.
    assert!(
        (found["p_value"].as_f64().unwrap() - 1.653_945_335_587_311_4e-4).abs() < 1e-12,
        "{found}"
    );
}

#[tokio::test]
async fn odd_inputs_are_left_out_or_undefined() {
    let sql = |values: &str| format!("select psi(x, cur) as v from (values {values}) as t(x, cur)");
    let found = value(&sql("(1.0, true), (null, true), (2.0, null), ('NaN'::double, false)")).await;
    assert_eq!(found, json!({"n_reference": 0, "n_current": 1}));
    let constant = value(&sql("(1.0, true), (1.0, false), (1.0, false)")).await;
    assert_eq!(constant["psi"], json!(0.0), "{constant}");
    let infinite =
        value(&sql("('inf'::double, true), (1.0, false), (2.0, false), ('-inf'::double, false)"))
            .await;
    assert!(infinite["psi"].as_f64().is_some_and(|psi| psi > 0.0), "{infinite}");
    let zeros = value(&sql("(-0.0, true), (0.0, false), (0.0, true)")).await;
    assert_eq!(zeros["psi"], json!(0.0), "{zeros}");
}

/// Whether two results agree but for the rounding of sums.
fn near(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| near(a, b)))
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| near(a, b))
        }
        _ => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => (a - b).abs() <= 1e-12 + 1e-9 * b.abs(),
            _ => a == b,
        },
    }
}

#[tokio::test]
async fn as_scipy_has_them() {
    // scipy 1.17.1 over the table of `numbers`, w being 0, 1 or 2.
    let found = numbers(
        3,
        "select ks_test(x, cur) as ks, ks_test(x, cur, 'asymptotic')['p_value'] as ks_asymptotic, wasserstein(x, cur) as wasserstein,
            mann_whitney(x, cur) as mann_whitney, welch(x, cur) as welch, chi2_drift(w, cur) as chi2, js_distance(w, cur, 'values') as js,
            tvd(w, cur, 'values') as tvd, hellinger(w, cur, 'values') as hellinger, drift_test(x, cur)['test'] as test
        from (select *, case when i % 13 < 4 then 1 else 0 end + case when i >= 700 then 1 else 0 end as w from t)",
    )
    .await;
    for (pointer, expected) in [
        ("/ks/statistic", 0.065),
        ("/ks/p_value", 0.367_086_456_981_787_1),
        ("/ks/location", 27.4),
        ("/ks/sign", 1.0),
        ("/ks_asymptotic", 0.351_562_040_322_269_34),
        ("/wasserstein/distance", 5.75),
        ("/wasserstein/normed", 0.198_514_115_761_756_15),
        ("/mann_whitney/u", 88_866.0),
        ("/mann_whitney/p_value", 0.006_671_679_178_543_605),
        ("/welch/t", 2.815_704_615_961_7),
        ("/welch/p_value", 0.004_987_053_760_852_286),
        ("/welch/df", 797.943_208_580_714_8),
        ("/welch/low", 1.741_442_775_999_345),
        ("/welch/high", 9.758_557_224_000_654),
        ("/chi2/chi2", 46.117_099_289_954_6),
        ("/chi2/p_value", 9.678_301_083_257_285e-11),
        ("/chi2/cramers_v", 0.240_096_593_296_204_95),
        ("/js/distance", 0.229_714_660_867_127_2),
        ("/js/p_value", 3.059_191_447_745_985e-18),
        ("/tvd/distance", 0.17),
        ("/hellinger/distance", 0.221_053_155_353_960_78),
    ] {
        let value = found[0].pointer(pointer).unwrap();
        assert!(near(value, &json!(expected)), "{pointer}: {value}, not {expected}");
    }
    assert_eq!(found[0]["test"], "ks");
}

#[tokio::test]
async fn every_aggregate_is_the_same_in_any_partition() {
    let score = "(x + 1) / 110";
    let sql = format!(
        "select g, js_distance(x, cur) as js, kl_divergence(c, cur) as kl, hellinger(x, cur) as hellinger, tvd(c, cur) as tvd,
            chi2_drift(c, cur) as chi2, ks_test(x, cur) as ks, wasserstein(x, cur) as wasserstein, mann_whitney(x, cur) as u,
            drift_test(c, cur) as test, welch(x, cur) as welch, prop_diff(i % 3 = 0, cur) as prop, drift_bins(c, cur) as bins,
            mmd([x, i % 7], cur) as mmd, mmd_rff([x / 50, i % 7], cur) as rff, centroid_shift([x, i], cur) as centroid,
            token_drift(concat(c, ' ', i % 3), cur, 5) as tokens, kappa(i % 3, (i + i / 5) % 3) as kappa,
            kripp_alpha(i % 50, i, i % 4, 'ordinal') as kripp, brier({score}, cur) as brier, log_loss({score}, cur) as log_loss,
            ece({score}, cur) as ece, auroc(x, cur) as auroc, confusion({score}, cur) as confusion,
            isotonic_fit(x, cur) as isotonic, ppi_mean(x, case when i % 5 = 0 then x + i % 2 end) as ppi
        from t group by g order by g"
    );
    let whole = numbers(1, &sql).await;
    assert_eq!(whole.len(), 2);
    for partitions in [2, 5] {
        let parts = numbers(partitions, &sql).await;
        for (a, b) in whole.iter().zip(&parts) {
            for (name, value) in a.as_object().unwrap() {
                assert!(near(value, &b[name]), "{name} in {partitions}: {value}, {}", b[name]);
            }
        }
    }
}

#[tokio::test]
async fn one_side_or_no_row_is_undefined() {
    let sql = |values: &str| {
        format!(
            "select js_distance(x, cur) as js, ks_test(x, cur) as ks, wasserstein(x, cur) as w, mann_whitney(x, cur) as u,
                chi2_drift(x, cur) as chi2, welch(x, cur) as welch, prop_diff(x, cur) as prop, mmd([x], cur) as mmd,
                centroid_shift([x], cur) as centroid, drift_test(x, cur) as test, auroc(x, cur) as auroc
            from (values {values}) as t(x, cur)"
        )
    };
    let context = session(2);
    for values in ["(1.0, true), (2.0, true), (null, false)", "('NaN'::double, false), (1.0, null)"]
    {
        let found = rows(&context, &sql(values)).await.unwrap();
        for (name, value) in found[0].as_object().unwrap() {
            let defined: Vec<_> = value
                .as_object()
                .unwrap()
                .iter()
                .filter(|(key, value)| {
                    !key.starts_with("n_") && !key.ends_with("_mean") && !value.is_null()
                })
                .collect();
            assert!(defined.is_empty(), "{name} of {values}: {value}");
        }
    }
    let constant =
        rows(&context, &sql("(1.0, true), (1.0, false), (1.0, true), (1.0, false)")).await.unwrap();
    assert_eq!(constant[0].pointer("/u/p_value"), Some(&json!(1.0)));
    assert_eq!(constant[0].pointer("/ks/p_value"), Some(&json!(1.0)));
    assert_eq!(constant[0].pointer("/w/distance"), Some(&json!(0.0)));
    assert!(constant[0].pointer("/welch/p_value").is_none_or(Value::is_null));
    let infinite = rows(
        &context,
        &sql("('inf'::double, true), (1.0, false), ('-inf'::double, true), (2.0, false)"),
    )
    .await
    .unwrap();
    assert_eq!(infinite[0].pointer("/ks/statistic"), Some(&json!(0.5)));
    assert!(infinite[0].pointer("/w/distance").is_none_or(Value::is_null), "{infinite:?}");
}

#[tokio::test]
async fn options_are_checked_and_named() {
    let context = session(1);
    for (call, part) in [
        ("psi(x, cur, 'best')", "psi(value, is_current[, binning]): binning is"),
        ("ks_test(x, cur, 'exactly')", "is none of auto, asymptotic"),
        ("ks_test('a', cur)", "cannot take Utf8 as argument 1 (value)"),
        ("welch(x, cur, 2)", "alpha is 2, not between 0 and 1"),
        ("psi(x, cur, 'c' || x)", "argument 3 must be a constant"),
        ("kripp_alpha('u', 'r', 'v', 'interval')", "wants numbers as value"),
        ("ece(x, cur, 0)", "bins lie between"),
    ] {
        let sql = format!("select {call} from (values (1.0, true)) as t(x, cur)");
        let message = rows(&context, &sql).await.expect_err(call);
        assert!(message.contains(part), "{call}: {message}");
    }
}

#[tokio::test]
async fn changes_are_found_in_order() {
    let sql = "select array_agg(i order by i) filter (where a) as adwin, array_agg(i order by i) filter (where p) as page
        from (select i, adwin(v) over (order by i) as a, page_hinkley(v, 5) over (order by i) as p
            from (select value as i, case when value < 300 then 0.2 else 0.8 end as v from generate_series(0, 599) as s(value)))";
    let found = rows(&session(2), sql).await.unwrap();
    // river 0.26.1 on the same 600 values.
    assert_eq!(found[0], json!({"adwin": [319], "page": [308]}));
}

/// Frames slide over every aggregate: each frame gives what the function gives over its rows alone.
#[tokio::test]
async fn frames_slide_over_every_aggregate() {
    let context = session(1);
    let table = "create table t as select value as i, value % 3 > 0 as cur, value * 7 % 5 as a, value * 3 % 4 as b,
        'w' || (value * 31 % 7) as c, (value * 7919 % 101) / 101.0 as x from generate_series(0, 19) as s(value)";
    context.sql(table).await.unwrap().collect().await.unwrap();
    for call in [
        "mmd_rff([x, a], cur)",
        "mmd([x, a], cur)",
        "centroid_shift([x, a], cur)",
        "token_drift(c, cur, 3)",
        "kappa(a, b)",
        "kripp_alpha(b, i, a)",
        "ppi_mean(x, case when b = 0 then x end)",
        "welch(x, cur)",
        "prop_diff(a > 2, cur)",
        "psi(x, cur)",
        "parse_failure_rate(case when a > 2 then 'ok' else 'fenced' end)",
    ] {
        let sliding = format!(
            "select {call} over (order by i rows between 8 preceding and current row) as v from t order by i"
        );
        let frames =
            rows(&context, &sliding).await.unwrap_or_else(|error| panic!("{call}: {error}"));
        assert_eq!(frames.len(), 20);
        for (last, frame) in frames.iter().enumerate() {
            let first = last.saturating_sub(8);
            let alone = format!("select {call} as v from t where i between {first} and {last}");
            let alone = rows(&context, &alone).await.unwrap();
            let found = (&frame["v"], alone.first().map_or(&Value::Null, |row| &row["v"]));
            assert!(near(found.0, found.1), "{call} at {last}: {found:?}");
        }
    }
}

/// A thousand groups at once, with a FILTER, in any number of partitions: as one group after the other.
#[tokio::test]
async fn groups_at_once_are_as_one_by_one() {
    let calls = "welch(x, cur) filter (where i % 7 > 0) as w, prop_diff(i % 3 = 0, cur) as p,
        parse_failure_rate(case when i % 5 = 0 then 'fenced' when i % 11 > 0 then 'ok' end) as f";
    let grouped = format!("select i % 40 as g, {calls} from t group by i % 40 order by 1");
    let whole = numbers(1, &grouped).await;
    assert_eq!(whole.len(), 40);
    for partitions in [2, 5] {
        let parts = numbers(partitions, &grouped).await;
        for (a, b) in whole.iter().zip(&parts) {
            assert!(near(a, b), "{a} {b}");
        }
    }
    for g in [0, 17, 39] {
        let alone =
            numbers(1, &format!("select {g} as g, {calls} from t where i % 40 = {g}")).await;
        assert!(near(&whole[g], &alone[0]), "{g}: {} {}", whole[g], alone[0]);
    }
}

#[tokio::test]
async fn distinct_is_refused() {
    let sql = "select welch(distinct x, cur) from (values (1.0, true)) as t(x, cur)";
    let message = rows(&session(1), sql).await.expect_err("DISTINCT");
    assert!(
        message.contains("welch(value, is_current[, alpha]): DISTINCT has no meaning"),
        "{message}"
    );
}
