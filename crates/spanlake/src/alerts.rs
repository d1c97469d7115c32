//! Alert rules of a folder, checked against a store that remembers their states.

use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use spanlake_model::{AlertEventRow, Micros, Rows};
use spanlake_quality::alert::{Change, Memory, Rule, State, Watch, evaluate};
use spanlake_query::SqlFile;

use crate::Spanlake;
use crate::error::{Error, Result};

/// A rule that may be used, with its statement; a compound one has none.
pub type ReadyRule = (Rule, Option<SqlFile>);

/// A rule of a folder and what is wrong with it.
#[derive(Clone, Debug)]
pub struct FoundRule {
    /// The file.
    pub path: PathBuf,
    /// The rule, where the file can be understood.
    pub rule: Option<Rule>,
    /// The statement, where it is there.
    pub statement: Option<SqlFile>,
    /// What is wrong; nothing when it may be used.
    pub problems: Vec<String>,
}

/// What a check found.
#[derive(Clone, Debug, Default)]
pub struct CheckedAlerts {
    /// Changes, which are stored.
    pub changes: Vec<Change>,
    /// Rules, groups and states that are not over.
    pub open: Vec<(String, Option<String>, Memory)>,
}

impl CheckedAlerts {
    /// Whether somebody has to act who does not yet.
    pub fn needs_somebody(&self) -> bool {
        self.open.iter().any(|(_, _, memory)| memory.state.needs_somebody())
    }
}

impl Spanlake {
    /// Reads the rules of a folder, and says what is wrong with each.
    ///
    /// # Errors
    /// When the folder or a file cannot be read.
    pub fn alert_rules(&self, folder: &Path) -> Result<Vec<FoundRule>> {
        let unreadable =
            |path: &Path, source| Error::Read { origin: path.display().to_string(), source };
        let entries = std::fs::read_dir(folder)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|source| unreadable(folder, source))?;
        let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
        paths.sort();
        let mut found = Vec::new();
        for path in paths {
            let text =
                std::fs::read_to_string(&path).map_err(|source| unreadable(&path, source))?;
            let name = path
                .file_stem()
                .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            found.push(match Rule::parse(&name, &text) {
                Ok(rule) => self.complete(path, rule),
                Err(problem) => {
                    FoundRule { path, rule: None, statement: None, problems: vec![problem] }
                }
            });
        }
        let names: Vec<String> =
            found.iter().filter_map(|one| Some(one.rule.as_ref()?.name.clone())).collect();
        for one in &mut found {
            let Some(rule) = &one.rule else { continue };
            if names.iter().filter(|name| **name == rule.name).count() > 1 {
                one.problems.push(format!("name: another rule is called {}, too", rule.name));
            }
            let unknown = rule.rules.iter().filter(|name| !names.contains(name));
            one.problems.extend(unknown.map(|name| format!("rules: there is no rule {name}")));
        }
        Ok(found)
    }

    /// Finds a rule's statement and holds both against each other.
    fn complete(&self, path: PathBuf, rule: Rule) -> FoundRule {
        let mut problems = rule.problems();
        let mut statement = None;
        if let Some(sql) = &rule.sql {
            let beside = path.parent().unwrap_or(Path::new(".")).join(sql);
            statement = match std::fs::read_to_string(&beside) {
                Ok(text) => Some(SqlFile::parse(&beside.display().to_string(), &text)),
                Err(_) => self.session.library().get(&format!("alerts/{sql}")).cloned(),
            };
            match &statement {
                Some(file) => {
                    let values = rule.values();
                    problems.extend(file.statement(&values).err().map(|error| error.to_string()));
                }
                None => problems.push(format!("sql: there is no {sql}, here or shipped")),
            }
        }
        FoundRule { path, rule: Some(rule), statement, problems }
    }

    /// Looks at every rule now, stores what changes and says what is not over.
    ///
    /// # Errors
    /// When a statement fails or the store cannot take the rows.
    pub async fn check_alerts(&self, rules: &[ReadyRule], zone: Tz) -> Result<CheckedAlerts> {
        let now = self.clock.now();
        let mut watch = Watch::load(&self.session, zone).await?;
        let readings = evaluate(&self.session, rules, now).await?;
        let mut checked = CheckedAlerts::default();
        let mut rows = Vec::new();
        for (rule, _) in rules {
            let read = readings.get(&rule.name).map_or(&[][..], Vec::as_slice);
            let changes = watch.take(rule, read, now);
            rows.extend(changes.iter().map(|change| change.row(rule)));
            checked.changes.extend(changes);
            checked.open.extend(
                watch
                    .of(&rule.name)
                    .filter(|(_, memory)| memory.state.is_open() || memory.state == State::NoData)
                    .map(|(group, memory)| (rule.name.clone(), group.map(str::to_owned), memory)),
            );
        }
        self.store_alert_events(rows, now).await?;
        Ok(checked)
    }

    /// Returns what is remembered of alerts.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn alert_states(&self) -> Result<Watch> {
        Ok(Watch::load(&self.session, chrono_tz::UTC).await?)
    }

    /// Enters a state by hand in every open group of a rule, or in one: who took an alert on, or
    /// what fixed it. Returns the groups.
    ///
    /// # Errors
    /// When no such alert is open.
    pub async fn settle_alert(
        &self,
        rule: &str,
        group: Option<&str>,
        state: State,
        by: &str,
        fix: Option<String>,
    ) -> Result<Vec<Option<String>>> {
        let watch = self.alert_states().await?;
        let is_it = |(name, memory): &(Option<&str>, Memory)| {
            let is_open = memory.state.is_open() || memory.state == State::NoData;
            is_open && (group.is_none() || *name == group)
        };
        let open: Vec<Option<String>> =
            watch.of(rule).filter(is_it).map(|(name, _)| name.map(str::to_owned)).collect();
        if open.is_empty() {
            let of = group.map_or_else(String::new, |group| format!(" of {group}"));
            let reason = format!("no alert {rule}{of} is open");
            return Err(Error::Invalid { what: "alerts", reason });
        }
        let now = self.clock.now();
        let last = self.last_alert_event(rule).await?;
        let rows = open.iter().map(|group| AlertEventRow {
            date: now.day(),
            time: now,
            rule: rule.to_owned(),
            severity: last.severity.clone(),
            owner: last.owner.clone(),
            runbook: last.runbook.clone(),
            state: state.as_str().to_owned(),
            group: group.clone(),
            acknowledged_by: Some(by.to_owned()),
            fixed_by: fix.clone(),
            ..AlertEventRow::default()
        });
        self.store_alert_events(rows.collect(), now).await?;
        Ok(open)
    }

    async fn last_alert_event(&self, rule: &str) -> Result<AlertEventRow> {
        let statement = "select * from alert_events order by time desc, row_version desc";
        for batch in self.query(statement).await? {
            let rows = (0..batch.num_rows()).map(|at| AlertEventRow::read(&batch, at));
            if let Some(row) = rows.into_iter().find(|row| row.rule == rule) {
                return Ok(row);
            }
        }
        Ok(AlertEventRow::default())
    }

    async fn store_alert_events(&self, mut rows: Vec<AlertEventRow>, now: Micros) -> Result<()> {
        for row in &mut rows {
            row.ingest_time = now;
        }
        self.append_rows(Rows::AlertEvents(rows)).await
    }
}
