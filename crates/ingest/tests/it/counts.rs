//! What token counts include, what an empty retrieval is, and calls that two traces report.

use serde_json::{Value, json};
use spanlake_ingest::{Format, TraceSettler, decode};
use spanlake_model::{Kind, Settle, SpanRow, SpanStatus, TokenRole, TraceRows};

use crate::conformance::context;
use crate::fold::Fold;
use crate::instrumentations::one;

/// Input, output, cache read and write, reasoning, reported total → input and output with their
/// parts.
#[test]
fn parts_that_a_provider_states_beside_the_whole_are_added() {
    for (given, total, want) in [
        // Anthropic's own counts: the cache exceeds the input.
        ((220, 60, 1_024, 256, 0), None, (1_500, 60)),
        // Included already, as the total says.
        ((1_500, 60, 1_024, 256, 0), Some(1_560), (1_500, 60)),
        // Not included, as the total says, although it would fit.
        ((1_500, 60, 1_024, 256, 0), Some(2_840), (2_780, 60)),
        // Gemini's thoughts stand beside the candidates.
        ((120, 9, 32, 0, 8), Some(137), (120, 17)),
        ((120, 5, 0, 0, 8), None, (120, 13)),
        // OpenAI's are inside.
        ((120, 17, 32, 0, 8), Some(137), (120, 17)),
        ((120, 17, 32, 0, 8), None, (120, 17)),
        // Both beside.
        ((100, 10, 50, 0, 20), Some(180), (150, 30)),
    ] {
        let (input, output, read, write, reasoning) = given;
        let mut attributes = json!({
            "openinference.span.kind": "LLM",
            "llm.token_count.prompt": input,
            "llm.token_count.completion": output,
            "llm.token_count.prompt_details.cache_read": read,
            "llm.token_count.prompt_details.cache_write": write,
            "llm.token_count.completion_details.reasoning": reasoning,
        });
        if let Some(total) = total {
            attributes["llm.token_count.total"] = json!(total);
        }
        let (span, _) = one("call", &attributes, &json!([]));
        let counts = (span.input_tokens, span.output_tokens);
        assert_eq!(counts, (Some(want.0), Some(want.1)), "{given:?} of {total:?}");
        // The total is in no column.
        assert_eq!(span.attributes.is_some(), total.is_some());
    }
}

/// Bedrock's input leaves the cache out. Some instrumentations hand it on as it is, with a total
/// that is the sum of what they hand on or without one.
#[test]
fn bedrock_s_input_gets_its_cache_back() {
    let pairs = |list: &[(&str, i64)]| -> Value {
        let pairs = list.iter();
        pairs.map(|(key, n)| json!({"key": key, "value": {"intValue": n}})).collect()
    };
    let botocore = pairs(&[
        ("gen_ai.usage.input_tokens", 2_000),
        ("gen_ai.usage.output_tokens", 20),
        ("gen_ai.usage.cache_read.input_tokens", 1_000),
        ("gen_ai.usage.cache_creation.input_tokens", 100),
    ]);
    let mut with_total = botocore.clone();
    let total = pairs(&[("gen_ai.usage.total_tokens", 2_020)]);
    with_total.as_array_mut().unwrap().extend(total.as_array().unwrap().clone());
    for (scope, attributes, want) in [
        ("opentelemetry.instrumentation.botocore.bedrock-runtime", &botocore, 3_100),
        ("opentelemetry.instrumentation.bedrock", &with_total, 3_100),
        // Others follow the conventions: the parts are in the whole.
        ("opentelemetry.instrumentation.genai.bedrock", &botocore, 2_000),
        ("app", &with_total, 2_000),
    ] {
        let one = json!({"spanId": "08".repeat(8), "traceId": "07".repeat(16), "name": "chat",
            "startTimeUnixNano": "1795440000000000000", "endTimeUnixNano": "1795440001000000000",
            "attributes": attributes});
        let body = body(&[one], scope).to_string();
        let decoded = decode(body.as_bytes(), Format::OtlpJson, "test", &context());
        let span = &decoded.batch.spans[0];
        assert_eq!(span.input_tokens, Some(want), "{scope}");
        let parts = (span.output_tokens, span.cache_read_tokens, span.cache_write_tokens);
        assert_eq!(parts, (Some(20), Some(1_000), Some(100)));
    }
    // The AI SDK before its sixth version, of a provider that leaves the cache out.
    for (provider, details, want) in [
        ("anthropic.messages", false, 1_500),
        ("openai.chat", false, 1_000),
        ("anthropic.messages", true, 1_000),
    ] {
        let mut attributes = json!({"ai.operationId": "ai.generateText.doGenerate",
            "ai.model.provider": provider, "ai.usage.inputTokens": 1_000,
            "ai.usage.outputTokens": 10, "ai.usage.totalTokens": 1_010,
            "ai.usage.cachedInputTokens": 500});
        if details {
            attributes["ai.usage.inputTokenDetails.cacheReadTokens"] = json!(500);
        }
        let (span, _) = one("ai.generateText.doGenerate", &attributes, &json!([]));
        assert_eq!(
            (span.input_tokens, span.cache_read_tokens),
            (Some(want), Some(500)),
            "{provider}"
        );
    }
}

