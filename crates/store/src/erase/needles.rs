//! What is searched for, and how it is recognised in bytes, cells, sidecars and log frames.

use std::collections::{BTreeMap, HashSet};
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use bytes::Bytes;
use memchr::memmem::Finder;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use spanlake_model::{Micros, Rows, Table};

use super::subject::{Subject, SubjectKind};
use super::tombstone::{Erasure, Memo};
use crate::data::time_column;
use crate::error::{Result, StoreError};
use crate::overrides::Overrides;
use crate::wal::{LogFiles, SegmentReader, Step};

/// Bytes below which a form is a word that stands anywhere by chance.
const LEAST_BYTES: usize = 6;
/// Hexadecimal digits of a trace id.
const TRACE_DIGITS: usize = 32;
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Rows decoded at a time: those of `payloads` are long.
const BATCH_ROWS: usize = 512;
/// Bytes decompressed at a time.
const PIECE_BYTES: usize = 4 << 20;

/// What a file held.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) cells: u64,
    pub(super) zstd_frames: u64,
    pub(super) wal_frames: u64,
    /// Occurrences in raw bytes and zstd frames.
    pub(super) in_bytes: u64,
    /// Cells of ids that are the subject's.
    pub(super) subject_cells: u64,
    /// Keys of erased rows in sidecars.
    pub(super) keys: u64,
    /// Rows of the subject in the write-ahead log.
    pub(super) log_rows: u64,
    pub(super) newer_rows: u64,
    /// Cells of other rows that name the subject, by column.
    pub(super) mentions: BTreeMap<String, u64>,
}

/// What is searched for.
#[derive(Debug)]
pub(super) struct Needles {
    erasure: Arc<Erasure>,
    finders: Vec<Finder<'static>>,
    short_forms: usize,
    traces: HashSet<[u8; TRACE_DIGITS], ahash::RandomState>,
    keys: BTreeMap<Table, Overrides>,
}

impl Needles {
    /// `traces` are those of which no row is left. Without the subject's forms, as when an erasure
    /// is taken up again, ids are recognised by their keyed hashes.
    pub(super) fn new(
        erasure: Arc<Erasure>,
        subject: Option<&Subject>,
        traces: impl Iterator<Item = u128>,
        keys: BTreeMap<Table, Overrides>,
    ) -> Self {
        let forms = subject.map_or(&[][..], |subject| &subject.forms);
        let (long, short): (Vec<&String>, Vec<&String>) =
            forms.iter().partition(|form| form.len() >= LEAST_BYTES);
        let digits = |group: u128| format!("{group:032x}").into_bytes().try_into().ok();
        Self {
            erasure,
            finders: long.iter().map(|form| Finder::new(form.as_bytes()).into_owned()).collect(),
            short_forms: short.len(),
            traces: traces.filter_map(digits).collect(),
            keys,
        }
    }

    pub(super) const fn short_forms(&self) -> usize {
        self.short_forms
    }

    /// Counts occurrences in bytes as they are.
    fn count(&self, bytes: &[u8]) -> u64 {
        let forms = self.finders.iter().map(|finder| {
            let ends = finder.find_iter(bytes).map(|at| (at, at + finder.needle().len()));
            ends.filter(|(start, end)| is_word(bytes, *start, *end)).count() as u64
        });
        forms.sum::<u64>() + self.count_traces(bytes)
    }

    /// Counts trace ids. A run of 32 digits covers two positions that 16 divides.
    fn count_traces(&self, bytes: &[u8]) -> u64 {
        if self.traces.is_empty() {
            return 0;
        }
        let is_digit = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
        let (mut found, mut at) = (0, 0);
        while let Some(byte) = bytes.get(at) {
            if !is_digit(byte) {
                at += 16;
                continue;
            }
            let before = bytes.get(..at).unwrap_or_default().iter().rev();
            let start = at - before.take_while(|byte| is_digit(byte)).count();
            let after = bytes.get(at..).unwrap_or_default().iter();
            let end = at + after.take_while(|byte| is_digit(byte)).count();
            let run = bytes.get(start..end).unwrap_or_default();
            found +=
                run.windows(TRACE_DIGITS).filter(|id| self.traces.contains(*id)).count() as u64;
            // The next position after the run that 16 divides.
            at = (end / 16 + 1) * 16;
        }
        found
    }

