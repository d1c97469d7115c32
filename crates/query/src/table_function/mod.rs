//! The functions that stand in place of a table.

mod compare;
mod drift;
mod provider;
mod run;
mod trace;

use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::TableFunctionImpl;
use datafusion::common::{Result, plan_err};
use datafusion::execution::SessionState;
use datafusion::logical_expr::{DocSection, Documentation, Expr};

pub use trace::TraceNode;
pub(crate) use trace::{read, stored_id};

use crate::statement::Statement;

/// A table function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OwnTable {
    Trace,
    CompareVersions,
    DriftReport,
}

/// Where table functions are documented.
const SECTION: DocSection = DocSection {
    include: true,
    label: "Table Functions",
    description: Some("Rows in place of a table."),
};

impl OwnTable {
    pub(crate) const ALL: [Self; 3] = [Self::Trace, Self::CompareVersions, Self::DriftReport];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::CompareVersions => "compare_versions",
            Self::DriftReport => "drift_report",
        }
    }

    pub(crate) fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }

    pub(crate) fn manual(self) -> &'static Documentation {
        match self {
            Self::Trace => &trace::MANUAL,
            Self::CompareVersions => &compare::MANUAL,
            Self::DriftReport => &drift::MANUAL,
        }
    }

    pub(crate) fn schema(self) -> SchemaRef {
        match self {
            Self::Trace => trace::schema(),
            Self::CompareVersions => compare::schema(),
            Self::DriftReport => drift::schema(),
        }
    }

    fn function(self, statement: &Arc<Statement>) -> Arc<dyn TableFunctionImpl> {
        let statement = Arc::clone(statement);
        match self {
            Self::Trace => Arc::new(trace::TraceFunction { statement }),
            Self::CompareVersions => Arc::new(compare::CompareFunction { statement }),
            Self::DriftReport => Arc::new(drift::DriftFunction { statement }),
        }
    }
}

/// Gives a state the table functions of one statement.
pub(crate) fn register(state: &mut SessionState, statement: &Arc<Statement>) {
    for table in OwnTable::ALL {
        state.register_udtf(table.name(), table.function(statement));
    }
}

/// The arguments of a call as texts; the error of a call that does not fit shows the signature.
fn texts<const N: usize>(manual: &Documentation, given: &[Expr]) -> Result<[String; N]> {
    let syntax = &manual.syntax_example;
    let names = manual.arguments.as_deref().unwrap_or_default();
    let mut found = Vec::with_capacity(N);
    for (at, expr) in given.iter().enumerate() {
        let text = match expr {
            Expr::Literal(value, _) => value.try_as_str().flatten(),
            _ => None,
        };
        let name = names.get(at).map_or("?", |(name, _)| name.as_str());
        match text {
            Some(text) => found.push(text.to_owned()),
            None => {
                return plan_err!("{syntax} wants a constant text as argument {} ({name})", at + 1);
            }
        }
    }
    let n = found.len();
    found.try_into().or_else(|_| plan_err!("{syntax} takes {N} arguments, got {n}"))
}
