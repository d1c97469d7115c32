//! The log as the store uses it: open, append, trim, close.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use spanlake_model::{Clock, Micros, SystemClock, Table};

use super::commit::Committer;
use super::files::{DiskFiles, LogFiles};
use super::frame::EncodedFrame;
use super::marker::MARKER_FILE;
use super::recover::{SegmentInfo, recover};
use super::replay::Replay;
use super::segment::epoch_dir;
use super::writer::SegmentWriter;
use crate::error::{Result, StoreError};

/// How a log is opened.
#[derive(Clone, Debug)]
pub struct WalOptions {
    /// Bytes at which a segment is closed and the next one begun; default 64 MiB.
    pub segment_bytes: u64,
    /// Bytes that may wait for the disk before `append` waits; default 64 MiB. One append above it
    /// waits until it is alone.
    pub queue_bytes: usize,
    /// How long a trimmed segment stays for readers that are in it; default 60 s.
    pub trim_grace: Duration,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Where the files live; default the local disk.
    pub files: Arc<dyn LogFiles>,
}

impl Default for WalOptions {
    fn default() -> Self {
        Self {
            segment_bytes: 64 << 20,
            queue_bytes: 64 << 20,
            trim_grace: Duration::from_mins(1),
            clock: Arc::new(SystemClock),
            files: Arc::new(DiskFiles),
        }
    }
}

/// The numbers that one append's frames got: consecutive, in the order given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Number of the first frame.
    pub first_seq: u64,
    /// Number of the last frame.
    pub last_seq: u64,
}

/// What a log holds and has done since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WalStats {
    /// The epoch that is written.
    pub epoch: u64,
    /// The last durable sequence number.
    pub last_seq: u64,
    /// Segments on disk, trimmed ones that still wait for readers included.
    pub segments: usize,
    /// Their durable bytes.
    pub bytes: u64,
    /// Bytes waiting for the disk.
    pub queued_bytes: u64,
    /// Groups written, each with one sync.
    pub groups: u64,
    /// Frames written.
    pub frames: u64,
    /// Whether a failed write stopped the log.
    pub is_poisoned: bool,
}

/// A write-ahead log open for writing. The caller holds the store's lock: there is one writer.
pub struct Wal {
    dir: PathBuf,
    epoch: u64,
    options: WalOptions,
    committer: Committer,
    segments: Arc<Mutex<Vec<SegmentInfo>>>,
    trim: Mutex<Trim>,
}

#[derive(Default)]
struct Trim {
    /// Segments to delete, oldest first, and when they were trimmed.
    waiting: Vec<(Micros, SegmentInfo)>,
    /// Earlier epochs whose directories still exist, oldest first.
    epochs: Vec<u64>,
}

impl Wal {
    /// Recovers the log in `dir`, creating it when absent, and begins a new epoch.
    ///
    /// `marks` are each table's last flushed sequence number. The replay gives every durable frame
    /// above them, in order; it reads the files as it goes and must be consumed before `trim`.
    /// Blocking.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] names file and offset when anything but the tail is damaged.
    pub fn open(
        dir: &Path,
        marks: &BTreeMap<Table, u64>,
        options: WalOptions,
    ) -> Result<(Self, Replay)> {
        let files = Arc::clone(&options.files);
        files
            .create_dir(dir)
            .map_err(|error| StoreError::io("create", dir.display().to_string(), error))?;
        let found = recover(files.as_ref(), dir)?;
        let trim = Trim { waiting: Vec::new(), epochs: found.epochs.clone() };
        let mut writer =
            SegmentWriter::begin(Arc::clone(&files), dir, found, options.segment_bytes)?;
        writer.skip_to(marks.values().copied().max().unwrap_or(0))?;
        let (epoch, last_seq, segments) = (writer.epoch(), writer.last_seq(), writer.segments());
        let replay = Replay::new(files, segments.lock().clone(), marks.clone());
        let committer =
            Committer::start(Box::new(writer), last_seq, options.queue_bytes).map_err(|error| {
                StoreError::io("start the log of", dir.display().to_string(), error)
            })?;
        let dir = dir.to_owned();
        Ok((Self { dir, epoch, options, committer, segments, trim: Mutex::new(trim) }, replay))
    }

    /// Appends frames and returns when they are durable. All of them lie in one group: a reader of
    /// the log sees all or none.
    ///
    /// Appends that wait together share one sync. Waits while too many bytes are queued. When the
    /// future is dropped the frames may be written all the same.
    ///
    /// # Errors
    /// - [`StoreError::NoSpace`]: nothing was written; the same append may succeed later.
    /// - [`StoreError::LogPoisoned`]: the frames may or may not be found by the next recovery; no
    ///   append succeeds before the log is opened again.
    /// - [`StoreError::Closed`] after `close`.
    pub async fn append(&self, frames: Vec<EncodedFrame>) -> Result<Appended> {
        self.committer.append(frames).await
    }

