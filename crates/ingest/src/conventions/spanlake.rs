//! Spanlake's own namespace, for what no convention names. It wins over everything else.
//!
//! | attribute | column |
//! |---|---|
//! | `spanlake.kind` | `kind` |
//! | `spanlake.workflow` | `workflow` |
//! | `spanlake.request_type` | `request_type` |
//! | `spanlake.request_id` | `request_id` |
//! | `spanlake.tenant`, `spanlake.user`, `spanlake.session`, `spanlake.account` | the ids (also as resource attributes: `spanlake.tenant`) |
//! | `spanlake.environment` | `environment` (also as a resource attribute) |
//! | `spanlake.code_version` | `code_version` (also as a resource attribute) |
//! | `spanlake.sensitivity` | `sensitivity` (also as a resource attribute) |
//! | `spanlake.case_id` | kept in `attributes`; `case_id` of evaluations on the span |
//! | `spanlake.sampling_weight` | `sampling_weight` |
//! | `spanlake.prompt.name`, `.version`, `.template` | `prompt_name`, `prompt_version`, `prompt_template` |
//! | `spanlake.prompt.variables` | `input_variables`, JSON object |
//! | `spanlake.prompt.rendered` | `rendered_prompt` |
//! | `spanlake.prompt.ir` | `prompt_ir`, JSON |
//! | `spanlake.output_schema` | schema that `schema_status` is checked against |
//! | `spanlake.tool.is_write_action` | `is_write_action` |
//! | `spanlake.approval` | `approval`: approved, rejected, pending |
//! | `spanlake.escalated` | `is_escalated` |
//! | `spanlake.agent.step_count` | `step_count` |
//! | `spanlake.agent.termination_reason` | `termination_reason`: final_answer, max_steps, loop, timeout, error |
//! | `spanlake.retrieval.query`, `.query_original` | `retrieval_query`, `retrieval_query_original` |
//! | `spanlake.retrieval.index`, `.index_version`, `.top_k`, `.embedding_model` | the same columns |
//! | `spanlake.documents` | `documents`, JSON list of {id, chunk_id, score, rerank_score, in_context, source_type, content} |
//! | `spanlake.reranker.model` | `reranker_model` |
//! | `spanlake.context_chars` | `context_chars` |
//! | `spanlake.citations` | `citations`, JSON |
//! | `spanlake.guardrail.name`, `.policy`, `.outcome` | the guardrail columns |
//! | `spanlake.retry_count` | `retry_count` |
//! | `spanlake.fallback_from` | `fallback_from` |
//! | `spanlake.cost_usd` | `cost_usd` |

use super::Column as C;
use super::Convention;
use super::Source::{Attr, Resource};

pub(crate) static SPANLAKE: Convention = Convention {
    columns: &[
        (C::Kind, &[Attr("spanlake.kind")]),
        (C::Workflow, &[Attr("spanlake.workflow"), Resource("spanlake.workflow")]),
        (C::RequestType, &[Attr("spanlake.request_type")]),
        (C::RequestId, &[Attr("spanlake.request_id")]),
        (C::TenantId, &[Attr("spanlake.tenant"), Resource("spanlake.tenant")]),
        (C::UserId, &[Attr("spanlake.user")]),
        (C::SessionId, &[Attr("spanlake.session")]),
        (C::AccountId, &[Attr("spanlake.account")]),
        (C::Environment, &[Attr("spanlake.environment"), Resource("spanlake.environment")]),
        (C::CodeVersion, &[Attr("spanlake.code_version"), Resource("spanlake.code_version")]),
        (C::Sensitivity, &[Attr("spanlake.sensitivity"), Resource("spanlake.sensitivity")]),
        (C::SamplingWeight, &[Attr("spanlake.sampling_weight")]),
        (C::PromptName, &[Attr("spanlake.prompt.name")]),
        (C::PromptVersion, &[Attr("spanlake.prompt.version")]),
        (C::PromptTemplate, &[Attr("spanlake.prompt.template")]),
        (C::PromptVariables, &[Attr("spanlake.prompt.variables")]),
        (C::RenderedPrompt, &[Attr("spanlake.prompt.rendered")]),
        (C::PromptIr, &[Attr("spanlake.prompt.ir")]),
        (C::OutputSchema, &[Attr("spanlake.output_schema")]),
        (C::IsWriteAction, &[Attr("spanlake.tool.is_write_action")]),
        (C::Approval, &[Attr("spanlake.approval")]),
        (C::IsEscalated, &[Attr("spanlake.escalated")]),
        (C::StepCount, &[Attr("spanlake.agent.step_count")]),
        (C::TerminationReason, &[Attr("spanlake.agent.termination_reason")]),
        (C::RetrievalQuery, &[Attr("spanlake.retrieval.query")]),
        (C::RetrievalQueryOriginal, &[Attr("spanlake.retrieval.query_original")]),
        (C::RetrievalIndex, &[Attr("spanlake.retrieval.index")]),
        (C::RetrievalIndexVersion, &[Attr("spanlake.retrieval.index_version")]),
        (C::RetrievalTopK, &[Attr("spanlake.retrieval.top_k")]),
        (C::EmbeddingModel, &[Attr("spanlake.retrieval.embedding_model")]),
        (C::Documents, &[Attr("spanlake.documents")]),
        (C::RerankerModel, &[Attr("spanlake.reranker.model")]),
        (C::ContextChars, &[Attr("spanlake.context_chars")]),
        (C::Citations, &[Attr("spanlake.citations")]),
        (C::GuardrailName, &[Attr("spanlake.guardrail.name")]),
        (C::GuardrailPolicy, &[Attr("spanlake.guardrail.policy")]),
        (C::GuardrailOutcome, &[Attr("spanlake.guardrail.outcome")]),
        (C::RetryCount, &[Attr("spanlake.retry_count")]),
        (C::FallbackFrom, &[Attr("spanlake.fallback_from")]),
        (C::Cost, &[Attr("spanlake.cost_usd")]),
    ],
    params: &[],
};
