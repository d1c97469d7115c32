//! Whom a row belongs to.

use spanlake_model::{EvalRow, Micros, PayloadRow, SpanRow};

use super::subject::SubjectKind;
use crate::key::{RowKey, group_key, member_key};

/// What a row says of whom it belongs to.
pub(super) struct Identity<'a> {
    pub(super) id: Option<&'a str>,
    pub(super) trace: Option<&'a str>,
    pub(super) time: Micros,
}

/// A row that may be somebody's.
pub(super) trait Owned {
    fn identity(&self, kind: SubjectKind) -> Identity<'_>;
    fn key(&self) -> RowKey;
}

macro_rules! owned {
    ($row:ty, $self:ident, $trace:expr, $time:ident, $key:expr) => {
        impl Owned for $row {
            fn identity(&$self, kind: SubjectKind) -> Identity<'_> {
                let id = match kind {
                    SubjectKind::User => $self.user_id.as_deref(),
                    SubjectKind::Session => $self.session_id.as_deref(),
                    SubjectKind::Tenant => $self.tenant_id.as_deref(),
                    SubjectKind::Trace => $trace,
                };
                Identity { id, trace: $trace, time: $self.$time }
            }

            fn key(&$self) -> RowKey {
                $key
            }
        }
    };
}

owned!(
    SpanRow,
    self,
    Some(self.trace_id.as_str()),
    start_time,
    RowKey { group: group_key(&self.trace_id), member: member_key(&self.span_id) }
);
owned!(
    PayloadRow,
    self,
    Some(self.trace_id.as_str()),
    start_time,
    RowKey { group: group_key(&self.trace_id), member: member_key(&self.span_id) }
);
owned!(
    EvalRow,
    self,
    self.trace_id.as_deref(),
    eval_time,
    RowKey { group: group_key(&self.eval_id), member: 0 }
);
