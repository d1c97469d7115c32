//! Recall and false alarms on labelled lines, counted here and not by the program that reports.

use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;
use spanlake_redact::{Class, TextMode};

use crate::masks;

/// The objects of a compressed file, one a line.
pub(crate) fn read(path: &Path) -> Vec<Value> {
    let mut text = String::new();
    let bytes = std::fs::read(path).unwrap();
    flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The shared data sets; they are not part of the repository.
fn shared(name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let tried = [
        std::env::var_os("SPANLAKE_SHARED").map(PathBuf::from),
        Some(root.join("../shared")),
        Some(root.join("../../shared")),
    ];
    let found = tried.into_iter().flatten().map(|p| p.join("data/redaction").join(name));
    let found = found.into_iter().find(|path| path.exists());
    if found.is_none() {
        eprintln!("skipped: {name} is not here (set SPANLAKE_SHARED)");
    }
    found
}

/// Masked ranges in characters.
fn masked(text: &str) -> Vec<(usize, usize)> {
    let chars = |byte: usize| text.get(..byte).unwrap().chars().count();
    let spans = masks().detect(text, TextMode::Json);
    spans.iter().map(|span| (chars(span.start), chars(span.end))).collect()
}

/// Found and wanted spans of secrets and of personal data, alarms and clean lines. A span is found
/// when nine tenths of it are masked.
#[derive(Debug, Default)]
struct Tally {
    secrets: (usize, usize),
    personal: (usize, usize),
    alarms: (usize, usize),
}

fn count(lines: &[Value]) -> Tally {
    let mut tally = Tally::default();
    let range = |span: &Value| {
        let at = |name: &str| usize::try_from(span[name].as_u64().unwrap()).unwrap();
        (at("start"), at("end"))
    };
    for line in lines {
        let masks = masked(line["text"].as_str().unwrap());
        let spans = line["spans"].as_array().unwrap();
        let optional = line["optional"].as_array().unwrap();
        for span in spans {
            let (start, end) = range(span);
            let covered: usize =
                masks.iter().map(|m| m.1.min(end).saturating_sub(m.0.max(start))).sum();
            let class = span["cls"].as_str().unwrap().to_ascii_lowercase();
            let secret = Class::built_in(&class).unwrap().is_secret();
            let slot = if secret { &mut tally.secrets } else { &mut tally.personal };
            slot.0 += usize::from(covered * 10 >= (end - start) * 9);
            slot.1 += 1;
        }
        if spans.is_empty() {
            let allowed = |m: &(usize, usize)| {
                optional.iter().map(range).any(|(start, end)| m.0 < end && start < m.1)
            };
            tally.alarms.0 += usize::from(!masks.iter().all(allowed));
            tally.alarms.1 += 1;
        }
    }
    tally
}

fn share((n, of): (usize, usize)) -> f64 {
    if of == 0 { 1.0 } else { n as f64 / of as f64 }
}

#[test]
fn lines_of_every_class_meet_the_targets() {
    let own = |name| Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name));
    let paths = [
        own("lines.jsonl.gz"),
        own("lines_2.jsonl.gz"),
        own("lines_3.jsonl.gz"),
        own("lines_4.jsonl.gz"),
        own("lines_5.jsonl.gz"),
        own("lines_6.jsonl.gz"),
        shared("labelled_lines.jsonl.gz"),
    ];
    for path in paths.into_iter().flatten() {
        let tally = count(&read(&path));
        assert!(share(tally.secrets) >= 0.98, "{tally:?} of {}", path.display());
        assert!(share(tally.personal) >= 0.95, "{tally:?} of {}", path.display());
        assert!(share(tally.alarms) <= 0.02, "{tally:?} of {}", path.display());
    }
}

#[test]
fn generated_personal_data_is_found_in_letters_and_signatures() {
    let Some(path) = shared("presidio_synthetic.jsonl.gz") else { return };
    let tally = count(&read(&path));
    assert!(share(tally.personal) >= 0.80, "{tally:?}");
    assert!(share(tally.alarms) <= 0.01, "{tally:?}");
}

#[test]
fn examples_of_a_secret_scanner_are_touched() {
    let Some(path) = shared("noseyparker_examples.jsonl.gz") else { return };
    let lines = read(&path);
    let touched = |positive: bool| {
        let of: Vec<&Value> = lines.iter().filter(|l| l["positive"] == positive).collect();
        let n = of.iter().filter(|l| !masked(l["text"].as_str().unwrap()).is_empty()).count();
        share((n, of.len()))
    };
    assert!(touched(true) >= 0.85, "{}", touched(true));
    assert!(touched(false) <= 0.20, "{}", touched(false));
}
