//! A trace as a tree: time bar, duration, status, name, and what each span is about.

use std::collections::HashMap;

use nu_ansi_term::{Color, Style};
use spanlake::model::{EvalRow, Kind, SpanRow, TokenRole};
use spanlake::query::TraceNode;
use unicode_width::UnicodeWidthStr as _;

use crate::output::clip;

/// Characters of the time bar; half of them where the terminal is narrow.
const BAR: usize = 24;
/// Widest name column.
const NAME: usize = 60;
/// Below this many columns a terminal is narrow.
const NARROW: usize = 110;
/// Least room for facts beside the name; with less they go below it.
const LEAST_FACTS: usize = 30;

/// Draws the tree; lines are broken to `width` where there is one.
pub(super) fn draw(
    nodes: &[TraceNode],
    scores: &HashMap<String, Vec<EvalRow>>,
    width: Option<usize>,
    colour: bool,
) -> String {
    let painter = Painter { colour };
    let start = nodes.iter().map(|node| node.span.start_unix_nano).min().unwrap_or(0);
    let end = nodes.iter().map(|node| end_of(&node.span)).max().unwrap_or(start);
    let layout = Layout::new(nodes, width);
    let mut shown = header(nodes, scores, start, end);
    for node in nodes {
        let span = &node.span;
        let bar = painter.paint(&bar(span, start, end, layout.bar), Style::new().dimmed());
        let duration = span.duration_ms.map_or_else(|| "open".to_owned(), duration);
        let name = clip(label(node), layout.name);
        let padding = " ".repeat(layout.name.saturating_sub(name.width()));
        let name = painter.paint(&name, kind_style(span.kind));
        let status = status(span, &painter);
        let line = format!("{bar} {duration:>9} {status} {name}{padding}");
        let of_span = scores.get(&span.span_id).map_or(&[][..], Vec::as_slice);
        layout.add(&mut shown, &line, &facts(span, of_span, &painter));
    }
    shown
}

/// Where things stand.
struct Layout {
    bar: usize,
    name: usize,
    width: Option<usize>,
}

impl Layout {
    fn new(nodes: &[TraceNode], width: Option<usize>) -> Self {
        let narrow = width.is_some_and(|width| width < NARROW);
        let bar = if narrow { BAR / 2 } else { BAR };
        let widest = nodes.iter().map(|node| label(node).width()).max().unwrap_or(0);
        let room = width.map_or(NAME, |width| width.saturating_sub(bar + 14).min(NAME));
        Self { bar, name: widest.min(room), width }
    }

    /// Adds a line and its facts, broken between facts where they do not fit.
    fn add(&self, shown: &mut String, line: &str, facts: &[(String, usize)]) {
        shown.push_str(line);
        // Bar, duration, status and the blanks between them and the name.
        let beside = self.bar + 13 + self.name + 2;
        let fits = self.width.is_none_or(|width| width >= beside + LEAST_FACTS);
        let indent = if fits { beside } else { self.bar + 15 };
        let mut column = if fits { beside - 2 } else { usize::MAX };
        let mut is_first = true;
        for (text, width) in facts {
            let end = column.saturating_add(if is_first { 2 } else { 3 }).saturating_add(*width);
            if column == usize::MAX || (!is_first && self.width.is_some_and(|room| end > room)) {
                shown.push('\n');
                shown.push_str(&" ".repeat(indent));
                column = indent + width;
            } else {
                shown.push_str(if is_first { "  " } else { " · " });
                column = end;
            }
            shown.push_str(text);
            is_first = false;
        }
        shown.push('\n');
    }
}

fn header(
    nodes: &[TraceNode],
    scores: &HashMap<String, Vec<EvalRow>>,
    start: i64,
    end: i64,
) -> String {
    let leaves =
        nodes.iter().map(|node| &node.span).filter(|span| span.token_role == TokenRole::Leaf);
    let (mut input, mut output, mut cost, mut priced) = (0, 0, 0.0, false);
    for span in leaves {
        input += span.input_tokens.unwrap_or(0);
        output += span.output_tokens.unwrap_or(0);
        cost += span.cost_usd.unwrap_or(0.0);
        priced |= span.cost_usd.is_some();
    }
    let errors = nodes.iter().filter(|node| node.span.is_error).count();
    let first = nodes.first().map(|node| &node.span);
    let named = |what: &str, value: Option<&String>| {
        value.map_or_else(String::new, |value| format!("  {what} {value}"))
    };
    let time = chrono::DateTime::from_timestamp_nanos(start).format("%Y-%m-%d %H:%M:%S UTC");
    let whole = scores.get("").into_iter().flatten().map(score).collect::<Vec<_>>().join(" · ");
    format!(
        "trace {}{}{}{}\n{time}  {} span{}  {}  {input} → {output} tokens{}{}{}\n\n",
        first.map_or("", |span| &span.trace_id),
        named("workflow", first.and_then(|span| span.workflow.as_ref())),
        named("tenant", first.and_then(|span| span.tenant_id.as_ref())),
        named("session", first.and_then(|span| span.session_id.as_ref())),
        nodes.len(),
        if nodes.len() == 1 { "" } else { "s" },
        duration((end.saturating_sub(start)) as f64 / 1e6),
        if priced { format!("  {}", usd(cost)) } else { String::new() },
        match errors {
            0 => String::new(),
            1 => "  1 error".to_owned(),
            n => format!("  {n} errors"),
        },
        if whole.is_empty() { String::new() } else { format!("\n{whole}") },
    )
}

