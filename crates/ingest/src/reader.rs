//! Large inputs in bounded pieces: lines in batches, whole bodies up to the limit.

use std::io::{BufReader, Chain, Cursor, Read};

use crate::context::{IngestContext, Limits};
use crate::decode::{Decoded, decode};
use crate::error::IngestError;
use crate::format::{Format, detect};

/// Bytes of lines decoded at a time: 8 MiB of text make about 30 MiB of rows.
pub const DEFAULT_CHUNK_BYTES: usize = 8 << 20;

/// A piece of an input that can be decoded by itself.
#[derive(Debug)]
pub struct Chunk {
    /// The decompressed bytes.
    pub bytes: Vec<u8>,
    /// Their format.
    pub format: Format,
    /// Where they begin in the decompressed input.
    pub offset: u64,
}

impl Chunk {
    /// Decodes the piece. Offsets in its errors count from the beginning of the input.
    pub fn decode(&self, source: &str, ctx: &IngestContext) -> Decoded {
        let mut decoded = decode(&self.bytes, self.format, source, ctx);
        for error in &mut decoded.batch.errors {
            error.offset = error.offset.map(|offset| offset.saturating_add_unsigned(self.offset));
        }
        decoded
    }
}

type Prefixed<R> = Chain<Cursor<Vec<u8>>, R>;

/// Reads an input of any format, compressed or not, in [`Chunk`]s.
///
/// JSON lines and native JSONL come in batches of whole lines; any other format is one chunk.
/// Memory is bounded by `chunk_bytes`, or by [`Limits::max_body_bytes`] for a single body or line.
pub struct Chunks<R: Read> {
    input: Input<R>,
    limits: Limits,
    chunk_bytes: usize,
    file_name: Option<String>,
    /// Known after the first chunk.
    format: Option<Format>,
    /// Bytes read but not handed out.
    pending: Vec<u8>,
    offset: u64,
    ended: bool,
    /// Why reading stopped; told after what was read before it.
    failure: Option<IngestError>,
}

enum Input<R: Read> {
    Plain(Prefixed<R>),
    Gzip(Box<flate2::read::MultiGzDecoder<Prefixed<R>>>),
    Zstd(zstd::stream::read::Decoder<'static, BufReader<Prefixed<R>>>),
}

impl<R: Read> Input<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Plain(input) => input.read(into),
            Self::Gzip(input) => input.read(into),
            Self::Zstd(input) => input.read(into),
        }
    }

    fn format(&self) -> Option<&'static str> {
        match self {
            Self::Plain(_) => None,
            Self::Gzip(_) => Some("gzip"),
            Self::Zstd(_) => Some("zstd"),
        }
    }
}

impl<R: Read> Chunks<R> {
    /// Begins to read. The first bytes tell the compression.
    ///
    /// # Errors
    /// When the input cannot be read.
    pub fn new(
        mut input: R,
        file_name: Option<&str>,
        chunk_bytes: usize,
        limits: &Limits,
    ) -> Result<Self, IngestError> {
        let mut magic = Vec::with_capacity(4);
        input.by_ref().take(4).read_to_end(&mut magic)?;
        let gzip = magic.starts_with(&[0x1f, 0x8b]);
        let zstd = magic.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]);
        let input = Cursor::new(magic).chain(input);
        let input = if gzip {
            Input::Gzip(Box::new(flate2::read::MultiGzDecoder::new(input)))
        } else if zstd {
            Input::Zstd(zstd::stream::read::Decoder::new(input)?)
        } else {
            Input::Plain(input)
        };
        Ok(Self {
            input,
            limits: limits.clone(),
            chunk_bytes: chunk_bytes.max(1),
            file_name: file_name.map(str::to_owned),
            format: None,
            pending: Vec::new(),
            offset: 0,
            ended: false,
            failure: None,
        })
    }

    /// Reads until `want` bytes are pending or the input ends.
    fn fill(&mut self, want: usize) {
        let mut block = vec![0; 64 << 10];
        while self.pending.len() < want && !self.ended {
            match self.input.read(&mut block) {
                Ok(0) => self.ended = true,
                Ok(count) => self.pending.extend_from_slice(block.get(..count).unwrap_or_default()),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.ended = true;
                    self.failure = Some(match self.input.format() {
                        Some(format) => IngestError::DamagedCompression {
                            format,
                            read: self.offset + self.pending.len() as u64,
                        },
                        None => IngestError::Read(error),
                    });
                }
            }
        }
    }

    fn next_chunk(&mut self) -> Result<Option<Chunk>, IngestError> {
        self.fill(self.chunk_bytes);
        let first = self.format.is_none();
        if self.pending.is_empty()
            && let Some(failure) = self.failure.take()
        {
            self.format.get_or_insert(Format::OtlpTracesProto);
            return Err(failure);
        }
        if self.pending.is_empty() && (self.ended && !first) {
            return Ok(None);
        }
        let format =
            *self.format.get_or_insert_with(|| detect(&self.pending, self.file_name.as_deref()));
        let lines = matches!(format, Format::JsonLines)
            || (format == Format::Native && !self.pending.trim_ascii_start().starts_with(b"["));
        let max = usize::try_from(self.limits.max_body_bytes).unwrap_or(usize::MAX);
        let mut want = self.chunk_bytes;
        loop {
            if self.ended {
                break;
            }
            if lines && memchr::memrchr(b'\n', &self.pending).is_some() {
                break;
            }
            if self.pending.len() > max {
                self.ended = true;
                self.pending = Vec::new();
                return Err(IngestError::BodyTooLarge { limit: self.limits.max_body_bytes });
            }
            want = want.saturating_mul(2).min(max.saturating_add(1));
            self.fill(want);
        }
        let end = if lines && (!self.ended || self.failure.is_some()) {
            memchr::memrchr(b'\n', &self.pending).map_or(self.pending.len(), |at| at + 1)
        } else {
            self.pending.len()
        };
        let mut rest = self.pending.split_off(end);
        if self.failure.is_some() && lines {
            // The last line was cut by what the next item tells.
            rest.clear();
        }
        let bytes = std::mem::replace(&mut self.pending, rest);
        let offset = self.offset;
        self.offset += bytes.len() as u64;
        Ok(Some(Chunk { bytes, format, offset }))
    }
}

