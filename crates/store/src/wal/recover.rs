//! What a writer finds when it opens a log: every durable frame, and a tail that may be torn.
//!
//! Frames up to an epoch's marker were durable; damage among them is corruption. Frames after it
//! may have been acknowledged all the same, because the marker itself is not synced each time: after
//! a power failure it may lag. So the tail's whole frames count, up to the first torn one. The new
//! epoch begins with a copy of them, synced again: their old pages may be clean in memory and
//! missing on disk after a failed fsync. An epoch's marker therefore never moves once a later epoch
//! exists, and readers can stop at it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use spanlake_model::Table;

use super::files::LogFiles;
use super::frame::WalFrame;
use super::marker::{self, Durable, MARKER_FILE};
use super::segment::{
    SegmentReader, Step, damaged, epoch_dir, list_epochs, list_segments, segment_path,
};
use crate::error::{Result, StoreError};

/// A segment and what it holds, up to what is durable.
#[derive(Clone, Debug)]
pub(crate) struct SegmentInfo {
    pub(crate) epoch: u64,
    pub(crate) path: PathBuf,
    /// Durable bytes.
    pub(crate) len: u64,
    /// Last sequence number of each table with rows in it.
    pub(crate) last: BTreeMap<Table, u64>,
}

/// A log as found.
#[derive(Debug, Default)]
pub(crate) struct Recovered {
    /// Remaining segments, oldest first.
    pub(crate) segments: Vec<SegmentInfo>,
    /// Epochs that exist, oldest first.
    pub(crate) epochs: Vec<u64>,
    /// Last sequence number up to the markers.
    pub(crate) durable_seq: u64,
    /// Each table's last sequence number ever, up to the markers.
    pub(crate) last: BTreeMap<Table, u64>,
    /// Whole frames after the last marker, consecutive from `durable_seq + 1`.
    pub(crate) tail: Vec<WalFrame>,
}

/// A scan in progress.
struct Scan<'a> {
    log_dir: &'a Path,
    found: Recovered,
    /// Last durable sequence number read so far.
    last_seq: Option<u64>,
    tail: BTreeMap<u64, WalFrame>,
}

/// Reads and verifies a whole log.
pub(crate) fn recover(files: &dyn LogFiles, log_dir: &Path) -> Result<Recovered> {
    let epochs = list_epochs(files, log_dir)?;
    let newest = epochs.last().copied();
    let found = Recovered { epochs: epochs.clone(), ..Recovered::default() };
    let mut scan = Scan { log_dir, found, last_seq: None, tail: BTreeMap::new() };
    for epoch in epochs {
        let dir = epoch_dir(log_dir, epoch);
        let segments = list_segments(files, &dir)?;
        let Some(durable) = marker::read(files, &dir)? else {
            if let Some(first) = segments.first() {
                return Err(damaged(&segment_path(&dir, *first), 0, "its epoch has no marker"));
            }
            continue;
        };
        if durable.seq < scan.found.durable_seq {
            return Err(damaged(&dir.join(MARKER_FILE), 0, "lies before the epoch before"));
        }
        let trimmed = segments.is_empty() && newest != Some(epoch);
        if durable.offset > 0 && !segments.contains(&durable.segment) && !trimmed {
            return Err(damaged(&segment_path(&dir, durable.segment), 0, "segment is missing"));
        }
        scan_epoch(files, epoch, &segments, durable, &mut scan)?;
        scan.found.durable_seq = durable.seq;
    }
    let Scan { mut found, mut tail, .. } = scan;
    let first = found.durable_seq + 1;
    let tail = tail.split_off(&first).into_iter().zip(first..);
    found.tail =
        tail.take_while(|((seq, _), expected)| seq == expected).map(|((_, f), _)| f).collect();
    Ok(found)
}

fn scan_epoch(
    files: &dyn LogFiles,
    epoch: u64,
    segments: &[u64],
    durable: Durable,
    scan: &mut Scan<'_>,
) -> Result<()> {
    let dir = epoch_dir(scan.log_dir, epoch);
    for first_seq in segments {
        let path = segment_path(&dir, *first_seq);
        let end = durable_end(durable, *first_seq);
        let mut info = SegmentInfo { epoch, path, len: 0, last: BTreeMap::new() };
        let opened = SegmentReader::open(files, &info.path)
            .map_err(|error| StoreError::io("open", info.path.display().to_string(), error))?;
        let (header, mut reader) = match opened {
            Ok(opened) => opened,
            Err(reason) if end > 0 => return Err(damaged(&info.path, 0, reason)),
            Err(_) => {
                scan.found.segments.push(info);
                return Ok(());
            }
        };
        if header.epoch != epoch || header.first_seq != *first_seq {
            return Err(damaged(&info.path, 0, "segment of another place"));
        }
        match scan.last_seq {
            None => scan.found.last = header.last_before,
            Some(last_seq) if end > 0 && header.prev_seq != last_seq => {
                return Err(damaged(&info.path, 0, "the segment before is missing"));
            }
            Some(_) => {}
        }
        if end > 0 {
            scan.last_seq = Some(header.first_seq - 1);
        } else if scan.last_seq.is_none() {
            scan.last_seq = Some(header.prev_seq);
        }
        let whole = scan_segment(&mut reader, end, &mut info, &mut scan.tail)?;
        scan.found.last.extend(info.last.iter());
        scan.last_seq = scan.last_seq.max(info.last.values().copied().max());
        scan.found.segments.push(info);
        if !whole {
            break;
        }
    }
    Ok(())
}

/// Reads one segment; `false` when it ends in bytes that are no frame.
fn scan_segment(
    reader: &mut SegmentReader,
    end: u64,
    info: &mut SegmentInfo,
    tail: &mut BTreeMap<u64, WalFrame>,
) -> Result<bool> {
    loop {
        let start = reader.offset();
        if start <= end {
            info.len = start;
        }
        match reader.step(|_| true)? {
            Step::Frame(frame) if reader.offset() <= end => {
                info.last.insert(frame.table, frame.seq);
            }
            Step::Frame(_) if start < end => {
                return Err(reader.damage("the marker points into the frame before"));
            }
            Step::Frame(frame) => {
                tail.insert(frame.seq, frame);
            }
            Step::Skipped => {}
            Step::End if start < end && end != WHOLE_SEGMENT => {
                return Err(reader.damage("the file ends before its durable end"));
            }
            Step::End => return Ok(true),
            Step::Bad(reason) if start < end => return Err(reader.damage(reason)),
            Step::Bad(_) => return Ok(false),
        }
    }
}

/// Durable bytes of a segment that its epoch's marker lies behind.
const WHOLE_SEGMENT: u64 = u64::MAX;

/// Returns how many bytes of a segment are durable by its epoch's marker.
pub(crate) fn durable_end(durable: Durable, first_seq: u64) -> u64 {
    match first_seq.cmp(&durable.segment) {
        std::cmp::Ordering::Less => WHOLE_SEGMENT,
        std::cmp::Ordering::Equal => durable.offset,
        std::cmp::Ordering::Greater => 0,
    }
}
