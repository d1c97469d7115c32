//! What the line editor knows: names to complete, where a statement ends, what to highlight.

use std::borrow::Cow;
use std::collections::BTreeMap;

use nu_ansi_term::{Color, Style};
use rustyline::completion::{Completer, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::HistoryHinter;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper, Hinter};

use super::statement::{State, state};

const KEYWORDS: &[&str] = &[
    "all",
    "and",
    "as",
    "asc",
    "avg",
    "between",
    "by",
    "case",
    "cast",
    "count",
    "cross",
    "date_trunc",
    "desc",
    "distinct",
    "else",
    "end",
    "exists",
    "explain",
    "analyze",
    "extract",
    "false",
    "filter",
    "from",
    "full",
    "group",
    "having",
    "in",
    "inner",
    "intersect",
    "interval",
    "is",
    "join",
    "last",
    "left",
    "like",
    "ilike",
    "limit",
    "max",
    "min",
    "not",
    "null",
    "nulls",
    "offset",
    "on",
    "or",
    "order",
    "outer",
    "over",
    "partition",
    "right",
    "select",
    "show",
    "describe",
    "sum",
    "then",
    "true",
    "union",
    "unnest",
    "using",
    "values",
    "when",
    "where",
    "with",
];

/// Backslash commands and what they do.
pub(super) const COMMANDS: &[(&str, &str)] = &[
    ("\\d", "list tables and views; \\d NAME shows one's columns"),
    ("\\df", "list Spanlake's functions, \\df * all, \\df PART those whose name holds it"),
    ("\\df+", "show a function's manual: \\df+ NAME"),
    ("\\x", "show rows one column a line, on or off"),
    ("\\timing", "show how long statements take, on or off"),
    ("\\format", "table, csv, json or ndjson"),
    ("\\i", "run the statements of a file: \\i FILE"),
    ("\\q", "leave"),
    ("\\?", "this list"),
];

/// Names that can be completed.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Table or view → its columns.
    pub(super) tables: BTreeMap<String, Vec<String>>,
    /// Functions.
    pub(super) functions: Vec<String>,
}

#[derive(Helper, Hinter)]
pub(super) struct ShellHelper {
    pub(super) names: Names,
    #[rustyline(Hinter)]
    pub(super) hinter: HistoryHinter,
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '\\' | '?')
}

impl ShellHelper {
    /// Returns candidates for the word before the cursor, nearest kind first.
    fn candidates(&self, line: &str, word: &str, start: usize) -> Vec<String> {
        let before = line.get(..start).unwrap_or_default();
        let lower = word.to_lowercase();
        if word.starts_with('\\') {
            return COMMANDS
                .iter()
                .map(|(name, _)| (*name).to_owned())
                .filter(|name| name.starts_with(word))
                .collect();
        }
        let begins = |name: &&String| name.to_lowercase().starts_with(&lower);
        // `table.` completes the table's columns only.
        if let Some(table) = before.strip_suffix('.') {
            let table = table.rsplit(|c: char| !is_word(c)).next().unwrap_or_default();
            if let Some(columns) = self.names.tables.get(table) {
                return columns.iter().filter(begins).cloned().collect();
            }
        }
        let previous = before.split_whitespace().next_back().unwrap_or_default().to_lowercase();
        let tables: Vec<String> = self.names.tables.keys().filter(begins).cloned().collect();
        if matches!(previous.as_str(), "from" | "join" | "describe" | "\\d") {
            return tables;
        }
        if matches!(previous.as_str(), "\\df" | "\\df+") {
            return self.names.functions.iter().filter(begins).cloned().collect();
        }
        if lower.is_empty() {
            return Vec::new();
        }
        let mentioned = self.names.tables.iter().filter(|(table, _)| line.contains(table.as_str()));
        let mut found: Vec<String> =
            mentioned.flat_map(|(_, columns)| columns.iter().filter(begins).cloned()).collect();
        if found.is_empty() {
            found.extend(self.names.tables.values().flatten().filter(begins).cloned());
        }
        found.sort();
        found.dedup();
        found.extend(tables);
        found.extend(self.names.functions.iter().filter(begins).map(|name| format!("{name}(")));
        found.extend(
            KEYWORDS.iter().filter(|word| word.starts_with(&lower)).map(|word| (*word).to_owned()),
        );
        found
    }
}

