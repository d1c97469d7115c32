//! `spanlake alerts`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use spanlake::model::Micros;
use spanlake::quality::alert::{Change, FalseAlarms, Memory, Replay, Rule, State, TEMPLATES};
use spanlake::{Config, FoundRule, ReadyRule, Spanlake, actor};

use super::{config, open, open_read_only, time};
use crate::Outcome;
use crate::args::{AckArgs, AlertsCommand, Global, NewArgs, ReplayArgs, ResolveArgs, RulesArgs};
use crate::interrupt::Executor;
use crate::output::{say, write_batch};
use crate::progress::count_bar;

const RULES_FOLDER: &str = "alerts";

pub(super) fn run(global: &Global, command: AlertsCommand, executor: &Executor) -> Result<Outcome> {
    executor.run("what was stored stays", async {
        match command {
            AlertsCommand::New(args) => new(global, &args),
            AlertsCommand::List(args) => list(global, &args).await,
            AlertsCommand::Lint(args) => lint(global, &args).await,
            AlertsCommand::Check(args) => check(global, &args).await,
            AlertsCommand::Ack(args) => settle(global, args, None).await,
            AlertsCommand::Resolve(ResolveArgs { alert, fix }) => {
                settle(global, alert, Some(fix)).await
            }
            AlertsCommand::Replay(args) => replay(global, &args).await,
        }
    })
}

fn folder(config: &Config, args: &RulesArgs) -> PathBuf {
    let given = args.rules.clone().or_else(|| config.alerts_dir.clone());
    given.unwrap_or_else(|| PathBuf::from(RULES_FOLDER))
}

fn new(global: &Global, args: &NewArgs) -> Result<Outcome> {
    let Some(name) = &args.name else {
        let texts = |get: fn(&Rule) -> Option<String>| -> ArrayRef {
            let rules = TEMPLATES.iter().map(|(name, text)| Rule::parse(name, text).ok());
            Arc::new(rules.map(|rule| get(&rule?)).collect::<StringArray>())
        };
        let batch = RecordBatch::try_from_iter([
            ("template", texts(|rule| Some(rule.name.clone()))),
            ("severity", texts(|rule| rule.severity.map(|severity| severity.to_string()))),
            ("impact", texts(|rule| rule.impact.clone())),
        ])?;
        write_batch(global.format, &batch)?;
        return Ok(Outcome::Done);
    };
    let template = args.template.as_ref().unwrap_or(name);
    let Some((_, text)) = TEMPLATES.iter().find(|(known, _)| known == template) else {
        bail!("no template {template}: alerts new lists them, --template NAME takes one");
    };
    let folder = folder(&config(global)?, &args.rules);
    let path = folder.join(format!("{name}.toml"));
    ensure!(!path.exists(), "{} is there already", path.display());
    std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(&path, text))
        .with_context(|| format!("cannot write {}", path.display()))?;
    if !global.quiet {
        say!("{}: now name its owner and runbook, then alerts replay", path.display())?;
    }
    Ok(Outcome::Done)
}

/// Reads the rules; says on standard error what is wrong with those that are refused.
fn rules(lake: &Spanlake, folder: &Path) -> Result<(Vec<ReadyRule>, usize)> {
    let found = lake.alert_rules(folder)?;
    ensure!(!found.is_empty(), "no rules in {}: alerts new NAME", folder.display());
    let (mut ready, mut refused) = (Vec::new(), 0);
    for FoundRule { path, rule, statement, problems } in found {
        for problem in &problems {
            eprintln!("{}: {problem}", path.display());
        }
        match rule {
            Some(rule) if problems.is_empty() => ready.push((rule, statement)),
            _ => refused += 1,
        }
    }
    Ok((ready, refused))
}

async fn lint(global: &Global, args: &RulesArgs) -> Result<Outcome> {
    let config = config(global)?;
    let folder = folder(&config, args);
    let lake = open_read_only(global, config).await?;
    let (ready, refused) = rules(&lake, &folder)?;
    if !global.quiet {
        say!("{} rules are complete, {refused} are refused", ready.len())?;
    }
    Ok(if refused > 0 { Outcome::WithFindings } else { Outcome::Done })
}

async fn list(global: &Global, args: &RulesArgs) -> Result<Outcome> {
    let config = config(global)?;
    let folder = folder(&config, args);
    let lake = open_read_only(global, config).await?;
    let (ready, _) = rules(&lake, &folder)?;
    let watch = lake.alert_states().await?;
    let mut rows: Vec<[Option<String>; 7]> = Vec::new();
    for (rule, _) in &ready {
        let mut states: Vec<_> = watch.of(&rule.name).collect();
        if states.is_empty() {
            states.push((None, Memory::default()));
        }
        rows.extend(states.into_iter().map(|(group, memory)| {
            let since = (memory.since != Micros(0)).then(|| text(memory.since));
            [
                Some(rule.name.clone()),
                rule.severity.map(|severity| severity.to_string()),
                rule.owner.clone(),
                group.map(str::to_owned),
                Some(memory.state.as_str().to_owned()),
                since,
                rule.runbook.clone(),
            ]
        }));
    }
    let names = ["rule", "severity", "owner", "group", "state", "since", "runbook"];
    let columns = names.into_iter().enumerate().map(|(at, name)| {
        let cells: StringArray = rows.iter().map(|row| row.get(at).cloned().flatten()).collect();
        (name, Arc::new(cells) as ArrayRef)
    });
    write_batch(global.format, &RecordBatch::try_from_iter(columns)?)?;
    Ok(Outcome::Done)
}

