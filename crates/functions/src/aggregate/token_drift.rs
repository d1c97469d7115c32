//! `token_drift(text, is_current[, k])`

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, StringArray, StructArray};
use arrow::datatypes::{DataType, Field, Fields};
use datafusion_common::{Result, ScalarValue, exec_datafusion_err, exec_err};
use datafusion_expr::Documentation;
use datasketches::frequencies::{ErrorType, FrequentItemsSketch};

use super::binned::SIDE;
use super::codec::{Reader, Writer};
use super::drift_bins::list_of;
use super::fold::{Fold, Options, State};
use crate::args::text_at;
use crate::documented::{Manual, STATISTICS};
use crate::kernel::Kind;
use crate::stats::multiple::{Adjustment, adjust};
use crate::stats::proportion::two_prop;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct TokenDrift;

/// Slots of each side's sketch, of which three quarters are used.
const SLOTS: usize = 1 << 15;
/// Longest word kept, in bytes.
const LONGEST: usize = 64;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "token_drift(text, is_current[, k])",
        does: "The words whose share of texts changed most. Words are runs of letters and digits in \
            lower case, at most 64 bytes. Counts are exact up to 24,576 distinct words a side; \
            beyond, a frequent-items sketch forgets rare words, and counts are at most `error` \
            texts too low.",
        arguments: &[
            ("text", "A text."),
            SIDE,
            ("k", "How many words to give, 1 to 10,000; 20 unless given."),
        ],
        result: "A list of at most k {token, reference, current, reference_share, current_share, \
            log_ratio, p_value, p_adjusted, error}, in ascending order of p_value: texts that \
            hold the word on each side and their shares, log_ratio = ln of current over \
            reference share with half a text added to each, p_value of Fisher's exact test with \
            a text as the unit, p_adjusted by Benjamini and Hochberg over all words counted.",
        nulls: "Rows with a NULL text or side are left out; an empty list when a side is empty.",
        errors: "k outside 1 to 10,000.",
        source: "Misra and Gries 1982 (Apache DataSketches).",
        example: "select unnest(token_drift(output_preview, start_time >= '2026-06-08', 10)) from llm_calls;",
    }
    .documentation()
});

fn fields() -> Fields {
    let float = |name: &str| Field::new(name, DataType::Float64, true);
    let count = |name: &str| Field::new(name, DataType::Int64, true);
    Fields::from(vec![
        Field::new("token", DataType::Utf8, true),
        count("reference"),
        count("current"),
        float("reference_share"),
        float("current_share"),
        float("log_ratio"),
        float("p_value"),
        float("p_adjusted"),
        count("error"),
    ])
}

/// One side's texts and how many hold each word.
#[derive(Debug)]
struct Texts {
    n: u64,
    words: Option<FrequentItemsSketch<String>>,
}

impl Texts {
    fn new() -> Self {
        Self { n: 0, words: FrequentItemsSketch::new(SLOTS).ok() }
    }

    fn add(&mut self, text: &str) {
        self.n += 1;
        let Some(words) = &mut self.words else { return };
        let distinct: BTreeSet<String> = text
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty() && word.len() <= LONGEST)
            .map(str::to_lowercase)
            .collect();
        for word in distinct {
            words.update(word);
        }
    }
}

/// Words of both sides.
#[derive(Debug)]
pub(crate) struct Words {
    reference: Texts,
    current: Texts,
}

impl State for Words {
    fn new(_: &[DataType], _: &Options) -> Self {
        Self { reference: Texts::new(), current: Texts::new() }
    }

    fn update(&mut self, columns: &[ArrayRef]) -> Result<()> {
        let [texts, sides] = columns else { return exec_err!("a text and a side are wanted") };
        let sides = sides.as_boolean();
        for row in (0..texts.len()).filter(|&row| sides.is_valid(row)) {
            if let Some(text) = text_at(texts.as_ref(), row) {
                let side = if sides.value(row) { &mut self.current } else { &mut self.reference };
                side.add(text);
            }
        }
        Ok(())
    }

    fn write(&self, out: &mut Writer) {
        for side in [&self.reference, &self.current] {
            out.count(side.n);
            out.bytes(&side.words.as_ref().map(FrequentItemsSketch::serialize).unwrap_or_default());
        }
    }

