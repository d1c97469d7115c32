//! Id filters: which trace, span and eval ids a data file may hold.
//!
//! A filter is an accelerator, rebuildable from its file. It never says no to an id that is there.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use spanlake_model::Table;
use xorf::{BinaryFuse16, Descriptor, DmaSerializable as _, Filter as _};

use crate::key::{group_key, member_key};

/// Hashes bytes. Part of the filters' format on disk: FNV-1a over 8-byte little-endian words, the
/// last zero-padded, then the length, then murmur's finalizer.
pub(crate) fn stable_hash(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for chunk in bytes.chunks(8) {
        let mut word = [0_u8; 8];
        for (to, from) in word.iter_mut().zip(chunk) {
            *to = *from;
        }
        hash = (hash ^ u64::from_le_bytes(word)).wrapping_mul(0x0000_0100_0000_01b3);
        hash ^= hash >> 32;
    }
    hash ^= bytes.len() as u64;
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

/// Returns what a filter holds of a trace or evaluation.
pub(crate) fn group_hash(group: u128) -> u64 {
    stable_hash(&group.to_le_bytes())
}

/// Returns what a filter holds of a span.
pub(crate) fn member_hash(member: u64) -> u64 {
    stable_hash(&member.to_le_bytes())
}

/// A set of ids with one false positive in 65,536, 18 bits an id.
#[derive(Clone, Default)]
pub struct IdSet(Option<BinaryFuse16>);

impl IdSet {
    /// Builds the set from hashes of ids' keys; `None` in the rare case that no filter can be built.
    pub(crate) fn build(mut hashes: Vec<u64>) -> Option<Self> {
        hashes.sort_unstable();
        hashes.dedup();
        if hashes.is_empty() {
            return Some(Self(None));
        }
        BinaryFuse16::try_from(&hashes).ok().map(|filter| Self(Some(filter)))
    }

    /// Whether an id with this hash may be in the set.
    pub(crate) fn may_contain_hash(&self, hash: u64) -> bool {
        self.0.as_ref().is_some_and(|filter| filter.contains(&hash))
    }
}

impl fmt::Debug for IdSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdSet({} bytes)", self.0.as_ref().map_or(0, |filter| filter.len() * 2))
    }
}

/// The id sets of one file; an absent one says nothing.
#[derive(Clone, Debug, Default)]
pub struct IdFilters {
    /// Trace ids.
    pub traces: Option<IdSet>,
    /// Span ids.
    pub spans: Option<IdSet>,
    /// Eval ids.
    pub evals: Option<IdSet>,
}

/// First bytes of a persisted filter; the digit is the format's version.
const MAGIC: &[u8; 8] = b"SLIDX\x001\n";
/// Bytes of a fuse descriptor: seed u64, segment length, mask and count length u32.
const DESCRIPTOR_BYTES: usize = 20;

impl IdFilters {
    /// Encodes the sets.
    ///
    /// ```text
    /// magic [8] · 3 × (tag u8: 0 unknown, 1 empty, 2 fuse · [descriptor [20] · n u32 · n × u16]) · crc32
    /// ```
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        for set in [&self.traces, &self.spans, &self.evals] {
            match set {
                None => bytes.push(0),
                Some(IdSet(None)) => bytes.push(1),
                Some(IdSet(Some(filter))) => {
                    bytes.push(2);
                    let mut descriptor = [0; DESCRIPTOR_BYTES];
                    filter.dma_copy_descriptor_to(&mut descriptor);
                    bytes.extend_from_slice(&descriptor);
                    bytes.extend_from_slice(&(filter.fingerprints.len() as u32).to_le_bytes());
                    bytes.extend(filter.fingerprints.iter().flat_map(|print| print.to_le_bytes()));
                }
            }
        }
        let crc = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Decodes what [`Self::encode`] wrote; `None` when it is anything else.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (body, crc) = bytes.split_last_chunk::<4>()?;
        if crc32fast::hash(body) != u32::from_le_bytes(*crc) {
            return None;
        }
        let mut rest = body.strip_prefix(MAGIC)?;
        let traces = decode_set(&mut rest)?;
        let spans = decode_set(&mut rest)?;
        let evals = decode_set(&mut rest)?;
        rest.is_empty().then_some(Self { traces, spans, evals })
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}

#[expect(clippy::option_option, reason = "damaged, unknown and known are three things")]
fn decode_set(rest: &mut &[u8]) -> Option<Option<IdSet>> {
    match take::<1>(rest)? {
        [0] => Some(None),
        [1] => Some(Some(IdSet(None))),
        [2] => {
            let descriptor = Descriptor {
                seed: u64::from_le_bytes(take(rest)?),
                segment_length: u32::from_le_bytes(take(rest)?),
                segment_length_mask: u32::from_le_bytes(take(rest)?),
                segment_count_length: u32::from_le_bytes(take(rest)?),
            };
            let count = u32::from_le_bytes(take(rest)?) as usize;
            let (prints, tail) = rest.split_at_checked(count.checked_mul(2)?)?;
            *rest = tail;
            // The largest index that a lookup may compute stays inside the fingerprints.
            let reach = u64::from(descriptor.segment_count_length)
                + 2 * u64::from(descriptor.segment_length)
                + u64::from(descriptor.segment_length_mask);
            if reach > count as u64 + u64::from(descriptor.segment_length) {
                return None;
            }
            let fingerprints =
                prints.as_chunks::<2>().0.iter().map(|print| u16::from_le_bytes(*print)).collect();
            Some(Some(IdSet(Some(BinaryFuse16 { descriptor, fingerprints }))))
        }
        _ => None,
    }
}

