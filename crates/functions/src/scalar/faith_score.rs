//! `faith_score(answer, contexts[, question[, profile]])`

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, Float64Builder};
use arrow::datatypes::DataType;
use datafusion_common::{Result, exec_datafusion_err};
use datafusion_expr::Documentation;
use spanlake_parse::faith::{self, Profile};

use crate::args::Args;
use crate::documented::{OUTPUT, manual};
use crate::kernel::{Kernel, Kind};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct FaithScore;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    manual(
        OUTPUT,
        "How far an answer is supported by its contexts, 0 to 1, 1 = everything is. Deterministic and lexical: words, \
         adjacent pairs, sentences (ROUGE-L), figures and names that the contexts do not hold lower it. The score \
         estimates the chance that an annotator finds nothing unsupported (RAGTruth QA, AUROC 0.83). It cannot see a \
         contradiction made of the contexts' own words. NULL for a NULL or blank answer and where no context holds a \
         word; a NULL question counts as none. An answer that only declines scores 1.",
        "faith_score(answer, contexts[, question[, profile]])",
        &[
            ("answer", "The model's answer."),
            (
                "contexts",
                "A text, a list of texts, or a list of documents with a `content` field; documents whose `in_context` \
                 is false are left out.",
            ),
            ("question", "What was asked; its words count as supported."),
            ("profile", "Weights to use: `qa` (the default)."),
        ],
        "select faith_score('The bridge opened in 1932.', ['The bridge opened in 1932 and spans 503 metres.']);\n-- 1.0",
    )
});

impl Kernel for FaithScore {
    const NAME: &'static str = "faith_score";
    const KINDS: &'static [Kind] = &[Kind::Text, Kind::Contexts, Kind::Text, Kind::Text];
    const REQUIRED: usize = 2;

    fn return_type() -> DataType {
        DataType::Float64
    }

    fn invoke(args: &Args) -> Result<ArrayRef> {
        let (answers, contexts) = (args.texts(0)?, args.lists(1)?);
        let questions = if args.has(2) { Some(args.texts(2)?) } else { None };
        let profiles = if args.has(3) { Some(args.texts(3)?) } else { None };
        let mut out = Float64Builder::with_capacity(args.n_rows);
        for row in 0..args.n_rows {
            let profile = match &profiles {
                None => Some(Profile::QA),
                Some(names) => names.get(row).map(named).transpose()?,
            };
            let (Some(answer), Some(texts), Some(profile)) =
                (answers.get(row), contexts.contexts(row), profile)
            else {
                out.append_null();
                continue;
            };
            let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
            let question = questions.as_ref().and_then(|questions| questions.get(row));
            let detail = faith::detail(answer, &texts, question, &profile);
            out.append_option(detail.map(|detail| detail.score));
        }
        Ok(Arc::new(out.finish()))
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}

fn named(name: &str) -> Result<Profile> {
    Profile::by_name(name).ok_or_else(|| {
        exec_datafusion_err!("faith_score: no profile is named {name:?}; there is qa")
    })
}
