use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use spanlake_model::{Clock, EvalRow, Micros, Rows, SpanRow, Table};

use super::files::LogReader;
use super::*;
use crate::error::StoreError;

const DIR: &str = "/store/wal";

/// A clock that tests move.
#[derive(Debug, Default)]
struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Micros {
        Micros(self.0.load(Ordering::Relaxed))
    }
}

/// Memory whose writes and syncs fail on demand.
#[derive(Clone, Debug, Default)]
struct BrokenFiles {
    inner: MemoryFiles,
    /// Kind of failure: 0 none, 1 sync, 2 full disk after half of the bytes, 3 input/output error.
    fault: Arc<AtomicU32>,
}

struct BrokenFile(Box<dyn LogFile>, Arc<AtomicU32>);

impl LogFile for BrokenFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self.1.load(Ordering::Relaxed) {
            2 => {
                self.0.append(&bytes[..bytes.len() / 2])?;
                Err(io::ErrorKind::StorageFull.into())
            }
            3 => Err(io::Error::from_raw_os_error(5)),
            _ => self.0.append(bytes),
        }
    }
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.0.write_at(offset, bytes)
    }
    fn sync(&mut self) -> io::Result<()> {
        match self.1.load(Ordering::Relaxed) {
            1 => Err(io::Error::from_raw_os_error(5)),
            _ => self.0.sync(),
        }
    }
    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.0.truncate(len)
    }
}

impl LogFiles for BrokenFiles {
    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        self.inner.create_dir(dir)
    }
    fn create(&self, path: &Path) -> io::Result<Box<dyn LogFile>> {
        Ok(Box::new(BrokenFile(self.inner.create(path)?, Arc::clone(&self.fault))))
    }
    fn open(&self, path: &Path) -> io::Result<Box<dyn LogReader>> {
        self.inner.open(path)
    }
    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        self.inner.list(dir)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.inner.remove(path)
    }
    fn remove_dir(&self, dir: &Path) -> io::Result<()> {
        self.inner.remove_dir(dir)
    }
}

fn options(files: &MemoryFiles) -> WalOptions {
    WalOptions { files: Arc::new(files.clone()), ..WalOptions::default() }
}

fn span(n: i64) -> Rows {
    Rows::Spans(vec![SpanRow {
        trace_id: format!("{n:032x}"),
        start_time: Micros(n),
        name: format!("span {n}"),
        ..SpanRow::default()
    }])
}

fn eval(n: i64) -> Rows {
    Rows::Evals(vec![EvalRow { eval_time: Micros(n), ..EvalRow::default() }])
}

fn frames(rows: &[Rows]) -> Vec<EncodedFrame> {
    rows.iter().map(|rows| EncodedFrame::encode(rows).unwrap()).collect()
}

fn open(files: &MemoryFiles) -> (Wal, Vec<(u64, Rows)>) {
    open_with(options(files), &BTreeMap::new()).unwrap()
}

fn open_with(
    options: WalOptions,
    marks: &BTreeMap<Table, u64>,
) -> crate::Result<(Wal, Vec<(u64, Rows)>)> {
    let (wal, replay) = Wal::open(Path::new(DIR), marks, options)?;
    let rows = replay
        .map(|frame| frame.and_then(|frame| Ok((frame.seq, frame.decode()?))))
        .collect::<crate::Result<_>>()?;
    Ok((wal, rows))
}

fn tail(files: &MemoryFiles) -> WalTail {
    WalTail::new(Arc::new(files.clone()), Path::new(DIR), BTreeMap::new())
}

fn polled(tail: &mut WalTail) -> Vec<u64> {
    match tail.poll().unwrap() {
        Polled::Frames(frames) => frames.iter().map(|frame| frame.seq).collect(),
        Polled::Restart => panic!("restart"),
    }
}

fn numbered(rows: impl IntoIterator<Item = Rows>) -> Vec<(u64, Rows)> {
    (1..).zip(rows).collect()
}

/// Segment files, oldest first.
fn segments(files: &MemoryFiles) -> Vec<PathBuf> {
    let mut paths = files.paths();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "wal"));
    paths
}

