//! Named, versioned weights that turn components into one score.

use super::measure::Components;

/// The hazards a profile weighs, in the order of [`Profile::weights`].
pub const HAZARDS: [&str; 9] = [
    "uncontained",
    "unseen_bigrams",
    "rouge_l_gap",
    "window_gap",
    "unsupported_mass",
    "max_run",
    "missing_numbers",
    "missing_entities",
    "unsupported_pairs",
];

impl Components {
    /// How much of each kind of support is lacking: 0 = none, in the order of [`HAZARDS`]. Counts are dampened by
    /// ln(1 + n).
    pub fn hazards(&self) -> [f64; 9] {
        [
            1.0 - self.containment,
            1.0 - self.bigram,
            1.0 - self.rouge_l,
            1.0 - self.window,
            self.unsupported_mass.ln_1p(),
            (self.max_run as f64).ln_1p(),
            (self.missing_numbers.len() as f64).ln_1p(),
            (self.missing_entities.len() as f64).ln_1p(),
            self.unsupported_pairs.ln_1p(),
        ]
    }
}

/// One way to weigh the components. Weights never change under a version: scores stay comparable over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// What the profile was fitted for.
    pub name: &'static str,
    /// Rises whenever a weight changes or a component is measured differently.
    pub version: u32,
    /// Weight of each hazard, not negative; the weighted sum is the risk, 1 at even odds.
    pub weights: [f64; 9],
    /// Exponent of the risk: how fast the score falls.
    pub steepness: f64,
    /// An answer is grounded when its score is at least this: best balanced accuracy on the fitting data.
    pub threshold: f64,
}

impl Profile {
    /// Answers to questions over retrieved passages. Fitted on the `RAGTruth` QA answers by
    /// `examples/fit_profile.rs`, so that the score estimates the chance that an annotator finds nothing
    /// unsupported.
    pub const QA: Self = Self {
        name: "qa",
        version: 1,
        weights: [0.327, 0.180, 0.183, 0.182, 0.041, 0.071, 0.167, 0.096, 0.068],
        steepness: 4.481,
        threshold: 0.876,
    };

    /// Summaries and other text that copies: only what sees the order of words counts, since a copied passage holds
    /// every word whether or not it is put together as the source has it. Fitted on `RAGTruth`, `WiCE`, `ExpertQA` and BEGIN.
    pub const SUMMARY: Self = Self {
        name: "summary",
        version: 1,
        weights: [0.0, 0.539, 0.582, 0.590, 0.0, 0.0, 0.0, 0.0, 0.087],
        steepness: 0.770,
        threshold: 0.485,
    };

    /// Answers of a hundred words or more: counts of unsupported words, figures and names rather than shares, which a long
    /// answer dilutes. Fitted on such answers of `RAGTruth` QA.
    pub const LONG_ANSWER: Self = Self {
        name: "long_answer",
        version: 1,
        weights: [0.541, 0.0, 0.0, 0.0, 0.075, 0.120, 0.244, 0.145, 0.112],
        steepness: 5.790,
        threshold: 0.869,
    };

    /// One sentence and the evidence cited for it. Fitted on `WiCE` and BEGIN, the threshold on `WiCE`.
    pub const CLAIM: Self = Self {
        name: "claim",
        version: 1,
        weights: [0.975, 0.772, 0.897, 0.836, 0.313, 0.412, 0.806, 0.499, 0.266],
        steepness: 1.375,
        threshold: 0.174,
    };

    /// Every profile, in its newest version.
    pub const ALL: [Self; 4] = [Self::QA, Self::SUMMARY, Self::LONG_ANSWER, Self::CLAIM];

    /// The newest profile of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.name == name)
    }

    /// `name@version`, as stored in `evaluator_version`.
    pub fn id(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }

    /// The score of measured components, 0 to 1: `1 / (1 + risk^steepness)`.
    pub fn score(&self, components: &Components) -> f64 {
        let risk: f64 = self
            .weights
            .iter()
            .zip(components.hazards())
            .map(|(weight, hazard)| weight * hazard)
            .sum();
        (1.0 + risk.max(0.0).powf(self.steepness)).recip()
    }
}