impl Completer for ShellHelper {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        pos: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let before = line.get(..pos).unwrap_or(line);
        let start = before
            .char_indices()
            .rev()
            .take_while(|(_, c)| is_word(*c))
            .last()
            .map_or(before.len(), |(at, _)| at);
        let word = before.get(start..).unwrap_or_default();
        let pairs = self
            .candidates(line, word, start)
            .into_iter()
            .map(|name| Pair { display: name.clone(), replacement: name })
            .collect();
        Ok((start, pairs))
    }
}

impl Validator for ShellHelper {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let text = context.input();
        let done = text.trim_start().starts_with('\\') || state(text) != State::Open;
        Ok(if done { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}

impl Highlighter for ShellHelper {
    fn highlight<'l>(&self, line: &'l str, _pos: usize) -> Cow<'l, str> {
        let mut shown = String::with_capacity(line.len() * 2);
        let mut rest = line;
        while let Some(first) = rest.chars().next() {
            let (length, style) = token(rest, first, &self.names.functions);
            let (piece, tail) = rest.split_at(length);
            shown.push_str(&style.paint(piece).to_string());
            rest = tail;
        }
        Cow::Owned(shown)
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(Style::new().dimmed().paint(hint).to_string())
    }

    fn highlight_char(&self, _line: &str, _pos: usize, _kind: CmdKind) -> bool {
        true
    }
}

/// Returns the length in bytes and the style of the token at the start of `rest`.
fn token(rest: &str, first: char, functions: &[String]) -> (usize, Style) {
    let plain = Style::new();
    if first == '\'' {
        let end = rest.get(1..).and_then(|inner| inner.find('\'')).map_or(rest.len(), |at| at + 2);
        return (end, plain.fg(Color::Green));
    }
    if rest.starts_with("--") {
        return (rest.find('\n').unwrap_or(rest.len()), plain.dimmed());
    }
    let word = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
    if word == 0 {
        return (first.len_utf8(), plain);
    }
    let text = rest.get(..word).unwrap_or_default().to_lowercase();
    let style = if first.is_ascii_digit() {
        plain.fg(Color::Cyan)
    } else if KEYWORDS.contains(&text.as_str()) {
        plain.bold().fg(Color::Blue)
    } else if functions.contains(&text) {
        plain.fg(Color::Purple)
    } else {
        plain
    };
    (word, style)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn helper() -> ShellHelper {
        let mut names = Names::default();
        names.tables.insert("spans".into(), vec!["span_id".into(), "start_time".into()]);
        names.tables.insert("evals".into(), vec!["score".into()]);
        names.functions = vec!["faith_score".into(), "psi".into()];
        ShellHelper { names, hinter: HistoryHinter::new() }
    }

    fn completed(line: &str) -> Vec<String> {
        let history = rustyline::history::DefaultHistory::new();
        let (_, pairs) = helper().complete(line, line.len(), &Context::new(&history)).unwrap();
        pairs.into_iter().map(|pair| pair.replacement).collect()
    }

    #[test]
    fn tables_columns_functions_and_commands_are_completed() {
        assert_eq!(completed("select * from s"), ["spans"]);
        assert_eq!(completed("select * from spans where st"), ["start_time"]);
        assert_eq!(completed("select spans.sp"), ["span_id"]);
        assert_eq!(completed("select fai"), ["faith_score("]);
        assert_eq!(completed("\\ti"), ["\\timing"]);
        assert_eq!(completed("\\d ev"), ["evals"]);
        assert_eq!(completed("sel"), ["select"]);
    }

    #[test]
    fn highlighting_keeps_the_text() {
        let line = "select 'é;' , psi(x) from spans -- α";
        let shown = helper().highlight(line, 0).into_owned();
        let plain: String = {
            let mut inside = false;
            shown
                .chars()
                .filter(|c| {
                    let escape = *c == '\u{1b}';
                    let keep = !inside && !escape;
                    inside = (inside || escape) && *c != 'm';
                    keep
                })
                .collect()
        };
        assert_eq!(plain, line);
    }
}
