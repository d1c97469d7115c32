//! OTLP bytes and SDK conventions → rows, and how a trace's rows settle.
//!
//! ```text
//! bytes ─▶ decompress ─▶ detect ─▶ otlp (protobuf, JSON) ─▶ attrs (keys by number)
//!       ─▶ normalise (conventions by precedence) ─▶ derive (answers judged) ─▶ SpanBatch
//!                                            └─▶ logs, evals ──────────────────────┘
//! rows of a trace ─▶ TraceSettler ─▶ the same rows, settled
//! ```
//!
//! Synchronous, without a clock, and without I/O but the reader that is handed in. A context
//! remembers the latest calls, to tell when two traces report one.
//!
//! Invariants
//! 1. No input panics a decoder (`tests/it/properties.rs`).
//! 2. A bad span never blocks a good one: it is counted, named and left out
//!    (`tests/it/bad_input.rs`).
//! 3. Settling depends on the rows, not on their order, and repeating it changes nothing
//!    (`tests/it/properties.rs`, `tests/it/conformance.rs`).
//! 4. An error row holds place, length and code, never content (`tests/it/bad_input.rs`).
//! 5. An attribute that no column holds is in `attributes` (`tests/it/bad_input.rs`).
//!
//! ```
//! use spanlake_ingest::{Format, IngestContext, decode, detect};
//! let line = br#"{"trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331",
//!     "name":"answer","start_time":"2026-11-24T09:00:00Z","kind":"llm","output_text":"yes"}"#;
//! assert_eq!(detect(line, None), Format::Native);
//! let decoded = decode(line, Format::Native, "example", &IngestContext::default());
//! assert_eq!(decoded.counts.spans, 1);
//! ```

mod attrs;
mod context;
mod conventions;
mod decode;
mod decompress;
mod derive;
mod error;
mod evals;
mod format;
mod json_text;
mod logs;
pub mod native;
mod normalise;
mod otlp;
mod precedence;
mod reader;
mod requests;
mod settle;
mod twins;

pub use context::{ConfiguredKeys, IngestContext, Limits, SchemaRegistry};
pub use decode::{Counts, Decoded, decode, decode_any, rejected};
pub use decompress::decompress;
pub use error::IngestError;
pub use evals::EVALUATOR_SPAN;
pub use format::{Format, detect};
pub use normalise::keyed_hash as prompt_hash;
pub use reader::{Chunk, Chunks, DEFAULT_CHUNK_BYTES};
pub use requests::{decode_logs, decode_traces};
pub use settle::TraceSettler;
pub use twins::RecentCalls;