    /// Searches raw bytes and every zstd frame in them.
    pub(super) fn search_bytes(&self, bytes: &[u8], seen: &mut Seen) {
        seen.in_bytes += self.count(bytes);
        for at in memchr::memmem::find_iter(bytes, &ZSTD_MAGIC) {
            self.search_frame(bytes.get(at..).unwrap_or_default(), seen);
        }
    }

    fn search_frame(&self, bytes: &[u8], seen: &mut Seen) {
        let Ok(decoder) = zstd::stream::read::Decoder::with_buffer(bytes) else { return };
        let mut decoder = decoder.single_frame();
        let overlap = self.finders.iter().map(|f| f.needle().len()).max().unwrap_or(0) + 64;
        let mut piece = Vec::new();
        let mut is_first = true;
        loop {
            // The end of the piece before may be the beginning of what is searched for.
            let kept = piece.len().min(overlap);
            piece.drain(..piece.len() - kept);
            let before = if is_first { 0 } else { self.count(&piece) };
            let read = decoder.by_ref().take(PIECE_BYTES as u64).read_to_end(&mut piece);
            if piece.len() > kept {
                seen.zstd_frames += u64::from(is_first);
                seen.in_bytes += self.count(&piece).saturating_sub(before);
                is_first = false;
            }
            // Bytes that only look like a frame end in an error; what came out of them counts.
            if !matches!(read, Ok(read) if read > 0) {
                return;
            }
        }
    }

    /// Searches what a file says when it is read as what it is.
    pub(super) fn search_decoded(&self, path: &str, bytes: &Bytes, seen: &mut Seen) {
        if bytes.starts_with(b"PAR1") {
            self.search_cells(path, bytes, seen);
        } else if let Ok(overrides) = Overrides::decode(bytes) {
            let table =
                Table::ALL.iter().find(|table| path.contains(&format!("/{}/", table.name())));
            if let Some(keys) = table.and_then(|table| self.keys.get(table)) {
                let erased = overrides.iter().filter(|(key, _)| keys.get(*key).is_some());
                seen.keys += erased.count() as u64;
            }
        }
    }

    fn search_cells(&self, path: &str, bytes: &Bytes, seen: &mut Seen) {
        let table =
            Table::ALL.iter().find(|table| path.contains(&format!("/{}/date=", table.name())));
        let Ok(reader) = ParquetRecordBatchReaderBuilder::try_new(bytes.clone()) else { return };
        let Ok(batches) = reader.with_batch_size(BATCH_ROWS).build() else { return };
        let mut memo = Memo::default();
        // A damaged file was searched byte by byte.
        for batch in batches.map_while(std::result::Result::ok) {
            self.search_batch(table.copied(), &batch, &mut memo, seen);
        }
    }

