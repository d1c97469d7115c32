//! Who decides, unless told otherwise.

/// Returns who runs this process, as its surroundings say; `unknown` where they do not.
pub fn actor() -> String {
    let known = ["USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    known.filter(|name| !name.is_empty()).unwrap_or_else(|| "unknown".to_owned())
}
