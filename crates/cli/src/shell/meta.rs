//! Backslash commands of the shell.

use std::collections::HashSet;

use anyhow::{Result, bail};
use comfy_table::{Table, presets};
use spanlake::Spanlake;

use super::helper::COMMANDS;
use super::{Settings, run_all};
use crate::args::Format;
use crate::output::say;

/// Runs one backslash command.
pub(super) async fn run(lake: &Spanlake, settings: &mut Settings, text: &str) -> Result<()> {
    let mut words = text.split_whitespace();
    let command = words.next().unwrap_or_default().trim_end_matches(';');
    let name = words.next().map(|name| name.trim_end_matches(';')).filter(|name| !name.is_empty());
    match (command, name) {
        ("\\d" | "\\dt" | "\\dv", None) => list_tables(lake),
        ("\\d", Some(table)) => describe_table(lake, table).await,
        ("\\df", name) => list_functions(lake, name),
        ("\\df+", Some(name)) => show_manual(lake, name),
        ("\\df+", None) => bail!("\\df+ needs a function; \\df lists them"),
        ("\\timing", name) => toggle(&mut settings.timing, name, "Timing"),
        ("\\x", name) => toggle(&mut settings.expanded, name, "Expanded display"),
        ("\\format", name) => set_format(settings, name),
        ("\\i", Some(file)) => {
            let text = std::fs::read_to_string(file)
                .map_err(|error| anyhow::anyhow!("cannot read {file}: {error}"))?;
            run_all(lake, settings, &text).await
        }
        ("\\?" | "\\h" | "\\help", _) => help(),
        ("\\i", None) => bail!("\\i needs a file"),
        _ => bail!("unknown command {command}; \\? lists the known ones"),
    }
}

fn help() -> Result<()> {
    for (name, meaning) in COMMANDS {
        say!("{name:10} {meaning}")?;
    }
    say!(
        "Statements end with ; and may go over several lines. Tab completes, Ctrl-R searches\n\
         history, Ctrl-C cancels, Ctrl-D leaves. A line that begins with a space is not remembered."
    )
}

fn toggle(flag: &mut bool, word: Option<&str>, what: &str) -> Result<()> {
    *flag = match word {
        None => !*flag,
        Some("on") => true,
        Some("off") => false,
        Some(other) => bail!("{other} is neither on nor off"),
    };
    say!("{what} is {}.", if *flag { "on" } else { "off" })
}

fn set_format(settings: &mut Settings, word: Option<&str>) -> Result<()> {
    settings.format = match word {
        Some("table") => Format::Table,
        Some("csv") => Format::Csv,
        Some("json") => Format::Json,
        Some("ndjson") => Format::Ndjson,
        _ => bail!("\\format is one of table, csv, json, ndjson"),
    };
    Ok(())
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::UTF8_FULL_CONDENSED)
        .set_content_arrangement(comfy_table::ContentArrangement::Dynamic)
        .set_header(header);
    table
}

fn list_tables(lake: &Spanlake) -> Result<()> {
    let mut shown = table(&["name", "kind", "what one row is, or which question it answers"]);
    for info in lake.session().tables() {
        let name = match info.schema {
            "public" => info.name,
            schema => format!("{schema}.{}", info.name),
        };
        shown.add_row([name, info.kind.as_str().to_owned(), info.doc]);
    }
    say!("{shown}")
}

async fn describe_table(lake: &Spanlake, name: &str) -> Result<()> {
    let mut shown = table(&["column", "type", "what it holds"]);
    let Some(columns) = lake.session().columns(name).await? else {
        bail!("no table or view {name}; \\d lists them all");
    };
    for column in columns {
        shown.add_row([column.name, column.data_type, column.doc]);
    }
    say!("{shown}")
}

/// Shows what one function computes, the functions whose name holds a pattern, or without one those
/// that are Spanlake's own.
fn list_functions(lake: &Spanlake, pattern: Option<&str>) -> Result<()> {
    let functions = lake.session().functions();
    let exact = |name: &str| functions.iter().filter(|f| f.name == name).collect::<Vec<_>>();
    let mut found = match pattern {
        None => functions.iter().filter(|function| function.is_own).collect(),
        Some("*") => functions.iter().collect(),
        Some(name) if !exact(name).is_empty() => {
            for function in exact(name) {
                let does = &function.page.does;
                say!("{} ({})\n{does}", function.signature, function.kind.as_str())?;
            }
            return say!("\\df+ {name} shows its manual.");
        }
        Some(part) => {
            let part = part.trim_matches('*').to_lowercase();
            functions.iter().filter(|function| function.name.contains(&part)).collect::<Vec<_>>()
        }
    };
    if let (Some(name), true) = (pattern, found.is_empty()) {
        bail!("no function {name}; \\df * lists them all");
    }
    // A function stands under each of its other names too.
    let mut seen = HashSet::new();
    found.retain(|function| seen.insert((&function.signature, function.kind.as_str())));
    let mut shown = table(&["function", "kind", "what it computes"]);
    for function in &found {
        let first = function.page.does.split(". ").next().unwrap_or_default().to_owned();
        shown.add_row([
            function.signature.clone(),
            function.kind.as_str().to_owned(),
            first.replace('\n', " "),
        ]);
    }
    say!("{shown}")?;
    match pattern {
        None => say!(
            "\\df+ NAME shows a function's manual, \\df * lists all {} functions, \\df PART those \
             whose name holds it.",
            functions.len()
        ),
        Some(_) => Ok(()),
    }
}

/// Shows everything that a function's manual says.
fn show_manual(lake: &Spanlake, name: &str) -> Result<()> {
    let functions = lake.session().functions();
    let mut found = functions.iter().filter(|function| function.name == name).peekable();
    if found.peek().is_none() {
        bail!("no function {name}; \\df * lists them all");
    }
    for function in found {
        let page = &function.page;
        say!("{} ({})\n\n{}\n", function.signature, function.kind.as_str(), page.does)?;
        let mut shown = table(&["", ""]);
        shown.load_preset(presets::NOTHING).set_header(Vec::<String>::new());
        for (argument, text) in &page.arguments {
            shown.add_row([argument.clone(), text.clone()]);
        }
        for (label, text) in function.parts() {
            shown.add_row([label.to_owned(), text]);
        }
        say!("{shown}")?;
        if !page.example.is_empty() {
            say!("\n{}", page.example)?;
        }
    }
    Ok(())
}
