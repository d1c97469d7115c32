//! Whether the data can be trusted, in words.

use crate::render::format;
use crate::report::facts::Facts;
use crate::report::model::Health;

/// Makes the data-health section.
pub(crate) fn health(facts: &Facts) -> Health {
    let mut warnings = Vec::new();
    let count = |name: &str| facts.health.get(name).copied().unwrap_or(0);
    if facts.policies.iter().any(|policy| policy == "none") {
        warnings.push(
            "This store was created with redaction policy none: personal data and secrets are \
             stored as they came."
                .to_owned(),
        );
    }
    let (eligible, scored) =
        facts.week.iter().fold((0, 0), |sum, row| (sum.0 + row.eligible, sum.1 + row.scored));
    if eligible > 0 && scored * 10 < eligible * 9 {
        warnings.push(format!(
            "Only {} of {} answers with known contexts have a stored faithfulness; run \
             `spanlake evals run`.",
            format::count(scored),
            format::count(eligible)
        ));
    }
    let calls: u64 = facts.week.iter().map(|row| row.calls).sum();
    let unpriced: u64 = facts.week.iter().map(|row| row.unpriced).sum();
    if unpriced * 20 > calls {
        warnings.push(format!(
            "{} of {} model calls have no price: costs are too low by as much.",
            format::count(unpriced),
            format::count(calls)
        ));
    }
    if facts.evaluators.len() > 1 {
        warnings.push(
            "Faithfulness of this window comes from more than one evaluator version; only the \
             newest is compared, so its series begins later."
                .to_owned(),
        );
    }
    if count("orphan_spans") * 20 > count("spans").max(1) {
        warnings.push(
            "More than 5 % of spans name a parent that never arrived: a service may not export."
                .to_owned(),
        );
    }
    Health {
        counts: facts.health.clone(),
        rejected: facts.ingest_errors.clone(),
        redactions: facts.redactions.clone(),
        policies: facts.policies.clone(),
        evaluators: facts.evaluators.clone(),
        warnings,
    }
}
