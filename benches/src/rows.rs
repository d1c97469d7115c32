//! Rows as redaction hands them to the store: traces of an agent that retrieves, calls tools and answers.

use spanlake::model::{Day, Kind, Micros, PayloadRow, Rows, SpanRow, SpanStatus, TokenRole};

/// 2026-01-01.
const FIRST_DAY: i32 = 20_454;
const DAY_MICROS: i64 = 86_400_000_000;

/// Marsaglia's xorshift with 64 bits: the same rows each time.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Words of three to eight random letters: text that hardly compresses.
    pub(crate) fn words(&mut self, bytes: usize) -> String {
        let mut text = String::with_capacity(bytes + 9);
        while text.len() < bytes {
            let mut bits = self.next();
            for _ in 0..3 + bits % 6 {
                bits /= 6;
                text.push(char::from(b'a' + (bits % 26) as u8));
            }
            text.push(' ');
        }
        text
    }
}

/// How traces look.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Spans of a trace.
    pub(crate) spans: u64,
    /// Days that traces are spread over, in turn.
    pub(crate) days: u64,
    /// Users that traces belong to, in turn.
    pub(crate) users: u64,
    /// Bytes of text of a span's payload; 0 for no payload.
    pub(crate) payload_bytes: usize,
}

/// The trace id of a number.
pub(crate) fn trace_id(number: u64) -> String {
    let mut random = Random::new(number.wrapping_add(7));
    format!("{:016x}{:016x}", random.next(), random.next())
}

/// The user of a trace's number.
pub(crate) fn user(number: u64, shape: Shape) -> String {
    format!("user-{:07}", number % shape.users)
}

impl Shape {
    fn span(self, number: u64, at: u64) -> SpanRow {
        let day = FIRST_DAY + (number % self.days) as i32;
        let second = (number / self.days * 7 % 80_000) as i64;
        let start = i64::from(day) * DAY_MICROS + second * 1_000_000 + at as i64 * 20_000;
        let kind = [Kind::Agent, Kind::Llm, Kind::Tool, Kind::Retriever]
            .get((at % 4) as usize)
            .copied()
            .unwrap_or(Kind::Other);
        let span_id = |at: u64| format!("{:016x}", Random::new(number << 20 | at).next());
        let is_llm = kind == Kind::Llm;
        SpanRow {
            date: Day(day),
            trace_id: trace_id(number),
            span_id: span_id(at),
            parent_span_id: (at > 0).then(|| span_id(0)),
            start_time: Micros(start),
            start_unix_nano: start * 1_000,
            end_unix_nano: start * 1_000 + 15_000_000,
            duration_ms: Some(15.0),
            tenant_id: Some(format!("tenant-{}", number % 50)),
            user_id: Some(user(number, self)),
            session_id: Some(format!("session-{}", number / 3)),
            workflow: Some("support".to_owned()),
            service_name: Some("assistant".to_owned()),
            name: format!("{} step", kind.as_str()),
            kind,
            status: SpanStatus::Ok,
            token_role: if is_llm { TokenRole::Leaf } else { TokenRole::None },
            prompt_name: is_llm.then(|| "support-answer".to_owned()),
            prompt_version: is_llm.then(|| format!("1.{}", number % 5)),
            response_model: is_llm.then(|| "gpt-4.1-mini".to_owned()),
            input_tokens: is_llm.then_some(800),
            output_tokens: is_llm.then_some(120),
            cost_usd: is_llm.then_some(0.0005),
            output_preview: is_llm.then(|| Random::new(number).words(100)),
            is_final: true,
            ..SpanRow::default()
        }
    }

    /// The rows of the traces with these numbers, payloads after spans.
    pub(crate) fn batch(self, numbers: std::ops::Range<u64>) -> (Rows, Option<Rows>) {
        let spans: Vec<SpanRow> = numbers
            .flat_map(|number| (0..self.spans).map(move |at| self.span(number, at)))
            .collect();
        let payloads = (self.payload_bytes > 0).then(|| {
            Rows::Payloads(spans.iter().zip(0..).map(|(span, at)| self.payload(span, at)).collect())
        });
        (Rows::Spans(spans), payloads)
    }

    fn payload(self, span: &SpanRow, at: u64) -> PayloadRow {
        let seed = span.start_unix_nano as u64 ^ at;
        PayloadRow {
            date: span.date,
            trace_id: span.trace_id.clone(),
            span_id: span.span_id.clone(),
            start_time: span.start_time,
            tenant_id: span.tenant_id.clone(),
            user_id: span.user_id.clone(),
            session_id: span.session_id.clone(),
            workflow: span.workflow.clone(),
            output_text: Some(Random::new(seed).words(self.payload_bytes)),
            ..PayloadRow::default()
        }
    }
}

/// Appends the traces with these numbers, some at a time; tells how far it is.
pub(crate) async fn append(
    lake: &spanlake::Spanlake,
    shape: Shape,
    traces: std::ops::Range<u64>,
    at_a_time: u64,
) -> anyhow::Result<()> {
    let progress = indicatif::ProgressBar::new(traces.end - traces.start);
    let mut first = traces.start;
    while first < traces.end {
        let end = (first + at_a_time).min(traces.end);
        let (spans, payloads) = shape.batch(first..end);
        for rows in [Some(spans), payloads].into_iter().flatten() {
            lake.store().append(lake.redactor().redact_table(rows)).await?;
        }
        progress.inc(end - first);
        first = end;
    }
    progress.finish_and_clear();
    Ok(())
}
