//! Data files: how rows become Parquet and come back.

pub(crate) mod facts;
mod merge;
mod object;
mod properties;
mod read;
mod stats;
mod text;
mod write;

pub(crate) use facts::FileFacts;
pub(crate) use merge::{Merged, Rewrite, merge_files};
pub(crate) use properties::{Effort, writer_properties};
pub(crate) use read::{
    file_rows, read_batches, read_filters, read_keys, read_rows_at, scan_columns, scan_keys,
};
pub(crate) use stats::{Ranges, ranges_from_json, time_column};
pub(crate) use text::has_text;
pub(crate) use write::{EncodedFile, encode, file_schema};
