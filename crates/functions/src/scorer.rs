//! Who judges whether an answer is supported: the lexical profiles, or a model that a service brings.

use std::fmt::Debug;

use spanlake_parse::faith::{self, Profile};

/// An answer with what it should be held against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The model's answer.
    pub answer: &'a str,
    /// The contexts that were used, in order.
    pub contexts: Vec<&'a str>,
    /// What was asked, where known.
    pub question: Option<&'a str>,
}

/// Scores faithfulness under the SQL name `faith_score`, for example by an entailment model or a judge.
///
/// ```
/// # use std::sync::Arc;
/// # use spanlake_functions::{Asked, Scorer, faith_score_by};
/// #[derive(Debug)]
/// struct Judge;
/// impl Scorer for Judge {
///     fn id(&self) -> &str { "judge@3" }
///     fn score(&self, asked: &[Asked<'_>]) -> Vec<Option<f64>> { asked.iter().map(|_| Some(0.5)).collect() }
/// }
/// let function = faith_score_by(Arc::new(Judge)); // context.register_udf((*function).clone())
/// assert_eq!(function.name(), "faith_score");
/// ```
pub trait Scorer: Debug + Send + Sync {
    /// Name and version, as stored in `evaluator_version`; the profile argument of `faith_score` may name it.
    fn id(&self) -> &str;

    /// A score for each, 0 to 1 with 1 = everything supported; `None` where there is nothing to judge. As many as asked.
    fn score(&self, asked: &[Asked<'_>]) -> Vec<Option<f64>>;
}

/// The lexical measure under one of its profiles.
#[derive(Debug)]
pub(crate) struct Lexical {
    profile: Profile,
    id: String,
}

impl Lexical {
    pub(crate) fn new(profile: Profile) -> Self {
        Self { id: profile.id(), profile }
    }
}

impl Scorer for Lexical {
    fn id(&self) -> &str {
        &self.id
    }

    fn score(&self, asked: &[Asked<'_>]) -> Vec<Option<f64>> {
        asked
            .iter()
            .map(|asked| {
                let detail =
                    faith::detail(asked.answer, &asked.contexts, asked.question, &self.profile);
                detail.map(|detail| detail.score)
            })
            .collect()
    }
}
