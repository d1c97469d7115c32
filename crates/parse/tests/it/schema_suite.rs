//! The official JSON Schema test suite, mandatory tests of the drafts at hand.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;
use spanlake_parse::CompiledSchema;

use crate::shared;

/// The suite's remote documents are inlined here: the library itself never fetches.
fn compile(
    schema: &Value,
    draft: jsonschema::Draft,
    remotes: &HashMap<String, Value>,
) -> jsonschema::Validator {
    let mut registry = jsonschema::Registry::new().draft(draft);
    for (uri, document) in remotes {
        registry = registry.add(uri, document).unwrap();
    }
    let registry = registry.prepare().unwrap();
    jsonschema::options()
        .with_draft(draft)
        .with_registry(&registry)
        .offline()
        .build(schema)
        .unwrap()
}

fn remotes(dir: &Path, base: &Path, found: &mut HashMap<String, Value>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        // Documents of drafts that are not tested here, one of them not known to the library.
        if path.ends_with("v1") || path.ends_with("draft3") {
            continue;
        }
        if path.is_dir() {
            remotes(&path, base, found);
        } else {
            let uri =
                format!("http://localhost:1234/{}", path.strip_prefix(base).unwrap().display());
            found.insert(
                uri,
                serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap(),
            );
        }
    }
}

fn run(draft: &str, version: jsonschema::Draft, uri: &str) -> Option<(usize, usize)> {
    let suite = shared::path("data/json/JSON-Schema-Test-Suite")?;
    let mut documents = HashMap::new();
    remotes(&suite.join("remotes"), &suite.join("remotes"), &mut documents);
    // Folders named after a draft hold documents of that draft only.
    documents.retain(|uri, _| !uri.contains("1234/draft") || uri.contains(&format!("/{draft}/")));
    let (mut passed, mut total) = (0, 0);
    for entry in std::fs::read_dir(suite.join("tests").join(draft)).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let groups: Vec<Value> =
            serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        for group in groups {
            let mut schema = group["schema"].clone();
            if let Some(object) = schema.as_object_mut() {
                object.entry("$schema").or_insert_with(|| uri.into());
            }
            let ours = CompiledSchema::from_value(schema.clone()).ok();
            let remote = ours.is_none().then(|| compile(&schema, version, &documents));
            for case in group["tests"].as_array().unwrap() {
                let valid = match (&ours, &remote) {
                    (Some(ours), _) => ours.check_value(&case["data"]).valid,
                    (None, Some(remote)) => remote.is_valid(&case["data"]),
                    (None, None) => continue,
                };
                total += 1;
                if valid == case["valid"].as_bool().unwrap() {
                    passed += 1;
                } else {
                    eprintln!(
                        "{}: {} / {}",
                        path.display(),
                        group["description"],
                        case["description"]
                    );
                }
            }
        }
    }
    eprintln!("{draft}: {passed} of {total}");
    Some((passed, total))
}

#[test]
fn draft_2020_12_mandatory() {
    let Some(result) = run(
        "draft2020-12",
        jsonschema::Draft::Draft202012,
        "https://json-schema.org/draft/2020-12/schema",
    ) else {
        return;
    };
    assert_eq!(result, (1_299, 1_299));
}

#[test]
fn draft_2019_09_and_7() {
    for (draft, version, uri) in [
        (
            "draft2019-09",
            jsonschema::Draft::Draft201909,
            "https://json-schema.org/draft/2019-09/schema",
        ),
        ("draft7", jsonschema::Draft::Draft7, "http://json-schema.org/draft-07/schema#"),
    ] {
        if let Some((passed, total)) = run(draft, version, uri) {
            assert_eq!(passed, total, "{draft}");
        }
    }
}
