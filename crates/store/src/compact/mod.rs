//! Compaction: many small files of a date become few large ones.

mod plan;
