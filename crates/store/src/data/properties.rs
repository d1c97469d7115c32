//! How each table's Parquet files are laid out.

use parquet::arrow::ArrowSchemaConverter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::SortingColumn;
use parquet::file::properties::{
    BloomFilterPosition, EnabledStatistics, WriterProperties, WriterVersion,
};
use parquet::schema::types::ColumnPath;
use spanlake_model::{Privacy, Stats, Table};

use crate::error::{Result, StoreError};
use crate::options::StoreOptions;

/// Pages of long text: a conversation repeats itself from call to call, and only what shares a page
/// is compressed together. 512 KiB hold some dozens of calls and decompress in about 0.5 ms.
const TEXT_PAGE_BYTES: usize = 512 << 10;
/// Pages of everything else: small, so that a point read decodes little.
const PAGE_BYTES: usize = 64 << 10;
/// Rows in a page of `spans` at most, for the same reason.
const PAGE_ROWS: usize = 8 << 10;

/// What a file is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// A flush, which appends may wait for, and whose file is soon merged into another.
    Quick,
    /// A file that stays.
    Lasting,
}

impl Effort {
    const fn zstd_level(self) -> i32 {
        match self {
            Self::Quick => 1,
            Self::Lasting => 3,
        }
    }
}

/// Returns the writer's properties for one file of `rows` rows.
pub(crate) fn writer_properties(
    table: Table,
    rows: usize,
    effort: Effort,
    options: &StoreOptions,
) -> Result<WriterProperties> {
    let zstd = ZstdLevel::try_new(effort.zstd_level()).map_err(|source| StoreError::Parquet {
        action: "configure",
        path: String::new(),
        source,
    })?;
    let group_rows = options.row_group_rows.max(1);
    let mut builder = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_created_by("spanlake".to_owned())
        .set_compression(Compression::ZSTD(zstd))
        .set_statistics_enabled(EnabledStatistics::None)
        .set_bloom_filter_position(BloomFilterPosition::End)
        .set_max_row_group_row_count(Some(group_rows))
        .set_max_row_group_bytes(Some(options.row_group_bytes.max(1)))
        .set_data_page_size_limit(PAGE_BYTES)
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_coerce_types(true)
        .set_sorting_columns(sorting_columns(table)?);
    if table == Table::Payloads {
        // The size of a page is looked at between write batches: rows here are kilobytes long.
        builder = builder.set_write_batch_size(32);
    }
    for column in table.columns() {
        let path = ColumnPath::from(column.name);
        if column.stats.in_parquet() {
            builder = builder.set_column_statistics_enabled(path.clone(), EnabledStatistics::Page);
        }
        if column.stats == Stats::Parquet {
            // A few values again and again: a dictionary makes them small, and a codec for each
            // column of each file costs a query more than it saves.
            builder = builder.set_column_compression(path.clone(), Compression::UNCOMPRESSED);
        }
        if column.stats.bloom() {
            builder = builder
                .set_column_bloom_filter_enabled(path.clone(), true)
                .set_column_bloom_filter_fpp(path.clone(), 0.01)
                .set_column_bloom_filter_max_ndv(path.clone(), rows.clamp(1, group_rows) as u64);
        }
        let is_text = matches!(column.privacy, Privacy::Text | Privacy::Json | Privacy::Template);
        if table == Table::Payloads && is_text {
            builder = builder
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_data_page_size_limit(path.clone(), TEXT_PAGE_BYTES);
        } else if matches!(column.stats, Stats::Bloom) || is_unique(column.name) {
            builder = builder.set_column_dictionary_enabled(path.clone(), false);
        }
        if is_unique(column.name) {
            builder =
                builder.set_column_encoding(path, parquet::basic::Encoding::DELTA_BINARY_PACKED);
        }
    }
    Ok(builder.build())
}

/// Numbers that hardly ever repeat.
fn is_unique(column: &str) -> bool {
    matches!(column, "start_time" | "start_unix_nano" | "end_unix_nano" | "row_version")
}

fn sorting_columns(table: Table) -> Result<Option<Vec<SortingColumn>>> {
    let schema = super::file_schema(table);
    let parquet =
        ArrowSchemaConverter::new().with_coerce_types(true).convert(&schema).map_err(|source| {
            StoreError::Parquet { action: "configure", path: String::new(), source }
        })?;
    let leaf = |name: &str| {
        parquet.columns().iter().position(|column| column.path().parts() == [name.to_owned()])
    };
    let columns = table.sort_columns().iter().map_while(|name| {
        leaf(name).map(|at| SortingColumn {
            column_idx: at as i32,
            descending: false,
            nulls_first: false,
        })
    });
    Ok(Some(columns.collect()))
}