#[test]
fn an_empty_list_is_nothing_found_and_a_missing_one_is_unknown() {
    let kind = |more: Value| {
        let mut attributes = json!({"openinference.span.kind": "RETRIEVER"});
        for (key, value) in more.as_object().unwrap() {
            attributes[key] = value.clone();
        }
        attributes
    };
    for (attributes, want) in [
        (kind(json!({"output.value": "[]"})), Some(0)),
        (kind(json!({"output.value": "{\"documents\": []}"})), Some(0)),
        (kind(json!({"output.value": "{\"nodes\": []}"})), Some(0)),
        (kind(json!({"retrieval.documents.0.document.id": "a"})), Some(1)),
        // Unset status: the span may have been cut short.
        (kind(json!({"input.value": "q"})), None),
        (kind(json!({"output.value": "[\"<Node 1>\"]"})), None),
        (json!({"gen_ai.operation.name": "retrieval", "gen_ai.retrieval.documents": []}), Some(0)),
        (json!({"gen_ai.operation.name": "retrieval", "gen_ai.data_source.id": "kb"}), None),
    ] {
        let (span, _) = one("search", &attributes, &json!([]));
        assert_eq!(span.status, SpanStatus::Unset);
        assert_eq!(span.retrieved_count, want, "{attributes}");
    }
    // The instrumentation saw the retrieval return, and it writes every document.
    let body = body(
        &[json!({"spanId": "08".repeat(8), "traceId": "07".repeat(16), "name": "r",
        "startTimeUnixNano": "1795440000000000000", "endTimeUnixNano": "1795440001000000000",
        "status": {"code": 1}, "attributes": attributes(&[("openinference.span.kind", "RETRIEVER")])})],
        "s",
    );
    let decoded = decode(body.to_string().as_bytes(), Format::OtlpJson, "test", &context());
    assert_eq!(decoded.batch.spans[0].retrieved_count, Some(0));
}

fn attributes(pairs: &[(&str, &str)]) -> Value {
    let pairs = pairs.iter();
    pairs.map(|(key, value)| json!({"key": key, "value": {"stringValue": value}})).collect()
}

fn body(spans: &[Value], scope: &str) -> Value {
    json!({"resourceSpans": [{"scopeSpans": [{"scope": {"name": scope}, "spans": spans}]}]})
}

#[test]
fn a_native_span_in_a_trace_of_its_own_repeats_the_framework_s_call() {
    let span = |trace: &str, scope: &str, id: &str| {
        let pairs = [
            ("gen_ai.operation.name", "chat"),
            ("gen_ai.usage.output_tokens", "4"),
            ("gen_ai.response.id", id),
        ];
        let one = json!({"spanId": "08".repeat(8), "traceId": trace.repeat(16), "name": "stream",
            "startTimeUnixNano": "1795440000000000000", "endTimeUnixNano": "1795440001000000000",
            "attributes": attributes(&pairs)});
        body(&[one], scope)["resourceSpans"][0].clone()
    };
    let native = "com.anthropic.sdk.python";
    let spans = [
        span("01", native, "msg_1"),
        span("02", "framework", "msg_1"),
        span("03", native, "msg_2"),
    ];
    let want = [TokenRole::Duplicate, TokenRole::Leaf, TokenRole::Leaf];
    // In one request, and each in a request of its own, in either order.
    for requests in
        [vec![vec![0, 1, 2]], vec![vec![0], vec![1], vec![2]], vec![vec![2], vec![1], vec![0]]]
    {
        let (ctx, mut fold) = (context(), Fold::default());
        for request in requests {
            let list: Vec<Value> = request.iter().map(|at| spans[*at].clone()).collect();
            let text = json!({"resourceSpans": list}).to_string();
            fold.add(decode(text.as_bytes(), Format::OtlpJson, "test", &ctx).batch);
        }
        let roles: Vec<TokenRole> =
            fold.settle().spans.into_values().map(|span| span.token_role).collect();
        assert_eq!(roles, want);
    }
}

