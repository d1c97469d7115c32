//! What the store keeps about its own running.

use crate::units::{Day, Micros};

table! {
    /// Input that was rejected or cut, without its content.
    pub struct IngestErrorRow {
        #[doc = "UTC day of `time`."]
        date: Day [Plain, Delta];
        #[doc = "Receipt, microseconds, UTC."]
        time: Micros [Plain, Delta];
        #[doc = "File name or listener the input came from."]
        source: String [Text, None];
        #[doc = "Byte offset, line or record number inside the source; NULL when unknown."]
        offset: Option<i64> [Plain, Delta];
        #[doc = "Stable code of the reason (truncated_protobuf, invalid_trace_id)."]
        code: String [Plain, Parquet];
        #[doc = "Bytes rejected or cut."]
        length: Option<i64> [Plain, Delta];
        #[doc = "Rejected spans, log records or evals that this row stands for."]
        rejected: i64 [Plain, Delta];
        #[doc = "What to do about it."]
        hint: Option<String> [Text, None];
        #[doc = "Hash of the redaction policy applied; `none` without one."]
        policy_version: String [Plain, Parquet];
        #[doc = "Version of this row."]
        row_version: i64 [Plain, Delta];
        #[doc = "Writer of this row."]
        writer_id: String [Plain, Parquet];
    }
}

table! {
    /// Who did what to data, policies and approvals.
    pub struct AuditRow {
        #[doc = "UTC day of `time`."]
        date: Day [Plain, Delta];
        #[doc = "When, microseconds, UTC."]
        time: Micros [Plain, Delta];
        #[doc = "Who."]
        actor: String [Identity, None];
        #[doc = "What was done (create_store, open_raw, erase, approve, change_policy)."]
        action: String [Plain, Parquet];
        #[doc = "To what."]
        object: Option<String> [Text, None];
        #[doc = "Reason given."]
        reason: Option<String> [Text, None];
        #[doc = "Facts, JSON object."]
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
