//! gzip and zstd, found by their magic bytes, bounded in size and ratio.

use std::borrow::Cow;
use std::io::Read;

use crate::context::Limits;
use crate::error::IngestError;

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
/// A small body may expand freely: ratios only matter when they cost memory.
const FREE_BYTES: u64 = 1 << 20;

/// Decompresses a body if its magic says gzip or zstd; other bytes pass through.
///
/// # Errors
/// When the stream is damaged, or larger than the limits allow.
pub fn decompress<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Cow<'a, [u8]>, IngestError> {
    if bytes.starts_with(GZIP) {
        read_bounded(flate2::read::MultiGzDecoder::new(bytes), "gzip", bytes.len(), limits)
    } else if bytes.starts_with(ZSTD) {
        let decoder = zstd::stream::read::Decoder::new(bytes)
            .map_err(|_| IngestError::DamagedCompression { format: "zstd", read: 0 })?;
        read_bounded(decoder, "zstd", bytes.len(), limits)
    } else if bytes.len() as u64 > limits.max_body_bytes {
        Err(IngestError::BodyTooLarge { limit: limits.max_body_bytes })
    } else {
        Ok(Cow::Borrowed(bytes))
    }
}

/// Whether the bytes begin like a compressed stream.
pub(crate) fn is_compressed(bytes: &[u8]) -> bool {
    bytes.starts_with(GZIP) || bytes.starts_with(ZSTD)
}

fn read_bounded(
    decoder: impl Read,
    format: &'static str,
    compressed: usize,
    limits: &Limits,
) -> Result<Cow<'static, [u8]>, IngestError> {
    let by_ratio = FREE_BYTES.max((compressed as u64).saturating_mul(limits.max_expansion));
    let bound = by_ratio.min(limits.max_body_bytes);
    let mut out = Vec::new();
    let result = decoder.take(bound.saturating_add(1)).read_to_end(&mut out);
    if out.len() as u64 > bound {
        return Err(if by_ratio < limits.max_body_bytes {
            IngestError::ExpansionTooLarge { limit: limits.max_expansion }
        } else {
            IngestError::BodyTooLarge { limit: limits.max_body_bytes }
        });
    }
    match result {
        Ok(_) => Ok(Cow::Owned(out)),
        Err(_) => Err(IngestError::DamagedCompression { format, read: out.len() as u64 }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn both_formats_expand_and_plain_bytes_pass() {
        let limits = Limits::default();
        let text = b"hello hello hello".as_slice();
        assert_eq!(decompress(&gzip(text), &limits).unwrap().as_ref(), text);
        let packed = zstd::encode_all(text, 3).unwrap();
        assert_eq!(decompress(&packed, &limits).unwrap().as_ref(), text);
        assert!(matches!(decompress(text, &limits), Ok(Cow::Borrowed(_))));
    }

    #[test]
    fn bombs_and_damage_are_refused() {
        let limits = Limits { max_expansion: 10, ..Limits::default() };
        let bomb = gzip(&vec![0; 20 << 20]);
        assert_eq!(decompress(&bomb, &limits).unwrap_err().code(), "expansion_too_large");
        let limits = Limits { max_body_bytes: 1_000, ..Limits::default() };
        assert_eq!(decompress(&bomb, &limits).unwrap_err().code(), "body_too_large");
        let mut cut = gzip(&[7; 5_000]);
        cut.truncate(cut.len() - 9);
        let error = decompress(&cut, &Limits::default()).unwrap_err();
        assert_eq!(error.code(), "damaged_compression");
        assert!(error.is_invalid_input());
    }
}
