//! What the crate promises, checked from outside.

#![expect(clippy::unwrap_used, reason = "tests")]

mod batch;
mod json;
mod long;
mod policy;
mod properties;
mod pseudonyms;
mod sets;
mod styles;
mod surroundings;

use spanlake_redact::{HmacKey, Policy, Redactor};

/// The default policy without a key.
fn masks() -> Redactor {
    Redactor::new(Policy::default_policy(), None).unwrap()
}

/// The default policy with a key.
fn keyed() -> Redactor {
    let key = HmacKey::new(b"a key that only these tests use").unwrap();
    Redactor::new(Policy::default_policy(), Some(key)).unwrap()
}

/// Secrets are put together at run time: a scanner would take them for real ones.
fn planted() -> Vec<String> {
    let hex = "4f9d0c62ab8713e5d0694be27ac1580f";
    let body = "Zq7Lw2Xk9Vb4Nm8Rt3Yc6Hd1Jf5Gs0PaEuTi";
    vec![
        ["ghp", "_", body].concat(),
        ["sk-ant", "-api03-", body, "-", body].concat(),
        ["AK", "IA", "Q7LW2XK9VB4NM8RT"].concat(),
        ["xox", "b-", "593163986838-652434496234-", "Lk57xSuxg8YTZsM21Fbq9wbl"].concat(),
        ["dop", "_v1_", hex, hex].concat(),
        ["gl", "pat-", "zT7Uq2nK9xs4yoAwuKd1"].concat(),
        ["hf", "_", "QkhqsytRmXWqTNPiVUQdBAXzYWaKqFOF9a"].concat(),
        ["AI", "za", "SyB4sU8lU15bR87qNb7eUVQN72vv8mpbU_x"].concat(),
        "jo.bloggs@mail.example.org".to_owned(),
        "4111 1111 1111 1111".to_owned(),
        "+44 20 7946 0465".to_owned(),
        "GB33BUKB20201555555555".to_owned(),
        "203.0.113.77".to_owned(),
        "536-22-4571".to_owned(),
    ]
}
