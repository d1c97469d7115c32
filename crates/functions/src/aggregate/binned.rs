//! What distances over bins share: the binning option and their bins.

use datafusion_common::Result;

use super::fold::Options;
use super::sample::Sample;
use crate::stats::binning::{Binning, bins};
use crate::stats::drift::{Floor, Pair, Shares};

/// The options in a manual.
pub(crate) const BINNING: (&str, &str) = (
    "binning",
    "How numbers are cut: `deciles` of the reference (the default), `quantiles:N` of the reference, `values` (every value is \
     a category) or `evidently` (its rule: values while the reference has at most 20, else Sturges's equal widths; \
     empty bins filled its way). Texts and booleans are categories.",
);

/// The rows of a binned distance's manual.
pub(crate) const SIDE: (&str, &str) =
    ("is_current", "True for current rows, false for reference rows; a number is true unless 0.");

/// A binning and how empty bins are filled.
pub(crate) fn binning(options: &Options, argument: usize) -> Result<(Binning, Floor)> {
    let deciles = (Binning::Quantiles(10), Floor::Share);
    let Some(name) = options.text(argument)? else { return Ok(deciles) };
    match name {
        "deciles" => Ok(deciles),
        "values" => Ok((Binning::Values, Floor::Share)),
        "evidently" => Ok((Binning::Evidently, Floor::Evidently)),
        other => match other.strip_prefix("quantiles:").and_then(|n| n.parse().ok()) {
            Some(parts @ 2..=10_000) => Ok((Binning::Quantiles(parts), Floor::Share)),
            _ => options.error("binning is deciles, quantiles:N, values or evidently"),
        },
    }
}

/// Shares over the bins of a sample; `None` when a side is empty.
pub(crate) fn shares(sample: &Sample, binning: Binning) -> Option<Shares> {
    Shares::new(counts(sample, binning))
}

fn counts(sample: &Sample, binning: Binning) -> Vec<Pair> {
    match sample {
        Sample::Numbers(_) => {
            bins(&sample.numbers(), binning).into_iter().map(|bin| bin.counts).collect()
        }
        Sample::Categories(_) => {
            sample.categories().into_iter().map(|category| category.1).collect()
        }
    }
}
