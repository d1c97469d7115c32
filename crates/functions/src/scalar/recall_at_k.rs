//! `recall_at_k(ids, expected, k)`

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
pub(crate) struct RecallAtK;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: AGENTS,
        syntax: "recall_at_k(ids, expected, k)",
        does: "Share of the expected ids among the first k: the contract's top-k overlap. A \
            repeated id counts where it first stands.",
        arguments: &ARGUMENTS,
        result: "A share between 0 and 1.",
        nulls: "NULL ids are left out. NULL for NULL, k below 1, and where nothing is expected.",
        errors: "",
        source: "Manning, Raghavan and Schuetze 2008, chapter 8.",
        example: "select recall_at_k(['d3', 'd1', 'd7'], ['d1', 'd2'], 3);\n-- 0.5",
    }
    .documentation()
});

impl Kernel for RecallAtK {
    const NAME: &'static str = "recall_at_k";
    const KINDS: &'static [Kind] = &[Kind::Ids, Kind::Ids, Kind::Integer];
    const REQUIRED: usize = 3;

    fn return_type() -> DataType {
        DataType::Float64
    }

    fn invoke(&self, args: &Args) -> Result<ArrayRef> {
        measured(args, |top: &Top| top.found.len() as f64 / top.expected as f64)
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
