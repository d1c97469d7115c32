//! The demo from end to end: traffic, store, verdicts, report, and the list of what was planted.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use spanlake_model::{Clock, Micros, PromptRow, ReleaseRow};
use spanlake_store::MaintainOptions;

use crate::config::Config;
use crate::demo::{Demo, DemoOptions, DemoPrompt, DemoRelease};
use crate::error::{Error, Result};
use crate::ingest::Request;
use crate::{IngestSummary, Spanlake, WeeklyOptions};

/// A step of the demo, for progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Storing the traffic.
    Ingest,
    /// Compacting the store.
    Compact,
    /// Judging answers.
    Evaluate,
    /// Writing the report.
    Report,
}

/// What the demo made.
#[derive(Clone, Debug)]
pub struct DemoSummary {
    /// The store's folder.
    pub store: PathBuf,
    /// The report's page.
    pub report: PathBuf,
    /// The list of planted faults.
    pub faults: PathBuf,
    /// The report's verdict.
    pub verdict: String,
    /// What was stored.
    pub ingest: IngestSummary,
    /// A trace worth looking at.
    pub trace_id: Option<String>,
}

impl fmt::Display for DemoSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let store = self.store.display();
        writeln!(f, "{}", self.verdict)?;
        writeln!(
            f,
            "{} spans stored from {} OTLP requests",
            self.ingest.spans, self.ingest.requests
        )?;
        writeln!(f, "Report          {}", self.report.display())?;
        writeln!(f, "Planted faults  {}\n", self.faults.display())?;
        writeln!(f, "Next:")?;
        writeln!(f, "  spanlake sql --store {store}")?;
        if let Some(trace) = &self.trace_id {
            writeln!(f, "  spanlake trace --store {store} {trace}")?;
        }
        write!(
            f,
            "  spanlake ingest --store my-traces PATH   # OTLP bodies or JSON lines of your own"
        )
    }
}

/// The time of the traffic: the newest receipt so far.
#[derive(Debug, Default)]
struct TrafficClock(AtomicI64);

impl Clock for TrafficClock {
    fn now(&self) -> Micros {
        Micros(self.0.load(Ordering::Relaxed))
    }
}

/// Generates a month of traffic, sends it through the whole pipeline and reports on it, into
/// `dir/store`, `dir/report` and `dir/faults.json`. `progress` gets the step and (done, total).
///
/// # Errors
/// When the folder cannot be written or a step of the pipeline fails.
pub async fn demo_into(
    dir: &Path,
    mut config: Config,
    options: DemoOptions,
    progress: impl Fn(Step, u64, u64),
) -> Result<DemoSummary> {
    let demo = Demo::new(options);
    let store = dir.join("store");
    // The month lies in the past; the demo keeps all of it.
    config.retention.payload_days = 0;
    config.retention.metadata_days = 0;
    let clock = Arc::new(TrafficClock::default());
    clock.0.store(demo.bounds().0, Ordering::Relaxed);
    let lake = Spanlake::builder(&store.to_string_lossy())
        .config(config)
        .clock(Arc::clone(&clock) as Arc<dyn Clock>)
        .open()
        .await?;
    lake.register_prompts(demo.prompts().into_iter().map(prompt_row).collect()).await?;
    lake.record_releases(demo.releases().iter().map(release_row).collect()).await?;

    let total = demo.estimated_spans();
    let mut summary = IngestSummary::default();
    let mut requests = demo.requests().peekable();
    while requests.peek().is_some() {
        let group: Vec<Result<Request>> = requests
            .by_ref()
            .take(64)
            .map(|request| {
                clock.0.fetch_max(request.received, Ordering::Relaxed);
                Ok(Request {
                    source: "demo".to_owned(),
                    body: request.body.into(),
                    received: Some(Micros(request.received)),
                })
            })
            .collect();
        summary.add(lake.ingest_all(futures::stream::iter(group)).await?);
        progress(Step::Ingest, summary.spans.min(total), total);
    }
    progress(Step::Compact, 0, 1);
    lake.store().maintain(MaintainOptions::default()).await?;
    progress(Step::Evaluate, 0, 1);
    lake.evaluate(|done, total| progress(Step::Evaluate, done, total)).await?;
    lake.store().maintain(MaintainOptions::default()).await?;
    progress(Step::Report, 0, 1);
    let report = lake.write_weekly_report(&WeeklyOptions::default(), &dir.join("report")).await?;
    let faults = dir.join("faults.json");
    let planted = serde_json::to_vec_pretty(&demo.faults())
        .map_err(|error| Error::WriteFile { path: faults.clone(), source: error.into() })?;
    std::fs::write(&faults, planted)
        .map_err(|source| Error::WriteFile { path: faults.clone(), source })?;
    let trace_id = example(&lake).await?;
    lake.close().await?;
    Ok(DemoSummary {
        store,
        report: report.html,
        faults,
        verdict: report.verdict,
        ingest: summary,
        trace_id,
    })
}

/// Finds a failed agent run, the most telling tree.
async fn example(lake: &Spanlake) -> Result<Option<String>> {
    let statement = "select trace_id from spans where tool_args_status <> 'ok' \
                     order by start_time desc, trace_id limit 1";
    let found = lake.query(statement).await?;
    let mut ids = found.iter().flat_map(|batch| {
        (0..batch.num_rows()).map(|row| spanlake_model::SpanRow::read(batch, row).trace_id)
    });
    Ok(ids.next())
}

fn prompt_row(prompt: DemoPrompt) -> PromptRow {
    PromptRow {
        time: Micros(prompt.registered_at),
        name: prompt.name.to_owned(),
        version: prompt.version.to_owned(),
        template: Some(prompt.template),
        variable_schema: Some(prompt.variable_schema),
        model: Some(prompt.model.to_owned()),
        params: Some(prompt.params),
        output_schema: prompt.output_schema.map(str::to_owned),
        eval_dataset: Some(prompt.eval_dataset),
        owner: Some(prompt.owner.to_owned()),
        approval: Some("approved".to_owned()),
        approved_by: Some(prompt.owner.to_owned()),
        approved_at: Some(Micros(prompt.registered_at)),
        rollback_target: prompt.rollback_target.map(str::to_owned),
        ..PromptRow::default()
    }
}

fn release_row(release: &DemoRelease) -> ReleaseRow {
    ReleaseRow {
        time: Micros(release.time),
        environment: Some(release.environment.to_owned()),
        prompt_name: release.prompt_name.to_owned(),
        prompt_version: release.prompt_version.to_owned(),
        action: release.action.to_owned(),
        by: Some(release.by.to_owned()),
        note: Some(release.note.clone()),
        ..ReleaseRow::default()
    }
}
