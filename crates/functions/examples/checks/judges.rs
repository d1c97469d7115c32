//! Judges, and scores as chances.

use super::{Check, LABELS, RATINGS, Rows, SCORES, check};

pub(super) const CHECKS: &[Check] = &[
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
];
