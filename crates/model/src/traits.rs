//! What other crates implement for the store: time, and how a trace's rows settle.

use crate::tables::{PayloadRow, SpanRow};
use crate::units::Micros;

/// Tells the time. Injected everywhere, so that tests and reports are repeatable.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// Returns the current time.
    fn now(&self) -> Micros;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine")]
    fn now(&self) -> Micros {
        Micros(chrono::Utc::now().timestamp_micros())
    }
}

/// All known rows of one trace, one per (span, table), newest contribution merged in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TraceRows {
    /// Span facts, in any order.
    pub spans: Vec<SpanRow>,
    /// Span content, in any order; not every span has some.
    pub payloads: Vec<PayloadRow>,
}

/// Sets what depends on the whole trace: `token_role`, inherited session, user, tenant and
/// workflow, a template recorded by a sibling, `is_superseded` for placeholders.
///
/// Pure and idempotent; the outcome depends on the rows, not on their order. Values it inherits
/// are named in `inherited_columns`, so that a later call can take them back.
pub trait Settle: Send + Sync {
    /// Settles the rows of one trace in place.
    fn settle(&self, trace: &mut TraceRows);
}