impl<R: Read> Iterator for Chunks<R> {
    type Item = Result<Chunk, IngestError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_chunk().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(count: usize) -> Vec<u8> {
        let line = |n: usize| {
            format!(
                "{{\"trace_id\":\"{:032x}\",\"span_id\":\"{:016x}\",\"name\":\"s\",\"start_time\":1}}\n",
                n + 1,
                n + 1
            )
        };
        (0..count).map(line).collect::<String>().into_bytes()
    }

    #[test]
    fn lines_come_in_whole_batches_of_bounded_size() {
        let body = lines(1_000);
        let packed = zstd::encode_all(body.as_slice(), 1).unwrap();
        for input in [body.clone(), packed] {
            let chunks = Chunks::new(input.as_slice(), None, 4_096, &Limits::default()).unwrap();
            let chunks: Vec<Chunk> = chunks.map(Result::unwrap).collect();
            assert!(chunks.len() > 1);
            assert!(chunks.iter().all(|chunk| chunk.format == Format::Native));
            assert!(chunks.iter().all(|chunk| chunk.bytes.len() < 140_000));
            let ctx = IngestContext::default();
            let spans: u64 = chunks.iter().map(|chunk| chunk.decode("x", &ctx).counts.spans).sum();
            assert_eq!(spans, 1_000);
        }
    }

    #[test]
    fn an_empty_input_is_an_empty_request() {
        let mut chunks = Chunks::new([].as_slice(), None, 100, &Limits::default()).unwrap();
        let chunk = chunks.next().unwrap().unwrap();
        assert_eq!(chunk.decode("x", &IngestContext::default()).counts, crate::Counts::default());
        assert!(chunks.next().is_none());
    }

    #[test]
    fn lines_before_damage_are_kept() {
        let body = lines(10_000);
        let mut packed = zstd::encode_all(body.as_slice(), 1).unwrap();
        packed.truncate(packed.len() / 2);
        let mut cut = Vec::new();
        let mut encoder = flate2::write::GzEncoder::new(&mut cut, flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, &body).unwrap();
        encoder.finish().unwrap();
        cut.truncate(cut.len() * 9 / 10);
        let limits = Limits::default();
        for input in [packed, cut] {
            let mut chunks = Chunks::new(input.as_slice(), None, 1 << 20, &limits).unwrap();
            let ctx = IngestContext::default();
            let last = chunks.by_ref().map_while(|chunk| {
                let decoded = chunk.ok()?.decode("x", &ctx);
                assert!(decoded.batch.errors.is_empty(), "{:?}", decoded.batch.errors);
                Some(decoded.counts.spans)
            });
            let spans: u64 = last.sum();
            assert!((1..10_000).contains(&spans), "{spans}");
        }
        let mut damaged = Chunks::new([0x1f, 0x8b, 8, 0].as_slice(), None, 100, &limits).unwrap();
        assert_eq!(damaged.next().unwrap().unwrap_err().code(), "damaged_compression");
        assert!(damaged.next().is_none());
    }

    #[test]
    fn a_body_over_the_limit_is_refused() {
        let limits = Limits { max_body_bytes: 1_000, ..Limits::default() };
        let body = vec![b'x'; 5_000];
        let mut chunks = Chunks::new(body.as_slice(), None, 100, &limits).unwrap();
        assert_eq!(chunks.next().unwrap().unwrap_err().code(), "body_too_large");
        assert!(chunks.next().is_none());
    }
}
