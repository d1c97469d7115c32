//! `confusion(score, label[, threshold])`

use std::sync::LazyLock;

use arrow::datatypes::DataType;
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::Documentation;

use super::fold::{Fold, Options};
use super::record::{record, record_type};
use super::sample::Sample;
use crate::documented::{Manual, STATISTICS};
use crate::kernel::Kind;
use crate::stats::scores::confusion;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct ConfusionMatrix;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "confusion(score, label[, threshold])",
        does: "Cases by outcome and by whether the score reaches a threshold. Exact up to 262,144 \
            distinct scores in a group; beyond, scores lose as few low bits as needed.",
        arguments: &[
            ("score", "A number; higher means more likely positive."),
            ("label", "Whether the case was positive; a number is true unless 0."),
            ("threshold", "Score from which a case counts as called positive; 0.5 unless given."),
        ],
        result: "{precision, recall, f1, balanced_accuracy, tp, fp, fn, tn}; ratios are NULL when \
            their divisor is 0.",
        nulls: "Rows with a NULL or NaN score or a NULL label are left out.",
        errors: "",
        source: "Standard definitions; balanced accuracy as Brodersen et al. 2010.",
        example: "select confusion(score, passed, 0.8) from evals;",
    }
    .documentation()
});

const FIELDS: [&str; 4] = ["precision", "recall", "f1", "balanced_accuracy"];
const COUNTS: [&str; 4] = ["tp", "fp", "fn", "tn"];

impl Fold for ConfusionMatrix {
    const NAME: &'static str = "confusion";
    const KINDS: &'static [Kind] = &[Kind::Number, Kind::Flag, Kind::Number];
    const REQUIRED: usize = 2;
    const COLUMNS: usize = 2;
    type State = Sample;

    fn return_type() -> DataType {
        record_type(&FIELDS, &COUNTS)
    }

    fn finish(sample: &Sample, options: &Options) -> Result<ScalarValue> {
        let found = confusion(&sample.numbers(), options.number(2, 0.5)?);
        let [tp, fp] = [found.true_positives, found.false_positives];
        let [missed, tn] = [found.false_negatives, found.true_negatives];
        let ratio = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
        let (recall, specificity) = (ratio(tp, tp + missed), ratio(tn, tn + fp));
        record(
            [
                (FIELDS[0], ratio(tp, tp + fp)),
                (FIELDS[1], recall),
                (FIELDS[2], ratio(2 * tp, 2 * tp + fp + missed)),
                (FIELDS[3], recall.zip(specificity).map(|(a, b)| f64::midpoint(a, b))),
            ],
            [(COUNTS[0], tp), (COUNTS[1], fp), (COUNTS[2], missed), (COUNTS[3], tn)],
        )
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
