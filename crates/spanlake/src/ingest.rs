//! Bytes in: decode and redact on worker threads, append in order of arrival.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use serde::Serialize;
use spanlake_ingest::{
    Chunk, Chunks, DEFAULT_CHUNK_BYTES, Decoded, IngestContext, IngestError, Limits,
};
use spanlake_model::Micros;
use spanlake_redact::RedactedBatch;
use tokio::sync::Semaphore;

use crate::Spanlake;
use crate::error::{Error, Result};

/// Pieces decoded and redacted at a time.
const DECODING: usize = 8;
/// Appends in flight. They share a sync of the log, and traces that several of them bring parts of
/// are settled once.
const APPENDING: usize = 16;
/// Input in flight, before it is decoded; its rows take several times as much memory.
const IN_FLIGHT_KIB: u32 = 24 << 10;

/// What became of input.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct IngestSummary {
    /// Request bodies or chunks of lines read.
    pub requests: u64,
    /// Bytes decoded; of files and pipes, after decompression.
    pub bytes: u64,
    /// Span records accepted; a re-exported span counts again.
    pub spans: u64,
    /// Scores and labels accepted.
    pub evals: u64,
    /// Log records read, the ignored ones included.
    pub log_records: u64,
    /// Log records that say nothing about LLM calls.
    pub ignored_log_records: u64,
    /// Metrics, all ignored.
    pub ignored_metrics: u64,
    /// Spans, log records or evaluations rejected.
    pub rejected: u64,
    /// Rows left out because they belong to somebody who was erased.
    pub erased_rows: u64,
    /// Places in the input where something was rejected or cut, by reason.
    pub problems: BTreeMap<String, u64>,
    /// The first problems, one line each: where, why, what to do. The rest is in `ingest_errors`.
    pub messages: Vec<String>,
}

/// Problems named one by one; all are counted, and rows of `ingest_errors`.
const MAX_MESSAGES: usize = 20;

impl IngestSummary {
    /// Whether anything was rejected or cut.
    pub fn has_problems(&self) -> bool {
        self.rejected > 0 || !self.problems.is_empty()
    }

    /// Adds another summary.
    pub fn add(&mut self, other: Self) {
        self.requests += other.requests;
        self.bytes += other.bytes;
        self.spans += other.spans;
        self.evals += other.evals;
        self.log_records += other.log_records;
        self.ignored_log_records += other.ignored_log_records;
        self.ignored_metrics += other.ignored_metrics;
        self.rejected += other.rejected;
        self.erased_rows += other.erased_rows;
        for (code, count) in other.problems {
            *self.problems.entry(code).or_default() += count;
        }
        let room = MAX_MESSAGES.saturating_sub(self.messages.len());
        self.messages.extend(other.messages.into_iter().take(room));
    }

    fn of(decoded: &Decoded, bytes: usize) -> Self {
        let counts = decoded.counts;
        let mut summary = Self {
            requests: 1,
            bytes: bytes as u64,
            spans: counts.spans,
            evals: counts.evals,
            log_records: counts.log_records,
            ignored_log_records: counts.ignored_log_records,
            ignored_metrics: counts.ignored_metrics,
            rejected: counts.rejected,
            ..Self::default()
        };
        for error in &decoded.batch.errors {
            *summary.problems.entry(error.code.clone()).or_default() += 1;
            if summary.messages.len() < MAX_MESSAGES {
                let place = error.offset.map_or_else(String::new, |at| format!(" at byte {at}"));
                let hint =
                    error.hint.as_deref().map_or_else(String::new, |hint| format!(": {hint}"));
                summary.messages.push(format!("{}{place}: {}{hint}", error.source, error.code));
            }
        }
        summary
    }
}

/// One request body and where it came from.
#[derive(Clone, Debug)]
pub struct Request {
    /// File name or listener, for messages and `ingest_errors`.
    pub source: String,
    /// The body: OTLP protobuf or JSON, JSON lines, native JSON lines; gzip and zstd are seen.
    pub body: Bytes,
    /// When it arrived; `None` is now.
    pub received: Option<Micros>,
}

