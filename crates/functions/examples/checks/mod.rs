//! Which SQL answers which value of which reference function, and whether it agrees.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a program for developers: input is trusted"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Float64Builder, Int64Array, ListBuilder, StringArray,
};
use datafusion::arrow::json::ArrayWriter;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::prelude::{SessionConfig, SessionContext};
use serde_json::Value;

/// How one value of a reference case is found: the function it belongs to, a pointer into `expected`, and the expression.
/// `{x}` stands for `inputs.x` or `params.x`, and each row of the table in the query for an element of its lists.
struct Check {
    function: &'static str,
    pointer: &'static str,
    rows: Rows,
    sql: &'static str,
}

/// The table a check reads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rows {
    /// None: the expression stands alone.
    None,
    /// `t(x, cur)`: the elements of two lists, the second being current.
    Values(&'static str, &'static str),
    /// The same, repeated as often as two lists of counts say, x being the category.
    Counts(&'static str, &'static str),
    /// `t(a, b, i)`: two lists side by side, i counting from 0.
    Pairs(&'static str, &'static str),
    /// `t(unit, rater, x)`: a matrix of raters by units.
    Ratings(&'static str),
    /// `t(judge, human)`: labelled rows, then unlabelled ones.
    Judged,
}

const fn check(
    function: &'static str,
    pointer: &'static str,
    rows: Rows,
    sql: &'static str,
) -> Check {
    Check { function, pointer, rows, sql }
}

const SIDES: Rows = Rows::Values("ref", "cur");
const COUNTS: Rows = Rows::Counts("ref_counts", "cur_counts");
const SHARES: Rows = Rows::Counts("p", "q");
/// The reference names the samples x and y; x is what we call current.
const RANKS: Rows = Rows::Values("y", "x");
const SCORES: Rows = Rows::Pairs("score", "label");
const LABELS: Rows = Rows::Pairs("a", "b");
const STREAM: Rows = Rows::Pairs("values", "values");
const RATINGS: Rows = Rows::Ratings("ratings");

