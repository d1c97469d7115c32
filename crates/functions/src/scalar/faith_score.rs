//! `faith_score(answer, contexts[, question[, profile]])`

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, Float64Array};
use arrow::datatypes::DataType;
use datafusion_common::{Result, exec_datafusion_err, exec_err};
use datafusion_expr::Documentation;
use spanlake_parse::faith::Profile;

use crate::args::Args;
use crate::documented::{Manual, OUTPUT};
use crate::kernel::{Kernel, Kind};
use crate::scorer::{Asked, Lexical, Scorer};

/// Faithfulness by the lexical profiles, or by a scorer that a service brings.
#[derive(Debug)]
pub(crate) struct FaithScore {
    own: Option<Arc<dyn Scorer>>,
}

impl FaithScore {
    pub(crate) fn new(own: Option<Arc<dyn Scorer>>) -> Self {
        Self { own }
    }

    fn id(&self) -> Option<&str> {
        self.own.as_ref().map(|scorer| scorer.id())
    }

    /// The scorer of that name: the service's own, else a profile.
    fn named(&self, name: Option<&str>) -> Result<Arc<dyn Scorer>> {
        match (&self.own, name) {
            (Some(own), None) => Ok(Arc::clone(own)),
            (Some(own), Some(name)) if own.id() == name => Ok(Arc::clone(own)),
            (_, name) => Ok(Arc::new(Lexical::new(profile("faith_score", name)?))),
        }
    }
}

/// The contexts of a row with their places.
type Texts<'a> = Vec<(usize, Cow<'a, str>)>;

impl PartialEq for FaithScore {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for FaithScore {}

impl Hash for FaithScore {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id().hash(state);
    }
}

/// The profile of that name, `qa` where none is given.
pub(super) fn profile(function: &str, name: Option<&str>) -> Result<Profile> {
    let Some(name) = name else { return Ok(Profile::QA) };
    Profile::by_name(name).ok_or_else(|| {
        let names: Vec<&str> = Profile::ALL.iter().map(|profile| profile.name).collect();
        exec_datafusion_err!(
            "{function}: no profile is named {name:?}; there are {}",
            names.join(", ")
        )
    })
}

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: OUTPUT,
        syntax: "faith_score(answer, contexts[, question[, profile]])",
        does: "How far an answer is supported by its contexts, 0 to 1, 1 = everything is. \
            Deterministic and lexical: words, adjacent pairs, sentences (ROUGE-L), figures and \
            names that the contexts do not hold lower it. The score estimates the chance that an \
            annotator finds nothing unsupported (RAGTruth QA, AUROC 0.83). It cannot see a \
            contradiction made of the contexts' own words. An answer that only declines scores \
            1.",
        arguments: &[
            ("answer", "The model's answer."),
            (
                "contexts",
                "A text, a list of texts, or a list of documents with a `content` field; documents whose `in_context` \
                 is false are left out.",
            ),
            ("question", "What was asked; its words count as supported."),
            (
                "profile",
                "Weights to use: `qa` (the default), `summary` (text that copies), `long_answer`, `claim` (one sentence \
                 and its evidence), or the id of the service's own scorer.",
            ),
        ],
        result: "A score between 0 and 1.",
        nulls: "NULL for a NULL or blank answer and where no context holds a word; a NULL question \
            counts as none.",
        errors: "An unknown profile.",
        source: "Spanlake's own; ROUGE-L is Lin's (2004).",
        example: "select faith_score('The bridge opened in 1932.', ['The bridge opened in 1932 and spans 503 metres.']);\n-- 1.0",
    }
    .documentation()
});

impl Kernel for FaithScore {
    const NAME: &'static str = "faith_score";
    const KINDS: &'static [Kind] = &[Kind::Text, Kind::Contexts, Kind::Text, Kind::Text];
    const REQUIRED: usize = 2;

    fn return_type() -> DataType {
        DataType::Float64
    }

    fn invoke(&self, args: &Args) -> Result<ArrayRef> {
        let (answers, contexts) = (args.texts(0)?, args.lists(1)?);
        let (questions, profiles) = (args.texts_or_none(2)?, args.texts_or_none(3)?);
        let mut scores: Vec<Option<f64>> = vec![None; args.n_rows];
        let texts: Vec<Option<Texts>> =
            (0..args.n_rows).map(|row| contexts.contexts(row)).collect();
        // Rows in a row with one profile go to its scorer together.
        let name = |row: usize| match &profiles {
            None => Some(None),
            Some(profiles) => profiles.get(row).map(Some),
        };
        let rows: Vec<usize> = (0..args.n_rows).collect();
        for run in rows.chunk_by(|a, b| name(*a) == name(*b)) {
            let Some(profile) = run.first().and_then(|&row| name(row)) else { continue };
            let scorer = self.named(profile)?;
            let asked = |&row: &usize| {
                let contexts = texts.get(row)?.as_ref()?;
                let contexts: Vec<&str> =
                    contexts.iter().map(|context| context.1.as_ref()).collect();
                let question = questions.as_ref().and_then(|questions| questions.get(row));
                Some((row, Asked { answer: answers.get(row)?, contexts, question }))
            };
            let (places, asked): (Vec<usize>, Vec<Asked>) = run.iter().filter_map(asked).unzip();
            let found = scorer.score(&asked);
            if found.len() != asked.len() {
                return exec_err!("faith_score: the scorer {} left rows out", scorer.id());
            }
            for (row, score) in places.into_iter().zip(found) {
                if let Some(slot) = scores.get_mut(row) {
                    *slot = score;
                }
            }
        }
        Ok(Arc::new(Float64Array::from(scores)))
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
