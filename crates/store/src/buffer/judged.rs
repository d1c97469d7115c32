//! What evaluations take from the spans that they judge.
//!
//! A score of a judge or a person names a span and little more. Before it goes into a file it gets
//! the tenant, user, session, environment, workflow and prompt of that span, if the store has it by
//! then, and what that span says only later when the evaluation's file is merged with others. An
//! evaluation of a whole trace takes what the trace's root says or, without a root, what its spans
//! agree on.

use spanlake_model::{EvalRow, Micros, Rows, SpanRow, Table};

use super::generation::{Generation, Map};
use crate::error::Result;
use crate::key::{RowKey, group_key, member_key};

/// What an evaluation judges: a span or, without a member, a whole trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Judged {
    pub(crate) group: u128,
    pub(crate) member: Option<u64>,
}

impl Judged {
    /// Returns what an evaluation judges that has not been seen yet.
    pub(crate) fn of(row: &EvalRow) -> Option<Self> {
        let trace = row.trace_id.as_deref().filter(|_| row.span_seen.is_none())?;
        Some(Self { group: group_key(trace), member: row.span_id.as_deref().map(member_key) })
    }
}

/// What the span, or the spans of the trace, say that an evaluation judges.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    root: Option<SpanRow>,
    others: Option<SpanRow>,
}

impl Said {
    /// Adds a span. What several do not agree on is not said.
    pub(crate) fn add(&mut self, span: SpanRow) {
        let is_root = span.parent_span_id.is_none();
        match if is_root { &mut self.root } else { &mut self.others } {
            Some(known) => agree(known, &span),
            known @ None => *known = Some(span),
        }
    }

    /// Returns the root, or what the others agree on.
    pub(crate) fn span(&self) -> Option<&SpanRow> {
        self.root.as_ref().or(self.others.as_ref())
    }
}

/// Takes out of a span what another of its trace does not say, too.
fn agree(span: &mut SpanRow, other: &SpanRow) {
    let shared = |own: &mut Option<String>, theirs: &Option<String>| {
        if own != theirs {
            *own = None;
        }
    };
    shared(&mut span.tenant_id, &other.tenant_id);
    shared(&mut span.user_id, &other.user_id);
    shared(&mut span.session_id, &other.session_id);
    shared(&mut span.environment, &other.environment);
    shared(&mut span.workflow, &other.workflow);
    span.ingest_time = span.ingest_time.max(other.ingest_time);
}

impl Generation {
    /// Returns what evaluations judge that the buffer does not hold, and all traces.
    pub(crate) fn judged_elsewhere(&self) -> Vec<Judged> {
        let judged = self.open_evals.iter().map(|(_, judged)| *judged);
        judged.filter(|judged| judged.member.is_none() || !self.has_span(*judged)).collect()
    }

    /// Gives evaluations what the spans that they judge say: the buffer's own, and those given. Spans
    /// received before `open_from` are not waited for to say more. Returns whether any evaluation
    /// changed.
    pub(crate) fn fill_evals(
        &mut self,
        given: &Map<Judged, Said>,
        open_from: Micros,
    ) -> Result<bool> {
        let (mut rows, mut keys) = (Vec::new(), Vec::new());
        let mut open = std::mem::take(&mut self.open_evals);
        // What several judge is read once.
        open.sort_by_key(|(_, judged)| *judged);
        let mut last = None;
        for (key, judged) in open {
            if last.as_ref().is_none_or(|(of, _)| *of != judged) {
                last = Some((judged, self.said_of(judged, given)));
            }
            let Some(span) = last.as_ref().and_then(|(_, said)| said.span()) else { continue };
            let Some(mut row) = self.eval(key) else { continue };
            if row.inherit(span, span.ingest_time < open_from) {
                rows.push(row);
                keys.push(key);
            }
        }
        if rows.is_empty() {
            return Ok(false);
        }
        let first = self.push(&Rows::Evals(rows))?;
        let keyed = self.table_mut(Table::Evals);
        for (at, key) in keys.into_iter().enumerate() {
            keyed.place(key, first.plus(at));
        }
        Ok(true)
    }

    fn has_span(&self, judged: Judged) -> bool {
        let key = judged.member.map(|member| RowKey { group: judged.group, member });
        let spans = self.table(Table::Spans);
        spans.zip(key).is_some_and(|(spans, key)| spans.loc(key).is_some())
    }

    /// Returns what the buffer, and what is given, say of what an evaluation judges. Of a span that
    /// is in both the buffer has the newer version.
    fn said_of(&self, judged: Judged, given: &Map<Judged, Said>) -> Said {
        let given = || given.get(&judged).cloned().unwrap_or_default();
        let Some(spans) = self.table(Table::Spans) else { return given() };
        let own = |member: u64| {
            let at = spans.loc(RowKey { group: judged.group, member })?;
            match spans.rows.read_columns(at, &EvalRow::JUDGED)? {
                Rows::Spans(rows) => rows.into_iter().next(),
                _ => None,
            }
        };
        let Some(member) = judged.member else {
            let mut said = given();
            spans.members(judged.group).iter().filter_map(|m| own(*m)).for_each(|s| said.add(s));
            return said;
        };
        let mut said = Said::default();
        match own(member) {
            Some(span) => said.add(span),
            None => said = given(),
        }
        said
    }

    fn eval(&self, key: RowKey) -> Option<EvalRow> {
        let evals = self.table(Table::Evals)?;
        match evals.rows.read(std::iter::once(evals.loc(key)?)).into_iter().next()? {
            Rows::Evals(rows) => rows.into_iter().next(),
            _ => None,
        }
    }
}
