//! A session: one caller's SQL over the newest snapshots, within limits.

use std::sync::Arc;
use std::time::Duration;

use datafusion::arrow::array::RecordBatch;
use datafusion::common::{ParamValues, TableReference};
use datafusion::config::Dialect;
use datafusion::error::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::disk_manager::DiskManagerBuilder;
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::{LogicalPlan, Statement as PlanStatement};
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion::sql::parser::Statement as ParsedStatement;
use parking_lot::RwLock;
use tokio::time::Instant;

use crate::catalog::{self, CATALOG, PUBLIC};
use crate::describe::{self, ColumnInfo, TableInfo};
use crate::error::{QueryError, Result};
use crate::explain::Names;
use crate::functions::{self, FunctionInfo};
use crate::library::SqlLibrary;
use crate::locate;
use crate::narrow::NarrowGroups;
use crate::options::QueryOptions;
use crate::parse;
use crate::source::SnapshotSource;
use crate::statement::Statement;
use crate::stream::QueryStream;
use crate::table::StatisticsCache;
use crate::table_function::{self, TraceNode};

/// One caller's SQL over a store. Statements may run at the same time; each sees one snapshot.
pub struct Session {
    shared: Arc<Shared>,
    source: Arc<dyn SnapshotSource>,
    state: RwLock<SessionState>,
}

/// What all statements of a session share.
pub(crate) struct Shared {
    pub(crate) options: QueryOptions,
    pub(crate) library: Arc<SqlLibrary>,
    pub(crate) statistics: Arc<StatisticsCache>,
}

impl Shared {
    pub(crate) const fn prunes(&self) -> bool {
        self.options.prune
    }

    /// Returns the names a statement could have meant.
    pub(crate) fn names(&self, state: &SessionState) -> Names {
        Names {
            tables: describe::tables(&self.library).into_iter().map(|table| table.name).collect(),
            functions: functions::functions(state).into_iter().map(|f| f.name).collect(),
        }
    }
}

/// A statement ready to run.
struct Prepared {
    state: SessionState,
    statement: Arc<Statement>,
    plan: Arc<dyn ExecutionPlan>,
}

impl Session {
    /// Makes a session. Touches no store: the source is asked when a statement first reads a table.
    ///
    /// # Errors
    /// When `options.sql_dir` cannot be read.
    pub fn new(source: Arc<dyn SnapshotSource>, options: QueryOptions) -> Result<Self> {
        let library = match &options.sql_dir {
            Some(folder) => SqlLibrary::embedded().overlaid_by(folder)?,
            None => SqlLibrary::embedded(),
        };
        let runtime =
            RuntimeEnvBuilder::new().with_metadata_cache_limit(options.metadata_cache_bytes);
        Self::build(source, options, Arc::new(library), Arc::default(), runtime)
    }

    /// Makes another caller's session over the same store: its own limits and settings, the same
    /// cached footers and SQL files.
    ///
    /// # Errors
    /// None today; the engine's builder may fail.
    pub fn fork(&self, options: QueryOptions) -> Result<Self> {
        let runtime = RuntimeEnvBuilder::from_runtime_env(self.state.read().runtime_env());
        Self::build(
            Arc::clone(&self.source),
            options,
            Arc::clone(&self.shared.library),
            Arc::clone(&self.shared.statistics),
            runtime,
        )
    }

    fn build(
        source: Arc<dyn SnapshotSource>,
        options: QueryOptions,
        library: Arc<SqlLibrary>,
        statistics: Arc<StatisticsCache>,
        runtime: RuntimeEnvBuilder,
    ) -> Result<Self> {
        let failed = |error| locate::execution(error, options.memory_limit_bytes);
        let pool = TrackConsumersPool::new(FairSpillPool::new(options.memory_limit_bytes), TOP);
        let disk =
            DiskManagerBuilder::default().with_max_temp_directory_size(options.spill_limit_bytes);
        let runtime = runtime
            .with_memory_pool(Arc::new(pool))
            .with_disk_manager_builder(disk)
            .build_arc()
            .map_err(failed)?;
        let state = engine(&options, runtime).map_err(failed)?;
        let shared = Arc::new(Shared { options, library, statistics });
        Ok(Self { shared, source, state: RwLock::new(state) })
    }

    /// Runs one statement and gives its rows as they come.
    ///
    /// # Errors
    /// [`QueryError::Invalid`] shows the place in `text`; see [`QueryError`] for the rest. Errors
    /// met while running come from the stream.
    pub async fn sql(&self, text: &str) -> Result<QueryStream> {
        self.run(text, None).await
    }

