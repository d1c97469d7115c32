//! Every case of the reference file, through SQL, within its stated tolerance.

use std::path::PathBuf;

use serde_json::Value;

#[path = "../../examples/checks/mod.rs"]
mod checks;

fn file() -> Option<Value> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let candidates = std::env::var_os("SPANLAKE_SHARED")
        .map(PathBuf::from)
        .into_iter()
        .chain([root.join("../shared"), root.join("../../shared")]);
    let found =
        candidates.map(|dir| dir.join("data/stats/reference.json")).find(|path| path.exists());
    let Some(path) = found else {
        eprintln!("skipped: stats/reference.json is not at hand");
        return None;
    };
    Some(serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap())
}

#[tokio::test]
async fn reference_cases() {
    let Some(file) = file() else { return };
    let all = file["cases"].as_array().unwrap().len();
    let outcome = checks::run(&file).await;
    outcome.lines.iter().for_each(|line| eprintln!("{line}"));
    assert_eq!(outcome.lines.last(), Some(&format!("reference: {all} of {all}")));
}
