//! Langfuse SDK. Its usage and cost objects are read in `crate::normalise::usage`.

use super::Column as C;
use super::Convention;
use super::Source::{Attr, Member, Resource};

const PARAMETERS: &str = "langfuse.observation.model.parameters";

pub(crate) static LANGFUSE: Convention = Convention {
    columns: &[
        (C::Kind, &[Attr("langfuse.observation.type"), Attr("langfuse.span.type")]),
        (
            C::SessionId,
            &[
                Attr("langfuse.session.id"),
                Attr("langfuse.trace.metadata.langfuse_session_id"),
                Attr("langfuse.observation.metadata.langfuse_session_id"),
            ],
        ),
        (
            C::UserId,
            &[
                Attr("langfuse.user.id"),
                Attr("langfuse.trace.metadata.langfuse_user_id"),
                Attr("langfuse.observation.metadata.langfuse_user_id"),
            ],
        ),
        (
            C::TenantId,
            &[
                Attr("langfuse.trace.metadata.tenant"),
                Attr("langfuse.trace.metadata.tenant_id"),
                Attr("langfuse.observation.metadata.tenant"),
                Attr("langfuse.observation.metadata.tenant_id"),
                Member("langfuse.trace.metadata", "tenant"),
                Member("langfuse.observation.metadata", "tenant"),
            ],
        ),
        (C::Environment, &[Attr("langfuse.environment"), Resource("langfuse.environment")]),
        (
            C::CodeVersion,
            &[Attr("langfuse.release"), Attr("langfuse.version"), Resource("langfuse.release")],
        ),
        (C::Workflow, &[Attr("langfuse.trace.name")]),
        (C::ResponseModel, &[Attr("langfuse.observation.model.name")]),
        (
            C::RequestModel,
            &[Member(PARAMETERS, "model"), Attr("langfuse.observation.metadata.ls_model_name")],
        ),
        (C::Provider, &[Attr("langfuse.observation.metadata.ls_provider")]),
        (C::PromptName, &[Attr("langfuse.observation.prompt.name"), Attr("langfuse.prompt.name")]),
        (
            C::PromptVersion,
            &[Attr("langfuse.observation.prompt.version"), Attr("langfuse.prompt.version")],
        ),
        (C::Temperature, &[Member(PARAMETERS, "temperature")]),
        (C::TopP, &[Member(PARAMETERS, "top_p")]),
        (
            C::MaxTokens,
            &[Member(PARAMETERS, "max_tokens"), Member(PARAMETERS, "max_completion_tokens")],
        ),
        (
            C::ResponseFormat,
            &[
                Member(PARAMETERS, "response_format.type"),
                Member(PARAMETERS, "response_format"),
                Member("langfuse.observation.metadata.response_format", "type"),
            ],
        ),
        (C::OutputSchema, &[Member(PARAMETERS, "response_format.json_schema.schema")]),
        (C::IsStreaming, &[Member(PARAMETERS, "stream")]),
        (C::Params, &[Attr(PARAMETERS)]),
        (
            C::FinishReasons,
            &[
                Attr("langfuse.observation.metadata.finish_reason"),
                Attr("langfuse.observation.metadata.stop_reason"),
            ],
        ),
        (
            C::ToolCallId,
            &[
                Attr("langfuse.observation.metadata.tool_call_id"),
                Member("langfuse.observation.output", "tool_call_id"),
            ],
        ),
        (C::ErrorMessage, &[Attr("langfuse.observation.status_message")]),
        (
            C::RetrievalIndex,
            &[
                Attr("langfuse.observation.metadata.index"),
                Member("langfuse.observation.metadata", "index"),
            ],
        ),
        (
            C::EmbeddingModel,
            &[
                Attr("langfuse.observation.metadata.embedding_model"),
                Member("langfuse.observation.metadata", "embedding_model"),
            ],
        ),
        (C::RetrievalTopK, &[Attr("langfuse.observation.metadata.top_k")]),
        (C::InputMessages, &[Attr("langfuse.observation.input")]),
        (C::OutputMessages, &[Attr("langfuse.observation.output")]),
    ],
    params: &[],
};
