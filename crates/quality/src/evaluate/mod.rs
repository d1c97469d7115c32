//! Judges stored answers: faithfulness and citation validity, once each, as rows of `evals`.
//!
//! ```text
//! answers without a result ─▶ their contexts ─▶ faith, citations (spanlake-parse) ─▶ chunks of EvalRow
//! ```
//!
//! The caller appends the chunks through its store. `eval_time` is the answer's end, so a report
//! made after a back-fill is the one made at once; `eval_id` depends on what was judged by what,
//! so a repeated run adds nothing.

mod judge;

use std::collections::VecDeque;

use spanlake_model::{Day, EvalRow, Micros};
use spanlake_parse::faith::Profile;
use spanlake_query::Session;

use crate::error::{QualityError, Result};
use crate::rows::{self, Kind};
use crate::sql::{Parameters, Value};
use judge::{Answer, Retrieved};

/// Answers read at once at most, roughly: a day with more is taken in slices of trace ids.
const SLICE_ANSWERS: u64 = 20_000;

/// What to evaluate and how.
#[derive(Clone, Debug)]
pub struct EvaluateOptions {
    /// Profile of the faithfulness measure, without its version.
    pub profile: String,
    /// Rows of a chunk, at most.
    pub chunk_rows: usize,
    /// First day; the store's first by default.
    pub from: Option<Day>,
    /// Last day; the store's last by default.
    pub until: Option<Day>,
}

impl Default for EvaluateOptions {
    fn default() -> Self {
        Self { profile: "qa".to_owned(), chunk_rows: 4096, from: None, until: None }
    }
}

/// How far an evaluation is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Answers that waited when it began.
    pub answers: u64,
    /// Answers read so far.
    pub read: u64,
    /// Of those, without known contexts.
    pub without_contexts: u64,
    /// Rows made.
    pub rows: u64,
}

/// An evaluation under way.
pub struct Evaluation<'a> {
    session: &'a Session,
    profile: Profile,
    chunk_rows: usize,
    range: (Day, Day),
    slices: VecDeque<Slice>,
    pending: VecDeque<EvalRow>,
    progress: Progress,
}

/// A part of a day: trace ids from one prefix to another.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Slice {
    day: Day,
    from: String,
    to: String,
}

impl<'a> Evaluation<'a> {
    /// Finds what waits to be judged.
    ///
    /// # Errors
    /// When the profile is unknown or a statement fails.
    pub async fn start(session: &'a Session, options: &EvaluateOptions) -> Result<Self> {
        let profile = Profile::by_name(&options.profile)
            .ok_or_else(|| QualityError::Profile { name: options.profile.clone() })?;
        let range = (options.from.unwrap_or(Day(-700_000)), options.until.unwrap_or(Day(700_000)));
        let parameters = Parameters::from([
            ("evaluator", Value::Text(profile.id())),
            ("first_date", Value::Date(range.0)),
            ("last_date", Value::Date(range.1)),
        ]);
        let rows = rows::run(session, "report/answers_by_day.sql", &parameters).await?;
        let mut slices = VecDeque::new();
        let mut progress = Progress::default();
        rows.for_each(&[("date", Kind::Time), ("answers", Kind::Int)], |row| {
            let (Some(time), answers) = (row.time_opt("date"), row.count("answers")) else {
                return;
            };
            progress.answers += answers;
            slices.extend(slices_of(time.day(), answers));
        })?;
        Ok(Self {
            session,
            profile,
            chunk_rows: options.chunk_rows.max(1),
            range,
            slices,
            pending: VecDeque::new(),
            progress,
        })
    }

    /// Judges on until a chunk is full or nothing is left; `None` at the end.
    ///
    /// # Errors
    /// When a statement fails; what was returned before stays valid.
    pub async fn next_chunk(&mut self) -> Result<Option<Vec<EvalRow>>> {
        while self.pending.len() < self.chunk_rows {
            let Some(slice) = self.slices.pop_front() else { break };
            let judged = self.judge(&slice).await?;
            self.progress.rows += judged.len() as u64;
            self.pending.extend(judged);
        }
        let rows = self.pending.len().min(self.chunk_rows);
        Ok((rows > 0).then(|| self.pending.drain(..rows).collect()))
    }

    /// Returns how far it is.
    pub fn progress(&self) -> Progress {
        self.progress
    }

