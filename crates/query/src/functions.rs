//! The functions of a session with their manuals, and the reference made of them.

use std::collections::HashSet;
use std::fmt::Write as _;

use datafusion::arrow::datatypes::DataType;
use datafusion::execution::SessionState;
use datafusion::logical_expr::Documentation;
use datafusion::logical_expr::function::WindowUDFFieldArgs;
use spanlake_functions::documented::Page;

use crate::describe::sql_type;
use crate::table_function::OwnTable;

/// A function.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FunctionInfo {
    /// Its name.
    pub name: String,
    /// What kind of function it is.
    pub kind: FunctionKind,
    /// How to call it.
    pub signature: String,
    /// What it is about.
    pub section: String,
    /// What it says of itself.
    pub page: Page,
    /// Type of its result, or its columns; empty for the engine's functions, whose type depends on
    /// their arguments.
    pub result_type: String,
    /// Whether it is Spanlake's own, not the engine's.
    pub is_own: bool,
}

/// A kind of function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FunctionKind {
    /// One value for each row.
    Scalar,
    /// One value for each group.
    Aggregate,
    /// One value for each row, from its neighbours.
    Window,
    /// Rows, in place of a table.
    Table,
}

impl FunctionKind {
    /// Returns the word shown for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Aggregate => "aggregate",
            Self::Window => "window",
            Self::Table => "table",
        }
    }
}

impl FunctionInfo {
    fn new(name: &str, kind: FunctionKind, manual: Option<&Documentation>) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            signature: manual
                .map_or_else(|| format!("{name}(…)"), |doc| doc.syntax_example.clone()),
            section: manual.map_or_else(String::new, |doc| doc.doc_section.label.to_owned()),
            page: manual.map(Page::of).unwrap_or_default(),
            result_type: String::new(),
            is_own: false,
        }
    }

    fn own(mut self, result_type: Option<String>) -> Self {
        self.is_own = result_type.is_some();
        self.result_type = result_type.unwrap_or_default();
        self
    }

    /// The manual's parts after the arguments, those that there are, under their names.
    pub fn parts(&self) -> Vec<(&'static str, String)> {
        let errors = [WRONG_CALL, self.page.errors.as_str()].join(" ");
        let parts = [
            ("Type", self.result_type.clone()),
            ("Result", self.page.result.clone()),
            ("NULL", self.page.nulls.clone()),
            ("Errors", if self.is_own { errors.trim().to_owned() } else { String::new() }),
            ("Source", self.page.source.clone()),
        ];
        parts.into_iter().filter(|(_, text)| !text.is_empty()).collect()
    }
}

/// What every own function does with a call that does not fit.
const WRONG_CALL: &str = "Arguments of a wrong number or type; the error shows the signature.";

/// Lists every function, in order of their names.
pub(crate) fn functions(state: &SessionState) -> Vec<FunctionInfo> {
    let own: HashSet<String> = spanlake_functions::scalar_functions()
        .iter()
        .map(|function| function.name().to_owned())
        .chain(spanlake_functions::aggregate_functions().iter().map(|f| f.name().to_owned()))
        .chain(spanlake_functions::window_functions().iter().map(|f| f.name().to_owned()))
        .collect();
    // Types of own functions do not depend on their arguments.
    let shown = |name: &str, result: &dyn Fn() -> Option<DataType>| {
        own.contains(name).then(|| result().map_or_else(String::new, |found| sql_type(&found)))
    };
    let scalars = state.scalar_functions().iter().map(|(name, function)| {
        FunctionInfo::new(name, FunctionKind::Scalar, function.documentation())
            .own(shown(name, &|| function.return_type(&[]).ok()))
    });
    let aggregates = state.aggregate_functions().iter().map(|(name, function)| {
        FunctionInfo::new(name, FunctionKind::Aggregate, function.documentation())
            .own(shown(name, &|| function.return_type(&[]).ok()))
    });
    let windows = state.window_functions().iter().map(|(name, function)| {
        let result = || {
            let field = function.field(WindowUDFFieldArgs::new(&[], name)).ok()?;
            Some(field.data_type().clone())
        };
        FunctionInfo::new(name, FunctionKind::Window, function.documentation())
            .own(shown(name, &result))
    });
    let foreign = state
        .table_functions()
        .keys()
        .filter(|name| OwnTable::find(name).is_none())
        .map(|name| FunctionInfo::new(name, FunctionKind::Table, None));
    let tables = OwnTable::ALL.iter().map(|table| {
        FunctionInfo::new(table.name(), FunctionKind::Table, Some(table.manual()))
            .own(Some(table_type(*table)))
    });
    let mut all: Vec<FunctionInfo> =
        scalars.chain(aggregates).chain(windows).chain(foreign).chain(tables).collect();
    all.sort();
    all
}

fn table_type(table: OwnTable) -> String {
    let schema = table.schema();
    let columns: Vec<String> = schema
        .fields()
        .iter()
        .map(|field| format!("{} {}", field.name(), sql_type(field.data_type())))
        .collect();
    format!("TABLE({})", columns.join(", "))
}

/// Writes the reference of the own functions as Markdown, section by section.
pub fn reference(functions: &[FunctionInfo]) -> String {
    let mut out = HEAD.to_owned();
    let own: Vec<&FunctionInfo> = functions.iter().filter(|function| function.is_own).collect();
    let mut sections: Vec<&str> = Vec::new();
    for function in &own {
        if !sections.contains(&function.section.as_str()) {
            sections.push(&function.section);
        }
    }
    sections.sort_unstable();
    for section in sections {
        let inside = || own.iter().filter(|function| function.section == section);
        let names: Vec<String> = inside().map(|f| format!("[{}](#{})", f.name, f.name)).collect();
        // Writing to a text cannot fail.
        let _ = write!(out, "\n## {section}\n\n{}\n", names.join(" · "));
        for function in inside() {
            entry(&mut out, function);
        }
    }
    out
}

fn entry(out: &mut String, function: &FunctionInfo) {
    let FunctionInfo { name, kind, signature, page, .. } = function;
    let _ = write!(out, "\n### {name}\n\n`{signature}` ({})\n\n{}\n", kind.as_str(), page.does);
    if !page.arguments.is_empty() {
        out.push_str("\n| argument | |\n|---|---|\n");
        for (name, text) in &page.arguments {
            let _ = writeln!(out, "| `{name}` | {} |", text.replace('|', "\\|"));
        }
    }
    out.push('\n');
    for (label, text) in function.parts() {
        let text = if label == "Type" { format!("`{text}`") } else { text };
        let _ = writeln!(out, "- {label}: {text}");
    }
    if !page.example.is_empty() {
        let _ = write!(out, "\n```sql\n{}\n```\n", page.example);
    }
}

const HEAD: &str = "\
# SQL of Spanlake

Statements are DataFusion's SQL in PostgreSQL's dialect, over the tables and views that `\\d` and
`spanlake.tables` list. This folder holds what comes with the program, one statement a file, its
question and columns in the header: `views/`, `metrics/`, `questions/` and `report/`; `tests/` holds
what each of them gives on a small store.

Below are the functions that are Spanlake's own. Their manuals are part of the program: `\\df+ NAME`
in the shell and the table `spanlake.functions` show the same. A test compares this file with them;
`UPDATE=1 cargo nextest run --workspace -E 'test(the_reference_is_what_the_manuals_say)'` writes it
anew.
";
