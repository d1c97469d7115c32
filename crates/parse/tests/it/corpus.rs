//! Model outputs that fail in known ways, with the expected class, recovered value and schema verdict.

use serde_json::Value;
use spanlake_parse::{CompiledSchema, json_status_with_schema, lenient, required_completion};

use crate::shared;

#[derive(Default)]
struct Tally {
    classes: [usize; 2],
    recovered: [usize; 2],
    invented: usize,
    verdicts: [usize; 2],
    completed: [usize; 2],
}

fn count(slot: &mut [usize; 2], right: bool, case: &Value, what: &str) {
    slot[1] += 1;
    slot[0] += usize::from(right);
    if !right {
        eprintln!("{what}: {} {}", case["id"], case["raw"]);
    }
}

#[test]
fn classes_values_and_verdicts() {
    let Some(cases) = shared::json_lines("data/json/parse_corpus.jsonl") else { return };
    let mut halves = [Tally::default(), Tally::default()];
    for case in &cases {
        let tally = &mut halves[usize::from(shared::is_held_out(case["id"].as_str().unwrap()))];
        let raw = case["raw"].as_str().unwrap();
        let schema = CompiledSchema::from_value(case["schema"].clone()).unwrap();
        let status = json_status_with_schema(raw, &schema);
        count(&mut tally.classes, status.as_str() == case["cls"], case, status.as_str());
        let expect = &case["expect"];
        let value = lenient(raw).value.map(|json| serde_json::from_str::<Value>(&json).unwrap());
        match &expect["recoverable_value"] {
            Value::Null => tally.invented += usize::from(value.is_some()),
            wanted => count(&mut tally.recovered, value.as_ref() == Some(wanted), case, "value"),
        }
        if let Some(valid) = expect["schema_valid"].as_bool() {
            let checked = value.as_ref().map(|value| schema.check_value(value).valid);
            count(&mut tally.verdicts, checked == Some(valid), case, "verdict");
        }
        if let Some(filled) = expect["required_filled"].as_u64() {
            let completion = required_completion(raw, &schema);
            let right = completion.filled as u64 == filled
                && Some(completion.required as u64) == expect["required_total"].as_u64();
            count(&mut tally.completed, right, case, "completion");
        }
    }
    for (name, tally) in ["fit", "held out"].iter().zip(&halves) {
        eprintln!(
            "{name}: classes {:?}, recovered {:?}, invented {}, verdicts {:?}, completion {:?}",
            tally.classes, tally.recovered, tally.invented, tally.verdicts, tally.completed
        );
        assert!(tally.classes[0] as f64 >= 0.97 * tally.classes[1] as f64);
        assert!(tally.recovered[0] as f64 >= 0.98 * tally.recovered[1] as f64);
        assert_eq!(tally.invented, 0);
        assert_eq!(tally.verdicts[0], tally.verdicts[1]);
        assert_eq!(tally.completed[0], tally.completed[1]);
    }
}
