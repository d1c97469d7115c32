//! Scores the detectors on labelled lines:
//! `cargo run --release -p spanlake-redact --example score -- FILE.jsonl[.gz] [--misses]`.
//!
//! Three formats are read, one JSON object a line, offsets in characters:
//! `{id, kind, text, spans: [{start, end, cls}], optional: [..]}` (labelled text) and
//! `{rule, text, positive, span: [start, end]}` (secret scanners' examples).
//! A span counts as found when at least 90 % of its characters are masked. A line without spans is
//! clean; a false alarm is a mask on it outside its optional spans.

#![expect(clippy::print_stdout, reason = "a program for people")]

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Read;

use serde_json::Value;
use spanlake_redact::{Class, Policy, Redactor, TextMode};

#[derive(Default)]
struct Tally {
    spans: usize,
    found: usize,
    same_class: usize,
    masked: usize,
    masked_right: usize,
}

struct Line {
    id: String,
    kind: String,
    text: String,
    spans: Vec<(usize, usize, String)>,
    optional: Vec<(usize, usize, String)>,
    positive: Option<bool>,
}

#[derive(Default)]
struct Score {
    classes: BTreeMap<String, Tally>,
    kinds: BTreeMap<String, (usize, usize)>,
    clean: usize,
    alarms: usize,
    records: [usize; 2],
    touched: [usize; 2],
    overlapped: usize,
    misses: Vec<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let path = args.next().ok_or("usage: score FILE.jsonl[.gz] [--misses] [--half 0|1]")?;
    let rest: Vec<String> = args.collect();
    let show = rest.iter().any(|a| a == "--misses");
    let half = rest
        .iter()
        .position(|a| a == "--half")
        .and_then(|i| rest.get(i + 1))
        .and_then(|h| h.parse().ok());
    let bytes = std::fs::read(&path)?;
    let mut text = String::new();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_string(&mut text)?;
    } else {
        text = String::from_utf8(bytes)?;
    }
    let redactor = Redactor::new(Policy::default_policy(), None)?;
    let mut score = Score::default();
    for (number, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        if half.is_some_and(|half: usize| fnv(line) % 2 != half) {
            continue;
        }
        let value: Value =
            serde_json::from_str(line).map_err(|e| format!("line {}: {e}", number + 1))?;
        let line = read(&value, number + 1);
        score.add(&redactor, &line);
    }
    score.print();
    if show {
        println!("\nmissed and alarmed (positions in characters, no content):");
        score.misses.iter().for_each(|miss| println!("  {miss}"));
    }
    Ok(())
}

/// A stable split of a file into halves.
fn fnv(line: &str) -> usize {
    let hash = line
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |h, c| (h ^ u64::from(c)).wrapping_mul(0x100_0000_01b3));
    (hash >> 20) as usize
}

fn read(value: &Value, number: usize) -> Line {
    let string =
        |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let index = |v: &Value, name: &str| v.get(name).and_then(Value::as_u64).unwrap_or(0) as usize;
    let spans = |name: &str| -> Vec<(usize, usize, String)> {
        let list = value.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        list.iter()
            .map(|s| {
                let class = s.get("cls").or_else(|| s.get("class")).or_else(|| s.get("label"));
                (
                    index(s, "start"),
                    index(s, "end"),
                    class.and_then(Value::as_str).unwrap_or("UNKNOWN").to_owned(),
                )
            })
            .collect()
    };
    let positive = value.get("positive").and_then(Value::as_bool);
    let mut wanted = spans("spans");
    if let Some([start, end]) = value.get("span").and_then(Value::as_array).map(Vec::as_slice) {
        wanted.push((
            start.as_u64().unwrap_or(0) as usize,
            end.as_u64().unwrap_or(0) as usize,
            "SECRET".to_owned(),
        ));
    }
    let id = string("id");
    Line {
        id: if id.is_empty() { format!("line {number}") } else { id },
        kind: if positive.is_some() { string("rule") } else { string("kind") },
        text: string("text"),
        spans: wanted,
        optional: spans("optional"),
        positive,
    }
}

