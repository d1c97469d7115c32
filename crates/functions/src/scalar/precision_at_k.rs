//! `precision_at_k(ids, expected, k)`

use std::sync::LazyLock;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use datafusion_common::Result;
use datafusion_expr::Documentation;

use super::ranked::{ARGUMENTS, Top, measured};
use crate::args::Args;
use crate::documented::{AGENTS, manual};
use crate::kernel::{Kernel, Kind};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct PrecisionAtK;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    manual(
        AGENTS,
        "Share of the first k places that hold an expected id: expected ids among the first k, over k (also where fewer were retrieved). A repeated id counts where it first stands; NULL ids are left out. NULL for NULL, k below 1, and where \
         nothing is expected.",
        "precision_at_k(ids, expected, k)",
        &ARGUMENTS,
        "select precision_at_k(['d3', 'd1', 'd7'], ['d1', 'd2'], 3);\n-- 0.3333",
    )
});

impl Kernel for PrecisionAtK {
    const NAME: &'static str = "precision_at_k";
    const KINDS: &'static [Kind] = &[Kind::Ids, Kind::Ids, Kind::Integer];
    const REQUIRED: usize = 3;

    fn return_type() -> DataType {
        DataType::Float64
    }

    fn invoke(&self, args: &Args) -> Result<ArrayRef> {
        measured(args, |top: &Top| top.found.len() as f64 / top.k as f64)
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
