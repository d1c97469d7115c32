//! Binary parts: images, audio and other base64 in messages are kept as hash, size and type only.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::detect::bytes::{at, cut, run, run_back};
use crate::detect::value::Mix;
use crate::key::HmacKey;

/// A run of base64 shorter than this is text, an id, a signature; 512 characters are 384 bytes.
const MIN_RUN: usize = 512;

static BASE64: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b";base64,"));

fn is_base64(c: u8) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, b'+' | b'/' | b'-' | b'_')
}

/// Replaces every base64 body of at least 512 characters, and every `data:` URL's body of at least
/// 64, by `binary:TYPE;bytes=N;hmac=HEX`. The marker needs no escapes, so the text may be JSON at
/// any depth. Without a key there is no hash: an unkeyed one would tell who knows the picture.
/// Returns how many were replaced.
pub fn strip_binary<'t>(text: &'t str, key: Option<&HmacKey>) -> (Cow<'t, str>, u64) {
    let b = text.as_bytes();
    let mut out = String::new();
    let (mut done, mut count, mut i) = (0, 0, 0);
    while let Some((start, end)) = next_body(b, i) {
        i = end;
        let (url, kind) = data_url(b, start);
        if Mix::of(cut(b, start, (start + 1024).min(end))).turns < 16 {
            continue;
        }
        let padded = run(b, end, 2, |c| c == b'=');
        out.push_str(text.get(done..url).unwrap_or(""));
        let body = cut(b, start, end);
        let bytes = body.len() * 3 / 4;
        let kind = kind.unwrap_or_else(|| sniff(body));
        out.push_str("binary:");
        out.push_str(&kind);
        out.push_str(";bytes=");
        out.push_str(&bytes.to_string());
        if let Some(key) = key {
            out.push_str(";hmac=");
            out.push_str(&key.hash(body));
        }
        count += 1;
        done = padded;
        i = padded;
    }
    if count == 0 {
        return (Cow::Borrowed(text), 0);
    }
    out.push_str(text.get(done..).unwrap_or(""));
    (Cow::Owned(out), count)
}

/// The next long run of base64 from `i`. Looks at the last byte of every window first, so prose is
/// skipped a window at a time.
fn next_body(b: &[u8], i: usize) -> Option<(usize, usize)> {
    let mut pos = i;
    let url = BASE64.find(cut(b, i, b.len())).map(|n| i + n + 8);
    while pos + MIN_RUN <= b.len() {
        let window = cut(b, pos, pos + MIN_RUN);
        if let Some(n) = window.iter().rposition(|&c| !is_base64(c)) {
            pos += n + 1;
        } else {
            let body = short_url_body(b, url, pos);
            return body.or_else(|| Some((pos, run(b, pos, usize::MAX, is_base64))));
        }
    }
    short_url_body(b, url, b.len())
}

fn short_url_body(b: &[u8], url: Option<usize>, before: usize) -> Option<(usize, usize)> {
    let mut url = url?;
    while url < before {
        let end = run(b, url, usize::MAX, is_base64);
        if end - url >= 64 {
            return Some((url, end));
        }
        url += BASE64.find(cut(b, url, b.len()))? + 8;
    }
    None
}

/// Where the `data:` URL of the body at `start` begins, and its type.
fn data_url(b: &[u8], start: usize) -> (usize, Option<String>) {
    let head = start.saturating_sub(8);
    if cut(b, head, start) != b";base64," {
        return (start, None);
    }
    let kind = run_back(b, head, 100, |c| {
        c.is_ascii_alphanumeric() || matches!(c, b'/' | b'-' | b'+' | b'.' | b';' | b'=')
    });
    let data = kind.saturating_sub(5);
    if cut(b, data, kind) != b"data:" {
        return (start, None);
    }
    let name =
        String::from_utf8_lossy(cut(b, kind, head)).split(';').next().unwrap_or("").to_owned();
    (data, Some(name).filter(|n| !n.is_empty()))
}

/// The type by the first bytes, as they look in base64.
fn sniff(body: &[u8]) -> String {
    let known: [(&[u8], &str); 10] = [
        (b"iVBORw0KGgo", "image/png"),
        (b"/9j/", "image/jpeg"),
        (b"R0lGOD", "image/gif"),
        (b"JVBERi0", "application/pdf"),
        (b"SUQz", "audio/mpeg"),
        (b"T2dnUw", "audio/ogg"),
        (b"UEsDB", "application/zip"),
        (b"H4sI", "application/gzip"),
        (b"GkXfo", "video/webm"),
        (b"Zkxh", "audio/flac"),
    ];
    let riff = if at(body, 10) == b'X' { "audio/wav" } else { "image/webp" };
    known
        .iter()
        .find(|(magic, _)| body.starts_with(magic))
        .map_or(
            if body.starts_with(b"UklGR") { riff } else { "application/octet-stream" },
            |(_, kind)| kind,
        )
        .to_owned()
}
