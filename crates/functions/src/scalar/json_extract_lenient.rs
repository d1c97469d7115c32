//! `json_extract_lenient(text)`

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, StringBuilder};
use arrow::datatypes::DataType;
use datafusion_common::Result;
use datafusion_expr::Documentation;

use crate::args::Args;
use crate::documented::{Manual, OUTPUT};
use crate::kernel::{Kernel, Kind};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct JsonExtractLenient;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: OUTPUT,
        syntax: "json_extract_lenient(text)",
        does: "The one JSON value of a text as strict JSON, taken out of fences and prose, with \
            quotes, commas, comments and literals mended.",
        arguments: &[("text", "The model's output.")],
        result: "JSON text.",
        nulls: "NULL when there is none to recover: truncated text (nothing is invented), NaN and \
            infinities, several values, prose, NULL.",
        errors: "",
        source: "Spanlake's own.",
        example: "select json_extract_lenient('Sure! {''a'': True,}');\n-- {\"a\":true}",
    }
    .documentation()
});

impl Kernel for JsonExtractLenient {
    const NAME: &'static str = "json_extract_lenient";
    const KINDS: &'static [Kind] = &[Kind::Text];
    const REQUIRED: usize = 1;

    fn return_type() -> DataType {
        DataType::Utf8
    }

    fn invoke(&self, args: &Args) -> Result<ArrayRef> {
        let texts = args.texts(0)?;
        let mut out = StringBuilder::with_capacity(args.n_rows, args.n_rows * 8);
        for row in 0..args.n_rows {
            out.append_option(texts.get(row).and_then(|text| spanlake_parse::lenient(text).value));
        }
        Ok(Arc::new(out.finish()))
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