/// Which SQL answers which value of which reference function.
const CHECKS: &[Check] = &[
    check("ks_2samp", "/statistic", SIDES, "ks_test(x, cur)['statistic']"),
    check("ks_2samp", "/pvalue_auto", SIDES, "ks_test(x, cur)['p_value']"),
    check("ks_2samp", "/pvalue_asymp", SIDES, "ks_test(x, cur, 'asymptotic')['p_value']"),
    check("ks_2samp", "/location", SIDES, "ks_test(x, cur)['location']"),
    check("ks_2samp", "/sign", SIDES, "ks_test(x, cur)['sign']"),
    check("wasserstein_1d", "/distance", SIDES, "wasserstein(x, cur)['distance']"),
    check("wasserstein_1d", "/normed_by_ref_std", SIDES, "wasserstein(x, cur)['normed']"),
    check("mann_whitney_u", "/u", RANKS, "mann_whitney(x, cur, {alternative})['u']"),
    check("mann_whitney_u", "/pvalue", RANKS, "mann_whitney(x, cur, {alternative})['p_value']"),
    check("mann_whitney_u", "/auc", RANKS, "mann_whitney(x, cur, {alternative})['auc']"),
    check("welch_t", "/diff", SIDES, "welch(x, cur)['diff']"),
    check("welch_t", "/t", SIDES, "welch(x, cur)['t']"),
    check("welch_t", "/df", SIDES, "welch(x, cur)['df']"),
    check("welch_t", "/pvalue", SIDES, "welch(x, cur)['p_value']"),
    check("welch_t", "/ci_low", SIDES, "welch(x, cur)['low']"),
    check("welch_t", "/ci_high", SIDES, "welch(x, cur)['high']"),
    check("evidently_numeric", "/psi", SIDES, "psi(x, cur, 'evidently')['psi']"),
    check(
        "evidently_numeric",
        "/js_distance_ln",
        SIDES,
        "js_distance(x, cur, 'evidently')['distance_ln']",
    ),
    check("evidently_numeric", "/kl", SIDES, "kl_divergence(x, cur, 'evidently')['divergence']"),
    check("evidently_numeric", "/hellinger", SIDES, "hellinger(x, cur, 'evidently')['distance']"),
    check("evidently_numeric", "/default_test", SIDES, "drift_test(x, cur)['test']"),
    check(
        "psi_ref_quantile",
        "/inner_edges",
        SIDES,
        "coalesce(array_agg(b['low']) filter (where b['low'] is not null), []) \
         from (select unnest(drift_bins(x, cur)) as b from t)",
    ),
    check(
        "psi_ref_quantile",
        "/ref_counts",
        SIDES,
        "array_agg(b['reference']) from (select unnest(drift_bins(x, cur)) as b from t)",
    ),
    check(
        "psi_ref_quantile",
        "/cur_counts",
        SIDES,
        "array_agg(b['current']) from (select unnest(drift_bins(x, cur)) as b from t)",
    ),
    check("psi_ref_quantile", "/psi", SIDES, "psi(x, cur)['psi']"),
    check("evidently_categorical", "/psi", COUNTS, "psi(x, cur, 'evidently')['psi']"),
    check("evidently_categorical", "/js_distance_ln", COUNTS, "js_distance(x, cur)['distance_ln']"),
    check(
        "evidently_categorical",
        "/kl",
        COUNTS,
        "kl_divergence(x, cur, 'evidently')['divergence']",
    ),
    check("evidently_categorical", "/hellinger", COUNTS, "hellinger(x, cur)['distance']"),
    check(
        "evidently_categorical",
        "/chisquare_pvalue",
        COUNTS,
        "chi2_drift(x, cur, 'evidently')['p_value']",
    ),
    check("evidently_categorical", "/default_test", COUNTS, "drift_test(x, cur)['test']"),
    check("js", "/distance_base2", SHARES, "js_distance(x, cur)['distance']"),
    check("js", "/divergence_base2", SHARES, "js_distance(x, cur)['divergence']"),
    check("js", "/distance_ln", SHARES, "js_distance(x, cur)['distance_ln']"),
    check("tvd_hellinger", "/tvd", SHARES, "tvd(x, cur)['distance']"),
    check("tvd_hellinger", "/hellinger", SHARES, "hellinger(x, cur)['distance']"),
    check("tvd_hellinger", "/linf", SHARES, "tvd(x, cur)['largest_gap']"),
    check("chi2_contingency", "/chi2", COUNTS, "chi2_drift(x, cur, {correction})['chi2']"),
    check("chi2_contingency", "/dof", COUNTS, "chi2_drift(x, cur, {correction})['dof']"),
    check("chi2_contingency", "/pvalue", COUNTS, "chi2_drift(x, cur, {correction})['p_value']"),
    check(
        "chi2_contingency",
        "/cramers_v",
        COUNTS,
        "chi2_drift(x, cur, {correction})['cramers_v']",
    ),
    check("two_proportion", "/diff", Rows::None, "two_prop({two}, {alpha})['diff']"),
    check("two_proportion", "/z", Rows::None, "two_prop({two}, {alpha})['z']"),
    check("two_proportion", "/pvalue", Rows::None, "two_prop({two}, {alpha})['p']"),
    check("two_proportion", "/newcombe_low", Rows::None, "two_prop({two}, {alpha})['newcombe_lo']"),
    check(
        "two_proportion",
        "/newcombe_high",
        Rows::None,
        "two_prop({two}, {alpha})['newcombe_hi']",
    ),
    check("two_proportion", "/wald_low", Rows::None, "two_prop({two}, {alpha})['wald_lo']"),
    check("two_proportion", "/wald_high", Rows::None, "two_prop({two}, {alpha})['wald_hi']"),
    check(
        "two_proportion",
        "/agresti_caffo_low",
        Rows::None,
        "two_prop({two}, {alpha})['agresti_caffo_lo']",
    ),
    check(
        "two_proportion",
        "/agresti_caffo_high",
        Rows::None,
        "two_prop({two}, {alpha})['agresti_caffo_hi']",
    ),
    check("two_proportion", "/fisher_p", Rows::None, "two_prop({two}, {alpha})['fisher_p']"),
    check(
        "two_proportion",
        "/fisher_odds",
        Rows::None,
        "cast(two_prop({two}, {alpha})['odds_ratio'] as varchar)",
    ),
    check("proportion_ci", "/wilson/0", Rows::None, "wilson({success}, {n}, {alpha})['low']"),
    check("proportion_ci", "/wilson/1", Rows::None, "wilson({success}, {n}, {alpha})['high']"),
    check(
        "proportion_ci",
        "/clopper_pearson/0",
        Rows::None,
        "clopper_pearson({success}, {n}, {alpha})['low']",
    ),
    check(
        "proportion_ci",
        "/clopper_pearson/1",
        Rows::None,
        "clopper_pearson({success}, {n}, {alpha})['high']",
    ),
    check("proportion_ci", "/jeffreys/0", Rows::None, "jeffreys({success}, {n}, {alpha})['low']"),
    check("proportion_ci", "/jeffreys/1", Rows::None, "jeffreys({success}, {n}, {alpha})['high']"),
    check(
        "proportion_ci",
        "/agresti_coull/0",
        Rows::None,
        "agresti_coull({success}, {n}, {alpha})['low']",
    ),
    check(
        "proportion_ci",
        "/agresti_coull/1",
        Rows::None,
        "agresti_coull({success}, {n}, {alpha})['high']",
    ),
    check("cohen_kappa", "/kappa", LABELS, "kappa(a, b)['kappa']"),
    check("cohen_kappa", "/kappa_linear", LABELS, "kappa(a, b)['kappa_linear']"),
    check("cohen_kappa", "/kappa_quadratic", LABELS, "kappa(a, b)['kappa_quadratic']"),
    check("cohen_kappa", "/agreement", LABELS, "kappa(a, b)['agreement']"),
    check("krippendorff_alpha", "/nominal", RATINGS, "kripp_alpha(unit, rater, x)['alpha']"),
    check(
        "krippendorff_alpha",
        "/ordinal",
        RATINGS,
        "kripp_alpha(unit, rater, x, 'ordinal')['alpha']",
    ),
    check(
        "krippendorff_alpha",
        "/interval",
        RATINGS,
        "kripp_alpha(unit, rater, x, 'interval')['alpha']",
    ),
    check("calibration", "/brier", SCORES, "brier(a, b)['brier']"),
    check("calibration", "/log_loss", SCORES, "log_loss(a, b)['log_loss']"),
    check("calibration", "/ece10", SCORES, "ece(a, b)['ece']"),
    check("calibration", "/ece15", SCORES, "ece(a, b, 15)['ece']"),
    check("calibration", "/ece10_mass", SCORES, "ece(a, b, 10, 'mass')['ece']"),
    check("calibration", "/auroc", SCORES, "auroc(a, b)['auroc']"),
    check("calibration", "/average_precision", SCORES, "auroc(a, b)['average_precision']"),
    check(
        "calibration",
        "/isotonic",
        SCORES,
        "array_agg(isotonic_rate(fit, at) order by at) from (select isotonic_fit(a, b) as fit from t) \
         cross join (select unnest({isotonic_grid}) as at)",
    ),
    check("calibration", "/tp", SCORES, "confusion(a, b, {threshold})['tp']"),
    check("calibration", "/fp", SCORES, "confusion(a, b, {threshold})['fp']"),
    check("calibration", "/fn", SCORES, "confusion(a, b, {threshold})['fn']"),
    check("calibration", "/tn", SCORES, "confusion(a, b, {threshold})['tn']"),
    check("multiple_testing", "/fdr_bh/adjusted", Rows::None, "bh_adjust({pvalues})"),
    check("multiple_testing", "/fdr_by/adjusted", Rows::None, "p_adjust({pvalues}, 'by')"),
    check("multiple_testing", "/holm/adjusted", Rows::None, "p_adjust({pvalues}, 'holm')"),
    check(
        "multiple_testing",
        "/bonferroni/adjusted",
        Rows::None,
        "p_adjust({pvalues}, 'bonferroni')",
    ),
    check("multiple_testing", "/fdr_bh/reject", Rows::None, "{reject bh}"),
    check("multiple_testing", "/fdr_by/reject", Rows::None, "{reject by}"),
    check("multiple_testing", "/holm/reject", Rows::None, "{reject holm}"),
    check("multiple_testing", "/bonferroni/reject", Rows::None, "{reject bonferroni}"),
    check(
        "ppi_mean",
        "/lam1/point",
        Rows::Judged,
        "ppi_mean(judge, human, {alpha}, 'full')['mean']",
    ),
    check("ppi_mean", "/lam1/low", Rows::Judged, "ppi_mean(judge, human, {alpha}, 'full')['low']"),
    check(
        "ppi_mean",
        "/lam1/high",
        Rows::Judged,
        "ppi_mean(judge, human, {alpha}, 'full')['high']",
    ),
    check(
        "ppi_mean",
        "/power_tuned/point",
        Rows::Judged,
        "ppi_mean(judge, human, {alpha})['mean']",
    ),
    check("ppi_mean", "/power_tuned/low", Rows::Judged, "ppi_mean(judge, human, {alpha})['low']"),
    check("ppi_mean", "/power_tuned/high", Rows::Judged, "ppi_mean(judge, human, {alpha})['high']"),
    check(
        "ppi_mean",
        "/classical/low",
        Rows::Judged,
        "ppi_mean(judge, human, {alpha}, 'classical')['low']",
    ),
    check(
        "ppi_mean",
        "/classical/high",
        Rows::Judged,
        "ppi_mean(judge, human, {alpha}, 'classical')['high']",
    ),
    check(
        "rogan_gladen",
        "/rate",
        Rows::None,
        "rogan_gladen({observed_rate}, {sensitivity}, {specificity})['rate']",
    ),
    check(
        "rogan_gladen",
        "/unclipped",
        Rows::None,
        "rogan_gladen({observed_rate}, {sensitivity}, {specificity})['unclipped']",
    ),
    check(
        "judge_corrected_rate",
        "/point",
        Rows::None,
        "judge_corrected({judge}, {alpha})['rate']",
    ),
    check("judge_corrected_rate", "/low", Rows::None, "judge_corrected({judge}, {alpha})['low']"),
    check("judge_corrected_rate", "/high", Rows::None, "judge_corrected({judge}, {alpha})['high']"),
    check(
        "sequential_mean_diff",
        "/diff",
        Rows::None,
        "seq_diff({means}, {alpha}, {tuning})['diff']",
    ),
    check(
        "sequential_mean_diff",
        "/rho",
        Rows::None,
        "seq_diff({means}, {alpha}, {tuning})['rho']",
    ),
    check(
        "sequential_mean_diff",
        "/halfwidth",
        Rows::None,
        "(seq_diff({means}, {alpha}, {tuning})['high'] - seq_diff({means}, {alpha}, {tuning})['low']) / 2",
    ),
    check(
        "sequential_mean_diff",
        "/low",
        Rows::None,
        "seq_diff({means}, {alpha}, {tuning})['low']",
    ),
    check(
        "sequential_mean_diff",
        "/high",
        Rows::None,
        "seq_diff({means}, {alpha}, {tuning})['high']",
    ),
    check(
        "sequential_mean_diff",
        "/pvalue",
        Rows::None,
        "seq_diff({means}, {alpha}, {tuning})['p']",
    ),
    check("streaming_drift", "/adwin", STREAM, "{changes adwin(a)}"),
    check("streaming_drift", "/page_hinkley", STREAM, "{changes page_hinkley(a)}"),
    // The reference's sensitive detector has the threshold 5.
    check("streaming_drift", "/page_hinkley_sensitive", STREAM, "{changes page_hinkley(a, 5)}"),
    check("mmd2_rbf", "/h", SIDES, "mmd(x, cur)['h']"),
    check("mmd2_rbf", "/mmd2", SIDES, "mmd(x, cur)['mmd2']"),
    check("mmd2_rbf", "/mean_cosine_shift", SIDES, "centroid_shift(x, cur)['cosine']"),
    check("mmd2_rbf", "/mean_euclid", SIDES, "centroid_shift(x, cur)['euclidean']"),
];

