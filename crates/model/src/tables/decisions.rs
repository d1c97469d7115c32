//! What people and rules decide: alerts and their ends, reviews.

use crate::units::{Day, Micros};

table! {
    /// A change of an alert's state.
    pub struct AlertEventRow {
        #[doc = "UTC day of `time`."]
        date: Day [Plain, Delta];
        #[doc = "When, microseconds, UTC."]
        time: Micros [Plain, Delta];
        #[doc = "Rule."]
        rule: String [Identifier, Parquet];
        #[doc = "page, notify or review."]
        severity: String [Plain, Parquet];
        #[doc = "State entered: pending, firing, acknowledged, recovering, resolved, no_data or ok."]
        state: String [Plain, Parquet];
        #[doc = "Value measured."]
        value: Option<f64> [Plain, Delta];
        #[doc = "Value it is held against."]
        baseline: Option<f64> [Plain, Delta];
        #[doc = "Observations behind the value."]
        n: Option<i64> [Plain, Delta];
        #[doc = "Owner of the rule."]
        owner: Option<String> [Identity, None];
        #[doc = "What to do."]
        runbook: Option<String> [Text, None];
        #[doc = "Group of a rule that looks at each by itself."]
        group: Option<String> [Identity, None];
        #[doc = "Who took it on."]
        acknowledged_by: Option<String> [Identity, None];
        #[doc = "What ended it: a release, a change, a decision."]
        fixed_by: Option<String> [Text, None];
        #[doc = "Facts of the evaluation, JSON object."]
        details: Option<String> [Json, None];
        #[doc = "Hash of the redaction policy applied; `none` without one."]
        policy_version: String [Plain, Parquet];
        #[doc = "Receipt, microseconds, UTC."]
        ingest_time: Micros [Plain, Delta];
        #[doc = "Version of this row."]
        row_version: i64 [Plain, Delta];
        #[doc = "Writer of this row."]
        writer_id: String [Plain, Parquet];
    }
}

table! {
    /// What somebody looked at, reviewed or vouches for.
    pub struct ReviewRow {
        #[doc = "UTC day of `time`."]
        date: Day [Plain, Delta];
        #[doc = "When, microseconds, UTC."]
        time: Micros [Plain, Delta];
        #[doc = "used, reviewed or attested."]
        kind: String [Plain, Parquet];
        #[doc = "What kind of thing: question, workflow."]
        subject_kind: String [Plain, Parquet];
        #[doc = "Its name."]
        subject: String [Identifier, Parquet];
        #[doc = "Item of its checklist."]
        item: Option<String> [Identifier, Parquet];
        #[doc = "Who."]
        by: Option<String> [Identity, None];
        #[doc = "Evidence."]
        evidence: Option<String> [Text, None];
        #[doc = "Note."]
        note: Option<String> [Text, None];
        #[doc = "Hash of the redaction policy applied; `none` without one."]
        policy_version: String [Plain, Parquet];
        #[doc = "Receipt, microseconds, UTC."]
        ingest_time: Micros [Plain, Delta];
        #[doc = "Version of this row."]
        row_version: i64 [Plain, Delta];
        #[doc = "Writer of this row."]
        writer_id: String [Plain, Parquet];
    }
}
