//! RFC 8259 recognition in one pass over the bytes, without recursion and without building a value.

/// What a strictly valid document turned out to contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Some object names a member twice.
    pub(crate) has_duplicate_key: bool,
    /// The whole document is one string.
    pub(crate) is_string: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Array,
    /// Index into the key list where this object's keys begin.
    Object(usize),
}

/// Recognises `text` (no surrounding white space allowed beyond JSON's own four characters).
///
/// Returns `None` unless the whole text is one JSON value. Nesting is bounded by memory only:
/// one machine word per open bracket, no stack frames.
pub(crate) fn recognise(text: &str) -> Option<Facts> {
    Scanner { bytes: text.as_bytes(), pos: 0 }.document(text)
}

struct Scanner<'a> {
    bytes: &'a [u8],
    pos: usize,
}

impl Scanner<'_> {
    fn document(mut self, text: &str) -> Option<Facts> {
        let mut scopes: Vec<Scope> = Vec::new();
        let mut keys: Vec<(usize, usize)> = Vec::new();
        let mut has_duplicate_key = false;
        self.skip_space();
        let is_string = self.peek() == Some(b'"');
        loop {
            // One value starts here.
            match self.peek()? {
                b'{' => {
                    self.pos += 1;
                    self.skip_space();
                    if self.peek()? == b'}' {
                        self.pos += 1;
                    } else {
                        scopes.push(Scope::Object(keys.len()));
                        keys.push(self.key()?);
                        continue;
                    }
                }
                b'[' => {
                    self.pos += 1;
                    self.skip_space();
                    if self.peek()? == b']' {
                        self.pos += 1;
                    } else {
                        scopes.push(Scope::Array);
                        continue;
                    }
                }
                b'"' => self.string()?,
                b't' => self.literal(b"true")?,
                b'f' => self.literal(b"false")?,
                b'n' => self.literal(b"null")?,
                _ => self.number()?,
            }
            // A value has ended; close what closes.
            loop {
                self.skip_space();
                let Some(&scope) = scopes.last() else {
                    return (self.pos == self.bytes.len())
                        .then_some(Facts { has_duplicate_key, is_string });
                };
                match (scope, self.peek()?) {
                    (_, b',') => {
                        self.pos += 1;
                        self.skip_space();
                        if matches!(scope, Scope::Object(_)) {
                            keys.push(self.key()?);
                        }
                        break;
                    }
                    (Scope::Array, b']') => self.pos += 1,
                    (Scope::Object(first), b'}') => {
                        self.pos += 1;
                        has_duplicate_key = has_duplicate_key || repeats(text, keys.get(first..)?);
                        keys.truncate(first);
                    }
                    _ => return None,
                }
                scopes.pop();
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.pos).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.pos += 1;
        }
    }

    /// A member name, its colon and the space after it; returns the name's range without quotes.
    fn key(&mut self) -> Option<(usize, usize)> {
        if self.peek()? != b'"' {
            return None;
        }
        let start = self.pos + 1;
        self.string()?;
        let end = self.pos - 1;
        self.skip_space();
        if self.peek()? != b':' {
            return None;
        }
        self.pos += 1;
        self.skip_space();
        Some((start, end))
    }

    fn string(&mut self) -> Option<()> {
        self.pos += 1;
        loop {
            self.skip_plain();
            match self.peek()? {
                b'"' => {
                    self.pos += 1;
                    return Some(());
                }
                b'\\' => self.escape()?,
                0..=0x1f => return None,
                _ => self.pos += 1,
            }
        }
    }

    /// Skips, eight bytes at a time, what a string holds as it is; stops at the latest eight bytes before the end.
    fn skip_plain(&mut self) {
        while let Some(word) = self.bytes.get(self.pos..).and_then(<[u8]>::first_chunk) {
            let marks = ends_plain(u64::from_le_bytes(*word));
            if marks != 0 {
                self.pos += marks.trailing_zeros() as usize / 8;
                return;
            }
            self.pos += 8;
        }
    }

    fn escape(&mut self) -> Option<()> {
        self.pos += 1;
        match self.peek()? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.pos += 1,
            b'u' => {
                let digits = self.bytes.get(self.pos + 1..self.pos + 5)?;
                if !digits.iter().all(u8::is_ascii_hexdigit) {
                    return None;
                }
                self.pos += 5;
            }
            _ => return None,
        }
        Some(())
    }

    fn literal(&mut self, word: &[u8]) -> Option<()> {
        let end = self.pos + word.len();
        (self.bytes.get(self.pos..end)? == word).then(|| self.pos = end)
    }

    fn number(&mut self) -> Option<()> {
        if self.peek() == Some(b'-') {
            self.pos += 1;
        }
        match self.peek()? {
            b'0' => self.pos += 1,
            b'1'..=b'9' => self.digits()?,
            _ => return None,
        }
        if self.peek() == Some(b'.') {
            self.pos += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.pos += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.pos += 1;
            }
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.pos;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.pos += 1;
        }
        (self.pos > start).then_some(())
    }
}

/// The top bit of the first byte that is a quote, a backslash or a control character. Bits above that one mean nothing:
/// a subtraction borrows only from the bytes above a match.
fn ends_plain(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let is_zero = |bytes: u64| bytes.wrapping_sub(EACH) & !bytes;
    let quote = is_zero(word ^ (EACH * u64::from(b'"')));
    let backslash = is_zero(word ^ (EACH * u64::from(b'\\')));
    let control = word.wrapping_sub(EACH * 0x20) & !word;
    (quote | backslash | control) & (EACH * 0x80)
}

/// Up to this many keys are compared pair by pair; more are sorted first.
const PAIRWISE_KEYS: usize = 12;

fn repeats(text: &str, ranges: &[(usize, usize)]) -> bool {
    let name = |&(start, end): &(usize, usize)| text.get(start..end).unwrap_or_default();
    let has_escape = ranges.iter().any(|range| name(range).contains('\\'));
    if has_escape {
        // `"a"` and `"\u0061"` are the same name.
        return any_equal(ranges.iter().map(|range| decoded(name(range))).collect());
    }
    if ranges.len() > PAIRWISE_KEYS {
        return any_equal(ranges.iter().map(name).collect());
    }
    ranges
        .iter()
        .enumerate()
        .any(|(index, range)| ranges.iter().skip(index + 1).any(|other| name(range) == name(other)))
}

fn any_equal<T: Ord>(mut names: Vec<T>) -> bool {
    names.sort_unstable();
    names.windows(2).any(|pair| matches!(pair, [left, right] if left == right))
}

fn decoded(raw: &str) -> String {
    serde_json::from_str(&format!("\"{raw}\"")).unwrap_or_else(|_| raw.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_end_where_they_would_byte_by_byte() {
        for before in 0..20 {
            for byte in 0..=0x7f_u8 {
                let text = format!(
                    "\"{}{}{}\"",
                    "é".repeat(before / 2),
                    "a".repeat(before),
                    char::from(byte)
                );
                let expected = !matches!(byte, 0..=0x1f | b'"' | b'\\');
                assert_eq!(recognise(&text).is_some(), expected, "{text:?}");
                let longer =
                    format!("[\"{}{}\\n0123456789\"]", "a".repeat(before), char::from(byte));
                let expected = serde_json::from_str::<serde_json::Value>(&longer).is_ok();
                assert_eq!(recognise(&longer).is_some(), expected, "{longer:?}");
            }
        }
    }
}