    fn search_batch(
        &self,
        table: Option<Table>,
        batch: &RecordBatch,
        memo: &mut Memo,
        seen: &mut Seen,
    ) {
        let times = table
            .and_then(|table| batch.column_by_name(time_column(table)))
            .and_then(|times| times.as_primitive_opt::<TimestampMicrosecondType>());
        let is_newer = |row: usize| {
            times.is_some_and(|times| Micros(times.value(row)) > self.erasure.erased_at())
        };
        let id_column = self.erasure.kind().column();
        for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
            let (name, mut cells, mut mentions) = (field.name(), 0, 0);
            visit_texts(column.as_ref(), &mut |row, text| {
                cells += 1;
                let Ok(id) = std::str::from_utf8(text) else { return };
                if table.is_some() && name == id_column && self.is_subject(id, memo) {
                    if is_newer(row) {
                        seen.newer_rows += 1;
                    } else {
                        seen.subject_cells += 1;
                    }
                } else if table.is_some() && name == "trace_id" {
                    seen.subject_cells += u64::from(self.is_trace(text));
                } else if self.count(text) > 0 {
                    mentions += 1;
                }
            });
            seen.cells += cells;
            if mentions > 0 && table.is_some() {
                *seen.mentions.entry(name.clone()).or_default() += mentions;
            }
        }
    }

    fn is_subject(&self, id: &str, memo: &mut Memo) -> bool {
        match self.erasure.kind() {
            SubjectKind::Trace => self.is_trace(id.as_bytes()),
            _ => self.erasure.is_subject(id, memo),
        }
    }

    fn is_trace(&self, id: &[u8]) -> bool {
        <&[u8; TRACE_DIGITS]>::try_from(id).is_ok_and(|id| self.traces.contains(id))
    }

    /// Decodes the rows of a segment of the write-ahead log.
    pub(super) fn search_segment(
        &self,
        files: &dyn LogFiles,
        path: &Path,
        seen: &mut Seen,
    ) -> Result<()> {
        let failed = |error| StoreError::io("open", path.display().to_string(), error);
        let Ok((_, mut reader)) = SegmentReader::open(files, path).map_err(failed)? else {
            return Ok(());
        };
        while let Step::Frame(frame) = reader.step(|_| true)? {
            seen.wal_frames += 1;
            let Ok(mut rows) = frame.decode() else { continue };
            seen.log_rows += self.erasure.strike(&mut rows) as u64;
            self.search_rows(&mut rows, seen);
        }
        Ok(())
    }

    /// Looks for texts that name the subject in rows that are not its own.
    fn search_rows(&self, rows: &mut Rows, seen: &mut Seen) {
        let mentions = &mut seen.mentions;
        rows.visit_texts(&mut |_, column, text| {
            if self.count(text.as_bytes()) > 0 {
                *mentions.entry(column.name.to_owned()).or_default() += 1;
            }
        });
    }
}

/// Whether what stands at a place is a word of its own. Headers and lengths of binary formats are no
/// letters, though their bytes may be: where the last of the four bytes after it is NUL, they are
/// the length of the next text, unless the length before it says that the text goes on.
fn is_word(bytes: &[u8], start: usize, end: usize) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let (head, after) = (bytes.get(..start).unwrap_or_default(), bytes.get(end..));
    let (before, after) = (head.last(), after.unwrap_or_default());
    // A string of MessagePack with its length in a byte.
    let is_header = head.len().checked_sub(2).and_then(|at| head.get(at)) == Some(&0xd9)
        && before.is_some_and(|length| usize::from(*length) == end - start);
    let is_length = after.get(3) == Some(&0) && !goes_on(head, end - start, after);
    (is_header || !before.is_some_and(is_letter))
        && (is_length || !after.first().is_some_and(is_letter))
}

/// Whether a text of which `found` bytes are known is longer than that, by the length before it: four
/// bytes in pages, a byte in headers and footers.
fn goes_on(head: &[u8], found: usize, after: &[u8]) -> bool {
    let is_longer = |length: usize| length > found && length - found <= after.len();
    if let Some(length) = head.last_chunk().map(|bytes| u32::from_le_bytes(*bytes) as usize)
        && length < usize::from(u16::MAX)
    {
        return is_longer(length);
    }
    let is_page = after.get(1..4).is_some_and(|next| next == [0; 3]);
    !is_page && head.last().is_some_and(|length| is_longer(usize::from(*length)))
}

