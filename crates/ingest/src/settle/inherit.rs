//! Identity from the nearest ancestor, the trace's workflow, a prompt recorded beside its call.

use spanlake_model::{Kind, PayloadRow, SpanRow, TraceRows};

use super::Map;
use super::marks::mark;
use super::tree::Tree;

type Get = fn(&SpanRow) -> &Option<String>;
type GetMut = fn(&mut SpanRow) -> &mut Option<String>;

/// Columns that a span takes from its nearest ancestor that has them.
const INHERITED: &[(&str, Get, GetMut)] = &[
    ("session_id", |span| &span.session_id, |span| &mut span.session_id),
    ("user_id", |span| &span.user_id, |span| &mut span.user_id),
    ("tenant_id", |span| &span.tenant_id, |span| &mut span.tenant_id),
    ("account_id", |span| &span.account_id, |span| &mut span.account_id),
    ("environment", |span| &span.environment, |span| &mut span.environment),
    ("workflow", |span| &span.workflow, |span| &mut span.workflow),
    ("request_type", |span| &span.request_type, |span| &mut span.request_type),
    ("sensitivity", |span| &span.sensitivity, |span| &mut span.sensitivity),
];

/// Inherits onto every span, then copies each span's identity to its payload.
pub(super) fn settle(trace: &mut TraceRows, tree: &Tree) {
    prompts(trace, tree);
    for (column, get, get_mut) in INHERITED {
        let only = the_only_value(&trace.spans, *get);
        let fallback = only.or_else(|| match *column {
            // A trace of several workflows shows its first one where nothing nearer is known.
            "workflow" => first_value(&trace.spans, tree, *get).or_else(|| root_name(trace, tree)),
            "request_type" => root_name(trace, tree),
            _ => None,
        });
        for at in &tree.order {
            let own = trace.spans.get(*at).is_some_and(|span| get(span).is_some());
            if own {
                continue;
            }
            // Parents come first in the order, so the parent's value is the nearest ancestor's.
            let from_parent = tree
                .parent_of(*at)
                .and_then(|parent| trace.spans.get(parent))
                .and_then(|parent| get(parent).clone());
            let Some(value) = from_parent.or_else(|| fallback.clone()) else { continue };
            if let Some(span) = trace.spans.get_mut(*at) {
                mark(&mut span.inherited_columns, column);
                *get_mut(span) = Some(value);
            }
        }
    }
    for payload in &mut trace.payloads {
        let span = tree.by_id.get(&payload.span_id).and_then(|at| trace.spans.get(*at));
        if let Some(span) = span {
            identity(span, payload);
        }
    }
    for span in &mut trace.spans {
        span.inherited_columns.sort_unstable();
    }
    for payload in &mut trace.payloads {
        payload.inherited_columns.sort_unstable();
    }
}

/// The value of a whole trace, when all spans that have one agree: its other spans, the root
/// included, belong to the same tenant, user and session.
fn the_only_value(spans: &[SpanRow], get: Get) -> Option<String> {
    let mut values = spans.iter().filter_map(|span| get(span).as_ref());
    let first = values.next()?;
    values.all(|value| value == first).then(|| first.clone())
}

/// The value of the outermost, earliest span that has one.
fn first_value(spans: &[SpanRow], tree: &Tree, get: Get) -> Option<String> {
    let known = tree.order.iter().filter_map(|at| spans.get(*at).map(|span| (*at, span)));
    let known = known.filter(|(_, span)| get(span).is_some());
    let first = known.min_by_key(|(at, span)| {
        (tree.depth.get(*at).copied(), span.start_unix_nano, span.span_id.clone())
    });
    first.and_then(|(_, span)| get(span).clone())
}

fn root_name(trace: &TraceRows, tree: &Tree) -> Option<String> {
    let root = tree.root.and_then(|at| trace.spans.get(at))?;
    (!root.name.is_empty()).then(|| root.name.clone())
}

/// A payload is its span's, so that isolation, erasure and retention need no join.
fn identity(span: &SpanRow, payload: &mut PayloadRow) {
    let mut copy =
        |column: &str, from: &Option<String>, into: fn(&mut PayloadRow) -> &mut Option<String>| {
            if into(payload) != from {
                if from.is_some() {
                    mark(&mut payload.inherited_columns, column);
                }
                into(payload).clone_from(from);
            }
        };
    copy("session_id", &span.session_id, |payload| &mut payload.session_id);
    copy("user_id", &span.user_id, |payload| &mut payload.user_id);
    copy("tenant_id", &span.tenant_id, |payload| &mut payload.tenant_id);
    copy("environment", &span.environment, |payload| &mut payload.environment);
    copy("workflow", &span.workflow, |payload| &mut payload.workflow);
}

/// What a span knows of its prompt.
#[derive(Clone, Default)]
struct Prompt {
    name: Option<String>,
    version: Option<String>,
    hash: Option<String>,
    variable_names: Vec<String>,
    template: Option<String>,
    variables: Option<String>,
}

