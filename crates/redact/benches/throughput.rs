//! Megabytes of text per second on one core: `cargo bench -p spanlake-redact`.
//!
//! The text is built here to look like LLM traces: chat messages with system prompts, retrieved
//! passages, tool calls with JSON arguments, token counts, ids and embeddings; about one message in
//! fifty holds personal data or a secret.

#![expect(clippy::print_stdout, reason = "a program for people")]
#![expect(clippy::unwrap_used, reason = "a benchmark has nobody to report to")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Instant;

use spanlake_redact::{HmacKey, Policy, Redactor, TextMode};

const PROSE: [&str; 8] = [
    "The customer asks whether the new plan covers international shipping and how long a return may take. ",
    "According to the knowledge base, refunds are processed within 5 to 10 business days after the parcel arrives. ",
    "Please answer in two short paragraphs, cite the passages by their number, and never invent a policy. ",
    "Quarterly revenue rose by 12.4 % to 3,410 million, while operating costs fell in all regions but one. ",
    "To reproduce the problem, start the service, open the settings page and press the key twice in a row. ",
    "Photosynthesis turns light into chemical energy; the process takes place in the chloroplasts of plant cells. ",
    "def summarise(rows):\n    total = sum(r.value for r in rows)\n    return {'total': total, 'mean': total / len(rows)}\n",
    "I understand your frustration. Let me check the status of the order first and then explain the options. ",
];

/// A small generator, the same text on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self, below: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    fn prose(&mut self, sentences: u64) -> String {
        (0..sentences).map(|_| PROSE.get(self.next(8) as usize).copied().unwrap_or("")).collect()
    }
}

fn message(random: &mut Random, n: u64) -> serde_json::Value {
    let mut content = random.prose(8);
    if n % 50 == 7 {
        let _ = write!(
            content,
            "My mail is user{n}@example.org and my number is +1 206 555 01{:02}.",
            n % 100
        );
    }
    match n % 5 {
        0 => serde_json::json!({"role": "system", "content": content}),
        1 | 2 => serde_json::json!({"role": "user", "content": content}),
        3 => serde_json::json!({"role": "assistant", "content": content, "tool_calls": [{
            "id": format!("call_{:016x}", random.next(u64::MAX >> 1)), "type": "function",
            "function": {"name": "search_orders", "arguments": serde_json::json!({"query": random.prose(1), "limit": 10, "trace": format!("{:032x}", random.next(u64::MAX >> 1))}).to_string()}}]}),
        _ => {
            serde_json::json!({"role": "tool", "tool_call_id": format!("call_{:016x}", random.next(u64::MAX >> 1)),
            "content": content, "usage": {"prompt_tokens": random.next(9000), "completion_tokens": random.next(900), "max_tokens": 4096},
            "scores": (0..8).map(|_| random.next(1_000_000) as f64 / 1e6).collect::<Vec<_>>()})
        }
    }
}

fn main() {
    let mut random = Random(42);
    let documents: Vec<String> = (0..2_000)
        .map(|n| {
            serde_json::Value::from(
                (0..6).map(|m| message(&mut random, n * 6 + m)).collect::<Vec<_>>(),
            )
            .to_string()
        })
        .collect();
    let answers: Vec<String> = (0..4_000).map(|_| random.prose(12)).collect();
    let redactor = Redactor::new(
        Policy::default_policy(),
        Some(HmacKey::new(b"a key for a benchmark").unwrap()),
    )
    .unwrap();
    for (name, texts, mode) in [
        ("JSON messages", &documents, TextMode::Json),
        ("plain answers", &answers, TextMode::Json),
        ("templates", &answers, TextMode::Template),
    ] {
        let bytes: usize = texts.iter().map(String::len).sum();
        let mut best = f64::INFINITY;
        let mut replaced = 0;
        for _ in 0..5 {
            let start = Instant::now();
            replaced = 0;
            for text in texts {
                let (redacted, counts) = redactor.redact_text(black_box(text), mode);
                black_box(redacted);
                replaced += counts.values().sum::<u64>();
            }
            best = best.min(start.elapsed().as_secs_f64());
        }
        println!(
            "{name:<16} {:>7.1} MB  {:>7.1} MB/s  {replaced} replaced",
            bytes as f64 / 1e6,
            bytes as f64 / 1e6 / best
        );
    }
}