#[tokio::test]
async fn frames_come_back_in_order_across_epochs() {
    let files = MemoryFiles::default();
    let (wal, replayed) = open(&files);
    assert_eq!(replayed, []);
    let appended = wal.append(frames(&[span(1), eval(2)])).await.unwrap();
    assert_eq!(appended, Appended { first_seq: 1, last_seq: 2 });
    drop(wal);
    let (wal, replayed) = open(&files);
    assert_eq!(replayed, numbered([span(1), eval(2)]));
    assert_eq!(wal.append(frames(&[span(3)])).await.unwrap().first_seq, 3);
    wal.close().await.unwrap();
    assert!(matches!(wal.append(frames(&[span(4)])).await, Err(StoreError::Closed)));
    drop(wal);
    let (wal, replayed) = open(&files);
    assert_eq!(replayed, numbered([span(1), eval(2), span(3)]));
    assert_eq!((wal.last_seq(), wal.stats().epoch), (3, 3));
}

#[tokio::test]
async fn replay_leaves_out_what_the_marks_cover() {
    let files = MemoryFiles::default();
    let (wal, _) = open(&files);
    wal.append(frames(&[span(1), eval(2), span(3)])).await.unwrap();
    drop(wal);
    let marks = BTreeMap::from([(Table::Spans, 1)]);
    let (_, replayed) = open_with(options(&files), &marks).unwrap();
    assert_eq!(replayed, [(2, eval(2)), (3, span(3))]);
}

#[tokio::test]
async fn numbers_go_on_above_the_marks_of_a_lost_log() {
    let files = MemoryFiles::default();
    let marks = BTreeMap::from([(Table::Spans, 41)]);
    let (wal, _) = open_with(options(&files), &marks).unwrap();
    assert_eq!(wal.last_seq(), 41);
    assert_eq!(wal.append(frames(&[span(1)])).await.unwrap().first_seq, 42);
    let mut tail = tail(&files);
    assert_eq!((polled(&mut tail), tail.durable_seq()), (vec![42], 42));
    drop(wal);
    let (wal, replayed) = open_with(options(&files), &marks).unwrap();
    assert_eq!(replayed, [(42, span(1))]);
    assert_eq!(wal.append(frames(&[span(2)])).await.unwrap().first_seq, 43);
    assert_eq!(polled(&mut tail), [43]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_appends_share_syncs_and_get_numbers_of_their_own() {
    let dir = tempfile::tempdir().unwrap();
    let (wal, _) = Wal::open(dir.path(), &BTreeMap::new(), WalOptions::default()).unwrap();
    let wal = Arc::new(wal);
    let tasks: Vec<_> = (0..64)
        .map(|n| {
            let wal = Arc::clone(&wal);
            tokio::spawn(async move {
                let mut seqs = Vec::new();
                for k in 0..20 {
                    let rows = [span(n * 1000 + k), eval(k)];
                    let range = wal.append(frames(&rows)).await.unwrap();
                    assert_eq!(range.last_seq, range.first_seq + 1);
                    seqs.push(range.first_seq);
                }
                assert!(seqs.is_sorted());
                seqs
            })
        })
        .collect();
    let mut seqs = Vec::new();
    for task in tasks {
        seqs.extend(task.await.unwrap());
    }
    seqs.sort_unstable();
    assert_eq!(seqs, (0..1280).map(|n| 2 * n + 1).collect::<Vec<_>>());
    let stats = wal.stats();
    assert_eq!((stats.frames, stats.last_seq, stats.queued_bytes), (2560, 2560, 0));
    assert!(stats.groups < 1280, "{stats:?}");
    wal.close().await.unwrap();
    drop(wal);
    let (_, replay) = Wal::open(dir.path(), &BTreeMap::new(), WalOptions::default()).unwrap();
    assert_eq!(replay.flatten().count(), 2560);
}

#[tokio::test]
async fn a_small_queue_makes_appends_wait_and_loses_none() {
    let files = MemoryFiles::default();
    let options = WalOptions { queue_bytes: 1, ..options(&files) };
    let (wal, _) = open_with(options, &BTreeMap::new()).unwrap();
    let appends = (0..50).map(|n| wal.append(frames(&[span(n)])));
    let mut seqs: Vec<_> =
        futures::future::join_all(appends).await.into_iter().map(|a| a.unwrap().last_seq).collect();
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=50).collect::<Vec<_>>());
    assert_eq!(wal.stats().groups, 50);
}

/// A log of four acknowledged frames, and the marker as it was after each.
async fn four_frames() -> (MemoryFiles, PathBuf, Vec<(usize, Vec<u8>)>) {
    let files = MemoryFiles::default();
    let (wal, _) = open(&files);
    let path = segments(&files).pop().unwrap();
    let marker = path.with_file_name("durable");
    let mut states = Vec::new();
    for n in 1..=4 {
        wal.append(frames(&[span(n)])).await.unwrap();
        let len = files.contents(&path).unwrap().len();
        states.push((len, files.contents(&marker).unwrap()));
    }
    drop(wal);
    (files, path, states)
}

