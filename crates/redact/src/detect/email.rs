//! E-mail addresses around an `@` or its URL escape.

use super::Hit;
use super::bytes::{at, before, cut, is_word, run, run_back};
use crate::class::Class;

/// Last labels that are file types, not domains.
const FILE_TYPES: [&str; 22] = [
    "png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "js", "ts", "tsx", "jsx", "css", "json",
    "html", "md", "py", "rs", "txt", "pdf", "yaml", "yml", "toml",
];

/// The address around the `@` at `mark..mark_end` (`%40` is three bytes).
pub(crate) fn scan(b: &[u8], mark: usize, mark_end: usize, out: &mut Vec<Hit>) {
    let local = |c: u8| is_word(c) || matches!(c, b'.' | b'%' | b'+' | b'-');
    let mut start = run_back(b, mark, 64, local);
    // O'Brien, but not x='name.
    if before(b, start) == b'\'' && start >= 2 {
        let head = run_back(b, start - 1, 3, |c| c.is_ascii_alphabetic());
        if head < start - 1
            && !matches!(before(b, head), b'=' | b'(' | b':' | b'[' | b',')
            && at(b, start).is_ascii_alphabetic()
            && (start - 1 - head) <= 2
            && !is_word(before(b, head))
        {
            start = head;
        }
    }
    if before(b, start) == b'\\' && matches!(at(b, start), b'n' | b'r' | b't') && start + 1 < mark {
        start += 1;
    }
    while start < mark && matches!(at(b, start), b'.' | b'-' | b'+') {
        start += 1;
    }
    // `a%3D1%26to%3Dname%40host`: an escaped mark ends what stands before the name.
    let marks = cut(b, start, mark).windows(3).rposition(|w| {
        matches!(w, [b'%', b'2', b'6' | b'0' | b'2' | b'C' | b'c' | b'F' | b'f'])
            || matches!(w, [b'%', b'3', b'A'..=b'F' | b'a'..=b'f'])
    });
    start += marks.map_or(0, |n| n + 3);
    // `%3Cname%40host`: an escape that belongs to the text around.
    if at(b, start) == b'%' && start + 3 < mark {
        start += 3;
    }
    if start == mark || at(b, mark - 1) == b'.' {
        return;
    }
    let mut end = run(b, mark_end, 255, |c| is_word(c) && c != b'_' || matches!(c, b'.' | b'-'));
    while end > mark_end && matches!(at(b, end - 1), b'.' | b'-') {
        end -= 1;
    }
    let domain = cut(b, mark_end, end);
    let Some(dot) = domain.iter().rposition(|&c| c == b'.') else { return };
    let tld = domain.get(dot + 1..).unwrap_or(&[]);
    let host = domain.get(..dot).unwrap_or(&[]);
    let named = tld.len() >= 2
        && tld.len() <= 24
        && (tld.iter().all(|c| c.is_ascii_alphabetic() || *c >= 0x80) || tld.starts_with(b"xn--"));
    let numeric = host.iter().all(|c| c.is_ascii_digit() || *c == b'.');
    if !named || host.is_empty() || numeric || host.starts_with(b".") || host.starts_with(b"-") {
        return;
    }
    if FILE_TYPES.iter().any(|t| tld.eq_ignore_ascii_case(t.as_bytes())) {
        return;
    }
    // scp-style remotes: git@host:path
    if cut(b, start, mark) == b"git" && matches!(at(b, end), b':' | b'/') {
        return;
    }
    out.push(Hit::new(start, end, Class::Email, "email"));
}
