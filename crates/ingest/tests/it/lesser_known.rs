//! Forms that only one SDK or one of its versions writes, as its captures or its source show them.

use serde_json::{Value, json};
use spanlake_ingest::TraceSettler;
use spanlake_model::{Kind, PayloadRow, Settle, SpanRow, TraceRows};

use crate::instrumentations::one;

/// What a span of these attributes answers: kind, text, tools asked for, input as shown.
fn answer(attributes: &Value) -> (Kind, Option<String>, Vec<String>, Option<String>) {
    let (span, payload) = one("call", attributes, &json!([]));
    (span.kind, payload.output_text, span.tool_calls_requested, span.input_preview)
}

#[test]
fn one_answer_in_many_forms() {
    let called = json!([{"id": "c1", "type": "function",
        "function": {"name": "search", "arguments": "{}"}}]);
    let chat = json!([{"role": "assistant", "content": "yes", "tool_calls": called}]);
    for attributes in [
        // Future AGI: OpenInference's flattened lists under OpenTelemetry's names.
        json!({"gen_ai.span.kind": "LLM",
            "gen_ai.input.messages.0.message.role": "user",
            "gen_ai.input.messages.0.message.content": "hi",
            "gen_ai.output.messages.0.message.role": "assistant",
            "gen_ai.output.messages.0.message.content": "yes",
            "gen_ai.output.messages.0.message.tool_calls.0.tool_call.function.name": "search"}),
        json!({"langwatch.span.type": "llm",
            "langwatch.input": json!({"type": "chat_messages",
                "value": [{"role": "user", "content": "hi"}]}).to_string(),
            "langwatch.output": json!({"type": "chat_messages", "value": chat}).to_string()}),
        json!({"braintrust.span_attributes": r#"{"type":"llm"}"#,
            "braintrust.input_json": json!([{"role": "user", "content": "hi"}]).to_string(),
            "braintrust.output_json": chat.to_string()}),
        json!({"genkit:metadata:subtype": "model",
            "genkit:input": json!({"messages": [{"role": "user",
                "content": [{"text": "hi"}]}]}).to_string(),
            "genkit:output": json!({"message": {"role": "model", "content": [{"text": "yes"},
                {"toolRequest": {"name": "search", "input": {}}}]},
                "usage": {"inputTokens": 1}}).to_string()}),
        // LiteLLM: the tool call is missing from the newer list.
        json!({"gen_ai.operation.name": "chat",
            "gen_ai.input.messages": r#"[{"role":"user","parts":[{"type":"text","content":"hi"}]}]"#,
            "gen_ai.output.messages": r#"[{"role":"assistant","parts":[]}]"#,
            "gen_ai.completion.0.content": "yes",
            "gen_ai.completion.0.function_call.name": "search",
            "gen_ai.completion.0.function_call.arguments": "{}"}),
        // The whole and its parts say the same.
        json!({"openinference.span.kind": "LLM",
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.content": "hi",
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.content": "yes",
            "llm.output_messages.0.message.contents.0.message_content.type": "text",
            "llm.output_messages.0.message.contents.0.message_content.text": "yes",
            "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "search"}),
        // Mastra: the AI SDK's answer, its text beside its calls.
        json!({"mastra.span.type": "model_generation", "gen_ai.operation.name": "tool_selection",
            "gen_ai.prompt": r#"{"messages":[{"role":"user","content":"hi"}]}"#,
            "gen_ai.completion": r#"{"text":"yes","files":[],"toolCalls":[
                {"toolCallId":"c1","toolName":"search","args":{}}]}"#}),
        // LangGraph: the answer of a state is what was said last, its input a (role, text).
        json!({"langsmith.span.kind": "llm",
            "gen_ai.prompt": r#"{"messages":[["user","hi"]]}"#,
            "gen_ai.completion": json!({"messages": [{"role": "user", "content": "hi"},
                {"role": "assistant", "content": "wait", "tool_calls": called},
                {"role": "assistant", "content": "yes"}]}).to_string()}),
    ] {
        let want = (Kind::Llm, Some("yes".into()), vec!["search".into()], Some("hi".into()));
        assert_eq!(answer(&attributes), want, "{attributes}");
    }
}

#[test]
fn what_is_no_answer() {
    for output in ["<groq.Stream object at 0x7f5535983310>", "null"] {
        let attributes = json!({"openinference.span.kind": "LLM", "output.value": output});
        assert_eq!(answer(&attributes).1, None, "{output}");
    }
    let attributes = json!({"gen_ai.operation.name": "chat", "gen_ai.output.messages": "[]"});
    assert_eq!(answer(&attributes).1, None);
}

#[test]
fn a_tool_s_arguments_and_result_come_without_their_wrappers() {
    let message = json!({"lc": 1, "type": "constructor", "kwargs": {"content": "sunny"}});
    for attributes in [
        json!({"traceloop.span.kind": "tool",
            "traceloop.entity.input": json!({"input_str": "{'city': 'Paris'}", "tags": [],
                "inputs": {"city": "Paris"}}).to_string(),
            "traceloop.entity.output": json!({"output": message}).to_string()}),
        json!({"openinference.span.kind": "TOOL",
            "tool.parameters": r#"{"city":{"type":"string"}}"#,
            "input.value": r#"{"args":[],"sanitize_inputs_outputs":true,"kwargs":{"city":"Paris"}}"#,
            "output.value": r#"{"type":"tool","data":{"content":"sunny","name":"weather"}}"#}),
        json!({"langfuse.observation.type": "tool",
            "langfuse.observation.input": r#"{"city":"Paris"}"#,
            "langfuse.observation.output": r#"{"content":"sunny","tool_call_id":"c1","name":"w"}"#}),
    ] {
        let (_, payload) = one("weather", &attributes, &json!([]));
        let got = (payload.tool_arguments.as_deref(), payload.tool_result.as_deref());
        assert_eq!(got, (Some(r#"{"city":"Paris"}"#), Some("sunny")), "{attributes}");
    }
    // Strands writes both as events.
    let events = json!([
        {"name": "gen_ai.tool.message", "attributes": {"role": "tool", "id": "c1",
            "content": r#"{"city":"Paris"}"#}},
        {"name": "gen_ai.choice", "attributes": {"id": "c1", "message": r#"[{"text":"sunny"}]"#}},
    ]);
    let (_, payload) = one("t", &json!({"gen_ai.operation.name": "execute_tool"}), &events);
    assert_eq!(payload.tool_arguments.as_deref(), Some(r#"{"city":"Paris"}"#));
    assert_eq!(payload.tool_result.as_deref(), Some("sunny"));
}

#[test]
fn the_first_token_s_time_has_one_unit() {
    let start = 1_795_440_000_000_000_000_u64;
    for (key, value, want) in [
        ("gen_ai.server.time_to_first_token", json!(82), 82.0),
        ("gen_ai.server.time_to_first_token", json!(0.082), 82.0),
        ("gen_ai.response.time_to_first_chunk", json!(0.082), 82.0),
        ("ai.stream.msToFirstChunk", json!(82.0), 82.0),
    ] {
        let (span, _) = one("call", &json!({key: value}), &json!([]));
        let got = span.time_to_first_token_ms.unwrap();
        assert!((got - want).abs() < 1e-9, "{key} {value}: {got}");
        assert_eq!(span.is_streaming, Some(true));
    }
    let events = json!([{"name": "First Token Stream Event", "time": start + 82_000_000,
        "attributes": {}}]);
    let attributes = json!({"openinference.span.kind": "LLM",
        "llm.invocation_parameters": r#"{"stream":false}"#});
    let (span, _) = one("call", &attributes, &events);
    assert_eq!((span.time_to_first_token_ms, span.is_streaming), (Some(82.0), Some(true)));
}

#[test]
fn words_that_python_writes_for_its_own_objects() {
    let attributes = json!({"gen_ai.operation.name": "chat",
        "gen_ai.response.finish_reason": "FinishReason.TOOL_CALLS",
        "gen_ai.request.response_format": "<class 'app.Answer'>",
        "metadata.usage_object": "{'prompt_tokens': 120, 'prompt_tokens_details': {'cached_tokens': 32}, 'completion_tokens_details': {'reasoning_tokens': 8, 'audio_tokens': None}}"});
    let (span, _) = one("call", &attributes, &json!([]));
    assert_eq!(span.finish_reason.as_deref(), Some("tool_calls"));
    assert_eq!(span.finish_reasons, ["FinishReason.TOOL_CALLS"]);
    assert_eq!(span.response_format.as_deref(), Some("json_schema"));
    assert_eq!((span.cache_read_tokens, span.reasoning_tokens), (Some(32), Some(8)));
}

#[test]
fn searches_in_vector_stores_are_retrievals() {
    for (attributes, want) in [
        (json!({"db.system": "chroma", "db.operation": "query"}), Kind::Retriever),
        (json!({"db.system.name": "qdrant", "db.operation.name": "search"}), Kind::Retriever),
        (json!({"db.system": "chroma", "db.operation": "add"}), Kind::Other),
        (json!({"db.system": "postgresql", "db.operation": "query"}), Kind::Other),
        (json!({"spring.ai.kind": "vector_store"}), Kind::Retriever),
        (
            json!({"traceloop.span.kind": "task", "gen_ai.operation.name": "vector_db_retrieve"}),
            Kind::Retriever,
        ),
        (
            json!({"traceloop.span.kind": "task", "gen_ai.operation.name": "execute_task"}),
            Kind::Chain,
        ),
    ] {
        assert_eq!(answer(&attributes).0, want, "{attributes}");
    }
}

#[test]
fn agentops_names_the_function_beside_the_span() {
    let (span, payload) = one(
        "get_weather.tool",
        &json!({"agentops.span.kind": "tool", "operation.name": "get_weather",
            "agentops.tool.input": r#"{"args":[],"kwargs":{"city":"Paris"}}"#,
            "agentops.tool.output": "sunny"}),
        &json!([]),
    );
    assert_eq!((span.kind, span.tool_name.as_deref()), (Kind::Tool, Some("get_weather")));
    assert_eq!(payload.tool_arguments.as_deref(), Some(r#"{"city":"Paris"}"#));
    assert_eq!(payload.tool_result.as_deref(), Some("sunny"));
    for (attributes, want) in [
        (json!({"agentops.span.kind": "agent", "operation.name": "wx"}), Kind::Agent),
        (json!({"agentops.span.kind": "session"}), Kind::Chain),
        (json!({"agentops.span.kind": "AgentOpsSpanKindValues.TOOL"}), Kind::Tool),
        (json!({"gen_ai.request.type": "embedding", "gen_ai.system": "openai"}), Kind::Embedding),
        (json!({"gen_ai.request.type": "chat", "gen_ai.system": "openai"}), Kind::Llm),
        // An operation says more than the type of its request.
        (
            json!({"gen_ai.request.type": "chat", "gen_ai.operation.name": "invoke_agent"}),
            Kind::Agent,
        ),
        // CrewAI's tasks are no agents, although they name the operation.
        (
            json!({"traceloop.span.kind": "task", "gen_ai.operation.name": "invoke_agent"}),
            Kind::Chain,
        ),
    ] {
        let (span, _) = one("wx.agent", &attributes, &json!([]));
        assert_eq!(span.kind, want, "{attributes}");
        if attributes.get("operation.name").is_some() {
            assert_eq!(span.agent_name.as_deref(), Some("wx"));
        }
    }
    let (span, payload) = one(
        "openai.chat.completion",
        &json!({"gen_ai.request.type": "chat", "gen_ai.request.streaming": true,
            "gen_ai.streaming.time_to_first_token": 0.25,
            "gen_ai.request.functions.0.name": "get_weather",
            "gen_ai.request.functions.0.parameters": r#"{"type":"object"}"#}),
        &json!([]),
    );
    assert_eq!((span.is_streaming, span.time_to_first_token_ms), (Some(true), Some(250.0)));
    let tools = r#"[{"name":"get_weather","parameters":{"type":"object"}}]"#;
    assert_eq!(payload.tool_definitions.as_deref(), Some(tools));
}

#[test]
fn lists_of_reasons_as_java_and_python_describe_them() {
    for (text, want) in [
        ("[STOP]", vec!["STOP"]),
        (r#"["STOP"]"#, vec!["STOP"]),
        ("['stop', 'length']", vec!["stop", "length"]),
        ("[]", vec![]),
    ] {
        let attributes =
            json!({"gen_ai.operation.name": "chat", "gen_ai.response.finish_reasons": text});
        assert_eq!(one("chat", &attributes, &json!([])).0.finish_reasons, want, "{text}");
    }
}

#[test]
fn mastra_spring_ai_and_vllm_have_names_of_their_own() {
    let (span, payload) = one(
        "tool.execute get_weather",
        &json!({"mastra.span.type": "tool_call", "gen_ai.operation.name": "tool.execute",
            "gen_ai.tool.name": "get_weather", "gen_ai.tool.input": r#"{"city":"Paris"}"#,
            "gen_ai.tool.output": r#"{"sky":"clear"}"#}),
        &json!([]),
    );
    assert_eq!((span.kind, span.tool_name.as_deref()), (Kind::Tool, Some("get_weather")));
    let io = (payload.tool_arguments.as_deref(), payload.tool_result.as_deref());
    assert_eq!(io, (Some(r#"{"city":"Paris"}"#), Some(r#"{"sky":"clear"}"#)));
    let agent = json!({"mastra.span.type": "agent_run", "gen_ai.agent.id": "wx"});
    let (span, _) = one("agent.wx", &agent, &json!([]));
    assert_eq!((span.kind, span.agent_name.as_deref()), (Kind::Agent, Some("wx")));
    let call = json!({"mastra.span.type": "model_generation", "gen_ai.usage.input_tokens": 120,
        "gen_ai.usage.output_tokens": 17, "gen_ai.usage.total_tokens": 137,
        "gen_ai.usage.cached_input_tokens": 32});
    let (span, _) = one("chat gpt-4o", &call, &json!([]));
    assert_eq!((span.input_tokens, span.cache_read_tokens), (Some(120), Some(32)));
    let client = json!({"gen_ai.operation.name": "framework", "gen_ai.system": "spring_ai",
        "spring.ai.kind": "chat_client", "spring.ai.chat.client.conversation.id": "c-1"});
    let (span, _) = one("spring_ai chat_client", &client, &json!([]));
    assert_eq!((span.kind, span.session_id.as_deref()), (Kind::Chain, Some("c-1")));
    assert_eq!(span.conversation_id.as_deref(), Some("c-1"));
    let served = json!({"gen_ai.response.model": "meta-llama/Llama-3-8B",
        "gen_ai.usage.prompt_tokens": 9, "gen_ai.usage.completion_tokens": 16,
        "gen_ai.latency.time_to_first_token": 0.25});
    let (span, _) = one("llm_request", &served, &json!([]));
    assert_eq!((span.kind, span.time_to_first_token_ms), (Kind::Llm, Some(250.0)));
}

#[test]
fn positional_arguments_are_not_judged_by_their_names() {
    let tools = r#"[{"name":"w","parameters":{"type":"object","required":["city"]}}]"#;
    for (arguments, want) in [
        (r#"{"args": ["Paris"], "kwargs": {}}"#, None),
        (r#"{"city": "Paris"}"#, Some("ok")),
        ("{}", Some("missing_required")),
    ] {
        let span = SpanRow {
            span_id: "a".to_owned(),
            kind: Kind::Tool,
            tool_name: Some("w".to_owned()),
            ..SpanRow::default()
        };
        let payload = PayloadRow {
            span_id: "a".to_owned(),
            tool_definitions: Some(tools.to_owned()),
            tool_arguments: Some(arguments.to_owned()),
            ..PayloadRow::default()
        };
        let mut trace = TraceRows { spans: vec![span], payloads: vec![payload] };
        TraceSettler.settle(&mut trace);
        assert_eq!(trace.spans[0].tool_args_status.as_deref(), want, "{arguments}");
    }
}

#[test]
fn kinds_that_no_word_of_the_span_names() {
    let kind = |name: &str, attributes: &Value| one(name, attributes, &json!([])).0.kind;
    for (want, name, attributes) in [
        // vLLM names neither operation nor model.
        (
            Kind::Llm,
            "llm_request",
            json!({"gen_ai.request.id": "cmpl-1", "gen_ai.usage.prompt_tokens": 9,
                "gen_ai.usage.completion_tokens": 3, "gen_ai.latency.time_to_first_token": 0.05}),
        ),
        // Mistral's SDK traces its requests.
        (
            Kind::Embedding,
            "embeddings_v1_embeddings_post",
            json!({"http.url": "http://127.0.0.1/v1/embeddings", "gen_ai.request.model": "m",
                "gen_ai.usage.prompt_tokens": 9, "gen_ai.usage.output_tokens": 0}),
        ),
        (
            Kind::Llm,
            "stream_chat",
            json!({"http.url": "http://127.0.0.1/v1/chat/completions#stream",
                "gen_ai.request.model": "m"}),
        ),
        (
            Kind::Embedding,
            "openai.embeddings",
            json!({"lmnr.span.type": "LLM", "gen_ai.usage.input_tokens": 3}),
        ),
        (
            Kind::Retriever,
            "chroma query",
            json!({"spring.ai.kind": "vector_store", "db.operation.name": "query"}),
        ),
        (
            Kind::Other,
            "chroma add",
            json!({"spring.ai.kind": "vector_store", "db.operation.name": "add"}),
        ),
        (
            Kind::Agent,
            "agent run",
            json!({"agent_name": "helper", "pydantic_ai.all_messages": "[]"}),
        ),
    ] {
        assert_eq!(kind(name, &attributes), want, "{name}");
    }
}

#[test]
fn what_is_said_beside_the_convention_s_own_names() {
    // OpenInference puts the response's model over the request's.
    let (span, _) = one(
        "CreateEmbeddings",
        &json!({"openinference.span.kind": "EMBEDDING", "embedding.model_name": "m-2025",
            "embedding.invocation_parameters": r#"{"model": "m"}"#}),
        &json!([]),
    );
    let models = (span.request_model.as_deref(), span.response_model.as_deref());
    assert_eq!(models, (Some("m"), Some("m-2025")));
    // traceAI does so under OpenTelemetry's name.
    let (span, _) = one(
        "ChatCompletion",
        &json!({"gen_ai.span.kind": "LLM", "gen_ai.request.model": "m-2025",
            "gen_ai.request.parameters": r#"{"model": "m"}"#}),
        &json!([]),
    );
    let models = (span.request_model.as_deref(), span.response_model.as_deref());
    assert_eq!(models, (Some("m"), Some("m-2025")));
    // Only the raw answer has its id and why it ended.
    let raw = json!({"data": {"id": "cmpl-1", "choices": []}, "finish_reason": "length"});
    let (span, payload) = one(
        "chat",
        &json!({"openinference.span.kind": "LLM", "output.value": raw.to_string(),
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.content": r#"[{"text": "hi", "type": "text"}]"#}),
        &json!([]),
    );
    assert_eq!(span.response_id.as_deref(), Some("cmpl-1"));
    assert_eq!(span.finish_reasons, ["length"]);
    assert_eq!(payload.output_text.as_deref(), Some("hi"));
    // A failed call in Langfuse has the request's model under the one name there is.
    let (span, _) = one(
        "g",
        &json!({"langfuse.observation.type": "generation", "langfuse.observation.level": "ERROR",
            "langfuse.observation.model.name": "m"}),
        &json!([]),
    );
    assert_eq!((span.request_model.as_deref(), span.response_model), (Some("m"), None));
    let (span, _) = one(
        "get_weather",
        &json!({"langfuse.observation.type": "tool",
            "langfuse.observation.metadata.tool_call_id": "call_1"}),
        &json!([]),
    );
    assert_eq!(span.tool_call_id.as_deref(), Some("call_1"));
    let (span, _) = one(
        "llm",
        &json!({"langwatch.span.type": "llm", "metadata": r#"{"customer_id": "acme"}"#,
            "langwatch.params": r#"{"stream": true}"#,
            "langwatch.metrics": r#"{"prompt_tokens": 9, "reasoning_tokens": 4}"#}),
        &json!([]),
    );
    let read = (span.input_tokens, span.reasoning_tokens, span.is_streaming);
    assert_eq!(read, (Some(9), Some(4), Some(true)));
    assert_eq!(span.tenant_id.as_deref(), Some("acme"));
}

#[test]
fn what_only_openinference_s_raw_output_says() {
    let raw = json!({"usage": {"prompt_tokens": 9, "completion_tokens": 8,
        "prompt_tokens_details": {"cached_tokens": 5},
        "completion_tokens_details": {"reasoning_tokens": 3}}, "choices": []});
    let (span, _) = one(
        "Completions",
        &json!({"openinference.span.kind": "LLM", "llm.token_count.prompt": 9,
            "llm.token_count.completion": 8, "output.value": raw.to_string()}),
        &json!([]),
    );
    assert_eq!((span.cache_read_tokens, span.reasoning_tokens), (Some(5), Some(3)));
    let raw = json!({"meta": {"billed_units": {"input_tokens": 9.0}}});
    let (span, _) = one(
        "CreateEmbeddings",
        &json!({"openinference.span.kind": "EMBEDDING", "output.value": raw.to_string()}),
        &json!([]),
    );
    assert_eq!(span.input_tokens, Some(9));
    let raw = json!({"documents": [{"id": "a", "page_content": "one", "type": "Document"},
        {"id": "b", "page_content": "two", "type": "Document"}]});
    let (_, payload) = one(
        "Retriever",
        &json!({"openinference.span.kind": "RETRIEVER", "output.value": raw.to_string(),
            "retrieval.documents.0.document.content": "one",
            "retrieval.documents.1.document.content": "two"}),
        &json!([]),
    );
    let ids: Vec<_> = payload.documents.iter().filter_map(|one| one.chunk_id.as_deref()).collect();
    assert_eq!(ids, ["a", "b"]);
}
