//! `spanlake store`.

mod backup;
mod check;
mod erase;

use anyhow::Result;
use comfy_table::{CellAlignment, Table, presets};
use indicatif::HumanBytes;
use serde_json::json;
use spanlake::store::{MaintainReport, StoreInfo};

use super::{config, open, open_read_only};
use crate::Outcome;
use crate::args::{Format, Global, MaintainArgs, StoreCommand};
use crate::interrupt::Executor;
use crate::output::say;
use crate::progress::spinner;

pub(super) fn run(global: &Global, command: &StoreCommand, executor: &Executor) -> Result<Outcome> {
    executor.run("the store is as good as before; run it again", async {
        match command {
            StoreCommand::Info => info(global).await,
            StoreCommand::Check(args) => check::run(global, args).await,
            StoreCommand::Maintain(args) => maintain(global, args).await,
            StoreCommand::Erase(args) => erase::run(global, args).await,
            StoreCommand::Backup { dest } => backup::backup(global, dest).await,
            StoreCommand::Restore { src } => backup::restore(global, src).await,
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

async fn maintain(global: &Global, args: &MaintainArgs) -> Result<Outcome> {
    let lake = open(global, config(global)?).await?;
    loop {
        let bar = spinner("maintaining", global.quiet);
        let report = lake.maintain().await;
        bar.finish_and_clear();
        match (report, args.every) {
            (Ok(report), _) => show_maintained(global, &report)?,
            (Err(error), Some(_)) => eprintln!("spanlake: {}", crate::message(&error.into())),
            (Err(error), None) => {
                lake.close().await?;
                return Err(error.into());
            }
        }
        let Some(every) = args.every else { break };
        tokio::time::sleep(every).await;
    }
    lake.close().await?;
    Ok(Outcome::Done)
}

fn show_maintained(global: &Global, report: &MaintainReport) -> Result<()> {
    if wants_json(global) {
        let shown = json!({
            "flushed_rows": report.flushed_rows, "merged_files": report.merged_files,
            "new_files": report.new_files, "expired_files": report.expired_files,
            "deleted_files": report.deleted_files, "checkpoints": report.checkpoints,
            "finished_erasures": report.finished_erasures,
        });
        say!("{shown}")
    } else if global.quiet {
        Ok(())
    } else {
        say!(
            "{} rows flushed; {} files merged into {}; {} files expired, {} deleted; {} checkpoints",
            report.flushed_rows,
            report.merged_files,
            report.new_files,
            report.expired_files,
            report.deleted_files,
            report.checkpoints
        )
    }
}
