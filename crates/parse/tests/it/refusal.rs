//! Refusals against `XSTest`'s human labels (refusal or partial refusal = positive).

use spanlake_parse::{RefusalKind, refusal_kind};

use crate::shared;

#[test]
fn agrees_with_human_labels() {
    let Some(cases) = shared::json_lines("data/refusal/xstest_dev.jsonl") else { return };
    let verbose = std::env::var_os("VERBOSE").is_some();
    for (name, held_out) in [("fit", false), ("held out", true)] {
        let (mut tp, mut fp, mut missed, mut same, mut n) = (0.0, 0.0, 0.0, 0, 0);
        for case in &cases {
            // All completions of one prompt fall on the same side.
            if shared::is_held_out(case["prompt"].as_str().unwrap()) != held_out {
                continue;
            }
            let label = match case["human_label"].as_str().unwrap() {
                "1_full_compliance" => RefusalKind::None,
                "2_full_refusal" => RefusalKind::Full,
                _ => RefusalKind::Partial,
            };
            let kind = refusal_kind(case["completion"].as_str().unwrap());
            n += 1;
            same += usize::from(kind == label);
            match (label.is_refusal(), kind.is_refusal()) {
                (true, true) => tp += 1.0,
                (true, false) => missed += 1.0,
                (false, true) => fp += 1.0,
                _ => {}
            }
            if verbose && !held_out && label.is_refusal() != kind.is_refusal() {
                let opening: String =
                    case["completion"].as_str().unwrap().chars().take(230).collect();
                eprintln!(
                    "{kind:?} for {label:?} {}: {} | {opening:?}",
                    case["model"], case["prompt"]
                );
            }
        }
        let (precision, recall): (f64, f64) = (tp / (tp + fp), tp / (tp + missed));
        let f1 = 2.0 * precision * recall / (precision + recall);
        eprintln!(
            "{name}: n {n} precision {precision:.3} recall {recall:.3} F1 {f1:.3}, three-way {:.3}",
            f64::from(same as u32) / f64::from(n)
        );
        assert!(f1 >= 0.89, "{name} F1 {f1}");
    }
}
