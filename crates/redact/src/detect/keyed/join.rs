//! From a name to its value: separators, quotes, escapes.

use super::super::bytes::{at, before, cut, run, run_back, skip_blank};
use super::is_name;

/// How name and value are joined, from certain to vague.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Join {
    /// `name=value`, no blanks.
    Tight,
    /// `name = value`, `name: value`, `name => value`.
    Assign,
    /// `name is value`, `name value`.
    Prose,
}

/// Finds the value that belongs to the name: its range, how it is joined, whether it is quoted.
pub(super) fn value_after(
    b: &[u8],
    name_start: usize,
    name_end: usize,
) -> Option<((usize, usize), Join, bool)> {
    let option = before(b, name_start) == b'-' || at(b, name_start) == b'-';
    let mut i = name_end;
    // `<name>value</name>`, but not what follows a mask of ours.
    if at(b, i) == b'>' && before(b, name_start) == b'<' {
        let stop = run(b, i + 1, 512, |c| !matches!(c, b'<' | b'\n'));
        let ours = cut(b, name_start, name_end).iter().all(|c| !c.is_ascii_lowercase());
        if cut(b, stop, stop + 2) != b"</" && (ours || stop < b.len()) {
            return None;
        }
        return Some(((i + 1, stop), Join::Assign, true));
    }
    // `"name"`, `\"name\"`, `['name']`, `name)`.
    let closed = run(b, i, 6, |c| matches!(c, b'"' | b'\'' | b'`' | b'\\' | b']' | b')' | b'*'));
    let quoted_name = closed > i;
    i = skip_blank(b, closed, 40);
    let gap = i - closed;
    // `Key 2: value`
    if gap == 1 && at(b, i).is_ascii_digit() && at(b, i + 1) == b':' {
        i += 1;
    }
    // `variable "name" { default = "value" }`
    if quoted_name && at(b, i) == b'{' {
        let block = cut(b, i, i + 120);
        let n = block.windows(7).position(|w| w == b"default")?;
        i = skip_blank(b, i + n + 7, 20);
    }
    // `name: String = value`, `"name", value="x"`, a table's `| name | value |`.
    let (sep_end, join) = if at(b, i) == b'|' && in_table(b, name_start) {
        (i + 1, Join::Assign)
    } else {
        separator(b, i, gap, quoted_name, option)?
    };
    // `**Name:** value`
    let marks = run(b, sep_end, 2, |c| c == b'*');
    i = skip_blank(b, marks, 40);
    // A block of YAML: `name: |` with the value on the next line.
    if matches!(at(b, i), b'|' | b'>') && at(b, sep_end - 1) == b':' {
        let line = run(b, i + 1, 2, |c| matches!(c, b'-' | b'+'));
        i = if at(b, line) == b'\n' { skip_blank(b, line + 1, 40) } else { i };
    }
    if i > sep_end || gap > 0 || join != Join::Tight {
        // A YAML or wrapped value on the next line.
        if matches!(at(b, i), b'\n' | b'\r') && join == Join::Assign {
            let next = run(b, i, 24, |c| c.is_ascii_whitespace());
            if matches!(at(b, next), b'"' | b'\'') {
                i = next;
            }
        }
    }
    let join = if join == Join::Tight && (gap > 0 || i > sep_end) { Join::Assign } else { join };
    let slashes = run(b, i, 8, |c| c == b'\\');
    let mut quote = at(b, slashes);
    let mut value_start = slashes + 1;
    if matches!(quote, b'b' | b'r' | b'f' | b'u' | b'@' | b'L')
        && matches!(at(b, i + 1), b'"' | b'\'')
        && slashes == i
    {
        quote = at(b, i + 1);
        value_start = i + 2;
    }
    if matches!(quote, b'"' | b'\'' | b'`') {
        // Doubled quotes of shells and generators: `'"value"'`.
        if matches!(at(b, value_start), b'"' | b'\'' | b'`') && at(b, value_start) != quote {
            quote = at(b, value_start);
            value_start += 1;
        }
        let escapes = slashes - i;
        let stop = quoted_end(b, value_start, quote, escapes);
        return Some(((value_start, stop), join, true));
    }
    let stop = unquoted_end(b, name_start, i, JUDGED, join);
    // `<PASSWORD>`, `${X}`: take the reference whole, so that it is seen as one.
    let stop = if stop == i { run(b, i, 80, |c| !c.is_ascii_whitespace()) } else { stop };
    Some(((i, stop), join, false))
}

/// Whether the cell of a table, and nothing else, is what begins at `name_start`.
fn in_table(b: &[u8], name_start: usize) -> bool {
    let marks = run_back(b, name_start, 12, |c| matches!(c, b' ' | b'`' | b'*' | b'"'));
    before(b, marks) == b'|'
}

/// How much of a value that is not quoted is judged; what begins as a secret is one to its end.
const JUDGED: usize = 256;

