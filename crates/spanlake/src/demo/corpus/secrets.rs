//! Invented secrets and personal data for inputs. Every one is put together at run time, so that no
//! text that looks like a secret is in the source.

use crate::demo::dice::Dice;

/// Appends a sentence that carries one secret or personal datum.
pub(in crate::demo) fn leak(out: &mut String, dice: &mut Dice) {
    let (before, secret) = match dice.range(0, 6) {
        0 => {
            ("My api key is ", [&["s", "k"].concat(), "-", "proj", "-", &mixed(dice, 40)].concat())
        }
        1 => ("I used the token ", [&["gh", "p"].concat(), "_", &mixed(dice, 36)].concat()),
        2 => (
            "Our access key ",
            [&["AK", "IA"].concat(), dice.word(16).to_uppercase().as_str()].concat(),
        ),
        3 => ("Write to me at ", email(dice)),
        4 => ("Call me on ", phone(dice)),
        5 => ("My card is ", card(dice)),
        _ => (
            "Please log in with password: ",
            [dice.word(6).as_str(), "Q!", &dice.word(5), "7"].concat(),
        ),
    };
    out.push(' ');
    out.push_str(before);
    out.push_str(&secret);
    out.push_str(" if you need it.");
}

/// Letters of both cases and digits.
fn mixed(dice: &mut Dice, length: usize) -> String {
    let mut word = dice.word(length);
    let bits = dice.bits();
    word = word
        .chars()
        .enumerate()
        .map(|(at, c)| if bits >> (at % 64) & 1 == 1 { c.to_ascii_uppercase() } else { c })
        .collect();
    word
}

fn email(dice: &mut Dice) -> String {
    let name = *dice.pick(&["marta", "jonas", "lucia", "pieter", "aoife", "tomasz"]);
    let family = *dice.pick(&["keller", "silva", "jansen", "nowak", "byrne", "lindqvist"]);
    let host = *dice.pick(&["mailbox", "postfach", "correo", "inbox"]);
    format!("{name}.{family}{}{}{host}-online.net", dice.range(1, 99), '@')
}

fn phone(dice: &mut Dice) -> String {
    format!("+49 30 {} {}", dice.range(2000, 9999), dice.range(1000, 9999))
}

/// A card number with a valid check digit.
fn card(dice: &mut Dice) -> String {
    let mut digits: Vec<i64> = vec![4];
    digits.extend((0..14).map(|_| dice.range(0, 9)));
    let sum: i64 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let doubled = if at % 2 == 0 { digit * 2 } else { *digit };
            if doubled > 9 { doubled - 9 } else { doubled }
        })
        .sum();
    digits.push((10 - sum % 10) % 10);
    let text: String = digits.iter().map(ToString::to_string).collect();
    text.as_bytes()
        .chunks(4)
        .map(|group| String::from_utf8_lossy(group))
        .collect::<Vec<_>>()
        .join(" ")
}