#[test]
fn a_native_span_beside_a_call_without_an_id_repeats_it() {
    let span = |id: &str, scope: &str, start: i64, response: Option<&str>| SpanRow {
        trace_id: "t".to_owned(),
        span_id: id.to_owned(),
        parent_span_id: Some("agent".to_owned()),
        scope_name: Some(scope.to_owned()),
        kind: Kind::Llm,
        start_unix_nano: start,
        end_unix_nano: start + 10,
        input_tokens: Some(100),
        output_tokens: Some(5),
        response_id: response.map(str::to_owned),
        ..SpanRow::default()
    };
    let native = "com.anthropic.sdk.python@2.13.0";
    let mut trace = TraceRows {
        spans: vec![
            span("a", "framework", 1, None),
            span("b", native, 3, Some("msg_1")),
            span("c", "framework", 20, None),
            span("d", native, 22, Some("msg_2")),
            // Nobody else reports this one.
            span("e", native, 50, Some("msg_3")),
        ],
        payloads: Vec::new(),
    };
    TraceSettler.settle(&mut trace);
    let roles: Vec<TokenRole> = trace.spans.iter().map(|span| span.token_role).collect();
    let (leaf, twice) = (TokenRole::Leaf, TokenRole::Duplicate);
    assert_eq!(roles, [leaf, twice, leaf, twice, leaf]);
}

/// A framework's call with the provider's own span right below it, counted in another way.
#[test]
fn a_call_inside_a_call_is_the_same_one_however_its_cache_is_counted() {
    let span = |id: &str, parent: Option<&str>, scope: &str, input: i64, output: i64| SpanRow {
        trace_id: "t".to_owned(),
        span_id: id.to_owned(),
        parent_span_id: parent.map(str::to_owned),
        scope_name: Some(scope.to_owned()),
        kind: Kind::Llm,
        input_tokens: Some(input),
        output_tokens: Some(output),
        ..SpanRow::default()
    };
    let roles = |spans: Vec<SpanRow>| -> Vec<TokenRole> {
        let mut trace = TraceRows { spans, payloads: Vec::new() };
        TraceSettler.settle(&mut trace);
        trace.spans.iter().map(|span| span.token_role).collect()
    };
    let (leaf, twice) = (TokenRole::Leaf, TokenRole::Duplicate);
    let mut outer = span("a", None, "genai", 1_500, 60);
    outer.cache_read_tokens = Some(1_024);
    outer.cache_write_tokens = Some(256);
    assert_eq!(roles(vec![outer.clone(), span("b", Some("a"), "sdk", 220, 60)]), [leaf, twice]);
    assert_eq!(roles(vec![outer.clone(), span("b", Some("a"), "sdk", 220, 7)]), [leaf, leaf]);
    assert_eq!(roles(vec![outer, span("b", Some("a"), "sdk", 300, 60)]), [leaf, leaf]);
    // The SDK's own span, below a framework that counts a stream wrongly.
    let outer = span("a", None, "framework", 220, 1);
    let native = span("b", Some("a"), "com.anthropic.sdk.python@2.13.0", 1_500, 60);
    assert_eq!(roles(vec![outer, native.clone()]), [leaf, twice]);
    // And below one that leaves a count out: what the SDK counted is not lost.
    let mut outer = span("a", None, "framework", 0, 60);
    outer.input_tokens = None;
    assert_eq!(roles(vec![outer, native]), [TokenRole::Aggregate, leaf]);
}

#[test]
fn each_line_s_resource_is_its_own() {
    let line = |service: &str, id: &str| {
        let mut line = body(
            &[json!({"spanId": id.repeat(8), "traceId": "07".repeat(16), "name": "chat",
                "startTimeUnixNano": "1795440000000000000"})],
            "s",
        );
        line["resourceSpans"][0]["resource"] =
            json!({"attributes": attributes(&[("service.name", service), ("host.name", service)])});
        line.to_string()
    };
    let lines = format!("{}\n{}\n", line("billing", "08"), line("search", "09"));
    let list = format!("[{},{}]", line("billing", "08"), line("search", "09"));
    for (text, format) in [(lines, Format::JsonLines), (list, Format::Native)] {
        let spans = decode(text.as_bytes(), format, "test", &context()).batch.spans;
        let seen: Vec<_> = spans
            .iter()
            .map(|span| {
                (span.service_name.as_deref(), span.resource_attributes.as_deref().unwrap_or(""))
            })
            .collect();
        assert_eq!(seen.len(), 2, "{format:?}");
        for ((service, resource), want) in seen.into_iter().zip(["billing", "search"]) {
            assert_eq!(service, Some(want), "{format:?}");
            assert!(resource.contains(want), "{format:?}: {resource}");
        }
    }
}

#[test]
fn reasons_are_words_and_null_is_none() {
    for (written, want) in [
        (r#"["stop"]"#, &["stop"][..]),
        (r#"["stop", null]"#, &["stop"]),
        ("['stop', 'length']", &["stop", "length"]),
        ("[STOP]", &["STOP"]),
        ("[null]", &[]),
        ("[None]", &[]),
        (r#"[{"reason":"stop","index":0}]"#, &[]),
    ] {
        let attributes = json!({"gen_ai.operation.name": "chat",
            "gen_ai.response.finish_reasons": written});
        let (span, _) = one("chat", &attributes, &json!([]));
        assert_eq!(span.finish_reasons, want, "{written}");
    }
}
