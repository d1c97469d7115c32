//! `p_adjust(p_values, method)`

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, Float64Builder, ListBuilder};
use arrow::datatypes::{DataType, Field};
use datafusion_common::{Result, exec_datafusion_err};
use datafusion_expr::Documentation;

use crate::args::Args;
use crate::documented::{Manual, STATISTICS};
use crate::kernel::{Kernel, Kind};
use crate::stats::multiple::{Adjustment, adjust};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct PAdjust;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "p_adjust(p_values, method)",
        does: "P-values of one family, adjusted in the order given: those at most alpha are what \
            the method rejects at that level.",
        arguments: &[
            ("p_values", "List of p-values of one family of tests."),
            (
                "method",
                "`bh` (false discovery rate, Benjamini and Hochberg 1995), `by` (the same under any dependence, Benjamini \
                 and Yekutieli 2001), `holm` or `bonferroni` (any false rejection).",
            ),
        ],
        result: "A list of adjusted p-values, 0 to 1.",
        nulls: "NULL and NaN elements stay NULL and count as no test. NULL for a NULL list or \
            method.",
        errors: "An unknown method.",
        source: "The papers named with each method; digits as statsmodels.",
        example: "select p_adjust([0.000077, 0.009761, 0.92272], 'holm');\n-- [0.000231, 0.019522, 0.92272]",
    }
    .documentation()
});

impl Kernel for PAdjust {
    const NAME: &'static str = "p_adjust";
    const KINDS: &'static [Kind] = &[Kind::Numbers, Kind::Text];
    const REQUIRED: usize = 2;

    fn return_type() -> DataType {
        DataType::List(Field::new_list_field(DataType::Float64, true).into())
    }

    fn invoke(&self, args: &Args) -> Result<ArrayRef> {
        let (lists, methods) = (args.lists(0)?, args.texts(1)?);
        let mut out = ListBuilder::new(Float64Builder::new());
        for row in 0..args.n_rows {
            let method = methods.get(row).map(named).transpose()?;
            let adjusted = lists.numbers(row).zip(method).map(|(p, method)| adjust(&p, method));
            out.append_option(adjusted);
        }
        Ok(Arc::new(out.finish()))
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}

fn named(name: &str) -> Result<Adjustment> {
    Adjustment::by_name(name).ok_or_else(|| {
        exec_datafusion_err!(
            "p_adjust(p_values, method): {name:?} is none of {}",
            Adjustment::NAMES
        )
    })
}
