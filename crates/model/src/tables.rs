//! The rows of every table, one `table!` each. Column order is the order on disk: hot columns first.

#![expect(clippy::doc_markdown, reason = "the first lines are shown as text by `\\d`")]

use crate::column::{Document, Redaction};
use crate::units::{Day, Micros};
use crate::vocabulary::{CostSource, Kind, SpanStatus, TokenRole};

table! {
    /// A span's facts.
    pub struct SpanRow {
        #[doc = "UTC day of `start_time`; the day of receipt when `time_suspect`."]
        date: Day [Plain, Delta];
        #[doc = "Trace id, 32 lower-case hexadecimal digits."]
        trace_id: String [Plain, Bloom];
        #[doc = "Span id, 16 lower-case hexadecimal digits."]
        span_id: String [Plain, Bloom];
        #[doc = "Start, microseconds, UTC."]
        start_time: Micros [Plain, Delta];
        #[doc = "Start, nanoseconds since the epoch, as sent."]
        start_unix_nano: i64 [Plain, Delta];
        #[doc = "End, nanoseconds since the epoch, as sent; 0 while the span is open."]
        end_unix_nano: i64 [Plain, Delta];
        #[doc = "End minus start, milliseconds; NULL for an open span or an end before the start."]
        duration_ms: Option<f64> [Plain, Delta];
        #[doc = "Parent's span id; NULL for a root."]
        parent_span_id: Option<String> [Plain, None];
        #[doc = "Tenant."]
        tenant_id: Option<String> [Identity, None];
        #[doc = "End user, as the application names it; a pseudonym when it was personal data."]
        user_id: Option<String> [Identity, Bloom];
        #[doc = "Session or conversation thread."]
        session_id: Option<String> [Identity, Bloom];
        #[doc = "Deployment environment."]
        environment: Option<String> [Identifier, Parquet];
        #[doc = "Workflow: configured key, attribute, or the root span's name."]
        workflow: Option<String> [Identifier, Parquet];
        #[doc = "Span name."]
        name: String [Text, None];
        #[doc = "What the span did."]
        kind: Kind [Plain, Parquet];
        #[doc = "Finer source value (chat, plan, execute_tool)."]
        operation: Option<String> [Identifier, Parquet];
        #[doc = "OTLP status as sent: UNSET, OK, ERROR."]
        status: SpanStatus [Plain, Parquet];
        #[doc = "Whether the span failed."]
        is_error: bool [Plain, Parquet];
        #[doc = "Type of the error."]
        error_type: Option<String> [Identifier, Parquet];
        #[doc = "Status or exception message."]
        status_message: Option<String> [Text, None];
        #[doc = "SDK convention the span was written in."]
        convention: Option<String> [Plain, Parquet];
        #[doc = "Instrumentation scope, `name@version`."]
        scope_name: Option<String> [Identifier, None];
        #[doc = "How the span's tokens and cost enter sums: leaf, aggregate, duplicate, none."]
        token_role: TokenRole [Plain, Parquet];
        #[doc = "Service that sent the span."]
        service_name: Option<String> [Identifier, Parquet];
        #[doc = "Version of the application's code."]
        code_version: Option<String> [Identifier, Parquet];
        #[doc = "Request type: configured key, or the root span's name."]
        request_type: Option<String> [Identifier, Parquet];
        #[doc = "Account."]
        account_id: Option<String> [Identity, None];
        #[doc = "Conversation id as the provider or framework names it."]
        conversation_id: Option<String> [Identity, None];
        #[doc = "The application's request id."]
        request_id: Option<String> [Identifier, None];
        #[doc = "The provider's response id."]
        response_id: Option<String> [Identifier, None];
        #[doc = "Model asked for."]
        request_model: Option<String> [Identifier, Parquet];
        #[doc = "Model that answered."]
        response_model: Option<String> [Identifier, Parquet];
        #[doc = "Provider, normalised (openai, anthropic, azure.ai.openai, gcp.vertex_ai, ...)."]
        provider: Option<String> [Identifier, Parquet];
        #[doc = "Host and port called."]
        endpoint: Option<String> [Identifier, Parquet];
        #[doc = "Sampling temperature."]
        temperature: Option<f64> [Plain, Delta];
        #[doc = "Nucleus sampling mass."]
        top_p: Option<f64> [Plain, Delta];
        #[doc = "Output token limit."]
        max_tokens: Option<i64> [Plain, Delta];
        #[doc = "Requested output format (text, json_object, json_schema)."]
        response_format: Option<String> [Identifier, Parquet];
        #[doc = "Other model parameters, JSON object."]
        params: Option<String> [Json, None];
        #[doc = "Input tokens, cached ones included."]
        input_tokens: Option<i64> [Plain, Delta];
        #[doc = "Output tokens, reasoning included."]
        output_tokens: Option<i64> [Plain, Delta];
        #[doc = "Input tokens read from a cache, part of `input_tokens`."]
        cache_read_tokens: Option<i64> [Plain, Delta];
        #[doc = "Input tokens written to a cache, part of `input_tokens`."]
        cache_write_tokens: Option<i64> [Plain, Delta];
        #[doc = "Reasoning tokens, part of `output_tokens`."]
        reasoning_tokens: Option<i64> [Plain, Delta];
        #[doc = "Cost, US dollars."]
        cost_usd: Option<f64> [Plain, Delta];
        #[doc = "Where the cost comes from: reported, computed, none."]
        cost_source: CostSource [Plain, Parquet];
        #[doc = "Time to the first token, milliseconds."]
        time_to_first_token_ms: Option<f64> [Plain, Delta];
        #[doc = "Whether the answer was streamed."]
        is_streaming: Option<bool> [Plain, Parquet];
        #[doc = "First finish reason, normalised: stop, length, tool_calls, content_filter, error, other."]
        finish_reason: Option<String> [Plain, Parquet];
        #[doc = "Finish reasons, verbatim."]
        finish_reasons: Vec<String> [Identifier, None];
        #[doc = "Prompt name."]
        prompt_name: Option<String> [Identifier, Parquet];
        #[doc = "Prompt version."]
        prompt_version: Option<String> [Identifier, Parquet];
        #[doc = "Keyed hash of the raw template."]
        prompt_hash: Option<String> [Plain, None];
        #[doc = "Names of the prompt's variables."]
        prompt_variable_names: Vec<String> [Identifier, None];
        #[doc = "Agent name."]
        agent_name: Option<String> [Identifier, Parquet];
        #[doc = "Steps the agent reports."]
        step_count: Option<i64> [Plain, Delta];
        #[doc = "Why an agent's loop ended (final_answer, max_steps, loop, timeout, error)."]
        termination_reason: Option<String> [Identifier, Parquet];
        #[doc = "Tool executed."]
        tool_name: Option<String> [Identifier, Parquet];
        #[doc = "Id of the tool call executed."]
        tool_call_id: Option<String> [Identifier, None];
        #[doc = "Names of the tools that the answer asks for."]
        tool_calls_requested: Vec<String> [Identifier, None];
        #[doc = "Verdict on the tool's arguments: ok, or a code of tool_args_check; NULL without a schema."]
        tool_args_status: Option<String> [Plain, Parquet];
        #[doc = "Whether the tool changes something outside."]
        is_write_action: Option<bool> [Plain, Parquet];
        #[doc = "Decision on a write action: approved, rejected, pending."]
        approval: Option<String> [Identifier, Parquet];
        #[doc = "Whether the run was handed to a person."]
        is_escalated: Option<bool> [Plain, Parquet];
        #[doc = "Guardrail name."]
        guardrail_name: Option<String> [Identifier, Parquet];
        #[doc = "Guardrail policy."]
        guardrail_policy: Option<String> [Identifier, Parquet];
        #[doc = "Guardrail outcome: pass, block, modify, error."]
        guardrail_outcome: Option<String> [Identifier, Parquet];
        #[doc = "Retries before this result."]
        retry_count: Option<i64> [Plain, Delta];
        #[doc = "Whether the call timed out."]
        is_timeout: bool [Plain, Parquet];
        #[doc = "Whether the provider limited the rate."]
        is_rate_limited: bool [Plain, Parquet];
        #[doc = "Model or provider that this call replaced."]
        fallback_from: Option<String> [Identifier, Parquet];
        #[doc = "Documents retrieved; NULL when unknown."]
        retrieved_count: Option<i64> [Plain, Delta];
        #[doc = "Documents asked for."]
        retrieval_top_k: Option<i64> [Plain, Delta];
        #[doc = "Index searched."]
        retrieval_index: Option<String> [Identifier, Parquet];
        #[doc = "Version of the index."]
        retrieval_index_version: Option<String> [Identifier, Parquet];
        #[doc = "Embedding model."]
        embedding_model: Option<String> [Identifier, Parquet];
        #[doc = "Reranker model."]
        reranker_model: Option<String> [Identifier, Parquet];
        #[doc = "Highest reranker score."]
        reranker_score_max: Option<f64> [Plain, Delta];
        #[doc = "Characters of context in the final prompt."]
        context_chars: Option<i64> [Plain, Delta];
        #[doc = "Strict JSON class of the output; NULL where JSON is not expected."]
        parse_status: Option<String> [Plain, Parquet];
        #[doc = "JSON class after repair; NULL where JSON is not expected."]
        lenient_status: Option<String> [Plain, Parquet];
        #[doc = "valid, invalid or no_schema; NULL where JSON is not expected."]
        schema_status: Option<String> [Plain, Parquet];
        #[doc = "none, partial or full refusal; NULL where there is no answer text."]
        refusal_kind: Option<String> [Plain, Parquet];
        #[doc = "First 500 characters of the redacted input."]
        input_preview: Option<String> [Text, None];
        #[doc = "First 500 characters of the redacted output."]
        output_preview: Option<String> [Text, None];
        #[doc = "Bytes of input content, before redaction."]
        input_bytes: Option<i64> [Plain, Delta];
        #[doc = "Bytes of output content, before redaction."]
        output_bytes: Option<i64> [Plain, Delta];
        #[doc = "Sensitivity tag of the trace or workflow."]
        sensitivity: Option<String> [Identifier, Parquet];
        #[doc = "Weight of the span under sampling; NULL means 1."]
        sampling_weight: Option<f64> [Plain, Delta];
        #[doc = "Links, JSON list of {trace_id, span_id, attributes}."]
        links: Option<String> [Json, None];
        #[doc = "Events, JSON list of {name, time_unix_nano, attributes}."]
        events: Option<String> [Json, None];
        #[doc = "What redaction removed: field, class, count."]
        redactions: Vec<Redaction> [Plain, None];
        #[doc = "Hash of the redaction policy applied; `none` without one."]
        policy_version: String [Plain, Parquet];
        #[doc = "Attributes not mapped to a column, JSON object."]
        attributes: Option<String> [Json, None];
        #[doc = "Resource attributes, JSON object."]
        resource_attributes: Option<String> [Json, None];
        #[doc = "Columns whose value was inherited from the trace, not sent on the span."]
        inherited_columns: Vec<String> [Plain, None];
        #[doc = "Receipt, microseconds, UTC."]
        ingest_time: Micros [Plain, Delta];
        #[doc = "Version of this row; higher is newer for one writer."]
        row_version: i64 [Plain, Delta];
        #[doc = "Writer of this row."]
        writer_id: String [Plain, Parquet];
        #[doc = "Whether the span had ended when sent."]
        is_final: bool [Plain, Parquet];
        #[doc = "Whether another span replaces this placeholder."]
        is_superseded: bool [Plain, Parquet];
        #[doc = "Whether the times sent are outside what retention and the receipt allow."]
        time_suspect: bool [Plain, Parquet];
    }
}

