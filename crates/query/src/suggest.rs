//! The nearest name to a misspelt one.

/// Returns the candidate nearest to `name`, if one is near enough to have been meant.
pub(crate) fn nearest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let wanted: Vec<char> = name.to_lowercase().chars().collect();
    let limit = (wanted.len() / 3).clamp(1, 4);
    candidates
        .into_iter()
        .map(|candidate| (score(&wanted, candidate, limit), candidate))
        .filter(|(score, _)| *score <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Distance in edits; a name that only lacks a prefix or suffix of words is just near enough.
fn score(wanted: &[char], candidate: &str, limit: usize) -> usize {
    let have: Vec<char> = candidate.to_lowercase().chars().collect();
    let (short, long) = if wanted.len() < have.len() { (wanted, &*have) } else { (&*have, wanted) };
    let whole_words = short.len() >= 4
        && (long.strip_suffix(short).is_some_and(|rest| rest.ends_with(&['_']))
            || long.strip_prefix(short).is_some_and(|rest| rest.starts_with(&['_'])));
    let edits = if long.len() - short.len() > limit { usize::MAX } else { distance(wanted, &have) };
    if whole_words { edits.min(limit) } else { edits }
}

/// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at =
                |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX / 2);
            let mut best =
                (at(&row, j) + 1).min(at(&last, j + 1) + 1).min(at(&last, j) + usize::from(x != y));
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edits(a: &str, b: &str) -> usize {
        distance(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>())
    }

    #[test]
    fn distances_are_those_of_the_textbook() {
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("versoin", "version"), 1);
        assert_eq!(edits("ca", "abc"), 3);
    }

    #[test]
    fn only_a_near_name_is_suggested() {
        let names = ["prompt_name", "prompt_version", "cost_usd", "spans"];
        assert_eq!(nearest("promt_version", names), Some("prompt_version"));
        assert_eq!(nearest("span", names), Some("spans"));
        assert_eq!(nearest("cost", names), Some("cost_usd"));
        assert_eq!(nearest("Prompt_Name", names), Some("prompt_name"));
        assert_eq!(nearest("temperature", names), None);
    }
}
