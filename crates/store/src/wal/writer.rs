//! The one that writes: groups of frames to the open segment, one sync for each group.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use spanlake_model::Table;

use super::Appended;
use super::files::{LogFile, LogFiles};
use super::frame::EncodedFrame;
use super::marker::{Durable, Marker};
use super::recover::{Recovered, SegmentInfo};
use super::segment::{SEGMENT_HEADER_BYTES, SegmentHeader, epoch_dir, segment_path};
use crate::error::{Result, StoreError};

/// Small frames are gathered up to this many bytes before they are written.
const GATHER_BYTES: usize = 1 << 20;

/// Why a group was not written.
#[derive(Debug)]
pub(crate) enum GroupError {
    /// Nothing of the group is in the log; the next group may succeed.
    Clean(StoreError),
    /// What is on disk is unknown; nothing may be written any more.
    Poisoned(StoreError),
}

/// Makes groups of frames durable. The seam for a log that lives elsewhere than in local files.
pub(crate) trait GroupWriter: Send {
    /// Writes the appends' frames in order and returns the numbers each append got.
    fn write(&mut self, appends: &mut [Vec<EncodedFrame>]) -> Result<Vec<Appended>, GroupError>;
    /// Closes the open segment, unless nothing is in it.
    fn close_segment(&mut self) -> Result<()>;
    /// Settles what may lag behind; nothing is written afterwards.
    fn finish(&mut self) -> Result<()>;
}

/// Writes one epoch's segments.
pub(crate) struct SegmentWriter {
    files: Arc<dyn LogFiles>,
    epoch: u64,
    dir: PathBuf,
    marker: Marker,
    file: Box<dyn LogFile>,
    path: PathBuf,
    segment: u64,
    /// Bytes of the open segment that are durable.
    offset: u64,
    last_seq: u64,
    next_seq: u64,
    last: BTreeMap<Table, u64>,
    segment_bytes: u64,
    /// Every segment of the log, shared with trimming; the open one is last.
    segments: Arc<Mutex<Vec<SegmentInfo>>>,
    gathered: Vec<u8>,
}

impl SegmentWriter {
    /// Begins a new epoch behind what was found, and writes the recovered tail into it.
    pub(crate) fn begin(
        files: Arc<dyn LogFiles>,
        log_dir: &Path,
        found: Recovered,
        segment_bytes: u64,
    ) -> Result<Self> {
        let epoch = found.epochs.last().copied().unwrap_or(0) + 1;
        let dir = epoch_dir(log_dir, epoch);
        files
            .create_dir(&dir)
            .map_err(|error| StoreError::io("create", dir.display().to_string(), error))?;
        let (last_seq, segment) = (found.durable_seq, found.durable_seq + 1);
        let begin = Durable { seq: last_seq, segment, offset: 0 };
        let marker = Marker::create(files.as_ref(), &dir, begin)?;
        let header = SegmentHeader {
            epoch,
            first_seq: segment,
            prev_seq: last_seq,
            last_before: found.last,
        };
        let (path, file) = create_segment(files.as_ref(), &dir, &header)?;
        let segments = Arc::new(Mutex::new(found.segments));
        segments.lock().push(open_info(epoch, &path));
        let mut writer = Self {
            files,
            epoch,
            dir,
            marker,
            file,
            path,
            segment,
            offset: SEGMENT_HEADER_BYTES as u64,
            last_seq,
            next_seq: segment,
            last: header.last_before,
            segment_bytes,
            segments,
            gathered: Vec::new(),
        };
        let tail: Vec<_> = found.tail.into_iter().map(EncodedFrame::from_read).collect();
        if !tail.is_empty() {
            writer.write(&mut [tail]).map_err(|error| match error {
                GroupError::Clean(error) | GroupError::Poisoned(error) => error,
            })?;
        }
        writer.marker.sync()?;
        Ok(writer)
    }

    /// Leaves out numbers up to `seq`, which rows that are no longer in the log have had.
    pub(crate) fn skip_to(&mut self, seq: u64) -> Result<()> {
        if seq < self.next_seq {
            return Ok(());
        }
        self.next_seq = seq + 1;
        self.rotate()?;
        self.last_seq = seq;
        self.marker.set(Durable { seq, segment: self.segment, offset: self.offset })?;
        self.marker.sync()
    }

    /// Returns the epoch.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Returns the last number that is durable.
    pub(crate) fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// Returns the list of segments that trimming works on.
    pub(crate) fn segments(&self) -> Arc<Mutex<Vec<SegmentInfo>>> {
        Arc::clone(&self.segments)
    }

