//! `spanlake prompts`.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Result, ensure};
use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray};
use spanlake::model::{PromptRow, Rows};
use spanlake::prompts::{Decision, Gate, GateOptions, ReleaseRequest, diff_prompts, read_prompts};
use spanlake::{Spanlake, actor};

use super::{config, open, open_read_only, sql};
use crate::Outcome;
use crate::args::{
    ApproveArgs, Global, PromptsCommand, PushArgs, ReleaseArgs, RollbackArgs, VersionArgs,
};
use crate::interrupt::Executor;
use crate::output::{Sink, choose_format, say, write_batch};

pub(super) fn run(
    global: &Global,
    command: PromptsCommand,
    executor: &Executor,
) -> Result<Outcome> {
    executor.run("nothing was changed, or all of it", async {
        match command {
            PromptsCommand::Push(args) => push(global, &args).await,
            PromptsCommand::List { name } => list(global, name).await,
            PromptsCommand::Show(args) => show(global, &args).await,
            PromptsCommand::Diff { name, old, new } => {
                let lake = open_read_only(global, config(global)?).await?;
                let old = lake.prompt(&name, &old).await?;
                let diff = diff_prompts(&old, &lake.prompt(&name, &new).await?);
                if !diff.is_empty() {
                    say!("{}", diff.trim_end())?;
                } else if !global.quiet {
                    eprintln!("the versions differ in nothing");
                }
                Ok(Outcome::Done)
            }
            PromptsCommand::Approve(args) => approve(global, args).await,
            PromptsCommand::Release(args) => release(global, args).await,
            PromptsCommand::Rollback(args) => roll_back(global, args).await,
            PromptsCommand::Live => {
                let lake = open_read_only(global, config(global)?).await?;
                let live = lake.session().library().get("questions/live_versions.sql");
                let statement = live.map(|file| file.statement(&BTreeMap::new())).transpose()?;
                query(global, &lake, &statement.unwrap_or_default()).await
            }
        }
    })
}

async fn query(global: &Global, lake: &Spanlake, statement: &str) -> Result<Outcome> {
    let format = choose_format(global.format, None);
    sql::run_statement(lake, statement, format, None, false).await?;
    Ok(Outcome::Done)
}

async fn push(global: &Global, args: &PushArgs) -> Result<Outcome> {
    let (prompts, left_out) = read_prompts(&args.paths)?;
    if !global.quiet {
        for path in left_out {
            eprintln!("{}: no front matter, left out", path.display());
        }
    }
    ensure!(!prompts.is_empty(), "no prompts found");
    let lake = open(global, config(global)?).await?;
    let summary = lake.push_prompts(prompts).await?;
    lake.close().await?;
    if !global.quiet {
        for (name, version) in &summary.added {
            say!("{name} {version} registered")?;
        }
        for (name, version) in &summary.changed {
            say!("{name} {version} changed")?;
        }
        if summary.unchanged > 0 {
            say!("{} as they were", summary.unchanged)?;
        }
    }
    Ok(Outcome::Done)
}

async fn list(global: &Global, name: Option<String>) -> Result<Outcome> {
    let lake = open_read_only(global, config(global)?).await?;
    let filter = name
        .map_or_else(String::new, |name| format!(" where name = '{}'", name.replace('\'', "''")));
    let statement = format!("select * from prompt_versions{filter} order by name, version");
    query(global, &lake, &statement).await?;
    let missing = filter.replacen(" where", " and", 1);
    let missing = format!("select * from prompt_versions where not is_registered{missing}");
    let count: usize = lake.query(&missing).await?.iter().map(RecordBatch::num_rows).sum();
    if count > 0 && !global.quiet {
        eprintln!("{count} of them seen or released, but not registered: prompts push");
    }
    Ok(Outcome::Done)
}

async fn show(global: &Global, args: &VersionArgs) -> Result<Outcome> {
    let lake = open_read_only(global, config(global)?).await?;
    let row = lake.prompt(&args.name, &args.version).await?;
    let Some(format) = global.format else { return print(&row).map(|()| Outcome::Done) };
    let batch = Rows::Prompts(vec![row]).to_batch()?;
    let mut sink = Sink::open(format, None, batch.schema(), true)?;
    sink.write(&batch)?;
    sink.finish()?;
    Ok(Outcome::Done)
}

