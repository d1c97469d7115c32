//! Tokens and cost.

use std::cell::RefCell;
use std::collections::HashMap;

use serde_json::{Map, Value};
use spanlake_model::{CostSource, Day, Kind, Micros, PriceTable, SpanRow, Usage};

use crate::attrs::{Attrs, parse_json};
use crate::context::IngestContext;
use crate::conventions::Column;

/// Fills the token and cost columns from what the span reports.
pub(crate) fn reported(attrs: &Attrs<'_, '_>, span: &mut SpanRow) {
    span.input_tokens = attrs.int(Column::InputTokens);
    span.output_tokens = attrs.int(Column::OutputTokens);
    span.cache_read_tokens = attrs.int(Column::CacheReadTokens);
    span.cache_write_tokens = attrs.int(Column::CacheWriteTokens);
    span.reasoning_tokens = attrs.int(Column::ReasoningTokens);
    for key in ["langfuse.observation.usage_details", "langfuse.observation.usage"] {
        if let Some(Value::Object(usage)) = attrs.json(key) {
            let read = langfuse(usage);
            span.input_tokens = span.input_tokens.or(read.input);
            span.output_tokens = span.output_tokens.or(read.output);
            span.cache_read_tokens = span.cache_read_tokens.or(read.cache_read);
            span.cache_write_tokens = span.cache_write_tokens.or(read.cache_write);
            span.reasoning_tokens = span.reasoning_tokens.or(read.reasoning);
        }
    }
    if span.cache_write_tokens.is_none_or(|tokens| tokens == 0) {
        span.cache_write_tokens = span.cache_write_tokens.max(langchain_cache_write(attrs));
    }
    if let Some(usage) = attrs.peek_str("metadata.usage_object") {
        litellm_details(usage, span);
    }
    include_parts(attrs, span);
    let cost = langfuse_cost(attrs).or_else(|| attrs.double(Column::Cost));
    // A negative or endless price is a client's mistake; it would spoil every sum.
    if let Some(cost) = cost.filter(|cost| cost.is_finite() && *cost >= 0.0) {
        span.cost_usd = Some(cost);
        span.cost_source = CostSource::Reported;
    }
}

/// `LangChain` splits Anthropic's cache writes by how long they live.
fn langchain_cache_write(attrs: &Attrs<'_, '_>) -> Option<i64> {
    let details = attrs.json("langsmith.metadata.usage_metadata")?.get("input_token_details")?;
    let parts = ["ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens"];
    let counts = parts.iter().filter_map(|part| details.get(*part)?.as_i64());
    counts.reduce(i64::saturating_add)
}

/// LiteLLM writes the details of usage as Python's description of an object.
fn litellm_details(usage: &str, span: &mut SpanRow) {
    let count = |name: &str| {
        let (_, rest) = usage.split_once(&format!("'{name}': "))?;
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<i64>().ok()
    };
    for (cell, names) in [
        (&mut span.cache_read_tokens, ["cache_read_input_tokens", "cached_tokens"]),
        (&mut span.cache_write_tokens, ["cache_creation_input_tokens", "cache_creation_tokens"]),
        (&mut span.reasoning_tokens, ["reasoning_tokens", "reasoning_output_tokens"]),
    ] {
        if cell.is_none() {
            *cell = names.iter().find_map(|name| count(name));
        }
    }
}

/// Totals that no column holds. With them it can be told what the other counts include.
pub(crate) const TOTALS: &[&str] = &[
    "gen_ai.usage.total_tokens",
    "llm.usage.total_tokens",
    "llm.token_count.total",
    "ai.usage.totalTokens",
];

