//! `spanlake trace`.

use std::io::{IsTerminal as _, Write as _};

use anyhow::{Result, bail};
use nu_ansi_term::{Color, Style};
use spanlake::model::{Kind, SpanRow};
use spanlake::query::TraceNode;
use tokio::runtime::Runtime;

use super::sql::run_statement;
use super::{config, open_read_only};
use crate::Outcome;
use crate::args::{Format, Global, TraceArgs};
use crate::output::choose_format;

/// Characters of the time bar.
const BAR: usize = 24;

pub(super) fn run(global: &Global, args: &TraceArgs, runtime: &Runtime) -> Result<Outcome> {
    runtime.block_on(async {
        let lake = open_read_only(global, config(global)?).await?;
        let nodes = lake.session().trace(&args.trace_id).await?;
        if nodes.is_empty() {
            bail!("no trace {} in this store", args.trace_id);
        }
        // A trace id that was accepted is hexadecimal: nothing to escape.
        let id = args.trace_id.trim().to_ascii_lowercase();
        if !matches!(global.format, None | Some(Format::Table)) {
            let format = choose_format(global.format, None);
            let statement =
                format!("select * from spans where trace_id = '{id}' order by start_unix_nano");
            run_statement(&lake, &statement, format, None, false).await?;
            return Ok(Outcome::Done);
        }
        let shown = tree(&nodes, std::io::stdout().is_terminal());
        std::io::stdout().write_all(shown.as_bytes())?;
        if args.content {
            let statement = format!(
                "select span_id, system_instructions, input_messages, rendered_prompt, \
                 input_variables, retrieval_query, documents, tool_arguments, tool_result, \
                 output_text, tool_calls from payloads where trace_id = '{id}' order by start_time"
            );
            run_statement(&lake, &statement, Format::Table, None, true).await?;
        }
        Ok(Outcome::Done)
    })
}

/// Draws the tree: time bar, name, kind, model, prompt version, tokens, cost, status.
fn tree(nodes: &[TraceNode], colour: bool) -> String {
    let painter = Painter { colour };
    let start = nodes.iter().map(|node| node.span.start_unix_nano).min().unwrap_or(0);
    let end = nodes.iter().map(|node| end_of(&node.span)).max().unwrap_or(start);
    let name_width =
        nodes.iter().map(|node| label(node).chars().count()).max().unwrap_or(0).min(60);
    let mut shown = header(nodes, start, end);
    for node in nodes {
        let span = &node.span;
        let name: String = label(node).chars().take(60).collect();
        let padding = " ".repeat(name_width.saturating_sub(name.chars().count()));
        let name = painter.paint(&name, kind_style(span.kind));
        let bar = painter.paint(&bar(span, start, end), Style::new().dimmed());
        let duration = span.duration_ms.map_or_else(|| "open".to_owned(), duration);
        shown.extend([bar.as_str(), " ", &format!("{duration:>9}"), "  ", &name, &padding, "  "]);
        shown.push_str(&facts(span, &painter));
        shown.push('\n');
    }
    shown
}

fn header(nodes: &[TraceNode], start: i64, end: i64) -> String {
    let leaves = nodes
        .iter()
        .map(|node| &node.span)
        .filter(|span| span.token_role == spanlake::model::TokenRole::Leaf);
    let (mut input, mut output, mut cost, mut priced) = (0, 0, 0.0, false);
    for span in leaves {
        input += span.input_tokens.unwrap_or(0);
        output += span.output_tokens.unwrap_or(0);
        cost += span.cost_usd.unwrap_or(0.0);
        priced |= span.cost_usd.is_some();
    }
    let first = nodes.first().map(|node| &node.span);
    let named = |what: &str, value: Option<&String>| {
        value.map_or_else(String::new, |value| format!("  {what} {value}"))
    };
    format!(
        "trace {}{}{}{}\n{} spans  {}  {input} → {output} tokens{}\n\n",
        first.map_or("", |span| &span.trace_id),
        named("workflow", first.and_then(|span| span.workflow.as_ref())),
        named("tenant", first.and_then(|span| span.tenant_id.as_ref())),
        named("session", first.and_then(|span| span.session_id.as_ref())),
        nodes.len(),
        duration((end.saturating_sub(start)) as f64 / 1e6),
        if priced { format!("  ${cost:.6}") } else { String::new() },
    )
}

