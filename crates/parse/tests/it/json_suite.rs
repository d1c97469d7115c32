//! Nicolas Seriot's `JSONTestSuite`: `y_` must be accepted, `n_` rejected, `i_` must not crash.

use spanlake_parse::{json_status, lenient};

use crate::shared;

#[test]
fn accepts_every_y_and_rejects_every_n() {
    let Some(dir) = shared::path("data/json/JSONTestSuite") else { return };
    let mut counts = [[0_usize; 2]; 3];
    for path in walk(&dir) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some(kind) = ["y_", "n_", "i_"].iter().position(|prefix| name.starts_with(prefix))
        else {
            continue;
        };
        let bytes = std::fs::read(&path).unwrap();
        // A text column holds UTF-8 only: other bytes never reach the parser and count as rejected.
        let accepted = std::str::from_utf8(&bytes).is_ok_and(|text| {
            let _ = lenient(text);
            json_status(text).is_strict_json()
        });
        if kind == 1 && String::from_utf8_lossy(&bytes).as_bytes() == bytes.as_slice() {
            assert!(!accepted, "{name} was accepted");
        }
        counts[kind][usize::from(accepted)] += 1;
    }
    eprintln!(
        "y accepted {}, n rejected {}, i read {}",
        counts[0][1],
        counts[1][0],
        counts[2][0] + counts[2][1]
    );
    assert_eq!(counts[0], [0, 95]);
    assert_eq!(counts[1], [188, 0]);
    assert_eq!(counts[2][0] + counts[2][1], 35);
}

fn walk(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path) }
    }
    found
}
