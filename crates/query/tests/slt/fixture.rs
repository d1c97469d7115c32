//! The store that `sql/tests` speaks of. Days 2 and 3 of November 2026 are in files, day 4 is in the
//! buffer; one file hides an older version of a call.
//!
//! | trace | day, time | tenant, user, session | workflow | what |
//! |---|---|---|---|---|
//! | 01 | 2, 10:00 | acme u1 s1 | support | retriever finds 3; `answer@1` 400 ms, 100+50 tokens, $0.001; an older version of the call with 999 tokens is hidden |
//! | 02 | 2, 11:00 | acme u2 s2 | support | retriever finds 0; `answer@1` refuses, 200 ms, 80+20, $0.0008 |
//! | 03 | 3, 10:00 | beta u3 s3 | support | retriever finds 2; `answer@2` 600 ms, 200+60, $0.002 |
//! | 04 | 3, 11:00 | beta u3 s3 | support | root in error; `answer@2` times out after 2 retries, no tokens |
//! | 05 | 3, 12:00 | acme u1 – | extract | root is `extract@1`: JSON ok, schema valid, 300 ms, 50+10, $0.0005 |
//! | 06 | 3, 12:01 | acme u1 – | extract | JSON ok but for white space, `total` missing, schema invalid, 100 ms, 50+10, $0.0005 |
//! | 07 | 3, 12:02 | acme u2 – | extract | JSON with text around it, schema invalid, 200 ms, 50+10, no price |
//! | 08 | 4, 09:00 | acme u1 s4 | refund | agent, ends with `final_answer`: `plan@1`, tool lookup, tool refund (write, approved), `plan@1` |
//! | 09 | 4, 10:00 | beta u3 s5 | refund | agent, ends by `max_steps`, escalated: `plan@1` replacing model small, tool refund (write, rejected, arguments lack a field) |
//! | 10 | 4, 11:00 | beta u4 s6 | support | `answer@1` reported twice and summed by its root; guardrail blocks; one email removed |
//!
//! Model `large` answers `answer@2` and trace 09, model `small` everything else. Evaluator
//! `judge faith@1` scores faithfulness of 01 (0.9, passed) and 03 (0.5, failed); `rules cite@1`
//! scores citation validity of 01 (1.0, passed); a person gives 03 faithfulness 0.4, failed.
//! `answer` 1 and 2 are registered, 2 twice, and `extract` 1, whose schema requires name and total;
//! only its three calls have their output stored. The model call of trace 09 has the template of
//! `answer@2`, whatever it calls it. Production releases `answer` 1 on day 1, 2 on day 3 at
//! 09:00, and rolls back to 1 on day 4; staging runs 2.

use spanlake_model::{
    CostSource, Day, EvalRow, Kind, Micros, PayloadRow, PromptRow, Redaction, ReleaseRow, Rows,
    SpanRow, SpanStatus, TokenRole,
};
use spanlake_store::Snapshot;

use crate::support::Builder;

/// 2026-11-01.
pub(crate) const FIRST: i32 = 20_758;

pub(crate) const fn at(day: i32, hour: i64, minute: i64) -> Micros {
    Micros(Day(FIRST + day - 1).start().0 + (hour * 60 + minute) * 60_000_000)
}

/// What the spans of one trace have in common.
#[derive(Clone, Copy)]
pub(crate) struct Trace {
    pub(crate) number: i64,
    pub(crate) start: Micros,
    pub(crate) tenant: &'static str,
    pub(crate) user: &'static str,
    pub(crate) session: Option<&'static str>,
    pub(crate) workflow: &'static str,
}

#[expect(clippy::unnecessary_wraps, reason = "columns are optional")]
pub(crate) fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}

impl Trace {
    /// A span that starts `after_ms` after its trace and lasts `ms`; number 1 is the root.
    pub(crate) fn span(
        &self,
        number: i64,
        kind: Kind,
        name: &str,
        after_ms: i64,
        ms: i64,
    ) -> SpanRow {
        let start = self.start.0 + after_ms * 1000;
        SpanRow {
            date: self.start.day(),
            trace_id: format!("{:032x}", self.number),
            span_id: format!("{:08x}{number:08x}", self.number),
            parent_span_id: (number > 1).then(|| format!("{:08x}{:08x}", self.number, 1)),
            start_time: Micros(start),
            start_unix_nano: start * 1000,
            end_unix_nano: (start + ms * 1000) * 1000,
            duration_ms: Some(ms as f64),
            tenant_id: text(self.tenant),
            user_id: text(self.user),
            session_id: self.session.map(str::to_owned),
            environment: text("production"),
            workflow: text(self.workflow),
            request_type: text(self.workflow),
            service_name: text("app"),
            name: name.to_owned(),
            kind,
            status: SpanStatus::Ok,
            policy_version: "p1".to_owned(),
            is_final: true,
            ..SpanRow::default()
        }
    }
}

