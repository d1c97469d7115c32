//! Stores and files where nothing can be read or written.

use super::{Place, native};

#[test]
fn a_store_that_is_a_file_or_missing_is_named() {
    let place = Place::new();
    place.write("file", "hello");
    place.write("a.jsonl", native(1));
    for args in [
        vec!["ingest", "--store", "file", "a.jsonl"],
        vec!["sql", "--store", "file", "-c", "select 1 from spans"],
    ] {
        let ended = place.run(&args);
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.err.contains("file is a file, not a directory"), "{ended:?}");
    }
    let ended = place.run(["sql", "--store", "none", "-c", "select 1"]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains("no store at none"), "{ended:?}");
    assert!(!place.path("none").exists(), "reading makes nothing");
}

#[test]
fn a_store_that_is_a_web_address_is_refused_with_what_is_taken() {
    let place = Place::new();
    place.write("a.jsonl", native(1));
    for args in [
        vec!["ingest", "--store", "http://localhost:9000/bucket", "a.jsonl"],
        vec!["sql", "--store", "ftp://host/bucket", "-c", "select 1"],
        vec!["store", "info", "--store", "https://bucket.s3.amazonaws.com/x"],
    ] {
        let ended = place.run(&args);
        assert_eq!(ended.code, Some(1), "{ended:?}");
        for accepted in ["s3://", "gs://", "az://", "file://"] {
            assert!(ended.err.contains(accepted), "{ended:?}");
        }
    }
}

#[test]
fn inputs_that_cannot_be_read_leave_no_store_behind() {
    let place = Place::new();
    let ended = place.run(["ingest", "nowhere", "nor-here"]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains("cannot read nowhere: "), "{ended:?}");
    assert!(ended.err.contains("cannot read nor-here: "), "{ended:?}");
    assert!(!place.path("spanlake-store").exists());
    std::fs::create_dir(place.path("empty")).unwrap();
    let ended = place.run(["ingest", "empty"]);
    assert_eq!((ended.code, ended.err.as_str()), (Some(1), "spanlake: no files found to ingest\n"));
}

#[test]
fn usage_errors_are_failures_not_findings() {
    let place = Place::new();
    let ended = place.run(["ingest", "--no-such-option", "x"]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains("--no-such-option"), "{ended:?}");
    let ended = place.run(["--help"]);
    assert!(ended.code == Some(0) && ended.out.contains("Usage: spanlake"), "{ended:?}");
}

#[cfg(unix)]
#[test]
fn pipes_sockets_and_circles_in_a_folder_are_left_out() {
    use std::os::unix::fs::symlink;
    let place = Place::new();
    place.write("in/a.jsonl", native(1));
    symlink("../in", place.path("in/circle")).unwrap();
    symlink("itself", place.path("in/itself")).unwrap();
    symlink("nowhere", place.path("in/dangling")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(place.path("in/socket")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(place.path("in/pipe")).status();
    assert!(made.unwrap().success());
    let ended = place.run(["ingest", "in"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(place.ask("select count(*) from spans"), "1");
    let ended = place.run(["ingest", "in/socket", "in/a.jsonl"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.err.contains("in/socket: "), "{ended:?}");
}

#[cfg(unix)]
#[test]
fn what_permissions_forbid_is_named() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new();
    place.write("in/a.jsonl", native(1));
    place.write("in/closed/b.jsonl", native(2));
    place.write("in/c.jsonl", native(3));
    std::fs::create_dir(place.path("fixed")).unwrap();
    let set = |name: &str, mode| {
        let allowed = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(place.path(name), allowed).unwrap();
    };
    set("in/closed", 0o000);
    set("in/c.jsonl", 0o000);
    set("fixed", 0o555);
    if std::fs::read_dir(place.path("in/closed")).is_ok() {
        eprintln!("skipped: this user may read and write everything");
        set("in/closed", 0o755);
        return;
    }
    let ended = place.run(["ingest", "in"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.err.contains("in/closed: ") && ended.err.contains("in/c.jsonl: "), "{ended:?}");
    assert_eq!(place.ask("select count(*) from spans"), "1");
    for args in [
        vec!["ingest", "--store", "fixed/store", "in/a.jsonl"],
        vec!["sql", "-c", "select 1", "-o", "fixed/x.csv"],
        vec!["demo", "fixed/demo", "--traces", "1"],
    ] {
        let ended = place.run(&args);
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.err.contains("fixed/"), "{ended:?}");
    }
    set("in/closed", 0o755);
    set("fixed", 0o755);
}
