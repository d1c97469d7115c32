//! Finds the JSON values in a text that is not JSON as a whole.

use super::repair::{Attempt, Defects, attempt};

/// A value found; offsets are into the text scanned.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Strict JSON: the text's own bytes where they are strict already.
    pub(super) json: String,
    pub(super) defects: Defects,
}

/// What a scan found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) complete: Vec<Candidate>,
    /// The text ends inside a further value.
    pub(super) is_truncated: bool,
}

/// A scan reads at most this many times the text, so that hostile brackets cost linear time.
const MAX_PASSES: usize = 16;
/// Small texts may always be read this many bytes.
const MIN_BUDGET_BYTES: usize = 64 * 1024;

/// Tries every opening bracket that no earlier value contains.
pub(super) fn scan(text: &str) -> Found {
    let mut found = Found::default();
    let mut budget = MIN_BUDGET_BYTES.max(text.len().saturating_mul(MAX_PASSES));
    let mut pos = 0;
    while let Some(start) = next_open(text, pos) {
        match attempt(text, start) {
            Attempt::Complete { end, json, defects } => {
                budget = budget.saturating_sub(end - start);
                if is_convincing(text, start, end) {
                    let source = text.get(start..end).unwrap_or_default();
                    let json = if super::strict::recognise(source).is_some() {
                        source.to_owned()
                    } else {
                        json
                    };
                    found.complete.push(Candidate { start, end, json, defects });
                }
                pos = end;
            }
            Attempt::Truncated => {
                budget = budget.saturating_sub(text.len() - start);
                if is_convincing_start(text, start) {
                    found.is_truncated = true;
                    return found;
                }
                pos = start + 1;
            }
            Attempt::Rejected { at } => {
                budget = budget.saturating_sub(at.saturating_sub(start) + 1);
                pos = start + 1;
            }
        }
        if budget == 0 {
            break;
        }
    }
    drop_thoughts(text, &mut found.complete);
    found
}

fn next_open(text: &str, from: usize) -> Option<usize> {
    text.get(from..)?.find(['{', '[']).map(|at| from + at)
}

/// `[1]` in a sentence is a citation and `{}` a placeholder; a value stands apart or holds something.
fn is_convincing(text: &str, start: usize, end: usize) -> bool {
    let before = text.get(..start).unwrap_or_default();
    let after = text.get(end..).unwrap_or_default();
    if before.trim().is_empty() && after.trim().is_empty() {
        return true;
    }
    let source = text.get(start..end).unwrap_or_default();
    let stands_apart = before.trim_end().ends_with(':')
        || (before.trim_end_matches([' ', '\t']).ends_with(['\n', '>']) || before.is_empty())
            && (after.trim_start_matches([' ', '\t', ',', ';']).starts_with(['\n', '\r', '<'])
                || after.trim().is_empty());
    if source.starts_with('{') {
        source.contains(':') || stands_apart
    } else {
        stands_apart || source.contains(['{', '"'])
    }
}

/// Whether a value that never ends began like one, rather than like a bracket in prose.
fn is_convincing_start(text: &str, start: usize) -> bool {
    let at_start = text.get(..start).unwrap_or_default().trim().is_empty();
    let inside = text.get(start + 1..).unwrap_or_default().trim_start();
    if at_start {
        return true;
    }
    if text.get(start..).is_some_and(|rest| rest.starts_with('{')) {
        inside.is_empty()
            || inside.starts_with(['"', '\'', '}', '/', '{', '['])
            || inside.split_once(':').is_some_and(|(name, _)| !name.contains(char::is_whitespace))
    } else {
        inside.starts_with(['"', '{', '[', '\''])
    }
}

const THOUGHT_ENDS: [&str; 3] = ["</think>", "</thinking>", "</reasoning>"];

/// A value inside a reasoning block is not the answer when another follows it.
fn drop_thoughts(text: &str, complete: &mut Vec<Candidate>) {
    let thought_end =
        THOUGHT_ENDS.iter().filter_map(|tag| text.rfind(tag)).max().unwrap_or_default();
    if complete.iter().any(|candidate| candidate.start >= thought_end) {
        complete.retain(|candidate| candidate.start >= thought_end);
    }
}
