//! Which convention wins for which column: the one precedence list, and its compiled form.
//!
//! A column's sources are the concatenation of its conventions' sources in this order. Columns
//! that are not listed take [`DEFAULT`].

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::conventions::anthropic::ANTHROPIC;
use crate::conventions::common::COMMON;
use crate::conventions::genai::GENAI;
use crate::conventions::genai_old::GENAI_OLD;
use crate::conventions::langfuse::LANGFUSE;
use crate::conventions::langsmith::LANGSMITH;
use crate::conventions::litellm::LITELLM;
use crate::conventions::mlflow::MLFLOW;
use crate::conventions::openinference::OPENINFERENCE;
use crate::conventions::openllmetry::OPENLLMETRY;
use crate::conventions::others::OTHERS;
use crate::conventions::pydantic::PYDANTIC;
use crate::conventions::spanlake::SPANLAKE;
use crate::conventions::vercel::VERCEL;
use crate::conventions::{ALL, Column, Convention, Source};

const DEFAULT: &[&Convention] = &[
    &SPANLAKE,
    &GENAI,
    &LANGFUSE,
    &OPENINFERENCE,
    &VERCEL,
    &LANGSMITH,
    &MLFLOW,
    &PYDANTIC,
    &OPENLLMETRY,
    &LITELLM,
    &ANTHROPIC,
    &GENAI_OLD,
    &OTHERS,
    &COMMON,
];

static PRECEDENCE: &[(Column, &[&Convention])] = &[
    // A framework's own kind is more exact than the generic operation, which LangSmith even gets
    // wrong.
    (
        Column::Kind,
        &[
            &SPANLAKE,
            &LANGFUSE,
            &LANGSMITH,
            &MLFLOW,
            &OPENINFERENCE,
            &VERCEL,
            &OPENLLMETRY,
            &PYDANTIC,
            &OTHERS,
            &GENAI,
            &COMMON,
        ],
    ),
    (Column::Operation, &[&LANGSMITH, &GENAI, &VERCEL]),
    // `session.id` is what people set by hand; a conversation id is often generated.
    (
        Column::SessionId,
        &[
            &SPANLAKE,
            &COMMON,
            &LANGFUSE,
            &GENAI,
            &OPENLLMETRY,
            &VERCEL,
            &LANGSMITH,
            &OPENINFERENCE,
            &MLFLOW,
            &LITELLM,
            &GENAI_OLD,
            &OTHERS,
        ],
    ),
    (
        Column::UserId,
        &[
            &SPANLAKE,
            &COMMON,
            &LANGFUSE,
            &OPENLLMETRY,
            &VERCEL,
            &LANGSMITH,
            &OPENINFERENCE,
            &LITELLM,
            &MLFLOW,
            &OTHERS,
        ],
    ),
    // No convention has a tenant.
    (
        Column::TenantId,
        &[
            &SPANLAKE,
            &COMMON,
            &OPENINFERENCE,
            &OPENLLMETRY,
            &LANGFUSE,
            &LANGSMITH,
            &VERCEL,
            &LITELLM,
            &OTHERS,
        ],
    ),
    (Column::Environment, &[&SPANLAKE, &LANGFUSE, &COMMON]),
    (Column::Workflow, &[&SPANLAKE, &OPENLLMETRY, &GENAI, &LANGFUSE]),
    (
        Column::RequestModel,
        &[
            &SPANLAKE,
            &GENAI,
            &OPENINFERENCE,
            &VERCEL,
            &LANGSMITH,
            &MLFLOW,
            &LANGFUSE,
            &PYDANTIC,
            &OPENLLMETRY,
            &LITELLM,
            &OTHERS,
        ],
    ),
    (
        Column::ResponseModel,
        &[&GENAI, &OPENINFERENCE, &VERCEL, &LANGFUSE, &MLFLOW, &PYDANTIC, &OPENLLMETRY],
    ),
    (
        Column::Provider,
        &[
            &GENAI,
            &GENAI_OLD,
            &OPENINFERENCE,
            &VERCEL,
            &LANGFUSE,
            &LANGSMITH,
            &MLFLOW,
            &OPENLLMETRY,
            &OTHERS,
        ],
    ),
    (
        Column::Cost,
        &[
            &SPANLAKE,
            &LANGFUSE,
            &PYDANTIC,
            &LITELLM,
            &OPENINFERENCE,
            &GENAI_OLD,
            &MLFLOW,
            &LANGSMITH,
        ],
    ),
    // A reported code may be a number (`error.code`), so it comes last.
    (Column::ErrorType, &[&COMMON, &LITELLM]),
    (
        Column::InputTokens,
        &[
            &GENAI,
            &GENAI_OLD,
            &OPENINFERENCE,
            &VERCEL,
            &LANGSMITH,
            &MLFLOW,
            &OPENLLMETRY,
            &PYDANTIC,
            &OTHERS,
        ],
    ),
    (
        Column::OutputTokens,
        &[
            &GENAI,
            &GENAI_OLD,
            &OPENINFERENCE,
            &VERCEL,
            &LANGSMITH,
            &MLFLOW,
            &OPENLLMETRY,
            &PYDANTIC,
            &OTHERS,
        ],
    ),
    // Flattened lists of OpenInference and OpenLLMetry come right after GENAI; see
    // `crate::normalise::content`.
    (
        Column::InputMessages,
        &[&GENAI, &VERCEL, &LANGFUSE, &PYDANTIC, &LANGSMITH, &MLFLOW, &GENAI_OLD, &OTHERS],
    ),
    (
        Column::OutputMessages,
        &[&GENAI, &LANGFUSE, &PYDANTIC, &LANGSMITH, &MLFLOW, &GENAI_OLD, &OTHERS],
    ),
];

