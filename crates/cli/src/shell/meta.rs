//! Backslash commands of the shell.

use anyhow::{Result, bail};
use comfy_table::{Table, presets};
use spanlake::Spanlake;

use super::helper::COMMANDS;
use super::{Settings, run_all};

/// Runs one backslash command.
pub(super) async fn run(lake: &Spanlake, settings: &mut Settings, text: &str) -> Result<()> {
    let mut words = text.split_whitespace();
    let command = words.next().unwrap_or_default();
    let name = words.next().map(|name| name.trim_end_matches(';'));
    match (command, name) {
        ("\\d" | "\\dt" | "\\dv", None) => list_tables(lake),
        ("\\d", Some(table)) => describe_table(lake, table).await?,
        ("\\df", name) => list_functions(lake, name)?,
        ("\\timing", _) => toggle(&mut settings.timing, "Timing"),
        ("\\x", _) => toggle(&mut settings.expanded, "Expanded rows"),
        ("\\i", Some(file)) => {
            let text = std::fs::read_to_string(file)
                .map_err(|error| anyhow::anyhow!("cannot read {file}: {error}"))?;
            run_all(lake, settings, &text).await?;
        }
        ("\\?" | "\\h" | "\\help", _) => {
            for (name, meaning) in COMMANDS {
                println!("{name:10} {meaning}");
            }
            println!(
                "Statements end with ;  Tab completes, Ctrl-C cancels, Ctrl-R searches history."
            );
        }
        _ => bail!("unknown command {command}; \\? lists the known ones"),
    }
    Ok(())
}

fn toggle(flag: &mut bool, what: &str) {
    *flag = !*flag;
    println!("{what} is {}.", if *flag { "on" } else { "off" });
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::UTF8_FULL_CONDENSED)
        .set_content_arrangement(comfy_table::ContentArrangement::Dynamic)
        .set_header(header);
    table
}

fn list_tables(lake: &Spanlake) {
    let mut shown = table(&["name", "kind", "what one row is, or which question it answers"]);
    for info in lake.session().tables() {
        let name = match info.schema {
            "public" => info.name,
            schema => format!("{schema}.{}", info.name),
        };
        shown.add_row([name, info.kind.as_str().to_owned(), info.doc]);
    }
    println!("{shown}");
}

async fn describe_table(lake: &Spanlake, name: &str) -> Result<()> {
    let mut shown = table(&["column", "type", "what it holds"]);
    let Some(columns) = lake.session().columns(name).await? else {
        bail!("no table or view {name}; \\d lists them all");
    };
    for column in columns {
        shown.add_row([column.name, column.data_type, column.doc]);
    }
    println!("{shown}");
    Ok(())
}

fn list_functions(lake: &Spanlake, name: Option<&str>) -> Result<()> {
    let functions = lake.session().functions();
    if let Some(name) = name {
        let found: Vec<_> = functions.iter().filter(|function| function.name == name).collect();
        if found.is_empty() {
            bail!("no function {name}; \\df lists them all");
        }
        for function in found {
            println!("{} ({})\n{}", function.signature, function.kind.as_str(), function.doc);
        }
        return Ok(());
    }
    let mut shown = table(&["function", "kind", "what it computes"]);
    for function in functions {
        let first = function.doc.split(". ").next().unwrap_or_default().to_owned();
        shown.add_row([function.signature, function.kind.as_str().to_owned(), first]);
    }
    println!("{shown}");
    Ok(())
}
