//! The scalar functions, one file each.

mod agresti_coull;
mod bh_adjust;
mod citation_check;
mod citation_parse;
mod citation_support;
mod clopper_pearson;
mod faith_detail;
mod faith_score;
mod hit_at_k;
mod id_hash;
mod isotonic_rate;
mod jeffreys;
mod json_extract_lenient;
mod json_schema_check;
mod json_status;
mod judge_corrected;
mod ndcg_at_k;
mod p_adjust;
mod precision_at_k;
mod ranked;
mod recall_at_k;
mod refusal_kind;
mod required_completion;
mod rogan_gladen;
mod schemas;
mod seq_diff;
mod structs;
mod tool_args_check;
mod tool_loop;
mod tool_selection;
mod two_prop;
mod wilson;

use std::sync::Arc;

use datafusion_expr::ScalarUDF;

use crate::scalar;
use crate::scorer::Scorer;

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
        scalar(citation_support::CitationSupport),
        scalar(faith_score::FaithScore::new(None)),
        scalar(faith_detail::FaithDetailOf),
        scalar(precision_at_k::PrecisionAtK),
        scalar(recall_at_k::RecallAtK),
        scalar(hit_at_k::HitAtK),
        scalar(ndcg_at_k::NdcgAtK),
        scalar(tool_loop::ToolLoop),
        scalar(tool_selection::ToolSelection),
        scalar(id_hash::IdHash),
        scalar(wilson::Wilson),
        scalar(clopper_pearson::ClopperPearson),
        scalar(jeffreys::Jeffreys),
        scalar(agresti_coull::AgrestiCoull),
        scalar(two_prop::TwoProp),
        scalar(seq_diff::SeqDiff),
        scalar(bh_adjust::BhAdjust),
        scalar(p_adjust::PAdjust),
        scalar(rogan_gladen::RoganGladen),
        scalar(judge_corrected::JudgeCorrected),
        scalar(isotonic_rate::IsotonicRate),
    ]
}

/// `faith_score` that asks `scorer` unless a profile is named; register it after [`crate::register_all`].
pub fn faith_score_by(scorer: Arc<dyn Scorer>) -> Arc<ScalarUDF> {
    scalar(faith_score::FaithScore::new(Some(scorer)))
}
