//! One frame: rows of one table, compressed, with checksums over header and payload.
//!
//! ```text
//! offset size  field
//!      0    4  length     payload bytes as stored
//!      4    4  head_crc   CRC-32 of bytes 0..4 and 8..48
//!      8    8  seq        sequence number
//!     16    1  table      `table_code`
//!     17    1  flags      bit 0: payload is zstd
//!     18    2  format     payload format, 1 = MessagePack of `Rows` with field names
//!     20    4  rows       row count
//!     24    8  min_time   microseconds, of the table's time column
//!     32    8  max_time   microseconds
//!     40    4  body_crc   CRC-32 of the stored payload
//!     44    4  raw_length payload bytes after decompression
//!     48    …  payload
//! ```
//! Integers are little-endian.

use std::cell::RefCell;

use serde::Serialize as _;
use spanlake_model::{Micros, Rows, Table};
use zstd::bulk::Compressor;

use crate::error::{Result, StoreError};

/// Bytes of a frame before its payload.
pub(crate) const HEADER_BYTES: usize = 48;
/// Largest payload before compression: 1 GiB, well under what `u32` lengths can state.
pub const MAX_PAYLOAD_BYTES: usize = 1 << 30;
const FLAG_ZSTD: u8 = 1;
const FORMAT_ROWS: u16 = 1;
/// Level 1 compresses `MessagePack` with field names about ten times and costs least.
const ZSTD_LEVEL: i32 = 1;

/// Encoded bytes of a row, roughly: the buffer seldom has to grow.
const ROW_BYTES: usize = 4 << 10;

/// Number of a table on disk. Part of the format: numbers are never reused.
pub(crate) const fn table_code(table: Table) -> u8 {
    match table {
        Table::Spans => 1,
        Table::Payloads => 2,
        Table::Evals => 3,
        Table::Prompts => 4,
        Table::Releases => 5,
        Table::ModelPrices => 6,
        Table::IngestErrors => 7,
        Table::Audit => 8,
        Table::AlertEvents => 9,
        Table::Reviews => 10,
    }
}

/// Finds the table of a number.
pub(crate) fn table_of(code: u8) -> Option<Table> {
    Table::ALL.iter().copied().find(|table| table_code(*table) == code)
}

/// The rows' earliest and latest time, by the column that the table is ordered by in time.
fn time_range(rows: &Rows) -> (Micros, Micros) {
    fn range(times: impl Iterator<Item = Micros>) -> (Micros, Micros) {
        times
            .fold(None, |range: Option<(Micros, Micros)>, time| {
                Some(range.map_or((time, time), |(min, max)| (min.min(time), max.max(time))))
            })
            .unwrap_or_default()
    }
    match rows {
        Rows::Spans(rows) => range(rows.iter().map(|row| row.start_time)),
        Rows::Payloads(rows) => range(rows.iter().map(|row| row.start_time)),
        Rows::Evals(rows) => range(rows.iter().map(|row| row.eval_time)),
        Rows::Prompts(rows) => range(rows.iter().map(|row| row.time)),
        Rows::Releases(rows) => range(rows.iter().map(|row| row.time)),
        Rows::ModelPrices(rows) => range(rows.iter().map(|row| row.valid_from)),
        Rows::IngestErrors(rows) => range(rows.iter().map(|row| row.time)),
        Rows::Audit(rows) => range(rows.iter().map(|row| row.time)),
        Rows::AlertEvents(rows) => range(rows.iter().map(|row| row.time)),
        Rows::Reviews(rows) => range(rows.iter().map(|row| row.time)),
    }
}

/// Compresses with the thread's own compressor: making one costs more than a small batch does.
fn compress(raw: &[u8]) -> std::io::Result<Vec<u8>> {
    thread_local! {
        static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    }
    COMPRESSOR.with_borrow_mut(|kept| {
        let compressor = match kept {
            Some(compressor) => compressor,
            None => kept.insert(Compressor::new(ZSTD_LEVEL)?),
        };
        compressor.compress(raw)
    })
}

/// Rows ready to be appended: encoded, compressed and checksummed, without a sequence number yet.
#[derive(Clone)]
pub struct EncodedFrame {
    table: Table,
    rows: u32,
    header: [u8; HEADER_BYTES],
    payload: Vec<u8>,
}

impl EncodedFrame {
    /// Encodes rows on the caller's thread.
    ///
    /// # Errors
    /// [`StoreError::BatchTooLarge`] above [`MAX_PAYLOAD_BYTES`]: split the batch.
    pub fn encode(rows: &Rows) -> Result<Self> {
        let too_large = |bytes| StoreError::BatchTooLarge { bytes, limit: MAX_PAYLOAD_BYTES };
        let failed = |reason: String| StoreError::Codec { table: rows.table().name(), reason };
        let mut raw = Vec::with_capacity(rows.len() * ROW_BYTES);
        rows.serialize(&mut rmp_serde::Serializer::new(&mut raw).with_struct_map())
            .map_err(|error| failed(error.to_string()))?;
        if raw.len() > MAX_PAYLOAD_BYTES {
            return Err(too_large(raw.len()));
        }
        let count = u32::try_from(rows.len()).map_err(|_| too_large(raw.len()))?;
        let payload = compress(&raw).map_err(|error| failed(error.to_string()))?;
        let (min_time, max_time) = time_range(rows);
        let mut header = [0; HEADER_BYTES];
        put(&mut header, 0, &(payload.len() as u32).to_le_bytes());
        put(&mut header, 16, &[table_code(rows.table()), FLAG_ZSTD]);
        put(&mut header, 18, &FORMAT_ROWS.to_le_bytes());
        put(&mut header, 20, &count.to_le_bytes());
        put(&mut header, 24, &min_time.0.to_le_bytes());
        put(&mut header, 32, &max_time.0.to_le_bytes());
        put(&mut header, 40, &crc32fast::hash(&payload).to_le_bytes());
        put(&mut header, 44, &(raw.len() as u32).to_le_bytes());
        Ok(Self { table: rows.table(), rows: count, header, payload })
    }

