//! Prompt templates, parameters and schemas of every version.
//!
//! Versions of one prompt differ in one line of nearly equal length, so that an ordinary release
//! moves neither tokens nor cost; only the planted cost jump is long.

use super::{
    faults::{Fault, FaultSet},
    people,
    registry::Flow,
};

const SUPPORT: &str = "You answer questions of customers of an online shop for household devices. \
Use only the numbered passages below. Put the number of the passage that supports a sentence in \
square brackets at the end of that sentence. If the passages do not answer the question, say that \
you could not find it and offer to pass the question to a colleague. Write at most four sentences, \
no greeting, no promises the passages do not make. {{style}}";
const SUMMARY: &str = "You summarise support tickets for the colleague who takes over. Say what the \
customer wants, what was done so far and what is still open, in at most four sentences. Keep order \
numbers, dates and amounts exactly as written. Do not add advice, guesses or anything that is not in \
the ticket. {{style}}";
const SUMMARY_LONG: &str = include_str!("summary_examples.txt");
const INTENT: &str = "Sort the customer's message into exactly one of: billing, delivery, returns, \
technical, account, complaint, cancellation, other. Answer with one JSON object with the keys \
intent, confidence (0 to 1) and language (ISO 639-1), nothing else. {{style}}";
const AGENT: &str = "You handle orders of an online shop. Look an order up before you change it. \
Refund, cancel or re-address only what the customer asked for, never more than the order's total, \
and only after the lookup. Call one tool at a time. Hand over to a person when a tool refuses twice \
or when the customer asks for it. When you are done, tell the customer in two sentences what was \
changed. {{style}}";
const INVOICE: &str = "Read the invoice below, which comes from text recognition. Answer with one \
JSON object with the keys vendor, invoice_number, issue_date (YYYY-MM-DD), due_date, currency, \
subtotal, tax, total and line_items (description, quantity, unit_price). Amounts are numbers. Use \
null for what the invoice does not say. Answer with the object alone. {{style}}";

/// The line in which versions differ.
fn style(flow: Flow, version: &str) -> &'static str {
    match (flow, version) {
        (Flow::Support, "1.4.0") => "Prefer short, plain words.",
        (Flow::Support, "1.5.0") => "Prefer plain, short words.",
        (Flow::Support, _) => "Be warm; prefer plain words.",
        (Flow::Summary, "2.0.0") => "Write in the past tense.",
        (Flow::Summary, _) => "Write in the active voice.",
        (Flow::Intent, "3") => "When two fit, take the first.",
        (Flow::Intent, _) => "If two of them fit, pick one.",
        (Flow::Agent, "1.0.0") => "Never guess an order number.",
        (Flow::Agent, "1.1.0") => "Do not guess order numbers.",
        (Flow::Agent, _) => "Ask if the number is missing.",
        (Flow::Invoice, "7") => "Keep the order of the lines.",
        (Flow::Invoice, "8") => "Keep lines in printed order.",
        (Flow::Invoice, _) => "Keep the lines as printed.",
    }
}

/// What the model reads before the input: the template with its style line filled in.
pub(super) fn system(flow: Flow, version: &str, faults: FaultSet) -> String {
    let body = match flow {
        Flow::Support => SUPPORT,
        Flow::Summary => SUMMARY,
        Flow::Intent => INTENT,
        Flow::Agent => AGENT,
        Flow::Invoice => INVOICE,
    };
    let mut text = body.replace("{{style}}", style(flow, version));
    if flow == Flow::Summary && version == "2.1.0" && faults.has(Fault::CostJump) {
        text.push_str("\n\n");
        text.push_str(SUMMARY_LONG);
    }
    text
}

/// The template as registered, with its variables.
pub(super) fn template(flow: Flow, version: &str, faults: FaultSet) -> String {
    let input = match flow {
        Flow::Support => "\n\nPassages:\n{{passages}}\n\nQuestion: {{question}}",
        Flow::Summary => "\n\nTicket:\n{{context}}",
        Flow::Intent => "\n\nMessage: {{message}}",
        Flow::Agent => "\n\nCustomer: {{request}}",
        Flow::Invoice => "\n\nInvoice:\n{{document}}",
    };
    system(flow, version, faults) + input
}

pub(super) fn variable_schema(flow: Flow) -> String {
    let names: &[&str] = match flow {
        Flow::Support => &["passages", "question"],
        Flow::Summary => &["context"],
        Flow::Intent => &["message"],
        Flow::Agent => &["request"],
        Flow::Invoice => &["document"],
    };
    let properties: serde_json::Map<String, serde_json::Value> = names
        .iter()
        .map(|name| ((*name).to_owned(), serde_json::json!({"type": "string"})))
        .collect();
    serde_json::json!({"type": "object", "properties": properties, "required": names}).to_string()
}

