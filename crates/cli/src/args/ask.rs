//! Arguments of `ask`.

use std::path::PathBuf;

use clap::Args as ClapArgs;

/// Arguments of `ask`.
///
/// A question is a file of `sql/questions` or `sql/metrics`, shipped or of your own `sql_dir`, whose
/// header says what it answers, what its columns and parameters are, who owns it and how often it is
/// to be reviewed:
///
///   -- Which tenants are slow?
///   --
///   -- `p95_ms`  Quantile of the duration, milliseconds.
///   --
///   -- $back = 7 days  How far back, from the newest span.
///   -- owner: platform team
///   -- review: 30 days
///
/// Who asks what is noted in the table `reviews`, once a person and day; unowned-questions lists
/// what nobody owns, reviews or uses.
#[derive(Debug, ClapArgs)]
#[expect(clippy::struct_excessive_bools, reason = "options are given or not")]
#[command(verbatim_doc_comment)]
pub(crate) struct AskArgs {
    /// The question; without one they are listed
    pub(crate) name: Option<String>,
    /// List the questions and metrics
    #[arg(long, conflicts_with_all = ["name", "parameters"])]
    pub(crate) list: bool,
    /// A value for a parameter; the default is in the question's header
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = parameter)]
    pub(crate) parameters: Vec<(String, String)>,
    /// Show the statement instead of running it
    #[arg(long)]
    pub(crate) sql: bool,
    /// Note that it was reviewed: that it is still right and needed
    #[arg(long, requires = "name", conflicts_with_all = ["parameters", "sql"])]
    pub(crate) reviewed: bool,
    /// What the review found
    #[arg(long, requires = "reviewed", value_name = "TEXT")]
    pub(crate) note: Option<String>,
    /// Who asks or reviews [default: you]
    #[arg(long, value_name = "WHO")]
    pub(crate) by: Option<String>,
    /// Do not note that it was asked
    #[arg(long)]
    pub(crate) unrecorded: bool,
    /// Write the result here instead of standard output; its ending chooses the format
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("give it as name=value")?;
    Ok((name.trim_start_matches('$').to_owned(), value.to_owned()))
}