/// What one worker decodes.
enum Piece {
    Body(Request),
    /// A part of a larger input.
    Chunk(Arc<str>, Chunk),
    /// An input, or the rest of one, that cannot be read.
    Unreadable(Arc<str>, IngestError),
}

impl Piece {
    /// Returns what it takes of the input in flight: its size, but never more than there is.
    fn kib(&self) -> u32 {
        let bytes = match self {
            Self::Body(request) => request.body.len(),
            Self::Chunk(_, chunk) => chunk.bytes.len(),
            Self::Unreadable(..) => 0,
        };
        u32::try_from(bytes >> 10).unwrap_or(u32::MAX).saturating_add(1).min(IN_FLIGHT_KIB)
    }
}

impl Spanlake {
    /// Stores one request body. Returns when its rows are durable on this store's log.
    ///
    /// # Errors
    /// When the store cannot take the rows. Input that cannot be understood is no error: it is
    /// counted in the summary and in `ingest_errors`.
    pub async fn ingest(&self, source: &str, body: impl Into<Bytes>) -> Result<IngestSummary> {
        let request = Request { source: source.to_owned(), body: body.into(), received: None };
        self.ingest_all(futures::stream::iter([Ok(request)])).await
    }

    /// Stores request bodies as they come, several at a time, in order. Returns when all are
    /// durable.
    ///
    /// # Errors
    /// The first error of the stream or the store; bodies before it are stored.
    pub async fn ingest_all(
        &self,
        requests: impl Stream<Item = Result<Request>> + Send,
    ) -> Result<IngestSummary> {
        let mut total = IngestSummary::default();
        self.ingest_pieces(requests.map_ok(Piece::Body), |part| total.add(part)).await?;
        Ok(total)
    }

    /// Reads a file or pipe of any size in bounded chunks and stores it. What cannot be read of it
    /// is counted like other rejected input, and so is an input without a single byte.
    ///
    /// # Errors
    /// When the store cannot take the rows.
    pub async fn ingest_reader(
        &self,
        source: &str,
        reader: impl Read + Send + 'static,
    ) -> Result<IngestSummary> {
        let mut total = IngestSummary::default();
        let never = std::future::pending();
        self.ingest_reader_until(never, source, reader, |part| total.add(part)).await?;
        Ok(total)
    }

    /// As [`Self::ingest_reader`], telling of each part when it is durable. When `stop` is ready
    /// nothing more is read; what is on its way is stored and told of before this returns, about
    /// as much as fits in memory. Returns whether the input was read to its end.
    ///
    /// # Errors
    /// When the store cannot take the rows; the parts told of are stored.
    pub async fn ingest_reader_until(
        &self,
        stop: impl Future<Output = ()> + Send,
        source: &str,
        reader: impl Read + Send + 'static,
        stored: impl FnMut(IngestSummary),
    ) -> Result<bool> {
        let limits = self.context.read().limits.clone();
        let name: Arc<str> = Arc::from(source);
        let (sender, receiver) = tokio::sync::mpsc::channel(2);
        let reading = tokio::task::spawn_blocking(move || {
            // When the receiver is gone nobody wants the rest.
            read_pieces(reader, &name, &limits, |piece| sender.blocking_send(Ok(piece)).is_ok());
        });
        let pieces = futures::stream::unfold(receiver, |mut receiver| async move {
            receiver.recv().await.map(|piece| (piece, receiver))
        });
        let is_stopped = AtomicBool::new(false);
        let stop = async {
            stop.await;
            is_stopped.store(true, Ordering::Relaxed);
        };
        self.ingest_pieces(pieces.take_until(stop), stored).await?;
        if is_stopped.into_inner() {
            // The reader may wait for input that never comes.
            return Ok(false);
        }
        reading.await?;
        Ok(true)
    }

