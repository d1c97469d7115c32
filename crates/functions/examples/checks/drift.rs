//! Distributions compared over bins and categories.

use super::{COUNTS, Check, SHARES, SIDES, check};

pub(super) const CHECKS: &[Check] = &[
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
];
