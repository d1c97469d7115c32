//! `citation_support(answer, documents)`

use std::sync::{Arc, LazyLock};

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, Int64Builder, ListArray, ListBuilder,
    StructArray,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Fields};
use datafusion_common::Result;
use datafusion_expr::Documentation;
use spanlake_parse::support::{self, CitationSupport as Support, SupportedSentence};

use super::structs::structs;
use crate::args::Args;
use crate::documented::{Manual, OUTPUT};
use crate::kernel::{Kernel, Kind};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct CitationSupport;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: OUTPUT,
        syntax: "citation_support(answer, documents)",
        does: "Whether the documents an answer cites hold what it says there, by ALCE's rules with \
            a lexical test. A sentence counts as supported when its faith_score by the profile \
            `claim` reaches the profile's threshold; a contradiction in the documents' own words \
            is not seen. Document numbers count from 1 over the whole list, also over documents \
            whose `in_context` is false.",
        arguments: &[
            ("answer", "The answer with its citation markers."),
            (
                "documents",
                "A text, a list of texts, or a list of documents with a `content` field, in cited order.",
            ),
        ],
        result: "{recall, precision, n_sentences, n_citations, sentences}. recall: share of sentences \
            that the documents cited in them support together (no citation or one out of range = \
            not). precision: share of citations that support their sentence alone, or without \
            which the others no longer do. sentences: {start, end, ids, is_supported, \
            supported_by}, offsets in characters from 0, ids as cited, supported_by those that \
            support it alone.",
        nulls: "NULL for a NULL or blank answer and for NULL documents; precision is NULL without a \
            citation.",
        errors: "",
        source: "Gao et al. 2023 (ALCE).",
        example: "select citation_support('The bridge opened in 1932 [1].', ['The bridge opened in 1932.'])['recall'];\n-- 1.0",
    }
    .documentation()
});

fn ids() -> DataType {
    DataType::List(Arc::new(Field::new_list_field(DataType::Int64, true)))
}

fn sentence_fields() -> Fields {
    Fields::from(vec![
        Field::new("start", DataType::Int64, true),
        Field::new("end", DataType::Int64, true),
        Field::new("ids", ids(), true),
        Field::new("is_supported", DataType::Boolean, true),
        Field::new("supported_by", ids(), true),
    ])
}

fn fields() -> Fields {
    let sentence = Field::new_list_field(DataType::Struct(sentence_fields()), true);
    Fields::from(vec![
        Field::new("recall", DataType::Float64, true),
        Field::new("precision", DataType::Float64, true),
        Field::new("n_sentences", DataType::Int64, true),
        Field::new("n_citations", DataType::Int64, true),
        Field::new("sentences", DataType::List(Arc::new(sentence)), true),
    ])
}

fn sentence_list(rows: &[Option<Support>]) -> Result<ArrayRef> {
    let all: Vec<&SupportedSentence> =
        rows.iter().flatten().flat_map(|row| row.sentences.iter()).collect();
    let numbers = |value: fn(&SupportedSentence) -> usize| {
        let column: Int64Array = all.iter().map(|part| Some(value(part) as i64)).collect();
        Arc::new(column) as ArrayRef
    };
    let lists = |value: fn(&SupportedSentence) -> &Vec<i64>| {
        let mut column = ListBuilder::new(Int64Builder::new());
        for part in &all {
            column.append_value(value(part).iter().copied().map(Some));
        }
        Arc::new(column.finish()) as ArrayRef
    };
    let supported: BooleanArray = all.iter().map(|part| Some(part.is_supported)).collect();
    let columns: Vec<ArrayRef> = vec![
        numbers(|part| part.start),
        numbers(|part| part.end),
        lists(|part| &part.ids),
        Arc::new(supported),
        lists(|part| &part.supported_by),
    ];
    let elements = StructArray::try_new(sentence_fields(), columns, None)?;
    let field = Field::new_list_field(DataType::Struct(sentence_fields()), true);
    let lengths = rows.iter().map(|row| row.as_ref().map_or(0, |row| row.sentences.len()));
    let offsets = OffsetBuffer::from_lengths(lengths);
    Ok(Arc::new(ListArray::try_new(Arc::new(field), offsets, Arc::new(elements), None)?))
}

impl Kernel for CitationSupport {
    const NAME: &'static str = "citation_support";
    const KINDS: &'static [Kind] = &[Kind::Text, Kind::Contexts];
    const REQUIRED: usize = 2;

    fn return_type() -> DataType {
        DataType::Struct(fields())
    }

    fn invoke(&self, args: &Args) -> Result<ArrayRef> {
        let (answers, documents) = (args.texts(0)?, args.lists(1)?);
        let rows: Vec<Option<Support>> = (0..args.n_rows)
            .map(|row| {
                let documents = documents.all_contexts(row)?;
                let documents: Vec<&str> = documents.iter().map(AsRef::as_ref).collect();
                support::check(answers.get(row)?, &documents)
            })
            .collect();
        let counts = |value: fn(&Support) -> usize| {
            let column: Int64Array =
                rows.iter().map(|row| row.as_ref().map(|row| value(row) as i64)).collect();
            Arc::new(column) as ArrayRef
        };
        let recall: Float64Array =
            rows.iter().map(|row| row.as_ref().map(|row| row.recall)).collect();
        let precision: Float64Array =
            rows.iter().map(|row| row.as_ref().and_then(|row| row.precision)).collect();
        let columns: Vec<ArrayRef> = vec![
            Arc::new(recall),
            Arc::new(precision),
            counts(|row| row.sentences.len()),
            counts(|row| row.n_citations),
            sentence_list(&rows)?,
        ];
        let present: Vec<bool> = rows.iter().map(Option::is_some).collect();
        structs(fields(), columns, &present)
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
