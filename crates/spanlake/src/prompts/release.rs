//! Releases: what must hold before one, and the way back.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use spanlake_model::PromptRow;
use spanlake_model::ReleaseRow;

use crate::Spanlake;
use crate::error::{Error, Result};

/// The statement that holds a version's results against the live version's.
const GATES: &str = "questions/release_gates.sql";

/// What a release has to meet.
#[derive(Clone, Debug)]
pub struct GateOptions {
    /// Share of cases that must pass, or mean score that must be reached, in each evaluation.
    pub objective: f64,
}

impl Default for GateOptions {
    fn default() -> Self {
        Self { objective: 0.9 }
    }
}

/// One condition of a release.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// What is looked at: `approval`, `rollback target`, `eval dataset`, or an evaluation.
    pub name: String,
    /// Whether it holds.
    pub passed: bool,
    /// Cases judged, of an evaluation.
    pub cases: Option<i64>,
    /// Share passed or mean score, of an evaluation.
    pub value: Option<f64>,
    /// The same of the version that is live.
    pub live_value: Option<f64>,
    /// What was found.
    pub detail: String,
}

/// Who releases what where.
#[derive(Clone, Debug)]
pub struct ReleaseRequest {
    /// Prompt name.
    pub name: String,
    /// Prompt version.
    pub version: String,
    /// Environment.
    pub environment: String,
    /// Who.
    pub by: String,
    /// Why; needed when forced.
    pub note: Option<String>,
    /// Whether to release although a gate does not hold.
    pub forced: bool,
}

impl Spanlake {
    /// Says what a release of a version has to meet, and whether it does.
    ///
    /// # Errors
    /// When the version is not registered or the results cannot be read.
    pub async fn release_gates(
        &self,
        name: &str,
        version: &str,
        environment: &str,
        options: &GateOptions,
    ) -> Result<Vec<Gate>> {
        let prompt = self.prompt(name, version).await?;
        let mut gates = vec![approval(&prompt), self.rollback_gate(&prompt, environment).await?];
        let Some(dataset) = &prompt.eval_dataset else {
            gates.push(Gate::plain(
                "eval dataset",
                false,
                "none is named: nothing gates it".into(),
            ));
            return Ok(gates);
        };
        let results = self.gate_results(&prompt, environment, options).await?;
        let found = !results.is_empty();
        let detail = if found { dataset.clone() } else { format!("no results on {dataset}") };
        gates.push(Gate::plain("eval dataset", found, detail));
        gates.extend(results);
        Ok(gates)
    }

    /// Releases a version if its gates hold, or if forced; returns the gates and whether it was
    /// released.
    ///
    /// # Errors
    /// When the version is not registered, or forced without a note.
    pub async fn release_prompt(
        &self,
        request: ReleaseRequest,
        options: &GateOptions,
    ) -> Result<(Vec<Gate>, bool)> {
        let has_note = request.note.as_ref().is_some_and(|note| !note.trim().is_empty());
        if request.forced && !has_note {
            return Err(refused("a forced release needs a note that says why".to_owned()));
        }
        let ReleaseRequest { name, version, environment, .. } = &request;
        let gates = self.release_gates(name, version, environment, options).await?;
        let holds = gates.iter().all(|gate| gate.passed);
        if !holds && !request.forced {
            return Ok((gates, false));
        }
        // Forced says that a gate was overridden, not that somebody was ready to.
        self.record("release", ReleaseRequest { forced: !holds, ..request }).await?;
        Ok((gates, true))
    }

    /// Goes back from the live version: to `to`, else to its rollback target, else to the version
    /// that was live before it. Returns both versions.
    ///
    /// # Errors
    /// When nothing is live there or nothing to go back to is known.
    pub async fn roll_back_prompt(
        &self,
        request: ReleaseRequest,
        to: Option<String>,
    ) -> Result<(String, String)> {
        let (name, environment) = (request.name.as_str(), request.environment.as_str());
        let history = self.release_history(name, environment).await?;
        let Some(live) = history.first().map(|(version, _)| version.clone()) else {
            return Err(refused(format!("{name} was never released in {environment}")));
        };
        let registered = match self.prompt(name, &live).await {
            Ok(prompt) => prompt.rollback_target,
            Err(_) => None,
        };
        let before = live_before(&history);
        let Some(target) = to.or(registered).or(before) else {
            return Err(refused(format!(
                "{name} {live} has no rollback target and no version was live before it: give --to"
            )));
        };
        if target == live {
            return Err(refused(format!("{name} {live} is live in {environment} already")));
        }
        let was_live = history.iter().any(|(version, _)| *version == target);
        let is_approved =
            self.prompt(name, &target).await.is_ok_and(|prompt| approval(&prompt).passed);
        if !was_live && !is_approved {
            return Err(refused(format!(
                "{name} {target} was never live in {environment} and is not approved: go back to a \
                 version that was, or approve it first"
            )));
        }
        let request = ReleaseRequest { version: target.clone(), forced: false, ..request };
        self.record("rollback", request).await?;
        Ok((live, target))
    }

    async fn record(&self, action: &str, request: ReleaseRequest) -> Result<()> {
        let ReleaseRequest { name, version, environment, by, note, forced } = request;
        self.record_releases(vec![ReleaseRow {
            time: self.clock.now(),
            environment: Some(environment),
            prompt_name: name.clone(),
            prompt_version: version.clone(),
            action: action.to_owned(),
            by: Some(by.clone()),
            forced,
            note: note.clone(),
            ..ReleaseRow::default()
        }])
        .await?;
        self.note_decision(action, &name, &version, by, note).await
    }