    /// Returns the table.
    pub const fn table(&self) -> Table {
        self.table
    }

    /// Returns the number of rows.
    pub const fn rows(&self) -> u32 {
        self.rows
    }

    /// Returns the bytes that the frame takes on disk.
    pub fn len_bytes(&self) -> usize {
        HEADER_BYTES + self.payload.len()
    }

    /// Numbers the frame and returns its two parts as they go to disk.
    pub(crate) fn number(&mut self, seq: u64) -> (&[u8], &[u8]) {
        put(&mut self.header, 8, &seq.to_le_bytes());
        let crc = head_crc(&self.header);
        put(&mut self.header, 4, &crc.to_le_bytes());
        (&self.header, &self.payload)
    }

    /// Takes a frame that was read back, to append it again under its old number.
    pub(crate) fn from_read(frame: WalFrame) -> Self {
        Self { table: frame.table, rows: frame.rows, header: frame.header, payload: frame.payload }
    }
}

impl std::fmt::Debug for EncodedFrame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EncodedFrame({} rows of {})", self.rows, self.table.name())
    }
}

/// A frame as it was read, its checksums verified.
#[derive(Clone)]
pub struct WalFrame {
    /// Sequence number.
    pub seq: u64,
    /// Table.
    pub table: Table,
    /// Row count.
    pub rows: u32,
    /// Earliest time of a row.
    pub min_time: Micros,
    /// Latest time of a row.
    pub max_time: Micros,
    header: [u8; HEADER_BYTES],
    payload: Vec<u8>,
}

impl WalFrame {
    /// Decodes the rows.
    ///
    /// # Errors
    /// [`StoreError::Codec`] when the payload is not what this program writes, although its
    /// checksum is right.
    pub fn decode(&self) -> Result<Rows> {
        let failed = |reason: String| StoreError::Codec { table: self.table.name(), reason };
        let raw_length = u32_at(&self.header, 44) as usize;
        let raw;
        let bytes = if self.header[17] & FLAG_ZSTD == 0 {
            &self.payload
        } else {
            raw = zstd::bulk::decompress(&self.payload, raw_length)
                .map_err(|error| failed(error.to_string()))?;
            &raw
        };
        let rows: Rows = rmp_serde::from_slice(bytes).map_err(|error| failed(error.to_string()))?;
        if rows.table() != self.table || rows.len() != self.rows as usize {
            return Err(failed("header and payload disagree".into()));
        }
        Ok(rows)
    }

    /// Returns the bytes that the frame takes on disk.
    pub fn len_bytes(&self) -> usize {
        HEADER_BYTES + self.payload.len()
    }
}

impl std::fmt::Debug for WalFrame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WalFrame({}, {} rows of {})", self.seq, self.rows, self.table.name())
    }
}

/// A verified header, its payload still unread.
#[derive(Clone, Copy)]
pub(crate) struct FrameHeader {
    bytes: [u8; HEADER_BYTES],
    pub(crate) seq: u64,
    pub(crate) table: Table,
    pub(crate) payload_bytes: usize,
}

impl FrameHeader {
    /// Verifies a header; the error says what is wrong with it.
    pub(crate) fn parse(bytes: [u8; HEADER_BYTES]) -> Result<Self, &'static str> {
        if u32_at(&bytes, 4) != head_crc(&bytes) {
            return Err("header checksum");
        }
        let table = table_of(bytes[16]).ok_or("table of a newer version")?;
        if u16::from_le_bytes([bytes[18], bytes[19]]) != FORMAT_ROWS {
            return Err("payload format of a newer version");
        }
        let payload_bytes = u32_at(&bytes, 0) as usize;
        Ok(Self { bytes, seq: u64_at(&bytes, 8), table, payload_bytes })
    }

    /// Verifies the payload and makes the frame.
    pub(crate) fn with_payload(self, payload: Vec<u8>) -> Result<WalFrame, &'static str> {
        if u32_at(&self.bytes, 40) != crc32fast::hash(&payload) {
            return Err("payload checksum");
        }
        Ok(WalFrame {
            seq: self.seq,
            table: self.table,
            rows: u32_at(&self.bytes, 20),
            min_time: Micros(u64_at(&self.bytes, 24) as i64),
            max_time: Micros(u64_at(&self.bytes, 32) as i64),
            header: self.bytes,
            payload,
        })
    }
}

fn head_crc(header: &[u8; HEADER_BYTES]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&header[..4]);
    crc.update(&header[8..]);
    crc.finalize()
}

/// Overwrites bytes at a fixed place.
pub(crate) fn put(target: &mut [u8], at: usize, bytes: &[u8]) {
    for (slot, byte) in target.iter_mut().skip(at).zip(bytes) {
        *slot = *byte;
    }
}

/// Reads a little-endian number at a fixed place; missing bytes count as zero.
pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.iter().skip(at).take(8).rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// Reads a little-endian number at a fixed place; missing bytes count as zero.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.iter().skip(at).take(4).rev().fold(0, |value, byte| value << 8 | u32::from(*byte))
}
