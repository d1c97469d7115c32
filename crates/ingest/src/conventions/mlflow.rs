//! MLflow tracing. Every value is JSON; quoted words are unquoted when they are read.

use super::Column as C;
use super::Convention;
use super::Source::{Attr, Member};

const USAGE: &str = "mlflow.chat.tokenUsage";
const INPUTS: &str = "mlflow.spanInputs";

pub(crate) static MLFLOW: Convention = Convention {
    columns: &[
        (C::Kind, &[Attr("mlflow.spanType")]),
        (C::SessionId, &[Attr("mlflow.trace.session"), Attr("mlflow.traceMetadata.session")]),
        (C::UserId, &[Attr("mlflow.trace.user"), Attr("mlflow.traceMetadata.user")]),
        (C::RequestModel, &[Attr("model"), Member(INPUTS, "model")]),
        (C::ResponseModel, &[Attr("mlflow.llm.model")]),
        (C::Provider, &[Attr("mlflow.llm.provider"), Attr("mlflow.chat.provider")]),
        (C::PromptName, &[Member("mlflow.linkedPrompts", "0.name")]),
        (C::PromptVersion, &[Member("mlflow.linkedPrompts", "0.version")]),
        (C::InputTokens, &[Member(USAGE, "input_tokens")]),
        (C::OutputTokens, &[Member(USAGE, "output_tokens")]),
        (C::CacheReadTokens, &[Member(USAGE, "cache_read_input_tokens")]),
        (C::CacheWriteTokens, &[Member(USAGE, "cache_creation_input_tokens")]),
        (C::ReasoningTokens, &[Member(USAGE, "reasoning_tokens")]),
        (
            C::Cost,
            &[Member("mlflow.llm.cost", "total_cost"), Member("mlflow.chat.cost", "total_cost")],
        ),
        (C::IsStreaming, &[Attr("stream"), Member(INPUTS, "stream")]),
        (C::Temperature, &[Attr("temperature"), Member(INPUTS, "temperature")]),
        (C::TopP, &[Attr("top_p"), Member(INPUTS, "top_p")]),
        (
            C::MaxTokens,
            &[
                Attr("max_tokens"),
                Member(INPUTS, "max_tokens"),
                Member(INPUTS, "max_completion_tokens"),
            ],
        ),
        (
            C::ResponseFormat,
            &[Member(INPUTS, "response_format.type"), Member(INPUTS, "text.format.type")],
        ),
        (
            C::OutputSchema,
            &[
                Member(INPUTS, "response_format.json_schema.schema"),
                Member(INPUTS, "text.format.schema"),
            ],
        ),
        (C::ToolCallId, &[Attr("tool_call_id")]),
        (C::ToolDefinitions, &[Attr("mlflow.chat.tools"), Member(INPUTS, "tools")]),
        (C::InputMessages, &[Attr("mlflow.chat.messages"), Attr(INPUTS)]),
        (C::OutputMessages, &[Attr("mlflow.spanOutputs")]),
    ],
    params: &[],
};
