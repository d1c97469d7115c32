//! Builds the report of a store's week.

use chrono_tz::Tz;
use spanlake_model::Micros;
use spanlake_query::Session;

use crate::error::{QualityError, Result};
use crate::report::facts::Facts;
use crate::report::model::WeeklyReport;
use crate::report::{assemble, examples, gather};
use crate::week::Week;

/// What of the stored text a report may show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Content {
    /// Nothing.
    None,
    /// Starts of redacted outputs and names of answer classes; never of traces tagged sensitive
    /// and never of a store that was not redacted.
    #[default]
    Redacted,
}

/// Which report to build.
#[derive(Clone, Debug)]
pub struct ReportOptions {
    /// The report takes the last ISO week that had ended then; without it the newest complete
    /// week in the store.
    pub as_of: Option<Micros>,
    /// Time zone of weeks and days.
    pub time_zone: Tz,
    /// What of the stored text it may show.
    pub content: Content,
}

impl Default for ReportOptions {
    fn default() -> Self {
        Self { as_of: None, time_zone: Tz::UTC, content: Content::Redacted }
    }
}

impl WeeklyReport {
    /// Builds the report. The same store and options give the same report: nothing asks a clock.
    ///
    /// # Errors
    /// [`QualityError::NoWeek`] for a store without a complete week; otherwise when a statement
    /// fails.
    pub async fn build(session: &Session, options: &ReportOptions) -> Result<Self> {
        let no_week = || QualityError::NoWeek {
            until: options
                .as_of
                .and_then(|time| chrono::DateTime::from_timestamp_micros(time.0))
                .map_or_else(|| "now".to_owned(), |time| time.to_rfc3339()),
        };
        let (first, last) = gather::bounds(session).await?.ok_or_else(no_week)?;
        let week = match options.as_of {
            Some(time) => Week::complete_at(time, options.time_zone),
            None => Week::newest_complete(last, options.time_zone),
        };
        let week = week.filter(|week| week.end() > first).ok_or_else(no_week)?;
        let (mut parameters, reference_weeks) =
            gather::parameters(week, first).ok_or_else(no_week)?;
        let mut facts = gather::gather(session, &mut parameters).await?;
        facts.reference_weeks = reference_weeks;
        let is_redacted = !facts.policies.iter().any(|policy| policy == "none");
        let content = options.content == Content::Redacted && is_redacted;
        if !content {
            hide_classes(&mut facts);
        }
        let mut report = assemble(&facts, week);
        for finding in &mut report.findings {
            examples::fill(session, week, &parameters, content, finding).await?;
        }
        report.next = assemble::next_steps(&report.findings, week);
        Ok(report)
    }
}

/// Answer classes are content: without leave to show it they are numbered.
fn hide_classes(facts: &mut Facts) {
    let mut names: Vec<String> = facts
        .distributions
        .iter()
        .filter(|row| row.what == "output class")
        .map(|row| row.bin.clone())
        .collect();
    names.sort();
    names.dedup();
    for row in facts.distributions.iter_mut().filter(|row| row.what == "output class") {
        if let Ok(at) = names.binary_search(&row.bin) {
            row.bin = format!("class {}", at + 1);
        }
    }
}