    /// Returns the epoch that is written: one more each time the log is opened.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Returns the last durable sequence number; 0 before the first.
    pub fn last_seq(&self) -> u64 {
        self.committer.last_seq()
    }

    /// Gives up segments that hold no row above its table's mark, from the oldest on up to the first
    /// one that is still needed; the open segment stays. Deletes those given up longer than
    /// `trim_grace` ago and returns how many. Blocking.
    ///
    /// # Errors
    /// When a file cannot be deleted; the next call tries again.
    pub fn trim(&self, marks: &BTreeMap<Table, u64>) -> Result<usize> {
        self.trim_after(marks, self.options.trim_grace)
    }

    /// As [`Self::trim`], without waiting for readers, which begin again. Blocking.
    pub fn trim_now(&self, marks: &BTreeMap<Table, u64>) -> Result<usize> {
        self.trim_after(marks, Duration::ZERO)
    }

    /// Closes the open segment, so that it can be trimmed once its rows are flushed.
    ///
    /// # Errors
    /// When no new one can be created; the open one goes on then.
    pub async fn close_segment(&self) -> Result<()> {
        self.committer.close_segment().await
    }

    fn trim_after(&self, marks: &BTreeMap<Table, u64>, grace: Duration) -> Result<usize> {
        let mut trim = self.trim.lock();
        let now = self.options.clock.now();
        {
            let mut segments = self.segments.lock();
            let flushed = |segment: &SegmentInfo| {
                segment.last.iter().all(|(table, seq)| marks.get(table) >= Some(seq))
            };
            let closed = segments.len().saturating_sub(1);
            let given_up = segments.iter().take(closed).take_while(|one| flushed(one)).count();
            trim.waiting.extend(segments.drain(..given_up).map(|segment| (now, segment)));
        }
        let grace = i64::try_from(grace.as_micros()).unwrap_or(i64::MAX);
        let mut deleted = 0;
        while let Some((since, segment)) = trim.waiting.first() {
            if now.0.saturating_sub(since.0) < grace {
                break;
            }
            self.remove(&segment.path)?;
            trim.waiting.remove(0);
            deleted += 1;
        }
        self.remove_empty_epochs(&mut trim)?;
        Ok(deleted)
    }

    /// Returns what the log holds.
    pub fn stats(&self) -> WalStats {
        let trim = self.trim.lock();
        let segments = self.segments.lock();
        let waiting = trim.waiting.iter().map(|(_, segment)| segment);
        let (groups, frames) = self.committer.written();
        WalStats {
            epoch: self.epoch,
            last_seq: self.committer.last_seq(),
            segments: segments.len() + trim.waiting.len(),
            bytes: segments.iter().chain(waiting).map(|segment| segment.len).sum(),
            queued_bytes: self.committer.queued_bytes(),
            groups,
            frames,
            is_poisoned: self.committer.is_poisoned(),
        }
    }

    /// Writes what is queued and ends. Later appends fail. Dropping the log does the same.
    ///
    /// # Errors
    /// [`StoreError::LogPoisoned`] when a failed write had stopped the log.
    pub async fn close(&self) -> Result<()> {
        self.committer.close().await
    }

    fn remove(&self, path: &Path) -> Result<()> {
        self.options
            .files
            .remove(path)
            .map_err(|error| StoreError::io("delete", path.display().to_string(), error))
    }

    /// Removes the directories of earlier epochs that have no segment left. The marker goes last,
    /// so that an epoch with segments always has one.
    fn remove_empty_epochs(&self, trim: &mut Trim) -> Result<()> {
        let segments = self.segments.lock();
        let waiting = trim.waiting.iter().map(|(_, segment)| segment);
        let used = segments.iter().chain(waiting).map(|segment| segment.epoch).min();
        while let Some(epoch) = trim.epochs.first().copied() {
            if used.is_none_or(|used| epoch >= used) {
                break;
            }
            let dir = epoch_dir(&self.dir, epoch);
            self.remove(&dir.join(MARKER_FILE))?;
            self.options
                .files
                .remove_dir(&dir)
                .map_err(|error| StoreError::io("delete", dir.display().to_string(), error))?;
            trim.epochs.remove(0);
        }
        Ok(())
    }
}

impl std::fmt::Debug for Wal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wal")
            .field("dir", &self.dir)
            .field("epoch", &self.epoch)
            .finish_non_exhaustive()
    }
}
