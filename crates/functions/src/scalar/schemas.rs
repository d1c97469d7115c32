//! Compiled schemas of one batch: a constant is compiled once, a column once per distinct text.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use datafusion_common::{DataFusionError, Result};
use spanlake_parse::ParseError;

/// Compiled forms by schema text. Lives for one batch, so it holds no more schemas than the batch has.
pub(crate) struct Schemas<'a, T> {
    function: &'static str,
    compile: fn(&str) -> Result<T, ParseError>,
    compiled: HashMap<&'a str, T, ahash::RandomState>,
}

impl<'a, T> Schemas<'a, T> {
    pub(crate) fn new(function: &'static str, compile: fn(&str) -> Result<T, ParseError>) -> Self {
        Self { function, compile, compiled: HashMap::default() }
    }

    /// The compiled form of `schema`.
    pub(crate) fn get(&mut self, schema: &'a str) -> Result<&T> {
        match self.compiled.entry(schema) {
            Entry::Occupied(found) => Ok(found.into_mut()),
            Entry::Vacant(free) => {
                let compiled = (self.compile)(schema).map_err(|error| {
                    DataFusionError::Execution(format!("{}: {error}", self.function))
                })?;
                Ok(free.insert(compiled))
            }
        }
    }
}
