//! Prompt versions as production artifacts: registered once, approved, released, rolled back.
//!
//! ```text
//! file ─▶ push (a version's text never changes) ─▶ approve ─▶ gates ─▶ release ─▶ rollback
//! ```

mod diff;
mod file;
mod release;

use spanlake_model::{AuditRow, PromptRow, Rows, Table};

pub use diff::diff_prompts;
pub use file::read_prompts;
pub use release::{Gate, GateOptions, ReleaseRequest};

use crate::Spanlake;
use crate::error::{Error, Result};

/// What a registration did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PushSummary {
    /// New versions, as name and version.
    pub added: Vec<(String, String)>,
    /// Versions that were there and whose owner, dataset, rollback target or tags changed.
    pub changed: Vec<(String, String)>,
    /// Versions that were there just so.
    pub unchanged: usize,
}

/// What somebody decides about a version.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Whether it may be released.
    pub approve: bool,
    /// Who decides.
    pub by: String,
    /// Why.
    pub note: Option<String>,
}

impl Spanlake {
    /// Registers prompt versions. What a version is, once registered, stays: its template, schemas,
    /// model and parameters. Owner, dataset, rollback target and tags may change later.
    ///
    /// # Errors
    /// When a version is registered with other content: then nothing is registered.
    pub async fn push_prompts(&self, prompts: Vec<PromptRow>) -> Result<PushSummary> {
        let known = self.registered().await?;
        let mut summary = PushSummary::default();
        let mut rows = Vec::new();
        for prompt in prompts {
            let key = (prompt.name.clone(), prompt.version.clone());
            // What is stored went through the redactor: so must what it is held against.
            let Rows::Prompts(mut redacted) =
                self.redactor.redact_rows(Rows::Prompts(vec![prompt.clone()]))
            else {
                continue;
            };
            let Some(redacted) = redacted.pop() else { continue };
            let same =
                |row: &&PromptRow| (&row.name, &row.version) == (&redacted.name, &redacted.version);
            let Some(stored) = known.iter().find(same) else {
                summary.added.push(key);
                rows.push(PromptRow {
                    time: self.clock.now(),
                    approval: Some("draft".to_owned()),
                    ..prompt
                });
                continue;
            };
            if let Some(what) = changed_content(stored, &redacted) {
                let reason = format!(
                    "{} {} is registered with another {what}; a version never changes: give the new \
                     text a new version",
                    key.0, key.1
                );
                return Err(Error::Invalid { what: "prompts", reason });
            }
            if changeable(stored) == changeable(&redacted) {
                summary.unchanged += 1;
                continue;
            }
            summary.changed.push(key);
            rows.push(PromptRow {
                time: self.clock.now(),
                approval: stored.approval.clone(),
                approved_by: stored.approved_by.clone(),
                approved_at: stored.approved_at,
                ..prompt
            });
        }
        self.register_prompts(rows).await?;
        Ok(summary)
    }

    /// Returns a registered version.
    ///
    /// # Errors
    /// When there is none; names those that are.
    pub async fn prompt(&self, name: &str, version: &str) -> Result<PromptRow> {
        let known = self.registered().await?;
        if let Some(row) = known.iter().find(|row| row.name == name && row.version == version) {
            return Ok(row.clone());
        }
        let versions: Vec<&str> =
            known.iter().filter(|row| row.name == name).map(|row| row.version.as_str()).collect();
        let reason = if versions.is_empty() {
            format!("no prompt {name} is registered")
        } else {
            format!("{name} has no version {version}; registered are {}", versions.join(", "))
        };
        Err(Error::Invalid { what: "prompts", reason })
    }

    /// Records a decision about a version, here and in `audit`.
    ///
    /// # Errors
    /// When the version is not registered.
    pub async fn decide_prompt(&self, name: &str, version: &str, decision: Decision) -> Result<()> {
        let stored = self.prompt(name, version).await?;
        let now = self.clock.now();
        let approval = if decision.approve { "approved" } else { "rejected" };
        let row = PromptRow {
            time: now,
            approval: Some(approval.to_owned()),
            approved_by: Some(decision.by.clone()),
            approved_at: Some(now),
            ..stored
        };
        self.register_prompts(vec![row]).await?;
        let action = if decision.approve { "approve" } else { "reject" };
        self.note_decision(action, name, version, decision.by, decision.note).await
    }

    /// Notes a decision about a prompt version in `audit`.
    async fn note_decision(
        &self,
        action: &str,
        name: &str,
        version: &str,
        by: String,
        reason: Option<String>,
    ) -> Result<()> {
        let now = self.clock.now();
        let row = AuditRow {
            date: now.day(),
            time: now,
            actor: by,
            action: action.to_owned(),
            object: Some(format!("prompt {name} {version}")),
            reason,
            ingest_time: now,
            ..AuditRow::default()
        };
        self.append_rows(Rows::Audit(vec![row])).await
    }

    /// Reads every registered version in its newest form, oldest registration first.
    async fn registered(&self) -> Result<Vec<PromptRow>> {
        let mut rows = Vec::new();
        let statement = "select * from current_prompts order by name, registered, version";
        for batch in self.query(statement).await? {
            if let Rows::Prompts(read) = Table::Prompts.read_rows(&batch, 0..batch.num_rows()) {
                rows.extend(read);
            }
        }
        Ok(rows)
    }
}

/// Names the first part of a version's content that differs.
fn changed_content(stored: &PromptRow, new: &PromptRow) -> Option<&'static str> {
    [
        ("template", stored.template == new.template),
        ("schema of its variables", stored.variable_schema == new.variable_schema),
        ("model", stored.model == new.model),
        ("parameters", stored.params == new.params),
        ("output schema", stored.output_schema == new.output_schema),
    ]
    .into_iter()
    .find_map(|(what, is_same)| (!is_same).then_some(what))
}

/// What may change of a version.
fn changeable(row: &PromptRow) -> impl PartialEq {
    (row.eval_dataset.clone(), row.owner.clone(), row.rollback_target.clone(), row.tags.clone())
}