/// The end of a value without quotes, or where judging it ends.
fn unquoted_end(b: &[u8], name_start: usize, i: usize, limit: usize, join: Join) -> usize {
    let in_query = matches!(before(b, name_start), b'?' | b'&');
    let mut end = i;
    loop {
        end = run(b, end, limit.saturating_sub(end - i), |c| {
            !c.is_ascii_whitespace()
                && !matches!(c, b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\' | b'|')
                && !(matches!(c, b'&') && (in_query || join == Join::Tight))
                && !(matches!(c, b',' | b';' | b')' | b'}' | b']'))
        });
        if at(b, end) != b'&' || end - i >= limit || parts_values(b, end, in_query) {
            return end;
        }
        end += 1;
    }
}

/// Whether the `&` at `i` stands between two parameters, ends a text, or begins an entity.
fn parts_values(b: &[u8], i: usize, in_query: bool) -> bool {
    let name = run(b, i + 1, 64, |c| is_name(c) || matches!(c, b'[' | b']' | b'%' | b'#'));
    let flag = in_query && !cut(b, i, name).iter().any(u8::is_ascii_digit);
    let entity = at(b, i + 1) == b'#' || !cut(b, i + 1, name).iter().any(u8::is_ascii_digit);
    match at(b, name) {
        b'=' => true,
        b';' => entity,
        b'&' => flag,
        _ => name == i + 1 || flag,
    }
}

/// The end of a value of which a part was judged to be secret.
pub(super) fn whole_value(b: &[u8], name_start: usize, value: (usize, usize), join: Join) -> usize {
    let (start, end) = value;
    if end - start < JUDGED { end } else { unquoted_end(b, name_start, end, usize::MAX, join) }
}

fn separator(
    b: &[u8],
    i: usize,
    gap: usize,
    quoted_name: bool,
    option: bool,
) -> Option<(usize, Join)> {
    let rest = cut(b, i, i + 48);
    for sep in [&b":="[..], b"=>", b"->", b"===", b"==", b"!==", b"!=", b"?=", b"||="] {
        if rest.starts_with(sep) {
            return Some((i + sep.len(), Join::Assign));
        }
    }
    match at(b, i) {
        b'=' => return Some((i + 1, Join::Tight)),
        b':' => {
            // `name: Type = value`
            let line = rest.split(|&c| c == b'\n').next().unwrap_or(rest);
            if let Some(n) = line.iter().position(|&c| c == b'=')
                && n > 2
                && line.get(1..n).is_some_and(|t| {
                    t.iter().all(|c| {
                        c.is_ascii_alphabetic()
                            || matches!(c, b' ' | b'&' | b'?' | b'<' | b'>' | b'|')
                    }) && t.iter().any(u8::is_ascii_alphabetic)
                })
            {
                return Some((i + n + 1, Join::Assign));
            }
            return Some((i + 1, Join::Assign));
        }
        b',' if quoted_name => {
            let next = run(b, i + 1, 40, |c| c.is_ascii_whitespace());
            let named = cut(b, next, next + 10);
            if let Some(at_value) = named.windows(5).position(|w| w.eq_ignore_ascii_case(b"value"))
            {
                let after =
                    run(b, next + at_value + 5, 6, |c| matches!(c, b'"' | b'\'' | b'\\' | b' '));
                if matches!(at(b, after), b':' | b'=') {
                    return Some((after + 1, Join::Assign));
                }
            }
            return matches!(at(b, next), b'"' | b'\'' | b'\\').then_some((i + 1, Join::Prose));
        }
        // `- name: X` with `value: …` on the next line.
        b'\n' | b'\r' => {
            let next = run(b, i, 40, |c| c.is_ascii_whitespace());
            let named = cut(b, next, next + 6).eq_ignore_ascii_case(b"value:");
            return named.then_some((next + 6, Join::Assign));
        }
        // `.password("X")`, `withApiKey('X')`: the only argument of a call.
        b'(' if gap == 0
            && !quoted_name
            && matches!(at(b, i + 1), b'"' | b'\'')
            && only_argument(b, i + 1) =>
        {
            return Some((i + 1, Join::Prose));
        }
        // `the API key (X)`
        b'(' if gap == 1 => return Some((i + 1, Join::Prose)),
        _ => {}
    }
    if gap == 0 {
        return None;
    }
    if quoted_name
        && rest.len() > 7
        && rest.get(..6).is_some_and(|r| r.eq_ignore_ascii_case(b"value="))
    {
        return Some((i + 6, Join::Assign));
    }
    if option || matches!(at(b, i), b'"' | b'\'') {
        return Some((i, Join::Assign));
    }
    for word in ["is ", "was ", "of ", "are "] {
        if rest.get(..word.len()).is_some_and(|r| r.eq_ignore_ascii_case(word.as_bytes())) {
            let mut next = i + word.len();
            if matches!(at(b, next), b':') {
                next += 1;
            }
            return Some((next, Join::Prose));
        }
    }
    Some((i, Join::Prose))
}

/// Whether the string whose quote stands at `quote` has digits or symbols, no blanks, and closes
/// before a bracket.
fn only_argument(b: &[u8], quote: usize) -> bool {
    let mark = at(b, quote);
    let stop = run(b, quote + 1, 512, |c| c != mark && !c.is_ascii_whitespace());
    at(b, stop) == mark
        && at(b, stop + 1) == b')'
        && cut(b, quote + 1, stop).iter().any(|&c| {
            c.is_ascii_digit()
                || matches!(c, b'!' | b'@' | b'#' | b'$' | b'%' | b'^' | b'&' | b'*' | b'+')
        })
}

/// The end of a quoted value: the same quote after as many backslashes as opened it, on one line
/// unless the value spans lines like a key does.
pub(super) fn quoted_end(b: &[u8], start: usize, quote: u8, escapes: usize) -> usize {
    let mut i = start;
    let limit = (start + 8192).min(b.len());
    while i < limit {
        let c = at(b, i);
        if c == quote {
            let slashes = i - run_back(b, i, 16, |c| c == b'\\');
            if slashes <= escapes || (escapes == 0 && slashes.is_multiple_of(2)) {
                return i - slashes.min(escapes);
            }
        }
        if c == b'\n' {
            break;
        }
        i += 1;
    }
    // Unterminated: up to the first blank.
    run(b, start, 4096, |c| !c.is_ascii_whitespace() && c != quote)
}
