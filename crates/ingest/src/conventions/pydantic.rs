//! Pydantic AI and Logfire.

use super::Column as C;
use super::Convention;
use super::Source::{Attr, Member};

/// A provider's usage as Logfire keeps it.
const RAW_USAGE: &str = "gen_ai.usage.raw";

pub(crate) static PYDANTIC: Convention = Convention {
    columns: &[
        (C::Kind, &[Attr("pydantic_ai.model_request.attempt")]),
        (C::Cost, &[Attr("operation.cost")]),
        (
            C::ReasoningTokens,
            &[
                Attr("gen_ai.usage.details.reasoning_tokens"),
                Member(RAW_USAGE, "completion_tokens_details.reasoning_tokens"),
                Member(RAW_USAGE, "output_tokens_details.reasoning_tokens"),
            ],
        ),
        (
            C::CacheReadTokens,
            &[
                Attr("gen_ai.usage.details.cache_read_tokens"),
                Attr("gen_ai.usage.details.cache_read_input_tokens"),
                Attr("gen_ai.usage.details.cached_tokens"),
            ],
        ),
        (
            C::CacheWriteTokens,
            &[
                Attr("gen_ai.usage.details.cache_write_tokens"),
                Attr("gen_ai.usage.details.cache_creation_input_tokens"),
            ],
        ),
        // The provider's own counts, all there is when its prices are unknown.
        (C::InputTokens, &[Attr("gen_ai.usage.details.input_tokens")]),
        (C::OutputTokens, &[Attr("gen_ai.usage.details.output_tokens")]),
        (C::AgentName, &[Attr("agent_name")]),
        (C::RequestModel, &[Member("request_data", "model"), Attr("model_name")]),
        (C::ResponseModel, &[Member("response_data", "model")]),
        (C::IsStreaming, &[Member("request_data", "stream")]),
        (C::ToolArguments, &[Attr("tool_arguments")]),
        (C::ToolResult, &[Attr("tool_response")]),
        (C::ToolDefinitions, &[Member("model_request_parameters", "function_tools")]),
        (C::ResponseFormat, &[Member("model_request_parameters", "output_mode")]),
        (
            C::OutputSchema,
            &[
                Member("model_request_parameters", "output_object.json_schema"),
                Member("model_request_parameters", "output_tools.0.parameters_json_schema"),
            ],
        ),
        (C::SystemInstructions, &[Member("request_data", "instructions")]),
        (
            C::InputMessages,
            &[
                Attr("pydantic_ai.all_messages"),
                Attr("all_messages_events"),
                Attr("events"),
                Attr("request_data"),
            ],
        ),
        (C::OutputMessages, &[Attr("response_data"), Attr("final_result")]),
        (C::StructuredOutput, &[Attr("final_result")]),
    ],
    params: &[],
};
