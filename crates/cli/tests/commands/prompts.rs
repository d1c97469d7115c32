//! A prompt from its file to release and rollback.

use super::{Ended, Place};

const FIRST: &str = "---\nname: answer\nversion: 1\nmodel: small\nowner: ann\neval_dataset: golden\n\
                     params: {temperature: 0.2}\n---\nAnswer {{question}}.\n";
const SECOND: &str = "---\nname: answer\nversion: 2\nmodel: small\nowner: ann\neval_dataset: golden\n\
                      params: {temperature: 0.2}\nrollback_target: 1\noutput_schema: answer.json\n\
                      ---\nAnswer {{question}} in one sentence.\n";

fn place() -> Place {
    let place = Place::new();
    place.write("prompts/answer-1.md", FIRST);
    place.write("prompts/answer-2.md", SECOND);
    place.write("prompts/answer.json", r#"{"type":"object","required":["text"]}"#);
    let ended = place.run(["prompts", "push", "prompts"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.out, "answer 1 registered\nanswer 2 registered\n");
    assert!(ended.err.contains("prompts/answer.json: no front matter, left out"), "{ended:?}");
    place
}

/// Verdicts on cases of the dataset, so many of them passed.
fn judged(version: &str, cases: usize, passed: usize) -> String {
    (0..cases).fold(String::new(), |lines, case| {
        lines
            + &format!(
                "{{\"table\":\"evals\",\"name\":\"correct\",\"passed\":{},\"evaluator\":\"exact\",\
                 \"dataset\":\"golden\",\"case_id\":\"c{case}\",\"prompt_name\":\"answer\",\
                 \"prompt_version\":\"{version}\",\"run_id\":\"run {version}\",\"eval_time\":\"2026-11-20T10:00:00Z\"}}\n",
                case < passed
            )
    })
}

/// The gates of a release as `name passed`.
fn gates(ended: &Ended) -> Vec<String> {
    let lines = ended.out.lines().skip(1);
    lines.map(|line| line.splitn(3, ',').take(2).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn a_version_never_changes_and_the_rest_may() {
    let place = place();
    let again = place.run(["prompts", "push", "prompts"]);
    assert_eq!((again.code, again.out.as_str()), (Some(0), "2 as they were\n"), "{again:?}");
    place.write("prompts/answer-1.md", FIRST.replace("owner: ann", "owner: bob"));
    let moved = place.run(["prompts", "push", "prompts/answer-1.md"]);
    assert_eq!((moved.code, moved.out.as_str()), (Some(0), "answer 1 changed\n"), "{moved:?}");
    assert_eq!(place.ask("select owner from current_prompts order by version"), "bob\nann");
    place.write("prompts/answer-1.md", FIRST.replace("Answer", "Reply to"));
    let refused = place.run(["prompts", "push", "prompts"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.err.contains("answer 1 is registered with another template"), "{refused:?}");
    assert_eq!(place.ask("select count(*) from prompts"), "3");
}

#[test]
fn show_gives_a_file_that_push_reads() {
    let place = place();
    let shown = place.run(["prompts", "show", "answer", "2"]);
    assert!(shown.out.contains("Answer {{question}} in one sentence."), "{shown:?}");
    place.write("again.md", &shown.out);
    let again = place.run(["prompts", "push", "again.md"]);
    assert_eq!((again.code, again.out.as_str()), (Some(0), "1 as they were\n"), "{again:?}");
    let diff = place.run(["prompts", "diff", "answer", "1", "2"]);
    let expected = "--- answer 1 template\n+++ answer 2 template\n@@ -1 +1 @@\n\
                    -Answer {{question}}.\n+Answer {{question}} in one sentence.\n";
    assert!(diff.out.starts_with(expected), "{diff:?}");
    let missing = place.run(["prompts", "show", "answer", "3"]);
    assert_eq!(missing.code, Some(1), "{missing:?}");
    assert!(missing.err.contains("registered are 1, 2"), "{missing:?}");
}

#[test]
fn a_release_needs_what_its_gates_say() {
    let place = place();
    let release = |version: &str, more: &[&str]| {
        let base = ["prompts", "release", "answer", version, "--by", "ann", "--format", "csv"];
        place.run(base.iter().chain(more))
    };
    let refused = release("1", &[]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    let none = ["approval false", "rollback target false", "eval dataset false"];
    assert_eq!(gates(&refused), none);
    assert_eq!(place.ask("select count(*) from releases"), "0");
    assert_eq!(release("1", &["--force"]).code, Some(1), "a forced release needs a note");
    let forced = release("1", &["--force", "--note", "first version"]);
    assert_eq!(forced.code, Some(0), "{forced:?}");

    place.write("evals.jsonl", judged("1", 20, 19) + &judged("2", 20, 17));
    assert_eq!(place.run(["ingest", "evals.jsonl"]).code, Some(0));
    assert_eq!(place.run(["prompts", "approve", "answer", "2", "--by", "ann"]).code, Some(0));
    let refused = release("2", &[]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    let one =
        ["approval true", "rollback target true", "eval dataset true", "correct (exact) false"];
    assert_eq!(gates(&refused), one);
    let result =
        "correct (exact),false,20,0.85,0.95,\"at least 0.9; live 1 had 20 cases, 2 of them lost\"";
    assert!(refused.out.contains(result), "{refused:?}");
    let released = release("2", &["--objective", "0.8"]);
    assert_eq!(released.code, Some(0), "{released:?}");

    let live = "select prompt_version, action, forced from live_prompts";
    assert_eq!(place.ask(live), "2,release,false");
    let back = place.run(["prompts", "rollback", "answer", "--by", "ann", "--note", "worse"]);
    assert_eq!(
        (back.code, back.out.as_str()),
        (Some(0), "answer in production: back from 2 to 1\n")
    );
    assert_eq!(place.ask(live), "1,rollback,false");
    let history = "select prompt_version, action, forced, by, note from releases order by time";
    let rows = "1,release,true,ann,first version\n2,release,false,ann,\n1,rollback,false,ann,worse";
    assert_eq!(place.ask(history), rows);
    let audit = "select actor, action, object from audit where object like 'prompt%' order by time";
    let rows = "ann,release,prompt answer 1\nann,approve,prompt answer 2\n\
                ann,release,prompt answer 2\nann,rollback,prompt answer 1";
    assert_eq!(place.ask(audit), rows);
    let shown = place.run(["prompts", "live", "--format", "csv"]);
    assert!(shown.out.contains("production,answer,1,,0,,,true"), "{shown:?}");
}

#[test]
fn traffic_is_linked_by_name_else_by_the_hash_of_its_template() {
    let place = Place::new();
    let key = ["0123456789", "abcdef", "0123456789abcdef"].concat();
    let run = |args: &[&str]| {
        let output = place.command(args).env("SPANLAKE_REDACTION_KEY", &key).output();
        let ended = Ended::of(&output.unwrap());
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended
    };
    place.write("answer.md", FIRST);
    run(&["prompts", "push", "answer.md"]);
    let call = |number: u64, more: &str| {
        format!(
            "{{\"trace_id\":\"{number:032x}\",\"span_id\":\"{number:016x}\",\"name\":\"s\",\
             \"kind\":\"llm\",\"start_time\":\"2026-11-20T10:00:00Z\"{more}}}\n"
        )
    };
    let named = ",\"prompt_name\":\"answer\",\"prompt_version\":\"1\"";
    let template = ",\"prompt_template\":\"Answer {{question}}.\"";
    let unknown = ",\"prompt_name\":\"answer\",\"prompt_version\":\"9\"";
    place.write("a.jsonl", call(1, named) + &call(2, template) + &call(3, unknown) + &call(4, ""));
    run(&["ingest", "a.jsonl"]);
    let links = "select registered_name, registered_version, link, prompt_name, prompt_version \
                 from prompt_calls order by trace_id";
    let expected = "answer,1,name,answer,1\nanswer,1,hash,answer,1\n,,,answer,9\n,,,,";
    assert_eq!(place.ask(links), expected);
    let listed = run(&["prompts", "list", "answer", "--format", "ndjson"]);
    let rows: Vec<serde_json::Value> =
        listed.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row["version"].as_str().unwrap(), row["is_registered"] == true, &row["calls"]))
        .collect();
    assert_eq!(told, [("1", true, &2.into()), ("9", false, &1.into())]);
    assert!(listed.err.contains("1 of them seen or released, but not registered"), "{listed:?}");
}
