//! `citation_parse(text)`

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, Int64Builder, ListArray, ListBuilder, StructArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, Fields};
use datafusion_common::Result;
use datafusion_expr::Documentation;
use spanlake_parse::citations;

use crate::args::Args;
use crate::documented::{Manual, OUTPUT};
use crate::kernel::{Kernel, Kind};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct CitationParse;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: OUTPUT,
        syntax: "citation_parse(text)",
        does: "The citation markers of an answer; adjacent markers are one. Forms: [1], [1, 2], \
            [1-3], [1][2], [^1], [doc1], (Source 1 and 2), 【1†source】.",
        arguments: &[("text", "The answer.")],
        result: "A list of {start, end, ids}: offsets in characters from 0 with end exclusive, ids as \
            written with ranges expanded.",
        nulls: "NULL for NULL.",
        errors: "",
        source: "Spanlake's own.",
        example: "select citation_parse('It opened in 1932 [1][3].');\n-- [{start: 18, end: 24, ids: [1, 3]}]",
    }
    .documentation()
});

fn marker_fields() -> Fields {
    let ids = DataType::List(Arc::new(Field::new_list_field(DataType::Int64, true)));
    Fields::from(vec![
        Field::new("start", DataType::Int64, true),
        Field::new("end", DataType::Int64, true),
        Field::new("ids", ids, true),
    ])
}

fn item() -> Arc<Field> {
    Arc::new(Field::new_list_field(DataType::Struct(marker_fields()), true))
}

impl Kernel for CitationParse {
    const NAME: &'static str = "citation_parse";
    const KINDS: &'static [Kind] = &[Kind::Text];
    const REQUIRED: usize = 1;

    fn return_type() -> DataType {
        DataType::List(item())
    }

    fn invoke(&self, args: &Args) -> Result<ArrayRef> {
        let texts = args.texts(0)?;
        let (mut starts, mut ends) = (Int64Builder::new(), Int64Builder::new());
        let mut ids = ListBuilder::new(Int64Builder::new());
        let (mut lengths, mut present) = (Vec::new(), Vec::new());
        for row in 0..args.n_rows {
            let text = texts.get(row);
            present.push(text.is_some());
            let markers = text.map(citations::parse).unwrap_or_default();
            lengths.push(markers.len());
            for marker in markers {
                starts.append_value(marker.start as i64);
                ends.append_value(marker.end as i64);
                ids.append_value(marker.ids.into_iter().map(Some));
            }
        }
        let columns: Vec<ArrayRef> =
            vec![Arc::new(starts.finish()), Arc::new(ends.finish()), Arc::new(ids.finish())];
        Ok(Arc::new(ListArray::try_new(
            item(),
            OffsetBuffer::from_lengths(lengths),
            Arc::new(StructArray::try_new(marker_fields(), columns, None)?),
            Some(NullBuffer::from(present)),
        )?))
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