#[tokio::test]
async fn every_prefix_replays_what_was_acknowledged() {
    let (files, path, states) = four_frames().await;
    let whole = files.contents(&path).unwrap();
    let marker = path.with_file_name("durable");
    for len in states[1].0..=whole.len() {
        let disk = files.fork();
        disk.set_contents(&path, whole[..len].to_vec());
        // The marker of the moment: the last one whose bytes are all there.
        let acknowledged = states.iter().rposition(|(end, _)| *end <= len).unwrap();
        disk.set_contents(&marker, states[acknowledged].1.clone());
        let expected = numbered((1..=acknowledged as i64 + 1).map(span));
        let (wal, replayed) = open(&disk);
        assert_eq!(replayed, expected, "{len} bytes");
        // A second recovery changes nothing, and the log goes on.
        let next = wal.append(frames(&[span(9)])).await.unwrap().first_seq;
        assert_eq!(next, acknowledged as u64 + 2);
        drop(wal);
        let (_, replayed) = open(&disk);
        assert_eq!(replayed[..expected.len()], expected);
        assert_eq!(replayed.len(), expected.len() + 1);
    }
}

#[tokio::test]
async fn frames_behind_a_lagging_marker_are_kept() {
    let (files, path, states) = four_frames().await;
    files.set_contents(&path.with_file_name("durable"), states[0].1.clone());
    let mut tail = tail(&files);
    assert_eq!(polled(&mut tail), [1]);
    let (wal, replayed) = open(&files);
    assert_eq!(replayed, numbered((1..=4).map(span)));
    // A reader that stopped at the old marker finds the rest in the new epoch.
    assert_eq!(polled(&mut tail), [2, 3, 4]);
    drop(wal);
    let (_, again) = open(&files);
    assert_eq!(again, replayed);
}

#[tokio::test]
async fn a_log_cut_before_its_marker_is_damaged() {
    let (files, path, states) = four_frames().await;
    let whole = files.contents(&path).unwrap();
    files.set_contents(&path, whole[..states[2].0 + 5].to_vec());
    let error = open_with(options(&files), &BTreeMap::new()).unwrap_err();
    assert!(error.is_corruption());
    let shown = error.to_string();
    assert!(shown.contains(&format!("offset {}", states[2].0)), "{shown}");
    assert!(shown.contains(path.to_str().unwrap()), "{shown}");
    assert!(tail(&files).poll().unwrap_err().is_corruption());
}

#[tokio::test]
async fn every_flipped_byte_is_noticed() {
    let (files, path, states) = four_frames().await;
    let whole = files.contents(&path).unwrap();
    // Segment header, then the third frame: header fields and payload.
    for at in (0..290).chain(states[1].0..states[2].0) {
        let is_padding = (292..296).contains(&at);
        let disk = files.fork();
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        disk.set_contents(&path, bytes);
        let found = open_with(options(&disk), &BTreeMap::new());
        assert!(is_padding || found.is_err_and(|e| e.is_corruption()), "byte {at}");
    }
    // In the tail the same damage only ends the log.
    let marker = path.with_file_name("durable");
    for at in states[1].0..states[2].0 {
        let disk = files.fork();
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        disk.set_contents(&path, bytes);
        disk.set_contents(&marker, states[1].1.clone());
        assert_eq!(open(&disk).1, numbered([span(1), span(2)]), "byte {at}");
    }
}

#[tokio::test]
async fn missing_segments_are_noticed() {
    let files = MemoryFiles::default();
    let small = || WalOptions { segment_bytes: 1, ..options(&files) };
    let (wal, _) = open_with(small(), &BTreeMap::new()).unwrap();
    for n in 1..=4 {
        wal.append(frames(&[span(n)])).await.unwrap();
    }
    drop(wal);
    let paths = segments(&files);
    assert_eq!(paths.len(), 4, "{paths:?}");
    for lost in &paths[1..] {
        let disk = files.fork();
        disk.remove(lost).unwrap();
        assert!(open_with(options(&disk), &BTreeMap::new()).unwrap_err().is_corruption());
    }
    assert_eq!(open(&files).1, numbered((1..=4).map(span)));
}