/// Frameworks record the template on a prompt span beside the call, or on a call around it.
fn prompts(trace: &mut TraceRows, tree: &Tree) {
    let contents: Map<String, usize> = trace
        .payloads
        .iter()
        .enumerate()
        .map(|(at, payload)| (payload.span_id.clone(), at))
        .collect();
    let template = |span: &SpanRow, payloads: &[PayloadRow]| -> bool {
        let payload = contents.get(&span.span_id).and_then(|at| payloads.get(*at));
        payload.is_some_and(|payload| payload.prompt_template.is_some())
    };
    let knows: Vec<bool> = trace
        .spans
        .iter()
        .map(|span| {
            span.prompt_name.is_some()
                || span.prompt_version.is_some()
                || template(span, &trace.payloads)
        })
        .collect();
    if !knows.iter().any(|knows| *knows) {
        return;
    }
    let mut nearest: Vec<Option<usize>> = vec![None; trace.spans.len()];
    let mut found = Vec::new();
    for at in &tree.order {
        let parent = tree.parent_of(*at);
        let donor = parent.and_then(|parent| {
            if knows.get(parent) == Some(&true) {
                Some(parent)
            } else {
                nearest.get(parent).copied().flatten()
            }
        });
        if let Some(slot) = nearest.get_mut(*at) {
            *slot = donor;
        }
        let lacks = knows.get(*at) == Some(&false)
            && trace.spans.get(*at).is_some_and(|span| span.kind == Kind::Llm);
        if lacks {
            found.push((*at, donor));
        }
    }
    let siblings = prompt_siblings(&trace.spans, tree, &knows);
    let gifts: Vec<(usize, Prompt)> = found
        .into_iter()
        .filter_map(|(at, above)| {
            let beside = tree.parent_of(at).and_then(|parent| {
                let start = trace.spans.get(at)?.start_unix_nano;
                let list = siblings.get(&parent)?;
                // The last prompt rendered before the call; sorted by start.
                let before = list.partition_point(|(begin, _)| *begin <= start);
                list.get(before.checked_sub(1)?).map(|(_, at)| *at)
            });
            Some((at, prompt(trace, &contents, beside.or(above)?)?))
        })
        .collect();
    for (at, gift) in gifts {
        give(trace, &contents, at, gift);
    }
}

/// Prompt spans by parent, sorted by start.
fn prompt_siblings(
    spans: &[SpanRow],
    tree: &Tree,
    knows: &[bool],
) -> Map<usize, Vec<(i64, usize)>> {
    let mut siblings: Map<usize, Vec<(i64, usize)>> = Map::default();
    for (at, span) in spans.iter().enumerate() {
        if span.kind == Kind::Prompt
            && knows.get(at) == Some(&true)
            && let Some(parent) = tree.parent_of(at)
        {
            siblings.entry(parent).or_default().push((span.start_unix_nano, at));
        }
    }
    for list in siblings.values_mut() {
        let id = |at: usize| spans.get(at).map(|span| span.span_id.as_str());
        list.sort_unstable_by(|a, b| (a.0, id(a.1)).cmp(&(b.0, id(b.1))));
    }
    siblings
}

fn prompt(trace: &TraceRows, contents: &Map<String, usize>, donor: usize) -> Option<Prompt> {
    let span = trace.spans.get(donor)?;
    let payload = contents.get(&span.span_id).and_then(|at| trace.payloads.get(*at));
    Some(Prompt {
        name: span.prompt_name.clone(),
        version: span.prompt_version.clone(),
        hash: span.prompt_hash.clone(),
        variable_names: span.prompt_variable_names.clone(),
        template: payload.and_then(|payload| payload.prompt_template.clone()),
        variables: payload.and_then(|payload| payload.input_variables.clone()),
    })
}

fn give(trace: &mut TraceRows, contents: &Map<String, usize>, at: usize, gift: Prompt) {
    let Some(span) = trace.spans.get_mut(at) else { return };
    let marks = &mut span.inherited_columns;
    for (column, cell, value) in [
        ("prompt_name", &mut span.prompt_name, gift.name),
        ("prompt_version", &mut span.prompt_version, gift.version),
        ("prompt_hash", &mut span.prompt_hash, gift.hash),
    ] {
        if cell.is_none()
            && let Some(value) = value
        {
            mark(marks, column);
            *cell = Some(value);
        }
    }
    if span.prompt_variable_names.is_empty() && !gift.variable_names.is_empty() {
        mark(marks, "prompt_variable_names");
        span.prompt_variable_names = gift.variable_names;
    }
    let payload = contents.get(&span.span_id).and_then(|at| trace.payloads.get_mut(*at));
    let Some(payload) = payload else { return };
    for (column, cell, value) in [
        ("prompt_template", &mut payload.prompt_template, gift.template),
        ("input_variables", &mut payload.input_variables, gift.variables),
    ] {
        if cell.is_none()
            && let Some(value) = value
        {
            mark(&mut payload.inherited_columns, column);
            *cell = Some(value);
        }
    }
}