pub(super) const fn main_model(flow: Flow) -> &'static str {
    match flow {
        Flow::Support => people::GPT_4O_MINI.request,
        Flow::Summary | Flow::Intent => people::GPT_41_MINI.request,
        Flow::Agent => people::SONNET.request,
        Flow::Invoice => people::GPT_4O.request,
    }
}

pub(super) const fn params(flow: Flow) -> &'static str {
    match flow {
        Flow::Support => r#"{"temperature":0.2,"max_tokens":500}"#,
        Flow::Summary => r#"{"temperature":0.3,"max_tokens":300}"#,
        Flow::Intent => {
            r#"{"temperature":0.0,"max_tokens":60,"response_format":{"type":"json_object"}}"#
        }
        Flow::Agent => r#"{"temperature":0.1,"max_tokens":600}"#,
        Flow::Invoice => r#"{"temperature":0.0,"max_tokens":900}"#,
    }
}

pub(super) const fn output_schema(flow: Flow) -> Option<&'static str> {
    match flow {
        Flow::Intent => Some(INTENT_SCHEMA),
        Flow::Invoice => Some(INVOICE_SCHEMA),
        Flow::Support | Flow::Summary | Flow::Agent => None,
    }
}

pub(super) fn note(flow: Flow, version: &str) -> &'static str {
    match (flow, version) {
        (Flow::Support, "1.6.0") => "warmer tone",
        (Flow::Summary, "2.1.0") => "active voice",
        (Flow::Agent, "1.2.0") => "asks for a missing order number",
        (Flow::Invoice, "9") => "keeps lines as printed",
        _ => "wording",
    }
}

const INTENT_SCHEMA: &str = r#"{"type":"object","properties":{"intent":{"type":"string","enum":["billing","delivery","returns","technical","account","complaint","cancellation","other"]},"confidence":{"type":"number","minimum":0,"maximum":1},"language":{"type":"string","pattern":"^[a-z]{2}$"}},"required":["intent","confidence","language"],"additionalProperties":false}"#;
const INVOICE_SCHEMA: &str = r#"{"type":"object","properties":{"vendor":{"type":"string"},"invoice_number":{"type":"string"},"issue_date":{"type":"string","pattern":"^\\d{4}-\\d{2}-\\d{2}$"},"due_date":{"type":["string","null"]},"currency":{"type":"string","enum":["EUR","USD","GBP","CHF"]},"subtotal":{"type":"number"},"tax":{"type":"number"},"total":{"type":"number"},"line_items":{"type":"array","items":{"type":"object","properties":{"description":{"type":"string"},"quantity":{"type":"integer","minimum":1},"unit_price":{"type":"number"}},"required":["description","quantity","unit_price"]}}},"required":["vendor","invoice_number","issue_date","currency","total","line_items"]}"#;

/// The order agent's tools: name and definition.
pub(super) const TOOLS: [(&str, &str); 5] = [
    (
        "get_order",
        r#"{"type":"function","name":"get_order","description":"Looks an order up.","parameters":{"type":"object","properties":{"order_id":{"type":"string","pattern":"^ORD-\\d{6}$"}},"required":["order_id"],"additionalProperties":false}}"#,
    ),
    (
        "issue_refund",
        r#"{"type":"function","name":"issue_refund","description":"Refunds money for an order.","parameters":{"type":"object","properties":{"order_id":{"type":"string","pattern":"^ORD-\\d{6}$"},"amount":{"type":"number","exclusiveMinimum":0},"currency":{"type":"string","enum":["EUR","USD","GBP"]},"reason":{"type":"string","enum":["damaged","late","wrong_item","not_received","goodwill"]}},"required":["order_id","amount","currency","reason"],"additionalProperties":false}}"#,
    ),
    (
        "update_address",
        r#"{"type":"function","name":"update_address","description":"Changes where an order is delivered.","parameters":{"type":"object","properties":{"order_id":{"type":"string","pattern":"^ORD-\\d{6}$"},"pickup_point":{"type":"string"},"country":{"type":"string","enum":["DE","FR","NL","GB","US"]}},"required":["order_id","pickup_point","country"],"additionalProperties":false}}"#,
    ),
    (
        "cancel_order",
        r#"{"type":"function","name":"cancel_order","description":"Cancels an order that has not shipped.","parameters":{"type":"object","properties":{"order_id":{"type":"string","pattern":"^ORD-\\d{6}$"},"reason":{"type":"string","enum":["changed_mind","ordered_twice","too_late","price"]}},"required":["order_id","reason"],"additionalProperties":false}}"#,
    ),
    (
        "escalate_to_human",
        r#"{"type":"function","name":"escalate_to_human","description":"Hands the conversation to a person.","parameters":{"type":"object","properties":{"summary":{"type":"string"}},"required":["summary"],"additionalProperties":false}}"#,
    ),
];