#[tokio::test]
async fn a_tail_stops_at_the_marker() {
    let files = MemoryFiles::default();
    let mut tail = tail(&files);
    assert_eq!(polled(&mut tail), [0; 0]);
    assert!(files.paths().is_empty());
    let (wal, _) = open(&files);
    wal.append(frames(&[span(1), eval(2)])).await.unwrap();
    assert_eq!(polled(&mut tail), [1, 2]);
    assert_eq!(polled(&mut tail), [0; 0]);
    let path = segments(&files).pop().unwrap();
    let marker = path.with_file_name("durable");
    let before = files.contents(&marker).unwrap();
    wal.append(frames(&[span(3)])).await.unwrap();
    let after = files.contents(&marker).unwrap();
    files.set_contents(&marker, before);
    let mut late =
        WalTail::new(Arc::new(files.clone()), Path::new(DIR), BTreeMap::from([(Table::Spans, 1)]));
    assert_eq!((polled(&mut tail), polled(&mut late)), (vec![], vec![2]));
    files.set_contents(&marker, after);
    assert_eq!((polled(&mut tail), polled(&mut late)), (vec![3], vec![3]));
    assert_eq!(tail.durable_seq(), 3);
    drop(wal);
    let (wal, _) = open(&files);
    wal.append(frames(&[span(4)])).await.unwrap();
    assert_eq!(polled(&mut tail), [4]);
}

#[tokio::test]
async fn segments_go_when_every_table_is_flushed_and_readers_had_time() {
    let files = MemoryFiles::default();
    let clock = Arc::new(TestClock::default());
    let small = || WalOptions {
        segment_bytes: 1,
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        ..options(&files)
    };
    let (wal, _) = open_with(small(), &BTreeMap::new()).unwrap();
    wal.append(frames(&[span(1), eval(2)])).await.unwrap();
    wal.append(frames(&[span(3)])).await.unwrap();
    drop(wal);
    let (wal, _) = open_with(small(), &BTreeMap::new()).unwrap();
    wal.append(frames(&[eval(4)])).await.unwrap();
    wal.append(frames(&[span(5)])).await.unwrap();
    let mut follows = tail(&files);
    let mut reads_on = tail(&files);
    assert_eq!(polled(&mut reads_on), [1, 2, 3, 4, 5]);
    // Evals lag: the first segment stays, and with it all after it.
    let spans_only = BTreeMap::from([(Table::Spans, 5)]);
    assert_eq!((wal.trim(&spans_only).unwrap(), wal.stats().segments), (0, 4));
    clock.0.fetch_add(120_000_000, Ordering::Relaxed);
    assert_eq!(wal.trim(&spans_only).unwrap(), 0);
    let both = BTreeMap::from([(Table::Spans, 3), (Table::Evals, 2)]);
    assert_eq!((wal.trim(&both).unwrap(), wal.stats().segments), (0, 4));
    clock.0.fetch_add(59_999_999, Ordering::Relaxed);
    assert_eq!(wal.trim(&both).unwrap(), 0);
    clock.0.fetch_add(1, Ordering::Relaxed);
    assert_eq!((wal.trim(&both).unwrap(), wal.stats().segments), (2, 2));
    let epochs =
        segments(&files).iter().map(|p| p.parent().unwrap().to_owned()).collect::<Vec<_>>();
    assert!(epochs.iter().all(|dir| dir.ends_with(format!("{:020}", 2))), "{epochs:?}");
    // A new reader learns that rows up to these numbers must be in its tables' files already.
    let mut late = tail(&files);
    assert_eq!(polled(&mut late), [4, 5]);
    assert_eq!(late.trimmed(), &both);
    // One that had read everything goes on; one that had not must start again.
    wal.append(frames(&[span(6)])).await.unwrap();
    assert_eq!(polled(&mut reads_on), [6]);
    assert_eq!(polled(&mut follows), [4, 5, 6]);
    let all = BTreeMap::from([(Table::Spans, 6), (Table::Evals, 4)]);
    wal.append(frames(&[span(7)])).await.unwrap();
    wal.append(frames(&[span(8)])).await.unwrap();
    wal.trim(&all).unwrap();
    clock.0.fetch_add(60_000_000, Ordering::Relaxed);
    wal.trim(&all).unwrap();
    assert!(matches!(reads_on.poll().unwrap(), Polled::Frames(found) if found.len() == 2));
    wal.trim(&BTreeMap::from([(Table::Spans, 7)])).unwrap();
    clock.0.fetch_add(60_000_000, Ordering::Relaxed);
    wal.trim(&BTreeMap::new()).unwrap();
    assert!(matches!(follows.poll().unwrap(), Polled::Restart));
    drop(wal);
    let (wal, replayed) = open_with(small(), &BTreeMap::from([(Table::Spans, 7)])).unwrap();
    assert_eq!((replayed, wal.last_seq()), (vec![(8, span(8))], 8));
}