    /// Runs one statement with values for its placeholders, `$1` or `$name`.
    ///
    /// # Errors
    /// As [`Self::sql`].
    pub async fn sql_with(
        &self,
        text: &str,
        parameters: impl Into<ParamValues>,
    ) -> Result<QueryStream> {
        self.run(text, Some(parameters.into())).await
    }

    /// Runs one statement and collects its rows.
    ///
    /// # Errors
    /// As [`Self::sql`].
    pub async fn collect(&self, text: &str) -> Result<Vec<RecordBatch>> {
        self.sql(text).await?.collect().await
    }

    async fn run(&self, text: &str, parameters: Option<ParamValues>) -> Result<QueryStream> {
        let deadline = self.shared.options.timeout.map(|limit| (limit, Instant::now() + limit));
        let prepared = Box::pin(self.prepare(text, parameters));
        let Prepared { state, statement, plan } = within(deadline, prepared).await?;
        let rows = execute_stream(Arc::clone(&plan), state.task_ctx())
            .map_err(|error| locate::execution(error, self.shared.options.memory_limit_bytes))?;
        Ok(QueryStream::new(plan, rows, statement, deadline))
    }

    async fn prepare(&self, text: &str, parameters: Option<ParamValues>) -> Result<Prepared> {
        let (state, statement) = self.begin();
        let explain = |error| locate::planning(error, text, &self.shared.names(&state));
        let parsed = parse::one_statement(text, &state).map_err(explain)?;
        parse::check(&parsed, self.shared.options.allow_set)?;
        parse::check_depth(&parsed)?;
        let plan = self.plan(&state, text, parsed, parameters).await.map_err(explain)?;
        if let LogicalPlan::Statement(PlanStatement::SetVariable(set)) = &plan {
            self.set(&set.variable, &set.value)?;
            let plan = Arc::new(EmptyExec::new(Arc::clone(plan.schema().inner())));
            return Ok(Prepared { state, statement, plan });
        }
        let optimized = state.optimize(&plan).map_err(explain)?;
        statement.note(&optimized);
        let planner = Arc::clone(state.query_planner());
        let plan = planner.create_physical_plan(&optimized, &state).await.map_err(explain)?;
        Ok(Prepared { state, statement, plan })
    }

    async fn plan(
        &self,
        state: &SessionState,
        text: &str,
        parsed: ParsedStatement,
        parameters: Option<ParamValues>,
    ) -> Result<LogicalPlan, DataFusionError> {
        let plan = state.statement_to_plan(parsed).await?;
        check_parameters(&plan, text, parameters.as_ref())?;
        let plan = match parameters {
            Some(values) => plan.with_param_values(values)?,
            None => plan,
        };
        SQLOptions::new()
            .with_allow_ddl(false)
            .with_allow_dml(false)
            .with_allow_statements(self.shared.options.allow_set)
            .verify_plan(&plan)?;
        Ok(plan)
    }

    fn set(&self, name: &str, value: &str) -> Result<()> {
        let refused = || QueryError::Setting { name: name.to_owned() };
        let changeable = name.starts_with("datafusion.")
            && !name.starts_with("datafusion.runtime.")
            && !name.starts_with("datafusion.catalog.");
        if !changeable {
            return Err(refused());
        }
        let mut state = self.state.write();
        state
            .config_mut()
            .options_mut()
            .set(name, value)
            .map_err(|error| locate::execution(error, 0))
    }

    /// Gives a context that sees one snapshot, taken when first needed. For protocols that plan by
    /// themselves; limits on time and rows are theirs to keep.
    pub fn context(&self) -> SessionContext {
        SessionContext::new_with_state(self.begin().0)
    }

    /// Begins a statement: a state whose catalog is bound to one snapshot, not yet taken.
    fn begin(&self) -> (SessionState, Arc<Statement>) {
        let mut state = self.state.read().clone();
        state.mark_start_execution();
        let statement = Arc::new(Statement::new(
            Arc::clone(&self.shared),
            state.clone(),
            Arc::clone(&self.source),
        ));
        catalog::attach(&mut state, &statement);
        table_function::register(&mut state, &statement);
        (state, statement)
    }

    /// Returns the options.
    pub fn options(&self) -> &QueryOptions {
        &self.shared.options
    }

    /// Returns the SQL files in use.
    pub fn library(&self) -> &SqlLibrary {
        &self.shared.library
    }

    /// Lists tables, then views, then system tables.
    pub fn tables(&self) -> Vec<TableInfo> {
        describe::tables(&self.shared.library)
    }

