//! `token_role` and `is_superseded`: what counts once although several spans report it.

use spanlake_model::{Kind, SpanRow, TokenRole};

use super::Map;
use super::marks::{is_duplicate_of_another_trace, is_native_sdk, placeholder_of};
use super::tree::Tree;

/// Hides a placeholder once the span that it announces is there.
pub(super) fn placeholders(spans: &mut [SpanRow], tree: &Tree) {
    let superseded: Vec<bool> = spans
        .iter()
        .map(|span| {
            !span.is_final
                && placeholder_of(span)
                    .is_some_and(|real| real != span.span_id && tree.by_id.contains_key(&real))
        })
        .collect();
    for (span, superseded) in spans.iter_mut().zip(superseded) {
        span.is_superseded = superseded;
    }
}

/// A call to a provider: what a price is paid for.
fn is_call(kind: Kind) -> bool {
    matches!(kind, Kind::Llm | Kind::Embedding | Kind::Reranker)
}

fn has_usage(span: &SpanRow) -> bool {
    !span.is_superseded
        && (span.input_tokens.is_some()
            || span.output_tokens.is_some()
            || span.cost_usd.is_some_and(|cost| cost > 0.0))
}

/// Sets every span's role.
///
/// - Without tokens and cost: none.
/// - An agent, chain or other step with tokens and a call with tokens below it: aggregate.
/// - A call that a span of another trace reports as well: duplicate.
/// - Calls with one response id: the framework's and outermost is the leaf, others duplicates.
/// - A provider SDK's own span during a framework's call with the same tokens, wherever it hangs, is
///   a duplicate.
/// - A call whose nearest call above reports the same tokens, or a provider SDK's own span right
///   below a framework's call whatever both count: duplicate. Where the framework's lacks a count,
///   that call is the aggregate and the SDK's the leaf.
/// - A call whose calls below sum to its tokens: aggregate.
/// - Else: leaf.
pub(super) fn token_roles(spans: &mut [SpanRow], tree: &Tree) {
    let mut roles: Vec<TokenRole> = spans
        .iter()
        .map(|span| match has_usage(span) {
            true if is_duplicate_of_another_trace(span) => TokenRole::Duplicate,
            true => TokenRole::Leaf,
            false => TokenRole::None,
        })
        .collect();
    aggregates(spans, tree, &mut roles);
    same_response(spans, tree, &mut roles);
    native_beside(spans, &mut roles);
    nested(spans, tree, &mut roles);
    for (span, role) in spans.iter_mut().zip(roles) {
        span.token_role = role;
    }
}

fn set(roles: &mut [TokenRole], at: usize, role: TokenRole) {
    if let Some(slot) = roles.get_mut(at) {
        *slot = role;
    }
}

fn aggregates(spans: &[SpanRow], tree: &Tree, roles: &mut [TokenRole]) {
    let mut usage_below = vec![false; spans.len()];
    for at in tree.order.iter().rev() {
        let below = usage_below.get(*at).copied().unwrap_or_default();
        let Some(span) = spans.get(*at) else { continue };
        if below && !is_call(span.kind) && has_usage(span) {
            set(roles, *at, TokenRole::Aggregate);
        }
        if let Some(parent) = tree.parent_of(*at)
            && let Some(slot) = usage_below.get_mut(parent)
        {
            *slot |= below || has_usage(span);
        }
    }
}

fn same_response(spans: &[SpanRow], tree: &Tree, roles: &mut [TokenRole]) {
    let mut groups: Map<&str, Vec<usize>> = Map::default();
    for (at, span) in spans.iter().enumerate() {
        if roles.get(at) == Some(&TokenRole::Leaf)
            && let Some(id) = span.response_id.as_deref()
        {
            groups.entry(id).or_default().push(at);
        }
    }
    for members in groups.into_values().filter(|members| members.len() > 1) {
        let rank = |at: &usize| {
            let span = spans.get(*at)?;
            let depth = tree.depth.get(*at).copied().unwrap_or_default();
            Some((is_native_sdk(span), depth, span.start_unix_nano, span.span_id.as_str()))
        };
        let best = members.iter().min_by_key(|at| rank(at)).copied();
        for at in members.into_iter().filter(|at| Some(*at) != best) {
            set(roles, at, TokenRole::Duplicate);
        }
    }
}

