//! `spanlake store`.

use anyhow::Result;
use comfy_table::{CellAlignment, Table, presets};
use indicatif::HumanBytes;
use serde_json::json;
use spanlake::store::StoreInfo;

use super::{config, open, open_read_only};
use crate::Outcome;
use crate::args::{Format, Global, StoreCommand};
use crate::interrupt::Executor;
use crate::output::say;
use crate::progress::spinner;

pub(super) fn run(global: &Global, command: &StoreCommand, executor: &Executor) -> Result<Outcome> {
    executor.run("the store is as good as before; run it again", async {
        match command {
            StoreCommand::Info => info(global).await,
            StoreCommand::Check => check(global).await,
            StoreCommand::Maintain(_) => maintain(global).await,
        }
    })
}

fn wants_json(global: &Global) -> bool {
    matches!(global.format, Some(Format::Json | Format::Ndjson))
}

async fn info(global: &Global) -> Result<Outcome> {
    let lake = open_read_only(global, config(global)?).await?;
    let info = lake.store().info().await?;
    if wants_json(global) {
        say!("{}", info_json(&info))?;
    } else {
        print_info(&info)?;
    }
    Ok(Outcome::Done)
}

fn info_json(info: &StoreInfo) -> serde_json::Value {
    let tables: Vec<_> = info
        .tables
        .iter()
        .map(|table| {
            json!({
                "name": table.name, "version": table.version, "files": table.files,
                "bytes": table.bytes, "rows": table.rows, "buffered_rows": table.buffered_rows,
                "dead_rows": table.dead_rows,
            })
        })
        .collect();
    json!({
        "store_id": info.store_id,
        "created": time(info.created),
        "format_version": info.format_version,
        "redaction": info.redaction,
        "wal_bytes": info.wal_bytes,
        "tables": tables,
    })
}

fn time(at: spanlake::model::Micros) -> String {
    chrono::DateTime::from_timestamp_micros(at.0)
        .map_or_else(|| at.0.to_string(), |time| time.to_rfc3339())
}

fn print_info(info: &StoreInfo) -> Result<()> {
    say!("store      {}", info.store_id)?;
    say!("created    {}", time(info.created))?;
    say!("format     {}", info.format_version)?;
    let warning =
        if info.redaction == "none" { "  (content is stored as it was sent)" } else { "" };
    say!("redaction  {}{warning}", info.redaction)?;
    let mut table = Table::new();
    table.load_preset(presets::UTF8_FULL_CONDENSED).set_header([
        "table",
        "rows",
        "of them buffered",
        "files",
        "size",
        "replaced rows",
        "log version",
    ]);
    for of in &info.tables {
        table.add_row([
            of.name.to_owned(),
            of.rows.to_string(),
            of.buffered_rows.to_string(),
            of.files.to_string(),
            HumanBytes(of.bytes).to_string(),
            of.dead_rows.to_string(),
            of.version.to_string(),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    say!("{table}")
}

async fn check(global: &Global) -> Result<Outcome> {
    let lake = open_read_only(global, config(global)?).await?;
    let bar = spinner("checking files", global.quiet);
    let report = lake.store().check().await?;
    bar.finish_and_clear();
    if wants_json(global) {
        let findings: Vec<_> = report
            .findings
            .iter()
            .map(|finding| {
                json!({"code": finding.code, "path": finding.path, "detail": finding.detail, "is_damage": finding.is_damage})
            })
            .collect();
        let shown = json!({
            "redaction": report.redaction, "files": report.files, "rows": report.rows,
            "is_sound": report.is_sound(), "findings": findings,
        });
        say!("{shown}")?;
    } else {
        for finding in report.findings.iter().filter(|finding| finding.is_damage) {
            say!("DAMAGE {}: {} ({})", finding.code, finding.path, finding.detail)?;
        }
        print_notes(&report.findings)?;
        let verdict = if report.is_sound() { "sound" } else { "damaged" };
        say!(
            "{verdict}: {} files, {} rows, redaction {}",
            report.files,
            report.rows,
            report.redaction
        )?;
    }
    Ok(if report.is_sound() { Outcome::Done } else { Outcome::WithFindings })
}

/// Counts what maintenance will take care of, by kind, with its meaning.
fn print_notes(findings: &[spanlake::store::Finding]) -> Result<()> {
    let mut kinds: Vec<(&str, &str, usize)> = Vec::new();
    for finding in findings.iter().filter(|finding| !finding.is_damage) {
        match kinds.iter_mut().find(|(code, ..)| *code == finding.code) {
            Some((.., count)) => *count += 1,
            None => kinds.push((finding.code, &finding.detail, 1)),
        }
    }
    for (code, detail, count) in kinds {
        say!("note: {count} × {code} ({detail})")?;
    }
    Ok(())
}

async fn maintain(global: &Global) -> Result<Outcome> {
    let lake = open(global, config(global)?).await?;
    let bar = spinner("maintaining", global.quiet);
    let report = lake.maintain().await;
    bar.finish_and_clear();
    lake.close().await?;
    let report = report?;
    if wants_json(global) {
        let shown = json!({
            "flushed_rows": report.flushed_rows, "merged_files": report.merged_files,
            "new_files": report.new_files, "expired_files": report.expired_files,
            "deleted_files": report.deleted_files, "checkpoints": report.checkpoints,
        });
        say!("{shown}")?;
    } else if !global.quiet {
        say!(
            "{} rows flushed; {} files merged into {}; {} files expired, {} deleted; {} checkpoints",
            report.flushed_rows,
            report.merged_files,
            report.new_files,
            report.expired_files,
            report.deleted_files,
            report.checkpoints
        )?;
    }
    Ok(Outcome::Done)
}
