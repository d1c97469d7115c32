//! The prompt versions of the month, when each was released, and which one serves a call.

use serde::Serialize;

use super::{
    calendar::{Calendar, DAY},
    faults::{Fault, FaultSet},
    templates,
};

/// One of the five applications.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Flow {
    Support,
    Summary,
    Intent,
    Agent,
    Invoice,
}

impl Flow {
    pub(super) const ALL: [Self; 5] =
        [Self::Support, Self::Summary, Self::Intent, Self::Agent, Self::Invoice];

    pub(super) const fn workflow(self) -> &'static str {
        match self {
            Self::Support => "support_answers",
            Self::Summary => "ticket_summary",
            Self::Intent => "intent_classification",
            Self::Agent => "order_agent",
            Self::Invoice => "invoice_extraction",
        }
    }

    pub(super) const fn prompt(self) -> &'static str {
        match self {
            Self::Support => "support-answer",
            Self::Summary => "ticket-summary",
            Self::Intent => "intent-classifier",
            Self::Agent => "order-agent",
            Self::Invoice => "invoice-extractor",
        }
    }

    pub(super) const fn versions(self) -> &'static [Version] {
        match self {
            Self::Support => SUPPORT,
            Self::Summary => SUMMARY,
            Self::Intent => INTENT,
            Self::Agent => AGENT,
            Self::Invoice => INVOICE,
        }
    }

    const fn owner(self) -> &'static str {
        match self {
            Self::Support | Self::Summary => "ai-support",
            Self::Intent => "ai-routing",
            Self::Agent => "ai-orders",
            Self::Invoice => "ai-documents",
        }
    }

    const fn description(self) -> &'static str {
        match self {
            Self::Support => "answers customers' questions from the help centre, with citations",
            Self::Summary => "summarises a support ticket for the next person who reads it",
            Self::Intent => "sorts incoming messages into one of eight queues",
            Self::Agent => "looks up, refunds, cancels and re-addresses orders with tools",
            Self::Invoice => "reads suppliers' invoices into JSON",
        }
    }
}

/// A prompt version and when it went live.
pub(super) struct Version {
    pub(super) name: &'static str,
    live: Live,
    /// Share of sessions it takes once it is live; the rest stays on the version before.
    share: f64,
}

#[derive(Clone, Copy)]
enum Live {
    /// Days before the month.
    Before(i64),
    /// Day and hour of the month.
    Day(i64, i64),
    /// Day and hour of the last complete week.
    Week(i64, i64),
}

const fn version(name: &'static str, live: Live, share: f64) -> Version {
    Version { name, live, share }
}

const SUPPORT: &[Version] = &[
    version("1.4.0", Live::Before(24), 1.0),
    version("1.5.0", Live::Day(8, 9), 1.0),
    version("1.6.0", Live::Week(0, 9), 0.8),
];
const SUMMARY: &[Version] =
    &[version("2.0.0", Live::Before(40), 1.0), version("2.1.0", Live::Week(1, 10), 0.8)];
const INTENT: &[Version] =
    &[version("3", Live::Before(33), 1.0), version("4", Live::Day(11, 11), 1.0)];
const AGENT: &[Version] = &[
    version("1.0.0", Live::Before(12), 1.0),
    version("1.1.0", Live::Day(9, 13), 1.0),
    version("1.2.0", Live::Week(1, 9), 0.8),
];
const INVOICE: &[Version] = &[
    version("7", Live::Before(19), 1.0),
    version("8", Live::Day(10, 10), 1.0),
    version("9", Live::Week(0, 10), 0.8),
];

impl Version {
    pub(super) fn released(&self, calendar: &Calendar) -> i64 {
        match self.live {
            Live::Before(days) => calendar.start - days * DAY,
            Live::Day(day, hour) => calendar.day(day, hour),
            Live::Week(day, hour) => calendar.weekday(day, hour),
        }
    }
}

/// The position in `flow.versions()` that serves a session at an instant; `lot` is the session's
/// fixed draw, so that a session changes version at most once.
pub(super) fn serving(
    flow: Flow,
    calendar: &Calendar,
    faults: FaultSet,
    time: i64,
    lot: f64,
) -> usize {
    let rolled_back = flow == Flow::Agent
        && faults.has(Fault::ToolArguments)
        && time >= calendar.window(Fault::ToolArguments).1;
    let versions = flow.versions();
    let newest = versions.len() - 1;
    versions
        .iter()
        .enumerate()
        .rev()
        .find(|(index, version)| {
            let live = version.released(calendar);
            let ramping = version.share >= 1.0 && *index > 0 && time < live + DAY;
            let share = if ramping { 0.5 } else { version.share };
            time >= live && lot < share && !(rolled_back && *index == newest)
        })
        .map_or(0, |(index, _)| index)
}

