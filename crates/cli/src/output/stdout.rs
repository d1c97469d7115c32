//! Standard output, whose reader may leave early, and files that appear whole or not at all.

use std::fmt::Arguments;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result};

static READER_LEFT: AtomicBool = AtomicBool::new(false);

/// Whether standard output was closed by its reader (`| head`), who has what was wanted.
pub(crate) fn reader_has_left() -> bool {
    READER_LEFT.load(Ordering::Relaxed)
}

/// Standard output that remembers that its reader has left: writers on top of it turn the error
/// into text.
#[derive(Debug)]
pub(super) struct Stdout;

fn noted<T>(result: io::Result<T>) -> io::Result<T> {
    if result.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
        READER_LEFT.store(true, Ordering::Relaxed);
    }
    result
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        noted(io::stdout().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        noted(io::stdout().flush())
    }
}

/// Writes one line to standard output; unlike `println!` it fails instead of panicking.
pub(crate) fn line(text: Arguments<'_>) -> Result<()> {
    let mut out = Stdout;
    out.write_fmt(text).and_then(|()| out.write_all(b"\n")).context("cannot write the output")
}

/// Prints a line; `say!("{x}")?`.
macro_rules! say {
    ($($part:tt)*) => {
        $crate::output::line(format_args!($($part)*))
    };
}
pub(crate) use say;

/// A result file under way: written beside its name, and renamed when it is whole. What was there
/// before stays until then.
#[derive(Debug)]
pub(super) struct ResultFile {
    path: PathBuf,
    /// `None` when the name is no ordinary file (a pipe, `/dev/stdout`): written directly.
    partial: Option<PathBuf>,
    is_done: bool,
}

impl ResultFile {
    /// Opens the file for writing.
    pub(super) fn create(path: &Path) -> Result<(Self, BufWriter<File>)> {
        let failed = || format!("cannot write {}", path.display());
        // A link stays a link; what it points at is replaced.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let is_ordinary = path.is_file() || !path.exists();
        let name = path.file_name().with_context(failed)?.to_string_lossy();
        let partial = path.with_file_name(format!(".{name}.{}.partial", std::process::id()));
        let partial = is_ordinary.then_some(partial);
        let file = File::create(partial.as_ref().unwrap_or(&path)).with_context(failed)?;
        let this = Self { path, partial, is_done: false };
        Ok((this, BufWriter::with_capacity(super::BUFFER_BYTES, file)))
    }

    /// Gives the whole file its name.
    pub(super) fn finish(mut self) -> Result<()> {
        if let Some(partial) = &self.partial {
            std::fs::rename(partial, &self.path)
                .with_context(|| format!("cannot write {}", self.path.display()))?;
        }
        self.is_done = true;
        Ok(())
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for ResultFile {
    fn drop(&mut self) {
        if let (Some(partial), false) = (&self.partial, self.is_done) {
            // Best effort: the error that led here is the one to report.
            let _ = std::fs::remove_file(partial);
        }
    }
}
