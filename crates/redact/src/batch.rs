//! Rows in, redacted rows out: the only door to the store.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use spanlake_model::{ColumnSpec, Day, Micros, Privacy, Redaction, Rows, SpanBatch, SpanRow};

use crate::binary::strip_binary;
use crate::class::Class;
use crate::clean::Clean;
use crate::detect::Span;
use crate::key::Subkey;
use crate::policy::Action;
use crate::redactor::{Counts, Redactor, TextMode};

/// Characters of a preview; cut after redaction, so that a cut cannot hide the half of a secret.
const PREVIEW_CHARS: usize = 500;

/// Rows that a policy has processed. Only [`Redactor`] makes them from unredacted rows; it can be
/// neither serialised nor printed.
#[derive(Default)]
pub struct RedactedBatch {
    rows: Vec<Rows>,
}

impl RedactedBatch {
    /// Takes rows that were redacted before: read back from a store's own log or files, or settled
    /// from such rows. Never call it with rows from anywhere else; invariant I2 rests on that.
    pub fn from_replay(rows: Vec<Rows>) -> Self {
        Self { rows }
    }

    /// The rows, one entry per table.
    pub fn rows(&self) -> &[Rows] {
        &self.rows
    }

    /// Gives the rows away.
    pub fn into_rows(self) -> Vec<Rows> {
        self.rows
    }

    /// The number of rows of all tables.
    pub fn len(&self) -> usize {
        self.rows.iter().map(Rows::len).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for RedactedBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.rows).finish()
    }
}

