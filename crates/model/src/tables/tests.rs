//! What holds for every row.

use super::*;
use crate::column::{Document, Redaction};
use crate::units::{Day, Micros};
use crate::vocabulary::Kind;
use crate::{Rows, Table};

#[test]
fn every_row_round_trips_through_arrow() {
    let span = SpanRow {
        date: Day(20_000),
        trace_id: "ab".repeat(16),
        kind: Kind::Llm,
        input_tokens: Some(0),
        temperature: Some(0.5),
        is_streaming: Some(false),
        finish_reasons: vec!["stop".into(), "länge".into()],
        redactions: vec![Redaction {
            field: Some("name".into()),
            class: Some("email".into()),
            count: Some(2),
        }],
        start_time: Micros(7),
        ..SpanRow::default()
    };
    let payload = PayloadRow {
        output_text: Some("x".repeat(100)),
        documents: vec![
            Document { id: Some("kb".into()), score: Some(0.25), ..Document::default() },
            Document::default(),
        ],
        ..PayloadRow::default()
    };
    for rows in [
        Rows::Spans(vec![span, SpanRow::default()]),
        Rows::Payloads(vec![payload, PayloadRow::default()]),
    ] {
        let batch = rows.to_batch().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(rows.table().read_rows(&batch, 0..rows.len()), rows);
    }
    for table in Table::ALL {
        let batch = Rows::empty(*table).to_batch().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(batch.schema(), table.schema());
    }
}

#[test]
fn a_later_contribution_wins_where_it_says_something() {
    let mut row = SpanRow {
        input_tokens: Some(5),
        user_id: Some("u".into()),
        kind: Kind::Llm,
        ..SpanRow::default()
    };
    row.merge(SpanRow { input_tokens: Some(7), is_final: true, ..SpanRow::default() });
    assert_eq!((row.input_tokens, row.user_id.as_deref()), (Some(7), Some("u")));
    assert!(row.is_final && row.kind == Kind::Llm);
}

#[test]
fn columns_are_set_from_json() {
    let mut row = SpanRow::default();
    assert_eq!(row.set_json("start_time", &"2026-11-24T00:00:00Z".into()), Ok(()));
    assert_eq!(row.start_time.day().iso(), "2026-11-24");
    assert_eq!(row.set_json("attributes", &serde_json::json!({"a": 1})), Ok(()));
    assert_eq!(row.attributes.as_deref(), Some(r#"{"a":1}"#));
    assert_eq!(row.set_json("nothing", &1.into()), Err(None));
    assert_eq!(row.set_json("input_tokens", &"many".into()), Err(Some("Int64".into())));
}
