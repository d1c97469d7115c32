//! `spanlake store backup` and `spanlake store restore`.

use anyhow::{Context as _, Result};
use indicatif::HumanBytes;
use serde_json::json;
use spanlake::store::{BackupReport, Store};

use super::super::{config, open_read_only, store_url};
use super::check::check;
use super::{time, wants_json};
use crate::Outcome;
use crate::args::Global;
use crate::output::say;
use crate::progress::spinner;

pub(super) async fn backup(global: &Global, dest: &str) -> Result<Outcome> {
    let lake = open_read_only(global, config(global)?).await?;
    let bar = spinner("copying", global.quiet);
    let report = lake.store().backup(dest).await;
    bar.finish_and_clear();
    show(global, "copied", &report.with_context(|| format!("the backup at {dest} is not whole"))?)?;
    Ok(Outcome::Done)
}

/// Restores, then holds the store against its log as `store check` does.
pub(super) async fn restore(global: &Global, src: &str) -> Result<Outcome> {
    let url = store_url(global, &config(global)?);
    let bar = spinner("restoring", global.quiet);
    let report = Store::restore(src, &url, None).await;
    bar.finish_and_clear();
    show(global, "restored", &report?)?;
    if global.quiet || wants_json(global) {
        return Ok(Outcome::Done);
    }
    check(global).await
}

fn show(global: &Global, done: &str, report: &BackupReport) -> Result<()> {
    if wants_json(global) {
        let shown = json!({
            "store_id": report.store_id, "taken_at": time(report.taken_at),
            "files": report.files, "bytes": report.bytes,
        });
        say!("{shown}")
    } else if global.quiet {
        Ok(())
    } else {
        say!(
            "{done} {} files, {}, as of {}",
            report.files,
            HumanBytes(report.bytes),
            time(report.taken_at)
        )
    }
}