    /// Records an input that could not even be opened, so that it is counted and in
    /// `ingest_errors` like any other rejected input.
    ///
    /// # Errors
    /// When the store cannot take the row.
    pub async fn ingest_unreadable(
        &self,
        source: &str,
        error: std::io::Error,
    ) -> Result<IngestSummary> {
        let piece = Piece::Unreadable(Arc::from(source), IngestError::Read(error));
        let mut total = IngestSummary::default();
        self.ingest_pieces(futures::stream::iter([Ok(piece)]), |part| total.add(part)).await?;
        Ok(total)
    }

    async fn ingest_pieces(
        &self,
        pieces: impl Stream<Item = Result<Piece>> + Send,
        mut stored: impl FnMut(IngestSummary),
    ) -> Result<()> {
        // Shared, not borrowed: an item with a lifetime of its own would keep callers from spawning this.
        let room = Arc::new(Semaphore::new(IN_FLIGHT_KIB as usize));
        let durable = pieces
            .map(|piece| {
                let room = Arc::clone(&room);
                async move {
                    let piece = piece?;
                    // Never closed, so that it cannot fail.
                    let room = room.acquire_many_owned(piece.kib()).await.ok();
                    Ok::<_, Error>((self.prepare(piece).await?, room))
                }
            })
            .buffered(DECODING)
            .map(|prepared| async move {
                let ((batch, mut summary), _room) = prepared?;
                if !batch.is_empty() {
                    summary.erased_rows = self.store.append(batch).await?.erased_rows as u64;
                }
                Ok::<_, Error>(summary)
            })
            .buffered(APPENDING);
        futures::pin_mut!(durable);
        while let Some(summary) = durable.try_next().await? {
            stored(summary);
        }
        Ok(())
    }

    async fn prepare(&self, piece: Piece) -> Result<(RedactedBatch, IngestSummary)> {
        let mut context: IngestContext = self.context.read().clone();
        context.received = match &piece {
            Piece::Body(Request { received: Some(received), .. }) => *received,
            _ => self.clock.now(),
        };
        let redactor = Arc::clone(&self.redactor);
        let work = move || {
            let (decoded, bytes) = decode(&piece, &context);
            let mut summary = IngestSummary::of(&decoded, bytes);
            if let Piece::Unreadable(source, error) = &piece {
                // The cause says more than the code does.
                summary.messages = vec![format!("{source}: {}", reason(error))];
                summary.requests = 0;
            }
            (redactor.redact(decoded.batch), summary)
        };
        Ok(tokio::task::spawn_blocking(work).await?)
    }
}

/// Reads an input piece by piece, until its end or until `send` says that it is enough.
fn read_pieces(
    reader: impl Read,
    name: &Arc<str>,
    limits: &Limits,
    mut send: impl FnMut(Piece) -> bool,
) {
    let unreadable = |error| Piece::Unreadable(Arc::clone(name), error);
    let chunks = match Chunks::new(reader, name.rsplit('/').next(), DEFAULT_CHUNK_BYTES, limits) {
        Ok(chunks) => chunks,
        Err(error) => {
            send(unreadable(error));
            return;
        }
    };
    for chunk in chunks {
        let goes_on = send(match chunk {
            Ok(chunk) if chunk.bytes.is_empty() && chunk.offset == 0 => {
                unreadable(IngestError::Empty)
            }
            Ok(chunk) => Piece::Chunk(Arc::clone(name), chunk),
            Err(error) => unreadable(error),
        });
        if !goes_on {
            break;
        }
    }
}

/// Says why an input could not be read, with the system's own reason.
fn reason(error: &IngestError) -> String {
    match error {
        IngestError::Read(cause) => format!("{error}: {cause}"),
        other => other.to_string(),
    }
}

fn decode(piece: &Piece, context: &IngestContext) -> (Decoded, usize) {
    match piece {
        Piece::Body(request) => {
            let name = request.source.rsplit('/').next();
            let decoded =
                spanlake_ingest::decode_any(&request.body, name, &request.source, context);
            (decoded, request.body.len())
        }
        Piece::Chunk(source, chunk) => (chunk.decode(source, context), chunk.bytes.len()),
        Piece::Unreadable(source, error) => {
            (spanlake_ingest::rejected(error, 0, source, context), 0)
        }
    }
}