fn end_of(span: &SpanRow) -> i64 {
    span.end_unix_nano.max(span.start_unix_nano)
}

fn label(node: &TraceNode) -> String {
    let orphan = if node.is_orphan { "⤷ " } else { "" };
    // Deep recursions stay readable.
    let depth = node.depth.min(20);
    format!("{}{orphan}{}", "  ".repeat(depth), node.span.name.replace(['\n', '\r'], " "))
}

/// Draws where in the trace's time the span lies.
fn bar(span: &SpanRow, start: i64, end: i64) -> String {
    let total = end.saturating_sub(start).max(1) as f64;
    let column = |at: i64| ((at.saturating_sub(start)) as f64 / total * BAR as f64) as usize;
    let from = column(span.start_unix_nano).min(BAR - 1);
    let to = column(end_of(span)).clamp(from + 1, BAR);
    format!("{}{}{}", " ".repeat(from), "━".repeat(to - from), " ".repeat(BAR - to))
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

fn facts(span: &SpanRow, painter: &Painter) -> String {
    let mut facts = vec![span.kind.to_string()];
    let model = span.response_model.as_ref().or(span.request_model.as_ref());
    facts.extend(model.cloned());
    if let Some(name) = &span.prompt_name {
        let version = span.prompt_version.as_deref().unwrap_or("?");
        facts.push(format!("{name}@{version}"));
    } else if let Some(version) = &span.prompt_version {
        facts.push(format!("prompt@{version}"));
    }
    facts.extend(span.tool_name.as_ref().map(|tool| format!("tool {tool}")));
    facts.extend(span.retrieved_count.map(|count| format!("{count} documents")));
    if span.input_tokens.is_some() || span.output_tokens.is_some() {
        let count = |tokens: Option<i64>| tokens.map_or_else(|| "?".to_owned(), |n| n.to_string());
        let role = match span.token_role {
            spanlake::model::TokenRole::Leaf => String::new(),
            other => format!(" ({other})"),
        };
        facts.push(format!("{}→{} tok{role}", count(span.input_tokens), count(span.output_tokens)));
    }
    facts.extend(span.cost_usd.map(|cost| format!("${cost:.6}")));
    facts.extend(
        span.parse_status.as_ref().filter(|status| *status != "ok").map(|status| {
            painter.paint(&format!("parse {status}"), Style::new().fg(Color::Yellow))
        }),
    );
    facts.extend(span.guardrail_outcome.as_ref().map(|outcome| format!("guardrail {outcome}")));
    if span.is_error {
        let kind = span.error_type.as_deref().unwrap_or("error");
        facts.push(painter.paint(&format!("✗ {kind}"), Style::new().fg(Color::Red)));
    }
    if span.end_unix_nano == 0 {
        facts.push(painter.paint("still open", Style::new().fg(Color::Yellow)));
    }
    facts.join(" · ")
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
            name: name.to_owned(),
            kind: Kind::Llm,
            start_unix_nano: start_ms * 1_000_000,
            end_unix_nano: end_ms * 1_000_000,
            duration_ms: (end_ms > 0).then_some((end_ms - start_ms) as f64),
            ..SpanRow::default()
        };
        TraceNode { span, depth, is_orphan: false }
    }

    #[test]
    fn bars_lie_inside_the_trace() {
        let nodes = [node("root", 0, 0, 100), node("child", 1, 50, 100), node("open", 1, 99, 0)];
        let shown = tree(&nodes, false);
        let lines: Vec<&str> = shown.lines().skip(3).collect();
        assert!(lines[0].starts_with(&"━".repeat(BAR)), "{shown}");
        assert!(lines[1].starts_with(&format!("{}{}", " ".repeat(12), "━".repeat(12))), "{shown}");
        assert!(lines[2].contains("still open") && lines[2].contains("    open"), "{shown}");
    }

    #[test]
    fn an_end_before_the_start_is_drawn() {
        let shown = tree(&[node("skewed", 0, 100, 50)], false);
        assert!(shown.contains("skewed"), "{shown}");
    }
}
