//! Addresses of hosts.

use super::Hit;
use super::bytes::{at, before, cut, is_word, joined_after, joined_before, run, run_back};
use super::numbers::{Groups, near};
use crate::class::Class;
use std::net::Ipv6Addr;

/// Dotted quads that are neither loopback, unspecified nor broadcast, and no version number.
pub(crate) fn four(b: &[u8], groups: &Groups, out: &mut Vec<Hit>) -> Option<usize> {
    if groups.len < 4 || (0..3).any(|n| groups.sep(n) != b'.') || groups.sep(3) == b'.' {
        return None;
    }
    let mut octets = [0u16; 4];
    for (n, octet) in octets.iter_mut().enumerate() {
        let (start, end) = groups.group(n);
        if end - start > 3 || (end - start > 1 && at(b, start) == b'0') {
            return None;
        }
        *octet = cut(b, start, end).iter().fold(0, |acc, &c| acc * 10 + u16::from(c - b'0'));
        if *octet > 255 {
            return None;
        }
    }
    let (start, end) = (groups.start(), groups.group(3).1);
    if joined_after(b, end) || (at(b, end) == b'.' && at(b, end + 1).is_ascii_digit()) {
        return None;
    }
    // Nobody's: loopback, unspecified, masks and the broadcast address.
    let loopback = matches!(octets[0], 0 | 127 | 255);
    let product = before(b, start) == b'/' && start >= 2 && at(b, start - 2).is_ascii_alphabetic();
    let small = octets.iter().all(|&o| o < 10);
    let version = near(
        b,
        start,
        16,
        &["version", "ver.", "release", "build", "firmware", " v", "chrome", "section", "oid"],
    ) || near(b, start, 40, &["upgrad", "downgrad", "updated", "bumped", "patched"])
        || matches!(before(b, start), b'v' | b'^' | b'~')
        || before(b, start) == b'-' && is_word(before(b, start - 1))
        || (before(b, start) == b'=' && start >= 2 && at(b, start - 2) == b'=')
        || revision(b, end);
    let named = near(
        b,
        start,
        24,
        &["ip", "host", "addr", "client", "server", "peer", "dns", "remote", "inet", "://"],
    ) || !version && near(b, start, 8, &["from"]);
    if loopback || product || version && !named || small && !named {
        return Some(end);
    }
    out.push(Hit::new(start, end, Class::IpAddress, "ipv4"));
    Some(end)
}

/// Whether what stands at `end` goes on as versions do: `-rc2`, `-1ubuntu3`, `+build`, `_p1`.
fn revision(b: &[u8], end: usize) -> bool {
    let tail = run(b, end + 1, 24, |c| c.is_ascii_alphanumeric());
    matches!(at(b, end), b'-' | b'+' | b'~')
        && tail > end + 1
        && !(at(b, tail) == b'.' && at(b, tail + 1).is_ascii_alphanumeric())
}

/// The run of hex digits and colons around `i`, if it is an IPv6 address that names a host.
pub(crate) fn six(b: &[u8], i: usize, out: &mut Vec<Hit>) {
    let keep = |c: u8| c.is_ascii_hexdigit() || c == b':';
    let mut start = run_back(b, i, 45, keep);
    let mut end = run(b, i, 45, |c| keep(c) || c == b'.');
    // `peer:2001:db8::1` and a sentence's colon.
    while start < i && at(b, start) == b':' && at(b, start + 1) != b':' {
        start += 1;
    }
    while end > i
        && matches!(at(b, end - 1), b':' | b'.')
        && !(at(b, end - 1) == b':' && before(b, end - 1) == b':')
    {
        end -= 1;
    }
    let text = cut(b, start, end);
    let colons = text.split(|&c| c == b':').count() - 1;
    if colons < 2
        || text.len() < 6
        || out.last().is_some_and(|hit| hit.end >= end && hit.start <= start)
    {
        return;
    }
    if joined_before(b, start) || joined_after(b, end) {
        return;
    }
    let Ok(text) = std::str::from_utf8(text) else { return };
    let Ok(address) = text.parse::<Ipv6Addr>() else { return };
    let groups = text.split(':').filter(|part| !part.is_empty()).count();
    if address.is_loopback()
        || address.is_unspecified()
        || groups < 3 && !text.split(':').any(|part| part.len() == 4)
    {
        return;
    }
    out.push(Hit::new(start, end, Class::IpAddress, "ipv6"));
}
