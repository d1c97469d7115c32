//! Segment files: a header, then frames with consecutive sequence numbers.
//!
//! ```text
//! <epoch>/<first_seq>.wal = magic 8 | epoch u64 | first_seq u64 | prev_seq u64
//!                           | 32 x last_before u64, by table number | CRC-32 of all before, u32 | pad 4
//!                           | frames
//! ```
//! `prev_seq` is the sequence number before `first_seq`, wherever it was: it shows missing
//! segments. `last_before` is each table's last number before the segment: it shows a reader
//! whether rows that it still needs were trimmed.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read, SeekFrom};
use std::path::{Path, PathBuf};

use spanlake_model::Table;

use super::files::{LogFiles, LogReader};
use super::frame::{
    FrameHeader, HEADER_BYTES, MAX_PAYLOAD_BYTES, WalFrame, put, table_code, table_of, u32_at,
    u64_at,
};
use crate::error::{Result, StoreError};

const MAGIC: &[u8; 8] = b"SPLKWAL1";
const TABLE_SLOTS: usize = 32;
const CRC_AT: usize = 32 + 8 * TABLE_SLOTS;
/// Bytes before the first frame.
pub(crate) const SEGMENT_HEADER_BYTES: usize = CRC_AT + 8;
const SUFFIX: &str = ".wal";

/// Facts at the start of a segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub(crate) epoch: u64,
    pub(crate) first_seq: u64,
    pub(crate) prev_seq: u64,
    pub(crate) last_before: BTreeMap<Table, u64>,
}

impl SegmentHeader {
    pub(crate) fn encode(&self) -> [u8; SEGMENT_HEADER_BYTES] {
        let mut bytes = [0; SEGMENT_HEADER_BYTES];
        put(&mut bytes, 0, MAGIC);
        put(&mut bytes, 8, &self.epoch.to_le_bytes());
        put(&mut bytes, 16, &self.first_seq.to_le_bytes());
        put(&mut bytes, 24, &self.prev_seq.to_le_bytes());
        for (table, seq) in &self.last_before {
            put(&mut bytes, 32 + 8 * usize::from(table_code(*table)), &seq.to_le_bytes());
        }
        let crc = crc32fast::hash(bytes.get(..CRC_AT).unwrap_or_default());
        put(&mut bytes, CRC_AT, &crc.to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8; SEGMENT_HEADER_BYTES]) -> Result<Self, &'static str> {
        let body = bytes.get(..CRC_AT).unwrap_or_default();
        if !body.starts_with(MAGIC) {
            return Err("not a log segment");
        }
        if u32_at(bytes, CRC_AT) != crc32fast::hash(body) {
            return Err("segment header checksum");
        }
        let last_before = (0..TABLE_SLOTS)
            .filter_map(|code| {
                let seq = u64_at(bytes, 32 + 8 * code);
                (seq > 0).then(|| Some((table_of(code as u8)?, seq)))?
            })
            .collect();
        Ok(Self {
            epoch: u64_at(bytes, 8),
            first_seq: u64_at(bytes, 16),
            prev_seq: u64_at(bytes, 24),
            last_before,
        })
    }
}

/// Returns a segment's path.
pub(crate) fn segment_path(epoch_dir: &Path, first_seq: u64) -> PathBuf {
    epoch_dir.join(format!("{first_seq:020}{SUFFIX}"))
}

/// Returns an epoch's directory.
pub(crate) fn epoch_dir(log_dir: &Path, epoch: u64) -> PathBuf {
    log_dir.join(format!("{epoch:020}"))
}

/// Lists the epochs of a log, oldest first.
pub(crate) fn list_epochs(files: &dyn LogFiles, log_dir: &Path) -> Result<Vec<u64>> {
    numbers(files, log_dir, "")
}

/// Lists the segments of an epoch by first sequence number, oldest first.
pub(crate) fn list_segments(files: &dyn LogFiles, epoch_dir: &Path) -> Result<Vec<u64>> {
    numbers(files, epoch_dir, SUFFIX)
}

/// Lists the paths of a log's segments, oldest first.
pub(crate) fn segment_paths(files: &dyn LogFiles, log_dir: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for epoch in list_epochs(files, log_dir)? {
        let dir = epoch_dir(log_dir, epoch);
        let segments = list_segments(files, &dir)?;
        paths.extend(segments.into_iter().map(|first_seq| segment_path(&dir, first_seq)));
    }
    Ok(paths)
}

