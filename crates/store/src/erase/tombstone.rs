//! Tombstones: what remembers an erasure without naming whom it erased.
//!
//! ```text
//! _store/erasures/<id>.json          keyed hashes of the subject's forms, hashes of its traces, state
//! _store/erasures/<id>.<table>       keys of the rows to erase, in the format of overrides; gone at the end
//! ```
//! As long as an erasure is open, its keys hide rows in every process that opens or refreshes the
//! store. Its tombstone stays: rows of the subject that are older than the erasure, and rows of its
//! traces, are not taken any more.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use spanlake_model::{Micros, Rows, Table};

use super::owner::{Identity, Owned as _};
use super::subject::{EraseKey, Subject, SubjectKind, keyed_hash};
use crate::filter::group_hash;
use crate::key::{RowKey, group_key};
use crate::overrides::Overrides;

/// How far an erasure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// Nothing of the subject is taken any more; its rows are being looked for.
    Begun,
    /// Its rows are hidden, and are being rewritten.
    Hidden,
    /// Its rows are gone.
    Done,
}

/// What is kept on disk.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Tombstone {
    format: u32,
    pub(super) id: String,
    pub(super) kind: SubjectKind,
    pub(super) erased_at: Micros,
    pub(super) state: State,
    /// The key that the hashes are made with; none when `salt` alone makes them.
    pub(super) key_id: Option<String>,
    salt: String,
    /// Keyed hashes of the subject's forms, hexadecimal.
    pub(super) forms: BTreeSet<String>,
    /// [`group_hash`]es of the subject's traces.
    traces: BTreeSet<u64>,
}

/// A tombstone in use.
#[derive(Debug)]
pub(crate) struct Erasure {
    pub(super) tombstone: Mutex<Tombstone>,
    /// What is needed to recognise the subject; none without the key.
    secret: Option<Vec<u8>>,
    kind: SubjectKind,
    erased_at: Micros,
    salt: String,
    forms: HashSet<u128>,
    traces: Mutex<HashSet<u64, ahash::RandomState>>,
    /// The rows to hide.
    pub(super) keys: Mutex<BTreeMap<Table, Overrides>>,
    /// Whether a call is at work on it.
    pub(super) is_attended: AtomicBool,
    /// The file that it was read from, by size and time.
    pub(super) read_from: Option<Stamp>,
}

/// Tells whether a file was written again.
pub(super) type Stamp = (u64, chrono::DateTime<chrono::Utc>);

/// Remembers which ids are the subject's: hashing is slow, and there are few distinct ids.
pub(super) type Memo = HashMap<String, bool, ahash::RandomState>;

impl Erasure {
    /// Begins an erasure.
    pub(super) fn begin(
        id: String,
        subject: &Subject,
        erased_at: Micros,
        key: Option<&EraseKey>,
        salt: String,
    ) -> Self {
        let secret = key.map_or(salt.as_bytes(), |key| &key.secret);
        let hash = |form: &String| keyed_hash(secret, &salt, subject.kind, form);
        let forms: BTreeSet<String> =
            subject.forms.iter().map(|form| format!("{:032x}", hash(form))).collect();
        let mut traces = BTreeSet::new();
        if subject.kind == SubjectKind::Trace {
            traces.extend(subject.forms.iter().map(|form| group_hash(group_key(form))));
        }
        let key_id = key.map(|key| key.id.clone());
        let (kind, state) = (subject.kind, State::Begun);
        let tombstone =
            Tombstone { format: 1, id, kind, erased_at, state, key_id, salt, forms, traces };
        let erasure = Self::of(tombstone, BTreeMap::new(), key.map_or(&[], std::slice::from_ref));
        erasure.is_attended.store(true, Ordering::Release);
        erasure
    }

    pub(super) fn of(
        tombstone: Tombstone,
        hidden: BTreeMap<Table, Overrides>,
        keys: &[EraseKey],
    ) -> Self {
        let secret = match &tombstone.key_id {
            None => Some(tombstone.salt.clone().into_bytes()),
            Some(id) => keys.iter().find(|key| &key.id == id).map(|key| key.secret.clone()),
        };
        let forms = tombstone.forms.iter();
        Self {
            secret,
            kind: tombstone.kind,
            erased_at: tombstone.erased_at,
            salt: tombstone.salt.clone(),
            forms: forms.filter_map(|form| u128::from_str_radix(form, 16).ok()).collect(),
            traces: Mutex::new(tombstone.traces.iter().copied().collect()),
            keys: Mutex::new(hidden),
            is_attended: AtomicBool::new(false),
            read_from: None,
            tombstone: Mutex::new(tombstone),
        }
    }

