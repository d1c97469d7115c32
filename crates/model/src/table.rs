//! `table!`: a row struct, its Arrow schema, its rules and its conversions from one definition.

/// Defines the row struct of a table. Each column is `name: Type [Privacy, Stats];`. A function
/// after `joined by` makes of a known row and a later contribution what the latter then says.
macro_rules! table {
    (@join) => { |_, later| later };
    (@join $join:path) => { $join };
    ($(#[$meta:meta])* pub struct $name:ident $(joined by $join:path)? { $(#[doc = $doc:literal] $field:ident : $type:ty [$privacy:ident, $stats:ident];)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default)]
        pub struct $name {
            $(
                #[doc = $doc]
                #[serde(skip_serializing_if = "crate::Column::is_empty")]
                pub $field: $type,
            )+
        }

        impl $name {
            /// The columns, in the order of the schema.
            pub const COLUMNS: &'static [$crate::ColumnSpec] = &[$($crate::ColumnSpec {
                name: stringify!($field),
                privacy: $crate::Privacy::$privacy,
                stats: $crate::Stats::$stats,
                doc: $doc,
            },)+];

            /// Returns the Arrow schema.
            pub fn schema() -> arrow_schema::SchemaRef {
                static SCHEMA: std::sync::LazyLock<arrow_schema::SchemaRef> = std::sync::LazyLock::new(|| {
                    std::sync::Arc::new(arrow_schema::Schema::new(vec![
                        $(arrow_schema::Field::new(
                            stringify!($field),
                            <$type as $crate::Column>::data_type(),
                            <$type as $crate::Column>::nullable(),
                        ),)+
                    ]))
                });
                std::sync::Arc::clone(&SCHEMA)
            }

            /// Converts rows into one Arrow batch of [`Self::schema`].
            ///
            /// # Errors
            /// When the rows hold more bytes than one Arrow array can address.
            pub fn to_batch(rows: &[Self]) -> Result<arrow_array::RecordBatch, arrow_schema::ArrowError> {
                let columns = vec![$({
                    let mut cells = <$type as $crate::Column>::builder(rows.len());
                    for row in rows {
                        $crate::Column::append(&row.$field, &mut cells);
                    }
                    <$type as $crate::Column>::finish(&mut cells)
                },)+];
                arrow_array::RecordBatch::try_new(Self::schema(), columns)
            }

            /// Reads one row of a batch by column name; absent columns give their default.
            pub fn read(batch: &arrow_array::RecordBatch, row: usize) -> Self {
                Self::read_rows(batch, &[row]).pop().unwrap_or_default()
            }

            /// Reads the rows at `indices`, column by column; absent columns give their default.
            pub fn read_rows(batch: &arrow_array::RecordBatch, indices: &[usize]) -> Vec<Self> {
                let mut rows = vec![Self::default(); indices.len()];
                // A batch of this very schema has its columns in this order: names need no search.
                let is_own = std::sync::Arc::ptr_eq(batch.schema_ref(), &Self::schema());
                let mut columns = batch.columns().iter();
                $(if let Some(cells) = if is_own {
                    columns.next()
                } else {
                    batch.column_by_name(stringify!($field))
                } {
                    let cells = cells.as_ref();
                    for (row, at) in rows.iter_mut().zip(indices) {
                        row.$field = <$type as $crate::Column>::read(cells, *at);
                    }
                })+
                rows
            }

            /// Overlays a later contribution: its values win wherever it says something.
            pub fn merge(&mut self, later: Self) {
                let join: fn(&Self, Self) -> Self = table!(@join $($join)?);
                let later = join(self, later);
                $(if !$crate::Column::is_empty(&later.$field) { self.$field = later.$field; })+
            }

            /// Sets a column from JSON.
            ///
            /// # Errors
            /// `Some(expected type)` when the value does not fit, `None` when there is no such column.
            pub fn set_json(&mut self, column: &str, value: &serde_json::Value) -> Result<(), Option<String>> {
                match column {
                    $(stringify!($field) => {
                        self.$field = <$type as $crate::Column>::from_json(value)
                            .ok_or_else(|| Some(<$type as $crate::Column>::data_type().to_string()))?;
                        Ok(())
                    })+
                    _ => Err(None),
                }
            }

            /// Visits every text that redaction must process, with its column.
            pub fn visit_texts(&mut self, visit: &mut dyn FnMut(&'static $crate::ColumnSpec, &mut String)) {
                let mut columns = Self::COLUMNS.iter();
                $(if let Some(column) = columns.next() {
                    if column.privacy != $crate::Privacy::Plain {
                        $crate::Column::visit_texts(&mut self.$field, &mut |text| visit(column, text));
                    }
                })+
            }

            /// Returns the row's size in memory, in bytes.
            pub fn memory_bytes(&self) -> usize {
                size_of::<Self>() $(+ $crate::Column::heap_bytes(&self.$field))+
            }
        }
    };
}
