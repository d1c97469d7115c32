//! `support_answers`: retrieval, sometimes reranking, and an answer with citations.

use std::fmt::Write as _;

use super::super::{
    call::{Exchange, Message, call},
    conventions::openinference::identify,
    corpus::articles::{self, Passage, Question},
    faults::{Fault, rate},
    otlp::SpanWriter,
    people::{FAULT_TENANT, GPT_4O_MINI, HAIKU},
    trace::{Plan, Service, Trace, World},
};
use super::{conclude, models, spill};

const SCOPE: &str = "openinference.instrumentation.langchain";
const APP: (Service, &str) = (Service::SupportApi, SCOPE);
const SEARCH: (Service, &str) = (Service::Retrieval, SCOPE);
const REFUSAL: &str = "I'm sorry, but I can't help with that request.";
const NOT_FOUND: &str =
    "I could not find this in our help articles. Shall I pass your question to a colleague?";

pub(super) fn write(world: &World, plan: &Plan, trace: &mut Trace) {
    let start = plan.start_nanos();
    let root = trace.span_id();
    let question = Question::draw(&mut trace.dice);
    let mut text = String::with_capacity(160);
    question.text(&mut text);
    spill(world, plan, trace, &mut text);

    let (passages, searched) = search(world, plan, trace, &root, start, (&question, &text));
    let wrong = passages.first().is_some_and(|passage| passage.score < 0.5);
    let (answer, contents) = answer(world, plan, trace, (&question, &passages, wrong));
    let mut prompt = String::with_capacity(200 + contents.len());
    let _ = write!(prompt, "Passages:\n{contents}\nQuestion: {text}");

    let (model, fallback) = models(plan, &GPT_4O_MINI, &HAIKU);
    let exchange = Exchange {
        model,
        fallback,
        input: &[Message::User(prompt)],
        output: Message::Assistant(answer.text.clone()),
        finish: "stop",
        variable: Some(("question", &text)),
        tools: None,
        streaming: true,
    };
    let outcome = call(world, plan, trace, &root, searched + 3_000_000, &exchange);
    let writer = SpanWriter::new("support_answers", 1, start, outcome.end + 2_000_000);
    let mut writer = identify(writer, "CHAIN", plan)
        .text("spanlake.workflow", plan.flow.workflow())
        .text("spanlake.request_type", question.topic())
        .text("input.value", text.as_str());
    if outcome.failure.is_none() {
        writer = writer.text("output.value", answer.text.as_str());
        trace.truth.answers += 1;
        trace.truth.refusals += u64::from(answer.is_refusal);
        let is_grounded = !answer.is_refusal && !passages.is_empty();
        trace.truth.grounded_answers += u64::from(is_grounded);
        trace.truth.unfaithful += u64::from(is_grounded && answer.is_invented);
        trace.judge(&outcome.span_id, outcome.end, "faithfulness", !answer.is_invented);
    }
    trace.push(APP, &root, &[], conclude(writer, &outcome));
}

