//! Stored questions: asked, parametrised, owned.

use super::{Place, native};

/// A place with three spans and a question of one's own.
fn place() -> Place {
    let place = Place::new();
    place.write("spanlake.toml", "sql_dir = \"mine\"\n");
    place.write(
        "mine/questions/by_name.sql",
        "-- How many spans are there by name?\n--\n-- n  Spans.\n--\n-- $least = 1  Names with fewer \
         are left out.\n-- $but = null  A name to leave out.\n-- owner: platform\nselect name, \
         count(*) as n from spans where $but is null or name <> $but group by name having count(*) \
         >= $least\n",
    );
    place.write("a.jsonl", native(1) + &native(2) + &native(3));
    assert_eq!(place.run(["ingest", "a.jsonl"]).code, Some(0));
    place
}

#[test]
fn a_question_of_ones_own_stands_beside_the_shipped_ones() {
    let place = place();
    let listed = place.run(["ask", "--list", "--format", "ndjson"]);
    let rows: Vec<serde_json::Value> =
        listed.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let row = |name: &str| rows.iter().find(|row| row["name"] == name).unwrap();
    assert_eq!(row("by_name")["parameters"], "least = 1, but = null");
    assert_eq!(
        (&row("by_name")["is_own"], &row("safety")["is_own"]),
        (&true.into(), &false.into())
    );
    assert!(rows.iter().any(|row| row["name"] == "json_parse_failure_rate"), "metrics too");
    let ask = |more: &[&str]| {
        let base = ["ask", "by-name", "--format", "csv", "--by", "ann"];
        place.run(base.iter().chain(more))
    };
    assert_eq!(ask(&[]).out, "name,n\ns,3\n");
    assert_eq!(ask(&["--param", "least=4"]).out, "name,n\n");
    assert_eq!(ask(&["--param", "but=s' or 'x' = 'x"]).out, "name,n\ns,3\n");
    let wrong = ask(&["--param", "least=many"]);
    assert_eq!(wrong.code, Some(1), "{wrong:?}");
    assert!(wrong.err.contains("$least: must be a whole number"), "{wrong:?}");
    let unknown = ask(&["--param", "most=3"]);
    assert!(unknown.err.contains("there are least, but"), "{unknown:?}");
    let missing = place.run(["ask", "by_colour"]);
    assert!(missing.code == Some(1) && missing.err.contains("there are by_name"), "{missing:?}");
}

#[test]
fn who_asks_is_noted_once_a_day_and_nobody_is_shown() {
    let place = place();
    let noted = "select kind, subject, by from reviews order by time";
    for _ in 0..2 {
        assert_eq!(place.run(["ask", "by_name", "--by", "ann"]).code, Some(0));
    }
    assert_eq!(place.run(["ask", "by_name", "--by", "bob", "--unrecorded"]).code, Some(0));
    assert_eq!(place.ask(noted), "used,by_name,ann");
    let missing = |name: &str| {
        let shown = place.run(["ask", "unowned-questions", "--unrecorded", "--format", "ndjson"]);
        let rows = shown.out.lines().map(|line| serde_json::from_str(line).unwrap());
        let row = rows.into_iter().find(|row: &serde_json::Value| row["name"] == name);
        row.map_or_else(String::new, |row| row["missing"].as_str().unwrap().to_owned())
    };
    assert_eq!(missing("by_name"), "review interval");
    assert_eq!(missing("safety"), "review, use");
    let reviewed =
        place.run(["ask", "safety", "--reviewed", "--by", "bob", "--note", "still right"]);
    assert_eq!(reviewed.out, "safety reviewed by bob\n", "{reviewed:?}");
    assert_eq!(missing("safety"), "use");
    assert_eq!(place.ask("select note from reviews where kind = 'reviewed'"), "still right");
}

#[test]
fn every_shipped_question_can_be_asked() {
    let place = place();
    let listed = place.run(["ask", "--list", "--format", "csv"]);
    let names: Vec<&str> =
        listed.out.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    for name in names.iter().filter(|name| !name.is_empty() && !name.contains('"')) {
        let ended = place.run(["ask", name, "--unrecorded", "--format", "csv"]);
        assert_eq!(ended.code, Some(0), "{name}: {ended:?}");
    }
    assert!(names.len() > 30, "{names:?}");
}