/// Calls `each` with every text of a column and its row; inside lists the number is another.
fn visit_texts(column: &dyn Array, each: &mut dyn FnMut(usize, &[u8])) {
    macro_rules! texts {
        ($values:expr) => {
            for (row, text) in $values.iter().enumerate() {
                if let Some(text) = text {
                    each(row, text.as_ref());
                }
            }
        };
    }
    match column.data_type() {
        DataType::Utf8View => texts!(column.as_string_view()),
        DataType::Utf8 => texts!(column.as_string::<i32>()),
        DataType::LargeUtf8 => texts!(column.as_string::<i64>()),
        DataType::Binary => texts!(column.as_binary::<i32>()),
        DataType::BinaryView => texts!(column.as_binary_view()),
        DataType::List(_) => visit_texts(column.as_list::<i32>().values().as_ref(), each),
        DataType::Struct(_) => {
            column.as_struct().columns().iter().for_each(|part| visit_texts(part.as_ref(), each));
        }
        DataType::Map(..) => visit_texts(column.as_map().entries(), each),
        DataType::Dictionary(..) => {
            visit_texts(column.as_any_dictionary().values().as_ref(), each);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needles(form: &str, trace: u128) -> Needles {
        let subject = Subject::new(SubjectKind::User, form);
        let erasure = Erasure::begin("e".into(), &subject, Micros(0), None, "salt".into());
        let traces = std::iter::once(trace);
        Needles::new(Arc::new(erasure), Some(&subject), traces, BTreeMap::new())
    }

    #[test]
    fn an_id_is_found_as_a_word_and_not_inside_another() {
        let needles = needles("user-17", 1);
        for text in
            ["user-17", "a user-17.", "\"user-17\"", "user-17-session", "\u{7}user-17\u{a4}"]
        {
            assert_eq!(needles.count(text.as_bytes()), 1, "{text}");
        }
        for text in ["user-170", "superuser-17", "user-1", "USER-17"] {
            assert_eq!(needles.count(text.as_bytes()), 0, "{text}");
        }
        // A page of a data file: lengths, the second one the digit 1, stand between the texts.
        let page = [b"\x07\0\0\0user-17".as_slice(), b"1\0\0\0", &[b'x'; 49]].concat();
        assert_eq!(needles.count(&page), 1);
    }

    #[test]
    fn a_longer_id_is_not_found_in_pages_and_footers() {
        let needles = needles("user-17", 1);
        for (what, bytes) in [
            ("another text", [b"\x08\0\0\0user-170".as_slice(), b"\x08\0\0\0user-180"].concat()),
            ("a page header", [b"\x08\0\0\0user-170".as_slice(), b"\x15\0\x15\x14"].concat()),
            ("a statistic", [b"\x18\x08user-170".as_slice(), b"\x18\x08\0user-170\0\0"].concat()),
        ] {
            assert_eq!(needles.count(&bytes), 0, "{what}");
        }
        let text = [b"\x0a\0\0\0by user-17".as_slice(), b"0\0\0\0", &[b'x'; 48]].concat();
        assert_eq!(needles.count(&text), 1);
        let line = [b"\x0d\0\0\0seen:\nuser-17".as_slice(), b"0\0\0\0", &[b'x'; 48]].concat();
        assert_eq!(needles.count(&line), 1);
    }

    #[test]
    fn trace_ids_are_found_at_any_place() {
        let id = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128;
        let needles = needles("somebody", id);
        for before in 0..40 {
            let text = format!("{}{id:032x}\"", "-".repeat(before));
            assert_eq!(needles.count(text.as_bytes()), 1, "{before}");
            let longer = format!("{}ab{id:032x}c", "z".repeat(before));
            assert_eq!(needles.count(longer.as_bytes()), 1, "{before}");
        }
        assert_eq!(needles.count(format!("{:032x}", id + 1).as_bytes()), 0);
        assert_eq!(needles.count(format!("{id:031x}").get(1..).unwrap().as_bytes()), 0);
    }

    #[test]
    fn zstd_frames_are_looked_into() {
        let needles = needles("somebody", 7);
        let text = [vec![b' '; PIECE_BYTES - 3], b"somebody".to_vec()].concat();
        let frame = zstd::bulk::compress(&text, 1).unwrap();
        let bytes = [b"before".as_slice(), &frame, b"after"].concat();
        let mut seen = Seen::default();
        needles.search_bytes(&bytes, &mut seen);
        assert_eq!((seen.in_bytes, seen.zstd_frames), (1, 1));
    }
}
