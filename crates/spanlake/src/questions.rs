//! Stored questions and metrics: who looked at which, and who stands for it.

use std::collections::BTreeSet;

use spanlake_model::{ReviewRow, Rows, Table};
use spanlake_query::SqlFile;

use crate::Spanlake;
use crate::error::{Error, Result};

/// The folders of statements that answer something by themselves.
const FOLDERS: [&str; 2] = ["questions", "metrics"];

/// What somebody did with a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuestionNote {
    /// Asked it. Kept once a person and day.
    Used,
    /// Looked whether it is still right and needed.
    Reviewed,
}

impl QuestionNote {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Used => "used",
            Self::Reviewed => "reviewed",
        }
    }
}

impl Spanlake {
    /// Returns the questions, then the metrics: shipped ones and those of `sql_dir`.
    pub fn questions(&self) -> impl Iterator<Item = &SqlFile> {
        FOLDERS.into_iter().flat_map(|folder| self.session.library().under(folder))
    }

    /// Finds a question or metric by its name; a hyphen is as good as an underscore.
    ///
    /// # Errors
    /// When there is none; names those that share a word with it.
    pub fn question(&self, name: &str) -> Result<&SqlFile> {
        let wanted = name.replace('-', "_");
        if let Some(file) = self.questions().find(|file| file.name() == wanted) {
            return Ok(file);
        }
        let words: BTreeSet<&str> = wanted.split('_').collect();
        let near: Vec<&str> = self
            .questions()
            .map(SqlFile::name)
            .filter(|name| name.split('_').any(|word| words.contains(word)))
            .collect();
        let reason = if near.is_empty() {
            format!("no question {name}; ask --list shows them")
        } else {
            format!("no question {name}; there are {}", near.join(", "))
        };
        Err(Error::Invalid { what: "ask", reason })
    }

    /// Whether it is known that somebody asked a question today.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn is_use_noted(&self, name: &str, by: &str) -> Result<bool> {
        let today = self.clock.now().day();
        // A name that is an address stands in the store as a pseudonym.
        let by = self.redacted_name(by);
        for batch in self.query("select * from reviews where kind = 'used'").await? {
            let Rows::Reviews(rows) = Table::Reviews.read_rows(&batch, 0..batch.num_rows()) else {
                continue;
            };
            let is_it = |row: &ReviewRow| {
                row.subject == name && row.date == today && row.by.as_deref() == Some(&by)
            };
            if rows.iter().any(is_it) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Notes in `reviews` what somebody did with a question.
    ///
    /// # Errors
    /// When there is no such question or the store cannot take the row.
    pub async fn note_question(
        &self,
        name: &str,
        what: QuestionNote,
        by: &str,
        note: Option<String>,
    ) -> Result<()> {
        let name = self.question(name)?.name().to_owned();
        if what == QuestionNote::Used && self.is_use_noted(&name, by).await? {
            return Ok(());
        }
        let now = self.clock.now();
        let row = ReviewRow {
            date: now.day(),
            time: now,
            kind: what.as_str().to_owned(),
            subject_kind: "question".to_owned(),
            subject: name,
            by: Some(by.to_owned()),
            note,
            ingest_time: now,
            ..ReviewRow::default()
        };
        self.append_rows(Rows::Reviews(vec![row])).await
    }

    /// Returns a person's name as the store has it.
    fn redacted_name(&self, name: &str) -> String {
        let row = ReviewRow { by: Some(name.to_owned()), ..ReviewRow::default() };
        match self.redactor.redact_rows(Rows::Reviews(vec![row])) {
            Rows::Reviews(mut rows) => rows.pop().and_then(|row| row.by).unwrap_or_default(),
            _ => name.to_owned(),
        }
    }
}
