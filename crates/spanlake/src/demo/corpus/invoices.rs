//! Suppliers' invoices as text recognition returns them, and the JSON they should become.

use std::fmt::Write as _;

use super::CITIES;
use crate::demo::{dice::Dice, otlp::quote};

const VENDORS: [&str; 12] = [
    "Hallberg Plastics GmbH",
    "Costa & Filhos Lda",
    "Meridian Motors BV",
    "Atelier Rochefort SARL",
    "Nordic Wire AB",
    "Pellegrini Imballaggi SpA",
    "Wolski Tooling Sp. z o.o.",
    "Thames Fasteners Ltd",
    "Kranz Elektronik AG",
    "Delta Sensors Inc",
    "Ostsee Logistik KG",
    "Bluewater Packaging LLC",
];
const ITEMS: [&str; 14] = [
    "motor housing, grey",
    "hinge pin 4 mm",
    "carton 40x30x20",
    "power cord 1.8 m",
    "heating element 900 W",
    "rubber foot, pack of 100",
    "control board rev C",
    "membrane keypad",
    "glass lid, tempered",
    "fan blade 120 mm",
    "label roll, thermal",
    "pallet wrap 500 mm",
    "screw set M3, box",
    "LED strip, warm white",
];

/// An invoice's text and its extraction.
pub(in crate::demo) struct Invoice {
    pub(in crate::demo) text: String,
    pub(in crate::demo) json: String,
}

pub(in crate::demo) fn invoice(dice: &mut Dice) -> Invoice {
    let vendor = *dice.pick(&VENDORS);
    let number = format!("{}-{:05}", dice.range(2025, 2026), dice.range(1, 99_999));
    let (month, day) = (dice.range(1, 6), dice.range(1, 28));
    let currency = *dice.pick(&["EUR", "EUR", "EUR", "USD", "GBP", "CHF"]);
    let mut invoice =
        Invoice { text: String::with_capacity(700), json: String::with_capacity(600) };
    let _ = write!(
        invoice.text,
        "{vendor}\n{}\n\nINVOICE No. {number}\nDate {day:02}.{month:02}.2026   Payable within 30 days\n\nPos  Description                 Qty     Unit      Sum\n",
        dice.pick(&CITIES)
    );
    invoice.json.push_str("{\"vendor\":");
    quote(&mut invoice.json, vendor);
    let _ = write!(
        invoice.json,
        ",\"invoice_number\":\"{number}\",\"issue_date\":\"2026-{month:02}-{day:02}\",\"due_date\":null,\"currency\":\"{currency}\""
    );
    let mut lines = String::with_capacity(400);
    let mut subtotal = 0;
    let count = dice.range(2, 5);
    for position in 1..=count {
        let item = *dice.pick(&ITEMS);
        let (quantity, cents) = (dice.range(1, 60), dice.range(45, 19_900));
        subtotal += quantity * cents;
        let _ = writeln!(
            invoice.text,
            "{position:<4} {item:<26} {quantity:>4} {:>9} {:>9}",
            money(cents),
            money(quantity * cents)
        );
        let comma = if position > 1 { "," } else { "" };
        let _ = write!(
            lines,
            "{comma}{{\"description\":\"{item}\",\"quantity\":{quantity},\"unit_price\":{}}}",
            money(cents)
        );
    }
    let tax = subtotal * 19 / 100;
    let _ = write!(
        invoice.text,
        "\nNet {currency} {}\nVAT 19 % {}\nTotal {currency} {}\n",
        money(subtotal),
        money(tax),
        money(subtotal + tax)
    );
    let _ = write!(
        invoice.json,
        ",\"subtotal\":{},\"tax\":{},\"total\":{},\"line_items\":[{lines}]}}",
        money(subtotal),
        money(tax),
        money(subtotal + tax)
    );
    invoice
}

fn money(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// Breaks a JSON output the way models do; true if it was also cut at the token limit.
pub(in crate::demo) fn damage(json: &mut String, dice: &mut Dice) -> bool {
    match dice.weighted([0.42, 0.24, 0.18, 0.16].into_iter()) {
        0 => *json = format!("```json\n{json}\n```"),
        1 => {
            *json = format!(
                "Here is the JSON you asked for:\n{json}\nLet me know if I should change anything."
            );
        }
        2 => {
            let keep = json.len() * dice.range(45, 90) as usize / 100;
            json.truncate((0..=keep).rev().find(|at| json.is_char_boundary(*at)).unwrap_or(0));
            return true;
        }
        _ => {
            json.pop();
            json.push_str(",}");
        }
    }
    false
}