    pub(super) fn id(&self) -> String {
        self.tombstone.lock().id.clone()
    }

    pub(super) const fn kind(&self) -> SubjectKind {
        self.kind
    }

    pub(super) const fn erased_at(&self) -> Micros {
        self.erased_at
    }

    /// Whether the subject can be recognised by its ids.
    pub(super) const fn has_key(&self) -> bool {
        self.secret.is_some()
    }

    /// Whether rows of the subject are recognised here: by its ids, or by the trace that it is.
    pub(super) fn knows_subject(&self) -> bool {
        self.has_key() || self.kind == SubjectKind::Trace
    }

    /// Takes a finished erasure up again: what came of a trace before it was known to be the
    /// subject's is there.
    pub(crate) fn reopen(&self) {
        let mut tombstone = self.tombstone.lock();
        if tombstone.state == State::Done {
            tombstone.state = State::Begun;
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.tombstone.lock().state != State::Done
    }

    pub(super) fn set_state(&self, state: State) {
        self.tombstone.lock().state = state;
    }

    /// Whether an id is the subject's.
    pub(super) fn is_subject(&self, id: &str, memo: &mut Memo) -> bool {
        let Some(secret) = &self.secret else { return false };
        if let Some(known) = memo.get(id) {
            return *known;
        }
        let is = self.forms.contains(&keyed_hash(secret, &self.salt, self.kind, id));
        memo.insert(id.to_owned(), is);
        is
    }

    /// Whether a trace is the subject's.
    pub(super) fn has_trace(&self, trace: &str) -> bool {
        self.traces.lock().contains(&group_hash(group_key(trace)))
    }

    /// Returns the hashes of the subject's traces.
    pub(super) fn trace_hashes(&self) -> Vec<u64> {
        self.traces.lock().iter().copied().collect()
    }

    /// Adds traces of the subject; whether there were new ones.
    pub(super) fn add_traces(&self, groups: impl IntoIterator<Item = u128>) -> bool {
        let mut traces = self.traces.lock();
        let before = traces.len();
        traces.extend(groups.into_iter().map(group_hash));
        if traces.len() == before {
            return false;
        }
        self.tombstone.lock().traces = traces.iter().copied().collect();
        true
    }

    /// Whether a row goes: the subject's own, and, in its traces, those that name nobody. Rows of the
    /// subject that are newer than the erasure stay, unless they belong to a trace that it took.
    pub(super) fn takes(&self, row: &Identity<'_>, any_time: bool, memo: &mut Memo) -> bool {
        let is_traced = || row.trace.is_some_and(|trace| self.has_trace(trace));
        match row.id {
            _ if self.kind == SubjectKind::Trace => is_traced(),
            Some(id) if self.is_subject(id, memo) => {
                any_time || row.time <= self.erased_at || is_traced()
            }
            Some(_) => false,
            None => is_traced(),
        }
    }

    /// Takes the rows out that must not come back; returns how many.
    pub(super) fn strike(&self, rows: &mut Rows) -> usize {
        let mut memo = Memo::default();
        let keys = self.keys.lock();
        let hidden = keys.get(&rows.table());
        let before = rows.len();
        let mut goes = |row: &Identity<'_>, key: RowKey| {
            hidden.is_some_and(|hidden| hidden.get(key).is_some())
                || self.takes(row, false, &mut memo)
        };
        let kind = self.kind;
        match rows {
            Rows::Spans(rows) => rows.retain(|row| !goes(&row.identity(kind), row.key())),
            Rows::Payloads(rows) => rows.retain(|row| !goes(&row.identity(kind), row.key())),
            Rows::Evals(rows) => rows.retain(|row| !goes(&row.identity(kind), row.key())),
            _ => {}
        }
        drop(keys);
        before - rows.len()
    }

    /// Finds traces of the subject among rows that come late.
    pub(super) fn meet(&self, rows: &Rows) -> Vec<u128> {
        if self.kind == SubjectKind::Trace {
            return Vec::new();
        }
        let (mut memo, mut met) = (Memo::default(), Vec::new());
        let mut look = |row: &Identity<'_>| {
            if let (Some(id), Some(trace)) = (row.id, row.trace)
                && row.time <= self.erased_at
                && self.is_subject(id, &mut memo)
            {
                met.push(group_key(trace));
            }
        };
        match rows {
            Rows::Spans(rows) => rows.iter().for_each(|row| look(&row.identity(self.kind))),
            Rows::Payloads(rows) => rows.iter().for_each(|row| look(&row.identity(self.kind))),
            Rows::Evals(rows) => rows.iter().for_each(|row| look(&row.identity(self.kind))),
            _ => {}
        }
        met
    }
}