/// A framework or an SDK that names no response, with the SDK's span beside the framework's rather
/// than below.
fn native_beside(spans: &[SpanRow], roles: &mut [TokenRole]) {
    let is_leaf = |at: usize| roles.get(at) == Some(&TokenRole::Leaf);
    let mut native: Vec<usize> = Vec::new();
    let mut calls: Map<(i64, i64), Vec<usize>> = Map::default();
    for (at, span) in spans.iter().enumerate().filter(|(at, _)| is_leaf(*at)) {
        if is_native_sdk(span) {
            native.push(at);
        } else if is_call(span.kind) {
            calls.entry(tokens(span)).or_default().push(at);
        }
    }
    if native.is_empty() || calls.is_empty() {
        return;
    }
    let key = |at: &usize| spans.get(*at).map(|span| (span.start_unix_nano, &span.span_id));
    native.sort_by(|a, b| key(a).cmp(&key(b)));
    for list in calls.values_mut() {
        list.sort_by(|a, b| key(a).cmp(&key(b)));
    }
    for at in native {
        let Some(inner) = spans.get(at) else { continue };
        let Some(list) = calls.get_mut(&tokens(inner)) else { continue };
        let around = |outer: &SpanRow| {
            outer.kind == inner.kind
                && (outer.response_id.is_none() || inner.response_id.is_none())
                && outer.start_unix_nano <= inner.start_unix_nano
                && (outer.end_unix_nano == 0 || inner.start_unix_nano <= outer.end_unix_nano)
        };
        let found = list.iter().position(|call| spans.get(*call).is_some_and(around));
        if let Some(found) = found {
            // Each call has one span below the framework.
            list.remove(found);
            set(roles, at, TokenRole::Duplicate);
        }
    }
}

fn tokens(span: &SpanRow) -> (i64, i64) {
    (span.input_tokens.unwrap_or_default(), span.output_tokens.unwrap_or_default())
}

/// Whether a call directly inside another is the same one: a provider's SDK below a framework, or
/// the same tokens, with the cached ones in one count of the input and not in the other.
fn is_same_call(outer: &SpanRow, inner: &SpanRow) -> bool {
    let uncached = |span: &SpanRow| {
        let cached = [span.cache_read_tokens, span.cache_write_tokens];
        let cached = cached.into_iter().flatten().fold(0, i64::saturating_add);
        tokens(span).0.saturating_sub(cached)
    };
    let same_input = || {
        tokens(outer).0 == tokens(inner).0
            || uncached(outer) == tokens(inner).0
            || tokens(outer).0 == uncached(inner)
    };
    (is_native_sdk(inner) && reports_all(outer, inner))
        || (tokens(outer).1 == tokens(inner).1 && same_input())
}

/// Whether a call names each count that another names.
fn reports_all(outer: &SpanRow, inner: &SpanRow) -> bool {
    (outer.input_tokens.is_some() || inner.input_tokens.is_none())
        && (outer.output_tokens.is_some() || inner.output_tokens.is_none())
}

/// Calls inside calls, told by their tokens where no response id tells.
fn nested(spans: &[SpanRow], tree: &Tree, roles: &mut [TokenRole]) {
    // The nearest counted call above each span, and the counted calls right below each.
    let mut above: Vec<Option<usize>> = vec![None; spans.len()];
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); spans.len()];
    let counted = |at: usize, roles: &[TokenRole]| {
        roles.get(at) == Some(&TokenRole::Leaf)
            && spans.get(at).is_some_and(|span| is_call(span.kind))
    };
    for at in &tree.order {
        let Some(parent) = tree.parent_of(*at) else { continue };
        let call = if counted(parent, roles) {
            Some(parent)
        } else {
            above.get(parent).copied().flatten()
        };
        if let Some(slot) = above.get_mut(*at) {
            *slot = call;
        }
        if let Some(call) = call
            && counted(*at, roles)
            && let Some(calls) = below.get_mut(call)
        {
            calls.push(*at);
        }
    }
    // From the top, so that a chain of three repeats leaves the outermost as the leaf.
    for at in &tree.order {
        let (Some(outer), Some(calls)) = (spans.get(*at), below.get(*at)) else { continue };
        let inner: Vec<&SpanRow> = calls.iter().filter_map(|call| spans.get(*call)).collect();
        match inner.as_slice() {
            [] => {}
            [only] => {
                let different = match (&outer.response_id, &only.response_id) {
                    (Some(outer), Some(inner)) => outer != inner,
                    _ => false,
                };
                if different || outer.kind != only.kind {
                    continue;
                }
                if is_same_call(outer, only) {
                    for call in calls {
                        set(roles, *call, TokenRole::Duplicate);
                    }
                } else if is_native_sdk(only) {
                    // The framework left out a count: the SDK's span below has both.
                    set(roles, *at, TokenRole::Aggregate);
                }
            }
            many => {
                let sum = many.iter().map(|call| tokens(call)).fold((0_i64, 0_i64), |sum, one| {
                    (sum.0.saturating_add(one.0), sum.1.saturating_add(one.1))
                });
                if sum == tokens(outer) && sum != (0, 0) {
                    set(roles, *at, TokenRole::Aggregate);
                }
            }
        }
    }
}
