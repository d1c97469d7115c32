//! Lines in styles that no data set brought: what must go and what must stay.

use spanlake_redact::TextMode;

use crate::masks;

fn gone(value: &str, text: &str) {
    let (redacted, _) = masks().redact_text(text, TextMode::Json);
    assert!(!redacted.contains(value), "`{value}` stays in `{redacted}`");
}

#[test]
fn personal_data_of_many_countries_goes() {
    for (value, text) in [
        ("(0)20 7946 0018", "Ring me on +44 (0)20 7946 0018 after six"),
        ("06 12 34 56 78", "Mon portable : 06 12 34 56 78"),
        ("0176 23456789", "Handy: 0176 23456789"),
        ("912 345 678", "Mi teléfono es 912 345 678"),
        ("98765 43210", "WhatsApp: +91 98765 43210"),
        ("555-0143", "tel 212-555-0143 ext. 9"),
        ("1 98 08 75 056 001", "NIR 1 98 08 75 056 001 42"),
        ("65 929 970 489", "Steuer-ID: 65 929 970 489"),
        ("RSSMRA85T10A562S", "codice fiscale RSSMRA85T10A562S"),
        ("12.345.678-5", "RUT 12.345.678-5"),
        ("111222333", "BSN is 111222333"),
        ("44051401359", "PESEL 44051401359"),
        ("811218-9876", "personnummer 811218-9876"),
        ("131052-308T", "hetu 131052-308T"),
        ("X1234567L", "NIE: X1234567L"),
        ("ABCPE1234F", "PAN ABCPE1234F"),
        ("S1234567D", "NRIC S1234567D"),
        ("123 456 782", "TFN 123 456 782"),
        ("C01X00T47", "Passport no. C01X00T47"),
        ("D1234567", "driver's license: D1234567"),
        ("12-3456789", "EIN 12-3456789"),
        ("QQ 12 34 56 C", "national insurance number QQ 12 34 56 C"),
        ("Baker Street", "I live at 221B Baker Street, London NW1 6XE"),
        ("rue de la Paix", "12 rue de la Paix, 75002 Paris"),
        ("Calle Mayor", "vivo en Calle Mayor 10, 28013 Madrid"),
        ("Hauptstr. 12", "Anschrift: Hauptstr. 12, 10115 Berlin"),
        ("Box 1234", "send it to PO Box 1234, Springfield, IL 62704"),
        ("Evergreen Terrace", "742 Evergreen Terrace, Springfield, OR 97403"),
        ("DE89 3704", "Konto DE89 3704 0044 0532 0130 00"),
        ("2001:db8:85a3", "from 2001:db8:85a3:0:0:8a2e:370:7334"),
        ("10.20.30.40", "ssh 10.20.30.40"),
        ("o'neil", "To: o'neil@mail.example.org"),
    ] {
        gone(value, text);
    }
}

#[test]
fn secrets_in_other_styles_go() {
    let random = ["Vt8", "kQ2z", "Lm4W", "x9Rb", "7Nc3", "Jd6H"].concat();
    let hex = ["9c1f", "e07b", "52d8", "4a36", "b1e9", "08fd", "73c5", "2ea4"].concat();
    for text in [
        format!("export STRIPE_SECRET={random}"),
        format!("x-api-key: {random}"),
        format!("headers = {{'X-Auth-Token': '{random}'}}"),
        format!("https://api.example.com/v1?access_token={random}&x=1"),
        format!("clientSecret: \"{random}\","),
        format!("set API_TOKEN to {random}").replace("set API_TOKEN to", "API_TOKEN ="),
        format!("<apiKey>{random}</apiKey>").replace("<apiKey>", "apiKey: "),
        format!("the api key is {random}, please rotate it"),
        format!("my password is {random}"),
        format!("password: {random}"),
        format!("Passwort lautet {random}"),
        format!("--password {random}"),
        format!("--token={random}"),
        format!("ENCRYPTION_KEY=\"{hex}\""),
        format!("curl -u admin:{random} https://example.com"),
        format!("redis://:{random}@cache:6379/0"),
        format!("jdbc:postgresql://db/app?user=app&password={random}"),
        format!("Cookie: sid={random}; theme=dark"),
        format!("{{\\\"refresh_token\\\": \\\"{random}\\\"}}"),
        format!("\"Authorization\": \"Token {random}\""),
    ] {
        let value = if text.contains(&hex) { &hex } else { &random };
        gone(value, &text);
    }
}