/// Searches, and reranks about half of the results; returns the passages and when they were there.
fn search(
    world: &World,
    plan: &Plan,
    trace: &mut Trace,
    root: &[u8],
    start: i64,
    (question, text): (&Question, &str),
) -> (Vec<Passage>, i64) {
    let empty = world.rate(Fault::IndexChange, plan, rate::EMPTY, rate::EMPTY_PLANTED);
    let wrong = world.rate(Fault::IndexChange, plan, rate::WRONG, rate::WRONG_PLANTED);
    let lot = trace.dice.unit();
    let k = if lot < empty { 0 } else { 4 };
    let off_topic = lot >= empty && lot < empty + wrong;
    let passages = question.search(&mut trace.dice, k, off_topic);
    trace.truth.retrievals += 1;
    trace.truth.empty_retrievals += u64::from(k == 0);
    trace.truth.wrong_retrievals += u64::from(off_topic);

    let span_id = trace.span_id();
    let start = start + trace.nanos(0.004, 0.4);
    let embedded = start + 1_000_000 + trace.nanos(0.045, 0.35);
    let writer = SpanWriter::new("CreateEmbeddings", 1, start + 1_000_000, embedded);
    let writer = identify(writer, "EMBEDDING", plan)
        .text("embedding.model_name", "text-embedding-3-small")
        .text("llm.provider", "openai")
        .text("embedding.embeddings.0.embedding.text", text)
        .int("llm.token_count.prompt", text.len() as i64 / 4)
        .ok();
    let embedding = trace.span_id();
    trace.push(SEARCH, &embedding, &span_id, writer);

    let mut end = embedded + trace.nanos(0.08, 0.45);
    let version = if world.calendar.acts(Fault::IndexChange, plan.start) {
        "2026-06-24"
    } else {
        "2026-05-11"
    };
    let writer = SpanWriter::new("help-centre search", 1, start, end);
    let mut writer = identify(writer, "RETRIEVER", plan)
        .text("input.value", text)
        .text("gen_ai.data_source.id", "help-centre")
        .text("spanlake.retrieval.index_version", version)
        .int("gen_ai.retrieval.top_k", 4);
    writer = documents(writer, "retrieval.documents", &passages);
    if passages.is_empty() {
        // Flattened lists say nothing when they are empty; the instrumentation's output does.
        writer = writer
            .text("output.value", r#"{"documents":[]}"#)
            .text("output.mime_type", "application/json");
    }
    trace.push(SEARCH, &span_id, root, writer.ok());

    if k > 0 && trace.dice.chance(0.5) {
        let start = end + 500_000;
        end = start + trace.nanos(0.085, 0.3);
        let writer = SpanWriter::new("rerank", 1, start, end);
        let writer = identify(writer, "RERANKER", plan)
            .text("reranker.query", text)
            .text("reranker.model_name", "rerank-v3.5")
            .int("reranker.top_k", 4);
        let span_id = trace.span_id();
        let writer = documents(writer, "reranker.output_documents", &passages).ok();
        trace.push(SEARCH, &span_id, root, writer);
    }
    (passages, end)
}

fn documents(mut writer: SpanWriter, list: &str, passages: &[Passage]) -> SpanWriter {
    for (index, passage) in passages.iter().enumerate() {
        let prefix = format!("{list}.{index}.document.");
        let mut content = String::with_capacity(420);
        passage.content(&mut content);
        writer = writer
            .text(&[&prefix, "id"].concat(), passage.id())
            .double(&[&prefix, "score"].concat(), (passage.score * 1e4).round() / 1e4)
            .text(&[&prefix, "content"].concat(), content);
    }
    writer
}

struct Answer {
    text: String,
    is_refusal: bool,
    is_invented: bool,
}

/// What the model answers, and the passages as they stand in its prompt.
fn answer(
    world: &World,
    plan: &Plan,
    trace: &mut Trace,
    (question, passages, wrong): (&Question, &[Passage], bool),
) -> (Answer, String) {
    let mut contents = String::with_capacity(passages.len() * 400);
    for (index, passage) in passages.iter().enumerate() {
        let _ = write!(contents, "[{}] ", index + 1);
        passage.content(&mut contents);
        contents.push('\n');
    }
    let is_hit = plan.is_newest() && plan.tenant.id == FAULT_TENANT;
    let planted = if is_hit { rate::UNFAITHFUL_PLANTED } else { rate::UNFAITHFUL };
    let unfaithful = world.rate(Fault::FaithfulnessTenant, plan, rate::UNFAITHFUL, planted);
    let refuses = trace.dice.chance(0.01);
    let gives_up = wrong && trace.dice.chance(0.6);
    let is_invented = trace.dice.chance(unfaithful);
    let [first, second, ..] = passages else {
        let text = NOT_FOUND.to_owned();
        return (Answer { text, is_refusal: true, is_invented: false }, contents);
    };
    if refuses || gives_up {
        let text = if refuses { REFUSAL } else { NOT_FOUND }.to_owned();
        return (Answer { text, is_refusal: true, is_invented: false }, contents);
    }
    let sentences = trace.dice.range(2, 3) as u64;
    let mut text = String::with_capacity(360);
    for sentence in 0..sentences {
        let (passage, marker) = if sentence < 2 { (first, 1) } else { (second, 2) };
        if sentence > 0 {
            text.push(' ');
        }
        let is_last = sentence + 1 == sentences;
        if is_invented && is_last {
            articles::invent(&mut text, &mut trace.dice);
        } else {
            question.answer(&mut text, &mut trace.dice, passage, sentence);
        }
        let marker = if trace.dice.chance(0.008) { 9 } else { marker };
        let _ = write!(text, " [{marker}].");
        if is_invented && is_last && trace.dice.chance(0.5) {
            text.push(' ');
            articles::invent(&mut text, &mut trace.dice);
            text.push_str(" [1].");
        }
    }
    (Answer { text, is_refusal: false, is_invented }, contents)
}
