//! Batches: what the store receives.

use spanlake_model::{PayloadRow, Rows, SpanBatch, SpanRow};
use spanlake_redact::{Class, Policy, RedactedBatch, Redactor, TextMode, strip_binary};

use crate::{keyed, planted, sets};

fn batch(secret: &str) -> SpanBatch {
    let span = SpanRow {
        trace_id: "0af7651916cd43dd8448eb211c80319c".into(),
        span_id: "b7ad6b7169203331".into(),
        tenant_id: Some("acme".into()),
        user_id: Some("jo@example.org".into()),
        name: "chat gpt-4o-2024-08-06".into(),
        status_message: Some(format!("failed with {secret}")),
        attributes: Some(serde_json::json!({"note": secret, "http.port": 443}).to_string()),
        input_preview: Some(format!("{} {secret}", "word ".repeat(98))),
        request_model: Some("gpt-4o-2024-08-06".into()),
        ..SpanRow::default()
    };
    let payload = PayloadRow {
        trace_id: span.trace_id.clone(),
        span_id: span.span_id.clone(),
        tenant_id: span.tenant_id.clone(),
        input_messages: Some(
            serde_json::json!([{"role": "user", "content": format!("use {secret}")}]).to_string(),
        ),
        output_text: Some(format!("I will not repeat {secret}.")),
        ..PayloadRow::default()
    };
    SpanBatch { spans: vec![span], payloads: vec![payload], ..SpanBatch::default() }
}

/// A batch remembers texts in which nothing was found. The labelled lines, whole and in short
/// pieces, each under two kinds of column and again later in the batch.
#[test]
fn what_a_batch_remembers_changes_nothing() {
    let redactor = keyed();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let lines = ["lines.jsonl.gz", "lines_2.jsonl.gz", "lines_3.jsonl.gz"]
        .into_iter()
        .flat_map(|name| sets::read(&folder.join(name)));
    let mut texts = Vec::new();
    for line in lines {
        let text = line["text"].as_str().unwrap().to_owned();
        texts.extend(text.split(' ').map(str::to_owned));
        texts.push(text.chars().take(40).collect());
        texts.push(text);
    }
    let again = texts.clone();
    texts.extend(again);
    let span = |text: &String| SpanRow {
        tenant_id: Some("acme".into()),
        status_message: Some(text.clone()),
        request_model: Some(text.clone()),
        ..SpanRow::default()
    };
    let spans = texts.iter().map(span).collect();
    let rows = redactor.redact(SpanBatch { spans, ..SpanBatch::default() }).into_rows();
    let Some(Rows::Spans(spans)) = rows.last() else { panic!("spans come last") };
    assert_eq!(spans.len(), texts.len());
    for (span, text) in spans.iter().zip(&texts) {
        let long = text.len() >= 64;
        let kept = if long { strip_binary(text, None).0 } else { text.as_str().into() };
        if kept == text.as_str() {
            let alone = redactor.redact_text_for("acme", text, TextMode::Json).0;
            assert_eq!(span.status_message.as_deref(), Some(&*alone));
        }
        let alone = redactor.redact_text_for("acme", text, TextMode::Identifier).0;
        assert_eq!(span.request_model.as_deref(), Some(&*alone));
    }
}

#[test]
fn every_text_is_redacted_and_counted() {
    let redactor = keyed();
    for secret in planted() {
        let redacted = redactor.redact(batch(&secret));
        assert_eq!(redacted.len(), 2);
        for rows in redacted.rows() {
            assert!(!serde_json::to_string(rows).unwrap().contains(&secret));
        }
        assert!(!format!("{redacted:?}").contains("acme"));
        let rows = redacted.into_rows();
        let Some(Rows::Spans(spans)) = rows.last() else { panic!("spans come last") };
        let span = spans.first().unwrap();
        assert_eq!(span.policy_version, redactor.policy_version());
        assert_eq!(span.user_id, redactor.pseudonym("acme", &Class::Email, "jo@example.org"));
        assert_eq!(span.request_model.as_deref(), Some("gpt-4o-2024-08-06"));
        assert!(span.input_preview.as_ref().unwrap().chars().count() <= 500);
        let fields: Vec<_> = span.redactions.iter().filter_map(|r| r.field.as_deref()).collect();
        for field in ["user_id", "status_message", "attributes", "input_messages", "output_text"] {
            assert!(fields.contains(&field), "{field} is not in {fields:?}");
        }
        // Rows read back are taken as they are.
        let again = RedactedBatch::from_replay(rows.clone());
        assert_eq!(again.rows(), rows.as_slice());
    }
}

