//! `refusal_kind(text)`

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, StringBuilder};
use arrow::datatypes::DataType;
use datafusion_common::Result;
use datafusion_expr::Documentation;

use crate::args::Args;
use crate::documented::{Manual, OUTPUT};
use crate::kernel::{Kernel, Kind};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct RefusalKind;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: OUTPUT,
        syntax: "refusal_kind(text)",
        does: "Whether an English answer declines the request: `none`, `partial` (it declines, then \
            helps otherwise) or `full`. Rules over the opening of the text.",
        arguments: &[("text", "The model's final answer.")],
        result: "`none`, `partial` or `full`.",
        nulls: "NULL for NULL.",
        errors: "",
        source: "Spanlake's own; the kinds are those of XSTest (Roettger et al. 2024).",
        example: "select avg((refusal_kind(output_text) <> 'none')::int) from llm_calls;",
    }
    .documentation()
});

impl Kernel for RefusalKind {
    const NAME: &'static str = "refusal_kind";
    const KINDS: &'static [Kind] = &[Kind::Text];
    const REQUIRED: usize = 1;

    fn return_type() -> DataType {
        DataType::Utf8
    }

    fn invoke(&self, args: &Args) -> Result<ArrayRef> {
        let texts = args.texts(0)?;
        let mut out = StringBuilder::with_capacity(args.n_rows, args.n_rows * 8);
        for row in 0..args.n_rows {
            out.append_option(
                texts.get(row).map(|text| spanlake_parse::refusal_kind(text).as_str()),
            );
        }
        Ok(Arc::new(out.finish()))
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
