//! Whether an answer is supported by the contexts it was given: a deterministic, lexical measure.
//!
//! ```text
//! contexts, question ─▶ evidence (stems, adjacent pairs, sentences) ─┐
//! answer ─▶ sentences ─▶ stems ──────────────────────────────────────┴▶ measure ─▶ Components ─▶ profile ─▶ score
//! ```
//!
//! The score is `1 / (1 + risk^k)`, with the risk a weighted sum of nine hazards, each 0 when everything is supported
//! and growing with what is not: 1 means that every word, pair and figure is found, and no missing word can raise
//! it. A [`Profile`] names the weights; `examples/fit_profile.rs` fits them.
//!
//! What it cannot see: a contradiction made of the contexts' own words. On `RAGTruth`'s QA answers such "evident
//! conflicts" rank little better than chance, while invented material ranks well.
//!
//! Sources: word and bigram containment and unsupported mass as measured for hallucination detection on `RAGTruth`
//! (Niu et al. 2024); ROUGE-L (Lin 2004) as precision against the contexts.

mod evidence;
mod lcs;
mod measure;
mod profile;
mod tokens;

#[cfg(test)]
mod tests;

pub use measure::{Components, SentenceSupport};
pub use profile::{HAZARDS, Profile};

use std::borrow::Cow;

use evidence::Evidence;
use tokens::Tokenizer;

/// A score with the parts it is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct FaithDetail {
    /// 0 to 1; 1 = everything is supported.
    pub score: f64,
    /// The profile as stored in `evaluator_version`, such as `qa@1`.
    pub profile: String,
    /// What was measured.
    pub components: Components,
}

/// The faithfulness of `answer` under the `qa` profile.
///
/// `None` when the answer is blank or no context holds a word: there is nothing to judge. An answer that only
/// declines states nothing and scores 1.
///
/// ```
/// use spanlake_parse::faith;
/// let contexts = ["The bridge opened in 1932 and spans 503 metres."];
/// assert_eq!(faith::score("The bridge opened in 1932.", &contexts, None), Some(1.0));
/// assert!(faith::score("It was designed by Ralph Freeman in London.", &contexts, None) < Some(0.5));
/// assert_eq!(faith::score("The bridge opened in 1932.", &[], None), None);
/// ```
pub fn score(answer: &str, contexts: &[&str], question: Option<&str>) -> Option<f64> {
    detail(answer, contexts, question, &Profile::QA).map(|detail| detail.score)
}

/// Blanks out citation markers: `[3]` is no number that the contexts would have to hold. Offsets
/// stay what they are.
fn without_markers(answer: &str) -> Cow<'_, str> {
    let markers = crate::citations::parse(answer);
    if markers.is_empty() {
        return Cow::Borrowed(answer);
    }
    let inside = |at: usize| markers.iter().any(|marker| (marker.start..marker.end).contains(&at));
    // As many spaces as bytes, so that offsets stay what they are.
    let blank = |(at, c): (usize, char)| {
        let (shown, times) = if inside(at) { (' ', c.len_utf8()) } else { (c, 1) };
        std::iter::repeat_n(shown, times)
    };
    Cow::Owned(answer.chars().enumerate().flat_map(blank).collect())
}

/// The faithfulness of `answer` under `profile`, with its parts; `None` as for [`score`].
///
/// Words of `question` count as supported: an answer may repeat what it was asked.
pub fn detail(
    answer: &str,
    contexts: &[&str],
    question: Option<&str>,
    profile: &Profile,
) -> Option<FaithDetail> {
    if answer.trim().is_empty() {
        return None;
    }
    let mut tokenizer = Tokenizer::new();
    let evidence = Evidence::new(contexts, question, &mut tokenizer);
    if evidence.is_empty() {
        return None;
    }
    let components = measure::measure(&without_markers(answer), &evidence, &mut tokenizer);
    let score = profile.score(&components);
    Some(FaithDetail { score, profile: profile.id(), components })
}
