//! `tool_selection(called, expected)`

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, BooleanBuilder, Float64Builder};
use arrow::datatypes::{DataType, Field, Fields};
use datafusion_common::Result;
use datafusion_expr::Documentation;

use super::structs::structs;
use crate::args::Args;
use crate::documented::{AGENTS, Manual};
use crate::kernel::{Kernel, Kind};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct ToolSelection;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: AGENTS,
        syntax: "tool_selection(called, expected)",
        does: "Whether an agent called the tools that a label expects. Accuracy is the share of \
            labelled traces that are correct: `avg(tool_selection(called, expected)['correct']::int)`.",
        arguments: &[
            ("called", "Names of the tools called, in order: a list of texts."),
            ("expected", "Names of the tools expected, in order."),
        ],
        result: "{correct, in_order, precision, recall}: correct is true where every expected tool \
            was called as often as expected and no other, in_order where the lists are the same; \
            precision is the share of calls that were expected, recall the share of expected calls \
            that were made, each expected call counting once.",
        nulls: "NULL elements are left out. NULL for a NULL list: traces without a label do not \
            count. precision is NULL without a call, recall where none is expected.",
        errors: "",
        source: "Spanlake's own: called = expected.",
        example: "select tool_selection(['lookup', 'refund'], ['refund', 'lookup']);\n\
            -- {correct: true, in_order: false, precision: 1.0, recall: 1.0}",
    }
    .documentation()
});

fn fields() -> Fields {
    Fields::from(vec![
        Field::new("correct", DataType::Boolean, true),
        Field::new("in_order", DataType::Boolean, true),
        Field::new("precision", DataType::Float64, true),
        Field::new("recall", DataType::Float64, true),
    ])
}

/// How many calls were expected, each expected one counted once.
fn shared(called: &[String], expected: &[String]) -> usize {
    let mut open: HashMap<&str, usize> = HashMap::new();
    for tool in expected {
        *open.entry(tool).or_default() += 1;
    }
    let was_open = |tool: &&String| match open.get_mut(tool.as_str()) {
        Some(left) if *left > 0 => {
            *left -= 1;
            true
        }
        _ => false,
    };
    called.iter().filter(was_open).count()
}

impl Kernel for ToolSelection {
    const NAME: &'static str = "tool_selection";
    const KINDS: &'static [Kind] = &[Kind::Ids, Kind::Ids];
    const REQUIRED: usize = 2;

    fn return_type() -> DataType {
        DataType::Struct(fields())
    }

    fn invoke(&self, args: &Args) -> Result<ArrayRef> {
        let (called, expected) = (args.lists(0)?, args.lists(1)?);
        let mut flags = [BooleanBuilder::new(), BooleanBuilder::new()];
        let mut shares = [Float64Builder::new(), Float64Builder::new()];
        let mut present = Vec::with_capacity(args.n_rows);
        for row in 0..args.n_rows {
            let lists = called.texts(row).zip(expected.texts(row));
            let found = lists.as_ref().map(|(called, expected)| {
                let both = shared(called, expected);
                let share = |n: usize| (n > 0).then(|| both as f64 / n as f64);
                let is_same = both == called.len() && both == expected.len();
                let flags = [is_same, called == expected];
                (flags, [share(called.len()), share(expected.len())])
            });
            for (at, builder) in flags.iter_mut().enumerate() {
                builder.append_option(found.and_then(|found| found.0.get(at).copied()));
            }
            for (at, builder) in shares.iter_mut().enumerate() {
                builder.append_option(found.and_then(|found| found.1.get(at).copied().flatten()));
            }
            present.push(found.is_some());
        }
        let [mut correct, mut in_order] = flags;
        let [mut precision, mut recall] = shares;
        let columns: Vec<ArrayRef> = vec![
            Arc::new(correct.finish()),
            Arc::new(in_order.finish()),
            Arc::new(precision.finish()),
            Arc::new(recall.finish()),
        ];
        structs(fields(), columns, &present)
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
