//! What one row of each Spanlake table is: Arrow schemas, ids, units, vocabulary and price arithmetic.
//!
//! ```text
//! column (a cell's Rust type ⇄ Arrow) ─▶ table! (struct ⇄ schema) ─▶ tables (SpanRow, PayloadRow, …)
//!                                                    └─▶ rows (Rows, SpanBatch) ─▶ traits (Settle, Clock)
//! ```
//!
//! Invariants
//! - A row struct, its Arrow schema and its privacy classes come from one `table!` definition
//!   (`tables::tests::every_row_round_trips_through_arrow`).
//! - Neither `SpanBatch` nor a row prints content through `Debug`, and `SpanBatch` cannot be
//!   serialised (`rows::tests::debug_shows_no_content`).
//!
//! ```
//! use spanlake_model::{SpanRow, Rows, Table};
//! let row = SpanRow { trace_id: "0af7651916cd43dd8448eb211c80319c".into(), ..SpanRow::default() };
//! let batch = Rows::Spans(vec![row]).to_batch().expect("a row always fits its schema");
//! assert_eq!(batch.schema(), Table::Spans.schema());
//! ```

mod column;
#[macro_use]
mod table;
#[macro_use]
mod vocabulary;
mod price;
mod rows;
pub mod tables;
mod traits;

pub use column::{Column, ColumnSpec, Document, Privacy, Redaction, Stats};
pub use price::{Price, PriceTable, TokenClass, Usage};
pub use rows::{Rows, SpanBatch, Table};
pub use tables::{
    AlertEventRow, AuditRow, EvalRow, IngestErrorRow, LOGGED_AT, ModelPriceRow, PayloadRow,
    PromptRow, ReleaseRow, ReviewRow, SpanRow,
};
pub use traits::{Clock, Settle, SystemClock, TraceRows};
pub use vocabulary::{CostSource, Kind, SpanStatus, TokenRole};

mod units;
pub use units::{Day, Micros};
