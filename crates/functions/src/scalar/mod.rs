//! The scalar functions, one file each.

mod bh_adjust;
mod citation_check;
mod citation_parse;
mod faith_score;
mod json_extract_lenient;
mod json_schema_check;
mod json_status;
mod refusal_kind;
mod required_completion;
mod schemas;
mod seq_diff;
mod structs;
mod tool_args_check;
mod two_prop;
mod wilson;

use std::sync::Arc;

use datafusion_expr::ScalarUDF;

use crate::scalar;

/// Every scalar function of this crate.
pub fn scalar_functions() -> Vec<Arc<ScalarUDF>> {
    vec![
        scalar(json_status::JsonStatus),
        scalar(json_extract_lenient::JsonExtractLenient),
        scalar(json_schema_check::JsonSchemaCheck),
        scalar(required_completion::RequiredCompletion),
        scalar(tool_args_check::ToolArgsCheck),
        scalar(refusal_kind::RefusalKind),
        scalar(citation_parse::CitationParse),
        scalar(citation_check::CitationCheck),
        scalar(faith_score::FaithScore),
        scalar(wilson::Wilson),
        scalar(two_prop::TwoProp),
        scalar(seq_diff::SeqDiff),
        scalar(bh_adjust::BhAdjust),
    ]
}