fn numbers(files: &dyn LogFiles, dir: &Path, suffix: &str) -> Result<Vec<u64>> {
    let names = files
        .list(dir)
        .map_err(|error| StoreError::io("list", dir.display().to_string(), error))?;
    let mut numbers: Vec<u64> = names
        .iter()
        .filter_map(|name| name.strip_suffix(suffix))
        .filter(|stem| stem.len() == 20)
        .filter_map(|stem| stem.parse().ok())
        .collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// What comes next in a segment.
pub(crate) enum Step {
    /// A frame with right checksums and number.
    Frame(WalFrame),
    /// A frame that the caller did not want; its payload was not read.
    Skipped,
    /// The file ends where a frame would begin.
    End,
    /// The bytes at `SegmentReader::offset` are no frame.
    Bad(&'static str),
}

/// Reads a segment frame by frame.
pub(crate) struct SegmentReader {
    reader: BufReader<Box<dyn LogReader>>,
    path: PathBuf,
    offset: u64,
    next_seq: u64,
}

impl SegmentReader {
    /// Opens a segment and reads its header; the inner error is a damaged one.
    pub(crate) fn open(
        files: &dyn LogFiles,
        path: &Path,
    ) -> io::Result<Result<(SegmentHeader, Self), &'static str>> {
        let mut reader = BufReader::with_capacity(256 << 10, files.open(path)?);
        let mut bytes = [0; SEGMENT_HEADER_BYTES];
        match reader.read_exact(&mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Ok(Err("segment header is cut off"));
            }
            other => other?,
        }
        Ok(SegmentHeader::decode(&bytes).map(|header| {
            let next_seq = header.first_seq;
            let path = path.to_owned();
            (header, Self { reader, path, offset: SEGMENT_HEADER_BYTES as u64, next_seq })
        }))
    }

    /// Goes on at a place where an earlier reader of the same segment stopped.
    pub(crate) fn resume(
        files: &dyn LogFiles,
        path: &Path,
        offset: u64,
        next_seq: u64,
    ) -> io::Result<Self> {
        let mut file = files.open(path)?;
        file.seek(SeekFrom::Start(offset))?;
        let reader = BufReader::with_capacity(64 << 10, file);
        Ok(Self { reader, path: path.to_owned(), offset, next_seq })
    }

    /// Where the next frame begins.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// The number that the next frame must have.
    pub(crate) fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// Reads the next frame. After `Bad` the reader is of no more use.
    pub(crate) fn step(&mut self, want: impl FnOnce(&FrameHeader) -> bool) -> Result<Step> {
        let mut bytes = [0; HEADER_BYTES];
        match self.fill(&mut bytes)? {
            0 => return Ok(Step::End),
            HEADER_BYTES => {}
            _ => return Ok(Step::Bad("frame header is cut off")),
        }
        let header = match FrameHeader::parse(bytes) {
            Ok(header) => header,
            Err(reason) => return Ok(Step::Bad(reason)),
        };
        if header.seq != self.next_seq {
            return Ok(Step::Bad("sequence number"));
        }
        // Compression may make an incompressible payload a little longer.
        if header.payload_bytes > MAX_PAYLOAD_BYTES + (MAX_PAYLOAD_BYTES >> 6) {
            return Ok(Step::Bad("payload length"));
        }
        let step = if want(&header) {
            let mut payload = Vec::new();
            let limit = header.payload_bytes as u64;
            let read = (&mut self.reader).take(limit).read_to_end(&mut payload);
            if read.map_err(|error| self.failed(error))? < header.payload_bytes {
                return Ok(Step::Bad("payload is cut off"));
            }
            match header.with_payload(payload) {
                Ok(frame) => Step::Frame(frame),
                Err(reason) => return Ok(Step::Bad(reason)),
            }
        } else {
            let skip = header.payload_bytes as i64;
            self.reader.seek_relative(skip).map_err(|error| self.failed(error))?;
            Step::Skipped
        };
        self.offset += (HEADER_BYTES + header.payload_bytes) as u64;
        self.next_seq += 1;
        Ok(step)
    }

    /// Names the damage at the current place.
    pub(crate) fn damage(&self, reason: &str) -> StoreError {
        damaged(&self.path, self.offset, reason)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<usize> {
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.reader.read(rest) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
        Ok(filled)
    }

    fn failed(&self, error: io::Error) -> StoreError {
        StoreError::io("read", self.path.display().to_string(), error)
    }
}

/// Names damage in a segment.
pub(crate) fn damaged(path: &Path, offset: u64, reason: &str) -> StoreError {
    StoreError::Corrupt {
        path: path.display().to_string(),
        reason: format!("offset {offset}: {reason}"),
    }
}
