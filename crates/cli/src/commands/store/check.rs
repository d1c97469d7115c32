//! `spanlake store check`.

use anyhow::Result;
use serde_json::json;
use spanlake::store::{CheckReport, Finding};

use super::super::{config, open, open_read_only};
use super::wants_json;
use crate::Outcome;
use crate::args::{CheckArgs, Global};
use crate::output::say;
use crate::progress::spinner;

pub(super) async fn run(global: &Global, args: &CheckArgs) -> Result<Outcome> {
    if args.repair {
        let lake = open(global, config(global)?).await?;
        let bar = spinner("repairing", global.quiet);
        let found = lake.store().repair().await;
        bar.finish_and_clear();
        lake.close().await?;
        if !global.quiet && !wants_json(global) {
            for finding in found?.findings {
                let (code, does) = (finding.code, finding.damage.repair());
                say!("{code}: {} ({}); {does}", finding.path, finding.detail)?;
            }
        }
    }
    check(global).await
}

/// Checks and says what was found.
pub(super) async fn check(global: &Global) -> Result<Outcome> {
    let lake = open_read_only(global, config(global)?).await?;
    let bar = spinner("checking files", global.quiet);
    let report = lake.store().check().await;
    bar.finish_and_clear();
    let report = report?;
    if wants_json(global) {
        say!("{}", as_json(&report))?;
    } else {
        for finding in report.findings.iter().filter(|finding| finding.is_damage) {
            let (code, means) = (finding.code, finding.damage.meaning());
            say!("DAMAGE {code}: {} ({}): {means}", finding.path, finding.detail)?;
            say!("  --repair {}", finding.damage.repair())?;
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

fn as_json(report: &CheckReport) -> serde_json::Value {
    let finding = |finding: &Finding| {
        json!({
            "code": finding.code, "path": finding.path, "detail": finding.detail,
            "is_damage": finding.is_damage, "meaning": finding.damage.meaning(),
            "repair": finding.damage.repair(),
        })
    };
    json!({
        "redaction": report.redaction, "files": report.files, "rows": report.rows,
        "is_sound": report.is_sound(),
        "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

/// Counts what is no damage, by kind, with its meaning.
fn print_notes(findings: &[Finding]) -> Result<()> {
    let mut kinds: Vec<(&Finding, usize)> = Vec::new();
    for finding in findings.iter().filter(|finding| !finding.is_damage) {
        match kinds.iter_mut().find(|(of, _)| of.damage == finding.damage) {
            Some((_, count)) => *count += 1,
            None => kinds.push((finding, 1)),
        }
    }
    for (of, count) in kinds {
        say!("note: {count} × {} ({})", of.code, of.damage.meaning())?;
    }
    Ok(())
}
