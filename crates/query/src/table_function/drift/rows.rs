//! What a drift report shows, and its Arrow columns.

use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::error::Result;
use spanlake_functions::stats::{Adjustment, adjust};

use super::columns::NUMBERS;
use super::fold::{Column, Found};
use crate::metric::{ALPHA, MINIMUM_CLUSTERS, MINIMUM_PSI, Verdict};

/// The word of a text column that moved most certainly.
#[derive(Debug)]
pub(super) struct Word {
    pub(super) column: &'static str,
    /// Texts of each side, one a cluster.
    pub(super) rows: [f64; 2],
    pub(super) token: String,
    pub(super) shares: Option<(f64, f64)>,
    pub(super) p: Option<f64>,
    /// Chance of words as different without any change, over all words (Simes).
    pub(super) p_of_all: Option<f64>,
}

/// One row of the result.
#[derive(Debug)]
pub(super) struct Row {
    column: String,
    kind: &'static str,
    test: Option<&'static str>,
    statistic: Option<f64>,
    p: Option<f64>,
    p_adjusted: Option<f64>,
    effect: Option<f64>,
    psi_standardised: Option<f64>,
    rows: [f64; 2],
    effective: [f64; 2],
    clusters: [f64; 2],
    missing: [Option<f64>; 2],
    means: [Option<f64>; 2],
    change: String,
    basis: &'static str,
    is_enough: bool,
}

/// Puts all columns into one family.
pub(super) fn judge(columns: &[(&str, Column)], words: &[Word], is_concurrent: bool) -> Vec<Row> {
    let basis = if is_concurrent { "concurrent" } else { "before/after" };
    let binned =
        columns.iter().filter_map(|(name, column)| Some(of_bins(name, column.compare()?, basis)));
    let mut rows: Vec<Row> = binned.chain(words.iter().map(|word| of_word(word, basis))).collect();
    let p_values: Vec<Option<f64>> = rows.iter().map(|row| row.p).collect();
    let adjusted = adjust(&p_values, Adjustment::BenjaminiHochberg);
    for (row, p) in rows.iter_mut().zip(adjusted) {
        row.p_adjusted = p;
    }
    rows
}

fn of_bins(name: &str, found: Found, basis: &'static str) -> Row {
    Row {
        column: name.to_owned(),
        kind: if NUMBERS.contains(&name) { "number" } else { "category" },
        test: found.test.map(|_| "chi-squared (Rao-Scott), fixed horizon"),
        statistic: found.test.map(|test| test.0),
        p: found.test.map(|test| test.1),
        p_adjusted: None,
        effect: Some(found.psi),
        psi_standardised: found.psi_standardised,
        rows: found.rows,
        effective: found.effective,
        clusters: found.clusters,
        missing: found.missing.map(Some),
        means: found.means,
        change: found.change,
        basis,
        is_enough: found.is_enough,
    }
}

fn of_word(word: &Word, basis: &'static str) -> Row {
    let enough = word.rows[0].min(word.rows[1]) >= MINIMUM_CLUSTERS;
    let p = word.p_of_all.filter(|_| enough);
    let change = word
        .shares
        .filter(|(p, q)| (p - q).abs() > 0.0)
        .map(|(p, q)| format!("{}: {:.1}% \u{2192} {:.1}%", word.token, p * 100.0, q * 100.0));
    Row {
        column: word.column.to_owned(),
        kind: "text",
        test: p.map(|_| "Fisher by word (Simes), fixed horizon"),
        statistic: word.p.filter(|_| enough),
        p,
        p_adjusted: None,
        effect: word.shares.map(|(p, q)| (p - q).abs()),
        psi_standardised: None,
        rows: word.rows,
        effective: word.rows,
        clusters: word.rows,
        missing: [None; 2],
        means: [None; 2],
        change: change.unwrap_or_default(),
        basis,
        is_enough: enough,
    }
}

impl Row {
    fn verdict(&self) -> &'static str {
        match self.p_adjusted {
            // A value that never varies is no test, and no change.
            None if self.is_enough => Verdict::NoEvidence.words(),
            None => Verdict::TooLittleData.words(),
            Some(p) if p < ALPHA && self.effect.is_some_and(|effect| effect >= MINIMUM_PSI) => {
                "drift"
            }
            Some(_) => Verdict::NoEvidence.words(),
        }
    }

    fn note(&self) -> Option<String> {
        let explained = self.verdict() == "drift"
            && self.psi_standardised.is_some_and(|psi| psi < MINIMUM_PSI / 2.0);
        explained.then(|| {
            "at equal shares of tenants and models little is left: their mix changed".to_owned()
        })
    }
}

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let (text, float, count) = (DataType::Utf8, DataType::Float64, DataType::Int64);
    let fields = [
        ("column_name", &text),
        ("kind", &text),
        ("test", &text),
        ("statistic", &float),
        ("p_value", &float),
        ("p_adjusted", &float),
        ("effect", &float),
        ("minimum_effect", &float),
        ("psi_standardised", &float),
        ("n_baseline", &count),
        ("n_current", &count),
        ("effective_n_baseline", &float),
        ("effective_n_current", &float),
        ("clusters_baseline", &count),
        ("clusters_current", &count),
        ("missing_baseline", &float),
        ("missing_current", &float),
        ("mean_baseline", &float),
        ("mean_current", &float),
        ("change", &text),
        ("basis", &text),
        ("verdict", &text),
        ("note", &text),
    ];
    let fields = fields.map(|(name, ty)| Field::new(name, ty.clone(), true));
    Arc::new(Schema::new(Vec::from(fields)))
});

pub(super) fn schema() -> SchemaRef {
    Arc::clone(&SCHEMA)
}

pub(super) fn batch(rows: &[Row]) -> Result<RecordBatch> {
    let text = |of: fn(&Row) -> Option<String>| -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<StringArray>())
    };
    let float = |of: fn(&Row) -> Option<f64>| -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<Float64Array>())
    };
    let count = |of: fn(&Row) -> f64| -> ArrayRef {
        Arc::new(rows.iter().map(|row| Some(of(row) as i64)).collect::<Int64Array>())
    };
    let columns = vec![
        text(|row| Some(row.column.clone())),
        text(|row| Some(row.kind.to_owned())),
        text(|row| row.test.map(str::to_owned)),
        float(|row| row.statistic),
        float(|row| row.p),
        float(|row| row.p_adjusted),
        float(|row| row.effect),
        float(|_| Some(MINIMUM_PSI)),
        float(|row| row.psi_standardised),
        count(|row| row.rows[0]),
        count(|row| row.rows[1]),
        float(|row| Some(row.effective[0])),
        float(|row| Some(row.effective[1])),
        count(|row| row.clusters[0]),
        count(|row| row.clusters[1]),
        float(|row| row.missing[0]),
        float(|row| row.missing[1]),
        float(|row| row.means[0]),
        float(|row| row.means[1]),
        text(|row| Some(row.change.clone()).filter(|change| !change.is_empty())),
        text(|row| Some(row.basis.to_owned())),
        text(|row| Some(row.verdict().to_owned())),
        text(Row::note),
    ];
    Ok(RecordBatch::try_new(schema(), columns)?)
}
