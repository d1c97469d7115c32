//! A tolerant reader of one object or array, which writes strict JSON and notes every liberty taken.
//!
//! It never guesses content: text that ends inside the value is reported as truncated, and anything
//! outside the listed liberties ends the attempt.

use std::fmt::Write as _;

/// Liberties taken while reading, one bit each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Defects(u16);

impl Defects {
    pub(super) const NAN: Self = Self(1);
    pub(super) const PYTHON_LITERAL: Self = Self(1 << 1);
    pub(super) const SINGLE_QUOTES: Self = Self(1 << 2);
    pub(super) const COMMENTS: Self = Self(1 << 3);
    pub(super) const UNQUOTED_KEYS: Self = Self(1 << 4);
    pub(super) const MISSING_COMMA: Self = Self(1 << 5);
    pub(super) const TRAILING_COMMA: Self = Self(1 << 6);
    pub(super) const RAW_NEWLINE: Self = Self(1 << 7);
    /// Bad escapes, `+1`, `.5`, typographic quotes: repairable, but no class of its own.
    pub(super) const OTHER: Self = Self(1 << 8);

    pub(super) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// How an attempt at some opening bracket ended. Offsets are absolute in the text given.
#[derive(Debug)]
pub(super) enum Attempt {
    /// One value from the opening bracket to `end`; `json` is its strict form.
    Complete { end: usize, json: String, defects: Defects },
    /// The text ended inside the value.
    Truncated,
    /// Not JSON, even tolerantly, seen at `at`.
    Rejected { at: usize },
}

/// Brackets deeper than this are not repaired: a consumer could not read the result either.
const MAX_DEPTH: usize = 512;

/// Reads the value whose opening bracket is at `start`.
pub(super) fn attempt(text: &str, start: usize) -> Attempt {
    let mut reader = Reader {
        text,
        pos: start,
        out: String::with_capacity(64),
        defects: Defects::default(),
        open: Vec::new(),
    };
    match reader.value() {
        Ok(()) => Attempt::Complete { end: reader.pos, json: reader.out, defects: reader.defects },
        Err(Stop::End) => Attempt::Truncated,
        Err(Stop::Bad) => Attempt::Rejected { at: reader.pos },
    }
}

enum Stop {
    End,
    Bad,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Closer {
    Brace,
    Bracket,
    /// A Python tuple, written as an array.
    Paren,
}

impl Closer {
    fn char(self) -> char {
        match self {
            Self::Brace => '}',
            Self::Bracket => ']',
            Self::Paren => ')',
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    pos: usize,
    out: String,
    defects: Defects,
    open: Vec<Closer>,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.pos..).unwrap_or_default()
    }

    fn peek(&self) -> Result<char, Stop> {
        self.rest().chars().next().ok_or(Stop::End)
    }

    fn bump(&mut self, c: char) {
        self.pos += c.len_utf8();
    }

    /// Reads one value and everything nested in it; `open` is the explicit stack.
    fn value(&mut self) -> Result<(), Stop> {
        loop {
            self.skip_filler()?;
            let entered = self.scalar_or_open()?;
            if entered && !self.closes_at_once()? {
                if self.open.last() == Some(&Closer::Brace) {
                    self.key()?;
                }
                continue;
            }
            loop {
                let Some(&closer) = self.open.last() else { return Ok(()) };
                if !self.separator_or_close(closer)? {
                    break;
                }
            }
        }
    }

    /// After a value: true when the scope closed, false when another value follows.
    fn separator_or_close(&mut self, closer: Closer) -> Result<bool, Stop> {
        self.skip_filler()?;
        let mut seen_comma = false;
        while self.peek()? == ',' {
            if seen_comma {
                self.defects.add(Defects::TRAILING_COMMA);
            }
            seen_comma = true;
            self.pos += 1;
            self.skip_filler()?;
        }
        let c = self.peek()?;
        if c == closer.char() {
            if seen_comma && closer != Closer::Paren {
                self.defects.add(Defects::TRAILING_COMMA);
            }
            self.close();
            return Ok(true);
        }
        if !seen_comma {
            if !starts_member(c, closer) {
                return Err(Stop::Bad);
            }
            self.defects.add(Defects::MISSING_COMMA);
        }
        self.out.push(',');
        if closer == Closer::Brace {
            self.key()?;
        }
        Ok(false)
    }