/// Makes a span a priced model call.
pub(crate) fn call(
    span: SpanRow,
    prompt: (&str, &str),
    model: &str,
    tokens: (i64, i64),
    cost: f64,
) -> SpanRow {
    SpanRow {
        token_role: TokenRole::Leaf,
        prompt_name: text(prompt.0),
        prompt_version: text(prompt.1),
        provider: text("openai"),
        endpoint: text("api:443"),
        operation: text("chat"),
        response_model: text(model),
        input_tokens: Some(tokens.0),
        output_tokens: Some(tokens.1),
        cost_usd: Some(cost),
        cost_source: CostSource::Computed,
        refusal_kind: text("none"),
        ..span
    }
}

pub(crate) fn retriever(span: SpanRow, found: i64, version: &str) -> SpanRow {
    SpanRow {
        retrieved_count: Some(found),
        retrieval_top_k: Some(5),
        retrieval_index: text("kb"),
        retrieval_index_version: text(version),
        embedding_model: text("embed"),
        ..span
    }
}

pub(crate) const fn trace(
    number: i64,
    start: Micros,
    tenant: &'static str,
    user: &'static str,
) -> Trace {
    Trace { number, start, tenant, user, session: None, workflow: "support" }
}

pub(crate) fn day_two() -> Vec<SpanRow> {
    let one = Trace { session: Some("s1"), ..trace(1, at(2, 10, 0), "acme", "u1") };
    let two = Trace { session: Some("s2"), ..trace(2, at(2, 11, 0), "acme", "u2") };
    let answer = SpanRow {
        context_chars: Some(900),
        ..call(one.span(3, Kind::Llm, "chat", 100, 400), ("answer", "1"), "small", (100, 50), 0.001)
    };
    let older = SpanRow { input_tokens: Some(999), is_final: false, ..answer.clone() };
    let refusal = SpanRow {
        refusal_kind: text("full"),
        ..call(two.span(3, Kind::Llm, "chat", 50, 200), ("answer", "1"), "small", (80, 20), 0.0008)
    };
    let rerank = SpanRow {
        reranker_model: text("rr"),
        reranker_score_max: Some(0.8),
        retrieved_count: Some(2),
        ..one.span(4, Kind::Reranker, "rerank", 60, 10)
    };
    vec![
        one.span(1, Kind::Chain, "handle", 0, 600),
        retriever(one.span(2, Kind::Retriever, "search", 10, 40), 3, "2026-10"),
        rerank,
        older,
        answer,
        two.span(1, Kind::Chain, "handle", 0, 300),
        retriever(two.span(2, Kind::Retriever, "search", 10, 30), 0, "2026-10"),
        refusal,
    ]
}

/// Where `older` is in day two.
pub(crate) const HIDDEN: u32 = 3;

