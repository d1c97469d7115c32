//! The SQL that comes with Spanlake: one statement per file, its documentation in the header.

use std::collections::BTreeMap;
use std::path::Path;

use crate::error::{QueryError, Result};

mod parameter;

pub use parameter::{SqlParameter, bind};

/// Lists files of the repository's `sql/` folder with their text.
macro_rules! embedded {
    ($($path:literal,)+) => {
        &[$(($path, include_str!(concat!("../../../sql/", $path))),)+]
    };
}

/// Every embedded file, by its path under `sql/`. `tests/it/library.rs` compares it with the folder.
const EMBEDDED: &[(&str, &str)] = embedded![
    "alerts/citation_validity.sql",
    "alerts/cost_after_release.sql",
    "alerts/cost_over_baseline.sql",
    "alerts/faithfulness.sql",
    "alerts/fallback_by_tenant.sql",
    "alerts/guardrail_errors.sql",
    "alerts/judge_drift.sql",
    "alerts/parse_failures.sql",
    "alerts/parse_failures_after_release.sql",
    "alerts/prompt_growth.sql",
    "alerts/provider_outage.sql",
    "alerts/tool_arguments.sql",
    "alerts/undecided_writes.sql",
    "metrics/agent/escalation_rate.sql",
    "metrics/agent/loop_failure_rate.sql",
    "metrics/agent/step_count.sql",
    "metrics/agent/tool_argument_failure_rate.sql",
    "metrics/agent/write_approval_rate.sql",
    "metrics/output/citation_validity.sql",
    "metrics/output/grounded_rate.sql",
    "metrics/output/json_parse_failure_rate.sql",
    "metrics/output/refusal_rate.sql",
    "metrics/output/required_field_completion.sql",
    "metrics/output/schema_pass_rate.sql",
    "metrics/retrieval/context_length.sql",
    "metrics/retrieval/empty_retrieval_rate.sql",
    "metrics/retrieval/faithfulness.sql",
    "metrics/retrieval/reranker_scores.sql",
    "metrics/system/cost.sql",
    "metrics/system/fallback_rate.sql",
    "metrics/system/provider_latency.sql",
    "metrics/system/retry_rate.sql",
    "metrics/system/timeout_rate.sql",
    "metrics/system/token_usage.sql",
    "questions/alert_fixes.sql",
    "questions/context_quality.sql",
    "questions/cost_and_latency.sql",
    "questions/dashboards.sql",
    "questions/failed_traces.sql",
    "questions/failures_in_evals.sql",
    "questions/live_versions.sql",
    "questions/metric_shifts.sql",
    "questions/output_quality.sql",
    "questions/prompt_lineage.sql",
    "questions/redacted_fields.sql",
    "questions/release_gates.sql",
    "questions/release_impact.sql",
    "questions/safety.sql",
    "questions/tool_behaviour.sql",
    "questions/unowned_questions.sql",
    "questions/version_of_output.sql",
    "views/agent_runs.sql",
    "views/current_prompts.sql",
    "views/live_prompts.sql",
    "views/llm_calls.sql",
    "views/prompt_calls.sql",
    "views/prompt_evals.sql",
    "views/prompt_quality.sql",
    "views/prompt_versions.sql",
    "views/retrievals.sql",
    "views/sessions.sql",
    "views/tool_calls.sql",
    "views/traces.sql",
];

/// One SQL file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SqlFile {
    /// Path under `sql/`, such as `views/traces.sql`.
    pub path: String,
    /// The statement, header comment included.
    pub text: String,
    /// The question it answers, from the header.
    pub question: String,
    /// Its columns with their meaning and unit, from the header.
    pub columns: Vec<(String, String)>,
    /// Its parameters with their defaults, from the header.
    pub parameters: Vec<SqlParameter>,
    /// Who answers for it, from the header.
    pub owner: Option<String>,
    /// Days after which somebody should look whether it is still right and needed, from the header.
    pub review_days: Option<u32>,
}

impl SqlFile {
    /// Reads a file's header.
    ///
    /// ```text
    /// -- Which prompt version got worse?
    /// -- (more lines of the question)
    /// --
    /// -- column  meaning, unit
    /// --
    /// -- $parameter = default  meaning
    /// -- owner: who
    /// -- review: 30 days
    /// ```
    pub fn parse(path: &str, text: &str) -> Self {
        let mut question = Vec::new();
        let mut file = Self { path: path.to_owned(), text: text.to_owned(), ..Self::default() };
        let mut in_columns = false;
        for line in text.lines().map_while(|line| line.strip_prefix("--")) {
            let line = line.trim();
            if line.is_empty() {
                in_columns = true;
            } else if !in_columns {
                question.push(line);
            } else if let Some(parameter) = line.strip_prefix('$').and_then(SqlParameter::parse) {
                file.parameters.push(parameter);
            } else if let Some(owner) = line.strip_prefix("owner: ") {
                file.owner = Some(owner.trim().to_owned());
            } else if let Some(days) = line.strip_prefix("review: ") {
                file.review_days = days.split(' ').next().and_then(|days| days.parse().ok());
            } else if let Some(last) = file.parameters.last_mut() {
                last.doc.push(' ');
                last.doc.push_str(line);
            } else if let Some((names, doc)) = line.split_once("  ") {
                let doc = doc.trim();
                file.columns.extend(names.split(' ').map(|name| (name.to_owned(), doc.to_owned())));
            } else if let Some((_, doc)) = file.columns.last_mut() {
                doc.push(' ');
                doc.push_str(line);
            }
        }
        file.question = question.join(" ");
        file
    }

