//! Overrides: which older versions the rows of a data file replace.
//!
//! A file whose flush held new versions of flushed rows has a sidecar that names their keys and
//! versions. Keys, not row numbers, so that compaction cannot invalidate them. The sidecar counts
//! only while its file is active.
//!
//! ```text
//! _store/overrides/<table>/<file> =
//!     magic [8] · flags u32 · n u32 · n × (group u128 · member u64 · rank u64 · writer u128) · crc32
//! flags bit 0: they may hide rows of their own file
//! ```
//! The first format had neither flags nor writers: there an override says nothing of another
//! writer's version with the same number.

use std::collections::HashMap;

use crate::key::{RowKey, Version};
use crate::keys::FileKeys;

const MAGIC: &[u8; 8] = b"SLOVR\x002\n";
const ENTRY_BYTES: usize = 16 + 8 + 8 + 16;
const MAGIC_V1: &[u8; 8] = b"SLOVR\x001\n";
const ENTRY_BYTES_V1: usize = 16 + 8 + 8;

/// Keys and the newest version that is known of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Overrides {
    newest: HashMap<RowKey, Version, ahash::RandomState>,
    /// Whether rows of the file that has them may be dead: another writer's are newer.
    pub(crate) hide_own: bool,
}

const HIDE_OWN: u32 = 1;

impl Overrides {
    pub(crate) fn is_empty(&self) -> bool {
        self.newest.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.newest.len()
    }

    /// Forgets keys; whether there were some.
    pub(crate) fn forget(&mut self, keys: &Self) -> bool {
        let before = self.newest.len();
        self.newest.retain(|key, _| !keys.newest.contains_key(key));
        self.newest.len() != before
    }

    /// Says that a key's versions below this one are dead.
    pub(crate) fn insert(&mut self, key: RowKey, version: Version) {
        let known = self.newest.entry(key).or_default();
        *known = version.max(*known);
    }

    pub(crate) fn extend(&mut self, other: &Self) {
        for (key, version) in &other.newest {
            self.insert(*key, *version);
        }
    }

    pub(crate) fn get(&self, key: RowKey) -> Option<Version> {
        self.newest.get(&key).copied()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (RowKey, Version)> + '_ {
        self.newest.iter().map(|(key, version)| (*key, *version))
    }

    /// Returns the rows of a file that these overrides make dead.
    pub(crate) fn dead_rows(&self, keys: &FileKeys) -> Vec<u32> {
        self.iter()
            .flat_map(|(key, newest)| {
                keys.rows_of(key).filter(move |(_, version)| *version < newest)
            })
            .map(|(row, _)| row)
            .collect()
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut entries: Vec<_> = self.iter().collect();
        entries.sort_unstable();
        let mut bytes = MAGIC.to_vec();
        let flags = if self.hide_own { HIDE_OWN } else { 0 };
        bytes.extend_from_slice(&flags.to_le_bytes());
        bytes.extend_from_slice(&(entries.len() as u32).to_le_bytes());
        for (key, version) in entries {
            bytes.extend_from_slice(&key.group.to_le_bytes());
            bytes.extend_from_slice(&key.member.to_le_bytes());
            bytes.extend_from_slice(&version.rank.to_le_bytes());
            bytes.extend_from_slice(&version.writer.to_le_bytes());
        }
        let crc = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Decodes what [`Self::encode`] wrote; the error names the check that failed.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, &'static str> {
        let (body, crc) = bytes.split_last_chunk::<4>().ok_or("too short")?;
        if crc32fast::hash(body) != u32::from_le_bytes(*crc) {
            return Err("checksum differs");
        }
        if let Some(rest) = body.strip_prefix(MAGIC) {
            let (flags, rest) = rest.split_first_chunk::<4>().ok_or("too short")?;
            let mut overrides = decode_entries::<ENTRY_BYTES>(rest)?;
            overrides.hide_own = u32::from_le_bytes(*flags) & HIDE_OWN != 0;
            Ok(overrides)
        } else if let Some(rest) = body.strip_prefix(MAGIC_V1) {
            decode_entries::<ENTRY_BYTES_V1>(rest)
        } else {
            Err("not an overrides file")
        }
    }
}

fn decode_entries<const BYTES: usize>(rest: &[u8]) -> Result<Overrides, &'static str> {
    let (count, rest) = rest.split_first_chunk::<4>().ok_or("too short")?;
    let (entries, tail) = rest.as_chunks::<BYTES>();
    if entries.len() != u32::from_le_bytes(*count) as usize || !tail.is_empty() {
        return Err("length differs");
    }
    let mut overrides = Overrides::default();
    for entry in entries {
        let (group, rest) = entry.split_first_chunk::<16>().ok_or("too short")?;
        let (member, rest) = rest.split_first_chunk::<8>().ok_or("too short")?;
        let (rank, rest) = rest.split_first_chunk::<8>().ok_or("too short")?;
        let writer = rest.first_chunk::<16>().map_or(0, |writer| u128::from_le_bytes(*writer));
        let key =
            RowKey { group: u128::from_le_bytes(*group), member: u64::from_le_bytes(*member) };
        overrides.insert(key, Version { rank: u64::from_le_bytes(*rank), writer });
    }
    Ok(overrides)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::KeysBuilder;

    #[test]
    fn overrides_kill_older_versions_only_and_survive_the_disk() {
        let key = |member| RowKey { group: 7, member };
        let version = |is_final, number| Version::new(is_final, number, "m");
        let mut overrides = Overrides::default();
        overrides.insert(key(1), version(true, 5));
        overrides.insert(key(1), version(true, 4));
        overrides.insert(key(9), version(true, 4));
        let mut builder = KeysBuilder::default();
        builder.push(key(1), version(true, 4), 0);
        builder.push(key(1), version(false, 9), 1);
        builder.push(key(1), version(true, 5), 2);
        builder.push(key(2), version(true, 1), 3);
        // The same number of two other writers: one id is before, one behind.
        builder.push(key(1), Version::new(true, 5, "a"), 4);
        builder.push(key(1), Version::new(true, 5, "z"), 5);
        let mut dead = overrides.dead_rows(&builder.finish());
        dead.sort_unstable();
        assert_eq!(dead, [0, 1, 4]);
        let bytes = overrides.encode();
        assert_eq!(Overrides::decode(&bytes), Ok(overrides));
        for cut in 0..bytes.len() {
            assert!(Overrides::decode(&bytes[..cut]).is_err());
        }
        let mut flipped = bytes.clone();
        flipped[14] ^= 1;
        assert_eq!(Overrides::decode(&flipped), Err("checksum differs"));
    }
    #[test]
    fn overrides_of_the_first_format_are_read() {
        let mut bytes = MAGIC_V1.to_vec();
        bytes.extend_from_slice(&1_u32.to_le_bytes());
        bytes.extend_from_slice(&7_u128.to_le_bytes());
        bytes.extend_from_slice(&1_u64.to_le_bytes());
        bytes.extend_from_slice(&((1_u64 << 63) | 5).to_le_bytes());
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
        let overrides = Overrides::decode(&bytes).unwrap();
        let newest = overrides.get(RowKey { group: 7, member: 1 }).unwrap();
        assert!(newest > Version::new(true, 4, "z") && newest <= Version::new(true, 5, ""));
    }
}