/// Counts by column and class.
type FieldCounts = BTreeMap<(&'static str, Class), u64>;

/// What was removed from payloads, until their spans are found. Keyed by the span, then by whether
/// the contribution was final: a final payload's counts belong to the final span.
struct OfPayloads {
    counts: BTreeMap<(String, String), [Option<FieldCounts>; 2]>,
    seen: HashSet<(String, String)>,
    /// The day and receipt of each payload.
    days: HashMap<(String, String), (Day, Micros)>,
}

impl OfPayloads {
    fn new(rows: &Rows, counts: Vec<FieldCounts>) -> Self {
        let mut all = Self { counts: BTreeMap::new(), seen: HashSet::new(), days: HashMap::new() };
        let Rows::Payloads(rows) = rows else { return all };
        for (row, counts) in rows.iter().zip(counts).filter(|(_, counts)| !counts.is_empty()) {
            let id = (row.trace_id.clone(), row.span_id.clone());
            all.days.insert(id.clone(), (row.date, row.ingest_time));
            let slots = all.counts.entry(id).or_default();
            let slot = slots.get_mut(usize::from(row.is_final)).and_then(Option::as_mut);
            match slot {
                Some(known) => most(known, counts),
                None => {
                    if let Some(slot) = slots.get_mut(usize::from(row.is_final)) {
                        *slot = Some(counts);
                    }
                }
            }
        }
        all
    }

    /// Adds what the span's payload lost: the payload of the same standing, else any.
    fn add_to(&mut self, span: &SpanRow, counts: &mut FieldCounts) {
        let id = (span.trace_id.clone(), span.span_id.clone());
        let Some(slots) = self.counts.get(&id) else { return };
        let own = slots.get(usize::from(span.is_final)).and_then(Option::as_ref);
        let any = || slots.iter().flatten().next();
        if let Some(found) = own.or_else(any) {
            most(counts, found.clone());
        }
        self.seen.insert(id);
    }

    /// Contributions to the spans that are not in the batch. They are not final and leave times,
    /// identity and name empty, so that they can hide nothing of the span's own.
    fn alone(self, policy_version: &str) -> Vec<SpanRow> {
        let Self { counts, seen, days } = self;
        let missing = counts.into_iter().filter(|(id, _)| !seen.contains(id));
        missing
            .map(|(id, slots)| {
                let (date, ingest_time) = days.get(&id).copied().unwrap_or_default();
                let (trace_id, span_id) = id;
                let mut span = SpanRow {
                    trace_id,
                    span_id,
                    date,
                    ingest_time,
                    policy_version: policy_version.to_owned(),
                    ..SpanRow::default()
                };
                let mut all = FieldCounts::new();
                slots.into_iter().flatten().for_each(|counts| most(&mut all, counts));
                note(&mut span, all);
                span
            })
            .collect()
    }
}

/// Keeps the higher count of each: the same text sent twice was removed once.
fn most(counts: &mut FieldCounts, others: FieldCounts) {
    for (key, n) in others {
        let slot = counts.entry(key).or_default();
        *slot = n.max(*slot);
    }
}

fn note(span: &mut SpanRow, counts: FieldCounts) {
    span.redactions.extend(counts.into_iter().map(|((field, class), count)| Redaction {
        field: Some(field.to_owned()),
        class: Some(class.name().to_owned()),
        count: i64::try_from(count).ok(),
    }));
}

impl Redactor {
    /// Redacts a batch, stamps the policy's version on every row and notes on each span what was
    /// removed from it and from its payload. A payload whose span comes in another batch brings a
    /// contribution to that span which says nothing else.
    pub fn redact(&self, batch: SpanBatch) -> RedactedBatch {
        let clean = Clean::for_batch();
        let SpanBatch { spans, payloads, evals, errors } = batch;
        let mut payload_rows = Rows::Payloads(payloads);
        let counts = self.process(&mut payload_rows, &clean);
        let mut of_payloads = OfPayloads::new(&payload_rows, counts);
        let mut span_rows = Rows::Spans(spans);
        let counts = self.process(&mut span_rows, &clean);
        if let Rows::Spans(spans) = &mut span_rows {
            for (span, mut counts) in spans.iter_mut().zip(counts) {
                of_payloads.add_to(span, &mut counts);
                note(span, counts);
            }
            spans.extend(of_payloads.alone(self.policy_version()));
        }
        let mut all = vec![payload_rows];
        all.extend(
            [Rows::Evals(evals), Rows::IngestErrors(errors)].map(|rows| self.redact_rows(rows)),
        );
        all.push(span_rows);
        all.retain(|rows| !rows.is_empty());
        RedactedBatch { rows: all }
    }

    /// Redacts rows of one table (prompts, releases, audit and so on).
    pub fn redact_table(&self, rows: Rows) -> RedactedBatch {
        RedactedBatch { rows: vec![self.redact_rows(rows)] }
    }

    /// As [`Self::redact_table`], for callers that look at the rows before they store them.
    pub fn redact_rows(&self, mut rows: Rows) -> Rows {
        self.process(&mut rows, &Clean::for_batch());
        rows
    }

    /// Redacts in place; returns what was removed, per row.
    fn process(&self, rows: &mut Rows, clean: &Clean) -> Vec<FieldCounts> {
        let mut counts = vec![FieldCounts::new(); rows.len()];
        let table = rows.table().name();
        let tenants = tenants(rows);
        let mut subkeys: HashMap<String, Option<Subkey>> = HashMap::new();
        if !self.policy().is_none() {
            rows.visit_texts(&mut |row, column, text| {
                if self.policy().is_exempt(table, column.name) {
                    return;
                }
                let tenant = tenants.get(row).map_or("", String::as_str);
                if !subkeys.contains_key(tenant) {
                    subkeys.insert(tenant.to_owned(), self.subkey(tenant));
                }
                let subkey = subkeys.get(tenant).and_then(Option::as_ref);
                if let Some(slot) = counts.get_mut(row) {
                    self.cell(clean, column, subkey, text, slot);
                }
            });
        }
        cut_previews(rows);
        rows.set_policy(self.policy_version());
        counts
    }

    fn cell(
        &self,
        clean: &Clean,
        column: &'static ColumnSpec,
        subkey: Option<&Subkey>,
        text: &mut String,
        out: &mut FieldCounts,
    ) {
        let mode = match column.privacy {
            Privacy::Plain => return,
            Privacy::Template => TextMode::Template,
            Privacy::Identifier => TextMode::Identifier,
            Privacy::Identity | Privacy::Text | Privacy::Json => TextMode::Json,
        };
        let mut counts = Counts::new();
        if text.len() >= 64 && matches!(column.privacy, Privacy::Text | Privacy::Json) {
            let (stripped, n) = strip_binary(text, self.key());
            if n > 0 {
                let stripped = stripped.into_owned();
                *text = stripped;
                counts.insert(Class::Custom("binary".into()), n);
            }
        }
        let redacted = self.apply(clean, subkey, text, mode, &mut counts);
        if let std::borrow::Cow::Owned(redacted) = redacted {
            *text = redacted;
        }
        for (class, n) in counts {
            *out.entry((column.name, class)).or_default() += n;
        }
    }

    /// How a user's identity stands in the store: a pseudonym where it is an e-mail address, a
    /// telephone number or other personal data, else as it is.
    pub fn identity(&self, tenant: &str, value: &str) -> String {
        let whole = |span: &Span| span.start == 0 && span.end == value.len();
        match self.detect(value, TextMode::Json).iter().find(|span| whole(span)) {
            Some(span) if self.policy().action(&span.class) == Action::Pseudonym => self
                .pseudonym(tenant, &span.class, value)
                .unwrap_or_else(|| format!("<{}>", span.class.label())),
            _ => self.redact_text_for(tenant, value, TextMode::Json).0.into_owned(),
        }
    }
}

/// The tenant of each row, before redaction.
fn tenants(rows: &Rows) -> Vec<String> {
    fn of<'a>(ids: impl Iterator<Item = &'a Option<String>>) -> Vec<String> {
        ids.map(|id| id.clone().unwrap_or_default()).collect()
    }
    match rows {
        Rows::Spans(rows) => of(rows.iter().map(|row| &row.tenant_id)),
        Rows::Payloads(rows) => of(rows.iter().map(|row| &row.tenant_id)),
        Rows::Evals(rows) => of(rows.iter().map(|row| &row.tenant_id)),
        _ => Vec::new(),
    }
}

fn cut_previews(rows: &mut Rows) {
    if let Rows::Spans(rows) = rows {
        for row in rows {
            for preview in [&mut row.input_preview, &mut row.output_preview].into_iter().flatten() {
                cut_preview(preview);
            }
        }
    }
}

/// Cuts after 500 characters, before a replacement that would lose its end.
fn cut_preview(text: &mut String) {
    let Some((mut end, _)) = text.char_indices().nth(PREVIEW_CHARS) else { return };
    let window = text.get(end.saturating_sub(64).min(end)..end).unwrap_or("");
    if let Some(open) = window.rfind('<')
        && !window.get(open..).is_some_and(|tail| tail.contains('>'))
    {
        end -= window.len() - open;
    }
    text.truncate(end);
}
