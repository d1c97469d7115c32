//! What evaluations take from the spans that they judge.
//!
//! A score of a judge or a person names a span and little more. Before it goes into a file it gets
//! the tenant, user, session, environment, workflow and prompt of that span, if the store has it by
//! then, or else when its file is merged with others. Of an evaluation of a whole trace any span of
//! it will do, for what is shared by a trace is in each.

use spanlake_model::{EvalRow, Rows, SpanRow, Table};

use super::generation::{Generation, Map};
use crate::error::Result;
use crate::key::{RowKey, group_key, member_key};

/// What an evaluation judges: a span or, without a member, a whole trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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

impl Generation {
    /// Returns what evaluations judge that the buffer does not hold.
    pub(crate) fn judged_elsewhere(&self) -> Vec<Judged> {
        let judged = self.open_evals.iter().map(|(_, judged)| *judged);
        judged.filter(|judged| self.span_of(*judged).is_none()).collect()
    }

    /// Gives evaluations what the spans that they judge say: the buffer's own, else those given.
    /// Returns whether any evaluation changed.
    pub(crate) fn fill_evals(&mut self, given: &Map<Judged, SpanRow>) -> Result<bool> {
        let (mut rows, mut keys) = (Vec::new(), Vec::new());
        for (key, judged) in std::mem::take(&mut self.open_evals) {
            let own = self.span_of(judged);
            let Some(span) = own.as_ref().or_else(|| given.get(&judged)) else { continue };
            let Some(mut row) = self.eval(key) else { continue };
            row.inherit(span);
            rows.push(row);
            keys.push(key);
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

    /// Reads the columns of a buffered span that evaluations take.
    fn span_of(&self, judged: Judged) -> Option<SpanRow> {
        let spans = self.table(Table::Spans)?;
        let member = judged.member.or_else(|| spans.members(judged.group).first().copied())?;
        let at = spans.loc(RowKey { group: judged.group, member })?;
        match spans.rows.read_columns(at, &EvalRow::INHERITED)? {
            Rows::Spans(rows) => rows.into_iter().next(),
            _ => None,
        }
    }

    fn eval(&self, key: RowKey) -> Option<EvalRow> {
        let evals = self.table(Table::Evals)?;
        match evals.rows.read(std::iter::once(evals.loc(key)?)).into_iter().next()? {
            Rows::Evals(rows) => rows.into_iter().next(),
            _ => None,
        }
    }
}
