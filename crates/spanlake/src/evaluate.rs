//! Judging stored answers once, and storing the verdicts beside them.

use std::fmt;

use spanlake_model::Rows;
use spanlake_quality::{EvaluateOptions, Evaluation};

use crate::Spanlake;
use crate::error::Result;

/// What an evaluation did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EvaluationSummary {
    /// Answers that had no verdict of the current evaluator.
    pub answers: u64,
    /// Of those, answers whose contexts are unknown; they cannot be judged for faithfulness.
    pub without_contexts: u64,
    /// Verdicts stored.
    pub stored: u64,
}

impl fmt::Display for EvaluationSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} answers judged, {} verdicts stored, {} answers without known contexts",
            self.answers, self.stored, self.without_contexts
        )
    }
}

impl Spanlake {
    /// Computes faithfulness and citation validity for every stored answer that has no verdict of
    /// the current evaluator, and stores them in `evals`. `progress` gets (done, total) answers.
    ///
    /// # Errors
    /// When a statement fails or the store cannot take the rows; what was stored stays.
    pub async fn evaluate(&self, progress: impl Fn(u64, u64)) -> Result<EvaluationSummary> {
        let mut evaluation = Evaluation::start(&self.session, &EvaluateOptions::default()).await?;
        let now = self.clock.now();
        while let Some(mut rows) = evaluation.next_chunk().await? {
            for row in &mut rows {
                row.ingest_time = now;
            }
            self.append_rows(Rows::Evals(rows)).await?;
            let done = evaluation.progress();
            progress(done.read, done.answers);
        }
        let done = evaluation.progress();
        Ok(EvaluationSummary {
            answers: done.answers,
            without_contexts: done.without_contexts,
            stored: done.rows,
        })
    }
}
