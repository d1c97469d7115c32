//! The catalog `spanlake`: schema `public` with the store's tables and the views, schema `spanlake`
//! with what the program knows of itself.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemoryCatalogProviderList, SchemaProvider, TableProvider,
};
use datafusion::datasource::ViewTable;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SessionState;
use datafusion::logical_expr::TableType;
use spanlake_model::Table;

use crate::error::QueryError;
use crate::library::SqlFile;
use crate::locate;
use crate::statement::Statement;
use crate::system::{SystemTable, SystemView};
use crate::table::SnapshotTable;

/// The catalog's name.
pub(crate) const CATALOG: &str = "spanlake";
/// The schema of tables and views.
pub(crate) const PUBLIC: &str = "public";
/// The schema of the program's own facts.
pub(crate) const SYSTEM: &str = "spanlake";

/// Views may use views, this deep.
const VIEW_DEPTH_LIMIT: usize = 8;

/// Gives a state the catalog of one statement.
pub(crate) fn attach(state: &mut SessionState, statement: &Arc<Statement>) {
    attach_nested(state, statement, 0);
}

fn attach_nested(state: &mut SessionState, statement: &Arc<Statement>, depth: usize) {
    let list = MemoryCatalogProviderList::new();
    let catalog = StatementCatalog { statement: Arc::clone(statement), depth };
    list.register_catalog(CATALOG.to_owned(), Arc::new(catalog));
    state.register_catalog_list(Arc::new(list));
}

#[derive(Debug)]
struct StatementCatalog {
    statement: Arc<Statement>,
    depth: usize,
}

impl CatalogProvider for StatementCatalog {
    fn schema_names(&self) -> Vec<String> {
        vec![PUBLIC.to_owned(), SYSTEM.to_owned()]
    }

    fn schema(&self, name: &str) -> Option<Arc<dyn SchemaProvider>> {
        let statement = Arc::clone(&self.statement);
        match name {
            PUBLIC => Some(Arc::new(PublicSchema { statement, depth: self.depth })),
            SYSTEM => Some(Arc::new(SystemSchema { statement })),
            _ => None,
        }
    }
}

/// Tables and views.
#[derive(Debug)]
struct PublicSchema {
    statement: Arc<Statement>,
    depth: usize,
}

#[async_trait]
impl SchemaProvider for PublicSchema {
    fn table_names(&self) -> Vec<String> {
        let tables = Table::ALL.iter().map(|table| table.name().to_owned());
        let views = self.statement.shared.library.under("views").map(|file| file.name().to_owned());
        tables.chain(views).collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        if let Some(table) = Table::from_name(name) {
            let table = SnapshotTable::new(table, Arc::clone(&self.statement));
            return Ok(Some(Arc::new(table)));
        }
        match self.statement.shared.library.view(name) {
            Some(file) => Ok(Some(Arc::new(self.plan_view(file).await?))),
            None => Ok(None),
        }
    }

    async fn table_type(&self, name: &str) -> Result<Option<TableType>> {
        let library = &self.statement.shared.library;
        Ok(Table::from_name(name)
            .map(|_| TableType::Base)
            .or_else(|| library.view(name).map(|_| TableType::View)))
    }

    fn table_exist(&self, name: &str) -> bool {
        Table::from_name(name).is_some() || self.statement.shared.library.view(name).is_some()
    }
}

impl PublicSchema {
    async fn plan_view(&self, file: &SqlFile) -> Result<ViewTable> {
        let view = file.name().to_owned();
        let external = |error: QueryError| DataFusionError::External(Box::new(error));
        if self.depth >= VIEW_DEPTH_LIMIT {
            return Err(external(QueryError::ViewNesting { view, limit: VIEW_DEPTH_LIMIT }));
        }
        let mut state = self.statement.base.clone();
        attach_nested(&mut state, &self.statement, self.depth + 1);
        match state.create_logical_plan(&file.text).await {
            Ok(plan) => Ok(ViewTable::new(plan, Some(file.text.clone()))),
            Err(error) => {
                let names = self.statement.shared.names(&self.statement.base);
                let source = Box::new(locate::planning(error, &file.text, &names));
                Err(external(QueryError::View { view, source }))
            }
        }
    }
}

/// The program's own facts.
#[derive(Debug)]
struct SystemSchema {
    statement: Arc<Statement>,
}

#[async_trait]
impl SchemaProvider for SystemSchema {
    fn table_names(&self) -> Vec<String> {
        SystemView::ALL.iter().map(|view| view.name().to_owned()).collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        let view = SystemView::ALL.iter().find(|view| view.name() == name);
        Ok(view.map(|view| {
            Arc::new(SystemTable::new(*view, Arc::clone(&self.statement))) as Arc<dyn TableProvider>
        }))
    }

    fn table_exist(&self, name: &str) -> bool {
        SystemView::ALL.iter().any(|view| view.name() == name)
    }
}
