//! The sections under which functions are documented, and a short way to write their manuals.

use datafusion_expr::{DocSection, Documentation};

pub(crate) const OUTPUT: DocSection = DocSection {
    include: true,
    label: "Model Output Functions",
    description: Some("What a model's text is, and whether its contexts support it."),
};

pub(crate) const AGENTS: DocSection = DocSection {
    include: true,
    label: "Retrieval and Agent Functions",
    description: Some(
        "Whether the right documents came first, and whether an agent goes in circles.",
    ),
};

pub(crate) const STATISTICS: DocSection = DocSection {
    include: true,
    label: "Quality Statistics Functions",
    description: Some("Rates with intervals, tests, corrections and drift."),
};

/// A manual page: what it does, how it is called, its arguments and an example.
pub(crate) fn manual(
    section: DocSection,
    description: &str,
    syntax: &str,
    arguments: &[(&str, &str)],
    example: &str,
) -> Documentation {
    let builder = Documentation::builder(section, description, syntax)
        .with_sql_example(format!("```sql\n{example}\n```"));
    arguments
        .iter()
        .fold(builder, |builder, (name, text)| builder.with_argument(*name, *text))
        .build()
}
