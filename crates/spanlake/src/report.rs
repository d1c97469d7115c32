//! Reports as files.

use std::path::{Path, PathBuf};

use spanlake_model::Micros;
use spanlake_quality::{ReportOptions, WeeklyReport, render_html, render_json, render_markdown};

use crate::Spanlake;
use crate::config;
use crate::error::{Error, Result};

/// Which week a report is about.
#[derive(Clone, Debug, Default)]
pub struct WeeklyOptions {
    /// The last ISO week that had ended then; without it the newest complete week in the store.
    pub as_of: Option<Micros>,
    /// Name of the time zone of weeks and days, such as `Europe/Berlin`; default UTC.
    pub time_zone: Option<String>,
}

/// A report's files and its first line.
#[derive(Clone, Debug)]
pub struct WeeklyFiles {
    /// The page.
    pub html: PathBuf,
    /// The text.
    pub markdown: PathBuf,
    /// The figures.
    pub json: PathBuf,
    /// The verdict in one line.
    pub verdict: String,
}

impl Spanlake {
    /// Builds the weekly quality report.
    ///
    /// # Errors
    /// When the time zone is unknown, the store has no complete week, or a statement fails.
    pub async fn weekly_report(&self, options: &WeeklyOptions) -> Result<WeeklyReport> {
        let time_zone = config::zone(options.time_zone.as_deref())?;
        let options = ReportOptions { as_of: options.as_of, time_zone, ..ReportOptions::default() };
        Ok(WeeklyReport::build(&self.session, &options).await?)
    }

    /// Writes `report.html`, `report.md` and `report.json` into a folder.
    ///
    /// # Errors
    /// As [`Self::weekly_report`], and when the folder cannot be written.
    pub async fn write_weekly_report(
        &self,
        options: &WeeklyOptions,
        folder: &Path,
    ) -> Result<WeeklyFiles> {
        let report = self.weekly_report(options).await?;
        let write = |path: &Path, text: &str| {
            std::fs::write(path, text)
                .map_err(|source| Error::WriteFile { path: path.to_owned(), source })
        };
        std::fs::create_dir_all(folder)
            .map_err(|source| Error::WriteFile { path: folder.to_owned(), source })?;
        let files = WeeklyFiles {
            html: folder.join("report.html"),
            markdown: folder.join("report.md"),
            json: folder.join("report.json"),
            verdict: report.verdict.headline.clone(),
        };
        write(&files.html, &render_html(&report))?;
        write(&files.markdown, &render_markdown(&report))?;
        write(&files.json, &render_json(&report))?;
        Ok(files)
    }
}
