use bytes::Bytes;
use spanlake_model::{Day, Micros, Table};

use super::*;

const APP: &str = "ingest/w";

fn site(name: &str) -> Site {
    Site::parse(&format!("memory://{name}"), None).unwrap()
}

fn file(site: &Site, n: u64) -> LoggedFile {
    let path = site.path(&format!("evals/date=2026-11-20/part-{n}.parquet"));
    let stats = Some(format!(r#"{{"numRecords":{n}}}"#));
    let date = Day::parse_iso("2026-11-20").unwrap();
    LoggedFile { path, size: 100 + n, date, modified: Micros(1_795_132_800_000_000), stats }
}

fn add(site: &Site, n: u64) -> Change {
    let txn = Some((APP.to_owned(), n as i64));
    Change { adds: vec![file(site, n)], removes: Vec::new(), txn, changes_data: true }
}

fn names(log: &TableLog) -> Vec<String> {
    let files = log.files().unwrap();
    let mut names: Vec<_> =
        files.iter().filter_map(|file| file.path.filename().map(str::to_owned)).collect();
    names.sort();
    names
}

#[tokio::test]
async fn of_two_commits_on_one_version_one_wins() {
    let site = site("conflict");
    let mut first = TableLog::open_or_create(&site, Table::Evals).await.unwrap();
    let mut second = TableLog::open(&site, Table::Evals).await.unwrap().unwrap();
    assert_eq!((first.version(), second.version()), (0, 0));
    assert_eq!(first.commit(&add(&site, 1)).await.unwrap(), Outcome::Committed(1));
    assert_eq!(second.commit(&add(&site, 2)).await.unwrap(), Outcome::Unknown);
    // The loser has the winner's state now, and knows that its own mark is not there.
    assert_eq!((second.version(), names(&second)), (1, vec!["part-1.parquet".to_owned()]));
    assert_eq!(second.app_version(APP).await.unwrap(), Some(1));
    assert_eq!(second.commit(&add(&site, 2)).await.unwrap(), Outcome::Committed(2));
    first.refresh().await.unwrap();
    assert_eq!(names(&first), ["part-1.parquet", "part-2.parquet"]);
}

#[tokio::test]
async fn a_mark_tells_that_a_commit_happened() {
    let site = site("marks");
    let mut log = TableLog::open_or_create(&site, Table::Evals).await.unwrap();
    assert_eq!(log.app_version(APP).await.unwrap(), None);
    log.commit(&add(&site, 7)).await.unwrap();
    let mut again = TableLog::open(&site, Table::Evals).await.unwrap().unwrap();
    assert_eq!(again.app_version(APP).await.unwrap(), Some(7));
    assert_eq!(again.app_version("ingest/other").await.unwrap(), None);
}

#[tokio::test]
async fn a_file_that_another_commit_replaced_has_been_there() {
    let site = site("replaced");
    let mut log = TableLog::open_or_create(&site, Table::Evals).await.unwrap();
    log.commit(&add(&site, 1)).await.unwrap();
    let gone = Change { removes: vec![file(&site, 1)], ..add(&site, 2) };
    log.commit(&gone).await.unwrap();
    let paths = [1, 2, 3].map(|n| file(&site, n).path);
    assert!(log.has_had(paths[..2].iter()).await.unwrap());
    assert!(!log.has_had(paths.iter()).await.unwrap());
}

#[tokio::test]
async fn a_file_that_was_not_committed_is_not_seen() {
    let site = site("uncommitted");
    let log = TableLog::open_or_create(&site, Table::Evals).await.unwrap();
    site.write(&file(&site, 1).path, Bytes::from_static(b"PAR1")).await.unwrap();
    let again = TableLog::open(&site, Table::Evals).await.unwrap().unwrap();
    assert_eq!((again.version(), names(&again), names(&log)), (0, vec![], vec![]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_checkpoint_keeps_files_marks_and_statistics() {
    let site = site("checkpoint");
    let mut log = TableLog::open_or_create(&site, Table::Evals).await.unwrap();
    for n in 1..=5 {
        log.commit(&add(&site, n)).await.unwrap();
    }
    let gone = Change { removes: vec![file(&site, 1)], changes_data: true, ..Change::default() };
    log.commit(&gone).await.unwrap();
    log.checkpoint().await.unwrap();
    log.commit(&add(&site, 6)).await.unwrap();
    // Without the commits before it, the checkpoint is all there is.
    for version in 0..=5 {
        let entry = format!("evals/_delta_log/{version:020}.json");
        site.delete(&site.path(&entry)).await.unwrap();
    }
    let mut again = TableLog::open(&site, Table::Evals).await.unwrap().unwrap();
    let expected: Vec<_> = (2..=6).map(|n| format!("part-{n}.parquet")).collect();
    assert_eq!((again.version(), names(&again)), (7, expected));
    assert_eq!(again.app_version(APP).await.unwrap(), Some(6));
    for file in again.files().unwrap() {
        let stats: serde_json::Value = serde_json::from_str(&file.stats.unwrap()).unwrap();
        assert_eq!(stats["numRecords"].as_u64(), Some(file.size - 100));
    }
    // A tombstone is as old as the removal, so that other engines' vacuum waits for readers.
    let entry = site.path(&format!("evals/_delta_log/{:020}.json", 6));
    let commit = site.read(&entry).await.unwrap().unwrap();
    let removal = String::from_utf8(commit.to_vec()).unwrap();
    let removal = removal.lines().find(|line| line.contains("\"remove\"")).unwrap();
    let removal: serde_json::Value = serde_json::from_str(removal).unwrap();
    assert!(removal["remove"]["deletionTimestamp"].as_i64().unwrap() > 1_795_132_800_000);
}
