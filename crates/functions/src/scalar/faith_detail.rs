//! `faith_detail(answer, contexts[, question[, profile]])`

use std::sync::{Arc, LazyLock};

use arrow::array::{
    ArrayRef, Float64Array, Float64Builder, Int64Array, ListArray, ListBuilder, StringArray,
    StringBuilder, StructArray,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Fields};
use datafusion_common::Result;
use datafusion_expr::Documentation;
use spanlake_parse::faith::{self, Components, FaithDetail, SentenceSupport};

use super::faith_score::profile;
use super::structs::structs;
use crate::args::Args;
use crate::documented::{Manual, OUTPUT};
use crate::kernel::{Kernel, Kind};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct FaithDetailOf;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: OUTPUT,
        syntax: "faith_detail(answer, contexts[, question[, profile]])",
        does: "The parts of faith_score: which sentence, figure or name the contexts do not hold. \
            It cannot see a contradiction made of the contexts' own words.",
        arguments: &[
            ("answer", "The model's answer."),
            (
                "contexts",
                "A text, a list of texts, or a list of documents with a `content` field; documents whose `in_context` \
                 is false are left out.",
            ),
            ("question", "What was asked; its words count as supported."),
            ("profile", "Weights to use: `qa` (the default), `summary`, `long_answer` or `claim`."),
        ],
        result: "{score, profile, containment, bigram, rouge_l, window, unsupported_mass, \
            unsupported_pairs, max_run, missing_numbers, missing_entities, sentences}. \
            containment, bigram: shares of the answer's content words and adjacent pairs in the \
            contexts; rouge_l, window: ROUGE-L precision and share in the best two-sentence \
            window, mean of the two worst sentences (1 = supported); unsupported_mass: content \
            words, unsupported_pairs: pairs of known words, that occur nowhere; max_run: longest \
            run of unsupported words; sentences: {start, end, support, best_chunk}, offsets in \
            characters from 0, support 0 to 1, best_chunk the place of the best context in the \
            list, from 1.",
        nulls: "NULL for a NULL or blank answer and where no context holds a word; a NULL question \
            counts as none.",
        errors: "An unknown profile.",
        source: "Spanlake's own; ROUGE-L is Lin's (2004).",
        example: "select faith_detail('It opened in 1931.', ['The bridge opened in 1932.'])['missing_numbers'];\n-- [1931]",
    }
    .documentation()
});

fn text_list() -> DataType {
    DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true)))
}

fn sentence_fields() -> Fields {
    Fields::from(vec![
        Field::new("start", DataType::Int64, true),
        Field::new("end", DataType::Int64, true),
        Field::new("support", DataType::Float64, true),
        Field::new("best_chunk", DataType::Int64, true),
    ])
}

fn fields() -> Fields {
    let sentence = Field::new_list_field(DataType::Struct(sentence_fields()), true);
    let shares =
        ["containment", "bigram", "rouge_l", "window", "unsupported_mass", "unsupported_pairs"];
    [Field::new("score", DataType::Float64, true), Field::new("profile", DataType::Utf8, true)]
        .into_iter()
        .chain(shares.map(|name| Field::new(name, DataType::Float64, true)))
        .chain([
            Field::new("max_run", DataType::Int64, true),
            Field::new("missing_numbers", text_list(), true),
            Field::new("missing_entities", text_list(), true),
            Field::new("sentences", DataType::List(Arc::new(sentence)), true),
        ])
        .collect()
}

/// A detail with its sentences in characters and places of the list given.
struct Row {
    detail: FaithDetail,
    sentences: Vec<(i64, i64, f64, Option<i64>)>,
}

fn sentence(
    answer: &str,
    places: &[usize],
    sentence: &SentenceSupport,
) -> (i64, i64, f64, Option<i64>) {
    let chars = |byte: usize| answer.get(..byte).map_or(0, |text| text.chars().count()) as i64;
    let chunk = sentence.best_context.and_then(|at| places.get(at)).map(|place| *place as i64 + 1);
    (chars(sentence.start), chars(sentence.end), sentence.support, chunk)
}