    fn closes_at_once(&mut self) -> Result<bool, Stop> {
        self.skip_filler()?;
        let closes = self.open.last().is_some_and(|closer| self.rest().starts_with(closer.char()));
        if closes {
            self.close();
        } else {
            self.peek()?;
        }
        Ok(closes)
    }

    fn close(&mut self) {
        self.pos += 1;
        if let Some(closer) = self.open.pop() {
            self.out.push(if closer == Closer::Brace { '}' } else { ']' });
        }
    }

    /// Consumes a scalar, or an opening bracket (then returns true).
    fn scalar_or_open(&mut self) -> Result<bool, Stop> {
        let c = self.peek()?;
        let closer = match c {
            '{' => Closer::Brace,
            '[' => Closer::Bracket,
            '(' if !self.open.is_empty() => {
                self.defects.add(Defects::PYTHON_LITERAL);
                Closer::Paren
            }
            _ => {
                self.scalar(c)?;
                return Ok(false);
            }
        };
        if self.open.len() >= MAX_DEPTH {
            return Err(Stop::Bad);
        }
        self.pos += 1;
        self.open.push(closer);
        self.out.push(if closer == Closer::Brace { '{' } else { '[' });
        Ok(true)
    }

    fn scalar(&mut self, c: char) -> Result<(), Stop> {
        if closing_quote(c).is_some() {
            self.string(c)
        } else if c.is_ascii_digit() || matches!(c, '-' | '+' | '.') {
            self.number()
        } else {
            self.word()
        }
    }

    fn key(&mut self) -> Result<(), Stop> {
        let c = self.peek()?;
        if closing_quote(c).is_some() {
            self.string(c)?;
        } else {
            let name: String = self.rest().chars().take_while(|&c| is_name_char(c)).collect();
            if name.is_empty() || name.starts_with('-') {
                return Err(Stop::Bad);
            }
            self.pos += name.len();
            self.defects.add(Defects::UNQUOTED_KEYS);
            let _ = write!(self.out, "\"{name}\"");
        }
        self.skip_filler()?;
        if self.peek()? != ':' {
            return Err(Stop::Bad);
        }
        self.pos += 1;
        self.out.push(':');
        Ok(())
    }

    fn word(&mut self) -> Result<(), Stop> {
        let word: String = self.rest().chars().take_while(|&c| is_name_char(c)).collect();
        let json = match word.as_str() {
            "true" => "true",
            "false" => "false",
            "null" => "null",
            "True" | "TRUE" => self.noted(Defects::PYTHON_LITERAL, "true"),
            "False" | "FALSE" => self.noted(Defects::PYTHON_LITERAL, "false"),
            "None" | "NULL" | "Null" => self.noted(Defects::PYTHON_LITERAL, "null"),
            "NaN" | "nan" | "Infinity" | "inf" | "Inf" => self.noted(Defects::NAN, "null"),
            // A literal cut off by the end of the text.
            _ if self.pos + word.len() == self.text.len() => return Err(Stop::End),
            _ => return Err(Stop::Bad),
        };
        self.out.push_str(json);
        self.pos += word.len();
        Ok(())
    }

