//! `citation_check(answer, n_documents)`

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, Float64Builder, Int64Builder, ListBuilder};
use arrow::datatypes::{DataType, Field, Fields};
use datafusion_common::Result;
use datafusion_expr::Documentation;
use spanlake_parse::citations;

use super::structs::structs;
use crate::args::Args;
use crate::documented::{Manual, OUTPUT};
use crate::kernel::{Kernel, Kind};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct CitationCheck;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: OUTPUT,
        syntax: "citation_check(answer, n_documents)",
        does: "Compares an answer's citations with the documents 1 to n_documents it was given.",
        arguments: &[("answer", "The answer."), ("n_documents", "How many documents it could cite.")],
        result: "{markers, valid, invalid, sentence_coverage, valid_ids, invalid_ids}: markers counts \
            every cited id, markers = valid + invalid; sentence_coverage is the share of \
            sentences with a citation; the id lists are distinct and ascending.",
        nulls: "NULL for NULL or a negative number of documents.",
        errors: "",
        source: "Spanlake's own.",
        example: "select citation_check('It opened in 1932 [1][9].', 3);\n\
         -- {markers: 2, valid: 1, invalid: 1, sentence_coverage: 1.0, valid_ids: [1], invalid_ids: [9]}",
    }
    .documentation()
});

fn fields() -> Fields {
    let ids = DataType::List(Arc::new(Field::new_list_field(DataType::Int64, true)));
    Fields::from(vec![
        Field::new("markers", DataType::Int64, true),
        Field::new("valid", DataType::Int64, true),
        Field::new("invalid", DataType::Int64, true),
        Field::new("sentence_coverage", DataType::Float64, true),
        Field::new("valid_ids", ids.clone(), true),
        Field::new("invalid_ids", ids, true),
    ])
}

impl Kernel for CitationCheck {
    const NAME: &'static str = "citation_check";
    const KINDS: &'static [Kind] = &[Kind::Text, Kind::Integer];
    const REQUIRED: usize = 2;

    fn return_type() -> DataType {
        DataType::Struct(fields())
    }

    fn invoke(&self, args: &Args) -> Result<ArrayRef> {
        let (texts, documents) = (args.texts(0)?, args.integers(1)?);
        let mut counts = [Int64Builder::new(), Int64Builder::new(), Int64Builder::new()];
        let mut coverage = Float64Builder::new();
        let mut ids =
            [ListBuilder::new(Int64Builder::new()), ListBuilder::new(Int64Builder::new())];
        let mut present = Vec::with_capacity(args.n_rows);
        for row in 0..args.n_rows {
            let n = documents.get(row).and_then(|n| u64::try_from(n).ok());
            let check = texts.get(row).zip(n).map(|(text, n)| citations::check(text, n));
            present.push(check.is_some());
            let Some(check) = check else {
                counts.iter_mut().for_each(Int64Builder::append_null);
                ids.iter_mut().for_each(ListBuilder::append_null);
                coverage.append_null();
                continue;
            };
            for (column, n) in counts.iter_mut().zip([check.markers, check.valid, check.invalid]) {
                column.append_value(n as i64);
            }
            for (column, list) in ids.iter_mut().zip([check.valid_ids, check.invalid_ids]) {
                column.append_value(list.into_iter().map(Some));
            }
            coverage.append_value(check.sentence_coverage);
        }
        let mut columns: Vec<ArrayRef> =
            counts.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef).collect();
        columns.push(Arc::new(coverage.finish()));
        columns.extend(ids.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef));
        structs(fields(), columns, &present)
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
