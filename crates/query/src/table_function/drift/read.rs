//! Reads both sides: first where the bins lie, then what falls into them, then the words of texts.

use std::collections::HashMap;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StructArray};
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType};
use datafusion::catalog::Session;
use datafusion::error::Result;
use futures::{StreamExt as _, TryStreamExt as _};

use super::super::run::{self, Parameters};
use super::DriftTable;
use super::columns::{CATEGORIES, NUMBERS, TEXTS};
use super::fold::{Bins, Column};
use super::rows::{Row, Word, judge};

/// A column as the statements below name it.
fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

impl DriftTable {
    /// The calls of both sides, with what every statement needs of them.
    fn calls(&self) -> String {
        let (current, baseline) =
            (self.current.condition("current"), self.baseline.condition("baseline"));
        let columns: Vec<String> = NUMBERS
            .iter()
            .map(|name| format!("cast({0} as double) as {0}", quoted(name)))
            .chain(CATEGORIES.iter().chain(&TEXTS).map(|name| {
                // The stratum is read under names of its own.
                format!("cast({0} as varchar) as {0}", quoted(name))
            }))
            .collect();
        format!(
            "select coalesce({current}, false) as is_current, coalesce(session_id, trace_id) as cluster, \
             coalesce(sampling_weight, 1.0) as weight, coalesce(tenant_id, '') || ' ' || \
             coalesce(response_model, request_model, '') as stratum, start_time, span_id, {} \
             from spans where kind = 'llm' and token_role not in ('aggregate', 'duplicate') \
             and prompt_name = $prompt and ({current} or {baseline})",
            columns.join(", ")
        )
    }

    fn parameters(&self) -> Parameters {
        let mut all = vec![("prompt".to_owned(), run::value(&self.prompt))];
        all.extend(self.current.parameters("current"));
        all.extend(self.baseline.parameters("baseline"));
        all
    }

    async fn one_row(&self, session: &dyn Session, sql: &str) -> Result<RecordBatch> {
        let mut running = run::run(&self.statement, session, sql, self.parameters()).await?;
        let schema = running.rows.schema();
        let batches: Vec<RecordBatch> = running.rows.by_ref().try_collect().await?;
        running.count(&self.statement);
        Ok(concat_batches(&schema, &batches)?)
    }

    /// Everything compared, judged as one family.
    pub(super) async fn report(&self, session: &dyn Session) -> Result<Vec<Row>> {
        let columns: Vec<&str> = NUMBERS.iter().chain(&CATEGORIES).copied().collect();
        let bins: Vec<String> = columns
            .iter()
            .map(|name| format!("drift_bins({0}, is_current) as {0}", quoted(name)))
            .collect();
        let sql = format!(
            "select min(start_time) filter (where is_current) as current_from, \
             max(start_time) filter (where is_current) as current_until, \
             min(start_time) filter (where not is_current) as baseline_from, \
             max(start_time) filter (where not is_current) as baseline_until, {} from ({})",
            bins.join(", "),
            self.calls()
        );
        let found = self.one_row(session, &sql).await?;
        let is_concurrent = overlaps(&found);
        let mut folded: Vec<(&str, Column)> = columns
            .iter()
            .filter_map(|name| Some((*name, Column::new(bins_of(found.column_by_name(name)?)?))))
            .collect();
        self.fill(session, &mut folded).await?;
        let words = self.words(session).await?;
        Ok(judge(&folded, &words, is_concurrent))
    }

    async fn fill(&self, session: &dyn Session, folded: &mut [(&str, Column)]) -> Result<()> {
        let names: Vec<String> = folded.iter().map(|(name, _)| quoted(name)).collect();
        if names.is_empty() {
            return Ok(());
        }
        let sql = format!(
            "select is_current, cluster, weight, stratum, {} from ({}) \
             order by is_current, cluster",
            names.join(", "),
            self.calls()
        );
        let mut running = run::run(&self.statement, session, &sql, self.parameters()).await?;
        let mut strata: HashMap<String, usize> = HashMap::new();
        let mut open: Option<(bool, String)> = None;
        while let Some(batch) = running.rows.next().await {
            let batch = batch?;
            let [sides, clusters, weights, places, values @ ..] = batch.columns() else { break };
            let (sides, weights) = (sides.as_boolean(), weights.as_primitive::<Float64Type>());
            for row in 0..batch.num_rows() {
                let (is_current, cluster) = (sides.value(row), text(clusters, row));
                let same = open
                    .as_ref()
                    .is_some_and(|(side, id)| *side == is_current && Some(id.as_str()) == cluster);
                if !same {
                    close(folded);
                    open = Some((is_current, cluster.unwrap_or_default().to_owned()));
                }
                let next = strata.len();
                let stratum = text(places, row).unwrap_or_default();
                let stratum = match strata.get(stratum) {
                    Some(known) => *known,
                    None => *strata.entry(stratum.to_owned()).or_insert(next),
                };
                for ((_, column), values) in folded.iter_mut().zip(values) {
                    let number = number(values, row);
                    let bin = match values.as_primitive_opt::<Float64Type>() {
                        Some(_) => column.bins.of_number(number),
                        None => column.bins.of_name(text(values, row)),
                    };
                    column.add(is_current, stratum, weights.value(row), bin, number);
                }
            }
        }
        close(folded);
        running.count(&self.statement);
        Ok(())
    }

