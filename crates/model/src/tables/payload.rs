//! The content of a span.

use crate::column::Document;
use crate::units::{Day, Micros};

table! {
    /// A span's redacted content.
    pub struct PayloadRow joined by super::messages::joined {
        #[doc = "The span's date."]
        date: Day [Plain, Delta];
        #[doc = "Trace id, 32 lower-case hexadecimal digits."]
        trace_id: String [Plain, ParquetBloom];
        #[doc = "Span id, 16 lower-case hexadecimal digits."]
        span_id: String [Plain, Bloom];
        #[doc = "The span's start, microseconds, UTC."]
        start_time: Micros [Plain, Delta];
        #[doc = "Tenant."]
        tenant_id: Option<String> [Identity, None];
        #[doc = "End user."]
        user_id: Option<String> [Identity, Bloom];
        #[doc = "Session."]
        session_id: Option<String> [Identity, Bloom];
        #[doc = "Deployment environment."]
        environment: Option<String> [Identifier, Parquet];
        #[doc = "Workflow."]
        workflow: Option<String> [Identifier, Parquet];
        #[doc = "Input messages, JSON list in OpenTelemetry's form ({role, parts})."]
        input_messages: Option<String> [Json, None];
        #[doc = "Output messages, JSON list in OpenTelemetry's form."]
        output_messages: Option<String> [Json, None];
        #[doc = "System instructions, JSON list of parts or text."]
        system_instructions: Option<String> [Json, None];
        #[doc = "The prompt as sent, where recorded as one text."]
        rendered_prompt: Option<String> [Text, None];
        #[doc = "The prompt's template."]
        prompt_template: Option<String> [Template, None];
        #[doc = "Intermediate representation of a compiled prompt, JSON."]
        prompt_ir: Option<String> [Json, None];
        #[doc = "Prompt variables, JSON object."]
        input_variables: Option<String> [Json, None];
        #[doc = "Tools offered, JSON list."]
        tool_definitions: Option<String> [Json, None];
        #[doc = "Tool calls that the answer asks for, JSON list of {id, name, arguments}."]
        tool_calls: Option<String> [Json, None];
        #[doc = "The answer's text."]
        output_text: Option<String> [Text, None];
        #[doc = "The answer's structured output, JSON."]
        structured_output: Option<String> [Json, None];
        #[doc = "Arguments of the tool executed, JSON."]
        tool_arguments: Option<String> [Json, None];
        #[doc = "Result of the tool executed, JSON or text."]
        tool_result: Option<String> [Json, None];
        #[doc = "Query used for retrieval."]
        retrieval_query: Option<String> [Text, None];
        #[doc = "Query before rewriting."]
        retrieval_query_original: Option<String> [Text, None];
        #[doc = "Documents retrieved, reranked or used."]
        documents: Vec<Document> [Text, None];
        #[doc = "Citations of the answer, JSON list of {start, end, ids, document_ids}."]
        citations: Option<String> [Json, None];
        #[doc = "Columns whose value was inherited from the trace, not sent on the span."]
        inherited_columns: Vec<String> [Plain, None];
        #[doc = "Hash of the redaction policy applied; `none` without one."]
        policy_version: String [Plain, Parquet];
        #[doc = "Receipt, microseconds, UTC."]
        ingest_time: Micros [Plain, Delta];
        #[doc = "Version of this row."]
        row_version: i64 [Plain, Delta];
        #[doc = "Writer of this row."]
        writer_id: String [Plain, Parquet];
        #[doc = "Whether the span had ended when sent."]
        is_final: bool [Plain, Parquet];
    }
}
