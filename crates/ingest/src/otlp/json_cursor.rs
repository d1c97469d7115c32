//! Finds the parts of a JSON text without recursion, so that one broken or bottomless part costs
//! only itself.

/// A part of a JSON text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part<'a> {
    /// The member's key as written, without quotes; empty for an item of a list.
    pub key: &'a str,
    /// The value's text.
    pub text: &'a str,
    /// Whether the value ends inside the text.
    pub complete: bool,
}

/// What [`parts`] found.
#[derive(Debug, Default)]
pub(crate) struct Parts<'a> {
    /// Members or items, in order.
    pub parts: Vec<Part<'a>>,
    /// Whether the object or list is closed and well formed between its parts.
    pub complete: bool,
}

/// Splits an object or a list into its members or items. Other values have no parts.
pub(crate) fn parts(text: &str) -> Parts<'_> {
    let mut cursor = Cursor { text, position: 0 };
    let mut found = Parts::default();
    let close = match cursor.next_byte() {
        Some(b'{') => b'}',
        Some(b'[') => b']',
        _ => return found,
    };
    loop {
        match cursor.peek() {
            Some(byte) if byte == close => {
                found.complete = true;
                return found;
            }
            Some(b',') => {
                cursor.position += 1;
                continue;
            }
            None => return found,
            Some(_) => {}
        }
        let key = if close == b'}' {
            let Some(key) = cursor.key() else { return found };
            key
        } else {
            ""
        };
        let Some(part) = cursor.value(key) else { return found };
        found.parts.push(part);
        if !part.complete {
            return found;
        }
    }
}

/// Returns the first value of the text and what follows it.
pub(crate) fn first_value(text: &str) -> Option<(Part<'_>, &str)> {
    let mut cursor = Cursor { text, position: 0 };
    let part = cursor.value("")?;
    Some((part, text.get(cursor.position..).unwrap_or_default()))
}

struct Cursor<'a> {
    text: &'a str,
    position: usize,
}

impl<'a> Cursor<'a> {
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.position) {
            if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                return Some(*byte);
            }
            self.position += 1;
        }
        None
    }

    fn next_byte(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.position += 1;
        Some(byte)
    }

    fn key(&mut self) -> Option<&'a str> {
        if self.peek()? != b'"' {
            return None;
        }
        let start = self.position + 1;
        self.string()?;
        let key = self.text.get(start..self.position - 1)?;
        (self.next_byte()? == b':').then_some(key)
    }

    /// Moves past a string that begins here.
    fn string(&mut self) -> Option<()> {
        let bytes = self.text.as_bytes();
        self.position += 1;
        loop {
            let rest = bytes.get(self.position..)?;
            let at = memchr::memchr2(b'"', b'\\', rest)?;
            self.position += at + 1;
            if rest.get(at) == Some(&b'"') {
                return Some(());
            }
            self.position += 1;
        }
    }

    /// Moves past a value that begins here, however deep it is.
    fn value(&mut self, key: &'a str) -> Option<Part<'a>> {
        let first = self.peek()?;
        let start = self.position;
        let mut depth = 0_usize;
        let bytes = self.text.as_bytes();
        let complete = loop {
            match bytes.get(self.position) {
                None => break depth == 0 && self.position > start,
                Some(b'"') => {
                    if self.string().is_none() {
                        self.position = bytes.len();
                        break false;
                    }
                    if depth == 0 {
                        break true;
                    }
                }
                Some(b'{' | b'[') => {
                    depth += 1;
                    self.position += 1;
                }
                Some(b'}' | b']') => {
                    if depth == 0 {
                        // The end of what surrounds a number or a word.
                        break self.position > start;
                    }
                    depth -= 1;
                    self.position += 1;
                    if depth == 0 {
                        break true;
                    }
                }
                Some(b',' | b' ' | b'\t' | b'\r' | b'\n') if depth == 0 => break true,
                Some(_) => self.position += 1,
            }
        };
        // A value that takes no byte would never end.
        if self.position == start {
            let _ = first;
            return None;
        }
        let text = self.text.get(start..self.position)?;
        Some(Part { key, text, complete })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_and_items_are_found() {
        let found = parts(r#" {"a": [1, {"b": "]}\""}], "c" : -1.5e3 ,"d":"x"} "#);
        let shown: Vec<_> = found.parts.iter().map(|part| (part.key, part.text)).collect();
        assert!(found.complete);
        assert_eq!(shown, [("a", r#"[1, {"b": "]}\""}]"#), ("c", "-1.5e3"), ("d", "\"x\"")]);
        let found = parts("[1,[2,[3]],null]");
        assert_eq!(
            found.parts.iter().map(|part| part.text).collect::<Vec<_>>(),
            ["1", "[2,[3]]", "null"]
        );
    }

    #[test]
    fn a_cut_text_gives_what_is_whole() {
        let found = parts(r#"{"a":{"x":1},"b":{"y":"#);
        assert!(!found.complete);
        assert_eq!(found.parts.len(), 2);
        assert!(found.parts[0].complete && !found.parts[1].complete);
    }

    #[test]
    fn depth_costs_no_stack() {
        let text = format!("[{}1{}]", "[".repeat(1_000_000), "]".repeat(1_000_000));
        assert_eq!(parts(&text).parts.len(), 1);
    }
}
