//! What is kept beside the traces: prompt versions, releases, prices. What decoding needs of them
//! is read back at open and after each change.

use spanlake_ingest::SchemaRegistry;
use spanlake_model::{ModelPriceRow, PriceTable, PromptRow, ReleaseRow, Rows, Table};

use crate::Spanlake;
use crate::error::{Error, Result};

impl Spanlake {
    /// Registers prompt versions. Later spans of a version with an output schema are checked
    /// against it.
    ///
    /// # Errors
    /// When the store cannot take the rows.
    pub async fn register_prompts(&self, mut prompts: Vec<PromptRow>) -> Result<()> {
        let context = self.context.read().clone();
        let now = self.clock.now();
        for prompt in &mut prompts {
            prompt.ingest_time = now;
            prompt.date = prompt.time.day();
            // One that was stored before has the hash of its text as it was sent.
            prompt.template_hash = prompt.template_hash.take().or_else(|| {
                let template = prompt.template.as_deref()?;
                spanlake_ingest::prompt_hash(&context, template)
            });
        }
        self.append_rows(Rows::Prompts(prompts)).await?;
        refresh(self).await
    }

    /// Records releases and rollbacks.
    ///
    /// # Errors
    /// When the store cannot take the rows.
    pub async fn record_releases(&self, mut releases: Vec<ReleaseRow>) -> Result<()> {
        let now = self.clock.now();
        for release in &mut releases {
            release.ingest_time = now;
            release.date = release.time.day();
        }
        self.append_rows(Rows::Releases(releases)).await
    }

    /// Adds dated prices; spans stored later are priced with them.
    ///
    /// # Errors
    /// When the store cannot take the rows.
    pub async fn add_prices(&self, mut prices: Vec<ModelPriceRow>) -> Result<()> {
        let now = self.clock.now();
        for price in &mut prices {
            price.ingest_time = now;
            price.date = now.day();
        }
        self.append_rows(Rows::ModelPrices(prices)).await?;
        refresh(self).await
    }

    /// Returns the prices in force: the shipped ones and the store's own.
    pub fn prices(&self) -> Vec<ModelPriceRow> {
        self.context.read().prices.rows()
    }

    /// Reads the prices of a store opened read-only.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn load_registry(&self) -> Result<()> {
        refresh(self).await
    }

    /// Redacts rows of any table and stores them.
    pub(crate) async fn append_rows(&self, rows: Rows) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        self.store.append(self.redactor.redact_table(rows)).await?;
        Ok(())
    }
}

/// Reads schemas and prices back from the store.
pub(crate) async fn refresh(lake: &Spanlake) -> Result<()> {
    let mut schemas = Vec::new();
    let statement = "select name, version, output_schema from prompts \
                     where output_schema is not null order by time, row_version";
    for batch in lake.query(statement).await? {
        let Rows::Prompts(rows) = Table::Prompts.read_rows(&batch, 0..batch.num_rows()) else {
            continue;
        };
        schemas.extend(
            rows.into_iter().filter_map(|row| Some((row.name, row.version, row.output_schema?))),
        );
    }
    let mut prices = PriceTable::builtin();
    let statement = "select provider, model, token_class, valid_from, usd_per_million \
                     from model_prices order by row_version";
    for batch in lake.query(statement).await? {
        let Rows::ModelPrices(rows) = Table::ModelPrices.read_rows(&batch, 0..batch.num_rows())
        else {
            continue;
        };
        for row in &rows {
            prices.insert(row);
        }
    }
    let mut context = lake.context.write();
    context.schemas = SchemaRegistry::new(schemas);
    context.prices = prices;
    Ok(())
}

/// The first line of a file of prices.
const HEADER: &str = "provider,model,token_class,valid_from,usd_per_million";

/// Parses prices from CSV: `provider,model,token_class,valid_from,usd_per_million` with a header.
///
/// # Errors
/// Names the line and what it lacks.
pub fn parse_prices(text: &str) -> Result<Vec<ModelPriceRow>> {
    let header = text.lines().next().unwrap_or_default().trim_start_matches('\u{feff}');
    if !header.split(',').map(str::trim).eq(HEADER.split(',')) {
        let reason = format!("the first line must be {HEADER}");
        return Err(Error::Invalid { what: "prices", reason });
    }
    let mut rows = Vec::new();
    for (number, line) in
        (1..).zip(text.lines()).skip(1).filter(|(_, line)| !line.trim().is_empty())
    {
        let row = PriceTable::parse_line(line).ok_or_else(|| Error::Invalid {
            what: "prices",
            reason: format!(
                "line {number} is not {HEADER} with a class of input, output, cache_read, cache_write, reasoning, a date and a \
                 price of at least 0"
            ),
        })?;
        rows.push(row);
    }
    Ok(rows)
}
