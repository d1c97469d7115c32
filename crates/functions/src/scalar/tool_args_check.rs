//! `tool_args_check(args, schema)`

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, StringBuilder};
use arrow::datatypes::{DataType, Field, Fields};
use datafusion_common::Result;
use datafusion_expr::Documentation;
use spanlake_parse::ToolSchema;

use super::schemas::Schemas;
use super::structs::structs;
use crate::args::Args;
use crate::documented::{Manual, OUTPUT};
use crate::kernel::{Kernel, Kind};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct ToolArgsCheck;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: OUTPUT,
        syntax: "tool_args_check(args, schema)",
        does: "Checks a tool call's arguments against the tool's parameter schema.",
        arguments: &[
            ("args", "The arguments as JSON text; blank stands for none."),
            ("schema", "JSON Schema of the parameters, or a tool definition that holds it."),
        ],
        result: "{status, path}; status is `ok` or an error code of the Berkeley Function Calling \
            Leaderboard (`missing_required`, `unexpected_param`, `type_error:simple`, \
            `type_error:nested`, `value_error:string`, `value_error:dict_key`, \
            `value_error:dict_value`, `value_error:list_dict_count`, `value_error:others`), \
            `invalid_json` or `not_an_object`; path is the JSON Pointer of the first problem.",
        nulls: "NULL for NULL.",
        errors: "An unusable schema; the error names the place.",
        source: "The codes of the Berkeley Function Calling Leaderboard.",
        example: "select tool_args_check('{}', '{\"required\": [\"city\"]}')['status'];\n-- missing_required",
    }
    .documentation()
});

fn fields() -> Fields {
    ["status", "path"].into_iter().map(|name| Field::new(name, DataType::Utf8, true)).collect()
}

impl Kernel for ToolArgsCheck {
    const NAME: &'static str = "tool_args_check";
    const KINDS: &'static [Kind] = &[Kind::Text, Kind::Text];
    const REQUIRED: usize = 2;

    fn return_type() -> DataType {
        DataType::Struct(fields())
    }

    fn invoke(&self, args: &Args) -> Result<ArrayRef> {
        let (texts, schema_texts) = (args.texts(0)?, args.texts(1)?);
        let mut schemas = Schemas::new(Self::NAME, ToolSchema::compile);
        let (mut status, mut path) = (StringBuilder::new(), StringBuilder::new());
        let mut present = Vec::with_capacity(args.n_rows);
        for row in 0..args.n_rows {
            let check = match (texts.get(row), schema_texts.get(row)) {
                (Some(text), Some(schema)) => Some(schemas.get(schema)?.check(text)),
                _ => None,
            };
            present.push(check.is_some());
            status.append_option(check.as_ref().map(|check| check.status.as_str()));
            path.append_option(check.and_then(|check| check.path));
        }
        structs(fields(), vec![Arc::new(status.finish()), Arc::new(path.finish())], &present)
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