    /// Lists the functions, in order of their names.
    pub fn functions(&self) -> Vec<FunctionInfo> {
        functions::functions(&self.state.read())
    }

    /// Lists a table's or view's columns; `None` when there is no such table. The name may carry
    /// its schema.
    ///
    /// # Errors
    /// When the view's SQL is invalid.
    pub async fn columns(&self, table: &str) -> Result<Option<Vec<ColumnInfo>>> {
        let (state, _) = self.begin();
        let reference = TableReference::parse_str(table).resolve(CATALOG, PUBLIC);
        let failed = |error| locate::planning(error, "", &Names::default());
        let Ok(schema) = state.schema_for_ref(TableReference::from(reference.clone())) else {
            return Ok(None);
        };
        let Some(provider) = schema.table(&reference.table).await.map_err(failed)? else {
            return Ok(None);
        };
        let columns = provider.schema();
        let columns = columns.fields().iter().map(|field| ColumnInfo {
            name: field.name().clone(),
            data_type: describe::sql_type(field.data_type()),
            nullable: field.is_nullable(),
            doc: describe::column_doc(
                &self.shared.library,
                &reference.schema,
                &reference.table,
                field.name(),
            ),
        });
        Ok(Some(columns.collect()))
    }

    /// Reads a trace's spans in the order of its tree; empty when there is no such trace.
    ///
    /// # Errors
    /// [`QueryError::InvalidTraceId`] when the id is not 32 hexadecimal digits.
    pub async fn trace(&self, trace_id: &str) -> Result<Vec<TraceNode>> {
        let id = table_function::stored_id(trace_id)?;
        let (state, statement) = self.begin();
        let limit = self.shared.options.memory_limit_bytes;
        let deadline = self.shared.options.timeout.map(|limit| (limit, Instant::now() + limit));
        let reading = Box::pin(async {
            table_function::read(&statement, &state, &id)
                .await
                .map_err(|error| locate::execution(error, limit))
        });
        within(deadline, reading).await
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("source", &self.source).finish_non_exhaustive()
    }
}

/// Refuses a plan with a placeholder that has no value.
fn check_parameters(
    plan: &LogicalPlan,
    text: &str,
    given: Option<&ParamValues>,
) -> Result<(), DataFusionError> {
    let given: Vec<String> = match given {
        Some(ParamValues::Map(values)) => values.keys().map(|name| format!("${name}")).collect(),
        Some(ParamValues::List(values)) => (1..=values.len()).map(|at| format!("${at}")).collect(),
        None => Vec::new(),
    };
    let mut wanted: Vec<String> = plan.get_parameter_names()?.into_iter().collect();
    wanted.sort();
    match wanted.into_iter().find(|name| !given.contains(name)) {
        Some(name) => {
            let error = locate::missing_parameter(&name, text, &given);
            Err(DataFusionError::External(Box::new(error)))
        }
        None => Ok(()),
    }
}

/// How many of the greediest operators an out-of-memory error names.
const TOP: std::num::NonZeroUsize = std::num::NonZeroUsize::MIN.saturating_add(2);

async fn within<T>(
    deadline: Option<(Duration, Instant)>,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    match deadline {
        Some((limit, at)) => tokio::time::timeout_at(at, work)
            .await
            .unwrap_or(Err(QueryError::Timeout { limit_ms: limit.as_millis() })),
        None => work.await,
    }
}

/// Sets the engine up: limits, SQL dialect, functions.
fn engine(
    options: &QueryOptions,
    runtime: Arc<RuntimeEnv>,
) -> Result<SessionState, DataFusionError> {
    let mut config = SessionConfig::new()
        .with_target_partitions(options.target_partitions)
        .with_batch_size(options.batch_size)
        .with_information_schema(true)
        .with_create_default_catalog_and_schema(false)
        .with_default_catalog_and_schema(CATALOG, PUBLIC);
    let settings = config.options_mut();
    // PostgreSQL's dialect knows the JSON operators `->`, `->>` and `?`.
    settings.sql_parser.dialect = Dialect::PostgreSQL;
    settings.sql_parser.collect_spans = true;
    // Pruning turns a list into a chain of `or` that is evaluated by recursion: see `parse`.
    settings.execution.parquet.max_in_list_size = 100;
    let mut state = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime)
        .with_default_features()
        .with_optimizer_rule(Arc::new(NarrowGroups))
        .build();
    datafusion_functions_json::register_all(&mut state)?;
    spanlake_functions::register_all(&mut state)?;
    Ok(state)
}