fn sentence_list(rows: &[Option<Row>]) -> Result<ArrayRef> {
    let all: Vec<_> = rows.iter().flatten().flat_map(|row| row.sentences.iter().copied()).collect();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(all.iter().map(|sentence| Some(sentence.0)).collect::<Int64Array>()),
        Arc::new(all.iter().map(|sentence| Some(sentence.1)).collect::<Int64Array>()),
        Arc::new(all.iter().map(|sentence| Some(sentence.2)).collect::<Float64Array>()),
        Arc::new(all.iter().map(|sentence| sentence.3).collect::<Int64Array>()),
    ];
    let elements = StructArray::try_new(sentence_fields(), columns, None)?;
    let field = Field::new_list_field(DataType::Struct(sentence_fields()), true);
    let lengths = rows.iter().map(|row| row.as_ref().map_or(0, |row| row.sentences.len()));
    let offsets = OffsetBuffer::from_lengths(lengths);
    Ok(Arc::new(ListArray::try_new(Arc::new(field), offsets, Arc::new(elements), None)?))
}

impl Kernel for FaithDetailOf {
    const NAME: &'static str = "faith_detail";
    const KINDS: &'static [Kind] = &[Kind::Text, Kind::Contexts, Kind::Text, Kind::Text];
    const REQUIRED: usize = 2;

    fn return_type() -> DataType {
        DataType::Struct(fields())
    }

    fn invoke(&self, args: &Args) -> Result<ArrayRef> {
        let (answers, contexts) = (args.texts(0)?, args.lists(1)?);
        let (questions, profiles) = (args.texts_or_none(2)?, args.texts_or_none(3)?);
        let measured = |row: usize| -> Result<Option<Row>> {
            let profile = match &profiles {
                None => profile(Self::NAME, None)?,
                Some(names) => match names.get(row) {
                    Some(name) => profile(Self::NAME, Some(name))?,
                    None => return Ok(None),
                },
            };
            let Some((answer, contexts)) = answers.get(row).zip(contexts.contexts(row)) else {
                return Ok(None);
            };
            let (places, texts): (Vec<usize>, Vec<&str>) =
                contexts.iter().map(|(place, text)| (*place, text.as_ref())).unzip();
            let question = questions.as_ref().and_then(|questions| questions.get(row));
            Ok(faith::detail(answer, &texts, question, &profile).map(|detail| {
                let sentences = &detail.components.sentences;
                let sentences = sentences.iter().map(|part| sentence(answer, &places, part));
                Row { sentences: sentences.collect(), detail }
            }))
        };
        let rows = (0..args.n_rows).map(measured).collect::<Result<Vec<Option<Row>>>>()?;
        let float = |value: fn(&Components) -> f64| {
            let mut column = Float64Builder::with_capacity(rows.len());
            for row in &rows {
                column.append_option(row.as_ref().map(|row| value(&row.detail.components)));
            }
            Arc::new(column.finish()) as ArrayRef
        };
        let texts = |value: fn(&Components) -> &Vec<String>| {
            let mut column = ListBuilder::new(StringBuilder::new());
            for row in &rows {
                let list = row.as_ref().map(|row| value(&row.detail.components));
                column.append_option(list.map(|list| list.iter().map(Some)));
            }
            Arc::new(column.finish()) as ArrayRef
        };
        let of = |value: fn(&Row) -> f64| {
            rows.iter().map(|row| row.as_ref().map(value)).collect::<Float64Array>()
        };
        let columns: Vec<ArrayRef> = vec![
            Arc::new(of(|row| row.detail.score)),
            Arc::new(
                rows.iter()
                    .map(|row| row.as_ref().map(|row| row.detail.profile.as_str()))
                    .collect::<StringArray>(),
            ),
            float(|parts| parts.containment),
            float(|parts| parts.bigram),
            float(|parts| parts.rouge_l),
            float(|parts| parts.window),
            float(|parts| parts.unsupported_mass),
            float(|parts| parts.unsupported_pairs),
            Arc::new(
                rows.iter()
                    .map(|row| row.as_ref().map(|row| row.detail.components.max_run as i64))
                    .collect::<Int64Array>(),
            ),
            texts(|parts| &parts.missing_numbers),
            texts(|parts| &parts.missing_entities),
            sentence_list(&rows)?,
        ];
        let present: Vec<bool> = rows.iter().map(Option::is_some).collect();
        structs(fields(), columns, &present)
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
