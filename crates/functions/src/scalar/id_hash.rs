//! `id_hash(id)`

use std::sync::{Arc, LazyLock};

use ahash::RandomState;
use arrow::array::{ArrayRef, Int64Builder};
use arrow::datatypes::DataType;
use datafusion_common::Result;
use datafusion_expr::Documentation;

use crate::args::Args;
use crate::documented::{Manual, STATISTICS};
use crate::kernel::{Kernel, Kind};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct IdHash;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "id_hash(id)",
        does: "A number that stands for an id, because numbers are counted several times faster \
            than texts: `count(distinct id_hash(span_id))`. An id of 16 lower-case hexadecimal \
            digits, as span ids are, is its own value, so that the count is exact; any other \
            text is hashed to 64 bits (aHash with fixed keys: equal within a query, not for \
            storing), where among n different ids two are taken for one with probability n² / \
            2^65, 0.00000003 for a million.",
        arguments: &[("id", "A span id, trace id or any other text.")],
        result: "A 64-bit number.",
        nulls: "NULL gives NULL.",
        errors: "",
        source: "Spanlake's own.",
        example: "select prompt_version, count(distinct id_hash(span_id)) from evals group by 1;",
    }
    .documentation()
});

/// Reads exactly 16 lower-case hexadecimal digits.
fn exact(id: &str) -> Option<u64> {
    let digits: &[u8; 16] = id.as_bytes().try_into().ok()?;
    digits.iter().try_fold(0, |value, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            _ => return None,
        };
        Some(value << 4 | u64::from(digit))
    })
}

impl Kernel for IdHash {
    const NAME: &'static str = "id_hash";
    const KINDS: &'static [Kind] = &[Kind::Text];
    const REQUIRED: usize = 1;

    fn return_type() -> DataType {
        DataType::Int64
    }

    fn invoke(&self, args: &Args) -> Result<ArrayRef> {
        let ids = args.texts(0)?;
        let hasher = RandomState::with_seeds(1, 2, 3, 4);
        let mut out = Int64Builder::with_capacity(args.n_rows);
        for row in 0..args.n_rows {
            let hash = |id: &str| exact(id).unwrap_or_else(|| hasher.hash_one(id));
            out.append_option(ids.get(row).map(|id| hash(id).cast_signed()));
        }
        Ok(Arc::new(out.finish()))
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