pub(crate) fn day_three() -> Vec<SpanRow> {
    let three = Trace { session: Some("s3"), ..trace(3, at(3, 10, 0), "beta", "u3") };
    let four = Trace { session: Some("s3"), ..trace(4, at(3, 11, 0), "beta", "u3") };
    let answer = SpanRow {
        context_chars: Some(700),
        ..call(
            three.span(3, Kind::Llm, "chat", 100, 600),
            ("answer", "2"),
            "large",
            (200, 60),
            0.002,
        )
    };
    let failed = |span: SpanRow| SpanRow {
        is_error: true,
        status: SpanStatus::Error,
        error_type: text("timeout"),
        ..span
    };
    let timeout = SpanRow {
        prompt_name: text("answer"),
        prompt_version: text("2"),
        provider: text("openai"),
        endpoint: text("api:443"),
        operation: text("chat"),
        request_model: text("large"),
        is_timeout: true,
        retry_count: Some(2),
        ..failed(four.span(2, Kind::Llm, "chat", 0, 5000))
    };
    let extract = |number, minute, user, ms, parse: &str, schema: &str| {
        let trace = Trace { workflow: "extract", ..trace(number, at(3, 12, minute), "acme", user) };
        SpanRow {
            parse_status: text(parse),
            lenient_status: text(if parse == "prose_wrapped" { "extracted" } else { "ok" }),
            schema_status: text(schema),
            ..call(
                trace.span(1, Kind::Llm, "extract", 0, ms),
                ("extract", "1"),
                "small",
                (50, 10),
                0.0005,
            )
        }
    };
    let mut wrapped = extract(7, 2, "u2", 200, "prose_wrapped", "invalid");
    wrapped.cost_usd = None;
    wrapped.cost_source = CostSource::None;
    vec![
        three.span(1, Kind::Chain, "handle", 0, 800),
        retriever(three.span(2, Kind::Retriever, "search", 10, 40), 2, "2026-11"),
        answer,
        failed(four.span(1, Kind::Chain, "handle", 0, 5000)),
        timeout,
        extract(5, 0, "u1", 300, "ok", "valid"),
        extract(6, 1, "u1", 100, "ok_whitespace", "invalid"),
        wrapped,
    ]
}

pub(crate) fn day_four() -> Vec<SpanRow> {
    let eight =
        Trace { session: Some("s4"), workflow: "refund", ..trace(8, at(4, 9, 0), "acme", "u1") };
    let nine =
        Trace { session: Some("s5"), workflow: "refund", ..trace(9, at(4, 10, 0), "beta", "u3") };
    let ten = Trace { session: Some("s6"), ..trace(10, at(4, 11, 0), "beta", "u4") };
    let plan = |span, model: &str| call(span, ("plan", "1"), model, (10, 5), 0.0001);
    let tool = |span: SpanRow, name: &str, verdict: &str| SpanRow {
        tool_name: text(name),
        tool_args_status: text(verdict),
        ..span
    };
    let write = |span: SpanRow, decision: &str| SpanRow {
        is_write_action: Some(true),
        approval: text(decision),
        ..span
    };
    let agent = |span: SpanRow, reason: &str| SpanRow {
        agent_name: text("refunder"),
        termination_reason: text(reason),
        ..span
    };
    let replaced = SpanRow {
        fallback_from: text("small"),
        prompt_hash: text("hash2"),
        ..plan(nine.span(2, Kind::Llm, "plan", 0, 100), "large")
    };
    let escalated = SpanRow {
        is_escalated: Some(true),
        ..agent(nine.span(1, Kind::Agent, "refunder", 0, 2000), "max_steps")
    };
    let reported =
        call(ten.span(2, Kind::Llm, "chat", 0, 100), ("answer", "1"), "small", (40, 10), 0.0004);
    let again = SpanRow {
        token_role: TokenRole::Duplicate,
        parent_span_id: Some(reported.span_id.clone()),
        ..call(ten.span(3, Kind::Llm, "openai", 1, 98), ("answer", "1"), "small", (40, 10), 0.0004)
    };
    let root = SpanRow {
        token_role: TokenRole::Aggregate,
        input_tokens: Some(40),
        output_tokens: Some(10),
        cost_usd: Some(0.0004),
        ..ten.span(1, Kind::Chain, "handle", 0, 150)
    };
    let guardrail = SpanRow {
        guardrail_name: text("pii"),
        guardrail_policy: text("outgoing"),
        guardrail_outcome: text("block"),
        redactions: vec![Redaction {
            field: text("output_text"),
            class: text("email"),
            count: Some(1),
        }],
        ..ten.span(4, Kind::Guardrail, "check", 110, 5)
    };
    vec![
        agent(eight.span(1, Kind::Agent, "refunder", 0, 1000), "final_answer"),
        plan(eight.span(2, Kind::Llm, "plan", 0, 100), "small"),
        tool(eight.span(3, Kind::Tool, "lookup", 100, 50), "lookup", "ok"),
        write(tool(eight.span(4, Kind::Tool, "refund", 200, 50), "refund", "ok"), "approved"),
        plan(eight.span(5, Kind::Llm, "plan", 300, 200), "small"),
        escalated,
        replaced,
        write(
            tool(nine.span(3, Kind::Tool, "refund", 100, 50), "refund", "missing_required"),
            "rejected",
        ),
        root,
        reported,
        again,
        guardrail,
    ]
}

