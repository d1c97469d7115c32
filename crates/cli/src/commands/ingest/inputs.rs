//! What there is to ingest: files, what folders hold, standard input.

use std::io::{Error as IoError, ErrorKind, IsTerminal as _};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

/// One thing to read.
#[derive(Debug)]
pub(super) struct Input {
    /// What messages and `ingest_errors` call it.
    pub(super) name: String,
    /// Size, where known.
    pub(super) bytes: Option<u64>,
    /// Where its bytes come from.
    pub(super) source: Source,
}

/// Where an input's bytes come from.
#[derive(Debug)]
pub(super) enum Source {
    Stdin,
    File(PathBuf),
    /// A file or folder that cannot be looked at; the others are still read.
    Unreadable(IoError),
}

/// Finds every file: folders are walked in order of names, hidden files and what is no file are
/// left out.
///
/// # Errors
/// When there is nothing to read at all.
pub(super) fn find(paths: &[PathBuf]) -> Result<Vec<Input>> {
    let mut found = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            if std::io::stdin().is_terminal() {
                bail!("standard input is a terminal: pipe a body into it");
            }
            found.push(Input { name: "stdin".to_owned(), bytes: None, source: Source::Stdin });
        } else {
            match std::fs::metadata(path) {
                Ok(about) if about.is_dir() => walk(path, &mut found),
                Ok(about) => {
                    // A pipe's size is unknown, not 0.
                    let bytes = about.is_file().then_some(about.len());
                    found.push(input(path, bytes, Source::File(path.clone())));
                }
                Err(error) => found.push(input(path, Some(0), Source::Unreadable(error))),
            }
        }
    }
    let is_readable = |input: &Input| !matches!(input.source, Source::Unreadable(_));
    if found.iter().any(is_readable) {
        return Ok(found);
    }
    // Nothing was done, and no store is made for it.
    let reasons: Vec<String> = found
        .iter()
        .filter_map(|input| match &input.source {
            Source::Unreadable(error) => Some(format!("cannot read {}: {error}", input.name)),
            _ => None,
        })
        .collect();
    if reasons.is_empty() {
        bail!("no files found to ingest");
    }
    bail!("{}", reasons.join("\n"));
}

fn input(path: &Path, bytes: Option<u64>, source: Source) -> Input {
    Input { name: path.display().to_string(), bytes, source }
}

fn walk(folder: &Path, found: &mut Vec<Input>) {
    let entries = std::fs::read_dir(folder).and_then(|entries| {
        let mut entries = entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<Vec<_>, IoError>>()?;
        entries.sort();
        Ok(entries)
    });
    let entries = match entries {
        Ok(entries) => entries,
        Err(error) => {
            return found.push(input(folder, Some(0), Source::Unreadable(error)));
        }
    };
    for path in entries {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if hidden {
            continue;
        }
        match std::fs::metadata(&path) {
            // A link to a folder could lead in a circle.
            Ok(about) if about.is_dir() && !path.is_symlink() => walk(&path, found),
            Ok(about) if about.is_file() => {
                found.push(input(&path, Some(about.len()), Source::File(path.clone())));
            }
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                found.push(input(&path, Some(0), Source::Unreadable(error)));
            }
            // Sockets, pipes and links that lead nowhere hold no traces.
            Ok(_) | Err(_) => {}
        }
    }
}