table! {
    /// A span's redacted content.
    pub struct PayloadRow {
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

table! {
    /// One score or label on a span, trace, session or case.
    pub struct EvalRow {
        #[doc = "UTC day of `eval_time`."]
        date: Day [Plain, Delta];
        #[doc = "Content hash of the evaluation; a retried export has the same."]
        eval_id: String [Plain, Bloom];
        #[doc = "When it was made, microseconds, UTC."]
        eval_time: Micros [Plain, Delta];
        #[doc = "Trace judged."]
        trace_id: Option<String> [Plain, Bloom];
        #[doc = "Span judged; NULL for a whole trace, session or case."]
        span_id: Option<String> [Plain, Bloom];
        #[doc = "Provider's response id judged, where the evaluation names no span."]
        response_id: Option<String> [Identifier, None];
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
        #[doc = "Name of the metric or label (faithfulness, correctness)."]
        name: String [Identifier, Parquet];
        #[doc = "Score."]
        score: Option<f64> [Plain, Delta];
        #[doc = "Label."]
        label: Option<String> [Text, None];
        #[doc = "Whether it passed."]
        passed: Option<bool> [Plain, Parquet];
        #[doc = "Why."]
        explanation: Option<String> [Text, None];
        #[doc = "reference, rule, model or human."]
        evaluator_type: Option<String> [Plain, Parquet];
        #[doc = "Evaluator."]
        evaluator: Option<String> [Identity, Parquet];
        #[doc = "Evaluator's version (profile@n)."]
        evaluator_version: Option<String> [Identifier, Parquet];
        #[doc = "Rubric's version."]
        rubric_version: Option<String> [Identifier, None];
        #[doc = "Evaluation run."]
        run_id: Option<String> [Identifier, None];
        #[doc = "Dataset case."]
        case_id: Option<String> [Identifier, None];
        #[doc = "Dataset."]
        dataset: Option<String> [Identifier, Parquet];
        #[doc = "Prompt name of the answer judged."]
        prompt_name: Option<String> [Identifier, Parquet];
        #[doc = "Prompt version of the answer judged."]
        prompt_version: Option<String> [Identifier, Parquet];
        #[doc = "Why the answer was drawn for judging."]
        sample_reason: Option<String> [Text, None];
        #[doc = "Probability with which the answer was drawn; NULL means all were judged."]
        inclusion_probability: Option<f64> [Plain, Delta];
        #[doc = "Hash of the redaction policy applied; `none` without one."]
        policy_version: String [Plain, Parquet];
        #[doc = "Receipt, microseconds, UTC."]
        ingest_time: Micros [Plain, Delta];
        #[doc = "Version of this row."]
        row_version: i64 [Plain, Delta];
        #[doc = "Writer of this row."]
        writer_id: String [Plain, Parquet];
    }
}

table! {
    /// A registered prompt version.
    pub struct PromptRow {
        #[doc = "UTC day of registration."]
        date: Day [Plain, Delta];
        #[doc = "Registration, microseconds, UTC."]
        time: Micros [Plain, Delta];
        #[doc = "Prompt name."]
        name: String [Identifier, Parquet];
        #[doc = "Prompt version."]
        version: String [Identifier, Parquet];
        #[doc = "Template."]
        template: Option<String> [Template, None];
        #[doc = "Keyed hash of the raw template."]
        template_hash: Option<String> [Plain, None];
        #[doc = "Schema of the variables, JSON."]
        variable_schema: Option<String> [Json, None];
        #[doc = "Model."]
        model: Option<String> [Identifier, Parquet];
        #[doc = "Model parameters, JSON."]
        params: Option<String> [Json, None];
        #[doc = "JSON schema of the output."]
        output_schema: Option<String> [Json, None];
        #[doc = "Dataset that gates releases."]
        eval_dataset: Option<String> [Identifier, None];
        #[doc = "Owner."]
        owner: Option<String> [Identity, None];
        #[doc = "Approval: draft, approved, rejected."]
        approval: Option<String> [Identifier, Parquet];
        #[doc = "Who approved it."]
        approved_by: Option<String> [Identity, None];
        #[doc = "When it was approved, microseconds, UTC."]
        approved_at: Option<Micros> [Plain, Delta];
        #[doc = "Version to go back to."]
        rollback_target: Option<String> [Identifier, None];
        #[doc = "Tags."]
        tags: Vec<String> [Text, None];
        #[doc = "Hash of the redaction policy applied; `none` without one."]
        policy_version: String [Plain, Parquet];
        #[doc = "Receipt, microseconds, UTC."]
        ingest_time: Micros [Plain, Delta];
        #[doc = "Version of this row."]
        row_version: i64 [Plain, Delta];
        #[doc = "Writer of this row."]
        writer_id: String [Plain, Parquet];
    }
}

table! {
    /// A release or rollback of a prompt version.
    pub struct ReleaseRow {
        #[doc = "UTC day of `time`."]
        date: Day [Plain, Delta];
        #[doc = "When, microseconds, UTC."]
        time: Micros [Plain, Delta];
        #[doc = "Environment."]
        environment: Option<String> [Identifier, Parquet];
        #[doc = "Prompt name."]
        prompt_name: String [Identifier, Parquet];
        #[doc = "Prompt version."]
        prompt_version: String [Identifier, Parquet];
        #[doc = "release or rollback."]
        action: String [Plain, Parquet];
        #[doc = "Who."]
        by: Option<String> [Identity, None];
        #[doc = "Whether a gate was overridden."]
        forced: bool [Plain, Parquet];
        #[doc = "Note."]
        note: Option<String> [Text, None];
        #[doc = "Hash of the redaction policy applied; `none` without one."]
        policy_version: String [Plain, Parquet];
        #[doc = "Receipt, microseconds, UTC."]
        ingest_time: Micros [Plain, Delta];
        #[doc = "Version of this row."]
        row_version: i64 [Plain, Delta];
        #[doc = "Writer of this row."]
        writer_id: String [Plain, Parquet];
    }
}

table! {
    /// A dated price of one token class.
    pub struct ModelPriceRow {
        #[doc = "UTC day of registration."]
        date: Day [Plain, Delta];
        #[doc = "Provider, normalised."]
        provider: String [Identifier, Parquet];
        #[doc = "Model, or a prefix of it ending in `*`."]
        model: String [Identifier, Parquet];
        #[doc = "input, output, cache_read, cache_write or reasoning."]
        token_class: String [Plain, Parquet];
        #[doc = "First instant the price holds, microseconds, UTC."]
        valid_from: Micros [Plain, Delta];
        #[doc = "US dollars for a million tokens."]
        usd_per_million: f64 [Plain, Delta];
        #[doc = "Hash of the redaction policy applied; `none` without one."]
        policy_version: String [Plain, Parquet];
        #[doc = "Receipt, microseconds, UTC."]
        ingest_time: Micros [Plain, Delta];
        #[doc = "Version of this row."]
        row_version: i64 [Plain, Delta];
        #[doc = "Writer of this row."]
        writer_id: String [Plain, Parquet];
    }
}

table! {
    /// Input that was rejected or cut, without its content.
    pub struct IngestErrorRow {
        #[doc = "UTC day of `time`."]
        date: Day [Plain, Delta];
        #[doc = "Receipt, microseconds, UTC."]
        time: Micros [Plain, Delta];
        #[doc = "File name or listener the input came from."]
        source: String [Text, None];
        #[doc = "Byte offset, line or record number inside the source; NULL when unknown."]
        offset: Option<i64> [Plain, Delta];
        #[doc = "Stable code of the reason (truncated_protobuf, invalid_trace_id)."]
        code: String [Plain, Parquet];
        #[doc = "Bytes rejected or cut."]
        length: Option<i64> [Plain, Delta];
        #[doc = "Rejected spans, log records or evals that this row stands for."]
        rejected: i64 [Plain, Delta];
        #[doc = "What to do about it."]
        hint: Option<String> [Text, None];
        #[doc = "Hash of the redaction policy applied; `none` without one."]
        policy_version: String [Plain, Parquet];
        #[doc = "Version of this row."]
        row_version: i64 [Plain, Delta];
        #[doc = "Writer of this row."]
        writer_id: String [Plain, Parquet];
    }
}

table! {
    /// Who did what to data, policies and approvals.
    pub struct AuditRow {
        #[doc = "UTC day of `time`."]
        date: Day [Plain, Delta];
        #[doc = "When, microseconds, UTC."]
        time: Micros [Plain, Delta];
        #[doc = "Who."]
        actor: String [Identity, None];
        #[doc = "What was done (create_store, open_raw, erase, approve, change_policy)."]
        action: String [Plain, Parquet];
        #[doc = "To what."]
        object: Option<String> [Text, None];
        #[doc = "Reason given."]
        reason: Option<String> [Text, None];
        #[doc = "Facts, JSON object."]
        details: Option<String> [Json, None];
        #[doc = "Hash of the redaction policy applied; `none` without one."]
        policy_version: String [Plain, Parquet];
        #[doc = "Receipt, microseconds, UTC."]
        ingest_time: Micros [Plain, Delta];
        #[doc = "Version of this row."]
        row_version: i64 [Plain, Delta];
        #[doc = "Writer of this row."]
        writer_id: String [Plain, Parquet];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Rows, Table};

    #[test]
    fn every_row_round_trips_through_arrow() {
        let span = SpanRow {
            date: Day(20_000),
            trace_id: "ab".repeat(16),
            kind: Kind::Llm,
            input_tokens: Some(0),
            temperature: Some(0.5),
            is_streaming: Some(false),
            finish_reasons: vec!["stop".into(), "länge".into()],
            redactions: vec![Redaction {
                field: Some("name".into()),
                class: Some("email".into()),
                count: Some(2),
            }],
            start_time: Micros(7),
            ..SpanRow::default()
        };
        let payload = PayloadRow {
            output_text: Some("x".repeat(100)),
            documents: vec![
                Document { id: Some("kb".into()), score: Some(0.25), ..Document::default() },
                Document::default(),
            ],
            ..PayloadRow::default()
        };
        for rows in [
            Rows::Spans(vec![span, SpanRow::default()]),
            Rows::Payloads(vec![payload, PayloadRow::default()]),
        ] {
            let batch = rows.to_batch().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(rows.table().read_rows(&batch, 0..rows.len()), rows);
        }
        for table in Table::ALL {
            let batch = Rows::empty(*table).to_batch().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(batch.schema(), table.schema());
        }
    }

    #[test]
    fn a_later_contribution_wins_where_it_says_something() {
        let mut row = SpanRow {
            input_tokens: Some(5),
            user_id: Some("u".into()),
            kind: Kind::Llm,
            ..SpanRow::default()
        };
        row.merge(SpanRow { input_tokens: Some(7), is_final: true, ..SpanRow::default() });
        assert_eq!((row.input_tokens, row.user_id.as_deref()), (Some(7), Some("u")));
        assert!(row.is_final && row.kind == Kind::Llm);
    }

    #[test]
    fn columns_are_set_from_json() {
        let mut row = SpanRow::default();
        assert_eq!(row.set_json("start_time", &"2026-11-24T00:00:00Z".into()), Ok(()));
        assert_eq!(row.start_time.day().iso(), "2026-11-24");
        assert_eq!(row.set_json("attributes", &serde_json::json!({"a": 1})), Ok(()));
        assert_eq!(row.attributes.as_deref(), Some(r#"{"a":1}"#));
        assert_eq!(row.set_json("nothing", &1.into()), Err(None));
        assert_eq!(row.set_json("input_tokens", &"many".into()), Err(Some("Int64".into())));
    }
}
