mod simulate;

use simulate::{Faults, traffic, week};

use super::*;
use crate::report::model::{Direction, Outcome};

#[test]
fn unchanged_traffic_is_not_accused() {
    let mut claims = Vec::new();
    let mut comparisons = 0;
    for seed in 0..60 {
        let report = assemble(&traffic(seed, Faults::default()), week());
        comparisons = report.method.comparisons;
        claims.extend(report.findings.into_iter().map(|f| format!("seed {seed}: {}", f.title)));
        claims.extend(report.improvements.iter().map(|c| format!("seed {seed}: {c:?}")));
    }
    assert!(comparisons > 250, "{comparisons}");
    assert!(claims.is_empty(), "{claims:#?}");
}

#[test]
fn every_planted_fault_is_told_once_and_where_it_is() {
    let all =
        Faults { parse: true, tenant: true, cost: true, tool: true, drift: true, silent: true };
    for seed in 100..110 {
        let report = assemble(&traffic(seed, all), week());
        let titles: Vec<&str> = report.findings.iter().map(|f| f.title.as_str()).collect();
        let told =
            |words: &[&str]| titles.iter().filter(|t| words.iter().all(|w| t.contains(w))).count();
        assert_eq!(
            told(&["invoice_extraction 1.1.0", "parse failures rose", "1.0.0"]),
            1,
            "{titles:#?}"
        );
        assert_eq!(
            told(&["support_answers", "for tenant-2 only", "faithfulness fell"]),
            1,
            "{titles:#?}"
        );
        assert_eq!(told(&["ticket_summary", "cost per call rose"]), 1, "{titles:#?}");
        assert_eq!(told(&["create_order", "tool-argument failures rose"]), 1, "{titles:#?}");
        assert_eq!(told(&["intent_classification", "output class drifted"]), 1, "{titles:#?}");
        assert_eq!(told(&["order_agent", "silent since 2026-11-13"]), 1, "{titles:#?}");
        assert_eq!(titles.len(), 6, "{titles:#?}");
        assert_eq!(report.verdict.direction, Direction::Worse);
        assert!(report.findings[0].title.contains("tool-argument"), "pages first: {titles:#?}");
    }
}

#[test]
fn same_facts_give_the_same_report_and_order_does_not_matter() {
    let facts = traffic(7, Faults { parse: true, tenant: true, ..Faults::default() });
    let mut turned = facts.clone();
    turned.cells.reverse();
    turned.bins.reverse();
    turned.versions.reverse();
    turned.distributions.reverse();
    let text = |facts| serde_json::to_string(&assemble(facts, week())).unwrap();
    assert_eq!(text(&facts), text(&facts));
    assert_eq!(text(&facts), text(&turned));
}

#[test]
fn few_sessions_are_too_little_data_and_no_p_value() {
    let mut facts = traffic(1, Faults { parse: true, ..Faults::default() });
    facts.distributions.clear();
    for cell in &mut facts.cells {
        cell.sums.clusters = (cell.sums.clusters / 50.0).floor().max(1.0);
    }
    let report = assemble(&facts, week());
    assert!(report.comparisons.iter().all(|c| c.outcome == Outcome::TooLittleData));
    assert!(report.method.too_little_data > 0);
}