/// Values of `expected` that are inputs of the question, not answers.
const INPUTS: [&str; 1] = ["/isotonic_grid"];

fn literal(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::String(text) => format!("'{text}'"),
        Value::Number(number) => format!("{number}::double"),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// The table `t` of a check's rows.
fn table(case: &Value, rows: Rows) -> Option<RecordBatch> {
    let list = |key: &str| case["inputs"][key].as_array().unwrap().clone();
    let numbers = |values: &[Value]| {
        Arc::new(values.iter().map(Value::as_f64).collect::<Float64Array>()) as ArrayRef
    };
    let side = |reference: usize, current: usize| {
        let sides = (0..reference + current).map(|at| Some(at >= reference));
        Arc::new(sides.collect::<BooleanArray>()) as ArrayRef
    };
    let columns: Vec<(&str, ArrayRef)> = match rows {
        Rows::None => return None,
        Rows::Values(reference, current) => {
            let (reference, current) = (list(reference), list(current));
            let sides = side(reference.len(), current.len());
            let all = [reference, current].concat();
            let x = if all.iter().any(Value::is_array) { vectors(&all) } else { numbers(&all) };
            vec![("x", x), ("cur", sides)]
        }
        Rows::Counts(reference, current) => {
            let categories = |key: &str| {
                let each = list(key).into_iter().enumerate().flat_map(|(at, n)| {
                    std::iter::repeat_n(format!("c{at:03}"), n.as_u64().unwrap() as usize)
                });
                each.collect::<Vec<String>>()
            };
            let (reference, current) = (categories(reference), categories(current));
            let sides = side(reference.len(), current.len());
            vec![("x", Arc::new(StringArray::from([reference, current].concat()))), ("cur", sides)]
        }
        Rows::Pairs(a, b) => {
            let (a, b) = (list(a), list(b));
            let places: Int64Array = (0..a.len() as i64).map(Some).collect();
            vec![("a", numbers(&a)), ("b", numbers(&b)), ("i", Arc::new(places))]
        }
        Rows::Ratings(key) => {
            let raters = list(key);
            let mut rows: Vec<(i64, i64, Value)> = Vec::new();
            for (rater, values) in raters.iter().enumerate() {
                for (unit, value) in values.as_array().unwrap().iter().enumerate() {
                    rows.push((unit as i64, rater as i64, value.clone()));
                }
            }
            let values: Vec<Value> = rows.iter().map(|row| row.2.clone()).collect();
            vec![
                ("unit", Arc::new(rows.iter().map(|row| Some(row.0)).collect::<Int64Array>())),
                ("rater", Arc::new(rows.iter().map(|row| Some(row.1)).collect::<Int64Array>())),
                ("x", numbers(&values)),
            ]
        }
        Rows::Judged => {
            let unlabelled = list("judge_on_unlabelled");
            let human = [list("human"), vec![Value::Null; unlabelled.len()]].concat();
            let judge = [list("judge_on_labelled"), unlabelled].concat();
            vec![("judge", numbers(&judge)), ("human", numbers(&human))]
        }
    };
    let columns = columns.into_iter().map(|(name, column)| (name, column, true));
    Some(RecordBatch::try_from_iter_with_nullable(columns).unwrap())
}

fn vectors(values: &[Value]) -> ArrayRef {
    let mut out = ListBuilder::new(Float64Builder::new());
    for vector in values {
        out.append_value(vector.as_array().unwrap().iter().map(Value::as_f64));
    }
    Arc::new(out.finish())
}

/// The expression of a check with the case's values in the place of `{names}`.
fn expression(case: &Value, sql: &str) -> String {
    let (inputs, params) = (&case["inputs"], &case["params"]);
    let all = |from: &Value, keys: &[&str]| {
        keys.iter().map(|key| literal(&from[*key])).collect::<Vec<_>>().join(", ")
    };
    let mut out = String::new();
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap();
        out.push_str(before);
        let value = match name {
            "two" => all(inputs, &["ref_success", "ref_n", "cur_success", "cur_n"]),
            "judge" => all(
                inputs,
                &[
                    "judge_pass_rate",
                    "n",
                    "sensitivity",
                    "n_calib_pos",
                    "specificity",
                    "n_calib_neg",
                ],
            ),
            "means" => {
                let side = |side: &str| all(&inputs[side], &["n", "mean", "var"]);
                format!("{}, {}", side("ref"), side("cur"))
            }
            "correction" if params["correction"] == true => "'yates'".to_owned(),
            "correction" => "'pearson'".to_owned(),
            "isotonic_grid" => literal(&case["expected"][name]),
            name => match name.split_once(' ') {
                Some(("reject", method)) => format!(
                    "array_agg(p <= {}) from (select unnest(p_adjust({}, '{method}')) as p)",
                    params["alpha"],
                    literal(&inputs["pvalues"])
                ),
                Some((_, detector)) => {
                    let detector = name.strip_prefix("changes ").unwrap_or(detector);
                    format!(
                        "coalesce(array_agg(i order by i) filter (where changed), []) \
                         from (select i, {detector} over (order by i) as changed from t)"
                    )
                }
                None if inputs.get(name).is_some() => literal(&inputs[name]),
                None => literal(&params[name]),
            },
        };
        out.push_str(&value);
        rest = after;
    }
    out + rest
}