    /// Goes on in a new segment. The old one is durable, and so is the marker at its end.
    fn rotate(&mut self) -> Result<()> {
        self.marker.sync()?;
        let header = SegmentHeader {
            epoch: self.epoch,
            first_seq: self.next_seq,
            prev_seq: self.last_seq,
            last_before: self.last.clone(),
        };
        (self.path, self.file) = create_segment(self.files.as_ref(), &self.dir, &header)?;
        self.segment = self.next_seq;
        self.offset = SEGMENT_HEADER_BYTES as u64;
        self.segments.lock().push(open_info(self.epoch, &self.path));
        // The old one may be trimmed before anything is written to this one.
        let (seq, segment, offset) = (self.last_seq, self.segment, self.offset);
        self.marker.set(Durable { seq, segment, offset })?;
        self.marker.sync()
    }

    fn append(&mut self, appends: &mut [Vec<EncodedFrame>]) -> io::Result<u64> {
        let mut written = 0;
        self.gathered.clear();
        for (seq, frame) in (self.next_seq..).zip(appends.iter_mut().flatten()) {
            let (header, payload) = frame.number(seq);
            written += (header.len() + payload.len()) as u64;
            self.gathered.extend_from_slice(header);
            if payload.len() < GATHER_BYTES {
                self.gathered.extend_from_slice(payload);
            }
            if self.gathered.len() >= GATHER_BYTES || payload.len() >= GATHER_BYTES {
                self.file.append(&self.gathered)?;
                self.gathered.clear();
            }
            if payload.len() >= GATHER_BYTES {
                self.file.append(payload)?;
            }
        }
        if !self.gathered.is_empty() {
            self.file.append(&self.gathered)?;
        }
        Ok(written)
    }

    /// Tells a failed write of which nothing was synced: full disks can be waited out.
    fn roll_back(&mut self, error: io::Error) -> GroupError {
        let full =
            matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
        let failed = StoreError::io("append to", self.path.display().to_string(), error);
        if full && self.file.truncate(self.offset).is_ok() {
            GroupError::Clean(failed)
        } else {
            GroupError::Poisoned(failed)
        }
    }

    fn settle(&mut self, appends: &[Vec<EncodedFrame>], written: u64) -> Vec<Appended> {
        let mut ranges = Vec::with_capacity(appends.len());
        let mut segments = self.segments.lock();
        for append in appends {
            let first_seq = self.next_seq;
            for frame in append {
                self.last.insert(frame.table(), self.next_seq);
                if let Some(open) = segments.last_mut() {
                    open.last.insert(frame.table(), self.next_seq);
                }
                self.last_seq = self.next_seq;
                self.next_seq += 1;
            }
            ranges.push(Appended { first_seq, last_seq: self.next_seq - 1 });
        }
        self.offset += written;
        if let Some(open) = segments.last_mut() {
            open.len = self.offset;
        }
        ranges
    }
}

impl GroupWriter for SegmentWriter {
    fn write(&mut self, appends: &mut [Vec<EncodedFrame>]) -> Result<Vec<Appended>, GroupError> {
        if self.offset >= self.segment_bytes && self.next_seq > self.segment {
            self.rotate().map_err(GroupError::Clean)?;
        }
        let written = match self.append(appends) {
            Ok(written) => written,
            Err(error) => return Err(self.roll_back(error)),
        };
        self.file.sync().map_err(|error| {
            GroupError::Poisoned(StoreError::io("sync", self.path.display().to_string(), error))
        })?;
        let ranges = self.settle(appends, written);
        let durable = Durable { seq: self.last_seq, segment: self.segment, offset: self.offset };
        self.marker.set(durable).map_err(GroupError::Poisoned)?;
        Ok(ranges)
    }

    fn close_segment(&mut self) -> Result<()> {
        if self.next_seq > self.segment { self.rotate() } else { Ok(()) }
    }

    fn finish(&mut self) -> Result<()> {
        self.marker.sync()
    }
}

fn open_info(epoch: u64, path: &Path) -> SegmentInfo {
    let len = SEGMENT_HEADER_BYTES as u64;
    SegmentInfo { epoch, path: path.to_owned(), len, last: BTreeMap::new() }
}

/// Creates a segment with its header. A half-made one is removed, so that it can be tried again.
fn create_segment(
    files: &dyn LogFiles,
    dir: &Path,
    header: &SegmentHeader,
) -> Result<(PathBuf, Box<dyn LogFile>)> {
    let path = segment_path(dir, header.first_seq);
    let failed = |error| StoreError::io("create", path.display().to_string(), error);
    let mut file = files.create(&path).map_err(|error| {
        if error.kind() != io::ErrorKind::AlreadyExists {
            // Best effort: the file may exist although its name could not be synced.
            drop(files.remove(&path));
        }
        failed(error)
    })?;
    let written = file.append(&header.encode()).and_then(|()| file.sync());
    if let Err(error) = written {
        drop(file);
        files.remove(&path).map_err(failed)?;
        return Err(failed(error));
    }
    Ok((path, file))
}