#[test]
fn the_policy_none_stamps_its_name() {
    let none = Redactor::new(Policy::none(), None).unwrap();
    let rows = none.redact(batch("jo@example.org")).into_rows();
    let Some(Rows::Spans(spans)) = rows.last() else { panic!("spans come last") };
    let span = spans.first().unwrap();
    assert_eq!((span.policy_version.as_str(), span.redactions.len()), ("none", 0));
    assert_eq!(span.user_id.as_deref(), Some("jo@example.org"));
}

#[test]
fn binary_parts_keep_hash_size_and_type() {
    let body: String = "iVBORw0KGgoAAAANSUhEUgAAB9x8Kq3Zp7".chars().cycle().take(1200).collect();
    let image =
        serde_json::json!([{"type": "image_url", "url": format!("data:image/png;base64,{body}")}]);
    let payload = PayloadRow { input_messages: Some(image.to_string()), ..PayloadRow::default() };
    let rows = keyed().redact_rows(Rows::Payloads(vec![payload]));
    let Rows::Payloads(rows) = rows else { panic!("payloads stay payloads") };
    let text = rows.first().unwrap().input_messages.clone().unwrap();
    assert!(text.contains("binary:image/png;bytes=900;hmac="), "{text}");
    assert!(text.len() < 200 && serde_json::from_str::<serde_json::Value>(&text).is_ok());
}

#[test]
fn counts_of_a_payload_reach_its_span_in_whatever_batch_it_comes() {
    let redactor = keyed();
    let said = |rows: Vec<Rows>| -> Vec<(bool, Vec<(String, i64)>)> {
        let spans = rows.into_iter().find_map(|rows| match rows {
            Rows::Spans(spans) => Some(spans),
            _ => None,
        });
        let counts = |span: &SpanRow| {
            let named =
                |r: &spanlake_model::Redaction| (r.field.clone().unwrap(), r.count.unwrap());
            span.redactions.iter().map(named).filter(|(field, _)| field != "user_id").collect()
        };
        spans.unwrap().iter().map(|span| (span.is_final, counts(span))).collect()
    };
    let of = |field: &str, n| (field.to_owned(), n);

    // Alone: a contribution to the span carries them.
    let mut alone = batch("jo@example.org");
    let span = alone.spans.pop().unwrap();
    let rows = redactor.redact(alone).into_rows();
    let expected = vec![of("input_messages", 1), of("output_text", 1)];
    assert_eq!(said(rows.clone()), [(false, expected.clone())]);
    let contribution = rows.into_iter().find_map(|rows| match rows {
        Rows::Spans(mut spans) => spans.pop(),
        _ => None,
    });
    let contribution = contribution.unwrap();
    assert_eq!((contribution.trace_id, contribution.span_id), (span.trace_id, span.span_id));
    assert!(contribution.tenant_id.is_none() && contribution.name.is_empty());

    // Sent twice in one batch: removed once. A log record's payload beside the span's own: each
    // keeps its counts, and the store unites them.
    let mut twice = batch("jo@example.org");
    twice.payloads.push(twice.payloads.first().unwrap().clone());
    twice.spans.first_mut().unwrap().is_final = true;
    let mut logged = twice.spans.first().unwrap().clone();
    (logged.is_final, logged.status_message, logged.attributes) = (false, None, None);
    logged.input_preview = None;
    twice.spans.push(logged);
    let mut own = PayloadRow {
        output_text: Some("to jo@example.org, jo@example.org".into()),
        ..twice.payloads.first().unwrap().clone()
    };
    (own.is_final, own.input_messages) = (true, None);
    twice.payloads.push(own);
    let rows = said(redactor.redact(twice).into_rows());
    let full = rows.first().unwrap();
    assert!(full.0 && full.1.contains(&of("output_text", 2)), "{full:?}");
    assert!(!full.1.iter().any(|(field, _)| field == "input_messages"), "{full:?}");
    assert_eq!(rows.get(1).unwrap(), &(false, expected));
}