/// Whether a value found by SQL is the expected one.
fn agrees(found: &Value, expected: &Value, case: &Value) -> bool {
    let number = |value: &Value| match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_f64(),
    };
    match (found, expected) {
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| agrees(a, b, case))
        }
        (found, Value::Null | Value::Bool(_)) => found == expected,
        (Value::Null, _) => false,
        (found, expected) => match (number(found), number(expected)) {
            (Some(a), Some(b)) if f64::is_finite(b) => {
                let (atol, rtol) = (case["atol"].as_f64().unwrap(), case["rtol"].as_f64().unwrap());
                (a - b).abs() <= atol + rtol * b.abs()
            }
            (Some(a), Some(b)) => a.total_cmp(&b).is_eq(),
            _ => found == expected,
        },
    }
}

/// The pointers to the values of `expected` that have a check of their own.
fn leaves(expected: &Value, at: &str, function: &str, out: &mut Vec<String>) {
    if CHECKS.iter().any(|check| check.function == function && check.pointer == at) {
        out.push(at.to_owned());
        return;
    }
    match expected {
        Value::Object(members) => {
            for (key, value) in members {
                leaves(value, &format!("{at}/{key}"), function, out);
            }
        }
        Value::Array(items) if !at.is_empty() && items.len() == 2 => {
            for (key, value) in items.iter().enumerate() {
                leaves(value, &format!("{at}/{key}"), function, out);
            }
        }
        _ => out.push(at.to_owned()),
    }
}

