//! Whether the documents an answer cites hold what it says there: ALCE's rules (Gao et al. 2023) with a lexical test in the
//! place of an entailment model.

use crate::citations;
use crate::faith::{self, Profile};

/// One sentence and what supports it. Offsets count characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupportedSentence {
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// Cited document numbers, in order.
    pub ids: Vec<i64>,
    /// The cited documents together hold the sentence.
    pub is_supported: bool,
    /// Cited documents that hold it alone.
    pub supported_by: Vec<i64>,
}

/// How well an answer's citations bear it out.
#[derive(Debug, Clone, PartialEq)]
pub struct CitationSupport {
    /// Share of sentences that their cited documents support together.
    pub recall: f64,
    /// Share of citations that are needed or enough; `None` without a citation.
    pub precision: Option<f64>,
    /// Distinct citations, sentence by sentence.
    pub n_citations: usize,
    /// Every sentence, in order.
    pub sentences: Vec<SupportedSentence>,
}

/// Checks `answer` against the documents it cites, numbered from 1. `None` for a blank answer.
///
/// ```
/// use spanlake_parse::support::check;
/// let documents = ["The bridge opened in 1932.", "It spans 503 metres."];
/// let found = check("The bridge opened in 1932 [1]. It was painted green by Freeman [2].", &documents).unwrap();
/// assert_eq!((found.recall, found.precision), (0.5, Some(0.5)));
/// ```
pub fn check(answer: &str, documents: &[&str]) -> Option<CitationSupport> {
    if answer.trim().is_empty() {
        return None;
    }
    let checked = citations::check(answer, documents.len() as u64);
    let chars: Vec<char> = answer.chars().collect();
    let (mut supported, mut good, mut n_citations) = (0, 0, 0);
    let mut sentences = Vec::with_capacity(checked.sentences.len());
    for sentence in checked.sentences {
        let text: String =
            chars.get(sentence.start..sentence.end).unwrap_or_default().iter().collect();
        let mut ids = sentence.ids.clone();
        ids.sort_unstable();
        ids.dedup();
        let cited: Option<Vec<&str>> = ids.iter().map(|&id| document(documents, id)).collect();
        n_citations += ids.len();
        let mut found = SupportedSentence {
            start: sentence.start,
            end: sentence.end,
            ids: sentence.ids,
            is_supported: false,
            supported_by: Vec::new(),
        };
        if let Some(cited) = cited.filter(|cited| !cited.is_empty()) {
            found.is_supported = holds(&text, &cited);
            let alone = |id: &i64| document(documents, *id).is_some_and(|one| holds(&text, &[one]));
            found.supported_by = ids.iter().copied().filter(alone).collect();
            if found.is_supported {
                supported += 1;
                good += ids
                    .iter()
                    .enumerate()
                    .filter(|(at, id)| {
                        let rest: Vec<&str> = cited
                            .iter()
                            .enumerate()
                            .filter(|(other, _)| other != at)
                            .map(|(_, text)| *text)
                            .collect();
                        found.supported_by.contains(id) || !holds(&text, &rest)
                    })
                    .count();
            }
        }
        sentences.push(found);
    }
    Some(CitationSupport {
        recall: f64::from(supported) / sentences.len().max(1) as f64,
        precision: (n_citations > 0).then(|| good as f64 / n_citations as f64),
        n_citations,
        sentences,
    })
}

fn document<'a>(documents: &[&'a str], id: i64) -> Option<&'a str> {
    let at = usize::try_from(id).ok()?.checked_sub(1)?;
    documents.get(at).copied()
}

/// The documents hold the sentence, as far as words tell.
fn holds(sentence: &str, documents: &[&str]) -> bool {
    let profile = Profile::CLAIM;
    faith::detail(sentence, documents, None, &profile)
        .is_some_and(|detail| detail.score >= profile.threshold)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENTS: [&str; 3] = [
        "The Sydney Harbour Bridge opened in March 1932.",
        "Its arch span is 503 metres.",
        "Painting takes about ten years.",
    ];

    #[test]
    fn a_citation_counts_where_it_is_enough_or_needed() {
        // The second document adds nothing to the first; in the last sentence both are needed.
        let answer = "The bridge opened in 1932 [1][2]. Painting takes ten years [2]. \
                      The bridge opened in March 1932 and its arch span is 503 metres [1][2].";
        let found = check(answer, &DOCUMENTS).unwrap();
        let supported: Vec<bool> = found.sentences.iter().map(|part| part.is_supported).collect();
        assert_eq!(supported, [true, false, true]);
        assert_eq!(found.sentences.first().unwrap().supported_by, [1]);
        assert_eq!(found.n_citations, 5);
        assert_eq!(found.precision, Some(3.0 / 5.0));
        assert!((found.recall - 2.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn no_citation_or_one_out_of_range_supports_nothing() {
        let found = check("The bridge opened in 1932. It opened in 1932 [9].", &DOCUMENTS).unwrap();
        assert_eq!((found.recall, found.precision), (0.0, Some(0.0)));
        assert_eq!(check("It opened.", &DOCUMENTS).unwrap().precision, None);
        assert_eq!(check(" ", &DOCUMENTS), None);
    }
}
