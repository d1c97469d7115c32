//! `brier(score, label[, alpha])`

use std::sync::LazyLock;

use datafusion_expr::Documentation;

use super::mean_loss::Loss;
use crate::documented::{Manual, STATISTICS};
use crate::stats::ranks::Sorted;
use crate::stats::scores::{MeanLoss, brier};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Brier;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "brier(score, label[, alpha])",
        does: "Mean squared difference of a score and the outcome: 0 is best, 0.25 what a constant \
            0.5 gets. Exact up to 262,144 distinct scores in a group; beyond, scores lose as few \
            low bits as needed.",
        arguments: &[
            ("score", "A chance between 0 and 1."),
            ("label", "Whether the case was positive; a number is true unless 0."),
            ("alpha", "1 - confidence; 0.05 unless given."),
        ],
        result: "{brier, low, high, n} with a normal interval of the mean.",
        nulls: "Rows with a NULL or NaN score or a NULL label are left out. NULL when there is no \
            row.",
        errors: "alpha that is not between 0 and 1.",
        source: "Brier 1950; digits as scikit-learn.",
        example: "select brier(score, passed) from evals;",
    }
    .documentation()
});

impl Loss for Brier {
    const NAME: &'static str = "brier";

    fn mean(values: &Sorted, alpha: f64) -> Option<MeanLoss> {
        brier(values, alpha)
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
