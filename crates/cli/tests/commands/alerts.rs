//! Alerts: rules are complete or refused; they fire, are taken on, fixed, and replayed.

use super::{Ended, Place, native};

const RULE: &str = "sql = \"spans.sql\"\nkind = \"threshold\"\nseverity = \"page\"\nowner = \"ann\"\n\
                    impact = \"people wait\"\nrunbook = \"https://example.org/r\"\n\
                    mitigation = \"switch it off\"\nthreshold = 2.0\nmin_n = 1\nno_data = \"ok\"\n\
                    every = \"1 hour\"\n";

/// The number of spans of the last day, by name.
const STATEMENT: &str = "-- How many spans?\n--\n-- value  Spans.\n--\n-- $now = now  When.\n\
                         select name as \"group\", count(*) * 1.0 as value, count(*) as n from spans \
                         where start_time <= $now and start_time > $now - interval '24 hours' group by \
                         name\n";

fn place() -> Place {
    let place = Place::new();
    place.write("alerts/busy.toml", RULE);
    place.write("alerts/spans.sql", STATEMENT);
    // Three spans on 2026-05-17 at 10:00.
    place.write("a.jsonl", native(1) + &native(2) + &native(3));
    assert_eq!(place.run(["ingest", "a.jsonl"]).code, Some(0));
    place
}

/// The lines of a CSV without its header.
fn rows(ended: &Ended) -> Vec<&str> {
    ended.out.lines().skip(1).collect()
}

#[test]
fn a_rule_that_lacks_something_is_refused() {
    let place = place();
    assert_eq!(place.run(["alerts", "lint"]).code, Some(0));
    place.write("alerts/vague.toml", "sql = \"nowhere.sql\"\nthreshold = 1.0\nowner = \"ann\"\n");
    let ended = place.run(["alerts", "lint"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    for what in
        ["severity", "impact", "runbook", "mitigation or rollback", "there is no nowhere.sql"]
    {
        assert!(
            ended.err.contains(&format!("alerts/vague.toml: {what}")) || ended.err.contains(what)
        );
    }
    assert_eq!(ended.out, "1 rules are complete, 1 are refused\n");
    place.write("alerts/vague.toml", RULE.replace("threshold", "treshold"));
    assert!(place.run(["alerts", "lint"]).err.contains("treshold"));
}

#[test]
fn an_alert_fires_is_taken_on_and_fixed() {
    let place = Place::new();
    place.write("alerts/busy.toml", RULE);
    // What is in the store, whenever.
    let ever = STATEMENT.replace("and start_time > $now - interval '24 hours'", "");
    place.write("alerts/spans.sql", ever);
    place.write("a.jsonl", native(1) + &native(2));
    assert_eq!(place.run(["ingest", "a.jsonl"]).code, Some(0));
    let check = || place.run(["alerts", "check", "--format", "csv"]);
    let quiet = check();
    assert_eq!((quiet.code, rows(&quiet).len()), (Some(0), 0), "{quiet:?}");
    place.write("b.jsonl", native(3));
    assert_eq!(place.run(["ingest", "b.jsonl"]).code, Some(0));
    let fired = check();
    assert_eq!(fired.code, Some(2), "{fired:?}");
    assert!(rows(&fired)[0].ends_with(",busy,s,firing,3.0,,3,"), "{fired:?}");
    assert!(fired.err.contains("busy of s: firing since"), "{fired:?}");
    let again = check();
    assert_eq!((again.code, rows(&again).len()), (Some(2), 0), "still firing: {again:?}");
    let ack = place.run(["alerts", "ack", "busy", "--by", "bob"]);
    assert_eq!(ack.out, "busy of s: acknowledged by bob\n", "{ack:?}");
    assert_eq!(check().code, Some(0), "somebody acts");
    let fix = ["alerts", "resolve", "busy", "--by", "bob", "--fix", "limit raised to 5"];
    assert_eq!(place.run(fix).code, Some(0));
    assert_eq!(place.run(fix).code, Some(1), "there is nothing left to resolve");
    place.write("alerts/busy.toml", RULE.replace("2.0", "5.0"));
    assert_eq!(check().code, Some(0));
    let events = "select state, severity, owner, value, acknowledged_by, fixed_by \
                  from alert_events order by time";
    let expected = "firing,page,ann,3.0,,\nacknowledged,page,ann,,bob,\nresolved,page,ann,,bob,limit \
                    raised to 5";
    assert_eq!(place.ask(events), expected);
    let asked = place.run(["ask", "alert_fixes", "--unrecorded", "--format", "ndjson"]);
    let row: serde_json::Value = serde_json::from_str(&asked.out).unwrap();
    assert_eq!((&row["fired"], &row["fixed"]), (&1.into(), &1.into()), "{row}");
    let listed = place.run(["alerts", "list", "--format", "csv"]);
    assert!(rows(&listed)[0].starts_with("busy,page,ann,s,resolved,"), "{listed:?}");
}

#[test]
fn a_replay_says_when_it_would_have_fired() {
    let place = place();
    let from_to = ["--from", "2026-05-15", "--to", "2026-05-20", "--format", "csv"];
    let replayed = place.run(["alerts", "replay"].iter().chain(&from_to));
    assert_eq!(replayed.code, Some(0), "{replayed:?}");
    // 10:00 is in the day that ends then; a day later it no longer is.
    let expected =
        ["2026-05-17T10:00:00Z,busy,s,firing,3.0,,3,", "2026-05-18T10:00:00Z,busy,s,resolved,,,,"];
    assert_eq!(rows(&replayed), expected);
    // One alert in five days; chi-squared quantiles with 2 and 4 degrees of freedom.
    assert!(replayed.err.contains("busy: fired 1 times, 18.0 (0.5 to 100.3)"), "{replayed:?}");
    assert_eq!(place.ask("select count(*) from alert_events"), "0", "a replay stores nothing");
}

#[test]
fn templates_are_complete_rules_that_run() {
    let place = place();
    std::fs::remove_dir_all(place.path("alerts")).unwrap();
    let listed = place.run(["alerts", "new", "--format", "ndjson"]);
    let names: Vec<String> = listed
        .out
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|row| row["template"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names.len(), 13, "{names:?}");
    for name in &names {
        assert_eq!(place.run(["alerts", "new", name]).code, Some(0), "{name}");
    }
    assert_eq!(place.run(["alerts", "new", &names[0]]).code, Some(1), "it is there already");
    let lint = place.run(["alerts", "lint"]);
    assert_eq!((lint.code, lint.out.as_str()), (Some(0), "13 rules are complete, 0 are refused\n"));
    let check = place.run(["alerts", "check", "--format", "csv"]);
    assert_eq!((check.code, rows(&check).len()), (Some(0), 0), "{check:?}");
}
