//! LiteLLM's OpenTelemetry callback.

use super::Column as C;
use super::Convention;
use super::Source::{Attr, Member};

pub(crate) static LITELLM: Convention = Convention {
    columns: &[
        (C::UserId, &[Attr("llm.user"), Attr("metadata.user_api_key_end_user_id")]),
        (
            C::TenantId,
            &[Attr("metadata.user_api_key_team_id"), Attr("metadata.user_api_key_org_id")],
        ),
        (C::AccountId, &[Attr("metadata.user_api_key_user_id")]),
        (C::SessionId, &[Attr("metadata.session_id"), Attr("litellm.session_id")]),
        (C::RequestId, &[Attr("litellm.call_id")]),
        (
            C::Cost,
            &[
                Attr("gen_ai.cost.total_cost"),
                Member("hidden_params", "response_cost"),
                Attr("litellm.response_cost"),
            ],
        ),
        (C::ErrorType, &[Attr("error.code")]),
        (C::ErrorMessage, &[Attr("error.message")]),
        (C::GuardrailName, &[Attr("guardrail_name")]),
        (C::GuardrailOutcome, &[Attr("guardrail_status")]),
        (C::Endpoint, &[Member("hidden_params", "api_base")]),
        (C::RequestModel, &[Attr("litellm.model_group")]),
    ],
    params: &[],
};
