//! Id filters: which trace, span and eval ids a data file may hold.
//!
//! A filter is an accelerator, rebuildable from its file. It never says no to an id that is there.

use std::fmt;
use std::sync::OnceLock;

use xorf::{BinaryFuse16, Filter as _};

/// Hashes an id. Part of the filters' format on disk: FNV-1a over 8-byte little-endian words, the
/// last zero-padded, then the length, then murmur's finalizer.
pub fn stable_hash(id: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for chunk in id.chunks(8) {
        let mut word = [0_u8; 8];
        for (to, from) in word.iter_mut().zip(chunk) {
            *to = *from;
        }
        hash = (hash ^ u64::from_le_bytes(word)).wrapping_mul(0x0000_0100_0000_01b3);
        hash ^= hash >> 32;
    }
    hash ^= id.len() as u64;
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

/// A set of ids with one false positive in 65,536, 18 bits an id.
#[derive(Clone, Default)]
pub struct IdSet(Option<BinaryFuse16>);

impl IdSet {
    /// Builds the set from hashes; `None` in the rare case that no filter can be built.
    pub fn build(mut hashes: Vec<u64>) -> Option<Self> {
        hashes.sort_unstable();
        hashes.dedup();
        if hashes.is_empty() {
            return Some(Self(None));
        }
        BinaryFuse16::try_from(&hashes).ok().map(|filter| Self(Some(filter)))
    }

    /// Whether the id may be in the set.
    pub fn may_contain(&self, id: &str) -> bool {
        self.0.as_ref().is_some_and(|filter| filter.contains(&stable_hash(id.as_bytes())))
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

/// A file's id sets, known or not.
#[derive(Debug, Default)]
pub struct FileFilter {
    sets: OnceLock<IdFilters>,
}

impl FileFilter {
    /// A filter that is known.
    pub fn known(filters: IdFilters) -> Self {
        Self { sets: OnceLock::from(filters) }
    }

    /// A filter that says nothing.
    pub fn unknown() -> Self {
        Self::default()
    }

    /// Whether the file may hold rows of the trace; `true` when unknown.
    pub fn may_contain_trace(&self, trace_id: &str) -> bool {
        self.ask(|sets| sets.traces.as_ref(), trace_id)
    }

    /// Whether the file may hold rows of the span; `true` when unknown.
    pub fn may_contain_span(&self, span_id: &str) -> bool {
        self.ask(|sets| sets.spans.as_ref(), span_id)
    }

    /// Whether the file may hold the evaluation; `true` when unknown.
    pub fn may_contain_eval(&self, eval_id: &str) -> bool {
        self.ask(|sets| sets.evals.as_ref(), eval_id)
    }

    fn ask(&self, set: impl Fn(&IdFilters) -> Option<&IdSet>, id: &str) -> bool {
        self.sets.get().and_then(set).is_none_or(|set| set.may_contain(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_knows_its_ids_and_few_others() {
        let ids: Vec<String> = (0..2_000).map(|n| format!("{n:032x}")).collect();
        let hashes = ids.iter().map(|id| stable_hash(id.as_bytes())).collect();
        let filter = FileFilter::known(IdFilters {
            traces: IdSet::build(hashes),
            spans: IdSet::build(Vec::new()),
            evals: None,
        });
        assert!(ids.iter().all(|id| filter.may_contain_trace(id)));
        let wrong =
            (2_000..22_000).filter(|n| filter.may_contain_trace(&format!("{n:032x}"))).count();
        assert!(wrong < 10, "{wrong} false positives of 20,000");
        assert!(!filter.may_contain_span("00"));
        assert!(filter.may_contain_eval("00"), "unknown is maybe");
    }
}
