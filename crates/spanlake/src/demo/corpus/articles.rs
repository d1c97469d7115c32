//! The help centre: every product has an article on every topic, of facts that stay the same.

use super::{CITIES, PRODUCTS, fill};
use crate::demo::dice::{Dice, mix, nth};

/// A fact as the article states it, as answers restate it, and the question it answers.
struct Fact {
    question: &'static str,
    article: &'static str,
    answers: [&'static str; 2],
    /// Range of the number `{a}`; `{b}` is drawn from 2 to 9.
    numbers: (u64, u64),
}

const fn fact(
    question: &'static str,
    article: &'static str,
    answers: [&'static str; 2],
    numbers: (u64, u64),
) -> Fact {
    Fact { question, article, answers, numbers }
}

struct Topic {
    name: &'static str,
    intro: &'static str,
    facts: [Fact; 3],
}

/// A retrieved passage.
pub(in crate::demo) struct Passage {
    topic: u64,
    product: u64,
    pub(in crate::demo) score: f64,
}

/// What a customer wants to know.
#[derive(Clone, Copy)]
pub(in crate::demo) struct Question {
    topic: u64,
    product: u64,
    fact: u64,
}

const TOPICS: [Topic; 10] = [
    Topic {
        name: "returns",
        intro: "This article explains how to return the {p}.",
        facts: [
            fact(
                "How long do I have to return my {p}?",
                "The {p} can be returned within {a} days of delivery if the original packaging is included.",
                [
                    "You can return the {p} within {a} days of delivery if the original packaging is included",
                    "Returns of the {p} are possible within {a} days of delivery, with the original packaging included",
                ],
                (14, 60),
            ),
            fact(
                "Who pays for sending the {p} back?",
                "Return shipping for the {p} is free for orders above {a} EUR and costs {b} EUR otherwise.",
                [
                    "Return shipping is free for orders above {a} EUR and costs {b} EUR otherwise",
                    "Sending the {p} back is free for orders above {a} EUR; otherwise return shipping costs {b} EUR",
                ],
                (30, 90),
            ),
            fact(
                "When do I get my money back for the {p}?",
                "The refund is paid {a} working days after the warehouse in {c} has received the parcel.",
                [
                    "The refund is paid {a} working days after the {c} warehouse has received the parcel",
                    "Once the warehouse in {c} has received the parcel, the refund is paid after {a} working days",
                ],
                (3, 14),
            ),
        ],
    },
    Topic {
        name: "warranty",
        intro: "The warranty of the {p} begins on the day of delivery.",
        facts: [
            fact(
                "How long is the warranty of the {p}?",
                "The {p} has a warranty of {a} months that covers the motor and the electronics.",
                [
                    "The warranty of the {p} is {a} months and covers the motor and the electronics",
                    "The {p} has a warranty of {a} months for the motor and the electronics",
                ],
                (12, 60),
            ),
            fact(
                "Does the warranty of the {p} cover accidents?",
                "Damage from falls or liquids is not covered, but a repair is offered at a fixed price of {a} EUR.",
                [
                    "Damage from falls or liquids is not covered, but a repair is offered at a fixed price of {a} EUR",
                    "Falls or liquids are not covered; a repair is offered at a fixed price of {a} EUR",
                ],
                (25, 120),
            ),
            fact(
                "What do I need to claim the warranty of my {p}?",
                "A claim needs the serial number, {b} photos of the damage and the invoice, sent to the service centre in {c}.",
                [
                    "A claim needs the serial number, {b} photos of the damage and the invoice, sent to the service centre in {c}",
                    "Send the serial number, {b} photos of the damage and the invoice to the service centre in {c}",
                ],
                (1, 9),
            ),
        ],
    },
    Topic {
        name: "cleaning",
        intro: "Regular cleaning keeps the {p} working well.",
        facts: [
            fact(
                "How often should I clean the {p}?",
                "The {p} should be cleaned every {a} hours of use with a damp cloth and a mild detergent.",
                [
                    "Clean the {p} every {a} hours of use with a damp cloth and a mild detergent",
                    "The {p} should be cleaned with a damp cloth and a mild detergent every {a} hours of use",
                ],
                (10, 80),
            ),
            fact(
                "How do I descale the {p}?",
                "Descaling takes {a} minutes with {b} spoons of citric acid dissolved in warm water.",
                [
                    "Descaling takes {a} minutes with {b} spoons of citric acid dissolved in warm water",
                    "Dissolve {b} spoons of citric acid in warm water; descaling takes {a} minutes",
                ],
                (10, 45),
            ),
            fact(
                "Can parts of the {p} go into the dishwasher?",
                "The removable tray may go into the dishwasher at up to {a} degrees, the base must never be immersed.",
                [
                    "The removable tray may go into the dishwasher at up to {a} degrees, but the base must never be immersed",
                    "Only the removable tray may go into the dishwasher, at up to {a} degrees; never immerse the base",
                ],
                (40, 65),
            ),
        ],
    },
    Topic {
        name: "delivery",
        intro: "The {p} is delivered from our European warehouses.",
        facts: [
            fact(
                "How long does delivery of the {p} take?",
                "Standard delivery of the {p} from {c} takes {b} working days.",
                [
                    "Standard delivery of the {p} from {c} takes {b} working days",
                    "The {p} ships from {c}, and standard delivery takes {b} working days",
                ],
                (1, 9),
            ),
            fact(
                "Can I get the {p} faster?",
                "Express delivery costs {a} EUR and is available for orders placed before {b} pm.",
                [
                    "Express delivery costs {a} EUR and is available for orders placed before {b} pm",
                    "For {a} EUR, express delivery is available if the order is placed before {b} pm",
                ],
                (9, 29),
            ),
            fact(
                "What happens if nobody is home when the {p} arrives?",
                "The carrier tries {b} times and then keeps the parcel at a pickup point for {a} days.",
                [
                    "The carrier tries {b} times and then keeps the parcel at a pickup point for {a} days",
                    "After {b} tries the carrier keeps the parcel at a pickup point for {a} days",
                ],
                (5, 21),
            ),
        ],
    },
    Topic {
        name: "error-codes",
        intro: "The display of the {p} shows a code when something is wrong.",
        facts: [
            fact(
                "My {p} shows code E{b}, what does it mean?",
                "Code E{b} means that the sensor is dirty and goes away after {a} seconds without power.",
                [
                    "Code E{b} means that the sensor is dirty; it goes away after {a} seconds without power",
                    "The sensor is dirty when code E{b} is shown, and the code goes away after {a} seconds without power",
                ],
                (20, 120),
            ),
            fact(
                "Why does the {p} switch itself off?",
                "The {p} switches off when its inside is warmer than {a} degrees and starts again after cooling down.",
                [
                    "The {p} switches off when its inside is warmer than {a} degrees and starts again after cooling down",
                    "It switches off when the inside of the {p} is warmer than {a} degrees, and starts again after cooling down",
                ],
                (70, 130),
            ),
            fact(
                "How do I reset the {p}?",
                "Hold the power button of the {p} for {b} seconds until the light blinks twice to reset it.",
                [
                    "Hold the power button of the {p} for {b} seconds until the light blinks twice",
                    "To reset the {p}, hold the power button for {b} seconds until the light blinks twice",
                ],
                (1, 9),
            ),
        ],
    },
    Topic {
        name: "spare-parts",
        intro: "Spare parts for the {p} are kept in stock for years.",
        facts: [
            fact(
                "How long are spare parts for the {p} available?",
                "Spare parts for the {p} are available for {a} years after the last unit is sold.",
                [
                    "Spare parts for the {p} are available for {a} years after the last unit is sold",
                    "For {a} years after the last unit is sold, spare parts for the {p} are available",
                ],
                (5, 15),
            ),
            fact(
                "Which filter fits the {p}?",
                "The {p} takes filter F{a}, which is sold in packs of {b}.",
                [
                    "The {p} takes filter F{a}, which is sold in packs of {b}",
                    "Filter F{a} fits the {p}; it is sold in packs of {b}",
                ],
                (100, 900),
            ),
            fact(
                "Can I repair the {p} myself?",
                "The cover is held by {b} screws, and the repair guide names every step up to the drive belt.",
                [
                    "Yes: the cover is held by {b} screws, and the repair guide names every step up to the drive belt",
                    "The repair guide names every step up to the drive belt; the cover is held by {b} screws",
                ],
                (1, 9),
            ),
        ],
    },
    Topic {
        name: "energy",
        intro: "This article lists the power consumption of the {p}.",
        facts: [
            fact(
                "How much power does the {p} use?",
                "The {p} uses {a} watts in normal operation and {b} watts in standby.",
                [
                    "The {p} uses {a} watts in normal operation and {b} watts in standby",
                    "In normal operation the {p} uses {a} watts, in standby {b} watts",
                ],
                (40, 1800),
            ),
            fact(
                "Does the {p} have an eco mode?",
                "The eco mode lowers the consumption by {a} percent and is set with the leaf button.",
                [
                    "The eco mode is set with the leaf button and lowers the consumption by {a} percent",
                    "Yes, the eco mode lowers the consumption by {a} percent and is set with the leaf button",
                ],
                (12, 48),
            ),
            fact(
                "Can I use the {p} abroad?",
                "The {p} works with 220 to 240 volts, and an adapter for {a} volts is sold in the {c} store.",
                [
                    "The {p} works with 220 to 240 volts; an adapter for {a} volts is sold in the {c} store",
                    "It works with 220 to 240 volts, and the {c} store sells an adapter for {a} volts",
                ],
                (100, 127),
            ),
        ],
    },
    Topic {
        name: "subscription",
        intro: "Consumables for the {p} can be ordered as a subscription.",
        facts: [
            fact(
                "How do I cancel the subscription for my {p}?",
                "The subscription can be cancelled {a} days before the next delivery in the account settings.",
                [
                    "The subscription can be cancelled in the account settings {a} days before the next delivery",
                    "You can cancel the subscription in the account settings until {a} days before the next delivery",
                ],
                (3, 21),
            ),
            fact(
                "Is the subscription for the {p} cheaper?",
                "Subscribers pay {a} percent less for consumables and get every {b}th delivery free.",
                [
                    "Subscribers pay {a} percent less for consumables and get every {b}th delivery free",
                    "Yes, consumables cost subscribers {a} percent less, and every {b}th delivery is free",
                ],
                (5, 25),
            ),
            fact(
                "Can I pause deliveries for the {p}?",
                "Deliveries can be paused for up to {a} weeks without losing the discount.",
                [
                    "Deliveries can be paused for up to {a} weeks without losing the discount",
                    "You can pause deliveries for up to {a} weeks and keep the discount without losing it",
                ],
                (4, 26),
            ),
        ],
    },
    Topic {
        name: "safety",
        intro: "Please read these safety notes before using the {p}.",
        facts: [
            fact(
                "How far from the wall must the {p} stand?",
                "The {p} must stand at least {a} centimetres from walls and curtains.",
                [
                    "The {p} must stand at least {a} centimetres from walls and curtains",
                    "Keep the {p} at least {a} centimetres from walls and curtains",
                ],
                (10, 60),
            ),
            fact(
                "Is the {p} safe for children?",
                "Children above {b} years may use the {p} under supervision, and the child lock holds for {a} minutes.",
                [
                    "Children above {b} years may use the {p} under supervision; the child lock holds for {a} minutes",
                    "Under supervision, children above {b} years may use the {p}, and the child lock holds for {a} minutes",
                ],
                (10, 90),
            ),
            fact(
                "Was the {p} ever recalled?",
                "Units of the {p} made in {c} before week {a} were recalled because of the power cord.",
                [
                    "Units of the {p} made in {c} before week {a} were recalled because of the power cord",
                    "Yes, units made in {c} before week {a} were recalled because of the power cord",
                ],
                (3, 50),
            ),
        ],
    },
    Topic {
        name: "app",
        intro: "The companion app controls the {p} from a phone.",
        facts: [
            fact(
                "How do I connect the {p} to the app?",
                "Press the wireless button of the {p} for {b} seconds and choose the device in the app within {a} seconds.",
                [
                    "Press the wireless button of the {p} for {b} seconds and choose the device in the app within {a} seconds",
                    "Press the wireless button for {b} seconds, then choose the {p} in the app within {a} seconds",
                ],
                (30, 180),
            ),
            fact(
                "Which network does the {p} need?",
                "The {p} needs a 2.4 GHz network and works up to {a} metres from the router.",
                [
                    "The {p} needs a 2.4 GHz network and works up to {a} metres from the router",
                    "A 2.4 GHz network is needed, and the {p} works up to {a} metres from the router",
                ],
                (8, 40),
            ),
            fact(
                "How many people can control one {p}?",
                "Up to {b} accounts can share the {p}, and the owner can remove them in the app after {a} hours.",
                [
                    "Up to {b} accounts can share the {p}, and the owner can remove them in the app after {a} hours",
                    "The {p} can be shared by up to {b} accounts; the owner can remove them in the app after {a} hours",
                ],
                (1, 24),
            ),
        ],
    },
];

/// Sentences that no article supports.
const INVENTED: [&str; 10] = [
    "A courier from {x} collects everything for free before {n} in the morning on Saturdays",
    "You also receive a {n} percent voucher from {x} for the inconvenience",
    "Premium members skip this step and are called back by {x} within {n} minutes",
    "Since last spring {x} handles such cases and adds {n} bonus points to your profile",
    "The manufacturer {x} extends this automatically by {n} quarters after registration",
    "Our partner {x} lends you a substitute device for {n} evenings at no charge",
    "According to a study by {x}, {n} of every hundred households never need this",
    "If you mention code {x}{n} on the hotline, the fee is waived entirely",
    "The {x} branch keeps {n} demonstration units where technicians show the procedure",
    "An insurance by {x} reimburses up to {n} thousand dollars per calendar year",
];
const STRANGERS: [&str; 10] = [
    "Zephyrine",
    "Oakridge Partners",
    "Valmont",
    "Trident Express",
    "Kumquat Labs",
    "Bellweather",
    "Sternhaus",
    "Pacifica",
    "Quadrant Nine",
    "Marlowe",
];

impl Question {
    pub(in crate::demo) fn draw(dice: &mut Dice) -> Self {
        let bits = dice.bits();
        Self { topic: bits % 10, product: (bits >> 8) % 20, fact: (bits >> 16) % 3 }
    }

    pub(in crate::demo) fn topic(&self) -> &'static str {
        nth(&TOPICS, self.topic).name
    }

    pub(in crate::demo) fn text(&self, out: &mut String) {
        let fact = nth(&nth(&TOPICS, self.topic).facts, self.fact);
        state(out, fact.question, self.topic, self.product, self.fact);
    }

    /// The passages a search returns: the right article first, then related ones. `off_topic`
    /// passages are about other products and topics.
    pub(in crate::demo) fn search(&self, dice: &mut Dice, k: u64, off_topic: bool) -> Vec<Passage> {
        let shift = if off_topic { 1 + dice.bits() % 8 } else { 0 };
        let mut score = if off_topic { 0.46 } else { 0.91 } - dice.unit() * 0.06;
        (0..k)
            .map(|rank| {
                let (topic, product) = match (off_topic, rank) {
                    (true, _) => (self.topic + shift + rank, self.product + 3 + shift + rank),
                    (false, 0) => (self.topic, self.product),
                    (false, 1) => (self.topic + 1 + dice.bits() % 9, self.product),
                    (false, _) => (self.topic, self.product + 1 + dice.bits() % 19),
                };
                let passage = Passage { topic: topic % 10, product: product % 20, score };
                score -= 0.03 + dice.unit() * 0.09;
                passage
            })
            .collect()
    }

    /// A sentence that restates the passage's fact.
    pub(in crate::demo) fn answer(
        &self,
        out: &mut String,
        dice: &mut Dice,
        passage: &Passage,
        nth_sentence: u64,
    ) {
        let index = self.fact + nth_sentence;
        let fact = nth(&nth(&TOPICS, passage.topic).facts, index);
        let pattern = *dice.pick(&fact.answers);
        state(out, pattern, passage.topic, passage.product, index % 3);
    }
}

/// Appends an invented sentence.
pub(in crate::demo) fn invent(out: &mut String, dice: &mut Dice) {
    let number = dice.range(131, 979).to_string();
    let pattern = *dice.pick(&INVENTED);
    fill(out, pattern, &[("x", *dice.pick(&STRANGERS)), ("n", &number)]);
}

impl Passage {
    pub(in crate::demo) fn id(&self) -> String {
        let product = nth(&PRODUCTS, self.product).split(' ').next().unwrap_or_default();
        format!("kb-{}-{}", nth(&TOPICS, self.topic).name, product.to_lowercase())
    }

    pub(in crate::demo) fn content(&self, out: &mut String) {
        let topic = nth(&TOPICS, self.topic);
        fill(out, topic.intro, &[("p", *nth(&PRODUCTS, self.product))]);
        for (index, fact) in topic.facts.iter().enumerate() {
            out.push(' ');
            state(out, fact.article, self.topic, self.product, index as u64);
        }
    }
}

/// Fills a pattern with the numbers and places that belong to this fact of this product.
fn state(out: &mut String, pattern: &str, topic: u64, product: u64, fact: u64) {
    let hash = mix(topic * 1000 + product * 10 + fact);
    let (low, high) = nth(&nth(&TOPICS, topic).facts, fact).numbers;
    let number = low + hash % (high - low + 1);
    let digits = (2 + (hash >> 20) % 8).to_string();
    fill(
        out,
        pattern,
        &[
            ("p", *nth(&PRODUCTS, product)),
            ("a", &number.to_string()),
            ("b", &digits),
            ("c", *nth(&CITIES, hash >> 32)),
        ],
    );
}
