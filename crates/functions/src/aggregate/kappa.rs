//! `kappa(a, b[, alpha])`

use std::collections::BTreeMap;
use std::sync::LazyLock;

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::DataType;
use datafusion_common::{Result, ScalarValue, exec_err};
use datafusion_expr::Documentation;

use super::codec::{Reader, Writer};
use super::fold::{Fold, Options, State};
use super::label::Label;
use super::record::{record, record_type};
use crate::documented::{Manual, STATISTICS};
use crate::kernel::Kind;
use crate::stats::agreement::kappa;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct KappaOf;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "kappa(a, b[, alpha])",
        does: "Cohen's kappa: agreement of two raters beyond chance, 1 = always, 0 = as by chance. \
            Memory grows with the square of the distinct labels.",
        arguments: &[
            ("a", "The first rater's label: a number, text or boolean."),
            ("b", "The second rater's label, of the same type."),
            ("alpha", "1 - confidence; 0.05 unless given."),
        ],
        result: "{kappa, low, high, p_value, kappa_linear, kappa_quadratic, agreement, n}: Fleiss, \
            Cohen and Everitt's interval (1969), the p-value against 0, and kappas that weigh a \
            disagreement by the distance, or its square, of the labels in their order.",
        nulls: "Rows with a NULL or NaN label are left out; NULL where chance alone would agree \
            always.",
        errors: "alpha that is not between 0 and 1.",
        source: "Cohen 1960, 1968; digits as scikit-learn.",
        example: "select kappa(judge.label, human.label) from evals judge join evals human using (span_id);",
    }
    .documentation()
});

const FIELDS: [&str; 7] =
    ["kappa", "low", "high", "p_value", "kappa_linear", "kappa_quadratic", "agreement"];

/// How often each pair of labels was given.
#[derive(Debug, Default)]
pub(crate) struct Agreement(BTreeMap<(Label, Label), u64>);

impl Agreement {
    fn pairs(columns: &[ArrayRef]) -> Result<impl Iterator<Item = (Label, Label)>> {
        let [a, b] = columns else { return exec_err!("two labels are wanted") };
        Ok((0..a.len())
            .filter_map(|row| Label::at(a.as_ref(), row).zip(Label::at(b.as_ref(), row))))
    }
}

impl State for Agreement {
    const RETRACTS: bool = true;

    fn new(_: &[DataType], _: &Options) -> Self {
        Self::default()
    }

    fn update(&mut self, columns: &[ArrayRef]) -> Result<()> {
        for pair in Self::pairs(columns)? {
            *self.0.entry(pair).or_default() += 1;
        }
        Ok(())
    }

    fn retract(&mut self, columns: &[ArrayRef]) -> Result<()> {
        for pair in Self::pairs(columns)? {
            if let Some(count) = self.0.get_mut(&pair) {
                *count = count.saturating_sub(1);
            }
        }
        self.0.retain(|_, count| *count > 0);
        Ok(())
    }

    fn write(&self, out: &mut Writer) {
        out.count(self.0.len() as u64);
        for ((a, b), count) in &self.0 {
            a.write(out);
            b.write(out);
            out.count(*count);
        }
    }

    fn merge(&mut self, from: &mut Reader) -> Option<()> {
        for _ in 0..from.count()? {
            let pair = (Label::read(from)?, Label::read(from)?);
            *self.0.entry(pair).or_default() += from.count()?;
        }
        Some(())
    }

    fn heap_bytes(&self) -> usize {
        let texts: usize = self.0.keys().map(|(a, b)| a.heap_bytes() + b.heap_bytes()).sum();
        self.0.len() * (size_of::<(Label, Label, u64)>() + 16) + texts
    }
}

impl Fold for KappaOf {
    const NAME: &'static str = "kappa";
    const KINDS: &'static [Kind] = &[Kind::Value, Kind::Value, Kind::Number];
    const REQUIRED: usize = 2;
    const COLUMNS: usize = 2;
    type State = Agreement;

    fn return_type() -> DataType {
        record_type(&FIELDS, &["n"])
    }

    fn finish(seen: &Agreement, options: &Options) -> Result<ScalarValue> {
        let mut labels: Vec<&Label> = seen.0.keys().flat_map(|(a, b)| [a, b]).collect();
        labels.sort_unstable();
        labels.dedup();
        let at = |label: &Label| labels.binary_search(&label).unwrap_or_default();
        let cells: Vec<(usize, usize, u64)> =
            seen.0.iter().map(|((a, b), count)| (at(a), at(b), *count)).collect();
        let found = kappa(labels.len(), &cells, options.alpha(2)?);
        record(
            [
                (FIELDS[0], found.and_then(|found| found.plain)),
                (FIELDS[1], found.and_then(|found| found.low)),
                (FIELDS[2], found.and_then(|found| found.high)),
                (FIELDS[3], found.and_then(|found| found.p)),
                (FIELDS[4], found.and_then(|found| found.linear)),
                (FIELDS[5], found.and_then(|found| found.quadratic)),
                (FIELDS[6], found.map(|found| found.agreement)),
            ],
            [("n", seen.0.values().sum())],
        )
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
