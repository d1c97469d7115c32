//! What an answer says that its contexts do not: the measurable parts of faithfulness.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::evidence::Evidence;
use super::lcs::{self, Positions};
use super::tokens::{Kind, Token, Tokenizer};
use crate::sentences::sentences;

/// The parts of a faithfulness score. Shares are 0 to 1 with 1 = supported; counts grow with what is not.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Components {
    /// Share of the answer's content words that occur in the contexts or the question.
    pub containment: f64,
    /// Share of the answer's adjacent word pairs that are adjacent in a context.
    pub bigram: f64,
    /// ROUGE-L precision against the contexts, mean of the two worst sentences.
    pub rouge_l: f64,
    /// Share of a sentence's content words in its best two-sentence window, mean of the two worst sentences.
    pub window: f64,
    /// Content words that occur nowhere in the contexts: a count, so long answers can lose more.
    pub unsupported_mass: f64,
    /// Adjacent pairs of supported words that are adjacent in no context: known words in a new relation.
    pub unsupported_pairs: f64,
    /// Longest run of consecutive unsupported words.
    pub max_run: usize,
    /// Figures in the answer that no context holds, as written.
    pub missing_numbers: Vec<String>,
    /// Capitalised words in the answer that no context holds, as written.
    pub missing_entities: Vec<String>,
    /// Support by sentence, in order.
    pub sentences: Vec<SentenceSupport>,
}

/// How one sentence of the answer is supported.
#[derive(Debug, Clone, PartialEq)]
pub struct SentenceSupport {
    /// Offset of its first byte in the answer.
    pub start: usize,
    /// Offset after its last byte.
    pub end: usize,
    /// Share of its content words found in the best window of a context, 0 to 1.
    pub support: f64,
    /// Index of that context; `None` when nothing matches.
    pub best_context: Option<usize>,
}

/// Sentences that state nothing about the matter: the answer declines or speaks of its passages.
const HEDGES: &str = r"(?i)\b(?:unable to (?:answer|determine|provide an answer)|(?:cannot|can't) (?:answer|be (?:determined|answered))|not possible to (?:answer|determine)|(?:i'm|i am) sorry|i (?:do not|don't) know|hope (?:this|that) helps|let me know if)\b";

static HEDGE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(HEDGES).ok());

/// Measures `answer` against indexed contexts.
pub(super) fn measure(answer: &str, evidence: &Evidence, tokenizer: &mut Tokenizer) -> Components {
    let tokens = tokenizer.tokens(answer);
    let mut reader = Reader {
        answer,
        evidence,
        positions: Positions::new(evidence.n_stems()),
        counts: vec![0.0; evidence.n_stems()],
        sums: Sums::default(),
        parts: Components::default(),
        rouge: Vec::new(),
        windows: Vec::new(),
    };
    let mut rest = tokens.as_slice();
    for range in sentences(answer) {
        let n = rest.iter().take_while(|token| token.start < range.end).count();
        let (inside, after) = rest.split_at(n);
        rest = after;
        reader.sentence(range, inside);
    }
    reader.finish()
}

#[derive(Default)]
struct Sums {
    words: f64,
    pairs: usize,
    seen_pairs: usize,
    run: usize,
}

struct Reader<'a> {
    answer: &'a str,
    evidence: &'a Evidence,
    positions: Positions,
    /// Occurrences of each dense word number in the current sentence.
    counts: Vec<f64>,
    sums: Sums,
    parts: Components,
    rouge: Vec<f64>,
    windows: Vec<f64>,
}