    /// Returns the statement with values in the place of the parameters its header declares: those
    /// given, else the defaults.
    ///
    /// # Errors
    /// [`QueryError::Parameter`] names a value that does not fit, or one for no parameter.
    pub fn statement(&self, given: &BTreeMap<String, String>) -> Result<String> {
        let refused = |name: &str, reason: String| QueryError::Parameter {
            file: self.path.clone(),
            name: name.to_owned(),
            reason,
        };
        let find = |name: &str| self.parameters.iter().find(|parameter| parameter.name == name);
        if let Some(name) = given.keys().find(|name| find(name).is_none()) {
            let known: Vec<&str> = self.parameters.iter().map(|one| one.name.as_str()).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(refused(name, format!("no such parameter; there are {known}")));
        }
        bind(&self.text, |name| {
            let Some(parameter) = find(name) else { return Ok(None) };
            let value = given.get(name).map(String::as_str);
            parameter.literal(value).map(Some).map_err(|reason| refused(name, reason))
        })
    }

    /// Returns the file's name without folder and extension.
    pub fn name(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or(&self.path);
        name.strip_suffix(".sql").unwrap_or(name)
    }
}

/// Every SQL file, by path.
#[derive(Clone, Debug, Default)]
pub struct SqlLibrary {
    files: BTreeMap<String, SqlFile>,
}

impl SqlLibrary {
    /// Returns the files built in.
    pub fn embedded() -> Self {
        let files = EMBEDDED
            .iter()
            .map(|(path, text)| ((*path).to_owned(), SqlFile::parse(path, text)))
            .collect();
        Self { files }
    }

    /// Puts the files of a folder laid out like `sql/` beside these, and in the place of those with
    /// the same path.
    ///
    /// # Errors
    /// As [`Self::from_dir`].
    pub fn overlaid_by(mut self, root: &Path) -> Result<Self> {
        self.read_dir(root, "")?;
        Ok(self)
    }

    /// Reads the files of a folder laid out like `sql/`.
    ///
    /// # Errors
    /// [`QueryError::SqlFolder`] names the file or folder that cannot be read.
    pub fn from_dir(root: &Path) -> Result<Self> {
        let mut library = Self::default();
        library.read_dir(root, "")?;
        Ok(library)
    }

    fn read_dir(&mut self, root: &Path, under: &str) -> Result<()> {
        let folder = root.join(under);
        let failed = |path: &Path, source| QueryError::SqlFolder {
            path: path.display().to_string(),
            source,
        };
        for entry in std::fs::read_dir(&folder).map_err(|error| failed(&folder, error))? {
            let path = entry.map_err(|error| failed(&folder, error))?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            let below = if under.is_empty() { name.to_owned() } else { format!("{under}/{name}") };
            if path.is_dir() {
                self.read_dir(root, &below)?;
            } else if path.extension().is_some_and(|extension| extension == "sql") {
                let text = std::fs::read_to_string(&path).map_err(|error| failed(&path, error))?;
                self.files.insert(below.clone(), SqlFile::parse(&below, &text));
            }
        }
        Ok(())
    }

    /// Whether a file is the one built in.
    pub fn is_shipped(file: &SqlFile) -> bool {
        EMBEDDED.iter().any(|(path, text)| *path == file.path && *text == file.text)
    }

    /// Returns a file by its path under `sql/`.
    pub fn get(&self, path: &str) -> Option<&SqlFile> {
        self.files.get(path)
    }

    /// Returns the files under a folder (`views`, `metrics/system`), in order of their paths.
    pub fn under<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a SqlFile> {
        self.files.values().filter(move |file| {
            file.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
        })
    }

    /// Returns a view's file by the view's name.
    pub fn view(&self, name: &str) -> Option<&SqlFile> {
        self.get(&format!("views/{name}.sql"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_gives_question_and_columns() {
        let file = SqlFile::parse(
            "views/x.sql",
            "-- What is x?\n-- Per day.\n--\n-- day  UTC day\n-- low high  interval,\n--   95 %\nselect 1\n",
        );
        assert_eq!((file.name(), file.question.as_str()), ("x", "What is x? Per day."));
        let expected = [("day", "UTC day"), ("low", "interval,"), ("high", "interval, 95 %")];
        assert_eq!(
            file.columns.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect::<Vec<_>>(),
            expected
        );
    }

    #[test]
    fn a_header_declares_parameters_owner_and_review() {
        let file = SqlFile::parse(
            "questions/x.sql",
            "-- What is x?\n--\n-- x  Of $days.\n--\n-- $days = 7  Days\n--   back.\n\
             -- owner: quality team\n-- review: 30 days\nselect $days, '$days', $other -- $days\n",
        );
        assert_eq!(file.parameters[0].doc, "Days back.");
        assert_eq!((file.owner.as_deref(), file.review_days), (Some("quality team"), Some(30)));
        let given = BTreeMap::from([("days".to_owned(), "9".to_owned())]);
        let text = file.statement(&given).unwrap();
        assert!(text.ends_with("select 9, '$days', $other -- $days\n"), "{text}");
        let given = BTreeMap::from([("day".to_owned(), "9".to_owned())]);
        let error = file.statement(&given).unwrap_err().to_string();
        assert_eq!(error, "questions/x.sql: $day: no such parameter; there are days");
    }
}
