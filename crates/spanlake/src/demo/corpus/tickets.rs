//! Support tickets with their summaries, short messages with their intent, and order requests.

use super::{CITIES, PRODUCTS, fill};
use crate::demo::dice::Dice;

/// What a ticket says, and how a summary says it.
type Said = [&'static str; 2];

const OPENINGS: [Said; 5] = [
    [
        "Customer: I ordered the {p} on {d}, order {o}, and it arrived with a dent in the side and a loose plug.",
        "The customer ordered the {p} on {d} (order {o}) and it arrived with a dent in the side and a loose plug",
    ],
    [
        "Customer: My {p} from order {o} has not arrived although the tracking page said {d}.",
        "The {p} from order {o} has not arrived although the tracking page said {d}",
    ],
    [
        "Customer: I was charged {a} EUR twice for order {o} with the {p}, first on {d}.",
        "The customer was charged {a} EUR twice for order {o} with the {p}, first on {d}",
    ],
    [
        "Customer: The {p} of order {o} stopped working on {d}, it only blinks and makes a clicking noise.",
        "The {p} of order {o} stopped working on {d}; it only blinks and makes a clicking noise",
    ],
    [
        "Customer: I want to send the {p} of order {o} back, delivered on {d}, because it is too loud for our flat.",
        "The customer wants to send the {p} of order {o} back, delivered on {d}, because it is too loud for the flat",
    ],
];
const REPLIES: [Said; 5] = [
    [
        "Agent: I am sorry about that. I asked the warehouse in {c} to check the shipment and expect an answer within {n} days.",
        "The agent asked the warehouse in {c} to check the shipment and expects an answer within {n} days",
    ],
    [
        "Agent: Thank you for the details. Please send {n} photos and the serial number so that I can open a case.",
        "The agent asked for {n} photos and the serial number to open a case",
    ],
    [
        "Agent: I have opened a case with the payment provider and marked {a} EUR for a refund.",
        "The agent opened a case with the payment provider and marked {a} EUR for a refund",
    ],
    [
        "Agent: I offered a replacement from {c}, which would leave on the next working day.",
        "The agent offered a replacement from {c}, which would leave on the next working day",
    ],
    [
        "Agent: The label for the return was sent, and the pickup in {c} is booked with window {n}.",
        "The label for the return was sent, and the pickup in {c} is booked with window {n}",
    ],
];
const FOLLOW_UPS: [Said; 5] = [
    [
        "Customer: It has been {n} days now and nobody has answered me, please call me before Friday.",
        "After {n} days nobody has answered, and the customer wants a call before Friday",
    ],
    [
        "Customer: I sent everything yesterday. Can I use the device until the case is decided?",
        "The customer sent everything and asks whether the device can be used until the case is decided",
    ],
    [
        "Customer: The replacement is fine, but I need a written confirmation for my records.",
        "The replacement is fine for the customer, who needs a written confirmation",
    ],
    [
        "Customer: I would rather have the {a} EUR back than wait any longer.",
        "The customer would rather have the {a} EUR back than wait any longer",
    ],
    [
        "Customer: The carrier now says the parcel is in {c}, and the page shows an error when I choose a day.",
        "The carrier says the parcel is in {c}, and the page shows an error when a day is chosen",
    ],
];
const NOTES: [&str; 6] = [
    "Internal note: the customer has been with us for several years and usually writes in the evening.",
    "Internal note: second contact this month, first one was about a filter.",
    "Internal note: device registered in the app, firmware current.",
    "Internal note: carrier informed by form, no reply yet.",
    "Internal note: handled by the evening shift, shift lead knows about it.",
    "Internal note: invoice was sent again on request.",
];

/// A ticket and the summary a careful colleague would write.
pub(in crate::demo) struct Ticket {
    pub(in crate::demo) text: String,
    pub(in crate::demo) summary: [String; 3],
}

pub(in crate::demo) fn ticket(dice: &mut Dice) -> Ticket {
    let order = order_id(dice);
    let date = format!("{} {}", dice.range(1, 28), dice.pick(&["April", "May", "June"]));
    let amount = format!("{}.{:02}", dice.range(19, 480), dice.range(0, 99));
    let count = dice.range(2, 9).to_string();
    let slots = [
        ("p", *dice.pick(&PRODUCTS)),
        ("o", &order),
        ("d", &date),
        ("a", &amount),
        ("n", &count),
        ("c", *dice.pick(&CITIES)),
    ];
    let mut ticket = Ticket { text: String::with_capacity(700), summary: Default::default() };
    let parts = [dice.pick(&OPENINGS), dice.pick(&REPLIES), dice.pick(&FOLLOW_UPS)];
    for ([said, summary], line) in parts.into_iter().zip(&mut ticket.summary) {
        fill(&mut ticket.text, said, &slots);
        ticket.text.push('\n');
        fill(line, summary, &slots);
    }
    let note = *dice.pick(&NOTES);
    ticket.text.push_str(note);
    ticket
}

/// Sentences that are in no ticket.
const INVENTED: [&str; 4] = [
    "A supervisor in Philadelphia granted a goodwill voucher of {n} dollars",
    "The lawyer of the neighbour threatened to sue over {n} crowns",
    "Technician Halvorsen visited twice and replaced module {n}",
    "Marketing promised a lifetime membership under reference {n}",
];

/// Appends a sentence that is in no ticket.
pub(in crate::demo) fn invent(out: &mut String, dice: &mut Dice) {
    let n = dice.range(131, 979).to_string();
    let pattern = *dice.pick(&INVENTED);
    fill(out, pattern, &[("n", &n)]);
}

pub(in crate::demo) fn order_id(dice: &mut Dice) -> String {
    format!("ORD-{}", dice.range(100_000, 999_999))
}

/// The queues and what people write to them.
pub(in crate::demo) const INTENTS: [(&str, f64, [&str; 3]); 8] = [
    (
        "billing",
        0.18,
        [
            "Why was I charged {n} EUR twice for the {p}?",
            "The invoice for my {p} shows a wrong amount, {n} EUR too much.",
            "Please send me the receipt over {n} EUR for the {p} again.",
        ],
    ),
    (
        "delivery",
        0.22,
        [
            "Where is my {p}? It should have been here {n} days ago.",
            "The tracking for the {p} has not moved for {n} days.",
            "Can the {p} be delivered after {n} o'clock?",
        ],
    ),
    (
        "returns",
        0.16,
        [
            "I want to return the {p} I got {n} days ago.",
            "How do I get a label to send the {p} back? It is day {n}.",
            "The {p} is too big, I opened it {n} days ago, can it go back?",
        ],
    ),
    (
        "technical",
        0.18,
        [
            "My {p} shows error {n} and stops.",
            "The {p} does not connect since update {n}.",
            "After {n} minutes the {p} gets very hot, is that normal?",
        ],
    ),
    (
        "account",
        0.09,
        [
            "I cannot log in to register the {p}, attempt {n} failed.",
            "Please merge my {n} accounts, the {p} is in the wrong one.",
            "How do I change the name on my account with the {p}?",
        ],
    ),
    (
        "complaint",
        0.07,
        [
            "This is the {n}th time I write about the {p} and nobody answers.",
            "I am very unhappy with how the {p} was handled, {n} weeks now.",
            "Your hotline hung up on me {n} times about the {p}.",
        ],
    ),
    (
        "cancellation",
        0.06,
        [
            "Cancel my order of the {p} placed {n} hours ago.",
            "Please stop the subscription for the {p} from week {n}.",
            "I ordered the {p} {n} times by mistake, cancel one.",
        ],
    ),
    (
        "other",
        0.04,
        [
            "Do you sell the {p} to schools, about {n} pieces?",
            "Is there a job opening in the {p} team, reference {n}?",
            "Who designed the {p}? We are {n} students writing about it.",
        ],
    ),
];

const ASIDES: [&str; 8] = [
    " I have been waiting all day.",
    " I already looked at the help pages and found nothing that fits.",
    " The device is for my parents, who live in another town.",
    " I would like an answer today, because we leave for a trip tomorrow morning.",
    " I tried it with another socket as well and it made no difference at all.",
    " Thank you in advance for your help.",
    " A friend has the same one and has never had this.",
    " I can send pictures if that helps you to find out what happened.",
];

/// A message of an intent, with `asides` further sentences.
pub(in crate::demo) fn message(dice: &mut Dice, intent: usize, asides: usize) -> String {
    let (_, _, patterns) = super::super::dice::nth(&INTENTS, intent as u64);
    let number = dice.range(2, 48).to_string();
    let mut text = String::with_capacity(80 + asides * 60);
    let pattern = *dice.pick(patterns);
    fill(&mut text, pattern, &[("p", *dice.pick(&PRODUCTS)), ("n", &number)]);
    for _ in 0..asides {
        let aside = *dice.pick(&ASIDES);
        text.push_str(aside);
    }
    text
}

/// What the order agent is asked to do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::demo) enum Errand {
    Status,
    Refund,
    Address,
    Cancel,
}

/// Appends the customer's request.
pub(in crate::demo) fn request(out: &mut String, dice: &mut Dice, errand: Errand, order: &str) {
    let patterns: &[&str] = match errand {
        Errand::Status => &[
            "Where is my order {o} with the {p}?",
            "Can you tell me when {o} arrives? It is a {p}.",
        ],
        Errand::Refund => &[
            "The {p} from order {o} came damaged, I want my money back.",
            "Please refund order {o}, the {p} never arrived.",
        ],
        Errand::Address => &[
            "Please send order {o} with the {p} to a pickup point in {c} instead.",
            "I will be away, can {o} go to the shop in {c}? It is the {p}.",
        ],
        Errand::Cancel => &[
            "Cancel order {o}, I do not need the {p} any more.",
            "I ordered the {p} twice, please cancel {o}.",
        ],
    };
    let pattern = *dice.pick(patterns);
    let slots = [("o", order), ("p", *dice.pick(&PRODUCTS)), ("c", *dice.pick(&CITIES))];
    fill(out, pattern, &slots);
}