/// A file's id sets: known, still to be read from its sidecar, or unknown.
#[derive(Debug, Default)]
pub struct FileFilter {
    sets: OnceLock<Option<IdFilters>>,
    sidecar: Option<Sidecar>,
}

#[derive(Debug)]
struct Sidecar {
    store: Arc<dyn ObjectStore>,
    path: Path,
    /// The same file on this machine, so that a planner that cannot wait may read it.
    local: Option<PathBuf>,
}

impl FileFilter {
    /// A filter that is known.
    pub fn known(filters: IdFilters) -> Self {
        Self { sets: OnceLock::from(Some(filters)), sidecar: None }
    }

    /// A filter of the ids that a file's rows have.
    pub fn of_ids<'a>(
        trace_ids: impl IntoIterator<Item = &'a str>,
        span_ids: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let traces = trace_ids.into_iter().map(|id| group_hash(group_key(id))).collect();
        let spans = span_ids.into_iter().map(|id| member_hash(member_key(id))).collect();
        Self::known(IdFilters {
            traces: IdSet::build(traces),
            spans: IdSet::build(spans),
            evals: None,
        })
    }

    /// A filter that says nothing.
    pub fn unknown() -> Self {
        Self::default()
    }

    /// A filter that is read from its sidecar when first asked, or by [`Self::load`].
    pub(crate) fn sidecar(store: Arc<dyn ObjectStore>, path: Path, local: Option<PathBuf>) -> Self {
        Self { sets: OnceLock::new(), sidecar: Some(Sidecar { store, path, local }) }
    }

    /// Reads the sidecar of a store that is not on this machine, so that later questions are
    /// answered. A missing or damaged sidecar leaves the filter unknown.
    pub async fn load(&self) {
        if self.sets.get().is_some() {
            return;
        }
        let Some(sidecar) = &self.sidecar else { return };
        let read = async {
            let result = sidecar.store.get(&sidecar.path).await.ok()?;
            IdFilters::decode(&result.bytes().await.ok()?)
        };
        let sets = read.await;
        drop(self.sets.set(sets));
    }

    /// Whether the sidecar was read and found to be missing or damaged.
    pub(crate) fn is_damaged(&self) -> bool {
        self.sidecar.is_some() && matches!(self.sets.get(), Some(None))
    }

    /// Whether the file may hold rows of the trace; `true` when unknown.
    pub fn may_contain_trace(&self, trace_id: &str) -> bool {
        self.may_contain_trace_hash(group_hash(group_key(trace_id)))
    }

    /// Whether the file may hold rows of the span; `true` when unknown.
    pub fn may_contain_span(&self, span_id: &str) -> bool {
        self.may_contain_span_hash(member_hash(member_key(span_id)))
    }

    /// As [`Self::may_contain_span`], by [`member_hash`].
    pub(crate) fn may_contain_span_hash(&self, hash: u64) -> bool {
        self.ask(|sets| sets.spans.as_ref(), hash)
    }

    /// Whether the file may hold the evaluation; `true` when unknown.
    pub fn may_contain_eval(&self, eval_id: &str) -> bool {
        let hash = group_hash(group_key(eval_id));
        self.ask(|sets| sets.evals.as_ref(), hash)
    }

    /// As [`Self::may_contain_trace`], by [`group_hash`].
    pub(crate) fn may_contain_trace_hash(&self, hash: u64) -> bool {
        self.ask(|sets| sets.traces.as_ref(), hash)
    }

    /// Whether the file may hold a row of a keyed table whose group has this [`group_hash`].
    pub(crate) fn may_contain_group_hash(&self, table: Table, hash: u64) -> bool {
        match table {
            Table::Evals => self.may_contain_eval_hash(hash),
            _ => self.may_contain_trace_hash(hash),
        }
    }

    /// As [`Self::may_contain_eval`], by [`group_hash`].
    pub(crate) fn may_contain_eval_hash(&self, hash: u64) -> bool {
        self.ask(|sets| sets.evals.as_ref(), hash)
    }

    fn sets(&self) -> Option<&IdFilters> {
        let read = || {
            let local = self.sidecar.as_ref()?.local.as_ref()?;
            IdFilters::decode(&std::fs::read(local).ok()?)
        };
        match &self.sidecar {
            Some(Sidecar { local: None, .. }) => self.sets.get()?.as_ref(),
            _ => self.sets.get_or_init(read).as_ref(),
        }
    }

    fn ask(&self, set: impl Fn(&IdFilters) -> Option<&IdSet>, hash: u64) -> bool {
        self.sets().and_then(set).is_none_or(|set| set.may_contain_hash(hash))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_knows_its_ids_and_few_others() {
        let ids: Vec<String> = (0..2_000).map(|n| format!("{n:032x}")).collect();
        let hashes = ids.iter().map(|id| group_hash(group_key(id))).collect();
        let filter = FileFilter::known(IdFilters {
            traces: IdSet::build(hashes),
            spans: IdSet::build(Vec::new()),
            evals: None,
        });
        assert!(ids.iter().all(|id| filter.may_contain_trace(id)));
        let wrong =
            (2_000..22_000).filter(|n| filter.may_contain_trace(&format!("{n:032x}"))).count();
        assert!(wrong < 10, "{wrong} false positives of 20,000");
        let sets = filter.sets.get().and_then(Option::as_ref).unwrap();
        let bytes = sets.encode();
        let again = FileFilter::known(IdFilters::decode(&bytes).unwrap());
        assert!(ids.iter().all(|id| again.may_contain_trace(id)));
        for cut in [0, 7, 30, bytes.len() - 1] {
            assert!(IdFilters::decode(&bytes[..cut]).is_none(), "{cut}");
        }
        assert!(!filter.may_contain_span("00"));
        assert!(filter.may_contain_eval("00"), "unknown is maybe");
    }
}
