//! Markdown code fences in a model's text.

/// One fenced block; offsets are into the text searched.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block<'a> {
    /// Offset of the opening back quotes.
    pub(super) start: usize,
    /// Offset after the closing ones, or the end of the text.
    pub(super) end: usize,
    /// What stands between, without the info string.
    pub(super) content: &'a str,
}

const MARKS: [&str; 2] = ["```", "~~~"];

/// The fenced blocks of `text`, in order; the last may be unclosed.
pub(super) fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some((start, mark)) = next_mark(text, from) {
        let after_mark = skip_run(text, start, mark);
        let content_start = after_mark + info_len(text.get(after_mark..).unwrap_or_default());
        let rest = text.get(content_start..).unwrap_or_default();
        let (content, end) = match closing(rest, mark) {
            Some(at) => {
                (rest.get(..at).unwrap_or_default(), skip_run(text, content_start + at, mark))
            }
            None => (rest, text.len()),
        };
        found.push(Block { start, end, content });
        from = end;
    }
    found
}

fn next_mark(text: &str, from: usize) -> Option<(usize, &'static str)> {
    let rest = text.get(from..)?;
    MARKS
        .into_iter()
        .filter_map(|mark| rest.find(mark).map(|at| (from + at, mark)))
        .min_by_key(|&(at, _)| at)
}

/// Offset after a run of the mark's character.
fn skip_run(text: &str, at: usize, mark: &str) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let run = rest.len() - rest.trim_start_matches(mark.chars().next().unwrap_or('`')).len();
    at + run
}

/// Length of the info string (`json`) and the line end after it.
fn info_len(rest: &str) -> usize {
    let word = rest
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '.')))
        .unwrap_or(rest.len());
    let line = rest.get(word..).unwrap_or_default();
    let spaces = line.len() - line.trim_start_matches([' ', '\t', '\r']).len();
    match line.get(spaces..).unwrap_or_default().chars().next() {
        Some('\n') => word + spaces + 1,
        // `json {"a": 1}` on one line.
        Some('{' | '[' | '"' | '`' | '~') | None => word + spaces,
        Some(_) => 0,
    }
}

/// The closing mark: at the start of a line if there is one, else the first anywhere.
fn closing(content: &str, mark: &str) -> Option<usize> {
    let mut line_start = 0;
    for line in content.split_inclusive('\n') {
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        if line.get(indent..).is_some_and(|line| line.starts_with(mark)) {
            return Some(line_start + indent);
        }
        line_start += line.len();
    }
    content.find(mark)
}