/// Makes input include the cache and output the reasoning, where an SDK passes on the counts of a
/// provider that states them beside: the reported total says so, or the part exceeds the whole.
fn include_parts(attrs: &Attrs<'_, '_>, span: &mut SpanRow) {
    let positive = |count: Option<i64>| count.filter(|n| (1..SANE_TOKENS).contains(n)).unwrap_or(0);
    let cached = positive(span.cache_read_tokens).saturating_add(positive(span.cache_write_tokens));
    let reasoning = positive(span.reasoning_tokens);
    if cached == 0 && reasoning == 0 {
        return;
    }
    let (input, output) = (span.input_tokens.unwrap_or(0), span.output_tokens.unwrap_or(0));
    let total = TOTALS.iter().find_map(|key| attrs.peek(key).and_then(crate::attrs::int));
    let total = total.or_else(|| {
        let members = ["mlflow.chat.tokenUsage", "langsmith.metadata.usage_metadata"];
        let found = members.iter().find_map(|key| attrs.json(key)?.get("total_tokens")?.as_i64());
        found.filter(|_| span.input_tokens.is_some())
    });
    let without = |more: i64| {
        let sum = input.checked_add(output).and_then(|sum| sum.checked_add(more));
        more > 0 && total.is_some_and(|total| Some(total) == sum)
    };
    let both = without(cached.saturating_add(reasoning));
    let beside = leaves_cache_out(attrs, span);
    if span.input_tokens.is_some_and(|input| cached > input || without(cached) || both || beside) {
        span.input_tokens = Some(input.saturating_add(cached));
    }
    if span.output_tokens.is_some_and(|output| reasoning > output || without(reasoning) || both) {
        span.output_tokens = Some(output.saturating_add(reasoning));
    }
}

/// Scopes that hand on Bedrock's counts, whose input leaves the cache out, and whose total, if
/// any, is the sum of what they hand on.
const BESIDE_CACHE: &[&str] = &[
    "opentelemetry.instrumentation.botocore",
    "opentelemetry.instrumentation.bedrock",
    "opentelemetry.instrumentation.genai.bedrock@1.0",
    "opentelemetry.instrumentation.genai.bedrock@1.1",
    "opentelemetry.instrumentation.genai.bedrock@1.2",
    "opentelemetry.instrumentation.genai.bedrock@1.3",
];

