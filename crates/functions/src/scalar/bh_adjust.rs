//! `bh_adjust(p_values)`

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, Float64Builder, ListBuilder};
use arrow::datatypes::{DataType, Field};
use datafusion_common::Result;
use datafusion_expr::Documentation;

use crate::args::Args;
use crate::documented::{Manual, STATISTICS};
use crate::kernel::{Kernel, Kind};
use crate::stats::multiple::{Adjustment, adjust};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct BhAdjust;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "bh_adjust(p_values)",
        does: "P-values adjusted for the false discovery rate (Benjamini-Hochberg 1995), in the \
            order given: those at most alpha are the discoveries at that rate.",
        arguments: &[("p_values", "List of p-values of one family of tests.")],
        result: "A list of adjusted p-values, 0 to 1.",
        nulls: "NULL and NaN elements stay NULL and count as no test. NULL for NULL.",
        errors: "",
        source: "Benjamini and Hochberg 1995; digits as statsmodels.",
        example: "select bh_adjust([0.000077, 0.009761, 0.92272]);\n-- [0.000231, 0.0146415, 0.92272]",
    }
    .documentation()
});

impl Kernel for BhAdjust {
    const NAME: &'static str = "bh_adjust";
    const KINDS: &'static [Kind] = &[Kind::Numbers];
    const REQUIRED: usize = 1;

    fn return_type() -> DataType {
        DataType::List(Field::new_list_field(DataType::Float64, true).into())
    }

    fn invoke(&self, args: &Args) -> Result<ArrayRef> {
        let lists = args.lists(0)?;
        let mut out = ListBuilder::new(Float64Builder::new());
        for row in 0..args.n_rows {
            out.append_option(
                lists.numbers(row).map(|p| adjust(&p, Adjustment::BenjaminiHochberg)),
            );
        }
        Ok(Arc::new(out.finish()))
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