/// What disagrees in a case; nothing when all of it agrees.
async fn disagreements(context: &SessionContext, case: &Value) -> Vec<String> {
    let function = case["fn"].as_str().unwrap();
    let mut wanted = Vec::new();
    leaves(&case["expected"], "", function, &mut wanted);
    let mut bad = Vec::new();
    // What one row can answer is asked at once, the rest by itself.
    let mut together: Vec<(&Check, String)> = Vec::new();
    let mut alone: Vec<(&Check, String)> = Vec::new();
    for pointer in wanted.iter().filter(|pointer| !INPUTS.contains(&pointer.as_str())) {
        let found =
            CHECKS.iter().find(|check| check.function == function && check.pointer == pointer);
        let Some(check) = found else {
            bad.push(format!("{pointer}: no function answers it"));
            continue;
        };
        let expression = expression(case, check.sql);
        if expression.contains(" from ") {
            alone.push((check, expression));
        } else {
            together.push((check, expression));
        }
    }
    let mut answers: Vec<(&Check, Result<Value, String>)> = Vec::new();
    // All checks of a function read the same rows.
    let rows = CHECKS.iter().find(|check| check.function == function).map(|check| check.rows);
    if let Some(rows) = rows.and_then(|rows| table(case, rows)) {
        let _ = context.deregister_table("t").unwrap();
        context.register_batch("t", rows).unwrap();
    }
    if let Some((first, _)) = together.first() {
        let columns: Vec<String> =
            together.iter().enumerate().map(|(at, (_, sql))| format!("{sql} as v{at}")).collect();
        let from = if first.rows == Rows::None { "" } else { " from t" };
        let row = row(context, &format!("select {}{from}", columns.join(", "))).await;
        answers.extend(together.iter().enumerate().map(|(at, (check, _))| {
            (*check, row.clone().map(|row| row[format!("v{at}").as_str()].clone()))
        }));
    }
    for (check, expression) in alone {
        let (value, from) = expression.split_once(" from ").unwrap();
        let sql = format!("select {value} as v from {from}");
        answers.push((check, row(context, &sql).await.map(|row| row["v"].clone())));
    }
    for (check, answer) in answers {
        let expected = case["expected"].pointer(check.pointer).unwrap();
        match answer {
            Ok(found) if agrees(&found, expected, case) => {}
            Ok(found) => bad.push(format!("{}: {found}, expected {expected}", check.pointer)),
            Err(error) => bad.push(format!("{}: {error}", check.pointer)),
        }
    }
    bad
}

