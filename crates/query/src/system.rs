//! The schema `spanlake`: tables, files, maintenance, functions and settings as rows.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::catalog::memory::MemorySourceConfig;
use datafusion::catalog::{Session, TableProvider};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use spanlake_model::{Micros, Table};
use spanlake_store::{DataFile, Snapshot};

use crate::describe;
use crate::functions::{self, FunctionInfo};
use crate::library::{SqlFile, SqlLibrary};
use crate::maintenance::{self, Commit};
use crate::statement::Statement;

/// A table of the system schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SystemView {
    Tables,
    Files,
    Maintenance,
    Functions,
    Questions,
    Settings,
}

impl SystemView {
    pub(crate) const ALL: [Self; 6] = [
        Self::Tables,
        Self::Files,
        Self::Maintenance,
        Self::Functions,
        Self::Questions,
        Self::Settings,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Tables => "tables",
            Self::Files => "files",
            Self::Maintenance => "maintenance",
            Self::Functions => "functions",
            Self::Questions => "questions",
            Self::Settings => "settings",
        }
    }

    pub(crate) const fn doc(self) -> &'static str {
        match self {
            Self::Tables => "Tables and views with their size.",
            Self::Files => "Data files of the newest snapshot.",
            Self::Maintenance => "What was done to the tables' files: their newest commits.",
            Self::Functions => "Functions with their documentation.",
            Self::Questions => "Questions and metrics that `spanlake ask` runs.",
            Self::Settings => "Limits and settings of this session.",
        }
    }

    /// Name, type and documentation of each column.
    pub(crate) fn columns(self) -> Vec<(&'static str, DataType, &'static str)> {
        let (text, count) = (DataType::Utf8, DataType::Int64);
        let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        match self {
            Self::Tables => vec![
                ("name", text.clone(), "Name in SQL."),
                ("kind", text.clone(), "table or view."),
                ("rows", count.clone(), "Visible rows; NULL for a view."),
                ("memory_rows", count.clone(), "Rows of these not yet in a file."),
                ("files", count.clone(), "Data files."),
                ("bytes", count, "Bytes of the data files."),
                ("description", text, "What one row is."),
            ],
            Self::Files => vec![
                ("table_name", text.clone(), "Table."),
                ("path", text, "Path inside the object store."),
                ("date", DataType::Date32, "Partition."),
                ("rows", count.clone(), "Rows, hidden ones included."),
                ("hidden_rows", count.clone(), "Rows that a newer version elsewhere replaces."),
                ("bytes", count, "Size."),
                ("min_time", time.clone(), "Lower bound of the table's time column, UTC."),
                ("max_time", time.clone(), "Upper bound of the table's time column, UTC."),
                ("modified", time, "When the file was written, UTC."),
            ],
            Self::Maintenance => vec![
                ("table_name", text.clone(), "Table."),
                ("version", count.clone(), "Version of the table's Delta log."),
                ("time", time, "When, UTC."),
                (
                    "work",
                    text,
                    "flush (buffered rows became files), compaction, retention (expired dates \
                     went), create, other.",
                ),
                ("files_added", count.clone(), "Files that came."),
                ("files_removed", count.clone(), "Files that went."),
                ("rows_added", count.clone(), "Rows of the files that came."),
                ("bytes_added", count.clone(), "Their bytes."),
                ("bytes_removed", count, "Bytes of the files that went."),
            ],
            Self::Functions => vec![
                ("name", text.clone(), "Name in SQL."),
                ("kind", text.clone(), "scalar, aggregate, window or table."),
                ("section", text.clone(), "What it is about."),
                ("signature", text.clone(), "How to call it."),
                ("description", text.clone(), "What it computes."),
                ("arguments", text.clone(), "One line an argument: name, colon, meaning, unit."),
                (
                    "result_type",
                    text.clone(),
                    "Type of the result; empty where it depends on the arguments.",
                ),
                ("result", text.clone(), "The result's fields with their units."),
                ("nulls", text.clone(), "What NULL, NaN and missing rows do."),
                ("errors", text.clone(), "What is an error."),
                ("source", text.clone(), "Who published it, and whose digits it has."),
                ("example", text, "A statement and what it gives."),
                ("is_own", DataType::Boolean, "Whether it is Spanlake's, not the engine's."),
            ],
            Self::Questions => vec![
                ("name", text.clone(), "Name to ask it by."),
                ("folder", text.clone(), "questions, or the group of metrics."),
                ("question", text.clone(), "What it answers."),
                ("parameters", text.clone(), "Parameters with their defaults."),
                ("owner", text.clone(), "Who answers for it."),
                ("review_days", count, "Days after which it is to be reviewed."),
                ("is_own", DataType::Boolean, "Whether it is from sql_dir, not shipped."),
                ("path", text, "Path under sql/."),
            ],
            Self::Settings => vec![
                ("name", text.clone(), "Setting."),
                ("value", text.clone(), "Its value."),
                ("description", text, "What it does."),
            ],
        }
    }

    fn schema(self) -> SchemaRef {
        let fields = self.columns().into_iter().map(|(name, ty, _)| Field::new(name, ty, true));
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }
}

