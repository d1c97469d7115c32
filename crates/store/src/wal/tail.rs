//! Reading a log that another process writes: no lock, nothing created, never past `durable`.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use spanlake_model::Table;

use super::files::LogFiles;
use super::frame::WalFrame;
use super::marker::{self, Durable};
use super::recover::durable_end;
use super::segment::{
    SEGMENT_HEADER_BYTES, SegmentReader, Step, damaged, epoch_dir, list_epochs, list_segments,
    segment_path,
};
use crate::error::{Result, StoreError};

/// One poll gives no more payload than this, roughly: 32 MiB.
const POLL_BYTES: usize = 32 << 20;

/// What a poll found.
#[derive(Debug)]
pub enum Polled {
    /// New frames above the marks, in order. When there are some, poll again: there may be more.
    Frames(Vec<WalFrame>),
    /// Segments went that were not read yet. Load the tables' marks again, drop every row that came
    /// from this tail, and begin with a new one.
    Restart,
}

/// Follows a log.
pub struct WalTail {
    files: Arc<dyn LogFiles>,
    dir: PathBuf,
    marks: BTreeMap<Table, u64>,
    at: Option<Place>,
    trimmed: BTreeMap<Table, u64>,
    durable_seq: u64,
}

#[derive(Clone, Copy)]
struct Place {
    epoch: u64,
    segment: u64,
    offset: u64,
    last_seq: u64,
}

enum Outcome {
    More,
    Full,
    Lost,
}

impl WalTail {
    /// Begins at the oldest segment. Frames at or below `marks` are passed over unread.
    pub fn new(files: Arc<dyn LogFiles>, dir: &Path, marks: BTreeMap<Table, u64>) -> Self {
        let (at, trimmed) = (None, BTreeMap::new());
        Self { files, dir: dir.to_owned(), marks, at, trimmed, durable_seq: 0 }
    }

    /// Returns each table's last sequence number before the place where this tail began. One above
    /// the table's mark means that the table's log was read too early: load it again and begin with
    /// a new tail. Known after the first poll.
    pub fn trimmed(&self) -> &BTreeMap<Table, u64> {
        &self.trimmed
    }

    /// Returns the log's end as of the last poll. A mark above it means that the log was read too
    /// early: poll again.
    pub fn durable_seq(&self) -> u64 {
        self.durable_seq
    }

    /// Reads what became durable since the last poll. Blocking.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when durable bytes are damaged.
    pub fn poll(&mut self) -> Result<Polled> {
        let mut frames = Vec::new();
        // The epochs are listed before their markers are read: when a later one exists, the
        // markers of the ones before it move no more.
        for epoch in list_epochs(self.files.as_ref(), &self.dir)? {
            if self.at.is_some_and(|at| epoch < at.epoch) {
                continue;
            }
            match self.read_epoch(epoch, &mut frames)? {
                Outcome::More => {}
                Outcome::Full => break,
                Outcome::Lost => {
                    self.at = None;
                    return Ok(Polled::Restart);
                }
            }
        }
        Ok(Polled::Frames(frames))
    }

    fn read_epoch(&mut self, epoch: u64, frames: &mut Vec<WalFrame>) -> Result<Outcome> {
        let dir = epoch_dir(&self.dir, epoch);
        let Some(durable) = marker::read(self.files.as_ref(), &dir)? else {
            return Ok(Outcome::More);
        };
        self.durable_seq = self.durable_seq.max(durable.seq);
        for segment in list_segments(self.files.as_ref(), &dir)? {
            if durable_end(durable, segment) == 0
                || self.at.is_some_and(|at| at.epoch == epoch && segment < at.segment)
            {
                continue;
            }
            match self.read_segment(epoch, segment, durable, frames) {
                Ok(Outcome::More) => {}
                // Deleted between the listing and the reading.
                Err(StoreError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                    return Ok(Outcome::Lost);
                }
                other => return other,
            }
        }
        Ok(Outcome::More)
    }

    fn read_segment(
        &mut self,
        epoch: u64,
        segment: u64,
        durable: Durable,
        frames: &mut Vec<WalFrame>,
    ) -> Result<Outcome> {
        let path = segment_path(&epoch_dir(&self.dir, epoch), segment);
        let end = durable_end(durable, segment);
        let failed = |error| StoreError::io("open", path.display().to_string(), error);
        let files = self.files.as_ref();
        let (mut place, mut reader) = match self.at {
            Some(at) if at.epoch == epoch && at.segment == segment => {
                if at.offset >= end {
                    return Ok(Outcome::More);
                }
                let reader = SegmentReader::resume(files, &path, at.offset, at.last_seq + 1);
                (at, reader.map_err(failed)?)
            }
            at => {
                let opened = SegmentReader::open(files, &path).map_err(failed)?;
                let (header, reader) = opened.map_err(|reason| damaged(&path, 0, reason))?;
                match at {
                    None => self.trimmed = header.last_before,
                    Some(at) if at.last_seq != header.prev_seq => return Ok(Outcome::Lost),
                    Some(_) => {}
                }
                let (offset, last_seq) = (SEGMENT_HEADER_BYTES as u64, header.first_seq - 1);
                (Place { epoch, segment, offset, last_seq }, reader)
            }
        };
        let mut outcome = Outcome::More;
        let mut bytes: usize = frames.iter().map(WalFrame::len_bytes).sum();
        while reader.offset() < end {
            match reader.step(|frame| Some(&frame.seq) > self.marks.get(&frame.table))? {
                Step::Frame(frame) => {
                    bytes += frame.len_bytes();
                    frames.push(frame);
                }
                Step::Skipped => {}
                // A closed segment ends where its file ends.
                Step::End if segment < durable.segment => break,
                Step::End => return Err(reader.damage("the file ends before its durable end")),
                Step::Bad(reason) => return Err(reader.damage(reason)),
            }
            if bytes >= POLL_BYTES {
                outcome = Outcome::Full;
                break;
            }
        }
        place.offset = reader.offset();
        place.last_seq = reader.next_seq() - 1;
        self.at = Some(place);
        Ok(outcome)
    }
}

impl std::fmt::Debug for WalTail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WalTail")
            .field("dir", &self.dir)
            .field("durable_seq", &self.durable_seq)
            .finish_non_exhaustive()
    }
}