fn end_of(span: &SpanRow) -> i64 {
    span.end_unix_nano.max(span.start_unix_nano)
}

fn label(node: &TraceNode) -> String {
    let orphan = if node.is_orphan { "⤷ " } else { "" };
    // Deep recursions stay readable.
    let depth = node.depth.min(20);
    let name = node.span.name.replace(|c: char| c.is_control(), " ");
    format!("{}{orphan}{name}", "  ".repeat(depth))
}

/// Draws where in the trace's time the span lies.
fn bar(span: &SpanRow, start: i64, end: i64, width: usize) -> String {
    let total = end.saturating_sub(start).max(1) as f64;
    let column = |at: i64| ((at.saturating_sub(start)) as f64 / total * width as f64) as usize;
    let from = column(span.start_unix_nano).min(width - 1);
    let to = column(end_of(span)).clamp(from + 1, width);
    format!("{}{}{}", " ".repeat(from), "━".repeat(to - from), " ".repeat(width - to))
}

fn duration(ms: f64) -> String {
    if ms >= 60_000.0 {
        format!("{:.1} min", ms / 60_000.0)
    } else if ms >= 1_000.0 {
        format!("{:.2} s", ms / 1_000.0)
    } else {
        format!("{ms:.1} ms")
    }
}

fn usd(cost: f64) -> String {
    if cost == 0.0 {
        "$0".to_owned()
    } else if cost < 0.000_001 {
        "<$0.000001".to_owned()
    } else if cost < 1.0 {
        format!("${cost:.6}")
    } else {
        format!("${cost:.2}")
    }
}

fn status(span: &SpanRow, painter: &Painter) -> String {
    if span.is_error {
        painter.paint("✗", Style::new().fg(Color::Red).bold())
    } else if span.end_unix_nano == 0 {
        painter.paint("…", Style::new().fg(Color::Yellow))
    } else {
        painter.paint("✓", Style::new().fg(Color::Green))
    }
}

/// Says what a span is about: texts with their widths.
fn facts(span: &SpanRow, scores: &[EvalRow], painter: &Painter) -> Vec<(String, usize)> {
    let plain = Style::new();
    let mut facts: Vec<(String, Style)> = vec![(span.kind.to_string(), plain)];
    let mut add = |text: Option<String>, style| facts.extend(text.map(|text| (text, style)));
    add(span.response_model.clone().or_else(|| span.request_model.clone()), plain);
    add(prompt(span), plain);
    add(span.tool_name.as_ref().map(|tool| format!("tool {tool}")), plain);
    add(span.retrieved_count.map(|count| format!("{count} documents")), plain);
    add(tokens(span), plain);
    add(span.cost_usd.map(usd), plain);
    let bad = |status: &Option<String>| status.clone().filter(|status| status != "ok");
    let yellow = plain.fg(Color::Yellow);
    add(bad(&span.parse_status).map(|status| format!("parse {status}")), yellow);
    add(bad(&span.tool_args_status).map(|status| format!("arguments {status}")), yellow);
    add(span.guardrail_outcome.as_ref().map(|outcome| format!("guardrail {outcome}")), plain);
    for eval in scores {
        let style = if eval.passed == Some(false) { yellow } else { plain };
        add(Some(score(eval)), style);
    }
    if span.is_error {
        let kind = span.error_type.as_deref().unwrap_or("error");
        let message = span.status_message.as_deref().map(str::trim).unwrap_or_default();
        let text = match message {
            "" => kind.to_owned(),
            message if message == kind => kind.to_owned(),
            message => format!("{kind}: {message}"),
        };
        let text = text.replace(|c: char| c.is_control(), " ");
        add(Some(clip(text, 120)), plain.fg(Color::Red));
    }
    if span.end_unix_nano == 0 {
        add(Some("still open".to_owned()), yellow);
    }
    facts.into_iter().map(|(text, style)| (painter.paint(&text, style), text.width())).collect()
}

fn prompt(span: &SpanRow) -> Option<String> {
    match (&span.prompt_name, &span.prompt_version) {
        (Some(name), version) => Some(format!("{name}@{}", version.as_deref().unwrap_or("?"))),
        (None, Some(version)) => Some(format!("prompt@{version}")),
        (None, None) => None,
    }
}