    fn noted(&mut self, defect: Defects, json: &'static str) -> &'static str {
        self.defects.add(defect);
        json
    }

    fn number(&mut self) -> Result<(), Stop> {
        let run: String = self
            .rest()
            .chars()
            .take_while(|&c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.' | '_'))
            .collect();
        if self.pos + run.len() == self.text.len() {
            return Err(Stop::End);
        }
        let unsigned = run.trim_start_matches(['-', '+']);
        if matches!(unsigned, "Infinity" | "NaN" | "inf" | "nan" | "Inf") {
            self.defects.add(Defects::NAN);
            self.out.push_str("null");
            self.pos += run.len();
            return Ok(());
        }
        if super::strict::recognise(&run).is_some() {
            self.out.push_str(&run);
        } else {
            let plain = repaired_number(&run).ok_or(Stop::Bad)?;
            self.defects.add(Defects::OTHER);
            self.out.push_str(&plain);
        }
        self.pos += run.len();
        Ok(())
    }

    fn string(&mut self, quote: char) -> Result<(), Stop> {
        let close = closing_quote(quote).unwrap_or(quote);
        match quote {
            '"' => {}
            '\'' | '`' => self.defects.add(Defects::SINGLE_QUOTES),
            _ => self.defects.add(Defects::OTHER),
        }
        self.bump(quote);
        self.out.push('"');
        let mut has_inner_quote = false;
        loop {
            let c = match self.peek() {
                Ok(c) => c,
                // The quote taken for content may have been the end: no ground to say "cut off".
                Err(_) if has_inner_quote => return Err(Stop::Bad),
                Err(stop) => return Err(stop),
            };
            self.bump(c);
            if c == close {
                if self.ends_here() {
                    self.out.push('"');
                    return Ok(());
                }
                has_inner_quote = true;
                self.defects.add(Defects::OTHER);
            }
            match c {
                '\\' => self.escape()?,
                '"' => self.out.push_str("\\\""),
                '\0'..='\u{1f}' => self.control(c),
                _ => self.out.push(c),
            }
        }
    }

    fn control(&mut self, c: char) {
        self.defects.add(Defects::RAW_NEWLINE);
        match c {
            '\n' => self.out.push_str("\\n"),
            '\r' => self.out.push_str("\\r"),
            '\t' => self.out.push_str("\\t"),
            _ => {
                let _ = write!(self.out, "\\u{:04x}", u32::from(c));
            }
        }
    }

    /// Whether a quote just read closes its string: `'Let's meet'` holds one that does not.
    fn ends_here(&self) -> bool {
        match self.rest().trim_start().chars().next() {
            None => true,
            Some(next) => {
                matches!(next, ',' | ':' | '}' | ']' | ')' | '/' | '#')
                    || closing_quote(next).is_some()
            }
        }
    }

    fn escape(&mut self) -> Result<(), Stop> {
        let c = self.peek()?;
        let (len, text) = match c {
            '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' => (1, format!("\\{c}")),
            '\'' | '`' | '\u{2019}' => (c.len_utf8(), c.to_string()),
            'u' | 'x' => {
                let width = if c == 'u' { 4 } else { 2 };
                let digits = self.rest().get(1..=width).filter(|digits| is_hex(digits));
                if let Some(digits) = digits {
                    (1 + width, format!("\\u{digits:0>4}"))
                } else {
                    self.defects.add(Defects::OTHER);
                    (0, "\\\\".to_owned())
                }
            }
            '\n' => {
                // A line continued with a backslash.
                self.defects.add(Defects::RAW_NEWLINE);
                (1, "\\n".to_owned())
            }
            _ => {
                // `C:\dir`: the backslash stands for itself.
                self.defects.add(Defects::OTHER);
                (0, "\\\\".to_owned())
            }
        };
        self.pos += len;
        self.out.push_str(&text);
        Ok(())
    }

    /// White space and comments.
    fn skip_filler(&mut self) -> Result<(), Stop> {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
            self.pos += rest.len() - trimmed.len();
            let rest = self.rest();
            let len = if rest.starts_with("//") || rest.starts_with('#') {
                rest.find('\n')
            } else if rest.starts_with("/*") {
                rest.find("*/").map(|at| at + 2)
            } else {
                return Ok(());
            };
            self.defects.add(Defects::COMMENTS);
            self.pos += len.ok_or(Stop::End)?;
        }
    }
}

fn starts_member(c: char, closer: Closer) -> bool {
    let is_quote = closing_quote(c).is_some();
    match closer {
        Closer::Brace => is_quote || is_name_char(c) && c != '-',
        _ => is_quote || matches!(c, '{' | '[' | '-' | '0'..='9'),
    }
}

fn closing_quote(c: char) -> Option<char> {
    match c {
        '"' | '\'' | '`' => Some(c),
        '\u{201c}' | '\u{201d}' => Some('\u{201d}'),
        '\u{2018}' => Some('\u{2019}'),
        _ => None,
    }
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '-')
}

fn is_hex(digits: &str) -> bool {
    digits.bytes().all(|b| b.is_ascii_hexdigit())
}

/// `+1`, `.5`, `5.`, `1_000`: the same value in JSON's spelling.
fn repaired_number(run: &str) -> Option<String> {
    let (sign, digits) = match run.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", run.strip_prefix('+').unwrap_or(run)),
    };
    let digits = digits.replace('_', "");
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits.as_str(), "0"));
    let whole = if whole.is_empty() { "0" } else { whole };
    let fraction = if fraction.is_empty() { "0" } else { fraction };
    let plain = if digits.contains('.') {
        format!("{sign}{whole}.{fraction}")
    } else {
        format!("{sign}{whole}")
    };
    super::strict::recognise(&plain).map(|_| plain)
}
