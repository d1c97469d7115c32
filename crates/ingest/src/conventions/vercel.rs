//! Vercel AI SDK's own `ai.*` attributes (versions 3 to 6, and 7 with its legacy telemetry).

use super::Column as C;
use super::Convention;
use super::Source::{Attr, Member};

pub(crate) static VERCEL: Convention = Convention {
    columns: &[
        (C::Kind, &[Attr("ai.operationId")]),
        (C::Operation, &[Attr("ai.operationId")]),
        (
            C::SessionId,
            &[
                Attr("ai.telemetry.metadata.sessionId"),
                Attr("ai.telemetry.metadata.session_id"),
                Attr("ai.telemetry.metadata.chatId"),
                Attr("ai.telemetry.metadata.threadId"),
            ],
        ),
        (C::UserId, &[Attr("ai.telemetry.metadata.userId"), Attr("ai.telemetry.metadata.user_id")]),
        (
            C::TenantId,
            &[
                Attr("ai.telemetry.metadata.tenant"),
                Attr("ai.telemetry.metadata.tenantId"),
                Attr("ai.telemetry.metadata.tenant_id"),
            ],
        ),
        (C::ResponseId, &[Attr("ai.response.id")]),
        (C::RequestModel, &[Attr("ai.model.id")]),
        (C::ResponseModel, &[Attr("ai.response.model")]),
        (C::Provider, &[Attr("ai.model.provider")]),
        (
            C::PromptName,
            &[
                Attr("ai.telemetry.metadata.promptName"),
                Attr("ai.telemetry.metadata.prompt_name"),
                Member("ai.telemetry.metadata.langfusePrompt", "name"),
            ],
        ),
        (
            C::PromptVersion,
            &[
                Attr("ai.telemetry.metadata.promptVersion"),
                Attr("ai.telemetry.metadata.prompt_version"),
                Member("ai.telemetry.metadata.langfusePrompt", "version"),
            ],
        ),
        (
            C::InputTokens,
            &[Attr("ai.usage.inputTokens"), Attr("ai.usage.promptTokens"), Attr("ai.usage.tokens")],
        ),
        (C::OutputTokens, &[Attr("ai.usage.outputTokens"), Attr("ai.usage.completionTokens")]),
        (
            C::CacheReadTokens,
            &[
                Attr("ai.usage.inputTokenDetails.cacheReadTokens"),
                Attr("ai.usage.cachedInputTokens"),
            ],
        ),
        (C::CacheWriteTokens, &[Attr("ai.usage.inputTokenDetails.cacheWriteTokens")]),
        (
            C::ReasoningTokens,
            &[
                Attr("ai.usage.outputTokenDetails.reasoningTokens"),
                Attr("ai.usage.reasoningTokens"),
            ],
        ),
        (
            C::TimeToFirstTokenMs,
            &[Attr("ai.response.msToFirstChunk"), Attr("ai.stream.msToFirstChunk")],
        ),
        (C::Temperature, &[Attr("ai.settings.temperature")]),
        (C::TopP, &[Attr("ai.settings.topP")]),
        (C::MaxTokens, &[Attr("ai.settings.maxOutputTokens"), Attr("ai.settings.maxTokens")]),
        (C::ResponseFormat, &[Attr("ai.settings.output")]),
        (C::OutputSchema, &[Attr("ai.schema")]),
        (C::FinishReasons, &[Attr("ai.response.finishReason"), Attr("ai.finishReason")]),
        (C::ToolName, &[Attr("ai.toolCall.name")]),
        (C::ToolCallId, &[Attr("ai.toolCall.id")]),
        (C::ToolArguments, &[Attr("ai.toolCall.args"), Attr("ai.toolCall.input")]),
        (C::ToolResult, &[Attr("ai.toolCall.result"), Attr("ai.toolCall.output")]),
        (C::ToolDefinitions, &[Attr("ai.prompt.tools")]),
        (C::StructuredOutput, &[Attr("ai.response.object"), Attr("ai.result.object")]),
        (C::InputMessages, &[Attr("ai.prompt.messages"), Attr("ai.prompt"), Attr("ai.values")]),
        (C::Documents, &[Attr("ai.ranking"), Attr("ai.documents")]),
    ],
    params: &[
        ("ai.settings.topK", "top_k"),
        ("ai.settings.seed", "seed"),
        ("ai.settings.stopSequences", "stop_sequences"),
        ("ai.settings.frequencyPenalty", "frequency_penalty"),
        ("ai.settings.presencePenalty", "presence_penalty"),
        ("ai.settings.maxRetries", "max_retries"),
        ("ai.settings.mode", "mode"),
        ("ai.prompt.toolChoice", "tool_choice"),
    ],
};