async fn check(global: &Global, args: &RulesArgs) -> Result<Outcome> {
    let config = config(global)?;
    let (folder, zone) = (folder(&config, args), config.zone()?);
    let lake = open(global, config).await?;
    let (ready, refused) = rules(&lake, &folder)?;
    let checked = lake.check_alerts(&ready, zone).await?;
    lake.close().await?;
    write_batch(global.format, &changes(&checked.changes)?)?;
    if !global.quiet {
        for (rule, group, memory) in &checked.open {
            let group = group.as_ref().map_or_else(String::new, |group| format!(" of {group}"));
            eprintln!("{rule}{group}: {} since {}", memory.state.as_str(), text(memory.since));
        }
    }
    let is_fine = !checked.needs_somebody() && refused == 0;
    Ok(if is_fine { Outcome::Done } else { Outcome::WithFindings })
}

async fn settle(global: &Global, args: AckArgs, fix: Option<String>) -> Result<Outcome> {
    let AckArgs { rule, group, by } = args;
    let by = by.unwrap_or_else(actor);
    let state = if fix.is_some() { State::Resolved } else { State::Acknowledged };
    let lake = open(global, config(global)?).await?;
    let groups = lake.settle_alert(&rule, group.as_deref(), state, &by, fix).await?;
    lake.close().await?;
    if !global.quiet {
        for group in groups {
            let group = group.map_or_else(String::new, |group| format!(" of {group}"));
            say!("{rule}{group}: {} by {by}", state.as_str())?;
        }
    }
    Ok(Outcome::Done)
}

async fn replay(global: &Global, args: &ReplayArgs) -> Result<Outcome> {
    let config = config(global)?;
    let (folder, zone) = (folder(&config, &args.rules), config.zone()?);
    let (from, to) = (time("--from", &args.from)?, time("--to", &args.to)?);
    ensure!(from < to, "--from is not before --to");
    let lake = open_read_only(global, config).await?;
    let (mut ready, _) = rules(&lake, &folder)?;
    // A compound rule needs the rules that it counts.
    let wanted: Vec<String> = ready
        .iter()
        .filter(|(rule, _)| args.only.contains(&rule.name))
        .flat_map(|(rule, _)| rule.rules.iter().chain([&rule.name]).cloned())
        .collect();
    ready.retain(|(rule, _)| args.only.is_empty() || wanted.contains(&rule.name));
    ensure!(!ready.is_empty(), "no such rule");
    let mut replay = Replay::new(from, zone);
    let times: Vec<Micros> = replay.times(&ready, to).collect();
    let bar = count_bar(times.len() as u64, global.quiet);
    bar.set_message("looking at the past");
    let mut all = Vec::new();
    for now in times {
        all.extend(replay.at(lake.session(), &ready, now).await?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    write_batch(global.format, &changes(&all)?)?;
    if !global.quiet {
        let mut fired: BTreeMap<&str, u64> =
            ready.iter().map(|(rule, _)| (rule.name.as_str(), 0)).collect();
        for change in all.iter().filter(|change| change.state == State::Firing) {
            *fired.entry(change.rule.as_str()).or_default() += 1;
        }
        eprintln!("if nothing was wrong in this time, false alarms in 90 days (95 % interval):");
        for (rule, alerts) in fired {
            if let Some(rate) = FalseAlarms::of(alerts, from, to) {
                let FalseAlarms { per_90_days, low, high } = rate;
                eprintln!(
                    "  {rule}: fired {alerts} times, {per_90_days:.1} ({low:.1} to {high:.1})"
                );
            }
        }
    }
    Ok(Outcome::Done)
}

/// Changes of states as rows.
fn changes(changes: &[Change]) -> Result<RecordBatch> {
    let texts = |get: &dyn Fn(&Change) -> Option<String>| -> ArrayRef {
        Arc::new(changes.iter().map(get).collect::<StringArray>())
    };
    let numbers = |get: &dyn Fn(&Change) -> Option<f64>| -> ArrayRef {
        Arc::new(changes.iter().map(get).collect::<Float64Array>())
    };
    let n: Int64Array = changes.iter().map(|change| Some(change.reading.as_ref()?.n)).collect();
    Ok(RecordBatch::try_from_iter_with_nullable([
        ("time", texts(&|change| Some(text(change.time))), false),
        ("rule", texts(&|change| Some(change.rule.clone())), false),
        ("group", texts(&|change| change.group.clone()), true),
        ("state", texts(&|change| Some(change.state.as_str().to_owned())), false),
        ("value", numbers(&|change| change.reading.as_ref()?.value), true),
        ("baseline", numbers(&|change| change.reading.as_ref()?.baseline), true),
        ("n", Arc::new(n) as ArrayRef, true),
        ("p_adjusted", numbers(&|change| change.reading.as_ref()?.p), true),
    ])?)
}

fn text(time: Micros) -> String {
    chrono::DateTime::from_timestamp_micros(time.0)
        .map_or_else(String::new, |time| time.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}
