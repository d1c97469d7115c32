//! The command as people meet it: what it prints, where, and how it ends.

#![expect(clippy::unwrap_used, reason = "tests")]

mod alerts;
mod ask;
mod bad_input;
mod bad_places;
#[cfg(target_os = "linux")]
mod interrupts;
mod prompts;
mod results;
mod store;
mod wire;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder of its own, and the command run in it.
struct Place(tempfile::TempDir);

/// How a command ended.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// A command that sees neither the settings nor the history of whoever runs the tests.
    fn command(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_spanlake"));
        command.args(args).current_dir(self.0.path());
        for name in ["SPANLAKE_STORE", "SPANLAKE_REDACTION_KEY", "SPANLAKE_LOG"] {
            command.env_remove(name);
        }
        command.env("SPANLAKE_HISTORY", "off").stdin(Stdio::null());
        command
    }

    fn run(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Ended {
        Ended::of(&self.command(args).output().unwrap())
    }

    /// Runs a statement over the default store and returns its CSV without the header.
    fn ask(&self, statement: &str) -> String {
        let ended = self.run(["sql", "--format", "csv", "-c", statement]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.out.split_once('\n').unwrap().1.trim_end().to_owned()
    }
}

impl Ended {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }
}

/// A capture of a real SDK's export.
fn capture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/otlp");
    std::fs::read(folder.join(name)).unwrap()
}

/// One span as a line of native JSON.
fn native(number: u64) -> String {
    format!(
        "{{\"trace_id\":\"{number:032x}\",\"span_id\":\"{number:016x}\",\"name\":\"s\",\
         \"kind\":\"llm\",\"start_time\":\"2026-05-17T10:00:00Z\"}}\n"
    )
}
