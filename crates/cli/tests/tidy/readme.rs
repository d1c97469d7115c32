//! The README's commands are run as it prints them.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::{read, root};

/// The lines of the README's shell blocks.
fn shell_lines() -> Vec<String> {
    let text = read("README.md");
    let blocks = text.split("```sh\n").skip(1);
    blocks.flat_map(|block| block.split("```").next().unwrap().lines().map(str::to_owned)).collect()
}

/// The arguments of every `spanlake` command of the README; `a b | c` is `a b` and `a c`.
fn commands() -> Vec<Vec<String>> {
    let mut commands = Vec::new();
    for line in shell_lines() {
        let line = line.split(" #").next().unwrap().split(" <").next().unwrap().to_owned();
        let Some(rest) =
            line.strip_prefix("spanlake ").or_else(|| line.strip_prefix("cargo run --release -- "))
        else {
            continue;
        };
        let mut before: Vec<String> = Vec::new();
        for alternative in split_outside_quotes(rest, " | ") {
            let words: Vec<String> = split_outside_quotes(&alternative, " ")
                .into_iter()
                .filter(|word| !word.is_empty())
                .map(|word| word.trim_matches('"').to_owned())
                .collect();
            let mut command = before.clone();
            command.extend(words);
            if before.is_empty() {
                before = command.iter().take(1).cloned().collect();
            }
            commands.push(command);
        }
    }
    commands
}

fn split_outside_quotes(text: &str, by: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for (at, quoted) in text.split('"').enumerate() {
        if at % 2 == 1 {
            let part = parts.last_mut().unwrap();
            part.push('"');
            part.push_str(quoted);
            part.push('"');
            continue;
        }
        let mut pieces = quoted.split(by);
        parts.last_mut().unwrap().push_str(pieces.next().unwrap());
        parts.extend(pieces.map(str::to_owned));
    }
    parts
}

/// A call of the binary with nothing of the surroundings.
fn spanlake(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spanlake"));
    command.current_dir(folder).stdin(Stdio::null());
    for name in ["SPANLAKE_STORE", "SPANLAKE_REDACTION_KEY"] {
        command.env_remove(name);
    }
    command
}

fn succeeded(command: &[String], output: &Output) -> String {
    let shown = command.join(" ");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "spanlake {shown}: {}\n{errors}", output.status);
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn every_command_of_the_readme_exists() {
    let folder = tempfile::tempdir().unwrap();
    let commands = commands();
    assert!(commands.len() > 10, "{commands:?}");
    for command in commands {
        let output = spanlake(folder.path()).args(&command).arg("--help").output().unwrap();
        assert!(succeeded(&command, &output).contains("Usage: spanlake"), "{command:?}");
    }
}

#[test]
fn what_the_readme_points_at_exists() {
    let text = read("README.md");
    let quoted = text.split('`').skip(1).step_by(2);
    let paths = quoted.filter(|word| {
        ["crates/", "sql/", "benches/", "testdata/", ".ci/"].iter().any(|top| word.starts_with(top))
    });
    for path in paths {
        assert!(root().join(path).exists(), "{path}");
    }
    for line in shell_lines().iter().filter(|line| line.starts_with('.')) {
        assert!(root().join(line.trim()).exists(), "{line}");
    }
}

/// The rows of a table drawn with box characters.
fn table(text: &str) -> Vec<String> {
    let is_drawn = |line: &&str| line.starts_with(['┌', '│', '╞', '└']);
    text.lines().filter(is_drawn).map(str::to_owned).collect()
}

/// One store for everything the README shows: the demo's, at the size the README names. The README
/// shows some of the demo's rows.
#[test]
fn the_readme_can_be_followed() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let readme = read("README.md");
    let demo = readme.split("(rows of `").nth(1).and_then(|rest| rest.split('`').next()).unwrap();
    let demo: Vec<String> = demo.split(' ').map(str::to_owned).collect();
    let shown = succeeded(&demo, &spanlake(here).args(&demo).output().unwrap());
    let drawn = table(&shown);
    for row in table(&readme) {
        assert!(drawn.contains(&row), "the README shows\n{row}\nbut the demo:\n{shown}");
    }
    for file in ["report/report.html", "faults.json"] {
        assert!(here.join("spanlake-demo").join(file).exists(), "{file}");
    }
    let trace = shown.lines().find_map(|line| line.trim().strip_prefix("spanlake trace "));
    let trace = trace.and_then(|line| line.rsplit(' ').next()).unwrap();

    let prices = "provider,model,token_class,valid_from,usd_per_million\n\
                  openai,gpt-new,input,2026-11-01,1.25\n";
    std::fs::write(here.join("prices.csv"), prices).unwrap();
    let testdata = root().join("testdata/otlp/langfuse-5.0.4").to_string_lossy().into_owned();
    for command in commands() {
        if command.first().is_some_and(|word| word == "demo") {
            continue;
        }
        let arguments: Vec<&str> = command
            .iter()
            .map(|word| match word.as_str() {
                "PATH…" => testdata.as_str(),
                "TRACE_ID" => trace,
                "DIR" => "report",
                "FILE" => "prices.csv",
                other => other,
            })
            .collect();
        let mut call = spanlake(here);
        call.args(&arguments).env("SPANLAKE_STORE", here.join("spanlake-demo/store"));
        let stdin = here.join("stdin");
        // What a terminal or a pipe would bring: a statement for the shell, text to redact.
        std::fs::write(&stdin, "select 1").unwrap();
        call.stdin(std::fs::File::open(&stdin).unwrap());
        let shown = succeeded(&command, &call.output().unwrap());
        assert!(!shown.trim().is_empty(), "{command:?} says nothing");
    }
    assert!(here.join("report/report.html").exists());
}