/// A prompt version as a registry holds it.
#[derive(Clone, Debug, Serialize)]
pub struct DemoPrompt {
    /// Workflow that uses it.
    pub workflow: &'static str,
    /// Prompt name.
    pub name: &'static str,
    /// Prompt version.
    pub version: &'static str,
    /// Template with `{{variables}}`.
    pub template: String,
    /// JSON schema of the variables.
    pub variable_schema: String,
    /// Main model.
    pub model: &'static str,
    /// Parameters, JSON.
    pub params: String,
    /// JSON schema of the output, where JSON is expected.
    pub output_schema: Option<&'static str>,
    /// Dataset that gates its releases.
    pub eval_dataset: String,
    /// Owner.
    pub owner: &'static str,
    /// When it was registered and approved, microseconds, UTC.
    pub registered_at: i64,
    /// When it went live in production, microseconds, UTC.
    pub released_at: i64,
    /// Version to go back to.
    pub rollback_target: Option<&'static str>,
}

/// A release or rollback.
#[derive(Clone, Debug, Serialize)]
pub struct DemoRelease {
    /// When, microseconds, UTC.
    pub time: i64,
    /// Environment.
    pub environment: &'static str,
    /// Prompt name.
    pub prompt_name: &'static str,
    /// Prompt version.
    pub prompt_version: &'static str,
    /// `release` or `rollback`.
    pub action: &'static str,
    /// Who.
    pub by: &'static str,
    /// Why.
    pub note: String,
}

/// A workflow of the demo.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct DemoWorkflow {
    /// Name as stored.
    pub name: &'static str,
    /// What it does.
    pub description: &'static str,
    /// Prompt it runs on.
    pub prompt_name: &'static str,
    /// Who owns the prompt.
    pub owner: &'static str,
    /// Tools that change something.
    pub write_tools: &'static [&'static str],
    /// Convention its spans are written in.
    pub convention: &'static str,
}

pub(super) fn workflows() -> Vec<DemoWorkflow> {
    let convention = |flow| match flow {
        Flow::Support => "openinference",
        Flow::Intent => "langfuse",
        Flow::Invoice => "openllmetry",
        Flow::Summary | Flow::Agent => "opentelemetry",
    };
    let write_tools: &[&str] = &["issue_refund", "update_address", "cancel_order"];
    Flow::ALL
        .into_iter()
        .map(|flow| DemoWorkflow {
            name: flow.workflow(),
            description: flow.description(),
            prompt_name: flow.prompt(),
            owner: flow.owner(),
            write_tools: if flow == Flow::Agent { write_tools } else { &[] },
            convention: convention(flow),
        })
        .collect()
}

pub(super) fn prompts(calendar: &Calendar, faults: FaultSet) -> Vec<DemoPrompt> {
    let mut prompts = Vec::new();
    for flow in Flow::ALL {
        let mut before = None;
        for version in flow.versions() {
            let released_at = version.released(calendar);
            prompts.push(DemoPrompt {
                workflow: flow.workflow(),
                name: flow.prompt(),
                version: version.name,
                template: templates::template(flow, version.name, faults),
                variable_schema: templates::variable_schema(flow),
                model: templates::main_model(flow),
                params: templates::params(flow).to_owned(),
                output_schema: templates::output_schema(flow),
                eval_dataset: format!("{}-regression", flow.prompt()),
                owner: flow.owner(),
                registered_at: released_at - DAY,
                released_at,
                rollback_target: before,
            });
            before = Some(version.name);
        }
    }
    prompts
}

pub(super) fn releases(calendar: &Calendar, faults: FaultSet) -> Vec<DemoRelease> {
    let mut releases = Vec::new();
    for flow in Flow::ALL {
        for version in flow.versions() {
            let time = version.released(calendar);
            for (environment, time) in [("staging", time - DAY / 4), ("production", time)] {
                releases.push(DemoRelease {
                    time,
                    environment,
                    prompt_name: flow.prompt(),
                    prompt_version: version.name,
                    action: "release",
                    by: flow.owner(),
                    note: templates::note(flow, version.name).to_owned(),
                });
            }
        }
    }
    if faults.has(Fault::ToolArguments)
        && let [.., before, _] = AGENT
    {
        releases.push(DemoRelease {
            time: calendar.window(Fault::ToolArguments).1,
            environment: "production",
            prompt_name: Flow::Agent.prompt(),
            prompt_version: before.name,
            action: "rollback",
            by: Flow::Agent.owner(),
            note: "tool arguments of 1.2.0 break their schema".to_owned(),
        });
    }
    releases.sort_by_key(|release| release.time);
    releases
}
