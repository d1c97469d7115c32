//! PSI: literal values, splits and merges, windows, odd inputs.

use serde_json::{Value, json};

use crate::sql::{rows, session, value};

/// Two groups of 400 numbers each from a fixed generator; the second half is shifted.
async fn numbers(partitions: usize, sql: &str) -> Vec<Value> {
    let context = session(partitions);
    let table = "create table t as select value % 2 as g, value >= 400 as cur, 'c' || (value * 31 % 7) as c,
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
    // 0.15137364 / (1/200 + 1/180) = 14.3407, chi-squared with 1 degree of freedom: 1.5257e-4 (normal tail 3.78691).
    assert!((found["p_value"].as_f64().unwrap() - 1.525_5e-4).abs() < 1e-6, "{found}");
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