/// Whether it is known of the SDK that its input leaves the cache out.
fn leaves_cache_out(attrs: &Attrs<'_, '_>, span: &SpanRow) -> bool {
    let scope = span.scope_name.as_deref().unwrap_or_default();
    let is_of = |known: &str| {
        scope
            .strip_prefix(known)
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    if BESIDE_CACHE.iter().any(|known| is_of(known)) {
        return true;
    }
    // The AI SDK handed on what its provider said until it counted each kind itself; for objects it
    // never writes those counts, which tell its versions apart.
    let provider = attrs.peek_str("ai.model.provider").unwrap_or_default();
    attrs.peek("ai.usage.cachedInputTokens").is_some()
        && attrs.peek("ai.usage.inputTokenDetails.cacheReadTokens").is_none()
        && attrs.peek("ai.usage.inputTokenDetails.noCacheTokens").is_none()
        && !attrs.peek_str("ai.operationId").is_some_and(|operation| operation.contains("Object"))
        && ["anthropic.", "amazon-bedrock", "bedrock"].iter().any(|one| provider.starts_with(one))
}

/// Counts beyond this are no counts.
const SANE_TOKENS: i64 = 1 << 40;

/// Computes a cost from the price table when the span brings none.
pub(crate) fn computed(span: &mut SpanRow, ctx: &IngestContext, prices: &Prices) {
    let billed = matches!(span.kind, Kind::Llm | Kind::Embedding);
    if span.cost_usd.is_some() || !billed {
        return;
    }
    if span.input_tokens.is_none() && span.output_tokens.is_none() {
        return;
    }
    let usage = Usage {
        input: span.input_tokens.unwrap_or_default(),
        output: span.output_tokens.unwrap_or_default(),
        cache_read: span.cache_read_tokens.unwrap_or_default(),
        cache_write: span.cache_write_tokens.unwrap_or_default(),
        reasoning: span.reasoning_tokens.unwrap_or_default(),
    };
    if usage.input > SANE_TOKENS || usage.output > SANE_TOKENS {
        return;
    }
    let provider = span.provider.as_deref().unwrap_or_default();
    let at =
        if span.time_suspect { ctx.received } else { Micros::from_nanos(span.start_unix_nano) };
    let models = [span.response_model.as_deref(), span.request_model.as_deref()];
    let cost = models
        .into_iter()
        .flatten()
        .find_map(|model| prices.cost_usd(&ctx.prices, provider, model, at, usage));
    if let Some(cost) = cost {
        span.cost_usd = Some(cost);
        span.cost_source = CostSource::Computed;
    }
}

/// Unit prices found so far: a search by prefix costs more than the rest of a span.
#[derive(Default)]
pub(crate) struct Prices {
    /// Day → provider → model → US dollars for a million tokens of each class of [`UNITS`].
    known: RefCell<Map3<Day, [Option<f64>; 5]>>,
}

/// Nested, so that borrowed names find their entry.
type Map3<K, V> = HashMap<K, Map2<V>, ahash::RandomState>;
type Map2<V> = HashMap<String, HashMap<String, V, ahash::RandomState>, ahash::RandomState>;

/// A million tokens of one class, cached and reasoning ones as part of input and output.
const UNITS: [Usage; 5] = {
    let none = Usage { input: 0, output: 0, cache_read: 0, cache_write: 0, reasoning: 0 };
    let million = 1_000_000;
    [
        Usage { input: million, ..none },
        Usage { input: million, cache_read: million, ..none },
        Usage { input: million, cache_write: million, ..none },
        Usage { output: million, ..none },
        Usage { output: million, reasoning: million, ..none },
    ]
};

impl Prices {
    /// As [`PriceTable::cost_usd`], with the prices of the day's start.
    fn cost_usd(
        &self,
        table: &PriceTable,
        provider: &str,
        model: &str,
        at: Micros,
        usage: Usage,
    ) -> Option<f64> {
        let mut known = self.known.borrow_mut();
        let day = known.entry(at.day()).or_default();
        let found = day.get(provider).and_then(|models| models.get(model)).copied();
        let units = found.unwrap_or_else(|| {
            let units = UNITS.map(|unit| table.cost_usd(provider, model, at.day().start(), unit));
            day.entry(provider.to_owned()).or_default().insert(model.to_owned(), units);
            units
        });
        let cache_read = usage.cache_read.clamp(0, usage.input.max(0));
        let cache_write = usage.cache_write.clamp(0, (usage.input - cache_read).max(0));
        let reasoning = usage.reasoning.clamp(0, usage.output.max(0));
        let plain_input = usage.input.max(0) - cache_read - cache_write;
        let plain_output = usage.output.max(0) - reasoning;
        let tokens = [plain_input, cache_read, cache_write, plain_output, reasoning];
        let mut total = 0.0;
        for (tokens, unit) in tokens.into_iter().zip(units) {
            if tokens > 0 {
                total += tokens as f64 * unit?;
            }
        }
        Some(total / 1e6)
    }
}

#[derive(Default)]
struct Counts {
    input: Option<i64>,
    output: Option<i64>,
    cache_read: Option<i64>,
    cache_write: Option<i64>,
    reasoning: Option<i64>,
}

/// Reads Langfuse's usage: its own disjoint classes (`input`, `input_cached_tokens`, ...), `OpenAI`'s
/// totals with details, or Anthropic's counts beside the cache.
fn langfuse(usage: &Map<String, Value>) -> Counts {
    let int = |path: &str| {
        let flat = usage.get(path);
        let value = flat.or_else(|| path.split_once('.').and_then(|(a, b)| usage.get(a)?.get(b)));
        value.and_then(|value| crate::attrs::int(&crate::attrs::from_json(value)))
    };
    let first = |paths: &[&str]| paths.iter().find_map(|path| int(path));
    let sum = |name: &str| {
        let prefix = format!("{name}_");
        let classes = usage.iter().filter(|(key, value)| {
            value.is_number()
                && (key.as_str() == name || key.starts_with(&prefix))
                && !key.ends_with("_tokens_details")
        });
        let counts: Vec<i64> = classes.filter_map(|(key, _)| int(key)).collect();
        (!counts.is_empty()).then(|| counts.iter().fold(0_i64, |sum, n| sum.saturating_add(*n)))
    };
    let cache_read = first(&[
        "input_cached_tokens",
        "input_cache_read",
        "input_cache_read_tokens",
        "cache_read_input_tokens",
        "prompt_tokens_details.cached_tokens",
        "input_tokens_details.cached_tokens",
        "input_token_details.cache_read",
    ]);
    let cache_write = first(&[
        "input_cache_creation",
        "input_cache_write",
        "input_cache_creation_tokens",
        "cache_creation_input_tokens",
        "input_token_details.cache_creation",
    ])
    .or_else(|| {
        let parts = [int("input_cache_creation_5m"), int("input_cache_creation_1h")];
        let known: Vec<i64> = parts.into_iter().flatten().collect();
        (!known.is_empty()).then(|| known.iter().sum())
    });
    let reasoning = first(&[
        "output_reasoning",
        "output_reasoning_tokens",
        "completion_tokens_details.reasoning_tokens",
        "output_tokens_details.reasoning_tokens",
        "output_token_details.reasoning",
    ]);
    // Anthropic's own counts leave the cache out; OpenAI's and LangChain's include it.
    let beside_cache = usage.contains_key("cache_read_input_tokens")
        || usage.contains_key("cache_creation_input_tokens");
    let input = int("prompt_tokens").or_else(|| {
        let tokens = int("input_tokens")?;
        let cached = cache_read.unwrap_or_default() + cache_write.unwrap_or_default();
        Some(if beside_cache { tokens.saturating_add(cached) } else { tokens })
    });
    let output = first(&["completion_tokens", "output_tokens", "completionTokens"])
        .or_else(|| sum("output"));
    // Its own classes do not overlap, whatever they are called; a total tells when they do.
    let own = || {
        let tokens = sum("input")?;
        let whole = int("total") == tokens.checked_add(output.unwrap_or_default());
        let cached = cache_read.unwrap_or_default() + cache_write.unwrap_or_default();
        Some(if beside_cache && !whole { tokens.saturating_add(cached) } else { tokens })
    };
    Counts {
        input: input.or_else(|| first(&["promptTokens"])).or_else(own),
        output,
        cache_read,
        cache_write,
        reasoning,
    }
}

fn langfuse_cost(attrs: &Attrs<'_, '_>) -> Option<f64> {
    let val = attrs.peek("langfuse.observation.cost_details")?;
    let Value::Object(cost) = parse_json(val)? else { return None };
    if let Some(total) = cost.get("total").and_then(Value::as_f64) {
        return Some(total);
    }
    let parts: Vec<f64> = cost.values().filter_map(Value::as_f64).collect();
    (!parts.is_empty()).then(|| parts.iter().sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembered_prices_are_the_tables() {
        let table = PriceTable::builtin();
        let prices = Prices::default();
        let at = Day::parse_iso("2026-03-01").unwrap_or_default().start();
        for (provider, model) in [
            ("openai", "gpt-4o-mini-2024-07-18"),
            ("anthropic", "claude-sonnet-4-5-20250929"),
            ("nobody", "nothing"),
        ] {
            for usage in [
                Usage { input: 312, output: 27, cache_read: 128, ..Usage::default() },
                Usage { input: 10, output: 90, cache_write: 4, reasoning: 60, ..Usage::default() },
            ] {
                let want = table.cost_usd(provider, model, at, usage);
                let got = prices.cost_usd(&table, provider, model, at, usage);
                match (want, got) {
                    (Some(want), Some(got)) => assert!((want - got).abs() < 1e-15, "{model}"),
                    _ => assert_eq!(want, got, "{model}"),
                }
            }
        }
    }
}
