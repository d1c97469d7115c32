//! `log_loss(score, label[, alpha])`

use std::sync::LazyLock;

use datafusion_expr::Documentation;

use super::mean_loss::Loss;
use crate::documented::{Manual, STATISTICS};
use crate::stats::ranks::Sorted;
use crate::stats::scores::{MeanLoss, log_loss};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct LogLoss;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "log_loss(score, label[, alpha])",
        does: "Mean negative logarithm of the chance that a score gave to the outcome, in nats; \
            scores are kept 2.2e-16 away from 0 and 1. Exact up to 262,144 distinct scores in a \
            group; beyond, scores lose as few low bits as needed.",
        arguments: &[
            ("score", "A chance between 0 and 1."),
            ("label", "Whether the case was positive; a number is true unless 0."),
            ("alpha", "1 - confidence; 0.05 unless given."),
        ],
        result: "{log_loss, low, high, n} with a normal interval of the mean.",
        nulls: "Rows with a NULL or NaN score or a NULL label are left out. NULL when there is no \
            row.",
        errors: "alpha that is not between 0 and 1.",
        source: "Good 1952; digits as scikit-learn.",
        example: "select log_loss(score, passed) from evals;",
    }
    .documentation()
});

impl Loss for LogLoss {
    const NAME: &'static str = "log_loss";

    fn mean(values: &Sorted, alpha: f64) -> Option<MeanLoss> {
        log_loss(values, alpha)
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
