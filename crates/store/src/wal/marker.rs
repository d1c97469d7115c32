//! `durable`: how far an epoch's log is on disk. Readers in other processes stop there.
//!
//! Two slots in sectors of their own are overwritten in turn, so that a torn write leaves the
//! previous one.
//!
//! ```text
//! file = slot at 0, slot at 512          slot = magic 8 | generation u64 | seq u64 | segment u64
//!                                               | offset u64 | CRC-32 of the 40 bytes before, u32
//! ```

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::files::{LogFile, LogFiles};
use super::frame::{put, u32_at, u64_at};
use crate::error::{Result, StoreError};

const MAGIC: &[u8; 8] = b"SPLKDUR1";
const SLOT_BYTES: usize = 44;
const SLOT_STRIDE: u64 = 512;
/// Name of the marker inside an epoch's directory.
pub(crate) const MARKER_FILE: &str = "durable";

/// The end of what is durable in one epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Durable {
    /// Last durable sequence number; before the epoch's first frame, that of the epoch before.
    pub(crate) seq: u64,
    /// First sequence number (= name) of the segment that holds the end.
    pub(crate) segment: u64,
    /// Bytes of that segment that are durable.
    pub(crate) offset: u64,
}

/// The open marker of the epoch being written.
pub(crate) struct Marker {
    file: Box<dyn LogFile>,
    path: PathBuf,
    generation: u64,
}

impl Marker {
    /// Creates the marker file, durably, with its first value.
    pub(crate) fn create(files: &dyn LogFiles, epoch_dir: &Path, first: Durable) -> Result<Self> {
        let path = epoch_dir.join(MARKER_FILE);
        let file = files.create(&path).map_err(|error| failed("create", &path, error))?;
        let mut marker = Self { file, path, generation: 0 };
        marker.set(first)?;
        marker.sync()?;
        Ok(marker)
    }

    /// Overwrites the older slot. Not synced: a marker that lags costs nothing but a longer scan.
    pub(crate) fn set(&mut self, durable: Durable) -> Result<()> {
        self.generation += 1;
        let at = self.generation % 2 * SLOT_STRIDE;
        self.file
            .write_at(at, &encode(self.generation, durable))
            .map_err(|error| failed("write", &self.path, error))
    }

    /// Makes the marker durable itself.
    pub(crate) fn sync(&mut self) -> Result<()> {
        self.file.sync().map_err(|error| failed("sync", &self.path, error))
    }
}

/// Reads an epoch's marker; `None` when the epoch has none, as between its two first steps.
pub(crate) fn read(files: &dyn LogFiles, epoch_dir: &Path) -> Result<Option<Durable>> {
    let path = epoch_dir.join(MARKER_FILE);
    let mut bytes = Vec::new();
    match files.open(&path).and_then(|mut file| file.read_to_end(&mut bytes)) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed("read", &path, error)),
    }
    parse(&bytes, epoch_dir)
}

/// Reads an epoch's marker out of its file's bytes.
pub(crate) fn parse(bytes: &[u8], epoch_dir: &Path) -> Result<Option<Durable>> {
    let path = epoch_dir.join(MARKER_FILE);
    let slots = [decode(bytes), bytes.get(SLOT_STRIDE as usize..).and_then(decode)];
    let newest = slots.into_iter().flatten().max_by_key(|(generation, _)| *generation);
    match newest {
        Some((_, durable)) => Ok(Some(durable)),
        // Created and not yet written: the writer stopped before the epoch's first frame.
        None if bytes.is_empty() => Ok(None),
        None => Err(StoreError::Corrupt {
            path: path.display().to_string(),
            reason: "no slot has a right checksum".into(),
        }),
    }
}

fn encode(generation: u64, durable: Durable) -> [u8; SLOT_BYTES] {
    let mut slot = [0; SLOT_BYTES];
    put(&mut slot, 0, MAGIC);
    let fields = [generation, durable.seq, durable.segment, durable.offset];
    for (field, at) in fields.iter().zip((8..).step_by(8)) {
        put(&mut slot, at, &field.to_le_bytes());
    }
    let crc = crc32fast::hash(slot.get(..40).unwrap_or_default());
    put(&mut slot, 40, &crc.to_le_bytes());
    slot
}

fn decode(bytes: impl AsRef<[u8]>) -> Option<(u64, Durable)> {
    let slot = bytes.as_ref().get(..SLOT_BYTES)?;
    let body = slot.get(..40)?;
    if !body.starts_with(MAGIC) || u32_at(slot, 40) != crc32fast::hash(body) {
        return None;
    }
    let durable =
        Durable { seq: u64_at(slot, 16), segment: u64_at(slot, 24), offset: u64_at(slot, 32) };
    Some((u64_at(slot, 8), durable))
}

fn failed(action: &'static str, path: &Path, error: io::Error) -> StoreError {
    StoreError::io(action, path.display().to_string(), error)
}

#[cfg(test)]
mod tests {
    use super::super::files::MemoryFiles;
    use super::*;

    #[test]
    fn a_torn_slot_leaves_the_previous_value() {
        let files = MemoryFiles::default();
        let dir = Path::new("/wal/1");
        files.create_dir(dir).unwrap();
        let older = Durable { seq: 7, segment: 1, offset: 288 };
        let newer = Durable { seq: 9, segment: 1, offset: 999 };
        let mut marker = Marker::create(&files, dir, Durable::default()).unwrap();
        marker.set(older).unwrap();
        assert_eq!(read(&files, dir).unwrap(), Some(older));
        marker.set(newer).unwrap();
        assert_eq!(read(&files, dir).unwrap(), Some(newer));
        // The third write went to the second sector.
        for torn in 0..SLOT_BYTES {
            let path = dir.join(MARKER_FILE);
            let whole = files.contents(&path).unwrap();
            let mut bytes = whole.clone();
            bytes[SLOT_STRIDE as usize + torn] ^= 0x40;
            files.set_contents(&path, bytes);
            assert_eq!(read(&files, dir).unwrap(), Some(older), "byte {torn}");
            files.set_contents(&path, whole);
        }
        files.set_contents(&dir.join(MARKER_FILE), vec![0; 600]);
        assert!(read(&files, dir).unwrap_err().is_corruption());
    }
}
