//! Arguments of `prompts`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

/// Prompt versions.
#[derive(Debug, Subcommand)]
pub(crate) enum PromptsCommand {
    /// Register the prompt versions of files: YAML front matter between lines of ---, then the template
    ///
    /// Front matter: `name`, `version`; `model`, `params`, `variables` (JSON schema),
    /// `output_schema` (JSON schema, or the path of a file with one), `eval_dataset`, `owner`,
    /// `rollback_target`, `tags`. A registered version never changes; `owner`, `eval_dataset`,
    /// `rollback_target` and `tags` may.
    Push(PushArgs),
    /// List versions: registered, released, and seen in traffic without being registered
    List {
        /// Only this prompt
        name: Option<String>,
    },
    /// Show all of one version
    Show(VersionArgs),
    /// Show what differs between two versions
    Diff {
        /// Prompt name
        name: String,
        /// Version
        old: String,
        /// Version
        new: String,
    },
    /// Approve a version, or reject it
    Approve(ApproveArgs),
    /// Release a version: needs approval, a rollback target and results on its eval dataset
    ///
    /// Prints each gate; exit status 2 when one does not hold and nothing was released.
    Release(ReleaseArgs),
    /// Go back to the rollback target of the live version, else to the version live before it
    Rollback(RollbackArgs),
    /// Show which version is live where, and which versions traffic uses
    Live,
}

/// Arguments of `prompts push`.
#[derive(Debug, ClapArgs)]
pub(crate) struct PushArgs {
    /// Files or folders; in a folder, files that do not begin with front matter are left out
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
}

/// A prompt version.
#[derive(Debug, ClapArgs)]
pub(crate) struct VersionArgs {
    /// Prompt name
    pub(crate) name: String,
    /// Prompt version
    #[arg(id = "prompt_version", value_name = "VERSION")]
    pub(crate) version: String,
}

/// Arguments of `prompts approve`.
#[derive(Debug, ClapArgs)]
pub(crate) struct ApproveArgs {
    #[command(flatten)]
    pub(crate) version: VersionArgs,
    /// Reject it instead
    #[arg(long)]
    pub(crate) reject: bool,
    /// Who decides [default: you]
    #[arg(long, value_name = "WHO")]
    pub(crate) by: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
}

/// Arguments of `prompts release`.
#[derive(Debug, ClapArgs)]
pub(crate) struct ReleaseArgs {
    #[command(flatten)]
    pub(crate) version: VersionArgs,
    /// Environment
    #[arg(long = "env", value_name = "NAME", default_value = "production")]
    pub(crate) environment: String,
    /// Share of cases that must pass, or mean score to reach, in each evaluation of the eval dataset
    #[arg(long, value_name = "SHARE", default_value_t = 0.9)]
    pub(crate) objective: f64,
    /// Release although a gate does not hold; needs --note
    #[arg(long, requires = "note")]
    pub(crate) force: bool,
    /// Who releases [default: you]
    #[arg(long, value_name = "WHO")]
    pub(crate) by: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
}

/// Arguments of `prompts rollback`.
#[derive(Debug, ClapArgs)]
pub(crate) struct RollbackArgs {
    /// Prompt name
    pub(crate) name: String,
    /// Environment
    #[arg(long = "env", value_name = "NAME", default_value = "production")]
    pub(crate) environment: String,
    /// Version to go back to
    #[arg(long, value_name = "VERSION")]
    pub(crate) to: Option<String>,
    /// Who rolls back [default: you]
    #[arg(long, value_name = "WHO")]
    pub(crate) by: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
}
