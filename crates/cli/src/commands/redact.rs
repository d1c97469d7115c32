//! `spanlake redact`.

use std::io::{Read as _, Write as _};

use anyhow::{Context as _, Result, bail};
use serde_json::json;
use spanlake::redact::TextMode;

use super::config;
use crate::Outcome;
use crate::args::{Format, Global, RedactCommand, RedactTestArgs};
use crate::output::{say, standard_output};

pub(super) fn run(global: &Global, command: RedactCommand) -> Result<Outcome> {
    let RedactCommand::Test(args) = command;
    test(global, args)
}

/// Shows what the policy does to standard input: the text on standard output, what was found
/// beside it.
fn test(global: &Global, args: RedactTestArgs) -> Result<Outcome> {
    let mut config = config(global)?;
    if args.redaction.is_some() {
        config.redaction = args.redaction;
    }
    let redactor = spanlake::redactor(&config)?;
    if redactor.policy().is_none() {
        bail!("policy none changes nothing: give default or a policy file");
    }
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes).context("cannot read standard input")?;
    let text = String::from_utf8(bytes).context("standard input is not UTF-8 text")?;
    let mode = match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(value) if value.is_object() || value.is_array() => TextMode::Json,
        _ => TextMode::Plain,
    };
    let (redacted, findings) = redactor.explain(&text, mode);
    if matches!(global.format, Some(Format::Json | Format::Ndjson)) {
        let found: Vec<_> = findings
            .iter()
            .map(|finding| {
                json!({"class": finding.class.to_string(), "detector": finding.detector, "count": finding.count})
            })
            .collect();
        let result = json!({
            "text": redacted,
            "policy_version": redactor.policy_version(),
            "findings": found,
        });
        say!("{result}")?;
        return Ok(Outcome::Done);
    }
    let mut out = standard_output();
    out.write_all(redacted.as_bytes())?;
    if !redacted.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    out.flush()?;
    if !global.quiet {
        eprintln!("policy {}", redactor.policy_version());
        if let Some(warning) = redactor.warning() {
            eprintln!("warning: {warning}");
        }
        if findings.is_empty() {
            eprintln!("nothing found");
        }
        for finding in findings {
            eprintln!("{} × {} ({})", finding.count, finding.class, finding.detector);
        }
    }
    Ok(Outcome::Done)
}
