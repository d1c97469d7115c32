//! Finds labelled data outside the repository: `$SPANLAKE_SHARED`, else `shared` beside the checkout.

use std::path::PathBuf;

use serde_json::Value;

/// The path of `relative` under the shared folder, or `None` with a note on stderr.
pub(crate) fn path(relative: &str) -> Option<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let candidates = std::env::var_os("SPANLAKE_SHARED")
        .map(PathBuf::from)
        .into_iter()
        .chain([root.join("../shared"), root.join("../../shared")]);
    let found = candidates.map(|dir| dir.join(relative)).find(|path| path.exists());
    if found.is_none() {
        eprintln!("skipped: {relative} is not at hand");
    }
    found
}

/// The objects of a JSON lines file.
pub(crate) fn json_lines(relative: &str) -> Option<Vec<Value>> {
    let text = std::fs::read_to_string(path(relative)?).unwrap();
    Some(
        text.lines()
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
    )
}

/// Which half of the data a record belongs to: FNV-1a over its id, so that the split never moves.
pub(crate) fn is_held_out(id: &str) -> bool {
    let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (hash >> 32) & 1 == 1
}
