//! Policies: what they accept, what they say when they refuse, what they do.

use spanlake_redact::{Action, Class, HmacKey, Policy, RedactError, Redactor, TextMode};

const POLICY: &str = r#"
[actions]
email = "keep"
phone = "drop"
employee_id = "pseudonym"

[[detectors]]
name = "employee_id"
pattern = 'EMP-[0-9]{6}'

[fields]
never_store = ["http.request.body"]
"#;

#[test]
fn actions_detectors_and_fields_apply() {
    let key = HmacKey::new(b"0123456789abcdef").unwrap();
    let redactor = Redactor::new(Policy::from_toml(POLICY).unwrap(), Some(key)).unwrap();
    let text =
        r#"{"http.request.body":"anything","t":"EMP-123456 jo@example.org +44 20 7946 0465."}"#;
    let (redacted, counts) = redactor.redact_text(text, TextMode::Json);
    let token = redactor.pseudonym("", &Class::Custom("employee_id".into()), "EMP-123456").unwrap();
    assert_eq!(redacted, format!(r#"{{"http.request.body":"","t":"{token} jo@example.org ."}}"#));
    assert_eq!(counts.len(), 3);
}

#[test]
fn errors_name_the_place() {
    let error = |text: &str| Policy::from_toml(text).unwrap_err();
    let shown = error("[actions]\nemail = \"maks\"\n").to_string();
    assert!(shown.contains("line 2") && shown.contains("pseudonym"), "{shown}");
    assert!(matches!(error("[action]\n"), RedactError::PolicySyntax { line: 1, .. }));
    assert!(matches!(error("[actions]\nemial = \"mask\"\n"), RedactError::UnknownClass { .. }));
    let bad = "[[detectors]]\nname = \"x\"\npattern = \"(\"\n";
    assert!(matches!(error(bad), RedactError::BadPattern { .. }));
    assert!(matches!(HmacKey::new(b"short"), Err(RedactError::ShortKey { bytes: 5 })));
}

#[test]
fn the_version_names_what_a_policy_does() {
    let default = Policy::default_policy().version();
    assert_eq!(default.len(), 12);
    assert_eq!(Policy::from_toml("").unwrap().version(), default);
    assert_eq!(Policy::from_toml("[actions]\nemail = \"pseudonym\"\n").unwrap().version(), default);
    assert_ne!(Policy::from_toml("[actions]\nemail = \"keep\"\n").unwrap().version(), default);
    assert_eq!(Policy::none().version(), "none");
    let none = Redactor::new(Policy::none(), None).unwrap();
    assert_eq!(none.redact_text("jo@example.org", TextMode::Plain).0, "jo@example.org");
}

#[test]
fn explain_lists_class_detector_and_action() {
    let redactor = Redactor::new(Policy::default_policy(), None).unwrap();
    assert!(redactor.warning().is_some());
    let (text, findings) = redactor.explain("jo@example.org and al@example.org", TextMode::Plain);
    assert_eq!(text, "<EMAIL> and <EMAIL>");
    let found: Vec<_> =
        findings.iter().map(|f| (&f.class, f.detector.as_str(), f.action, f.count)).collect();
    assert_eq!(found, [(&Class::Email, "email", Action::Mask, 2)]);
}