/// A system table of one statement.
#[derive(Debug)]
pub(crate) struct SystemTable {
    view: SystemView,
    statement: Arc<Statement>,
}

impl SystemTable {
    pub(crate) fn new(view: SystemView, statement: Arc<Statement>) -> Self {
        Self { view, statement }
    }

    async fn rows(&self) -> Result<RecordBatch> {
        let columns = match self.view {
            SystemView::Tables => tables(&self.statement, &*self.statement.snapshot().await?),
            SystemView::Files => files(&*self.statement.snapshot().await?),
            SystemView::Maintenance => {
                commits(&maintenance::read(&*self.statement.snapshot().await?).await?)
            }
            SystemView::Functions => function_rows(&self.statement),
            SystemView::Questions => questions(&self.statement),
            SystemView::Settings => settings(&self.statement),
        };
        Ok(RecordBatch::try_new(self.view.schema(), columns)?)
    }
}

#[async_trait]
impl TableProvider for SystemTable {
    fn schema(&self) -> SchemaRef {
        self.view.schema()
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        let batch = self.rows().await?;
        Ok(MemorySourceConfig::try_new_exec(
            &[vec![batch]],
            self.view.schema(),
            projection.cloned(),
        )?)
    }
}

fn texts<T: AsRef<str>>(values: impl IntoIterator<Item = T>) -> ArrayRef {
    Arc::new(values.into_iter().map(Some).collect::<StringArray>())
}

fn counts(values: impl IntoIterator<Item = Option<u64>>) -> ArrayRef {
    Arc::new(values.into_iter().map(|n| n.map(|n| n as i64)).collect::<Int64Array>())
}

