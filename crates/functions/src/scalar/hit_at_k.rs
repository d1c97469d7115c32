//! `hit_at_k(ids, expected, k)`

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
pub(crate) struct HitAtK;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: AGENTS,
        syntax: "hit_at_k(ids, expected, k)",
        does: "1 where an expected id is among the first k, else 0; its mean is the hit rate. A \
            repeated id counts where it first stands.",
        arguments: &ARGUMENTS,
        result: "0 or 1.",
        nulls: "NULL ids are left out. NULL for NULL, k below 1, and where nothing is expected.",
        errors: "",
        source: "Manning, Raghavan and Schuetze 2008, chapter 8.",
        example: "select hit_at_k(['d3', 'd1', 'd7'], ['d1', 'd2'], 3);\n-- 1.0",
    }
    .documentation()
});

impl Kernel for HitAtK {
    const NAME: &'static str = "hit_at_k";
    const KINDS: &'static [Kind] = &[Kind::Ids, Kind::Ids, Kind::Integer];
    const REQUIRED: usize = 3;

    fn return_type() -> DataType {
        DataType::Float64
    }

    fn invoke(&self, args: &Args) -> Result<ArrayRef> {
        measured(args, |top: &Top| f64::from(u8::from(!top.found.is_empty())))
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