/// Prints a version as a file that `push` reads, with what was decided as comments.
fn print(row: &PromptRow) -> Result<()> {
    let approval = row.approval.as_deref().unwrap_or("draft");
    say!("---\nname: {}\nversion: \"{}\"", row.name, row.version)?;
    let fields = [
        ("model", &row.model),
        ("params", &row.params),
        ("variables", &row.variable_schema),
        ("output_schema", &row.output_schema),
        ("eval_dataset", &row.eval_dataset),
        ("owner", &row.owner),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            say!("{name}: {value}")?;
        }
    }
    if let Some(target) = &row.rollback_target {
        say!("rollback_target: \"{target}\"")?;
    }
    if !row.tags.is_empty() {
        say!("tags: [{}]", row.tags.join(", "))?;
    }
    let by = row.approved_by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
    say!("# {approval}{by}")?;
    if let Some(hash) = &row.template_hash {
        say!("# template_hash {hash}")?;
    }
    say!("---\n{}", row.template.as_deref().unwrap_or_default())
}

async fn approve(global: &Global, args: ApproveArgs) -> Result<Outcome> {
    let ApproveArgs { version, reject, by, note } = args;
    let lake = open(global, config(global)?).await?;
    let decision = Decision { approve: !reject, by: by.unwrap_or_else(actor), note };
    lake.decide_prompt(&version.name, &version.version, decision).await?;
    lake.close().await?;
    if !global.quiet {
        let word = if reject { "rejected" } else { "approved" };
        say!("{} {} {word}", version.name, version.version)?;
    }
    Ok(Outcome::Done)
}

async fn release(global: &Global, args: ReleaseArgs) -> Result<Outcome> {
    let options = GateOptions { objective: args.objective };
    let VersionArgs { name, version } = args.version;
    let request = ReleaseRequest {
        name: name.clone(),
        version: version.clone(),
        environment: args.environment.clone(),
        by: args.by.unwrap_or_else(actor),
        note: args.note,
        forced: args.force,
    };
    let lake = open(global, config(global)?).await?;
    let (gates, released) = lake.release_prompt(request, &options).await?;
    lake.close().await?;
    write_batch(global.format, &gates_batch(&gates)?)?;
    let holds = gates.iter().all(|gate| gate.passed);
    if !released {
        eprintln!("{name} {version} was not released: --force --note TEXT overrides the gates");
        return Ok(Outcome::WithFindings);
    }
    if !global.quiet {
        let forced = if holds { "" } else { ", although a gate does not hold" };
        eprintln!("{name} {version} released in {}{forced}", args.environment);
    }
    Ok(Outcome::Done)
}

async fn roll_back(global: &Global, args: RollbackArgs) -> Result<Outcome> {
    let request = ReleaseRequest {
        name: args.name.clone(),
        version: String::new(),
        environment: args.environment.clone(),
        by: args.by.unwrap_or_else(actor),
        note: args.note,
        forced: false,
    };
    let lake = open(global, config(global)?).await?;
    let (from, to) = lake.roll_back_prompt(request, args.to).await?;
    lake.close().await?;
    if !global.quiet {
        say!("{} in {}: back from {from} to {to}", args.name, args.environment)?;
    }
    Ok(Outcome::Done)
}

fn gates_batch(gates: &[Gate]) -> Result<RecordBatch> {
    let texts = |get: fn(&Gate) -> &str| -> ArrayRef {
        Arc::new(gates.iter().map(|gate| Some(get(gate))).collect::<StringArray>())
    };
    let numbers = |get: fn(&Gate) -> Option<f64>| -> ArrayRef {
        Arc::new(gates.iter().map(get).collect::<Float64Array>())
    };
    let passed: BooleanArray = gates.iter().map(|gate| Some(gate.passed)).collect();
    let cases: Int64Array = gates.iter().map(|gate| gate.cases).collect();
    Ok(RecordBatch::try_from_iter_with_nullable([
        ("gate", texts(|gate| &gate.name), false),
        ("passed", Arc::new(passed) as ArrayRef, false),
        ("cases", Arc::new(cases) as ArrayRef, true),
        ("value", numbers(|gate| gate.value), true),
        ("live_value", numbers(|gate| gate.live_value), true),
        ("detail", texts(|gate| &gate.detail), false),
    ])?)
}
