//! Words and numbers of a text, reduced to what two phrasings of one fact share.

use std::sync::LazyLock;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;

use super::evidence::StemMap;

/// Identity of a stem: FNV-1a of its bytes, equal in every process.
pub(super) type StemId = u64;

/// One word or number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) stem: StemId,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Grammar and the boilerplate of answers about passages.
    Stop,
    Word,
    /// A word with a capital letter.
    Name,
    Number,
}

impl Token {
    pub(super) fn is_content(&self) -> bool {
        self.kind != Kind::Stop
    }
}

/// Function words, and words by which answers speak of their passages rather than of the matter.
const STOP_WORDS: &str = "a about above after again against all also am an and any are as at be because been \
before being below between both but by can could did do does doing down during each either else etc few for \
from further had has have having he her here hers herself him himself his how however i if in into is it its \
itself just let like may me might more most much must my myself neither no nor not now of off often on once one \
only or other others our ours ourselves out over own per quite rather really same shall she should since so some \
such than that the their theirs them themselves then there therefore these they this those though through thus \
to too toward towards under until up upon us very was we were what when where whether which while who whom whose \
why will with within without would yes yet you your yours yourself yourselves \
according accordingly additionally answer answers based context contexts document documents furthermore given \
include includes including information mention mentioned mentions moreover overall passage passages provide \
provided provides question relevant respectively source sources specific specifically state stated states text \
answer brief conclude conclusion describe describes discuss discusses emphasize emphasizes essential example \
explain explains following follows highlight highlights important indicate indicates list listed lists note noted \
offer offers recommend recommends refer refers remember sum summary suggest suggests unclear various several way \
ways t s re ve ll d m don doesn didn isn aren wasn weren won wouldn couldn shouldn hasn haven";

const NUMBER_WORDS: [&str; 31] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
    "hundred",
    "thousand",
    "million",
];
const NUMBER_VALUES: [&str; 31] = [
    "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16",
    "17", "18", "19", "20", "30", "40", "50", "60", "70", "80", "90", "100", "1000", "1000000",
];

/// Words that are not stemmed, by the identity of their spelling.
static KNOWN: LazyLock<StemMap<(StemId, Kind)>> = LazyLock::new(|| {
    let numbers = NUMBER_WORDS
        .iter()
        .zip(NUMBER_VALUES)
        .map(|(word, value)| (stem_id(word), (stem_id(value), Kind::Word)));
    // Stop words come last: `one` is a pronoun far more often than a figure.
    let stops =
        STOP_WORDS.split_whitespace().map(|word| (stem_id(word), (stem_id(word), Kind::Stop)));
    numbers.chain(stops).collect()
});

/// The identity of a stem or normalised number.
pub(super) fn stem_id(stem: &str) -> StemId {
    stem.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Splits texts into tokens; keeps its buffers between calls.
pub(super) struct Tokenizer {
    stemmer: Stemmer,
    buffer: String,
}

impl Tokenizer {
    pub(super) fn new() -> Self {
        Self { stemmer: Stemmer::create(Algorithm::English), buffer: String::new() }
    }

    /// The tokens of `text`, in order; offsets are bytes.
    pub(super) fn tokens(&mut self, text: &str) -> Vec<Token> {
        let mut found = Vec::with_capacity(text.len() / 6 + 1);
        let mut chars = text.char_indices().peekable();
        while let Some(&(start, first)) = chars.peek() {
            if !first.is_alphanumeric() {
                chars.next();
                continue;
            }
            let mut end = start;
            let is_number = first.is_ascii_digit();
            while let Some(&(at, c)) = chars.peek() {
                let joins = c.is_alphanumeric()
                    || (is_number && matches!(c, '.' | ',') && next_is_digit(text, at + 1));
                if !joins || is_number && c.is_alphabetic() {
                    break;
                }
                end = at + c.len_utf8();
                chars.next();
            }
            let raw = text.get(start..end).unwrap_or_default();
            let (stem, kind) = self.reduce(raw, is_number);
            found.push(Token { start, end, stem, kind });
        }
        found
    }

    fn reduce(&mut self, raw: &str, is_number: bool) -> (StemId, Kind) {
        self.buffer.clear();
        if is_number {
            self.buffer.extend(raw.chars().filter(|&c| c != ','));
            if self.buffer.contains('.') {
                let plain = self.buffer.trim_end_matches('0').trim_end_matches('.').len();
                self.buffer.truncate(plain);
            }
            return (stem_id(&self.buffer), Kind::Number);
        }
        if raw.is_ascii() {
            self.buffer.push_str(raw);
            self.buffer.make_ascii_lowercase();
        } else {
            self.buffer.extend(raw.nfkc().flat_map(char::to_lowercase));
        }
        if let Some(&known) = KNOWN.get(&stem_id(&self.buffer)) {
            return known;
        }
        let kind = if raw.starts_with(char::is_uppercase) { Kind::Name } else { Kind::Word };
        (stem_id(&self.stemmer.stem(&self.buffer)), kind)
    }
}

fn next_is_digit(text: &str, at: usize) -> bool {
    text.as_bytes().get(at).is_some_and(u8::is_ascii_digit)
}
