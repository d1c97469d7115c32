//! The expression that answers a check.

use serde_json::Value;

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

/// The expression of a check with the case's values in the place of `{names}`.
pub(super) fn expression(case: &Value, sql: &str) -> String {
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