fn times(values: impl IntoIterator<Item = Option<Micros>>) -> ArrayRef {
    let values = values.into_iter().map(|time| time.map(|time| time.0));
    Arc::new(values.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
}

fn tables(statement: &Statement, snapshot: &Snapshot) -> Vec<ArrayRef> {
    let known = describe::tables(&statement.shared.library);
    let public: Vec<_> =
        known.iter().filter(|table| table.schema == crate::catalog::PUBLIC).collect();
    let data: Vec<_> = public
        .iter()
        .map(|table| Table::from_name(&table.name).map(|table| snapshot.table(table)))
        .collect();
    let each = |value: fn(&spanlake_store::TableSnapshot) -> u64| {
        counts(data.iter().map(|data| data.as_ref().map(|data| value(data))))
    };
    vec![
        texts(public.iter().map(|table| &table.name)),
        texts(public.iter().map(|table| table.kind.as_str())),
        each(spanlake_store::TableSnapshot::live_rows),
        each(|data| data.memory.iter().map(|batch| batch.num_rows() as u64).sum()),
        each(|data| data.files.len() as u64),
        each(|data| data.files.iter().map(|file| file.size).sum()),
        texts(public.iter().map(|table| &table.doc)),
    ]
}

fn files(snapshot: &Snapshot) -> Vec<ArrayRef> {
    let files: Vec<(Table, Arc<DataFile>)> = Table::ALL
        .iter()
        .flat_map(|table| {
            let data = snapshot.table(*table);
            data.files.iter().map(|file| (*table, Arc::clone(file))).collect::<Vec<_>>()
        })
        .collect();
    let each =
        |value: fn(&DataFile) -> u64| counts(files.iter().map(|(_, file)| Some(value(file))));
    vec![
        texts(files.iter().map(|(table, _)| table.name())),
        texts(files.iter().map(|(_, file)| file.path.as_ref())),
        Arc::new(files.iter().map(|(_, file)| Some(file.date.0)).collect::<Date32Array>()),
        each(|file| file.rows),
        each(|file| file.dead.len() as u64),
        each(|file| file.size),
        times(files.iter().map(|(_, file)| file.min_time)),
        times(files.iter().map(|(_, file)| file.max_time)),
        times(files.iter().map(|(_, file)| Some(file.modified))),
    ]
}

fn commits(commits: &[Commit]) -> Vec<ArrayRef> {
    let each = |value: fn(&Commit) -> u64| counts(commits.iter().map(|one| Some(value(one))));
    vec![
        texts(commits.iter().map(|commit| commit.table)),
        each(|commit| commit.version),
        times(commits.iter().map(|commit| commit.time)),
        texts(commits.iter().map(|commit| commit.work)),
        each(|commit| commit.files_added),
        each(|commit| commit.files_removed),
        each(|commit| commit.rows_added),
        each(|commit| commit.bytes_added),
        each(|commit| commit.bytes_removed),
    ]
}

fn function_rows(statement: &Statement) -> Vec<ArrayRef> {
    let known = functions::functions(&statement.base);
    let arguments = |function: &FunctionInfo| {
        let lines = function.page.arguments.iter().map(|(name, text)| format!("{name}: {text}"));
        lines.collect::<Vec<_>>().join("\n")
    };
    let part = |label: &str, function: &FunctionInfo| {
        let parts = function.parts().into_iter();
        parts.filter(|part| part.0 == label).map(|part| part.1).collect::<String>()
    };
    vec![
        texts(known.iter().map(|function| &function.name)),
        texts(known.iter().map(|function| function.kind.as_str())),
        texts(known.iter().map(|function| &function.section)),
        texts(known.iter().map(|function| &function.signature)),
        texts(known.iter().map(|function| &function.page.does)),
        texts(known.iter().map(arguments)),
        texts(known.iter().map(|function| &function.result_type)),
        texts(known.iter().map(|function| &function.page.result)),
        texts(known.iter().map(|function| &function.page.nulls)),
        texts(known.iter().map(|function| part("Errors", function))),
        texts(known.iter().map(|function| &function.page.source)),
        texts(known.iter().map(|function| &function.page.example)),
        Arc::new(known.iter().map(|function| Some(function.is_own)).collect::<BooleanArray>()),
    ]
}

fn questions(statement: &Statement) -> Vec<ArrayRef> {
    let library = &statement.shared.library;
    let known: Vec<_> = ["questions", "metrics"]
        .map(|folder| library.under(folder))
        .into_iter()
        .flatten()
        .collect();
    let folder = |file: &&SqlFile| {
        file.path.rsplit_once('/').map_or_else(String::new, |(folder, _)| folder.to_owned())
    };
    let parameters = |file: &&SqlFile| {
        let each = file.parameters.iter().map(|one| format!("{} = {}", one.name, one.default));
        each.collect::<Vec<_>>().join(", ")
    };
    let owners = known.iter().map(|file| file.owner.as_deref());
    let is_own = known.iter().map(|file| Some(!SqlLibrary::is_shipped(file)));
    vec![
        texts(known.iter().map(|file| file.name())),
        texts(known.iter().map(folder)),
        texts(known.iter().map(|file| &file.question)),
        texts(known.iter().map(parameters)),
        Arc::new(owners.collect::<StringArray>()),
        counts(known.iter().map(|file| file.review_days.map(u64::from))),
        Arc::new(is_own.collect::<BooleanArray>()),
        texts(known.iter().map(|file| &file.path)),
    ]
}

fn settings(statement: &Statement) -> Vec<ArrayRef> {
    let known = describe::settings(&statement.shared.options, &statement.base);
    vec![
        texts(known.iter().map(|(name, _, _)| name)),
        texts(known.iter().map(|(_, value, _)| value)),
        texts(known.iter().map(|(_, _, doc)| doc)),
    ]
}