/// A key's number, for slots instead of hash lookups.
pub(crate) type KeyId = u16;

/// Columns as bits.
pub(crate) type ColumnSet = u128;

/// A source whose key is a number.
#[derive(Debug)]
pub(crate) enum Compiled {
    Attr(KeyId),
    Member(KeyId, &'static str),
    Resource(&'static str),
    Seconds(KeyId),
}

/// The tables in the form that decoding uses.
pub(crate) struct Tables {
    keys: HashMap<&'static str, KeyId, ahash::RandomState>,
    sources: Vec<Vec<Compiled>>,
    params: Vec<(KeyId, &'static str)>,
    /// By key: the columns that have it among their sources.
    columns: Vec<ColumnSet>,
    /// Columns that have a resource attribute among their sources.
    of_resources: ColumnSet,
}

/// Keys that code reads by name, beside those of the tables.
pub(crate) const EXTRA_KEYS: &[&str] = &[
    "spanlake.case_id",
    "gen_ai.server.time_to_first_token",
    "metadata.usage_object",
    "langfuse.experiment.item.id",
    "input.value",
    "http.url",
    "agent_name",
    "output.value",
    "metadata",
    "llm.prompts",
    "langfuse.observation.level",
    "langfuse.observation.usage_details",
    "langfuse.observation.usage",
    "langfuse.observation.cost_details",
    "langfuse.observation.completion_start_time",
    "traceloop.entity.name",
    "traceloop.entity.input",
    "traceloop.entity.output",
    "graph.node.name",
    "graph.node.id",
    "ai.response.text",
    "ai.result.text",
    "ai.response.toolCalls",
    "ai.result.toolCalls",
    "ai.response.object",
    "ai.prompt.format",
    "ai.usage.inputTokenDetails.noCacheTokens",
    "ai.embedding",
    "ai.embeddings",
    "ai.value",
    "logfire.span_type",
    "logfire.pending_parent_id",
    "logfire.msg",
    "gen_ai.system_instructions",
    "gen_ai.agent.name",
    "db.system",
    "db.system.name",
    "db.operation",
    "db.operation.name",
    "user_id",
    "session_id",
    "exception.type",
    "exception.message",
    "mlflow.spanFunctionName",
    "tool.description",
    "gen_ai.cost.total_cost",
    "operation.name",
    "gen_ai.agent.id",
];

impl Tables {
    /// Returns a key's number, if any table names it.
    pub(crate) fn key(&self, key: &str) -> Option<KeyId> {
        self.keys.get(key).copied()
    }

    /// Returns the number of keys.
    pub(crate) fn key_count(&self) -> usize {
        self.keys.len()
    }

    /// Returns a column's sources, best first.
    pub(crate) fn sources(&self, column: Column) -> &[Compiled] {
        self.sources.get(column as usize).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns the columns that a key is a source of.
    pub(crate) fn columns(&self, id: KeyId) -> ColumnSet {
        self.columns.get(usize::from(id)).copied().unwrap_or_default()
    }

    /// Returns the columns that resource attributes are sources of.
    pub(crate) fn of_resources(&self) -> ColumnSet {
        self.of_resources
    }

    /// Returns the model parameters without a column of their own.
    pub(crate) fn params(&self) -> &[(KeyId, &'static str)] {
        &self.params
    }
}

/// The compiled tables.
pub(crate) static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let mut keys: HashMap<&'static str, KeyId, ahash::RandomState> = HashMap::default();
    let mut number = |key: &'static str| {
        let next = keys.len() as KeyId;
        *keys.entry(key).or_insert(next)
    };
    let mut sources: Vec<Vec<Compiled>> = (0..Column::COUNT).map(|_| Vec::new()).collect();
    for convention in ALL {
        for (column, _) in convention.columns {
            let index = *column as usize;
            let Some(list) = sources.get_mut(index).filter(|list| list.is_empty()) else {
                continue;
            };
            for winner in order(*column) {
                let rows = winner.columns.iter().filter(|(named, _)| named == column);
                for source in rows.flat_map(|(_, sources)| sources.iter()) {
                    list.push(match *source {
                        Source::Attr(key) => Compiled::Attr(number(key)),
                        Source::Member(key, path) => Compiled::Member(number(key), path),
                        Source::Resource(key) => Compiled::Resource(key),
                        Source::Seconds(key) => Compiled::Seconds(number(key)),
                    });
                }
            }
        }
    }
    let params = DEFAULT
        .iter()
        .flat_map(|convention| convention.params.iter())
        .map(|(key, name)| (number(key), *name))
        .collect();
    for key in EXTRA_KEYS.iter().chain(crate::normalise::usage::TOTALS) {
        number(key);
    }
    let mut columns: Vec<ColumnSet> = vec![0; keys.len()];
    let mut of_resources = 0;
    for (column, list) in sources.iter().enumerate() {
        for source in list {
            let id = match source {
                Compiled::Attr(id) | Compiled::Member(id, _) | Compiled::Seconds(id) => *id,
                Compiled::Resource(_) => {
                    of_resources |= 1 << column;
                    continue;
                }
            };
            if let Some(set) = columns.get_mut(usize::from(id)) {
                *set |= 1 << column;
            }
        }
    }
    Tables { keys, sources, params, columns, of_resources }
});

fn order(column: Column) -> &'static [&'static Convention] {
    PRECEDENCE
        .iter()
        .find(|(listed, _)| *listed == column)
        .map_or(DEFAULT, |(_, conventions)| *conventions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_of_every_convention_is_in_its_columns_list() {
        for convention in ALL {
            for (column, sources) in convention.columns {
                let listed = order(*column).iter().any(|one| std::ptr::eq(*one, *convention));
                assert!(listed, "{column:?} leaves out {sources:?}");
            }
        }
    }

    #[test]
    fn tables_compile() {
        assert!(Column::COUNT <= ColumnSet::BITS as usize);
        assert!(TABLES.key_count() > 200 && TABLES.key_count() < usize::from(KeyId::MAX));
        assert!(TABLES.sources(Column::SessionId).len() > 10);
        assert_eq!(TABLES.key("no.such.key"), None);
    }
}
