//! Ctrl-C: prompt, honest about what is stored, and nothing is damaged.

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};

use super::{Place, native};

fn start(place: &Place, args: &[&str], input: Stdio) -> Child {
    place.command(args).stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn interrupt(child: &Child) {
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(sent.unwrap().success());
}

/// Processor time a command has used so far, in clock ticks (a hundredth of a second on Linux).
fn processor_time(child: &Child) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
    // In user mode and in the kernel: two of the numbers behind the name in brackets.
    let (_, numbers) = text.rsplit_once(')').unwrap();
    numbers.split(' ').skip(12).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum()
}

/// Waits until a command has done all it can and waits for more input. Rows are durable, and seen by
/// readers, a little before the command counts them.
fn wait_until_idle(child: &Child) {
    let (mut before, mut quiet) = (processor_time(child), 0);
    while quiet < 10 {
        std::thread::sleep(std::time::Duration::from_millis(100));
        let now = processor_time(child);
        quiet = if now == before { quiet + 1 } else { 0 };
        before = now;
    }
}

/// Starts to ingest standard input, sends `lines`, and waits until they are seen by a reader and
/// counted.
fn ingesting(place: &Place, lines: &str) -> Child {
    let mut child = start(place, &["ingest", "-"], Stdio::piped());
    child.stdin.as_mut().unwrap().write_all(lines.as_bytes()).unwrap();
    loop {
        let seen = place.run(["sql", "--format", "csv", "-c", "select count(*) > 0 from spans"]);
        if seen.out.ends_with("true\n") || child.try_wait().unwrap().is_some() {
            wait_until_idle(&child);
            return child;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

fn ended(mut child: Child) -> (Option<i32>, String, String) {
    // Waiting would close the input, and an input that has ended is stored to its end.
    let input = child.stdin.take();
    let status = child.wait().unwrap();
    drop(input);
    let (mut out, mut err) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    (status.code(), out, err)
}

#[test]
fn an_interrupted_ingest_says_what_is_stored() {
    let place = Place::new();
    // More than one chunk of lines: the first is stored while the pipe stays open.
    let blanks = format!("{}\n", " ".repeat(1_000));
    let lines: String = (1..=12_000).map(|n| native(n).replace('\n', &blanks)).collect();
    let child = ingesting(&place, &lines);
    interrupt(&child);
    let (code, out, err) = ended(child);
    assert_eq!(code, Some(130), "{out} {err}");
    assert!(err.contains("interrupted; what is counted above is stored"), "{err}");
    let told: u64 = out.split(' ').next().unwrap().parse().unwrap();
    let stored: u64 = place.ask("select count(*) from spans").parse().unwrap();
    assert!(told > 0 && stored >= told && stored < 12_000, "{told} told, {stored} stored");
    let ended = place.run(["store", "check"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    // The next writer finds no lock and goes on.
    place.write("rest.jsonl", lines);
    assert_eq!(place.run(["ingest", "rest.jsonl"]).code, Some(0));
    assert_eq!(place.ask("select count(*), count(distinct span_id) from spans"), "12000,12000");
}

/// Ingests lines that never end until the first are seen, and ends it with signals.
fn interrupted(place: &Place, signals: usize) -> (Option<i32>, String, String) {
    let mut child = start(place, &["ingest", "-"], Stdio::piped());
    let mut input = child.stdin.take().unwrap();
    let feeding = std::thread::spawn(move || {
        // Much to read and little to decode: what is in memory is soon stored.
        let blanks = format!("{}\n", " ".repeat(50_000));
        let mut next = 1;
        // Ends when nobody reads any more.
        loop {
            let lines: String =
                (next..next + 10).map(|n| native(n).replace('\n', &blanks)).collect();
            next += 10;
            if input.write_all(lines.as_bytes()).is_err() {
                return;
            }
        }
    });
    let is_there = ["sql", "--format", "csv", "-c", "select count(*) > 0 from spans"];
    while !place.run(is_there).out.ends_with("true\n") {
        assert!(child.try_wait().unwrap().is_none());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    for _ in 0..signals {
        interrupt(&child);
    }
    let ended = ended(child);
    feeding.join().unwrap();
    ended
}

#[test]
fn what_is_on_its_way_when_ctrl_c_comes_is_stored_and_counted() {
    let place = Place::new();
    let (code, out, err) = interrupted(&place, 1);
    assert_eq!(code, Some(130), "{out} {err}");
    assert!(err.contains("interrupted; what is counted above is stored"), "{err}");
    let told = out.split(' ').next().unwrap();
    assert_eq!(place.ask("select count(*) from spans"), told);
    assert_eq!(place.run(["store", "check"]).code, Some(0));
}

#[test]
fn a_second_ctrl_c_ends_at_once_and_loses_nothing_that_was_stored() {
    let place = Place::new();
    let (code, ..) = interrupted(&place, 2);
    assert_eq!(code, Some(130));
    let stored = place.ask("select count(*) = count(distinct span_id), count(*) > 0 from spans");
    assert_eq!(stored, "true,true");
    assert_eq!(place.run(["store", "check"]).code, Some(0));
}

#[test]
fn a_pipe_that_nobody_writes_to_does_not_hold_it_up() {
    let place = Place::new();
    let pipe = place.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let child = start(&place, &["ingest", "pipe"], Stdio::null());
    // The store is there once the command listens and waits.
    while !place.path("spanlake-store/_store/store.json").exists() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    interrupt(&child);
    let (code, _, err) = ended(child);
    assert_eq!(code, Some(130), "{err}");
}

#[test]
fn a_cancelled_statement_ends_with_130() {
    let place = Place::new();
    place.write("a.jsonl", (1..=2_000).map(native).collect::<String>());
    assert_eq!(place.run(["ingest", "a.jsonl"]).code, Some(0));
    let endless = "select count(*) from spans a, spans b, spans c \
                   where a.start_unix_nano + b.start_unix_nano + c.start_unix_nano < 0";
    let child = start(&place, &["sql", "-c", endless], Stdio::null());
    // Far more than it takes to get as far as running the statement.
    while processor_time(&child) < 100 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    interrupt(&child);
    let (code, out, err) = ended(child);
    assert_eq!((code, out.as_str()), (Some(130), ""), "{err}");
    assert!(err.contains("the statement was cancelled"), "{err}");
}