#[test]
fn secrets_behind_escapes_go() {
    let random = ["Vt8", "kQ2z", "Lm4W", "x9Rb", "7Nc3", "Jd6H"].concat();
    for text in [
        format!("next=https%3A%2F%2Fidp%2Ftoken%3Fclient_secret%3D{random}%26x%3D1"),
        format!("form=user%3Dbob%26password%3D{random}"),
        format!("twice=a%253Db%2526access_token%253D{random}"),
        format!("payload=%7B%22password%22%3A%22{random}%22%7D"),
        format!("header=Authorization%3A%20Bearer%20{random}"),
        serde_json::json!({ "url": format!("/cb?u=%3Fapi_key%3D{random}") }).to_string(),
        serde_json::json!({"cookies": {"session": random, "theme": "dark"}}).to_string(),
        serde_json::json!({"cookies": [{"name": "sid", "value": random, "path": "/"}]}).to_string(),
        serde_json::json!({"log": serde_json::json!({"Cookie": format!("sid={random}")}).to_string()})
            .to_string(),
    ] {
        gone(&random, &text);
    }
}

#[test]
fn values_behind_escapes_of_forms_and_pages_go() {
    let word = ["Tr0ub4", "dor9"].concat();
    for (value, text) in [
        ("14155550137", "From=%2B14155550137&To=%2B14155550199"),
        ("14155550199", "From=%2B14155550137&To=%2B14155550199"),
        ("1111", "card=4111%201111%201111%201111"),
        ("1111", "name=Jo&card=4111+1111+1111+1111&cvc="),
        ("1111", "POST /pay card=4111+1111+1111+1111"),
        (&word, &format!("{{&quot;password&quot;:&quot;{word}&quot;}}")),
        (&word, &format!("<input value=&#39;pw&#39; data-x=&#34;password&#x3D;{word}&#34;>")),
        (&word, &format!("body={{\\x22password\\x22:\\x22{word}\\x22}}")),
        ("jane", "jane&#64;example.org"),
        ("jane", "jane&commat;example.org wrote"),
        (&word, &format!("dsn={{\"url\":\"pgsql:\\/\\/app:{word}@db\\/x\"}}")),
    ] {
        gone(value, text);
    }
    for text in [
        "AT&T and R&amp;D &lt;b&gt; 100%25 of 5%",
        "x=a+b&y=1+1 C++ 2+2=4",
        "/^a\\/b\\/c$/.test(path)",
        "see https://example.org/a%20b%20c?q=two+words#top",
    ] {
        assert_eq!(masks().redact_text(text, TextMode::Json).0, text);
    }
}

#[test]
fn words_of_letters_only_go_where_a_name_says_what_they_are() {
    let letters = ["QwErTyUi", "OpAsDf", "GhJkLz"].concat();
    gone(&letters, &format!("authorization: {letters} is mine"));
    let hex = ["9c1f", "e07b", "52d8", "4a36", "b1e9", "08fd", "73c5", "2ea4"].concat();
    gone(&hex, &format!("master.key contains {hex}"));
    gone(&hex, &format!("the client secret for staging is {hex}."));
}

#[test]
fn a_pseudonym_is_of_the_value_that_an_escape_spells() {
    let redactor = crate::keyed();
    let of = |text: &str| redactor.redact_text(text, TextMode::Plain).0.into_owned();
    let plain = of("to=jo@mail.example.org");
    assert_eq!(of("u%3D1%26to%3Djo%40mail.example.org"), plain.replacen("to=", "u%3D1%26to%3D", 1));
}

