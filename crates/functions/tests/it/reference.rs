//! Every case of the reference file whose function exists here, through SQL, within its stated tolerance.

use std::path::PathBuf;

use serde_json::Value;

use crate::sql::{rows, session};

fn cases() -> Option<Vec<Value>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let candidates = std::env::var_os("SPANLAKE_SHARED")
        .map(PathBuf::from)
        .into_iter()
        .chain([root.join("../shared"), root.join("../../shared")]);
    let found =
        candidates.map(|dir| dir.join("data/stats/reference.json")).find(|path| path.exists());
    let Some(path) = found else {
        eprintln!("skipped: stats/reference.json is not at hand");
        return None;
    };
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    Some(file["cases"].as_array().unwrap().clone())
}

fn list(values: &Value, side: bool) -> String {
    let rows: Vec<String> =
        values.as_array().unwrap().iter().map(|v| format!("({v}::double, {side})")).collect();
    rows.join(", ")
}

fn counts(case: &Value, key: &str, side: bool) -> String {
    let counts = case["inputs"][key].as_array().unwrap();
    let rows = counts.iter().enumerate().flat_map(|(at, n)| {
        vec![format!("('c{at}', {side})"); usize::try_from(n.as_u64().unwrap()).unwrap()]
    });
    rows.collect::<Vec<_>>().join(", ")
}

/// The SQL of a case and the fields to compare: (ours, pointer into `expected`).
fn query(case: &Value) -> Option<(String, Vec<(&'static str, &'static str)>)> {
    let (input, params) = (&case["inputs"], &case["params"]);
    let psi =
        |values: String| format!("select psi(x, cur) as v from (values {values}) as t(x, cur)");
    Some(match case["fn"].as_str()? {
        "proportion_ci" => (
            format!(
                "select wilson({}, {}, {}) as v",
                input["success"], input["n"], params["alpha"]
            ),
            vec![("/low", "/wilson/0"), ("/high", "/wilson/1")],
        ),
        "two_proportion" => (
            format!(
                "select two_prop({}, {}, {}, {}, {}) as v",
                input["ref_success"],
                input["ref_n"],
                input["cur_success"],
                input["cur_n"],
                params["alpha"]
            ),
            vec![
                ("/diff", "/diff"),
                ("/z", "/z"),
                ("/p", "/pvalue"),
                ("/newcombe_lo", "/newcombe_low"),
                ("/newcombe_hi", "/newcombe_high"),
            ],
        ),
        "sequential_mean_diff" => {
            let side = |key: &str| {
                let side = &input[key];
                format!("{}, {}, {}", side["n"], side["mean"], side["var"])
            };
            (
                format!(
                    "select seq_diff({}, {}, {}, {}) as v",
                    side("ref"),
                    side("cur"),
                    params["alpha"],
                    params["tuning"]
                ),
                vec![("/diff", "/diff"), ("/low", "/low"), ("/high", "/high"), ("/p", "/pvalue")],
            )
        }
        "multiple_testing" => {
            (format!("select bh_adjust({}) as v", input["pvalues"]), vec![("", "/fdr_bh/adjusted")])
        }
        "psi_ref_quantile" => (
            psi(format!("{}, {}", list(&input["ref"], false), list(&input["cur"], true))),
            vec![("/psi", "/psi")],
        ),
        "evidently_categorical" => (
            psi(format!(
                "{}, {}",
                counts(case, "ref_counts", false),
                counts(case, "cur_counts", true)
            )),
            vec![("/psi", "/psi")],
        ),
        _ => return None,
    })
}

fn agrees(found: &Value, expected: &Value, case: &Value) -> bool {
    match (found, expected) {
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| agrees(a, b, case))
        }
        (found, Value::Null) => found.is_null(),
        (found, expected) => found.as_f64().zip(expected.as_f64()).is_some_and(|(a, b)| {
            (a - b).abs()
                <= case["atol"].as_f64().unwrap() + case["rtol"].as_f64().unwrap() * b.abs()
        }),
    }
}

#[tokio::test]
async fn reference_cases() {
    let Some(cases) = cases() else { return };
    let context = session(2);
    let (mut right, mut total) = (0, 0);
    for case in &cases {
        let Some((sql, fields)) = query(case) else { continue };
        let found = rows(&context, &sql).await.unwrap()[0]["v"].clone();
        total += 1;
        let bad: Vec<_> = fields
            .iter()
            .filter(|(ours, theirs)| {
                let found = found.pointer(ours).unwrap_or(&Value::Null);
                !agrees(found, case["expected"].pointer(theirs).unwrap(), case)
            })
            .collect();
        right += usize::from(bad.is_empty());
        if !bad.is_empty() {
            eprintln!("{}: {bad:?} {found} {}", case["id"], case["expected"]);
        }
    }
    eprintln!("reference: {right} of {total}");
    assert_eq!(right, total);
}