    fn merge(&mut self, from: &mut Reader) -> Option<()> {
        for side in [&mut self.reference, &mut self.current] {
            side.n += from.count()?;
            let other = FrequentItemsSketch::deserialize(from.bytes()?).ok()?;
            side.words.as_mut()?.merge(&other);
        }
        Some(())
    }

    fn heap_bytes(&self) -> usize {
        [&self.reference, &self.current]
            .iter()
            .filter_map(|side| side.words.as_ref())
            .map(|words| words.current_map_capacity() * 64)
            .sum()
    }
}

/// A word with the texts that hold it.
struct Found {
    token: String,
    counts: (u64, u64),
    p: f64,
}

impl Words {
    fn found(&self) -> Result<(Vec<Found>, u64)> {
        let mut counts: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        let mut error = 0;
        for (side, is_current) in [(&self.reference, false), (&self.current, true)] {
            let words = side.words.as_ref().ok_or_else(|| exec_datafusion_err!("no sketch"))?;
            error = error.max(words.maximum_error());
            for row in words.frequent_items_with_threshold(ErrorType::NoFalseNegatives, 0) {
                let slot = counts.entry(row.item().clone()).or_default();
                *(if is_current { &mut slot.1 } else { &mut slot.0 }) = row.lower_bound();
            }
        }
        let (n, m) = (self.reference.n as f64, self.current.n as f64);
        let test = |counts: (u64, u64)| {
            let found = two_prop(counts.0 as f64, n, counts.1 as f64, m, 0.05);
            found.and_then(|found| found.fisher_p).unwrap_or(1.0)
        };
        let found = counts
            .into_iter()
            .map(|(token, counts)| Found { token, counts, p: test(counts) })
            .collect();
        Ok((found, error))
    }
}

impl Fold for TokenDrift {
    const NAME: &'static str = "token_drift";
    const KINDS: &'static [Kind] = &[Kind::Text, Kind::Flag, Kind::Number];
    const REQUIRED: usize = 2;
    const COLUMNS: usize = 2;
    type State = Words;

    fn return_type() -> DataType {
        DataType::List(Arc::new(Field::new_list_field(DataType::Struct(fields()), true)))
    }

    fn finish(words: &Words, options: &Options) -> Result<ScalarValue> {
        let k = options.number(2, 20.0)?;
        if !(1.0..=10_000.0).contains(&k) {
            return options.error("k lies between 1 and 10,000");
        }
        let (n, m) = (words.reference.n, words.current.n);
        let (mut found, error) = if n > 0 && m > 0 { words.found()? } else { (Vec::new(), 0) };
        found.sort_by(|a, b| a.p.total_cmp(&b.p).then_with(|| a.token.cmp(&b.token)));
        let p_values: Vec<Option<f64>> = found.iter().map(|word| Some(word.p)).collect();
        let adjusted = adjust(&p_values, Adjustment::BenjaminiHochberg);
        found.truncate(k as usize);
        let (n, m) = (n as f64, m as f64);
        let share = |count: u64, n: f64| count as f64 / n;
        let log_ratio = |word: &Found| {
            let raised = |count: u64, n: f64| (count as f64 + 0.5) / (n + 1.0);
            (raised(word.counts.1, m) / raised(word.counts.0, n)).ln()
        };
        let floats = |value: &dyn Fn(&Found) -> f64| {
            Arc::new(found.iter().map(|word| Some(value(word))).collect::<Float64Array>())
                as ArrayRef
        };
        let counts = |value: &dyn Fn(&Found) -> u64| {
            let counts: Int64Array = found.iter().map(|word| Some(value(word) as i64)).collect();
            Arc::new(counts) as ArrayRef
        };
        let columns: Vec<ArrayRef> = vec![
            Arc::new(found.iter().map(|word| Some(&word.token)).collect::<StringArray>()),
            counts(&|word| word.counts.0),
            counts(&|word| word.counts.1),
            floats(&|word| share(word.counts.0, n)),
            floats(&|word| share(word.counts.1, m)),
            floats(&log_ratio),
            floats(&|word| word.p),
            Arc::new(adjusted.into_iter().take(found.len()).collect::<Float64Array>()),
            counts(&|_| error),
        ];
        list_of(StructArray::try_new(fields(), columns, None)?)
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
