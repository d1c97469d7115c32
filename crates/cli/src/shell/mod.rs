//! The interactive shell of `spanlake sql`.

mod helper;
mod meta;
mod statement;

use std::path::PathBuf;
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
pub(crate) fn run(
    lake: &Spanlake,
    runtime: &tokio::runtime::Runtime,
    format: Format,
) -> Result<()> {
    let mut editor = editor(lake, runtime)?;
    let history = history_file();
    if let Some(path) = &history {
        // A first session has none.
        let _ = editor.load_history(path);
    }
    println!("spanlake {}: \\? for help, \\d for tables, \\q to leave", env!("CARGO_PKG_VERSION"));
    let mut settings = Settings { timing: false, expanded: false, format };
    loop {
        match editor.readline("spanlake> ") {
            Ok(text) if text.trim().is_empty() => {}
            Ok(text) => {
                editor.add_history_entry(text.trim())?;
                if matches!(text.trim(), "\\q" | "exit" | "quit" | "exit;" | "quit;") {
                    break;
                }
                run_line(lake, runtime, &mut settings, text.trim());
            }
            // Ctrl-C at the prompt drops the line, Ctrl-D leaves.
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(error).context("cannot read from the terminal"),
        }
    }
    if let Some(path) = &history {
        save_history(&mut editor, path)?;
    }
    Ok(())
}

fn editor(
    lake: &Spanlake,
    runtime: &tokio::runtime::Runtime,
) -> Result<Editor<ShellHelper, FileHistory>> {
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .edit_mode(EditMode::Emacs)
        .history_ignore_space(true)
        .max_history_size(10_000)?
        .build();
    let mut editor = Editor::with_config(config)?;
    let names = runtime.block_on(names(lake))?;
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
fn run_line(
    lake: &Spanlake,
    runtime: &tokio::runtime::Runtime,
    settings: &mut Settings,
    text: &str,
) {
    let started = Instant::now();
    let work = async {
        if text.starts_with('\\') {
            meta::run(lake, settings, text).await
        } else {
            run_all(lake, settings, text).await
        }
    };
    let result = runtime.block_on(async {
        tokio::select! {
            result = work => result,
            // Dropping the work cancels the statement; the shell stays.
            _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("cancelled")),
        }
    });
    if let Err(error) = result {
        eprintln!("{error:#}");
    }
    if settings.timing && !text.starts_with('\\') {
        println!("Time: {:.1} ms", started.elapsed().as_secs_f64() * 1e3);
    }
}

/// Runs every statement of a text in turn.
pub(super) async fn run_all(lake: &Spanlake, settings: &Settings, text: &str) -> Result<()> {
    for statement in statement::split(text) {
        let rows = run_statement(lake, statement, settings.format, None, settings.expanded).await?;
        if settings.format == Format::Table {
            println!("({rows} row{})", if rows == 1 { "" } else { "s" });
        }
    }
    Ok(())
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

/// Saves history for its owner only: statements can name people.
fn save_history(
    editor: &mut Editor<ShellHelper, FileHistory>,
    path: &std::path::Path,
) -> Result<()> {
    let failed = || {
        format!("cannot save history to {} ({HISTORY_VARIABLE}=off turns it off)", path.display())
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(failed)?;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
        let file = std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path);
        let file = file.with_context(failed)?;
        file.set_permissions(std::fs::Permissions::from_mode(0o600)).with_context(failed)?;
    }
    editor.save_history(path).with_context(failed)
}
