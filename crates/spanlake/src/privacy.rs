//! Loads what redaction needs from outside: the policy file and the key.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use spanlake_redact::{HmacKey, Policy, Redactor};
use spanlake_store::EraseKey;

use crate::config::Config;
use crate::error::{Error, Result};

/// Environment variable that holds the redaction key.
pub const KEY_VARIABLE: &str = "SPANLAKE_REDACTION_KEY";

/// Builds the redactor that the settings ask for.
///
/// # Errors
/// When the policy or the key cannot be read or is not valid.
pub fn redactor(config: &Config) -> Result<Redactor> {
    let name = config.redaction.as_deref().unwrap_or("default");
    let invalid = |reason: String| Error::Policy { path: name.to_owned(), reason };
    let policy = match name {
        "default" => Policy::default_policy(),
        "none" => Policy::none(),
        file => {
            let text = std::fs::read_to_string(file).map_err(|error| invalid(error.to_string()))?;
            Policy::from_toml(&text).map_err(|error| invalid(error.to_string()))?
        }
    };
    let key = if policy.is_none() { None } else { key(config)? };
    Redactor::new(policy, key).map_err(|error| invalid(error.to_string()))
}

/// Builds redactors with the keys that were in use before.
pub(crate) fn retired(config: &Config, redactor: &Redactor) -> Result<Vec<Arc<Redactor>>> {
    let with = |path: &PathBuf| {
        let key = key_of_file(path)?;
        let invalid = |error: spanlake_redact::RedactError| Error::Key {
            origin: path.display().to_string(),
            reason: error.to_string(),
        };
        Redactor::new(redactor.policy().clone(), Some(key)).map(Arc::new).map_err(invalid)
    };
    config.retired_key_files.iter().map(with).collect()
}

/// Returns the keys of tombstones, made of the redaction keys, the one in use first.
pub(crate) fn erase_keys(config: &Config) -> Result<Vec<EraseKey>> {
    let of = |key: HmacKey| EraseKey {
        id: key.id().to_owned(),
        secret: key.hash(b"erasure").into_bytes(),
    };
    let retired = config.retired_key_files.iter().map(|path| key_of_file(path));
    key(config)?.into_iter().map(Ok).chain(retired).map(|key| Ok(of(key?))).collect()
}

/// Loads the redaction key: the environment first, then the file of the settings; `None` without
/// either.
///
/// # Errors
/// When the key is too short, or its file can be read by others.
pub(crate) fn key(config: &Config) -> Result<Option<HmacKey>> {
    if let Ok(text) = std::env::var(KEY_VARIABLE) {
        return parsed(KEY_VARIABLE, text.as_bytes()).map(Some);
    }
    config.redaction_key_file.as_deref().map(key_of_file).transpose()
}

fn key_of_file(path: &Path) -> Result<HmacKey> {
    let origin = path.display().to_string();
    let refused = |reason: String| Error::Key { origin: origin.clone(), reason };
    check_mode(path).map_err(&refused)?;
    let bytes = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
    parsed(&origin, &bytes)
}

fn parsed(origin: &str, bytes: &[u8]) -> Result<HmacKey> {
    HmacKey::new(bytes)
        .map_err(|error| Error::Key { origin: origin.to_owned(), reason: error.to_string() })
}

#[cfg(unix)]
fn check_mode(path: &Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt as _;
    // The lowest six bits are what the group and others may do.
    let mode = std::fs::metadata(path).map_err(|error| error.to_string())?.permissions().mode();
    if mode.trailing_zeros() >= 6 {
        Ok(())
    } else {
        Err(format!("others may read it (mode {:o}): run chmod 600 on it", mode & 0o777))
    }
}

#[cfg(not(unix))]
fn check_mode(_: &Path) -> Result<(), String> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_key_file_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("key");
        std::fs::write(&path, "0123456789abcdef0123456789abcdef\n").expect("writable");
        let config = Config { redaction_key_file: Some(path.clone()), ..Config::default() };
        let set = |mode| {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode))
                .expect("own file");
        };
        set(0o644);
        let message = key(&config).expect_err("readable by others").to_string();
        assert!(message.contains("chmod 600"), "{message}");
        set(0o600);
        assert!(key(&config).expect("private").is_some());
    }

    #[test]
    fn an_unknown_policy_file_is_named() {
        let config = Config { redaction: Some("/nowhere/policy.toml".into()), ..Config::default() };
        let message = redactor(&config).expect_err("no such file").to_string();
        assert!(message.contains("/nowhere/policy.toml"), "{message}");
    }
}
