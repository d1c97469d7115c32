//! `ndcg_at_k(ids, expected, k)`

use std::sync::LazyLock;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use datafusion_common::Result;
use datafusion_expr::Documentation;

use super::ranked::{ARGUMENTS, Top, measured};
use crate::args::Args;
use crate::documented::{AGENTS, Manual};
use crate::kernel::{Kernel, Kind};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct NdcgAtK;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: AGENTS,
        syntax: "ndcg_at_k(ids, expected, k)",
        does: "Normalised discounted cumulative gain of the first k, every expected id being worth \
            1: 1 where they come first. A repeated id counts where it first stands.",
        arguments: &ARGUMENTS,
        result: "A gain between 0 and 1.",
        nulls: "NULL ids are left out. NULL for NULL, k below 1, and where nothing is expected.",
        errors: "",
        source: "Jarvelin and Kekalainen 2002.",
        example: "select ndcg_at_k(['d3', 'd1', 'd7'], ['d1', 'd2'], 3);\n-- 0.3869",
    }
    .documentation()
});

impl Kernel for NdcgAtK {
    const NAME: &'static str = "ndcg_at_k";
    const KINDS: &'static [Kind] = &[Kind::Ids, Kind::Ids, Kind::Integer];
    const REQUIRED: usize = 3;

    fn return_type() -> DataType {
        DataType::Float64
    }

    fn invoke(&self, args: &Args) -> Result<ArrayRef> {
        measured(args, |top: &Top| top.gain() / Top::best_gain(top.expected.min(top.k)))
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
