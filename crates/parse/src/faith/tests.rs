//! Expectations that follow from the definitions by hand.
use proptest::prelude::*;

use super::*;

const CONTEXTS: [&str; 2] = [
    "The Sydney Harbour Bridge opened in March 1932. It carries rail, vehicular and pedestrian traffic.",
    "Its arch span is 503 metres. Maintenance painting takes about ten years.",
];

fn parts(answer: &str) -> Components {
    detail(answer, &CONTEXTS, None, &Profile::QA).unwrap().components
}

#[test]
fn copied_sentences_are_fully_supported() {
    for answer in [CONTEXTS[0], CONTEXTS[1], "The arch span is 503 metres."] {
        assert!(parts(answer).hazards().iter().all(|hazard| *hazard <= 0.0), "{answer}");
    }
    assert_eq!(score(CONTEXTS[1], &CONTEXTS, None), Some(1.0));
}

#[test]
fn what_is_missing_is_named() {
    let answer =
        "The bridge opened in 1931. It cost Sydney 10 million pounds, said Premier Jack Lang.";
    let found = parts(answer);
    assert_eq!(found.missing_numbers, ["1931"]);
    assert_eq!(found.missing_entities, ["Premier", "Jack", "Lang"]);
    // Of bridge, open, 1931 | cost, sydney, 10, million, pound, said, premier, jack, lang: four are known (ten = 10).
    assert!((found.containment - 4.0 / 12.0).abs() < 1e-12);
    assert!((found.unsupported_mass - 8.0).abs() < 1e-12);
    assert_eq!(found.max_run, 6);
    assert_eq!(
        found.sentences.iter().map(|s| s.best_context).collect::<Vec<_>>(),
        [Some(0), Some(0)]
    );
    assert_eq!(&answer[found.sentences[1].start..found.sentences[1].end], &answer[27..]);
    assert!((found.sentences[0].support - 2.0 / 3.0).abs() < 1e-12);
}

#[test]
fn numbers_agree_across_spellings_and_labels_are_no_figures() {
    let contexts = ["In 1932 about 1,500 workers built ten arches at 12.50 pounds."];
    let answer = "1. It took 1500 workers (passage 2).\n2. They built 10 arches at 12.5 pounds.";
    let found = detail(answer, &contexts, None, &Profile::QA).unwrap().components;
    assert!(found.missing_numbers.is_empty(), "{:?}", found.missing_numbers);
}

#[test]
fn the_question_counts_and_declining_states_nothing() {
    let answer = "Freeman designed the bridge.";
    let with = score(answer, &CONTEXTS, Some("Did Freeman design it?"));
    assert!(with > score(answer, &CONTEXTS, None));
    assert_eq!(score("I don't know.", &CONTEXTS, None), Some(1.0));
    assert_eq!(score(" ", &CONTEXTS, None), None);
    assert_eq!(score("An answer.", &["", " \n"], None), None);
}

proptest! {
    #[test]
    fn any_text_scores_between_0_and_1(answer in "\\PC{0,80}", a in "\\PC{0,80}", b in "[A-Za-z0-9 .,\n]{0,80}") {
        for answer in [answer.as_str(), b.as_str()] {
            if let Some(score) = score(answer, &[&a, &b], Some(&a)) {
                prop_assert!((0.0..=1.0).contains(&score), "{}", score);
            }
        }
    }

    #[test]
    fn another_context_never_lowers_containment(words in proptest::collection::vec("[a-z]{3,6}", 4..20), cut in 1_usize..4) {
        let answer = words.join(" ");
        let one = words.get(cut..).unwrap().join(" ");
        let both = detail(&answer, &[&one, &answer], None, &Profile::QA).map(|d| d.components.containment);
        let alone = detail(&answer, &[&one], None, &Profile::QA).map(|d| d.components.containment);
        prop_assert!(both >= alone);
    }
}