fn tokens(span: &SpanRow) -> Option<String> {
    let role = match span.token_role {
        TokenRole::Leaf => String::new(),
        other => format!(" ({other})"),
    };
    match (span.input_tokens, span.output_tokens) {
        (None, None) => None,
        (Some(input), None) => Some(format!("{input} tok{role}")),
        (input, Some(output)) => {
            let input = input.map_or_else(|| "?".to_owned(), |n| n.to_string());
            Some(format!("{input}→{output} tok{role}"))
        }
    }
}

/// A stored score or label, with who gave it where that was a person.
fn score(eval: &EvalRow) -> String {
    let value = match (eval.score, &eval.label) {
        (_, Some(label)) => format!(" {label}"),
        (Some(score), None) => format!(" {}", (score * 1_000.0).round() / 1_000.0),
        (None, None) => String::new(),
    };
    let verdict = if eval.passed == Some(false) { " failed" } else { "" };
    let human = if eval.evaluator_type.as_deref() == Some("human") { " (human)" } else { "" };
    let text = format!("{}{value}{verdict}{human}", eval.name);
    clip(text.replace(|c: char| c.is_control(), " "), 60)
}

fn kind_style(kind: Kind) -> Style {
    match kind {
        Kind::Llm => Style::new().fg(Color::Blue).bold(),
        Kind::Tool => Style::new().fg(Color::Purple),
        Kind::Retriever | Kind::Reranker | Kind::Embedding => Style::new().fg(Color::Cyan),
        Kind::Agent | Kind::Planner => Style::new().fg(Color::Green),
        Kind::Guardrail | Kind::Evaluator => Style::new().fg(Color::Yellow),
        _ => Style::new(),
    }
}

struct Painter {
    colour: bool,
}

impl Painter {
    fn paint(&self, text: &str, style: Style) -> String {
        if self.colour { style.paint(text).to_string() } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, depth: usize, start_ms: i64, end_ms: i64) -> TraceNode {
        let span = SpanRow {
            trace_id: "ab".repeat(16),
            span_id: name.to_owned(),
            name: name.to_owned(),
            kind: Kind::Llm,
            start_unix_nano: start_ms * 1_000_000,
            end_unix_nano: end_ms * 1_000_000,
            duration_ms: (end_ms > 0).then_some((end_ms - start_ms) as f64),
            ..SpanRow::default()
        };
        TraceNode { span, depth, is_orphan: false }
    }

    fn drawn(nodes: &[TraceNode], width: Option<usize>) -> String {
        draw(nodes, &HashMap::new(), width, false)
    }

    #[test]
    fn bars_lie_inside_the_trace() {
        let nodes = [node("root", 0, 0, 100), node("child", 1, 50, 100), node("open", 1, 99, 0)];
        let shown = drawn(&nodes, None);
        let lines: Vec<&str> = shown.lines().skip(3).collect();
        assert!(lines[0].starts_with(&"━".repeat(BAR)), "{shown}");
        assert!(lines[1].starts_with(&format!("{}{}", " ".repeat(12), "━".repeat(12))), "{shown}");
        assert!(lines[2].contains("still open") && lines[2].contains("    open"), "{shown}");
    }

    #[test]
    fn an_end_before_the_start_is_drawn() {
        let shown = drawn(&[node("skewed", 0, 100, 50)], None);
        assert!(shown.contains("skewed"), "{shown}");
    }

    #[test]
    fn a_narrow_terminal_breaks_between_facts() {
        let mut one = node("a name that is rather long for this", 2, 0, 100);
        one.span.request_model = Some("a-model-of-some-length".to_owned());
        one.span.prompt_name = Some("support-answer".to_owned());
        one.span.error_type = Some("timeout".to_owned());
        one.span.is_error = true;
        for width in [60, 80, 100, 160] {
            let shown = drawn(std::slice::from_ref(&one), Some(width));
            assert!(shown.lines().skip(3).all(|line| line.width() <= width), "{width}:\n{shown}");
            for fact in ["llm", "a-model-of-some-length", "support-answer@?", "timeout"] {
                assert!(shown.contains(fact), "{width}:\n{shown}");
            }
        }
    }

    #[test]
    fn scores_stand_beside_their_span() {
        let nodes = [node("answer", 0, 0, 100)];
        let eval = |name: &str, score| EvalRow {
            name: name.to_owned(),
            score: Some(score),
            ..EvalRow::default()
        };
        let mut failed = eval("correctness", 0.0);
        failed.passed = Some(false);
        failed.evaluator_type = Some("human".to_owned());
        let scores = HashMap::from([
            ("answer".to_owned(), vec![eval("faithfulness", 0.912_345), failed]),
            (String::new(), vec![eval("thumbs", 1.0)]),
        ]);
        let shown = draw(&nodes, &scores, None, false);
        assert!(shown.contains("faithfulness 0.912 · correctness 0 failed (human)\n"), "{shown}");
        assert!(shown.contains("\nthumbs 1\n"), "{shown}");
    }
}
