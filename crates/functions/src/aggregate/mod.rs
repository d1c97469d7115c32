//! The aggregate functions, one file each, and what they share.

mod codec;
mod divergence;
mod fold;
mod groups;
mod mean_loss;
mod record;
mod sliding;

mod label;
mod sample;
mod tally;
mod two_means;
mod vectors;

mod auroc;
mod binned;
mod brier;
mod centroid_shift;
mod chi2_drift;
mod confusion;
mod drift_bins;
mod drift_test;
mod ece;
mod hellinger;
mod isotonic_fit;
mod js_distance;
mod kappa;
mod kl_divergence;
mod kripp_alpha;
mod ks_test;
mod log_loss;
mod mann_whitney;
mod mmd;
mod mmd_rff;
mod parse_failure_rate;
mod ppi_mean;
mod prop_diff;
mod psi;
mod token_drift;
mod tvd;
mod wasserstein;
mod welch;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use datafusion_expr::AggregateUDF;

use self::divergence::DivergenceOf;
use self::mean_loss::MeanOf;
use crate::aggregate;

fn fold(fold: impl fold::Fold) -> Arc<AggregateUDF> {
    aggregate(fold::Udaf::new(fold))
}

/// Every aggregate function of this crate.
pub fn aggregate_functions() -> Vec<Arc<AggregateUDF>> {
    vec![
        fold(parse_failure_rate::ParseFailureRate),
        fold(DivergenceOf(psi::Psi)),
        fold(DivergenceOf(js_distance::JsDistance)),
        fold(DivergenceOf(kl_divergence::KlDivergence)),
        fold(DivergenceOf(hellinger::Hellinger)),
        fold(DivergenceOf(tvd::Tvd)),
        fold(chi2_drift::Chi2Drift),
        fold(drift_bins::DriftBins),
        fold(ks_test::KsTest),
        fold(wasserstein::WassersteinDistance),
        fold(mann_whitney::MannWhitneyTest),
        fold(drift_test::DriftTest),
        fold(welch::WelchTest),
        fold(prop_diff::PropDiff),
        fold(mmd::MmdOf),
        fold(mmd_rff::MmdRff),
        fold(centroid_shift::CentroidShift),
        fold(token_drift::TokenDrift),
        fold(kappa::KappaOf),
        fold(kripp_alpha::KrippAlpha),
        fold(MeanOf(brier::Brier)),
        fold(MeanOf(log_loss::LogLoss)),
        fold(ece::Ece),
        fold(auroc::Auroc),
        fold(confusion::ConfusionMatrix),
        fold(isotonic_fit::IsotonicFit),
        fold(ppi_mean::PpiMeanOf),
    ]
}
