//! `spanlake store erase`.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;
use spanlake::model::Micros;
use spanlake::store::{ErasePreview, EraseReceipt, SubjectKind};

use super::super::{config, open, open_read_only};
use super::{time, wants_json};
use crate::Outcome;
use crate::args::{EraseArgs, Global, SubjectArgs};
use crate::output::say;
use crate::progress::spinner;

pub(super) async fn run(global: &Global, args: &EraseArgs) -> Result<Outcome> {
    let Some((kind, id)) = subject(&args.subject) else {
        anyhow::bail!("name whom to erase: --user, --session, --tenant or --trace");
    };
    if args.dry_run {
        let lake = open_read_only(global, config(global)?).await?;
        let preview = lake.preview_erasure(kind, id).await?;
        show_preview(global, &preview)?;
        return Ok(Outcome::Done);
    }
    let lake = open(global, config(global)?).await?;
    let bar = spinner("erasing", global.quiet);
    let erased = lake.erase(kind, id).await;
    bar.finish_and_clear();
    lake.close().await?;
    let receipt = erased.context(
        "the erasure is not finished: its subject is not taken any more, and the next \
         `spanlake store maintain --once` goes on with it",
    )?;
    let json = as_json(&receipt)?;
    if let Some(path) = &args.receipt {
        write_receipt(path, &json)?;
    }
    if wants_json(global) {
        say!("{json}")?;
    } else if !global.quiet {
        show_receipt(&receipt)?;
    }
    Ok(if receipt.is_clean() { Outcome::Done } else { Outcome::WithFindings })
}

fn subject(args: &SubjectArgs) -> Option<(SubjectKind, &str)> {
    let given = [
        (SubjectKind::User, &args.user),
        (SubjectKind::Session, &args.session),
        (SubjectKind::Tenant, &args.tenant),
        (SubjectKind::Trace, &args.trace),
    ];
    given.into_iter().find_map(|(kind, id)| Some((kind, id.as_deref()?)))
}

fn as_json(receipt: &EraseReceipt) -> Result<Value> {
    let mut json = serde_json::to_value(receipt)?;
    for (name, at) in [("erased_at", receipt.erased_at), ("ended_at", receipt.ended_at)] {
        if let Some(value) = json.get_mut(name) {
            *value = Value::String(time(at));
        }
    }
    if let Some(members) = json.as_object_mut() {
        members.insert("is_clean".to_owned(), receipt.is_clean().into());
    }
    Ok(json)
}

fn write_receipt(path: &Path, json: &Value) -> Result<()> {
    let text = format!("{}\n", serde_json::to_string_pretty(json)?);
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn show_preview(global: &Global, preview: &ErasePreview) -> Result<()> {
    if wants_json(global) {
        return say!("{}", serde_json::to_value(preview)?);
    }
    say!("{} traces would go; nothing was changed", preview.traces)?;
    for table in &preview.tables {
        say!("{:<10} {} rows, {} files to rewrite", table.table, table.rows, table.files)?;
    }
    Ok(())
}

fn show_receipt(receipt: &EraseReceipt) -> Result<()> {
    let Micros(took) = Micros(receipt.ended_at.0 - receipt.erased_at.0);
    say!(
        "erased {} rows of {} traces in {:.1} s",
        receipt.rows(),
        receipt.traces,
        took as f64 / 1e6
    )?;
    for table in &receipt.tables {
        say!(
            "{:<10} {} rows and {} bytes; {} files rewritten, {} old ones deleted, {} log entries; \
             version {} → {}",
            table.table,
            table.rows,
            table.bytes,
            table.files_rewritten,
            table.files_rewritten + table.deleted_files,
            table.deleted_log_files,
            table.version_before,
            table.version_after
        )?;
    }
    let search = &receipt.search;
    say!(
        "searched what is left: {} files, {} cells, {} compressed blocks, {} log frames: {} of the \
         subject found",
        search.files,
        search.cells,
        search.zstd_frames,
        search.wal_frames,
        search.survivors.len()
    )?;
    for survivor in &search.survivors {
        say!("LEFT {} × {} in {}", survivor.count, survivor.place, survivor.path)?;
    }
    for mention in &search.mentions {
        say!(
            "note: {} cells of {} name the subject in rows of others ({})",
            mention.cells,
            mention.column,
            mention.path
        )?;
    }
    for what in &receipt.not_erased {
        say!("not erased: {what}")?;
    }
    Ok(())
}