    /// Versions by their release or rollback in an environment, newest first, and whether it was a
    /// rollback.
    async fn release_history(&self, name: &str, environment: &str) -> Result<Vec<(String, bool)>> {
        let mut versions = Vec::new();
        let statement = "select * from releases order by time desc, row_version desc";
        for batch in self.query(statement).await? {
            versions.extend((0..batch.num_rows()).filter_map(|at| {
                let row = ReleaseRow::read(&batch, at);
                let is_here = row.environment.as_deref() == Some(environment);
                let is_rollback = row.action == "rollback";
                (row.prompt_name == name && is_here).then_some((row.prompt_version, is_rollback))
            }));
        }
        Ok(versions)
    }

    async fn rollback_gate(&self, prompt: &PromptRow, environment: &str) -> Result<Gate> {
        let Some(target) = &prompt.rollback_target else {
            return Ok(Gate::plain("rollback target", false, "none is named".into()));
        };
        let is_registered = self.prompt(&prompt.name, target).await.is_ok();
        let was_live = !is_registered
            && self
                .release_history(&prompt.name, environment)
                .await?
                .iter()
                .any(|(version, _)| version == target);
        let (passed, detail) = if target == &prompt.version {
            (false, format!("{target} is the version itself"))
        } else if is_registered || was_live {
            (true, target.clone())
        } else {
            (false, format!("{target} is neither registered nor was it live in {environment}"))
        };
        Ok(Gate::plain("rollback target", passed, detail))
    }

    async fn gate_results(
        &self,
        prompt: &PromptRow,
        environment: &str,
        options: &GateOptions,
    ) -> Result<Vec<Gate>> {
        let values = BTreeMap::from([
            ("prompt".to_owned(), prompt.name.clone()),
            ("version".to_owned(), prompt.version.clone()),
            ("environment".to_owned(), environment.to_owned()),
        ]);
        let file = self.session.library().get(GATES);
        let statement = file.map(|file| file.statement(&values)).transpose()?.unwrap_or_default();
        let mut gates = Vec::new();
        for batch in self.query(&statement).await? {
            gates.extend((0..batch.num_rows()).map(|at| result(&batch, at, options)));
        }
        Ok(gates)
    }
}

impl Gate {
    fn plain(name: &str, passed: bool, detail: String) -> Self {
        Self { name: name.to_owned(), passed, cases: None, value: None, live_value: None, detail }
    }
}

/// Returns the version that was live before the live one was released; what was rolled back is not
/// gone back to. The history is newest first.
fn live_before(history: &[(String, bool)]) -> Option<String> {
    let mut stack: Vec<&str> = Vec::new();
    for (version, is_rollback) in history.iter().rev() {
        let before = stack.iter().rposition(|earlier| earlier == version);
        match before.filter(|_| *is_rollback) {
            Some(at) => stack.truncate(at + 1),
            None if *is_rollback => {
                stack.pop();
                stack.push(version);
            }
            None if stack.last() != Some(&version.as_str()) => stack.push(version),
            None => {}
        }
    }
    stack.pop();
    stack.pop().map(str::to_owned)
}

fn approval(prompt: &PromptRow) -> Gate {
    let state = prompt.approval.as_deref().unwrap_or("draft");
    let detail = match (&prompt.approved_by, state) {
        (Some(by), "approved" | "rejected") => format!("{state} by {by}"),
        _ => state.to_owned(),
    };
    Gate::plain("approval", state == "approved", detail)
}

/// Reads one evaluation's row.
fn result(batch: &RecordBatch, at: usize, options: &GateOptions) -> Gate {
    let cell = |name: &str, kind: &DataType| {
        let column = batch.column_by_name(name).and_then(|column| cast(column, kind).ok());
        column.filter(|column| column.is_valid(at))
    };
    let text = |name: &str| {
        cell(name, &DataType::Utf8).map(|cells| cells.as_string::<i32>().value(at).to_owned())
    };
    let number = |name: &str| {
        cell(name, &DataType::Float64).map(|cells| cells.as_primitive::<Float64Type>().value(at))
    };
    let count = |name: &str| {
        cell(name, &DataType::Int64).map(|cells| cells.as_primitive::<Int64Type>().value(at))
    };
    let (value, lost) = (number("value"), count("lost_cases").unwrap_or(0));
    let live = text("live_version").map_or_else(String::new, |live| {
        let cases = count("live_cases").unwrap_or(0);
        format!("; live {live} had {cases} cases, {lost} of them lost")
    });
    let detail = format!("at least {}{live}", options.objective);
    let evaluator = text("evaluator").filter(|evaluator| !evaluator.is_empty());
    let name = text("evaluation").unwrap_or_default();
    Gate {
        name: evaluator.map_or(name.clone(), |evaluator| format!("{name} ({evaluator})")),
        passed: value.is_some_and(|value| value >= options.objective),
        cases: count("cases"),
        value,
        live_value: number("live_value"),
        detail,
    }
}

fn refused(reason: String) -> Error {
    Error::Invalid { what: "prompts", reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_rolled_back_is_not_gone_back_to() {
        let history = |events: &[(&str, bool)]| {
            events
                .iter()
                .rev()
                .map(|(version, back)| ((*version).to_owned(), *back))
                .collect::<Vec<_>>()
        };
        for (events, expected) in [
            (&[("1", false), ("2", false)][..], Some("1")),
            (&[("1", false), ("2", false), ("1", true)], None),
            (&[("1", false), ("2", false), ("3", false), ("2", true)], Some("1")),
            (&[("1", false), ("2", false), ("1", true), ("3", false)], Some("1")),
            (&[("1", false), ("1", false)], None),
            (&[], None),
        ] {
            assert_eq!(live_before(&history(events)).as_deref(), expected, "{events:?}");
        }
    }
}
