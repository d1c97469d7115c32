//! The interactive shell of `spanlake sql`.

mod helper;
mod meta;
pub(crate) mod statement;

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result};
use rustyline::config::Configurer as _;
use rustyline::error::ReadlineError;
use rustyline::hint::HistoryHinter;
use rustyline::history::FileHistory;
use rustyline::{CompletionType, Config, EditMode, Editor};
use spanlake::Spanlake;

use self::helper::{Names, ShellHelper};
use crate::args::Format;
use crate::commands::sql::run_statement;
use crate::interrupt::{Executor, Interrupted};
use crate::output::say;

/// Turns the history file off.
const HISTORY_VARIABLE: &str = "SPANLAKE_HISTORY";

/// What backslash commands can change.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) timing: bool,
    pub(crate) expanded: bool,
    pub(crate) format: Format,
}

/// Runs the shell until the user leaves.
pub(crate) fn run(lake: &Spanlake, executor: &Executor, format: Format) -> Result<()> {
    let names = executor.run("nothing was read", names(lake))?;
    let mut editor = editor(names)?;
    let history = History::open(&mut editor);
    say!("spanlake {}: \\? for help, \\d for tables, \\q to leave", env!("CARGO_PKG_VERSION"))?;
    let mut settings = Settings { timing: false, expanded: false, format };
    loop {
        match editor.readline("spanlake> ") {
            Ok(text) if text.trim().is_empty() => {}
            Ok(text) => {
                let text = text.trim();
                editor.add_history_entry(text)?;
                history.append(&mut editor);
                if matches!(text, "\\q" | "exit" | "quit" | "exit;" | "quit;") {
                    break;
                }
                run_line(lake, executor, &mut settings, text);
            }
            // Ctrl-C at the prompt drops the line, Ctrl-D leaves.
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(error).context("cannot read from the terminal"),
        }
    }
    Ok(())
}

fn editor(names: Names) -> Result<Editor<ShellHelper, FileHistory>> {
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .edit_mode(EditMode::Emacs)
        .history_ignore_space(true)
        .max_history_size(10_000)?
        .build();
    let mut editor = Editor::with_config(config)?;
    editor.set_helper(Some(ShellHelper { names, hinter: HistoryHinter::new() }));
    editor.set_auto_add_history(false);
    Ok(editor)
}

async fn names(lake: &Spanlake) -> Result<Names> {
    let session = lake.session();
    let mut names = Names::default();
    for table in session.tables() {
        let columns = session.columns(&table.name).await?.unwrap_or_default();
        let name = match table.schema {
            "public" => table.name,
            schema => format!("{schema}.{}", table.name),
        };
        names.tables.insert(name, columns.into_iter().map(|column| column.name).collect());
    }
    names.functions = session.functions().into_iter().map(|function| function.name).collect();
    Ok(names)
}

/// Runs one input: a backslash command or statements. Errors are shown, the shell goes on.
fn run_line(lake: &Spanlake, executor: &Executor, settings: &mut Settings, text: &str) {
    let started = Instant::now();
    let is_command = text.starts_with('\\');
    // Dropping the work cancels the statement; the shell stays.
    let result = executor.run("the statement was cancelled", async {
        if is_command {
            meta::run(lake, settings, text).await
        } else {
            run_all(lake, settings, text).await
        }
    });
    match result {
        // The terminal has shown ^C.
        Err(error) if error.is::<Interrupted>() => eprintln!("\ncancelled"),
        Err(error) => eprintln!("{}", crate::message(&error)),
        Ok(()) => {}
    }
    if settings.timing && !is_command {
        let elapsed = started.elapsed().as_secs_f64();
        // Nobody is left to read it when this fails.
        let _ = if elapsed < 10.0 {
            say!("Time: {:.1} ms", elapsed * 1e3)
        } else {
            say!("Time: {elapsed:.1} s")
        };
    }
}

/// Runs every statement of a text in turn.
pub(super) async fn run_all(lake: &Spanlake, settings: &Settings, text: &str) -> Result<()> {
    for statement in statement::split(text) {
        let statement = statement::in_place(text, statement);
        let rows =
            run_statement(lake, &statement, settings.format, None, settings.expanded).await?;
        if settings.format == Format::Table {
            match rows {
                Some(1) => say!("(1 row)")?,
                Some(rows) => say!("({rows} rows)")?,
                None => say!("done")?,
            }
        }
    }
    Ok(())
}

/// The file of past inputs, for its owner only: statements can name people.
#[derive(Debug)]
struct History(Option<PathBuf>);

impl History {
    /// Finds the file, makes it where there is none, and loads it. Without one the shell works too.
    fn open(editor: &mut Editor<ShellHelper, FileHistory>) -> Self {
        let Some(path) = history_file() else { return Self(None) };
        if let Err(error) = create_private(&path) {
            eprintln!(
                "no history: cannot write {}: {error} ({HISTORY_VARIABLE}=off turns it off)",
                path.display()
            );
            return Self(None);
        }
        // A new file has nothing to load.
        let _ = editor.load_history(&path);
        Self(Some(path))
    }

    /// Adds what was typed last: shells that run side by side keep each other's.
    fn append(&self, editor: &mut Editor<ShellHelper, FileHistory>) {
        if let Some(path) = &self.0 {
            // A full disk costs history, not the statement.
            let _ = editor.append_history(path);
        }
    }
}

/// Returns where history is kept: `$XDG_STATE_HOME/spanlake/history`; `None` when it is off.
fn history_file() -> Option<PathBuf> {
    if std::env::var(HISTORY_VARIABLE).is_ok_and(|value| matches!(value.as_str(), "off" | "0" | ""))
    {
        return None;
    }
    let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).or_else(|| {
        std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/state"))
    })?;
    Some(state.join("spanlake").join("history"))
}

fn create_private(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    drop(file);
    Ok(())
}
