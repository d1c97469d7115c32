//! The buffer: acknowledged rows that are not yet in a file.
//!
//! ```text
//! WAL rows ─▶ absorb (fold by key, settle by trace) ─▶ active ─freeze─▶ frozen ─flush─▶ files
//! ```
//!
//! Each generation holds the newest version of every row that arrived in its time. A row that
//! changes after its file or the frozen generation took it comes back as a whole new version, and
//! the generation's overrides name it.

mod absorb;
mod chunk;
mod fold;
mod generation;
mod judged;
#[cfg(test)]
mod tests;
mod trace;

pub(crate) use absorb::{Absorbed, FileRow, FileRows, Incoming, Versions, absorb, is_due};
pub(crate) use generation::{Buffer, FlushInput, Map};
pub(crate) use judged::{Judged, Said};
