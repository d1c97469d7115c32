//! What each SDK convention calls our columns: one file with static tables per convention.
//! Which of them wins is decided in one place, [`crate::precedence`].

pub(crate) mod anthropic;
pub(crate) mod common;
pub(crate) mod genai;
pub(crate) mod genai_old;
pub(crate) mod langfuse;
pub(crate) mod langsmith;
pub(crate) mod litellm;
pub(crate) mod mlflow;
pub(crate) mod openinference;
pub(crate) mod openllmetry;
pub(crate) mod others;
pub(crate) mod pydantic;
pub(crate) mod spanlake;
pub(crate) mod vercel;

/// A column that one value of one attribute fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(usize)]
pub(crate) enum Column {
    Kind,
    Operation,
    SessionId,
    ConversationId,
    UserId,
    TenantId,
    AccountId,
    Environment,
    Workflow,
    RequestType,
    RequestId,
    ResponseId,
    RequestModel,
    ResponseModel,
    Provider,
    Endpoint,
    EndpointPort,
    CodeVersion,
    PromptName,
    PromptVersion,
    PromptTemplate,
    PromptVariables,
    RenderedPrompt,
    PromptIr,
    InputTokens,
    OutputTokens,
    CacheReadTokens,
    CacheWriteTokens,
    ReasoningTokens,
    Cost,
    TimeToFirstTokenMs,
    IsStreaming,
    Temperature,
    TopP,
    MaxTokens,
    ResponseFormat,
    OutputSchema,
    Params,
    FinishReasons,
    AgentName,
    StepCount,
    TerminationReason,
    ToolName,
    ToolCallId,
    ToolArguments,
    ToolResult,
    ToolDefinitions,
    IsWriteAction,
    Approval,
    IsEscalated,
    ErrorType,
    ErrorMessage,
    HttpStatus,
    RetryCount,
    FallbackFrom,
    RetrievalQuery,
    RetrievalQueryOriginal,
    RetrievalIndex,
    RetrievalIndexVersion,
    RetrievalTopK,
    EmbeddingModel,
    RerankerModel,
    Documents,
    ContextChars,
    Citations,
    GuardrailName,
    GuardrailPolicy,
    GuardrailOutcome,
    StructuredOutput,
    SystemInstructions,
    InputMessages,
    OutputMessages,
    Sensitivity,
    SamplingWeight,
}

impl Column {
    pub(crate) const COUNT: usize = Self::SamplingWeight as usize + 1;
}

/// Where in a span a value is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    /// A span attribute.
    Attr(&'static str),
    /// A member, by dotted path, of a span attribute that holds JSON.
    Member(&'static str, &'static str),
    /// A resource attribute.
    Resource(&'static str),
    /// A span attribute in seconds, where the column is in milliseconds.
    Seconds(&'static str),
}

/// One convention's names.
pub(crate) struct Convention {
    /// Column → its sources, best first.
    pub columns: &'static [(Column, &'static [Source])],
    /// Model parameters without a column: attribute → name inside `params`.
    pub params: &'static [(&'static str, &'static str)],
}

pub(crate) const ALL: &[&Convention] = &[
    &anthropic::ANTHROPIC,
    &common::COMMON,
    &genai::GENAI,
    &genai_old::GENAI_OLD,
    &langfuse::LANGFUSE,
    &langsmith::LANGSMITH,
    &litellm::LITELLM,
    &mlflow::MLFLOW,
    &openinference::OPENINFERENCE,
    &openllmetry::OPENLLMETRY,
    &others::OTHERS,
    &pydantic::PYDANTIC,
    &spanlake::SPANLAKE,
    &vercel::VERCEL,
];
