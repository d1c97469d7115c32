//! A model call: what it costs in time and tokens, how it fails, and its span in the convention of
//! the workflow that makes it.

use super::{
    conventions,
    people::Model,
    templates::params,
    trace::{Plan, Service, Trace, World},
};

/// A message of a conversation.
pub(super) enum Message {
    User(String),
    Assistant(String),
    ToolCall { id: String, name: &'static str, arguments: String },
    ToolResult { id: String, result: String },
}

impl Message {
    fn chars(&self) -> usize {
        match self {
            Self::User(text) | Self::Assistant(text) => text.len(),
            Self::ToolCall { name, arguments, .. } => name.len() + arguments.len() + 20,
            Self::ToolResult { result, .. } => result.len() + 10,
        }
    }
}

/// What the model is asked and what it says.
pub(super) struct Exchange<'e> {
    pub(super) model: &'static Model,
    /// Tried instead after some failures.
    pub(super) fallback: &'static Model,
    pub(super) input: &'e [Message],
    pub(super) output: Message,
    /// `stop`, `length`, `tool_calls` or `content_filter`.
    pub(super) finish: &'static str,
    /// The prompt variable that the convention carries beside the messages.
    pub(super) variable: Option<(&'static str, &'e str)>,
    /// Tool definitions sent along, a JSON array.
    pub(super) tools: Option<&'e str>,
    pub(super) streaming: bool,
}

/// Why a call failed.
#[derive(Clone, Copy)]
pub(super) struct Failure {
    pub(super) kind: &'static str,
    pub(super) message: &'static str,
    pub(super) http_status: i64,
    seconds: f64,
}

const FAILURES: [Failure; 4] = [
    Failure { kind: "timeout", message: "Request timed out.", http_status: 0, seconds: 30.0 },
    Failure {
        kind: "rate_limit_exceeded",
        message: "Error code: 429 - Rate limit reached for requests",
        http_status: 429,
        seconds: 0.14,
    },
    Failure {
        kind: "server_error",
        message: "Error code: 503 - The server is overloaded",
        http_status: 503,
        seconds: 0.9,
    },
    Failure {
        kind: "rate_limit_exceeded",
        message: "Error code: 429 - Tokens per minute exceeded",
        http_status: 429,
        seconds: 0.11,
    },
];
/// Share of calls whose first attempt fails, of those that are tried again, and of these that go to
/// the other model.
const FAILING: f64 = 0.008;
const RETRIED: f64 = 0.88;
const FALLEN_BACK: f64 = 0.25;

/// One attempt as its span reports it.
pub(super) struct Attempt<'a> {
    pub(super) plan: &'a Plan,
    pub(super) system: &'a str,
    pub(super) template: &'a str,
    pub(super) params: &'static str,
    pub(super) exchange: &'a Exchange<'a>,
    pub(super) model: &'static Model,
    pub(super) response_id: String,
    pub(super) failure: Option<Failure>,
    /// Earlier attempts of the same call.
    pub(super) resends: i64,
    pub(super) input_tokens: i64,
    pub(super) output_tokens: i64,
    pub(super) cached_tokens: i64,
    pub(super) first_token_s: f64,
    pub(super) start: i64,
    pub(super) end: i64,
}

/// How a call ended.
pub(super) struct Outcome {
    pub(super) end: i64,
    pub(super) span_id: Vec<u8>,
    pub(super) failure: Option<Failure>,
}

/// Makes a call under `parent` from `start` (ns); a failed first attempt is usually tried again.
pub(super) fn call(
    world: &World,
    plan: &Plan,
    trace: &mut Trace,
    parent: &[u8],
    start: i64,
    exchange: &Exchange<'_>,
) -> Outcome {
    let failure = if trace.dice.chance(FAILING) { Some(*trace.dice.pick(&FAILURES)) } else { None };
    let first = Try { model: exchange.model, failure, resends: 0 };
    let first = attempt(world, plan, trace, (parent, start), exchange, first);
    if first.failure.is_none() || !trace.dice.chance(RETRIED) {
        return first;
    }
    let start = first.end + trace.nanos(0.8, 0.3);
    let falls_back = trace.dice.chance(FALLEN_BACK);
    let model = if falls_back { exchange.fallback } else { exchange.model };
    let second = Try { model, failure: None, resends: i64::from(!falls_back) };
    attempt(world, plan, trace, (parent, start), exchange, second)
}

/// How an attempt is made.
struct Try {
    model: &'static Model,
    failure: Option<Failure>,
    resends: i64,
}

fn attempt(
    world: &World,
    plan: &Plan,
    trace: &mut Trace,
    (parent, start): (&[u8], i64),
    exchange: &Exchange<'_>,
    Try { model, failure, resends }: Try,
) -> Outcome {
    let system = world.system(plan);
    let tools = exchange.tools.map_or(0, str::len);
    let chars = system.len() + tools + exchange.input.iter().map(Message::chars).sum::<usize>();
    let input_tokens = tokens(chars, trace) + 7;
    let output_tokens = tokens(exchange.output.chars(), trace) + 2;
    let prefix = (system.len() + tools) as f64 / 4.2;
    let cached_tokens = if trace.dice.chance(0.35) { (prefix * model.cached) as i64 } else { 0 };
    let first_token_s =
        trace.dice.log_normal(model.first_token_s, 0.32) + input_tokens as f64 / 20_000.0;
    let writing = output_tokens as f64 / model.tokens_per_s * trace.dice.log_normal(1.0, 0.16);
    let seconds = failure.map_or(first_token_s + writing, |failure| failure.seconds);
    let prefix = if model.is_anthropic() { "msg_01" } else { "chatcmpl-" };
    let done = Attempt {
        plan,
        system,
        template: world.template(plan),
        params: params(plan.flow),
        exchange,
        model,
        response_id: [prefix, &trace.dice.word(22)].concat(),
        failure,
        resends,
        input_tokens,
        output_tokens,
        cached_tokens,
        first_token_s,
        start,
        end: start + (seconds * 1e9) as i64,
    };
    trace.truth.input_tokens += if failure.is_none() { input_tokens as u64 } else { 0 };
    trace.truth.failed_calls += u64::from(failure.is_some());
    let span_id = trace.span_id();
    let (origin, writer) = conventions::model_call(&done);
    let end = done.end;
    trace.push(origin, &span_id, parent, writer);
    Outcome { end, span_id, failure }
}

/// Tokens of a text of this length: about 4.2 characters each.
fn tokens(chars: usize, trace: &mut Trace) -> i64 {
    (chars as f64 / 4.2 * trace.dice.log_normal(1.0, 0.03)).round() as i64
}

/// Where model calls of a flow are instrumented.
pub(super) type Origin = (Service, &'static str);
