//! Copies a log that is written meanwhile, up to its durable end.

use std::io::Read as _;
use std::path::Path;

use super::files::LogFiles;
use super::marker::{self, MARKER_FILE};
use super::recover::durable_end;
use super::segment::{epoch_dir, list_epochs, list_segments, segment_path};
use crate::error::{Result, StoreError};

/// A copy of a log.
#[derive(Debug)]
pub(crate) enum LogCopy {
    /// Every file with its name from the log's directory.
    Whole(Vec<(String, Vec<u8>)>),
    /// Segments went meanwhile: begin again.
    Changed,
}

/// Reads every file of a log. Blocking.
pub(crate) fn copy_log(files: &dyn LogFiles, dir: &Path) -> Result<LogCopy> {
    let mut copies = Vec::new();
    for epoch in list_epochs(files, dir)? {
        let of = epoch_dir(dir, epoch);
        let name = |file: &str| format!("{epoch:020}/{file}");
        // The marker first: a segment holds at least what it says.
        let Some(bytes) = read(files, &of.join(MARKER_FILE))? else { continue };
        let Some(durable) = marker::parse(&bytes, &of)? else { continue };
        copies.push((name(MARKER_FILE), bytes));
        for first_seq in list_segments(files, &of)? {
            let end = durable_end(durable, first_seq);
            if end == 0 {
                continue;
            }
            let path = segment_path(&of, first_seq);
            let Some(mut bytes) = read(files, &path)? else { return Ok(LogCopy::Changed) };
            bytes.truncate(usize::try_from(end).unwrap_or(usize::MAX));
            let file = path.file_name().and_then(|file| file.to_str()).unwrap_or_default();
            copies.push((name(file), bytes));
        }
    }
    Ok(LogCopy::Whole(copies))
}

fn read(files: &dyn LogFiles, path: &Path) -> Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    match files.open(path).and_then(|mut file| file.read_to_end(&mut bytes)) {
        Ok(_) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io("read", path.display().to_string(), error)),
    }
}
