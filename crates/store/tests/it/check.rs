//! Damage is found, told apart, and put right where that can be done.

use std::path::{Path, PathBuf};

use spanlake_model::{Rows, Table};
use spanlake_store::{CheckReport, Damage, Store};

use crate::support::{StepClock, eval, open, payload, redacted, span, spans};

async fn filled(dir: &Path) -> Store {
    let store = open(dir, &StepClock::new()).await;
    for n in 1..4 {
        let batch = vec![
            Rows::Payloads(vec![payload(n, 0, "an answer")]),
            Rows::Evals(vec![eval(n)]),
            Rows::Spans(vec![span(n, 0, None), span(n, 1, Some(0))]),
        ];
        store.append(redacted(batch)).await.unwrap();
        store.flush().await.unwrap();
    }
    store
}

fn kinds(report: &CheckReport) -> Vec<Damage> {
    report.findings.iter().map(|finding| finding.damage).collect()
}

fn spans_files(store: &Store) -> Vec<PathBuf> {
    let files = &store.snapshot().table(Table::Spans).files;
    files.iter().map(|file| Path::new("/").join(file.path.as_ref())).collect()
}

/// Changes the last commit of a table.
fn edit_last_commit(dir: &Path, edit: impl Fn(&str) -> String) {
    let log = dir.join("spans/_delta_log");
    let names = std::fs::read_dir(log).unwrap().map(|entry| entry.unwrap().path());
    let mut commits: Vec<_> =
        names.filter(|path| path.extension().is_some_and(|e| e == "json")).collect();
    commits.sort();
    let last = commits.last().unwrap();
    let text = edit(&std::fs::read_to_string(last).unwrap());
    std::fs::write(last, text).unwrap();
}

/// Damages a store, holds what is found, and what is left after a repair.
async fn damaged(
    damage: impl Fn(&Path, &Store),
    expected: Damage,
    left: &[Damage],
    rows_left: usize,
) {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    assert_eq!(kinds(&store.check().await.unwrap()), []);
    damage(dir.path(), &store);
    drop(store);
    let store = open(dir.path(), &StepClock::new()).await;
    let found = store.check().await.unwrap();
    assert_eq!(kinds(&found), [expected], "{found:#?}");
    assert_eq!(found.is_sound(), !expected.is_serious());
    assert_eq!(store.repair().await.unwrap(), found);
    let after = store.check().await.unwrap();
    assert_eq!(kinds(&after), left, "{after:#?}");
    assert_eq!(spans(&store.snapshot()).await.len(), rows_left);
    drop(store);
    let store = open(dir.path(), &StepClock::new()).await;
    assert_eq!(spans(&store.snapshot()).await.len(), rows_left);
}

#[tokio::test]
async fn files_that_cannot_be_read_are_given_up() {
    let remove = |_: &Path, store: &Store| std::fs::remove_file(&spans_files(store)[0]).unwrap();
    damaged(remove, Damage::MissingFile, &[], 4).await;
    let cut = |_: &Path, store: &Store| {
        let path = &spans_files(store)[0];
        let bytes = std::fs::read(path).unwrap();
        std::fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
    };
    // What is left of it waits for the vacuum.
    damaged(cut, Damage::WrongSize, &[Damage::UnreferencedFile], 4).await;
    let break_footer = |_: &Path, store: &Store| {
        let path = &spans_files(store)[0];
        let mut bytes = std::fs::read(path).unwrap();
        let end = bytes.len();
        bytes[end - 40..end - 8].fill(0xff);
        std::fs::write(path, &bytes).unwrap();
    };
    damaged(break_footer, Damage::DamagedFile, &[Damage::UnreferencedFile], 4).await;
}

#[tokio::test]
async fn statistics_that_lie_are_written_anew() {
    let lie = |dir: &Path, _: &Store| {
        edit_last_commit(dir, |text| {
            // The end of the times, a day too early; spans of trace 3 are of that day.
            assert!(text.contains("2026-11-20T03:00:01.000Z"), "{text}");
            text.replace("2026-11-20T03:00:01.000Z", "2026-11-19T03:00:01.000Z")
        });
    };
    damaged(lie, Damage::LyingStatistics, &[Damage::UnreferencedFile], 6).await;
    let miscount = |dir: &Path, _: &Store| {
        edit_last_commit(dir, |text| {
            let told = r#"\"numRecords\":2"#;
            assert!(text.contains(told), "{text}");
            text.replace(told, r#"\"numRecords\":3"#)
        });
    };
    damaged(miscount, Damage::WrongRowCount, &[Damage::UnreferencedFile], 6).await;
}

#[tokio::test]
async fn rows_that_are_there_twice_are_merged() {
    let double = |dir: &Path, store: &Store| {
        // A copy of a file, and a commit that names it, too.
        let path = &spans_files(store)[2];
        let name = path.file_name().unwrap().to_str().unwrap();
        std::fs::copy(path, path.with_file_name(format!("copy-{name}"))).unwrap();
        edit_last_commit(dir, |text| {
            let add = text.lines().find(|line| line.starts_with(r#"{"add""#)).unwrap();
            format!("{text}\n{}", add.replace(name, &format!("copy-{name}")))
        });
        let beside = dir.join("_store/idx/spans");
        std::fs::copy(beside.join(name), beside.join(format!("copy-{name}"))).unwrap();
    };
    let left = [Damage::UnreferencedFile, Damage::UnreferencedFile];
    damaged(double, Damage::DuplicateRow, &left, 6).await;
}

#[tokio::test]
async fn what_lies_beside_the_tables_is_looked_at() {
    let beside = |dir: &Path| {
        let listed = std::fs::read_dir(dir.join("_store/idx/spans")).unwrap();
        listed.map(|entry| entry.unwrap().path()).next().unwrap()
    };
    let lose = |dir: &Path, _: &Store| std::fs::remove_file(beside(dir)).unwrap();
    damaged(lose, Damage::MissingFilter, &[], 6).await;
    let flip = |dir: &Path, _: &Store| {
        let path = beside(dir);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[20] ^= 1;
        std::fs::write(path, bytes).unwrap();
    };
    damaged(flip, Damage::DamagedFilter, &[], 6).await;
    let orphan = |dir: &Path, _: &Store| {
        let path = beside(dir);
        std::fs::copy(&path, path.with_file_name("of nothing.parquet")).unwrap();
    };
    damaged(orphan, Damage::OrphanedSidecar, &[], 6).await;
    let foreign = |dir: &Path, _: &Store| std::fs::write(dir.join("notes.txt"), b"mine").unwrap();
    damaged(foreign, Damage::ForeignFile, &[Damage::ForeignFile], 6).await;
}