#[test]
fn secrets_that_programs_are_told_go() {
    let random = ["Vt8", "kQ2z", "Lm4W", "x9Rb", "7Nc3", "Jd6H"].concat();
    let uuid = ["3f2a91c4", "-7b1e-4d", "08-a6c3-", "5e90d1f7b824"].concat();
    for text in [
        format!("client.withApiKey(\"{random}\").build()"),
        format!("builder.password('{random}')"),
        format!("$ wandb login {random}"),
        format!("echo 'bob:{random}' | chpasswd"),
        format!("echo {random} | docker login -u bob --password-stdin"),
        format!("ALTER USER 'bob' IDENTIFIED BY '{random}';"),
        format!("ConvertTo-SecureString -String '{random}' -AsPlainText"),
        format!("http -a bob:{random} POST api.example.com"),
        format!("https://acme.example.net/api/hook?code={random}"),
        format!("https://api.example.com/v1/items?key={uuid}&page=2"),
        format!("Authorization: GenieKey {uuid}"),
    ] {
        gone(if text.contains(&uuid) { &uuid } else { &random }, &text);
    }
}

#[test]
fn addresses_in_lower_case_go_and_sentences_stay() {
    for (value, text) in [
        ("rue des lilas, 69003 lyon", "j'habite au 14 rue des lilas, 69003 lyon"),
        ("place de la mairie 35000 rennes", "12 ter place de la mairie 35000 rennes"),
        (
            "république, 13100 aix-en-provence",
            "27 boulevard de la république, 13100 aix-en-provence",
        ),
        ("rue des lilas", "mon adresse est 14 rue des lilas"),
        ("bahnhofstr. 5, 70173 stuttgart", "bahnhofstr. 5, 70173 stuttgart"),
        ("calle de alcalá 155, 28009 madrid", "calle de alcalá 155, 28009 madrid"),
        ("테헤란로 152", "서울특별시 강남구 테헤란로 152 로 오세요"),
    ] {
        gone(value, text);
    }
    for text in [
        "nous avons marché 20 minutes dans la rue, puis 10000 pas de plus",
        "2 route tables 10000 entries each",
        "3 place names 20000 rows",
        "via api 200 12345 rows",
        "GET /rows?sort_key=3f2a91c4-7b1e-4d08-a6c3-5e90d1f7b824",
        "cache miss key=3f2a91c4-7b1e-4d08-a6c3-5e90d1f7b824",
        "netmask 255.255.255.0",
        "postgres://user:password@localhost/db",
        "client_secret%3D%3Csecret%3E and 100%25 of 5%",
        "getPassword(\"admin\") failed after login 12",
    ] {
        let (redacted, _) = masks().redact_text(text, TextMode::Json);
        assert_eq!(redacted, text);
    }
}

#[test]
fn clean_lines_stay() {
    for text in [
        "The order 20260-11427 ships on 2026-11-24 at 10:33:05.",
        "Scores: 0.9312, 0.8841, 0.7719 over 1200 rows in 35 ms.",
        "Chapter 12 The Way Forward describes 3 ways to drive growth.",
        "Chrome/120.0.0.0 Safari/537.36, app version 10.2.14.3",
        "Use max_tokens=4096 and temperature=0.2; stop_token is unset.",
        "Engineering 101 starts in Spring 2027.",
        "commit 9c1fe07b52d84a36b1e908fd73c52ea4c0ffee12 merged",
        "{\"usage\":{\"prompt_tokens\":8848,\"completion_tokens\":805}}",
        "call_9aKq2ZmXw4Lr7Vb1Nc3Jd6Hs returned 200",
        "resp_68a1f3b2c4d58190a7e6f5d4c3b2a190 took 1532 ms",
        "Please enter your password and press Enter.",
        "The secret to good bread is patience; the key is time.",
        "token = tokenizer.decode(ids[0])",
        "if (password === confirmPassword) return true;",
        "See RFC 9110 section 15.5.2, lines 100-140.",
        "Between 2019-2023 revenue rose from 1200 to 3400 million.",
        "isbn 978-3-16-148410-0",
        "at line 12, column 40 of main.rs:120:15",
        "std::collections::HashMap and a::b::c",
        "The 5 Best Places to visit: 10 Downing was closed.",
    ] {
        let (redacted, _) = masks().redact_text(text, TextMode::Json);
        assert_eq!(redacted, text);
    }
}
