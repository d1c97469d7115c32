//! What people register: prompts, releases, prices.

use crate::units::{Day, Micros};

table! {
    /// A registered prompt version.
    pub struct PromptRow {
        #[doc = "UTC day of registration."]
        date: Day [Plain, Delta];
        #[doc = "Registration, microseconds, UTC."]
        time: Micros [Plain, Delta];
        #[doc = "Prompt name."]
        name: String [Identifier, Parquet];
        #[doc = "Prompt version."]
        version: String [Identifier, Parquet];
        #[doc = "Template."]
        template: Option<String> [Template, None];
        #[doc = "Keyed hash of the raw template."]
        template_hash: Option<String> [Plain, None];
        #[doc = "Schema of the variables, JSON."]
        variable_schema: Option<String> [Json, None];
        #[doc = "Model."]
        model: Option<String> [Identifier, Parquet];
        #[doc = "Model parameters, JSON."]
        params: Option<String> [Json, None];
        #[doc = "JSON schema of the output."]
        output_schema: Option<String> [Json, None];
        #[doc = "Dataset that gates releases."]
        eval_dataset: Option<String> [Identifier, None];
        #[doc = "Owner."]
        owner: Option<String> [Identity, None];
        #[doc = "Approval: draft, approved, rejected."]
        approval: Option<String> [Identifier, Parquet];
        #[doc = "Who approved it."]
        approved_by: Option<String> [Identity, None];
        #[doc = "When it was approved, microseconds, UTC."]
        approved_at: Option<Micros> [Plain, Delta];
        #[doc = "Version to go back to."]
        rollback_target: Option<String> [Identifier, None];
        #[doc = "Tags."]
        tags: Vec<String> [Text, None];
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
    /// A release or rollback of a prompt version.
    pub struct ReleaseRow {
        #[doc = "UTC day of `time`."]
        date: Day [Plain, Delta];
        #[doc = "When, microseconds, UTC."]
        time: Micros [Plain, Delta];
        #[doc = "Environment."]
        environment: Option<String> [Identifier, Parquet];
        #[doc = "Prompt name."]
        prompt_name: String [Identifier, Parquet];
        #[doc = "Prompt version."]
        prompt_version: String [Identifier, Parquet];
        #[doc = "release or rollback."]
        action: String [Plain, Parquet];
        #[doc = "Who."]
        by: Option<String> [Identity, None];
        #[doc = "Whether a gate was overridden."]
        forced: bool [Plain, Parquet];
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

table! {
    /// A dated price of one token class.
    pub struct ModelPriceRow {
        #[doc = "UTC day of registration."]
        date: Day [Plain, Delta];
        #[doc = "Provider, normalised."]
        provider: String [Identifier, Parquet];
        #[doc = "Model, or a prefix of it ending in `*`."]
        model: String [Identifier, Parquet];
        #[doc = "input, output, cache_read, cache_write or reasoning."]
        token_class: String [Plain, Parquet];
        #[doc = "First instant the price holds, microseconds, UTC."]
        valid_from: Micros [Plain, Delta];
        #[doc = "US dollars for a million tokens."]
        usd_per_million: f64 [Plain, Delta];
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
