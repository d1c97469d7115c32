//! Price arithmetic over a dated table.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::tables::ModelPriceRow;
use crate::units::Micros;

vocabulary! {
    /// What a token is billed as.
    pub enum TokenClass {
        /// Uncached input.
        Input = "input",
        /// Output, reasoning included where it has no price of its own.
        Output = "output",
        /// Input read from a cache.
        CacheRead = "cache_read",
        /// Input written to a cache.
        CacheWrite = "cache_write",
        /// Reasoning output.
        Reasoning = "reasoning",
    }
}

/// One dated price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Price {
    /// First instant it holds.
    pub valid_from: Micros,
    /// US dollars for a million tokens.
    pub usd_per_million: f64,
}

/// Token counts of one call. Cached tokens are part of `input`, reasoning part of `output`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Input tokens, cached ones included.
    pub input: i64,
    /// Output tokens, reasoning included.
    pub output: i64,
    /// Input tokens read from a cache.
    pub cache_read: i64,
    /// Input tokens written to a cache.
    pub cache_write: i64,
    /// Reasoning tokens.
    pub reasoning: i64,
}

/// Prices by provider, model and token class, each with the dates they hold from. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct PriceTable {
    providers: Arc<BTreeMap<String, Models>>,
}

/// A provider's prices, so that a look-up by borrowed text needs no allocation.
#[derive(Clone, Debug, Default)]
struct Models {
    exact: BTreeMap<String, Classes>,
    /// Prefixes without their final `*`.
    prefixes: BTreeMap<String, Classes>,
}

/// A model's prices by class, oldest first.
type Classes = BTreeMap<TokenClass, Vec<Price>>;

impl PriceTable {
    /// Returns the list prices shipped with Spanlake.
    pub fn builtin() -> Self {
        let mut table = Self::default();
        for line in include_str!("prices.csv").lines().skip(1) {
            if let Some(row) = Self::parse_line(line) {
                table.insert(&row);
            }
        }
        table
    }

    /// Reads one line of CSV: `provider,model,token_class,valid_from,usd_per_million`; `None` when
    /// it is not five such cells with a known class, an ISO date and a price of at least 0.
    pub fn parse_line(line: &str) -> Option<ModelPriceRow> {
        let mut cells = line.split(',').map(str::trim);
        let mut cell = || cells.next().filter(|text| !text.is_empty());
        let row = ModelPriceRow {
            provider: cell()?.to_owned(),
            model: cell()?.to_owned(),
            token_class: TokenClass::from_word(cell()?)?.as_str().to_owned(),
            valid_from: crate::units::Day::parse_iso(cell()?)?.start(),
            usd_per_million: cell()?
                .parse()
                .ok()
                .filter(|usd: &f64| usd.is_finite() && *usd >= 0.0)?,
            ..ModelPriceRow::default()
        };
        cells.next().is_none().then_some(row)
    }

    /// Adds or replaces one price.
    pub fn insert(&mut self, row: &ModelPriceRow) {
        let Some(class) = TokenClass::from_word(&row.token_class) else { return };
        let providers = Arc::make_mut(&mut self.providers);
        let models = providers.entry(row.provider.clone()).or_default();
        let classes = match row.model.strip_suffix('*') {
            Some(prefix) => models.prefixes.entry(prefix.to_owned()),
            None => models.exact.entry(row.model.clone()),
        };
        let prices = classes.or_default().entry(class).or_default();
        let price = Price { valid_from: row.valid_from, usd_per_million: row.usd_per_million };
        match prices.binary_search_by_key(&price.valid_from, |known| known.valid_from) {
            Ok(at) => {
                if let Some(known) = prices.get_mut(at) {
                    *known = price;
                }
            }
            Err(at) => prices.insert(at, price),
        }
    }

    /// Returns every price as rows of `model_prices`, by provider, model, class and date.
    pub fn rows(&self) -> Vec<ModelPriceRow> {
        let mut rows = Vec::new();
        for (provider, models) in self.providers.iter() {
            let exact = models.exact.iter().map(|(model, classes)| (model.clone(), classes));
            let prefixes =
                models.prefixes.iter().map(|(prefix, classes)| (format!("{prefix}*"), classes));
            let mut named: Vec<(String, &Classes)> = exact.chain(prefixes).collect();
            named.sort_by(|a, b| a.0.cmp(&b.0));
            for (model, classes) in named {
                for (class, prices) in classes {
                    rows.extend(prices.iter().map(|price| ModelPriceRow {
                        date: price.valid_from.day(),
                        provider: provider.clone(),
                        model: model.clone(),
                        token_class: class.as_str().to_owned(),
                        valid_from: price.valid_from,
                        usd_per_million: price.usd_per_million,
                        ..ModelPriceRow::default()
                    }));
                }
            }
        }
        rows
    }

