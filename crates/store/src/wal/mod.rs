//! The write-ahead log on a local disk: an acknowledged row is durable before it is anywhere else.
//!
//! ```text
//! rows ─encode─▶ frame ─append─▶ queue ─▶ one thread: write all, fdatasync, marker ─▶ callers wake
//!
//! _store/wal/<epoch>/durable              how far the epoch is durable; two slots in turn
//! _store/wal/<epoch>/<first_seq>.wal      frames with consecutive numbers, closed at 64 MiB
//! ```
//!
//! Rules
//! - A new writer begins a new epoch; files are never reused; numbers increase across epochs.
//! - A failed sync poisons the log (`tests::a_failed_sync_poisons_the_log`): whether its pages are
//!   on disk is unknown, and a second sync would lie. A full disk does not, as long as the file
//!   could be cut back (`tests::a_full_disk_is_an_error_and_passes`).
//! - Only the last frames may be torn; every other damage is reported with file and offset
//!   (`tests::every_flipped_byte_is_noticed`, `tests::every_prefix_replays_what_was_acknowledged`).
//! - Readers stop at the marker, take no lock and create nothing
//!   (`tests::a_tail_stops_at_the_marker`).
//!
//! A caller that keeps rows in memory must know that acknowledgements of concurrent appends may be
//! handled in any order: rows with a lower number may come to it later than rows with a higher one.
//! A mark may only be set when every frame up to it is in the flushed files.

mod commit;
mod copy;
mod files;
mod frame;
mod log;
mod marker;
mod recover;
mod replay;
mod segment;
mod tail;
#[cfg(test)]
mod tests;
mod writer;

pub(crate) use copy::{LogCopy, copy_log};
pub(crate) use segment::{SegmentReader, Step, segment_paths};

pub use files::{DiskFiles, LogFile, LogFiles, LogReader, MemoryFiles};
pub use frame::{EncodedFrame, MAX_PAYLOAD_BYTES, WalFrame};
pub use log::{Appended, Wal, WalOptions, WalStats};
pub use replay::Replay;
pub use tail::{Polled, WalTail};
