//! Closed vocabularies of the tables, stored as lower-case words.

/// Defines an enum stored as text; the first variant is the default and counts as "unknown" when
/// contributions to one row are merged.
macro_rules! vocabulary {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            #[default]
            $($(#[$vmeta])* #[serde(rename = $text)] $variant,)+
        }

        impl $name {
            /// Every word of the vocabulary.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Returns the stored word.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// Reads a stored word; `None` if it is not in the vocabulary.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

vocabulary! {
    /// What a span did.
    pub enum Kind {
        /// Nothing known about it.
        Other = "other",
        /// A model call that generates.
        Llm = "llm",
        /// A model call that embeds.
        Embedding = "embedding",
        /// A search for documents.
        Retriever = "retriever",
        /// A reordering of documents.
        Reranker = "reranker",
        /// A tool's execution.
        Tool = "tool",
        /// An agent's run.
        Agent = "agent",
        /// A step that calls others.
        Chain = "chain",
        /// A prompt's rendering.
        Prompt = "prompt",
        /// A parser of a model's output.
        Parser = "parser",
        /// A guardrail's check.
        Guardrail = "guardrail",
        /// An evaluator's run.
        Evaluator = "evaluator",
        /// An agent's planning step.
        Planner = "planner",
    }
}

vocabulary! {
    /// OTLP's span status, as sent.
    pub enum SpanStatus {
        /// The instrumentation said nothing.
        Unset = "UNSET",
        /// The operation succeeded.
        Ok = "OK",
        /// The operation failed.
        Error = "ERROR",
    }
}

vocabulary! {
    /// How a span's tokens and cost enter sums.
    pub enum TokenRole {
        /// Carries no tokens.
        None = "none",
        /// Counts: one provider call.
        Leaf = "leaf",
        /// Sums or repeats its children.
        Aggregate = "aggregate",
        /// Another span reports the same provider call.
        Duplicate = "duplicate",
    }
}

vocabulary! {
    /// Where `cost_usd` comes from.
    pub enum CostSource {
        /// No cost is known.
        None = "none",
        /// The span brought it.
        Reported = "reported",
        /// Computed from the dated price table.
        Computed = "computed",
    }
}
