//! `tool_loop(calls[, longest])`

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, Float64Builder, Int64Builder};
use arrow::datatypes::{DataType, Field, Fields};
use datafusion_common::Result;
use datafusion_expr::Documentation;

use super::structs::structs;
use crate::args::Args;
use crate::documented::{AGENTS, Manual};
use crate::kernel::{Kernel, Kind};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct ToolLoop;

/// Longest pattern looked for unless given.
const LONGEST: i64 = 5;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: AGENTS,
        syntax: "tool_loop(calls[, longest])",
        does: "Whether an agent goes in circles: the sequence of calls that is repeated most often \
            back to back. Calls are compared as texts without surrounding white space, so give \
            tool and arguments together. The shortest, then the first sequence wins a tie.",
        arguments: &[
            ("calls", "List of calls in order, each a text of tool and arguments."),
            ("longest", "Longest sequence looked for, in calls; 5 unless given."),
        ],
        result: "{repeats, length, start, repeated_share}: repeats is how often the sequence stands \
            in a row (1 = no loop, 0 = no call; from 3 it is one by most people's reading), \
            length its number of calls, start its first call counted from 1, repeated_share the \
            share of calls that were made before, anywhere.",
        nulls: "NULL calls are left out. NULL for NULL and for longest below 1.",
        errors: "",
        source: "Spanlake's own.",
        example: "select tool_loop(['get(1)', 'put(1)', 'get(1)', 'put(1)', 'get(1)', 'put(1)']);\n\
         -- {repeats: 3, length: 2, start: 1, repeated_share: 0.667}",
    }
    .documentation()
});

fn fields() -> Fields {
    Fields::from(vec![
        Field::new("repeats", DataType::Int64, true),
        Field::new("length", DataType::Int64, true),
        Field::new("start", DataType::Int64, true),
        Field::new("repeated_share", DataType::Float64, true),
    ])
}

/// Repeats, length and start (from 0) of the sequence repeated most.
fn most_repeated(calls: &[&str], longest: usize) -> (usize, usize, usize) {
    let mut best = (usize::from(!calls.is_empty()), calls.len().min(1), 0);
    for length in 1..=longest.min(calls.len() / 2) {
        // Calls in a row that equal the one `length` before them.
        let mut same = 0;
        for at in length..calls.len() {
            same = if calls.get(at) == calls.get(at - length) { same + 1 } else { 0 };
            let repeats = same / length + 1;
            if repeats > best.0 {
                best = (repeats, length, at + 1 - repeats * length);
            }
        }
    }
    best
}

impl Kernel for ToolLoop {
    const NAME: &'static str = "tool_loop";
    const KINDS: &'static [Kind] = &[Kind::Ids, Kind::Integer];
    const REQUIRED: usize = 1;

    fn return_type() -> DataType {
        DataType::Struct(fields())
    }

    fn invoke(&self, args: &Args) -> Result<ArrayRef> {
        let lists = args.lists(0)?;
        let longest = if args.has(1) { Some(args.integers(1)?) } else { None };
        let mut counts = [Int64Builder::new(), Int64Builder::new(), Int64Builder::new()];
        let mut shares = Float64Builder::new();
        let mut present = Vec::with_capacity(args.n_rows);
        for row in 0..args.n_rows {
            let limit = longest.as_ref().map_or(Some(LONGEST), |longest| longest.get(row));
            let limit = limit.filter(|&limit| limit >= 1).and_then(|n| usize::try_from(n).ok());
            let Some((calls, limit)) = lists.texts(row).zip(limit) else {
                counts.iter_mut().for_each(Int64Builder::append_null);
                shares.append_null();
                present.push(false);
                continue;
            };
            let calls: Vec<&str> = calls.iter().map(|call| call.trim()).collect();
            let (repeats, length, start) = most_repeated(&calls, limit);
            for (column, value) in counts.iter_mut().zip([repeats, length, start + 1]) {
                column.append_value(value as i64);
            }
            let distinct: HashSet<&&str> = calls.iter().collect();
            let again = (calls.len() - distinct.len()) as f64;
            shares.append_option((!calls.is_empty()).then(|| again / calls.len() as f64));
            present.push(true);
        }
        let mut columns: Vec<ArrayRef> =
            counts.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef).collect();
        columns.push(Arc::new(shares.finish()));
        structs(fields(), columns, &present)
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
