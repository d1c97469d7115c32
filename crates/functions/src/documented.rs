//! What a function's manual says, part by part, and the sections under which functions are documented.

use datafusion_expr::{DocSection, Documentation};

/// The section of functions over model output.
pub const OUTPUT: DocSection = DocSection {
    include: true,
    label: "Model Output Functions",
    description: Some("What a model's text is, and whether its contexts support it."),
};

/// The section of functions over retrieval and agents.
pub const AGENTS: DocSection = DocSection {
    include: true,
    label: "Retrieval and Agent Functions",
    description: Some(
        "Whether the right documents came first, and whether an agent goes in circles.",
    ),
};

/// The section of statistics.
pub const STATISTICS: DocSection = DocSection {
    include: true,
    label: "Quality Statistics Functions",
    description: Some("Rates with intervals, tests, corrections and drift."),
};

/// A manual page. [`Manual::documentation`] is the form the engine carries, [`Page::of`] reads its parts back.
#[derive(Debug, Clone)]
pub struct Manual<'a> {
    /// Where it is listed.
    pub section: DocSection,
    /// How it is called.
    pub syntax: &'a str,
    /// What it computes.
    pub does: &'a str,
    /// Name, meaning and unit of each argument.
    pub arguments: &'a [(&'a str, &'a str)],
    /// The result's fields with their units.
    pub result: &'a str,
    /// What NULL, NaN and missing rows do.
    pub nulls: &'a str,
    /// What is an error, beside arguments of a wrong number or type; may be empty.
    pub errors: &'a str,
    /// Who published it, and whose digits it has.
    pub source: &'a str,
    /// A statement and, in comments, what it gives.
    pub example: &'a str,
}

const RESULT: &str = "Result: ";
const NULLS: &str = "Nulls: ";
const ERRORS: &str = "Errors: ";
const SOURCE: &str = "Source: ";

impl Manual<'_> {
    /// The form the engine carries: the parts are paragraphs of the description.
    pub fn documentation(&self) -> Documentation {
        let parts = [
            ("", self.does),
            (RESULT, self.result),
            (NULLS, self.nulls),
            (ERRORS, self.errors),
            (SOURCE, self.source),
        ];
        let parts = parts.iter().filter(|part| !part.1.is_empty());
        let description: Vec<String> =
            parts.map(|(label, text)| format!("{label}{text}")).collect();
        let builder =
            Documentation::builder(self.section.clone(), description.join("\n\n"), self.syntax)
                .with_sql_example(format!("```sql\n{}\n```", self.example));
        self.arguments
            .iter()
            .fold(builder, |builder, (name, text)| builder.with_argument(*name, *text))
            .build()
    }
}

/// The parts of a manual; those that it does not have are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Page {
    /// What it computes.
    pub does: String,
    /// Name, meaning and unit of each argument.
    pub arguments: Vec<(String, String)>,
    /// The result's fields with their units.
    pub result: String,
    /// What NULL, NaN and missing rows do.
    pub nulls: String,
    /// What is an error, beside arguments of a wrong number or type.
    pub errors: String,
    /// Who published it, and whose digits it has.
    pub source: String,
    /// A statement and, in comments, what it gives.
    pub example: String,
}

impl Page {
    /// Reads the parts of a manual; a foreign function's description is what it does.
    pub fn of(manual: &Documentation) -> Self {
        let mut page = Self {
            arguments: manual.arguments.clone().unwrap_or_default(),
            example: manual.sql_example.as_deref().map_or_else(String::new, example),
            ..Self::default()
        };
        for part in manual.description.trim().split("\n\n") {
            let labels = [
                (RESULT, &mut page.result),
                (NULLS, &mut page.nulls),
                (ERRORS, &mut page.errors),
                (SOURCE, &mut page.source),
            ];
            let labelled = labels
                .into_iter()
                .find_map(|(label, slot)| part.strip_prefix(label).map(|text| (slot, text)));
            if let Some((slot, text)) = labelled {
                text.clone_into(slot);
            } else {
                if !page.does.is_empty() {
                    page.does.push_str("\n\n");
                }
                page.does.push_str(part);
            }
        }
        page
    }
}

/// The statement inside the fence.
fn example(fenced: &str) -> String {
    let inside = fenced.trim().strip_prefix("```sql").and_then(|rest| rest.strip_suffix("```"));
    inside.unwrap_or(fenced).trim().to_owned()
}
