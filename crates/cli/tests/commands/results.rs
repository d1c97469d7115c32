//! Results: formats, files, several statements, readers that leave.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use super::{Place, native};

/// A store of some spans, one of them with everything.
fn place() -> Place {
    let place = Place::new();
    let lines: String = (1..=500).map(native).collect();
    place.write("a.jsonl", lines);
    assert_eq!(place.run(["ingest", "a.jsonl"]).code, Some(0));
    place
}

const KINDS: &str = "select 1 as n, null as nothing, arrow_cast('1.50', 'Decimal128(10, 2)') as d, \
    timestamp '2026-01-01 00:00:00.123' as t, date '2026-01-02' as day, 'a\"b,c' as q, true as b, \
    make_array(1, null) as list, named_struct('a', 1, 'b', 'x') as s";

#[test]
fn every_format_holds_every_kind_of_value() {
    let place = place();
    let written = |format: &str| {
        let name = format!("x.{format}");
        let ended = place.run(["sql", "--format", format, "-c", KINDS, "-o", &name]);
        assert_eq!((ended.code, ended.out.as_str()), (Some(0), ""), "{ended:?}");
        std::fs::read(place.path(&name)).unwrap()
    };
    let text = |format| String::from_utf8(written(format)).unwrap();
    assert_eq!(
        text("csv"),
        "n,nothing,d,t,day,q,b,list,s\n1,,1.50,2026-01-01T00:00:00.123,2026-01-02,\"a\"\"b,c\",true,\
         \"[1,null]\",\"{\"\"a\"\":1,\"\"b\"\":\"\"x\"\"}\"\n"
    );
    let row: serde_json::Value = serde_json::from_str(&text("ndjson")).unwrap();
    assert_eq!(row["q"], "a\"b,c");
    assert_eq!(row["list"], serde_json::json!([1, null]));
    assert_eq!(row["s"], serde_json::json!({"a": 1, "b": "x"}));
    assert!(row["nothing"].is_null());
    let array: serde_json::Value = serde_json::from_str(&text("json")).unwrap();
    assert_eq!(array[0], row);
    assert!(text("table").contains("2026-01-01T00:00:00.123"));
    assert!(written("parquet").starts_with(b"PAR1"));
    assert!(written("arrow").starts_with(&[0xff, 0xff, 0xff, 0xff]));
    let left: Vec<_> = std::fs::read_dir(place.0.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("partial"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_failed_statement_leaves_the_file_as_it_was() {
    let place = place();
    place.write("x.csv", "before");
    let ended = place.run(["sql", "-o", "x.csv", "-c", "select 1 / (span_id = '') from spans"]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let divided = "select 1 / count(*) filter (where span_id = '') from spans";
    let ended = place.run(["sql", "-o", "x.csv", "-c", divided]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert_eq!(std::fs::read_to_string(place.path("x.csv")).unwrap(), "before");
    let ended = place.run(["sql", "-o", "nowhere/x.csv", "-c", "select 1"]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains("cannot write nowhere/x.csv: No such file"), "{ended:?}");
}

#[test]
fn several_statements_run_in_turn() {
    let place = place();
    let text = "set datafusion.execution.batch_size = 10; select 1 as a; select 2 as b;";
    let ended = place.run(["sql", "--format", "csv", "-c", text]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), "a\n1\nb\n2\n"), "{ended:?}");
    place.write("two.sql", "-- first\nselect 1 as a;\n\nselect nope from spans;\nselect 3;");
    let ended = place.run(["sql", "--format", "csv", "-f", "two.sql"]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), "a\n1\n"), "{ended:?}");
    assert!(ended.err.contains("no column \"nope\"") && ended.err.contains("4 | "), "{ended:?}");
    let ended = place.run(["sql", "-o", "x.csv", "-c", "select 1; select 2"]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains("one file holds one result"), "{ended:?}");
    let ended = place.run(["sql", "-c", " ; -- nothing"]);
    assert_eq!((ended.code, ended.err.as_str()), (Some(1), "spanlake: no statement given\n"));
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let place = place();
    let many = "select * from spans a, spans b";
    for args in [
        vec!["sql", "--format", "csv", "-c", many],
        vec!["sql", "--format", "ndjson", "-c", many],
        vec!["sql", "--format", "arrow", "-c", many],
    ] {
        let mut child =
            place.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = Vec::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_until(b'\n', &mut first).unwrap();
        drop(out);
        let mut told = String::new();
        child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        assert_eq!((child.wait().unwrap().code(), told.as_str()), (Some(0), ""), "{args:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_without_a_panic() {
    let place = place();
    for args in [
        vec!["sql", "-c", "select * from spans"],
        vec!["store", "info"],
        vec!["store", "check"],
        vec!["prices", "list"],
    ] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = place.command(&args).stdout(full).stderr(Stdio::piped()).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{args:?} {told}");
        assert!(told.contains("No space left") && !told.contains("panicked"), "{args:?} {told}");
    }
}

#[test]
fn traces_are_found_by_their_first_digits() {
    let place = Place::new();
    let begins = |digits: &str| native(1).replacen(":\"0000", &format!(":\"{digits}"), 1);
    place.write("a.jsonl", begins("abcd") + &begins("abce"));
    assert_eq!(place.run(["ingest", "a.jsonl"]).code, Some(0));
    let ended = place.run(["trace", "ABCD"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.out.starts_with("trace abcd000"), "{ended:?}");
    let ended = place.run(["trace", "abc"]);
    assert!(ended.code == Some(1) && ended.err.contains("at least its first 4"), "{ended:?}");
    let ended = place.run(["trace", "ffff"]);
    assert!(ended.code == Some(1) && ended.err.contains("begins with ffff"), "{ended:?}");
    let ended = place.run(["trace", "abcd' or 1 = 1 --"]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
}
