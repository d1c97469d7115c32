//! The rules that come with the program.

/// Lists the files of `sql/alerts` with their text.
macro_rules! templates {
    ($($name:literal,)+) => {
        &[$(($name, include_str!(concat!("../../../../sql/alerts/", $name, ".toml"))),)+]
    };
}

/// The rules that come with the program, by name: starting points to be copied and completed with
/// one's own owner and runbook.
pub const TEMPLATES: &[(&str, &str)] = templates![
    "citation_validity",
    "cost_after_release",
    "cost_over_baseline",
    "fallback_by_tenant",
    "faithfulness",
    "guardrail_errors",
    "judge_drift",
    "parse_failures",
    "parse_failures_after_release",
    "prompt_growth",
    "provider_outage",
    "tool_arguments",
    "undecided_writes",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::Rule;

    #[test]
    fn every_template_is_complete_and_names_a_statement_that_is_there() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sql/alerts");
        let mut files: Vec<String> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let library = spanlake_query::SqlLibrary::embedded();
        let mut expected = Vec::new();
        for (name, text) in TEMPLATES {
            let rule = Rule::parse(name, text).unwrap();
            assert_eq!(rule.problems(), Vec::<String>::new(), "{name}");
            let file = library.get(&format!("alerts/{}", rule.sql.as_deref().unwrap())).unwrap();
            file.statement(&rule.values()).unwrap();
            expected.extend([format!("{name}.sql"), format!("{name}.toml")]);
        }
        expected.sort();
        assert_eq!(files, expected);
    }
}
