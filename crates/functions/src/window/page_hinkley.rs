//! `page_hinkley(value[, threshold[, delta[, keep[, least]]]])`

use std::sync::LazyLock;

use datafusion_expr::Documentation;

use super::stream::Detector;
use crate::documented::{Manual, STATISTICS};
use crate::stats::change::{PageHinkley, PageHinkleySettings};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct PageHinkleyOver;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "page_hinkley(value[, threshold[, delta[, keep[, least]]]])",
        does: "Window function: true at the row where the deviations from the running mean have \
            added up to a change, up or down, false elsewhere. Rows are read in the window's \
            ORDER BY, each PARTITION BY by itself; a frame has no effect. After a change \
            everything starts anew. The threshold is in the value's unit and not calibrated: on \
            scores between 0 and 1, 50 sees large changes late and 5 raises false alarms.",
        arguments: &[
            ("value", "A number."),
            ("threshold", "Sum of deviations that is a change, positive; 50 unless given."),
            ("delta", "Deviation tolerated at each value; 0.005 unless given."),
            (
                "keep",
                "Share of the past kept at each value, above 0 and at most 1; 0.9999 unless given.",
            ),
            ("least", "Values before the first alarm; 30 unless given."),
        ],
        result: "True at the row where a change is found, false elsewhere.",
        nulls: "NULL for a NULL, NaN or infinite value, which is skipped.",
        errors: "A threshold that is not positive; keep that is not above 0 or is above 1.",
        source: "Page 1954; as river.drift.PageHinkley.",
        example: "select start_time from (select start_time, page_hinkley(score, 10) over (order by start_time) as changed \
         from evals) where changed;",
    }
    .documentation()
});

impl Detector for PageHinkleyOver {
    const NAME: &'static str = "page_hinkley";
    const OPTIONS: usize = 4;
    type Stream = Box<dyn FnMut(f64) -> bool>;

    fn stream(options: &[Option<f64>]) -> Result<Self::Stream, &'static str> {
        let default = PageHinkleySettings::default();
        let given = |at: usize, default: f64| options.get(at).copied().flatten().unwrap_or(default);
        let settings = PageHinkleySettings {
            threshold: given(0, default.threshold),
            delta: given(1, default.delta),
            keep: given(2, default.keep),
            least: given(3, default.least),
        };
        if settings.threshold.is_nan() || settings.threshold <= 0.0 {
            return Err("threshold is positive");
        }
        if !(settings.keep > 0.0 && settings.keep <= 1.0) {
            return Err("keep lies above 0 and is at most 1");
        }
        let mut detector = PageHinkley::new(settings);
        Ok(Box::new(move |value| detector.update(value)))
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
