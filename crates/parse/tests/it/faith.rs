//! The faithfulness score against human labels: answers of six models over retrieved passages, and claims.

use spanlake_parse::faith;

use crate::shared;

/// Share of (supported, unsupported) pairs ranked rightly.
fn auroc(scored: &[(f64, bool)]) -> f64 {
    let (mut won, mut pairs) = (0.0, 0.0);
    for &(bad, _) in scored.iter().filter(|s| s.1) {
        for &(good, _) in scored.iter().filter(|s| !s.1) {
            pairs += 1.0;
            won += if good > bad {
                1.0
            } else {
                f64::from(u8::from((good - bad).abs() < 1e-15)) / 2.0
            };
        }
    }
    won / pairs
}

fn scores(relative: &str) -> Option<Vec<(f64, bool)>> {
    let records = shared::json_lines(relative)?;
    let score = |record: &serde_json::Value| {
        let text = |key: &str| record[key].as_str().unwrap();
        faith::score(text("response"), &[text("context")], Some(text("question"))).unwrap()
    };
    Some(records.iter().map(|record| (score(record), record["label"] == 1)).collect())
}

#[test]
fn ranks_answers_as_annotators_do() {
    // `WiCE` and BEGIN took no part in fitting the profile.
    for (relative, least) in [
        ("data/ragtruth/qa_dev.jsonl", 0.82),
        ("data/faithfulness/wice_claim_dev.jsonl", 0.79),
        ("data/faithfulness/begin_tc_dev.jsonl", 0.86),
    ] {
        let Some(scored) = scores(relative) else { continue };
        let area = auroc(&scored);
        eprintln!("{relative}: AUROC {area:.3} (n={})", scored.len());
        assert!(area >= least, "{relative}: {area}");
    }
}