/// The row of a query as an object; NULL is null, and infinities are null too.
async fn row(context: &SessionContext, sql: &str) -> Result<Value, String> {
    let frame = context.sql(sql).await.map_err(|error| error.to_string())?;
    let batches = frame.collect().await.map_err(|error| error.to_string())?;
    let mut writer = ArrayWriter::new(Vec::new());
    writer.write_batches(&batches.iter().collect::<Vec<_>>()).unwrap();
    writer.finish().unwrap();
    let rows: Vec<Value> = serde_json::from_slice(&writer.into_inner()).unwrap_or_default();
    Ok(rows.into_iter().next().unwrap_or(Value::Null))
}

/// What a file of cases gave.
pub(crate) struct Outcome {
    /// A line for every value that disagrees, a figure by function, and the closing line.
    pub(crate) lines: Vec<String>,
}

/// Checks every case of a file.
pub(crate) async fn run(file: &Value) -> Outcome {
    let config = SessionConfig::new().with_target_partitions(2);
    let mut context = SessionContext::new_with_config(config);
    spanlake_functions::register_all(&mut context).unwrap();
    let mut lines = Vec::new();
    let mut by_function: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    for case in file["cases"].as_array().unwrap() {
        let bad = disagreements(&context, case).await;
        let tally = by_function.entry(case["fn"].as_str().unwrap()).or_default();
        tally[0] += usize::from(bad.is_empty());
        tally[1] += 1;
        lines.extend(bad.iter().map(|bad| format!("{}{bad}", case["id"].as_str().unwrap())));
    }
    let (right, all) =
        by_function.values().fold((0, 0), |sum, tally| (sum.0 + tally[0], sum.1 + tally[1]));
    lines.extend(
        by_function.iter().map(|(name, tally)| format!("{name}: {} of {}", tally[0], tally[1])),
    );
    lines.push(format!("reference: {right} of {all}"));
    Outcome { lines }
}
