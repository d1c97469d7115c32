//! Just enough protobuf to write requests that no exporter would.

/// A varint.
fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

/// A field of bytes.
pub(crate) fn bytes(field: u64, inside: &[u8]) -> Vec<u8> {
    [varint(field << 3 | 2), varint(inside.len() as u64), inside.to_vec()].concat()
}

fn fixed64(field: u64, value: u64) -> Vec<u8> {
    [varint(field << 3 | 1), value.to_le_bytes().to_vec()].concat()
}

/// An attribute of text, or of bytes that should be text.
pub(crate) fn attribute(key: &str, value: &[u8]) -> Vec<u8> {
    bytes(9, &[bytes(1, key.as_bytes()), bytes(2, &bytes(1, value))].concat())
}

/// A span with these ids and times, and encoded attributes.
pub(crate) fn span(trace: &[u8], span: &[u8], times: (u64, u64), attributes: &[u8]) -> Vec<u8> {
    let fields = [
        bytes(1, trace),
        bytes(2, span),
        bytes(5, b"chat"),
        fixed64(7, times.0),
        fixed64(8, times.1),
        attributes.to_vec(),
    ];
    fields.concat()
}

/// When the spans of these tests began, nanoseconds: 17 May 2026.
pub(crate) const START: u64 = 1_779_000_000_000_000_000;

/// A span that nothing is wrong with.
pub(crate) fn good(number: u8, attributes: &[u8]) -> Vec<u8> {
    span(&[number; 16], &[number; 8], (START, START + 1_000_000), attributes)
}

/// A request of spans.
pub(crate) fn request(spans: &[Vec<u8>]) -> Vec<u8> {
    let spans: Vec<u8> = spans.iter().flat_map(|span| bytes(2, span)).collect();
    bytes(1, &bytes(2, &spans))
}