#[tokio::test]
async fn a_failed_sync_poisons_the_log() {
    for fault in [1, 3] {
        let broken = BrokenFiles::default();
        let on_broken = || WalOptions { files: Arc::new(broken.clone()), ..WalOptions::default() };
        let (wal, _) = open_with(on_broken(), &BTreeMap::new()).unwrap();
        wal.append(frames(&[span(1)])).await.unwrap();
        broken.fault.store(fault, Ordering::Relaxed);
        let error = wal.append(frames(&[span(2)])).await.unwrap_err();
        assert!(matches!(&error, StoreError::LogPoisoned { reason } if reason.contains(DIR)));
        broken.fault.store(0, Ordering::Relaxed);
        let error = wal.append(frames(&[span(3)])).await.unwrap_err();
        assert!(matches!(error, StoreError::LogPoisoned { .. }));
        assert!(wal.stats().is_poisoned && wal.close().await.is_err());
        let mut reader = tail(&broken.inner);
        assert_eq!(polled(&mut reader), [1]);
        drop(wal);
        let (_, replayed) = open_with(on_broken(), &BTreeMap::new()).unwrap();
        assert_eq!(replayed[0], (1, span(1)));
        assert!(replayed.len() <= 2 && replayed.get(1).is_none_or(|row| *row == (2, span(2))));
    }
}

#[tokio::test]
async fn a_full_disk_is_an_error_and_passes() {
    let broken = BrokenFiles::default();
    let options =
        WalOptions { files: Arc::new(broken.clone()), segment_bytes: 1, ..WalOptions::default() };
    let (wal, _) = open_with(options.clone(), &BTreeMap::new()).unwrap();
    wal.append(frames(&[span(1)])).await.unwrap();
    broken.fault.store(2, Ordering::Relaxed);
    // The first attempt fails at the new segment's header, as each append begins a segment.
    for _ in 0..2 {
        let error = wal.append(frames(&[span(2)])).await.unwrap_err();
        assert!(matches!(&error, StoreError::NoSpace { path } if path.contains(DIR)), "{error}");
    }
    broken.fault.store(0, Ordering::Relaxed);
    assert_eq!(wal.append(frames(&[span(3)])).await.unwrap().first_seq, 2);
    drop(wal);
    let big = WalOptions { segment_bytes: 1 << 20, ..options };
    let (wal, replayed) = open_with(big, &BTreeMap::new()).unwrap();
    assert_eq!(replayed, [(1, span(1)), (2, span(3))]);
    // Now within a segment.
    broken.fault.store(2, Ordering::Relaxed);
    assert!(matches!(wal.append(frames(&[span(4)])).await, Err(StoreError::NoSpace { .. })));
    broken.fault.store(0, Ordering::Relaxed);
    assert_eq!(wal.append(frames(&[span(5)])).await.unwrap().first_seq, 3);
    let mut reader = tail(&broken.inner);
    assert_eq!(polled(&mut reader), [1, 2, 3]);
}

#[tokio::test]
async fn a_crash_while_an_epoch_begins_loses_nothing() {
    let (files, path, states) = four_frames().await;
    files.set_contents(&path.with_file_name("durable"), states[1].1.clone());
    let begun = files.fork();
    drop(open(&begun));
    let new_paths: Vec<_> =
        begun.paths().into_iter().filter(|p| !files.paths().contains(p)).collect();
    let new_segment = new_paths.iter().find(|p| p.ends_with(format!("{:020}.wal", 3))).unwrap();
    let new_marker = new_paths.iter().find(|p| p.ends_with("durable")).unwrap();
    let copied = begun.contents(new_segment).unwrap();
    // The marker's first value points before the epoch's first frame.
    let mut first_marker = begun.contents(new_marker).unwrap();
    first_marker[..512].fill(0);
    for len in 0..=copied.len() {
        let disk = begun.fork();
        disk.set_contents(new_segment, copied[..len].to_vec());
        disk.set_contents(new_marker, first_marker.clone());
        assert_eq!(open(&disk).1, numbered((1..=4).map(span)), "{len} bytes");
    }
    let disk = begun.fork();
    disk.remove(new_segment).unwrap();
    disk.set_contents(new_marker, Vec::new());
    assert_eq!(open(&disk).1, numbered((1..=4).map(span)));
}