    /// The word of each text column whose share moved most certainly, one text a cluster.
    async fn words(&self, session: &dyn Session) -> Result<Vec<Word>> {
        let firsts: Vec<String> = TEXTS
            .iter()
            .map(|name| {
                format!("first_value({0} order by start_time, span_id) as {0}", quoted(name))
            })
            .collect();
        let drifts: Vec<String> = TEXTS
            .iter()
            .flat_map(|name| {
                let column = quoted(name);
                [
                    format!("token_drift({column}, is_current, 1) as {column}"),
                    format!(
                        "count({column}) filter (where not is_current) as {}",
                        quoted(&format!("{name}_baseline"))
                    ),
                    format!(
                        "count({column}) filter (where is_current) as {}",
                        quoted(&format!("{name}_current"))
                    ),
                ]
            })
            .collect();
        let sql = format!(
            "select {} from (select is_current, cluster, {} from ({}) group by is_current, cluster)",
            drifts.join(", "),
            firsts.join(", "),
            self.calls()
        );
        let found = self.one_row(session, &sql).await?;
        Ok(TEXTS.iter().filter_map(|name| word(&found, name)).collect())
    }
}

/// Ends the cluster that is being read.
fn close(folded: &mut [(&str, Column)]) {
    for (_, column) in folded {
        column.close();
    }
}

fn word(found: &RecordBatch, name: &'static str) -> Option<Word> {
    let count = |side: &str| {
        let column = found.column_by_name(&format!("{name}_{side}"))?;
        Some(column.as_primitive_opt::<Int64Type>()?.value(0) as f64)
    };
    let rows = [count("baseline")?, count("current")?];
    let words = elements(found.column_by_name(name)?)?;
    let float = |field: &str| {
        let column = words.column_by_name(field)?.as_primitive_opt::<Float64Type>()?.clone();
        (column.len() == 1 && column.is_valid(0)).then(|| column.value(0))
    };
    let token = words.column_by_name("token").and_then(|token| {
        (token.len() == 1).then(|| text(token, 0).unwrap_or_default().to_owned())
    });
    (rows[0] + rows[1] > 0.0).then(|| Word {
        column: name,
        rows,
        token: token.unwrap_or_default(),
        shares: float("reference_share").zip(float("current_share")),
        p: float("p_value"),
        p_of_all: float("p_adjusted"),
    })
}

/// Whether the two sides' calls overlap in time.
fn overlaps(found: &RecordBatch) -> bool {
    let time = |name: &str| {
        let times = found.column_by_name(name)?.as_primitive_opt::<TimestampMicrosecondType>()?;
        times.is_valid(0).then(|| times.value(0))
    };
    let bounds = || {
        let current = (time("current_from")?, time("current_until")?);
        Some((current, (time("baseline_from")?, time("baseline_until")?)))
    };
    bounds().is_some_and(|(current, baseline)| current.0 <= baseline.1 && baseline.0 <= current.1)
}

/// The one list of a result as its elements.
fn elements(list: &ArrayRef) -> Option<StructArray> {
    let list = list.as_list_opt::<i32>()?;
    (list.len() == 1 && list.is_valid(0)).then(|| list.value(0).as_struct().clone())
}

/// Where the bins of a column lie, from what `drift_bins` gives; `None` without a value.
fn bins_of(list: &ArrayRef) -> Option<Bins> {
    let bins = elements(list)?;
    let categories = bins.column_by_name("category")?;
    let highs = bins.column_by_name("high")?.as_primitive_opt::<Float64Type>()?;
    if bins.is_empty() {
        return None;
    }
    if categories.null_count() == categories.len() {
        return Some(Bins::of_edges(highs.iter().flatten().collect()));
    }
    let count = |name: &str, row: usize| {
        let counts = bins.column_by_name(name)?.as_primitive_opt::<Int64Type>()?;
        Some(counts.value(row) as f64)
    };
    let counted: Option<Vec<(String, f64, f64)>> = (0..bins.len())
        .map(|row| {
            let name = text(categories, row)?.to_owned();
            Some((name, count("reference", row)?, count("current", row)?))
        })
        .collect();
    Some(Bins::of_categories(&counted?))
}

fn text(array: &ArrayRef, row: usize) -> Option<&str> {
    if array.is_null(row) {
        return None;
    }
    array
        .as_string_view_opt()
        .map(|texts| texts.value(row))
        .or_else(|| array.as_string_opt::<i32>().map(|texts| texts.value(row)))
}

fn number(array: &ArrayRef, row: usize) -> Option<f64> {
    let numbers = array.as_primitive_opt::<Float64Type>()?;
    numbers.is_valid(row).then(|| numbers.value(row)).filter(|number| number.is_finite())
}
