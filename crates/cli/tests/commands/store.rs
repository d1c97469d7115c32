//! `spanlake store`: erase, backup, restore, check.

use serde_json::Value;

use crate::Place;

/// Spans of two users, a trace each and two spans a trace.
fn of_two_users() -> String {
    let line = |trace: u64, span: u64, user: &str| {
        format!(
            "{{\"trace_id\":\"{trace:032x}\",\"span_id\":\"{span:016x}\",\"name\":\"s\",\
             \"kind\":\"llm\",\"start_time\":\"2026-05-17T10:00:00Z\",\"user_id\":\"{user}\"}}\n"
        )
    };
    [(1, 1, "user-4711"), (1, 2, "user-4711"), (2, 3, "user-47110"), (2, 4, "user-47110")]
        .map(|(trace, span, user)| line(trace, span, user))
        .concat()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn a_user_is_erased_and_the_receipt_says_so() {
    let place = Place::new();
    place.write("spans.jsonl", of_two_users());
    assert_eq!(place.run(["ingest", "spans.jsonl"]).code, Some(0));
    let dry = place.run(["store", "erase", "--user", "user-4711", "--dry-run", "--format", "json"]);
    assert_eq!(dry.code, Some(0), "{dry:?}");
    let spans = json(&dry.out)["tables"][2].clone();
    assert_eq!((&spans["table"], &spans["rows"]), (&"spans".into(), &2.into()), "{dry:?}");
    assert_eq!(place.ask("select count(*) from spans"), "4");

    let args = ["store", "erase", "--user", "user-4711", "--receipt", "receipt.json"];
    let ended = place.run(args);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.out.contains("erased 2 rows of 1 traces"), "{ended:?}");
    assert!(!ended.out.contains("user-4711"), "{ended:?}");
    let receipt = std::fs::read_to_string(place.path("receipt.json")).unwrap();
    assert!(!receipt.contains("user-4711"), "{receipt}");
    let receipt = json(&receipt);
    assert_eq!(receipt["is_clean"], true);
    assert_eq!(receipt["search"]["survivors"], Value::Array(Vec::new()));
    assert!(receipt["search"]["cells"].as_u64().unwrap() > 100);
    assert_eq!(place.ask("select distinct user_id from spans"), "user-47110");
    assert_eq!(place.ask("select action, object from audit"), "erase,user");
    // The same export once more brings nobody back.
    assert_eq!(place.run(["ingest", "spans.jsonl"]).code, Some(0));
    assert_eq!(place.ask("select count(*) from spans"), "2");
    assert_eq!(place.run(["store", "check"]).code, Some(0));
}

#[test]
fn whom_to_erase_has_to_be_said_once() {
    let place = Place::new();
    for args in [
        &["store", "erase"][..],
        &["store", "erase", "--user", "a", "--tenant", "b"],
        &["store", "erase", "--user", "a", "--dry-run", "--receipt", "r.json"],
        &["store", "maintain"],
        &["store", "maintain", "--every", "soon"],
    ] {
        assert_eq!(place.run(args).code, Some(1), "{args:?}");
    }
}

#[test]
fn a_masked_user_cannot_be_told_from_others() {
    let place = Place::new();
    place.write("spans.jsonl", of_two_users());
    assert_eq!(place.run(["ingest", "spans.jsonl"]).code, Some(0));
    let address = ["jo", "@", "example.org"].concat();
    let ended = place.run(["store", "erase", "--user", &address]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains("key") && !ended.err.contains(&address), "{ended:?}");
}

#[test]
fn a_pseudonymous_user_is_found_by_the_address() {
    let place = Place::new();
    let address = ["jo.doe", "@", "example.org"].concat();
    place.write("spans.jsonl", of_two_users().replace("user-4711\"", &format!("{address}\"")));
    let with_key = |args: &[&str]| {
        let mut command = place.command(args);
        let key = ["0123456789", "abcdef", "-a-test-key"].concat();
        crate::Ended::of(&command.env("SPANLAKE_REDACTION_KEY", key).output().unwrap())
    };
    assert_eq!(with_key(&["ingest", "spans.jsonl"]).code, Some(0));
    assert!(place.ask("select distinct user_id from spans order by 1").contains("<EMAIL:"));
    let ended = with_key(&["store", "erase", "--user", &address]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(place.ask("select distinct user_id from spans"), "user-47110");
}

#[test]
fn a_backup_becomes_a_store() {
    let place = Place::new();
    place.write("spans.jsonl", of_two_users());
    assert_eq!(place.run(["ingest", "spans.jsonl"]).code, Some(0));
    let ended = place.run(["store", "backup", "saved"]);
    assert!(ended.code == Some(0) && ended.out.starts_with("copied "), "{ended:?}");
    let again = place.run(["store", "backup", "saved"]);
    assert!(again.code == Some(1) && again.err.contains("already"), "{again:?}");
    let ended = place.run(["store", "restore", "saved", "--store", "other"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.out.contains("sound: "), "{ended:?}");
    let args = ["sql", "--store", "other", "--format", "csv", "-c", "select count(*) n from spans"];
    assert_eq!(place.run(args).out, "n\n4\n");
    let none = place.run(["store", "restore", "nowhere", "--store", "third"]);
    assert!(none.code == Some(1) && none.err.contains("no finished backup"), "{none:?}");
}

#[test]
fn damage_is_told_with_its_meaning_and_repaired() {
    let place = Place::new();
    place.write("spans.jsonl", of_two_users());
    assert_eq!(place.run(["ingest", "spans.jsonl"]).code, Some(0));
    let folder = place.path("spanlake-store/spans/date=2026-05-17");
    let file = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    std::fs::remove_file(file).unwrap();
    let ended = place.run(["store", "check"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.out.contains("DAMAGE missing_file") && ended.out.contains("--repair takes"));
    let ended = place.run(["store", "check", "--repair"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.out.contains("sound: "), "{ended:?}");
    assert_eq!(place.ask("select count(*) from spans"), "0");
}
