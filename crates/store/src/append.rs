//! Appending: stamp, log, wait for the disk, absorb, publish.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use spanlake_model::{Rows, Table};
use tokio::sync::OwnedMutexGuard;

use crate::buffer::Incoming;
use crate::core::Core;
use crate::erase::write_tombstone;
use crate::error::{Result, StoreError};
use crate::inner::{Inner, Writer};
use crate::site::blocking;
use crate::wal::EncodedFrame;

/// What an append did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ack {
    /// Rows appended.
    pub rows: usize,
    /// Rows that were left out because they belong to somebody who was erased.
    pub erased_rows: usize,
    /// Number of the append's last frame in the write-ahead log.
    pub last_seq: u64,
}

impl Inner {
    /// Appends rows; when this returns they are durable and visible.
    pub(crate) async fn append(self: Arc<Self>, mut rows: Vec<Rows>) -> Result<Ack> {
        let writer = self.writer()?;
        let redaction = self.meta.redaction;
        if let Some(found) =
            rows.iter().flat_map(Rows::policies).find(|policy| !redaction.takes(policy))
        {
            let found = found.to_owned();
            return Err(StoreError::PolicyMismatch { expected: redaction.as_str(), found });
        }
        if !rows.iter().all(Rows::is_empty) {
            self.make_room(writer).await?;
        }
        // Held until the rows are absorbed, so that an erasure knows what it has to look through.
        let taking = self.taking.read().await;
        let (erased_rows, learnt) = self.erasures.load_full().strike(&mut rows);
        for erasure in learnt {
            erasure.reopen();
            write_tombstone(&self.site, &erasure).await?;
        }
        rows.retain(|rows| !rows.is_empty());
        let count = rows.iter().map(Rows::len).sum();
        if rows.is_empty() {
            return Ok(Ack { rows: 0, erased_rows, last_seq: writer.wal.last_seq() });
        }
        let versions = Arc::clone(&writer.versions);
        let (rows, frames) = blocking(move || {
            for rows in &mut rows {
                rows.number(versions.reserve(rows.len()), versions.writer_id());
            }
            let frames = rows.iter().map(EncodedFrame::encode).collect::<Result<Vec<_>>>()?;
            Ok((rows, frames))
        })
        .await?;
        let appended = writer.wal.append(frames).await?;
        let entry = Incoming { seq: appended.last_seq, rows };
        self.core.lock().await.pending.insert(appended.first_seq, entry);
        self.absorb_until(writer, appended.last_seq).await?;
        drop(taking);
        if writer.buffered.load(Ordering::Relaxed) >= self.options.flush_bytes {
            self.flush_behind();
        }
        Ok(Ack { rows: count, erased_rows, last_seq: appended.last_seq })
    }

    /// Waits while the buffer is full, helping to empty it.
    async fn make_room(&self, writer: &Writer) -> Result<()> {
        while writer.buffered.load(Ordering::Relaxed) >= self.options.buffer_limit_bytes {
            writer.stalls.fetch_add(1, Ordering::Relaxed);
            self.flush().await?;
        }
        Ok(())
    }

    /// Returns when every entry up to `seq` is absorbed and published. Entries are absorbed in the
    /// log's order, whoever gets here first, so that recovery comes to the same rows.
    async fn absorb_until(&self, writer: &Writer, seq: u64) -> Result<()> {
        let mut attempts = writer.attempts.subscribe();
        loop {
            attempts.mark_unchanged();
            let core = Arc::clone(&self.core).lock_owned().await;
            if core.absorbed_seq >= seq {
                return Ok(());
            }
            if core.ready().next().is_none() {
                // An append with a lower number is still on its way here.
                drop(core);
                attempts.changed().await.map_err(|_| StoreError::Closed)?;
                continue;
            }
            let result = self.absorb_ready(writer, core).await;
            writer.attempts.send_modify(|attempts| *attempts += 1);
            result?;
        }
    }

    async fn absorb_ready(&self, writer: &Writer, mut core: OwnedMutexGuard<Core>) -> Result<()> {
        let files = match self.lookup.rows_for(&core.tables, &core.buffer, core.ready()).await {
            Ok(files) => files,
            Err(error) => {
                // Another writer may have merged files that are known here, and deleted them since.
                tracing::warn!(%error, "files are gone; those that replaced them are looked for");
                drop(core);
                self.adopt_all().await?;
                core = Arc::clone(&self.core).lock_owned().await;
                self.lookup.rows_for(&core.tables, &core.buffer, core.ready()).await?
            }
        };
        let (settle, versions) = (Arc::clone(&self.options.settle), Arc::clone(&writer.versions));
        let (published, now) = (Arc::clone(&self.published), self.options.clock.now());
        let bytes = blocking(move || {
            core.absorb_ready(files, settle.as_ref(), &mut versions.as_ref(), now)?;
            core.publish(&published)?;
            Ok(core.buffer.bytes())
        })
        .await?;
        writer.buffered.store(bytes, Ordering::Relaxed);
        Ok(())
    }
}

impl Inner {
    /// Settles the long traces that wait for it and publishes them.
    pub(crate) async fn tick(&self, core: OwnedMutexGuard<Core>) -> Result<()> {
        if core.buffer.active.unsettled.is_empty() {
            return Ok(());
        }
        let mut core = self.settle_waiting(core, &self.writer()?.versions).await?;
        core.publish(&self.published)
    }
}

/// The order of commits: a span comes last, so that whoever sees it finds its content.
pub(crate) fn commit_rank(table: Table) -> u8 {
    match table {
        Table::Payloads => 0,
        Table::Evals => 1,
        Table::Spans => 3,
        _ => 2,
    }
}
