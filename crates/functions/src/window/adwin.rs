//! `adwin(value[, delta])`

use std::sync::LazyLock;

use datafusion_expr::Documentation;

use super::stream::Detector;
use crate::documented::{Manual, STATISTICS};
use crate::stats::change::{Adwin, AdwinSettings};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct AdwinOver;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "adwin(value[, delta])",
        does: "Window function: true at the row where adaptive windowing finds that the mean has \
            changed, false elsewhere. Rows are read in the window's ORDER BY, each PARTITION BY \
            by itself; a frame has no effect. After a change the window starts anew. Looks every \
            32 values, never before 11; compares parts of at least 5 values. Memory grows with \
            the logarithm of the rows.",
        arguments: &[
            ("value", "A number."),
            (
                "delta",
                "Chance of a false alarm at one look, above 0 and below 1; 0.002 unless given.",
            ),
        ],
        result: "True at the row where a change is found, false elsewhere.",
        nulls: "NULL for a NULL, NaN or infinite value, which is skipped.",
        errors: "delta outside 0 to 1.",
        source: "Bifet and Gavalda 2007; as river.drift.ADWIN.",
        example: "select start_time from (select start_time, adwin(score) over (order by start_time) as changed from evals) \
         where changed;",
    }
    .documentation()
});

impl Detector for AdwinOver {
    const NAME: &'static str = "adwin";
    const OPTIONS: usize = 1;
    type Stream = Box<dyn FnMut(f64) -> bool>;

    fn stream(options: &[Option<f64>]) -> Result<Self::Stream, &'static str> {
        let mut settings = AdwinSettings::default();
        if let [Some(delta)] = options {
            if !(*delta > 0.0 && *delta < 1.0) {
                return Err("delta lies between 0 and 1");
            }
            settings.delta = *delta;
        }
        let mut adwin = Adwin::new(settings);
        Ok(Box::new(move |value| adwin.update(value)))
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