    async fn judge(&mut self, slice: &Slice) -> Result<Vec<EvalRow>> {
        let parameters = Parameters::from([
            ("evaluator", Value::Text(self.profile.id())),
            ("first_date", Value::Date(self.range.0.min(Day(slice.day.0 - 1)))),
            ("last_date", Value::Date(self.range.1.max(Day(slice.day.0 + 1)))),
            ("day", Value::Date(slice.day)),
            ("before_day", Value::Date(Day(slice.day.0 - 1))),
            ("from_trace", Value::Text(slice.from.clone())),
            ("to_trace", Value::Text(slice.to.clone())),
        ]);
        let answers = read_answers(self.session, &parameters).await?;
        if answers.is_empty() {
            return Ok(Vec::new());
        }
        let retrieved = read_contexts(self.session, &parameters).await?;
        self.progress.read += answers.len() as u64;
        let (rows, without) = judge::judge_all(answers, retrieved, self.profile.clone()).await;
        self.progress.without_contexts += without;
        Ok(rows)
    }
}

fn slices_of(day: Day, answers: u64) -> Vec<Slice> {
    let digits: Vec<String> = "0123456789abcdef".chars().map(String::from).collect();
    let prefixes: Vec<String> = match answers {
        0..=SLICE_ANSWERS => vec![String::new()],
        n if n <= 16 * SLICE_ANSWERS => digits,
        _ => digits.iter().flat_map(|a| digits.iter().map(move |b| format!("{a}{b}"))).collect(),
    };
    let ends = prefixes.iter().skip(1).cloned().chain(std::iter::once("g".to_owned()));
    prefixes.iter().zip(ends).map(|(from, to)| Slice { day, from: from.clone(), to }).collect()
}

async fn read_answers(session: &Session, parameters: &Parameters) -> Result<Vec<Answer>> {
    let columns = [
        ("trace_id", Kind::Text),
        ("span_id", Kind::Text),
        ("started", Kind::Int),
        ("ended", Kind::Int),
        ("tenant_id", Kind::Text),
        ("user_id", Kind::Text),
        ("session_id", Kind::Text),
        ("environment", Kind::Text),
        ("workflow", Kind::Text),
        ("prompt_name", Kind::Text),
        ("prompt_version", Kind::Text),
        ("answer", Kind::Text),
        ("variables", Kind::Text),
    ];
    let rows = rows::run(session, "report/answers.sql", parameters).await?;
    let mut answers = Vec::new();
    rows.for_each(&columns, |row| {
        let time = Micros::from_nanos(row.int("ended").max(row.int("started")));
        answers.push(Answer {
            started: row.int("started"),
            text: row.text("answer"),
            variables: row.text_opt("variables"),
            row: EvalRow {
                date: time.day(),
                eval_time: time,
                trace_id: row.text_opt("trace_id"),
                span_id: row.text_opt("span_id"),
                tenant_id: row.text_opt("tenant_id"),
                user_id: row.text_opt("user_id"),
                session_id: row.text_opt("session_id"),
                environment: row.text_opt("environment"),
                workflow: row.text_opt("workflow"),
                prompt_name: row.text_opt("prompt_name"),
                prompt_version: row.text_opt("prompt_version"),
                evaluator_type: Some("rule".to_owned()),
                evaluator: Some("spanlake".to_owned()),
                ..EvalRow::default()
            },
        });
    })?;
    Ok(answers)
}

async fn read_contexts(session: &Session, parameters: &Parameters) -> Result<Vec<Retrieved>> {
    let columns = [
        ("trace_id", Kind::Text),
        ("span_id", Kind::Text),
        ("kind", Kind::Text),
        ("ended", Kind::Int),
        ("query", Kind::Text),
        ("content", Kind::Text),
        ("in_context", Kind::Int),
    ];
    let rows = rows::run(session, "report/contexts.sql", parameters).await?;
    let mut retrieved: Vec<Retrieved> = Vec::new();
    rows.for_each(&columns, |row| {
        let (trace_id, span_id) = (row.text("trace_id"), row.text("span_id"));
        let is_same =
            retrieved.last().is_some_and(|r| r.trace_id == trace_id && r.span_id == span_id);
        if !is_same {
            retrieved.push(Retrieved {
                trace_id,
                span_id,
                is_reranking: row.text("kind") == "reranker",
                ended: row.int("ended"),
                query: row.text_opt("query"),
                documents: Vec::new(),
            });
        }
        let is_out = row.is_known("in_context") && row.int("in_context") == 0;
        if let (Some(last), Some(content), false) =
            (retrieved.last_mut(), row.text_opt("content"), is_out)
        {
            last.documents.push(content);
        }
    })?;
    Ok(retrieved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_cover_every_trace_id_once() {
        for answers in [1, SLICE_ANSWERS + 1, 100 * SLICE_ANSWERS] {
            let slices = slices_of(Day(1), answers);
            for id in ["00", "0f", "7a", "f0", "ff"] {
                let id = id.repeat(16);
                let holding = slices.iter().filter(|s| s.from <= id && id < s.to).count();
                assert_eq!(holding, 1, "{id} in {answers}");
            }
        }
    }
}