    /// Returns the cost of a call in US dollars, or `None` when its input or output has no price.
    ///
    /// Cached input is billed at its own price and taken out of the uncached input; a class
    /// without a price of its own is billed as plain input or output. No token is billed twice.
    pub fn cost_usd(&self, provider: &str, model: &str, at: Micros, usage: Usage) -> Option<f64> {
        let price = |class| self.price(provider, model, class, at);
        let cache_read = usage.cache_read.clamp(0, usage.input.max(0));
        let cache_write = usage.cache_write.clamp(0, (usage.input - cache_read).max(0));
        let reasoning = usage.reasoning.clamp(0, usage.output.max(0));
        let plain_input = usage.input.max(0) - cache_read - cache_write;
        let plain_output = usage.output.max(0) - reasoning;
        let mut total = 0.0;
        for (tokens, class, fallback) in [
            (plain_input, TokenClass::Input, TokenClass::Input),
            (cache_read, TokenClass::CacheRead, TokenClass::Input),
            (cache_write, TokenClass::CacheWrite, TokenClass::Input),
            (plain_output, TokenClass::Output, TokenClass::Output),
            (reasoning, TokenClass::Reasoning, TokenClass::Output),
        ] {
            if tokens > 0 {
                total += tokens as f64 * price(class).or_else(|| price(fallback))?;
            }
        }
        Some(total / 1e6)
    }

    fn price(&self, provider: &str, model: &str, class: TokenClass, at: Micros) -> Option<f64> {
        let models = self.providers.get(provider)?;
        let dated = |classes: &Classes| {
            let prices = classes.get(&class)?;
            let price = prices.iter().rev().find(|price| price.valid_from <= at);
            price.or_else(|| prices.first()).map(|price| price.usd_per_million)
        };
        // The longest registered prefix (`gpt-4o-mini*`) wins over a shorter one (`gpt-4o*`).
        let prefixes = (1..=model.len()).rev().filter_map(|end| model.get(..end));
        models
            .exact
            .get(model)
            .and_then(dated)
            .or_else(|| prefixes.filter_map(|prefix| models.prefixes.get(prefix)).find_map(dated))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: &str) -> Micros {
        crate::units::Day::parse_iso(day).map(crate::units::Day::start).unwrap_or_default()
    }

    fn row(model: &str, class: &str, from: &str, usd: f64) -> ModelPriceRow {
        ModelPriceRow {
            provider: "p".into(),
            model: model.into(),
            token_class: class.into(),
            valid_from: at(from),
            usd_per_million: usd,
            ..ModelPriceRow::default()
        }
    }

    #[test]
    fn cached_and_reasoning_tokens_are_billed_once() {
        let mut prices = PriceTable::default();
        for (class, usd) in [("input", 10.0), ("output", 30.0), ("cache_read", 1.0)] {
            prices.insert(&row("m", class, "2026-01-01", usd));
        }
        let usage =
            Usage { input: 1_000, output: 100, cache_read: 400, cache_write: 0, reasoning: 60 };
        // 600 × 10 + 400 × 1 + 40 × 30 + 60 × 30 (reasoning has no price of its own)
        let cost = prices.cost_usd("p", "m", at("2026-02-01"), usage).unwrap_or_default();
        assert!((cost - 9_400.0 / 1e6).abs() < 1e-12, "{cost}");
    }

    #[test]
    fn the_price_of_the_day_and_the_longest_prefix_win() {
        let mut prices = PriceTable::default();
        for (model, from, usd) in [
            ("gpt-4o*", "2026-01-01", 5.0),
            ("gpt-4o*", "2026-03-01", 4.0),
            ("gpt-4o-mini*", "2026-01-01", 1.0),
        ] {
            prices.insert(&row(model, "input", from, usd));
        }
        let usage = Usage { input: 1_000_000, ..Usage::default() };
        let cost = |model, day| prices.cost_usd("p", model, at(day), usage);
        assert_eq!(cost("gpt-4o-2024-11-20", "2026-02-01"), Some(5.0));
        assert_eq!(cost("gpt-4o-2024-11-20", "2026-03-01"), Some(4.0));
        assert_eq!(cost("gpt-4o-mini", "2026-04-01"), Some(1.0));
        assert_eq!(cost("unknown", "2026-04-01"), None);
    }

    #[test]
    fn a_line_must_be_five_good_cells() {
        assert!(PriceTable::parse_line("p, m*, input, 2026-01-01, 0.5").is_some());
        for bad in [
            "",
            "p,m,input,2026-01-01",
            "p,m,words,2026-01-01,1",
            "p,m,input,soon,1",
            "p,m,input,2026-01-01,-1",
            "p,m,input,2026-01-01,NaN",
            "p,m,input,2026-01-01,1,2",
        ] {
            assert!(PriceTable::parse_line(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn the_shipped_table_is_complete() {
        let lines = include_str!("prices.csv").lines().count() - 1;
        assert_eq!(PriceTable::builtin().rows().len(), lines);
    }
}
