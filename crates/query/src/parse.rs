//! Which statements a session takes.

use std::ops::ControlFlow;

use datafusion::error::DataFusionError;
use datafusion::execution::SessionState;
use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::ast::{Expr, Statement as SqlStatement, Visit, Visitor};
use datafusion::sql::sqlparser::dialect::dialect_from_str;

use crate::error::{QueryError, Result};

/// Levels of operators and calls in one expression. Expressions are evaluated by recursion, about
/// 4 KiB a level in an unoptimised build; the threads of a runtime have 2 MiB of stack, and what
/// overflows one ends the process.
const MAX_DEPTH: usize = 250;

/// Parses a text that holds one statement.
pub(crate) fn one_statement(
    text: &str,
    state: &SessionState,
) -> Result<Statement, DataFusionError> {
    let options = &state.config_options().sql_parser;
    let dialect = dialect_from_str(options.dialect).ok_or_else(|| {
        DataFusionError::Configuration(format!("unknown SQL dialect {}", options.dialect))
    })?;
    let mut statements = DFParserBuilder::new(text)
        .with_dialect(dialect.as_ref())
        .with_recursion_limit(options.recursion_limit.get())
        .build()?
        .parse_statements()?;
    let found = statements.len();
    match statements.pop_front() {
        Some(statement) if found == 1 => Ok(statement),
        _ => Err(DataFusionError::External(Box::new(QueryError::StatementCount { found }))),
    }
}

/// Refuses what would change something.
pub(crate) fn check(statement: &Statement, allow_set: bool) -> Result<()> {
    let reads = match statement {
        Statement::Statement(sql) => match sql.as_ref() {
            SqlStatement::Query(_)
            | SqlStatement::ExplainTable { .. }
            | SqlStatement::ShowTables { .. }
            | SqlStatement::ShowColumns { .. }
            | SqlStatement::ShowVariable { .. }
            | SqlStatement::ShowCreate { .. }
            | SqlStatement::ShowFunctions { .. } => true,
            SqlStatement::Set(_) => allow_set,
            _ => false,
        },
        Statement::Explain(explain) => return check(&explain.statement, false),
        Statement::CreateExternalTable(_) | Statement::CopyTo(_) | Statement::Reset(_) => false,
    };
    if reads { Ok(()) } else { Err(QueryError::ReadOnly { statement: verb(statement) }) }
}

/// Refuses expressions that would exhaust the stack: `a = 1 or a = 2 or …` nests with every `or`.
pub(crate) fn check_depth(statement: &Statement) -> Result<()> {
    let walked = match statement {
        Statement::Statement(sql) => sql.visit(&mut Depth(0)),
        Statement::Explain(explain) => return check_depth(&explain.statement),
        Statement::CreateExternalTable(_) | Statement::CopyTo(_) | Statement::Reset(_) => {
            ControlFlow::Continue(())
        }
    };
    match walked {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(QueryError::Depth { limit: MAX_DEPTH }),
    }
}

/// How deep the walk is.
struct Depth(usize);

impl Visitor for Depth {
    type Break = ();

    fn pre_visit_expr(&mut self, _: &Expr) -> ControlFlow<()> {
        self.0 += 1;
        if self.0 > MAX_DEPTH { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn post_visit_expr(&mut self, _: &Expr) -> ControlFlow<()> {
        self.0 -= 1;
        ControlFlow::Continue(())
    }
}

/// Returns a statement's first word; more might be content.
fn verb(statement: &Statement) -> String {
    let text = statement.to_string();
    text.split_whitespace().next().unwrap_or_default().to_uppercase()
}
