//! Just enough of SQL's lexis to know where a statement ends.

/// What the text so far is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Nothing but spaces and comments.
    Empty,
    /// A statement without its closing semicolon.
    Open,
    /// Ends with a semicolon outside quotes and comments.
    Complete,
}

/// Tells whether `text` holds a whole statement.
pub(crate) fn state(text: &str) -> State {
    let mut state = State::Empty;
    scan(text, &mut |_, piece| {
        state = match piece {
            Piece::Semicolon if state != State::Empty => State::Complete,
            Piece::Semicolon | Piece::Space => state,
            Piece::Text | Piece::Unclosed => State::Open,
        };
    });
    state
}

/// Splits a text at its semicolons; empty statements are left out.
pub(crate) fn split(text: &str) -> Vec<&str> {
    let mut cuts = vec![0];
    scan(text, &mut |at, piece| {
        if piece == Piece::Semicolon {
            cuts.push(at + 1);
        }
    });
    cuts.push(text.len());
    cuts.windows(2)
        .filter_map(|cut| match cut {
            [from, to] => text.get(*from..*to),
            _ => None,
        })
        .map(|statement| statement.trim().trim_end_matches(';').trim_end())
        .filter(|statement| state(statement) != State::Empty)
        .collect()
}

/// Returns a statement of a text with blanks for what stands before it, so that the places in its
/// errors are places in the text.
pub(crate) fn in_place(text: &str, statement: &str) -> String {
    let at = (statement.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    let before = text.get(..at).unwrap_or_default();
    let blank = |c: char| if c.is_whitespace() { c } else { ' ' };
    before.chars().map(blank).chain(statement.chars()).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Piece {
    Text,
    Space,
    Semicolon,
    Unclosed,
}

/// Visits the pieces of a text with the byte where each begins; comments are space.
fn scan(text: &str, visit: &mut dyn FnMut(usize, Piece)) {
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let at = text.len() - rest.len();
        let after = rest.get(first.len_utf8()..).unwrap_or_default();
        let (piece, length) = match first {
            // A doubled quote closes and opens again, which comes to the same.
            '\'' | '"' => closed(after, &first.to_string(), 1, Piece::Text),
            '-' if after.starts_with('-') => (Piece::Space, rest.find('\n').unwrap_or(rest.len())),
            '/' if after.starts_with('*') => {
                closed(after.get(1..).unwrap_or_default(), "*/", 2, Piece::Space)
            }
            ';' => (Piece::Semicolon, 1),
            c if c.is_whitespace() => (Piece::Space, c.len_utf8()),
            c => (Piece::Text, c.len_utf8()),
        };
        visit(at, piece);
        rest = rest.get(length..).unwrap_or_default();
    }
}

/// Returns a piece that ends at `end`, with its length; `opening` bytes came before `inner`.
fn closed(inner: &str, end: &str, opening: usize, piece: Piece) -> (Piece, usize) {
    inner
        .find(end)
        .map_or((Piece::Unclosed, opening + inner.len()), |at| (piece, opening + at + end.len()))
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
            ("select 'it\'\'s;';", State::Complete),
            ("select \"a;b\"", State::Open),
            ("select 1 /* ; */", State::Open),
            ("select 1 /* ;", State::Open),
            ("select 1; select 2", State::Open),
            ("select 4 / 2 - 1;", State::Complete),
            ("select 'ä';", State::Complete),
        ] {
            assert_eq!(state(text), expected, "{text}");
        }
    }

    #[test]
    fn statements_are_split_outside_quotes_and_comments() {
        assert_eq!(
            split("select ';' ; -- a;b\n select 2 /* ; */;; select 'é'"),
            ["select ';'", "-- a;b\n select 2 /* ; */", "select 'é'"]
        );
        assert!(split(" ; -- nothing").is_empty());
    }

    #[test]
    fn places_are_those_of_the_whole_text() {
        let text = "select 'é';\n select 2; select 3";
        let found: Vec<String> = split(text).into_iter().map(|one| in_place(text, one)).collect();
        assert_eq!(
            found,
            ["select 'é'", "           \n select 2", "           \n           select 3"]
        );
    }
}