impl Score {
    fn add(&mut self, redactor: &Redactor, line: &Line) {
        let chars: Vec<usize> = line.text.char_indices().map(|(at, _)| at).collect();
        let detected = redactor.detect(&line.text, TextMode::Json);
        // Byte offsets to character offsets.
        let position = |byte: usize| chars.partition_point(|&at| at < byte);
        let masks: Vec<(usize, usize, &Class, &str)> = detected
            .iter()
            .map(|s| (position(s.start), position(s.end), &s.class, s.detector.as_ref()))
            .collect();
        let overlap =
            |a: (usize, usize), b: (usize, usize)| a.1.min(b.1).saturating_sub(a.0.max(b.0));
        if let Some(positive) = line.positive {
            let slot = usize::from(positive);
            if let (Some(n), Some(t)) = (self.records.get_mut(slot), self.touched.get_mut(slot)) {
                *n += 1;
                *t += usize::from(!masks.is_empty());
            }
            let kind = self.kinds.entry(line.kind.clone()).or_default();
            if positive {
                kind.0 += 1;
                kind.1 += usize::from(!masks.is_empty());
            }
            if positive == masks.is_empty() {
                let found: Vec<&str> = masks.iter().map(|m| m.3).collect();
                self.misses
                    .push(format!("{} {} positive={positive} {found:?}", line.id, line.kind));
            }
        }
        for (start, end, class) in &line.spans {
            let length = end.saturating_sub(*start).max(1);
            let covered: usize = masks.iter().map(|m| overlap((*start, *end), (m.0, m.1))).sum();
            let tally = self.classes.entry(class.clone()).or_default();
            tally.spans += 1;
            self.overlapped += usize::from(covered > 0);
            if covered * 10 >= length * 9 {
                tally.found += 1;
                let label = |m: &&(usize, usize, &Class, &str)| {
                    overlap((*start, *end), (m.0, m.1)) > 0 && m.2.label() == *class
                };
                tally.same_class += usize::from(masks.iter().any(|m| label(&m)));
            } else if line.positive.is_none() {
                self.misses.push(format!(
                    "{} {} missed {class} {start}..{end} masked {covered}",
                    line.id, line.kind
                ));
            }
        }
        for mask in &masks {
            let right = line.spans.iter().any(|s| overlap((s.0, s.1), (mask.0, mask.1)) > 0);
            let allowed = line.optional.iter().any(|s| overlap((s.0, s.1), (mask.0, mask.1)) > 0);
            if !right && allowed {
                continue;
            }
            let tally = self.classes.entry(mask.2.label()).or_default();
            tally.masked += 1;
            tally.masked_right += usize::from(right);
            if !right && line.positive.is_none() {
                self.misses.push(format!(
                    "{} {} alarm {} {} {}..{}",
                    line.id, line.kind, mask.2, mask.3, mask.0, mask.1
                ));
            }
        }
        if line.positive.is_none() && line.spans.is_empty() {
            let alarm = masks
                .iter()
                .any(|m| !line.optional.iter().any(|s| overlap((s.0, s.1), (m.0, m.1)) > 0));
            self.clean += 1;
            self.alarms += usize::from(alarm);
        }
    }

    fn print(&self) {
        let share = |n: usize, of: usize| {
            if of == 0 { "-".to_owned() } else { format!("{:.3}", n as f64 / of as f64) }
        };
        println!(
            "{:<18} {:>6} {:>6} {:>7} {:>10} {:>7} {:>9}",
            "class", "spans", "found", "recall", "same class", "masks", "precision"
        );
        let mut totals = [(0, 0, 0, 0); 2];
        for (class, t) in &self.classes {
            println!(
                "{class:<18} {:>6} {:>6} {:>7} {:>10} {:>7} {:>9}",
                t.spans,
                t.found,
                share(t.found, t.spans),
                share(t.same_class, t.found),
                t.masked,
                share(t.masked_right, t.masked)
            );
            let secret = class == "SECRET"
                || Class::built_in(&class.to_ascii_lowercase()).is_some_and(|c| c.is_secret());
            if let Some(total) = totals.get_mut(usize::from(!secret)) {
                *total = (
                    total.0 + t.spans,
                    total.1 + t.found,
                    total.2 + t.masked,
                    total.3 + t.masked_right,
                );
            }
        }
        println!();
        for (name, t) in ["secrets", "personal data"].iter().zip(totals) {
            println!(
                "{name:<18} recall {} ({}/{})  precision {} ({}/{})",
                share(t.1, t.0),
                t.1,
                t.0,
                share(t.3, t.2),
                t.3,
                t.2
            );
        }
        if self.clean > 0 {
            println!(
                "{:<18} false alarms {} ({}/{})",
                "clean lines",
                share(self.alarms, self.clean),
                self.alarms,
                self.clean
            );
        }
        let [negative, positive] = self.records;
        if positive + negative > 0 {
            let [false_touch, touch] = self.touched;
            println!(
                "{:<18} touched {} ({touch}/{positive}), span overlapped {} ({}/{positive})",
                "positive records",
                share(touch, positive),
                share(self.overlapped, positive),
                self.overlapped
            );
            println!(
                "{:<18} touched {} ({false_touch}/{negative})",
                "negative records",
                share(false_touch, negative)
            );
        }
    }
}
