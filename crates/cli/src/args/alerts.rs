//! Arguments of `alerts`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

/// Alerts.
#[derive(Debug, Subcommand)]
pub(crate) enum AlertsCommand {
    /// Write a rule's file from a template; without a name, list the templates
    New(NewArgs),
    /// List the rules with their owners and states
    List(RulesArgs),
    /// Say what the rules lack; exit status 2 when one would be refused
    Lint(RulesArgs),
    /// Look at every rule now; exit status 2 when something fires that nobody took on
    ///
    /// Changes of states are stored in the table `alert_events`. Something for cron, every few
    /// minutes.
    Check(RulesArgs),
    /// Take an alert on
    Ack(AckArgs),
    /// End an alert, and say what was changed
    Resolve(ResolveArgs),
    /// Walk through history: when would the rules have fired, and how often where nothing is wrong?
    Replay(ReplayArgs),
}

/// Where the rules are.
#[derive(Debug, ClapArgs)]
pub(crate) struct RulesArgs {
    /// Folder of the rules, one TOML file each [default: `alerts_dir` in spanlake.toml, else alerts]
    #[arg(long, value_name = "DIR")]
    pub(crate) rules: Option<PathBuf>,
}

/// Arguments of `alerts new`.
#[derive(Debug, ClapArgs)]
pub(crate) struct NewArgs {
    /// Name of the rule, and of its file
    pub(crate) name: Option<String>,
    /// Template to start from [default: the one of that name]
    #[arg(long, value_name = "NAME", requires = "name")]
    pub(crate) template: Option<String>,
    #[command(flatten)]
    pub(crate) rules: RulesArgs,
}

/// Arguments of `alerts ack`.
#[derive(Debug, ClapArgs)]
pub(crate) struct AckArgs {
    /// Rule
    pub(crate) rule: String,
    /// Only this group of it
    #[arg(long)]
    pub(crate) group: Option<String>,
    /// Who takes it on [default: you]
    #[arg(long, value_name = "WHO")]
    pub(crate) by: Option<String>,
}

/// Arguments of `alerts resolve`.
#[derive(Debug, ClapArgs)]
pub(crate) struct ResolveArgs {
    #[command(flatten)]
    pub(crate) alert: AckArgs,
    /// What was changed: a release, a setting, a decision
    #[arg(long, value_name = "TEXT")]
    pub(crate) fix: String,
}

/// Arguments of `alerts replay`.
#[derive(Debug, ClapArgs)]
pub(crate) struct ReplayArgs {
    /// From when: a date or RFC 3339
    #[arg(long, value_name = "TIME")]
    pub(crate) from: String,
    /// Until when
    #[arg(long, value_name = "TIME")]
    pub(crate) to: String,
    /// Only this rule; may be given more than once
    #[arg(long = "rule", value_name = "NAME")]
    pub(crate) only: Vec<String>,
    #[command(flatten)]
    pub(crate) rules: RulesArgs,
}
