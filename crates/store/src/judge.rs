//! Looks up in files what evaluations judge, so that they take from there what they do not say.

use std::collections::BTreeMap;

use spanlake_model::{EvalRow, Rows, Table};

use crate::buffer::{Judged, Map, Said};
use crate::data::read_rows_at;
use crate::error::Result;
use crate::filter::{group_hash, member_hash};
use crate::inner::Inner;
use crate::key::RowKey;
use crate::lookup::Lookup;
use crate::table_files::TableFiles;

impl Inner {
    /// Looks up what buffered evaluations judge, without holding appends up. An evaluation whose
    /// span is not found, or that comes in meanwhile, goes into a file as it is: whoever asks looks
    /// its prompt up, and it is filled when its file is merged.
    pub(crate) async fn judged(&self) -> Map<Judged, Said> {
        for is_last in [false, true] {
            let (wanted, spans) = {
                let core = self.core.lock().await;
                let wanted = core.buffer.active.judged_elsewhere();
                let spans = core.tables.get(&Table::Spans).filter(|_| !wanted.is_empty());
                (wanted, spans.map(TableFiles::to_read))
            };
            let Some(spans) = spans else { break };
            match self.lookup.judged(&spans, wanted).await {
                Ok(found) => return found,
                Err(error) => tracing::warn!(%error, "what evaluations judge is not looked up"),
            }
            // Another writer may have merged the files that are known here, and deleted them since.
            if is_last || self.adopt_all().await.is_err() {
                break;
            }
        }
        Map::default()
    }
}

impl Lookup {
    /// Returns what files say of the spans and traces that evaluations judge.
    pub(crate) async fn judged(
        &self,
        spans: &TableFiles,
        mut judged: Vec<Judged>,
    ) -> Result<Map<Judged, Said>> {
        judged.sort_unstable();
        judged.dedup();
        let hashed = judged
            .into_iter()
            .map(|judged| (judged, group_hash(judged.group), judged.member.map(member_hash)));
        let wanted: Vec<_> = hashed.collect();
        let mut found: Map<Judged, Said> = Map::default();
        for file in spans.files.values() {
            file.filter.load().await;
            let may_be_here = wanted.iter().filter(|(judged, trace, span)| {
                (judged.member.is_none() || !found.contains_key(judged))
                    && file.filter.may_contain_trace_hash(*trace)
                    && span.is_none_or(|span| file.filter.may_contain_span_hash(span))
            });
            let may_be_here: Vec<Judged> = may_be_here.map(|(judged, ..)| *judged).collect();
            if may_be_here.is_empty() {
                continue;
            }
            let keys = self.keys(spans.table, file).await?;
            let mut rows: BTreeMap<u32, Vec<Judged>> = BTreeMap::new();
            for judged in may_be_here {
                let at: Vec<u32> = match judged.member {
                    Some(member) => {
                        let key = RowKey { group: judged.group, member };
                        keys.rows_of(key).map(|(row, _)| row).collect()
                    }
                    None => keys.rows_of_group(judged.group).collect(),
                };
                for row in at.into_iter().filter(|row| !file.dead.contains(*row)) {
                    rows.entry(row).or_default().push(judged);
                }
            }
            if rows.is_empty() {
                continue;
            }
            let at: Vec<u32> = rows.keys().copied().collect();
            let columns = Some(EvalRow::JUDGED.as_slice());
            let batches = read_rows_at(&self.store, spans.table, file, &at, columns).await?;
            let read =
                batches.iter().map(|batch| spans.table.read_rows(batch, 0..batch.num_rows()));
            let read =
                read.flat_map(|rows| if let Rows::Spans(rows) = rows { rows } else { vec![] });
            for (judged, span) in rows.into_values().zip(read) {
                for judged in judged {
                    found.entry(judged).or_default().add(span.clone());
                }
            }
        }
        Ok(found)
    }
}