impl Reader<'_> {
    fn sentence(&mut self, range: Range<usize>, tokens: &[Token]) {
        let text = self.answer.get(range.clone()).unwrap_or_default();
        let content: Vec<&Token> = tokens
            .iter()
            .enumerate()
            .filter(|&(at, token)| {
                token.is_content() && !is_item_number(text, range.start, at, token)
            })
            .map(|(_, token)| token)
            .collect();
        let is_hedge = HEDGE.as_ref().is_some_and(|hedge| hedge.is_match(text));
        if content.is_empty() || is_hedge {
            self.parts.sentences.push(SentenceSupport {
                start: range.start,
                end: range.end,
                support: 1.0,
                best_context: None,
            });
            self.sums.run = 0;
            return;
        }
        self.words(&content, range.start);
        self.pairs(&content);
        let (support, best_context) = self.best_window(&content);
        let ids: Vec<Option<u32>> =
            content.iter().map(|token| self.evidence.id(token.stem)).collect();
        self.positions.set(&ids);
        let common = lcs::length(&self.evidence.words, &self.positions);
        let (start, end) = (range.start, range.end);
        self.parts.sentences.push(SentenceSupport { start, end, support, best_context });
        // A heading or a list bullet of one word says too little to be the worst sentence.
        if content.len() >= MIN_SENTENCE_WORDS {
            self.rouge.push(common as f64 / content.len() as f64);
            self.windows.push(support);
        }
    }

    fn words(&mut self, content: &[&Token], sentence_start: usize) {
        for (at, token) in content.iter().enumerate() {
            if self.names_passage(token) {
                continue;
            }
            self.sums.words += 1.0;
            if self.evidence.supports(token.stem) {
                self.sums.run = 0;
                continue;
            }
            self.parts.unsupported_mass += 1.0;
            self.sums.run += 1;
            self.parts.max_run = self.parts.max_run.max(self.sums.run);
            let raw = self.answer.get(token.start..token.end).unwrap_or_default();
            match token.kind {
                Kind::Number => self.parts.missing_numbers.push(raw.to_owned()),
                // The first word of a sentence has its capital from grammar.
                Kind::Name if at > 0 || token.start > sentence_start + 3 => {
                    self.parts.missing_entities.push(raw.to_owned());
                }
                _ => {}
            }
        }
    }

    /// The numbers of `passage 2 & 3` belong to the answer's wording, not to its matter.
    fn names_passage(&self, token: &Token) -> bool {
        if token.kind != Kind::Number || token.end - token.start > MAX_LABEL_BYTES {
            return false;
        }
        let before = self.answer.get(..token.start).unwrap_or_default().trim_end();
        let word =
            before.rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default();
        LABELS.contains(&word.to_ascii_lowercase().as_str())
    }

    fn pairs(&mut self, content: &[&Token]) {
        for pair in content.windows(2) {
            let [left, right] = pair else { continue };
            self.sums.pairs += 1;
            if self.evidence.has_pair(left.stem, right.stem) {
                self.sums.seen_pairs += 1;
            } else if self.evidence.supports(left.stem) && self.evidence.supports(right.stem) {
                self.parts.unsupported_pairs += 1.0;
            }
        }
    }

    /// The two-sentence window that holds most of the sentence.
    fn best_window(&mut self, content: &[&Token]) -> (f64, Option<usize>) {
        let mut total = 0.0;
        let mut used: Vec<u32> = Vec::with_capacity(content.len());
        for token in content {
            total += 1.0;
            if let Some(slot) = self.evidence.id(token.stem).and_then(|id| {
                used.push(id);
                self.counts.get_mut(id as usize)
            }) {
                *slot += 1.0;
            }
        }
        let mut best = (0.0, None);
        let lines = &self.evidence.lines;
        for (at, line) in lines.iter().enumerate() {
            let next = lines.get(at + 1).filter(|next| next.context == line.context);
            let end = next.map_or(line.end, |next| next.end);
            let words = self.evidence.words.get(line.first..end).unwrap_or_default();
            let found = take_counts(&mut self.counts, words);
            if found > best.0 {
                best = (found, Some(line.context));
            }
        }
        for id in used {
            if let Some(slot) = self.counts.get_mut(id as usize) {
                *slot = 0.0;
            }
        }
        (if total > 0.0 { (best.0 / total).min(1.0) } else { 1.0 }, best.1)
    }

    fn finish(mut self) -> Components {
        let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 1.0 };
        let supported = self.sums.words - self.parts.unsupported_mass;
        self.parts.containment = share(supported, self.sums.words);
        self.parts.bigram = share(self.sums.seen_pairs as f64, self.sums.pairs as f64);
        self.parts.rouge_l = mean_of_two_lowest(&mut self.rouge);
        self.parts.window = mean_of_two_lowest(&mut self.windows);
        self.parts
    }
}

/// Shorter sentences do not compete for the worst.
const MIN_SENTENCE_WORDS: usize = 3;

/// Sums the counts of the distinct words in a window; marks by sign and unmarks afterwards.
fn take_counts(counts: &mut [f64], words: &[u32]) -> f64 {
    let mut found = 0.0;
    for &id in words {
        if let Some(slot) = counts.get_mut(id as usize).filter(|slot| **slot > 0.0) {
            found += *slot;
            *slot = -*slot;
        }
    }
    if found > 0.0 {
        for &id in words {
            if let Some(slot) = counts.get_mut(id as usize) {
                *slot = slot.abs();
            }
        }
    }
    found
}

fn mean_of_two_lowest(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let lowest = values.get(..values.len().min(2)).unwrap_or_default();
    if lowest.is_empty() { 1.0 } else { lowest.iter().sum::<f64>() / lowest.len() as f64 }
}

/// Words whose number names a passage, not a figure of the matter.
const LABELS: [&str; 10] = [
    "passage",
    "passages",
    "document",
    "documents",
    "source",
    "sources",
    "context",
    "step",
    "and",
    "&",
];

/// Longest number taken for a label, in digits.
const MAX_LABEL_BYTES: usize = 2;

/// `2.` or `2)` at the start of a line counts items; it is no figure of the answer.
fn is_item_number(text: &str, sentence_start: usize, index: usize, token: &Token) -> bool {
    index == 0
        && token.kind == Kind::Number
        && token.end - token.start <= MAX_LABEL_BYTES
        && text
            .get(token.end - sentence_start..)
            .is_some_and(|after| after.starts_with(['.', ')', ':']))
}
