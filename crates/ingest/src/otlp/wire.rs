//! A protobuf reader that keeps going: unknown fields are skipped, broken text is repaired, and a
//! container that ends too early still gives what it holds whole.

use std::borrow::Cow;

/// One field's value, by wire type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Field<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    Bytes(&'a [u8]),
}

/// The bytes are no protobuf from here on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WireError {
    /// They end inside a field.
    Truncated,
    /// A tag or a varint that cannot be.
    Malformed,
}

/// Walks the fields of one message.
#[derive(Clone, Debug)]
pub(crate) struct Fields<'a> {
    bytes: &'a [u8],
    position: usize,
    /// Whether a last field that is longer than the message is handed out short.
    clamp: bool,
    /// Whether that has happened.
    pub(crate) clamped: bool,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0, clamp: false, clamped: false }
    }

    /// Walks a message whose last field may be cut off.
    pub(crate) fn clamping(bytes: &'a [u8]) -> Self {
        Self { clamp: true, ..Self::new(bytes) }
    }

    /// Returns the next field's number and value, or `None` at the end.
    pub(crate) fn next_field(&mut self) -> Result<Option<(u32, Field<'a>)>, WireError> {
        if self.position >= self.bytes.len() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let number = u32::try_from(tag >> 3).ok().filter(|number| *number != 0);
        let number = number.ok_or(WireError::Malformed)?;
        let value = match tag & 7 {
            0 => Field::Varint(self.varint()?),
            1 => Field::Fixed64(u64::from_le_bytes(self.array()?)),
            5 => Field::Fixed32(u32::from_le_bytes(self.array()?)),
            2 => Field::Bytes(self.delimited()?),
            _ => return Err(WireError::Malformed),
        };
        Ok(Some((number, value)))
    }

    fn delimited(&mut self) -> Result<&'a [u8], WireError> {
        let length = usize::try_from(self.varint()?).map_err(|_| WireError::Truncated)?;
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        if let Some(bytes) = rest.get(..length) {
            self.position += length;
            return Ok(bytes);
        }
        if !self.clamp {
            return Err(WireError::Truncated);
        }
        self.clamped = true;
        self.position = self.bytes.len();
        Ok(rest)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let bytes = self.bytes.get(self.position..).unwrap_or_default();
        let array = bytes.first_chunk::<N>().ok_or(WireError::Truncated)?;
        self.position += N;
        Ok(*array)
    }

    fn varint(&mut self) -> Result<u64, WireError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = *self.bytes.get(self.position).ok_or(WireError::Truncated)?;
            self.position += 1;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(WireError::Malformed)
    }
}

/// Reads text, repairing what is not UTF-8.
pub(crate) fn text(bytes: &[u8]) -> Cow<'_, str> {
    // Checking first is several times faster than repairing what is whole.
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

/// Returns where `inner`, a slice of `outer`, begins in it.
pub(crate) fn offset_in(outer: &[u8], inner: &[u8]) -> usize {
    (inner.as_ptr() as usize).saturating_sub(outer.as_ptr() as usize)
}
