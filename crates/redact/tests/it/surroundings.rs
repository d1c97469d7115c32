//! What may stand right before and behind a value: brackets and letters of other scripts, marks of
//! markup, colours of terminals, tables, the words of other languages.

use spanlake_redact::TextMode;

use crate::{masks, planted};

fn redact(text: &str) -> String {
    masks().redact_text(text, TextMode::Json).0.into_owned()
}

fn random() -> String {
    ["Vt8", "kQ2z", "Lm4W", "x9Rb", "7Nc3", "Jd6H"].concat()
}

fn hex() -> String {
    ["9c1f", "e07b", "52d8", "4a36", "b1e9", "08fd", "73c5", "2ea4"].concat()
}

#[test]
fn values_go_between_marks_and_letters_of_any_script() {
    for secret in planted() {
        for (before, after) in [
            ("このトークン「", "」を使う"),
            ("『", "』"),
            ("密钥是", "请"),
            ("คีย์คือ", "ครับ"),
            ("المفتاح ٭", "٭"),
            ("המפתח ", "."),
            ("🔑", "\u{200b}"),
            ("«\u{a0}", "\u{a0}»"),
            ("„", "“"),
            ("\u{1b}[1;31m", "\u{1b}[0m"),
            ("\\u001b[32m", "\\u001b[0m"),
            ("__", "__"),
            ("**", "**"),
            ("a\n-", "\n+"),
            ("Ġ", ""),
            ("<td>", "</td>"),
            ("&quot;", "&quot;"),
        ] {
            let text = redact(&format!("{before}{secret}{after}"));
            assert!(!text.contains(&secret), "{} in `{before}{after}`", &secret[..4]);
        }
    }
}

#[test]
fn secrets_go_in_tables_markup_and_other_languages() {
    let (random, hex) = (random(), hex());
    let word = ["Kestrel", "&", "47Fake"].concat();
    for (value, text) in [
        (&random, format!("| api_key | {random} |")),
        (&random, format!("**API key:** `{random}`")),
        (&hex, format!("my API key is {hex}, does it work?")),
        (&hex, format!("Mein API-Schlüssel ist {hex}.")),
        (&hex, format!("la clave de acceso es {hex}")),
        (&hex, format!("API密钥是{hex}")),
        (&hex, format!("APIキーは{hex}です")),
        (&random, format!("токен доступа: {random}")),
        (&word, format!("รหัสผ่าน: {word}")),
        (&word, format!("**Password:** {word}")),
        (&word, format!("| password | {word} |")),
        (&word, format!("password: |\n  {word}\nhost: x")),
        (&word, format!("--password={word} --user=app")),
        (&word, format!("DB_PASSWORD={word}")),
        (&word, format!("credentials: bob:{word}")),
        (&word, format!("new PasswordAuthentication(\"bob\", \"{word}\")")),
        (&word, format!("get(url, auth=(\"bob\", \"{word}\"))")),
        (&random, format!("response.headers[\"set-cookie\"] = \"sessionid={random}; Path=/\"")),
        (&random, format!("GET /a;jsessionid={random}")),
        (&random, format!("token=/{random}{random}+=").replace("token=/", "token=")),
    ] {
        assert!(!redact(&text).contains(value.as_str()), "{}", text.replace(value, "VALUE"));
    }
    assert_eq!(redact(&format!("a=1&password={word}&user=x")), "a=1&password=<PASSWORD>&user=x");
}

#[test]
fn cards_and_accounts_in_rarer_groups_go() {
    for (value, text) in [
        ("3714 4963 5398 431", "pay with 3714 4963 5398 431 please"),
        ("3056 9309 0259 04", "3056-9309-0259-04".replace('-', " ").as_str()),
        // Examples of the registry of account formats.
        ("MT84MALT011000012345MTLCAST001S", "to MT84MALT011000012345MTLCAST001S, thanks"),
        ("SA03 8000 0000 6080 1016 7519", "to SA03 8000 0000 6080 1016 7519"),
        ("0812345678", "โทร0812345678"),
    ] {
        assert!(!redact(text).contains(value), "{text}");
    }
}

/// What was replaced reads like a tag, and is none.
#[test]
fn what_follows_a_mask_stays() {
    let word = ["Kestrel", "#", "47Fake"].concat();
    assert_eq!(
        redact(&format!("my password is {word} ok thanks")),
        "my password is <PASSWORD> ok thanks"
    );
    assert_eq!(redact(&format!("<password>{word}</password>")), "<password><PASSWORD></password>");
    assert_eq!(redact(&format!("<password>{word}")), "<password><PASSWORD>");
}

#[test]
fn stand_ins_versions_and_rooms_stay() {
    for text in [
        ["AK", "IA", "IOSFODNN7EXAMPLE is the key in the AWS docs"].concat(),
        ["sk-ant", "-api03-", "XXXXXXXXXXXXXXXXXXXX"].concat(),
        "pkg 10.4.0.1-rc2 tagged, then 10.4.0.2+build7".to_owned(),
        "Room 12, Building 4, Level 3".to_owned(),
        "| password | required | text |".to_owned(),
        "| key | value |\n| --- | --- |\n| token | string |".to_owned(),
        "the API key is required; an access token is optional".to_owned(),
        "press the space key 20 times, the primary key is order_items_2024".to_owned(),
        "La clave del éxito es la constancia; clé de sol, clave de sol".to_owned(),
        "主キーは order_items です。キー入力を2回".to_owned(),
        "a_b_c __init__ _private 1_000_000 x_1".to_owned(),
    ] {
        assert_eq!(redact(&text), text);
    }
}
