//! Two samples compared.

use super::{Check, RANKS, SIDES, check};

pub(super) const CHECKS: &[Check] = &[
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
];
