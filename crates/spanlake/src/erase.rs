//! Erasing a user, a session, a tenant or a trace, in whichever form the store has it.

use std::collections::BTreeSet;

use spanlake_model::{AuditRow, Rows};
use spanlake_redact::Redactor;
use spanlake_store::{ErasePreview, EraseReceipt, Subject, SubjectKind};

use crate::error::{Error, Result};
use crate::{Spanlake, actor};

/// Every tenant of the store: pseudonyms differ between tenants.
const TENANTS: &str = "select distinct tenant_id from spans where tenant_id is not null \
                       union select distinct tenant_id from evals where tenant_id is not null";

/// Characters of a pseudonym's token: 80 bits in base 32.
const TOKEN_CHARS: usize = 16;

impl Spanlake {
    /// Erases everything of a subject: hidden at once, then taken out of everything that is written,
    /// and not taken any more when it comes late. `value` is the id as it was sent or as the store
    /// has it; pseudonyms of every key that the settings name are tried. The erasure is noted in
    /// `audit`.
    ///
    /// # Errors
    /// When the subject cannot be told from others, or a step fails: the next maintenance goes on.
    pub async fn erase(&self, kind: SubjectKind, value: &str) -> Result<EraseReceipt> {
        let subject = self.subject(kind, value).await?;
        let receipt = self.store.erase(subject).await?;
        let now = self.clock.now();
        let details = serde_json::json!({
            "erasure_id": receipt.erasure_id, "traces": receipt.traces, "rows": receipt.rows(),
            "is_clean": receipt.is_clean(),
        });
        let row = AuditRow {
            date: now.day(),
            time: now,
            actor: actor(),
            action: "erase".to_owned(),
            object: Some(kind.as_str().to_owned()),
            details: Some(details.to_string()),
            ingest_time: now,
            ..AuditRow::default()
        };
        self.append_rows(Rows::Audit(vec![row])).await?;
        Ok(receipt)
    }

    /// Says what [`Self::erase`] would do. Works on a store that is open read-only.
    ///
    /// # Errors
    /// As [`Self::erase`].
    pub async fn preview_erasure(&self, kind: SubjectKind, value: &str) -> Result<ErasePreview> {
        let subject = self.subject(kind, value).await?;
        Ok(self.store.preview_erasure(subject).await?)
    }

    /// Collects the forms in which a subject may stand in the store.
    async fn subject(&self, kind: SubjectKind, value: &str) -> Result<Subject> {
        let refused = |reason: &str| Error::Invalid { what: "erase", reason: reason.to_owned() };
        if value.trim().is_empty() {
            return Err(refused("an empty id is nobody's"));
        }
        let mut forms = BTreeSet::from([value.to_owned()]);
        if kind == SubjectKind::Trace {
            return Ok(Subject { kind, forms: vec![value.to_ascii_lowercase()] });
        }
        let mut tenants = BTreeSet::from([String::new()]);
        for batch in self.query(TENANTS).await? {
            let rows = spanlake_model::Table::Spans.read_rows(&batch, 0..batch.num_rows());
            if let Rows::Spans(rows) = rows {
                tenants.extend(rows.into_iter().filter_map(|row| row.tenant_id));
            }
        }
        for redactor in std::iter::once(&self.redactor).chain(&self.retired) {
            forms.extend(tenants.iter().filter_map(|tenant| form(redactor, tenant, value)));
        }
        let is_masked = self.redactor.identity("", value) != value;
        if is_masked && forms.len() == 1 {
            return Err(refused(
                "this store masks ids of this kind, all alike: without the redaction key that made \
                 pseudonyms of them nobody can tell whose rows are whose",
            ));
        }
        Ok(Subject { kind, forms: forms.into_iter().collect() })
    }
}

/// Returns how a redactor writes an id, unless that is a mask that others have, too.
fn form(redactor: &Redactor, tenant: &str, value: &str) -> Option<String> {
    let form = redactor.identity(tenant, value);
    (form == value || has_token(&form)).then_some(form)
}

/// Whether a text holds a pseudonym: a label, a colon and a token between angle brackets.
fn has_token(text: &str) -> bool {
    text.split('<').skip(1).filter_map(|rest| rest.split_once('>')).any(|(inside, _)| {
        inside.split_once(':').is_some_and(|(_, token)| {
            token.len() == TOKEN_CHARS
                && token.bytes().all(|c| c.is_ascii_lowercase() || (b'2'..=b'7').contains(&c))
        })
    })
}

#[cfg(test)]
mod tests {
    use spanlake_redact::{HmacKey, Policy};

    use super::*;

    #[test]
    fn a_mask_is_nobodys_form_and_a_pseudonym_is() {
        let address = ["jo", "@", "example.org"].concat();
        let without = Redactor::new(Policy::default_policy(), None).expect("valid");
        assert_eq!(form(&without, "", &address), None);
        assert_eq!(form(&without, "", "u-17").as_deref(), Some("u-17"));
        let key = HmacKey::new(b"0123456789abcdef").expect("long enough");
        let with = Redactor::new(Policy::default_policy(), Some(key)).expect("valid");
        let forms = ["", "acme"].map(|tenant| form(&with, tenant, &address).expect("a pseudonym"));
        assert_ne!(forms[0], forms[1]);
        assert!(has_token(&format!("session of {}", forms[1])));
    }
}