pub(crate) fn evals() -> Vec<EvalRow> {
    let eval =
        |trace: &SpanRow, name: &str, score: f64, passed: bool, by: (&str, &str, &str)| EvalRow {
            date: trace.date,
            eval_id: format!("{name}-{}-{}", by.1, trace.span_id),
            eval_time: Micros(trace.start_time.0 + 60_000_000),
            trace_id: Some(trace.trace_id.clone()),
            span_id: Some(trace.span_id.clone()),
            tenant_id: trace.tenant_id.clone(),
            workflow: trace.workflow.clone(),
            name: name.to_owned(),
            score: Some(score),
            passed: Some(passed),
            evaluator_type: text(by.0),
            evaluator: text(by.1),
            evaluator_version: (!by.2.is_empty()).then(|| by.2.to_owned()),
            prompt_name: trace.prompt_name.clone(),
            prompt_version: trace.prompt_version.clone(),
            ..EvalRow::default()
        };
    let (two, three) = (day_two(), day_three());
    let judge = ("model", "judge", "faith@1");
    vec![
        eval(&two[4], "faithfulness", 0.9, true, judge),
        eval(&two[4], "citation_validity", 1.0, true, ("rule", "rules", "cite@1")),
        eval(&three[2], "faithfulness", 0.5, false, judge),
        eval(&three[2], "faithfulness", 0.4, false, ("human", "ann", "")),
    ]
}

pub(crate) fn prompts() -> Vec<PromptRow> {
    let prompt = |version: &str, time: Micros, approval: &str, row_version| PromptRow {
        date: time.day(),
        time,
        name: "answer".to_owned(),
        version: version.to_owned(),
        template: text("Answer {question}"),
        template_hash: text(&format!("hash{version}")),
        model: text("small"),
        owner: text("ann"),
        approval: text(approval),
        row_version,
        ..PromptRow::default()
    };
    let extract = PromptRow {
        name: "extract".to_owned(),
        output_schema: text(r#"{"type": "object", "required": ["name", "total"]}"#),
        ..prompt("1", at(1, 8, 0), "approved", 4)
    };
    vec![
        prompt("1", at(1, 8, 0), "approved", 1),
        prompt("2", at(2, 8, 0), "draft", 2),
        prompt("2", at(3, 8, 0), "approved", 3),
        extract,
    ]
}

pub(crate) fn payloads() -> Vec<PayloadRow> {
    let outputs = [
        (5, r#"{"name": "a", "total": 1}"#),
        (6, " {\"name\": \"a\"}\n"),
        (7, r#"Here it is: {"name": "b", "total": 2}"#),
    ];
    let spans = day_three();
    let row = |(trace, output): (usize, &str)| {
        let span = spans.get(trace).cloned().unwrap_or_default();
        PayloadRow {
            date: span.date,
            trace_id: span.trace_id,
            span_id: span.span_id,
            start_time: span.start_time,
            output_text: text(output),
            ..PayloadRow::default()
        }
    };
    outputs.into_iter().map(row).collect()
}

pub(crate) fn releases() -> Vec<ReleaseRow> {
    let release = |environment: &str, version: &str, time: Micros, action: &str| ReleaseRow {
        date: time.day(),
        time,
        environment: text(environment),
        prompt_name: "answer".to_owned(),
        prompt_version: version.to_owned(),
        action: action.to_owned(),
        by: text("ann"),
        ..ReleaseRow::default()
    };
    vec![
        release("production", "1", at(1, 9, 0), "release"),
        release("production", "2", at(3, 9, 0), "release"),
        release("production", "1", at(4, 8, 0), "rollback"),
        release("staging", "2", at(2, 9, 0), "release"),
    ]
}

pub(crate) async fn store() -> Snapshot {
    let mut builder = Builder::new(4);
    builder.file(&Rows::Spans(day_two()), vec![HIDDEN]).await;
    builder.file(&Rows::Spans(day_three()), vec![]).await;
    builder.memory(&Rows::Spans(day_four()));
    let (first, second) = evals().into_iter().partition(|eval| eval.date == Day(FIRST + 1));
    builder.file(&Rows::Evals(first), vec![]).await;
    builder.memory(&Rows::Evals(second));
    builder.file(&Rows::Payloads(payloads()), vec![]).await;
    builder.memory(&Rows::Prompts(prompts()));
    builder.memory(&Rows::Releases(releases()));
    builder.build()
}
