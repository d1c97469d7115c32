//! Just enough of SQL's lexis to know where a statement ends.

/// What the text so far is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing but spaces and comments.
    Empty,
    /// A statement without its closing semicolon.
    Open,
    /// Ends with a semicolon outside quotes and comments.
    Complete,
}

/// Tells whether `text` holds a whole statement.
pub(super) fn state(text: &str) -> State {
    let mut chars = text.chars().peekable();
    let mut state = State::Empty;
    while let Some(c) = chars.next() {
        match c {
            '\'' | '"' => {
                state = State::Open;
                // A doubled quote closes and opens again, which comes to the same.
                if !chars.by_ref().any(|inner| inner == c) {
                    return State::Open;
                }
            }
            '-' if chars.peek() == Some(&'-') => {
                chars.by_ref().find(|inner| *inner == '\n');
            }
            '/' if chars.peek() == Some(&'*') => {
                let mut last = ' ';
                if !chars.by_ref().skip(1).any(|inner| std::mem::replace(&mut last, inner) == '*' && inner == '/') {
                    return State::Open;
                }
            }
            ';' if state != State::Empty => state = State::Complete,
            c if c.is_whitespace() || c == ';' => {}
            _ => state = State::Open,
        }
    }
    state
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_ends_at_its_semicolon() {
        for (text, expected) in [
            ("", State::Empty),
            ("  ;; -- note", State::Empty),
            ("select 1", State::Open),
            ("select 1;", State::Complete),
            ("select 1; -- done;", State::Complete),
            ("select ';", State::Open),
            ("select ';'", State::Open),
            ("select 'it''s;';", State::Complete),
            ("select \"a;b\"", State::Open),
            ("select 1 /* ; */", State::Open),
            ("select 1 /* ;", State::Open),
            ("select 1; select 2", State::Open),
            ("select 4 / 2 - 1;", State::Complete),
        ] {
            assert_eq!(state(text), expected, "{text}");
        }
    }
}
