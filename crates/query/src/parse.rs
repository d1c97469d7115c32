//! Which statements a session takes.

use datafusion::error::DataFusionError;
use datafusion::execution::SessionState;
use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::ast::Statement as SqlStatement;
use datafusion::sql::sqlparser::dialect::dialect_from_str;

use crate::error::{QueryError, Result};

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

/// Returns a statement's first word; more might be content.
fn verb(statement: &Statement) -> String {
    let text = statement.to_string();
    text.split_whitespace().next().unwrap_or_default().to_uppercase()
}
