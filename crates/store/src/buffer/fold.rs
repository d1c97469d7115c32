//! How contributions to one row become one row.
//!
//! A final contribution beats a partial one, which then only fills gaps; among equals the later
//! one's values win where it says something. Nothing is ever summed, so a repeated contribution
//! changes nothing.

use spanlake_model::{PayloadRow, Redaction, SpanRow};

use crate::key::Version;

/// A row that several contributions can describe.
pub(crate) trait Foldable: Clone + PartialEq {
    fn ids(&self) -> (&str, &str);
    fn version(&self) -> i64;
    /// The row's place among the versions of its key.
    fn order(&self) -> Version;
    fn stamp(&mut self, version: i64, writer: &str);
    /// Folds a later contribution in.
    fn fold(&mut self, later: Self);
    /// Whether both say the same, apart from version and writer. The other is as before afterwards.
    fn says_the_same(&self, other: &mut Self) -> bool;
}

/// Takes back what a row inherited from its trace, so that a contribution can fill the gap.
macro_rules! take_back_inherited {
    ($row:expr) => {
        for column in std::mem::take(&mut $row.inherited_columns) {
            drop($row.set_json(&column, &serde_json::Value::Null));
        }
    };
}

impl Foldable for SpanRow {
    fn ids(&self) -> (&str, &str) {
        (&self.trace_id, &self.span_id)
    }

    fn version(&self) -> i64 {
        self.row_version
    }

    fn order(&self) -> Version {
        Version::new(self.is_final, self.row_version, &self.writer_id)
    }

    fn stamp(&mut self, version: i64, writer: &str) {
        self.row_version = version;
        writer.clone_into(&mut self.writer_id);
    }

    fn fold(&mut self, mut later: Self) {
        take_back_inherited!(self);
        take_back_inherited!(later);
        let received = self.ingest_time.min(later.ingest_time);
        let (row_version, writer_id) = (self.row_version, std::mem::take(&mut self.writer_id));
        let both_suspect = self.time_suspect && later.time_suspect;
        let first_date = self.date.min(later.date);
        if self.is_final && !later.is_final {
            std::mem::swap(self, &mut later);
        }
        // `later` now has the last word, and its times are taken as one.
        let time_suspect =
            if later.start_time.0 == 0 { self.time_suspect } else { later.time_suspect };
        let other_redactions = std::mem::take(&mut self.redactions);
        // "Unset" and "no error" are what a span that ended says, not gaps to fill.
        let outcome = later.is_final.then_some((later.status, later.is_error));
        self.merge(later);
        if let Some((status, is_error)) = outcome {
            (self.status, self.is_error) = (status, is_error);
        }
        add_redactions(&mut self.redactions, other_redactions);
        self.time_suspect = time_suspect;
        if both_suspect {
            // The date is the day of receipt; a repeated export does not move the row.
            self.date = first_date;
        }
        self.ingest_time = received;
        self.row_version = row_version;
        self.writer_id = writer_id;
    }

    fn says_the_same(&self, other: &mut Self) -> bool {
        let version = std::mem::replace(&mut other.row_version, self.row_version);
        let writer = std::mem::replace(&mut other.writer_id, self.writer_id.clone());
        let same = self == other;
        (other.row_version, other.writer_id) = (version, writer);
        same
    }
}

impl Foldable for PayloadRow {
    fn ids(&self) -> (&str, &str) {
        (&self.trace_id, &self.span_id)
    }

    fn version(&self) -> i64 {
        self.row_version
    }

    fn order(&self) -> Version {
        Version::new(self.is_final, self.row_version, &self.writer_id)
    }

    fn stamp(&mut self, version: i64, writer: &str) {
        self.row_version = version;
        writer.clone_into(&mut self.writer_id);
    }

    fn fold(&mut self, mut later: Self) {
        take_back_inherited!(self);
        take_back_inherited!(later);
        let received = self.ingest_time.min(later.ingest_time);
        let (row_version, writer_id) = (self.row_version, std::mem::take(&mut self.writer_id));
        if self.is_final && !later.is_final {
            std::mem::swap(self, &mut later);
        }
        self.merge(later);
        self.ingest_time = received;
        self.row_version = row_version;
        self.writer_id = writer_id;
    }

    fn says_the_same(&self, other: &mut Self) -> bool {
        let version = std::mem::replace(&mut other.row_version, self.row_version);
        let writer = std::mem::replace(&mut other.writer_id, self.writer_id.clone());
        let same = self == other;
        (other.row_version, other.writer_id) = (version, writer);
        same
    }
}

/// Keeps what the row's own redactions do not already say, so that a repeat adds nothing.
fn add_redactions(redactions: &mut Vec<Redaction>, others: Vec<Redaction>) {
    for other in others {
        let known =
            redactions.iter().any(|known| known.field == other.field && known.class == other.class);
        if !known {
            redactions.push(other);
        }
    }
}

#[cfg(test)]
mod tests {
    use spanlake_model::{Day, Micros};

    use super::*;

    fn span(is_final: bool, tokens: Option<i64>, model: Option<&str>) -> SpanRow {
        SpanRow {
            is_final,
            input_tokens: tokens,
            request_model: model.map(str::to_owned),
            ..SpanRow::default()
        }
    }

    #[test]
    fn a_final_contribution_beats_a_partial_one_in_either_order() {
        let partial = span(false, Some(1), Some("m"));
        let complete = span(true, Some(2), None);
        for (mut first, second) in
            [(partial.clone(), complete.clone()), (complete.clone(), partial.clone())]
        {
            first.fold(second);
            assert_eq!((first.input_tokens, first.request_model.as_deref()), (Some(2), Some("m")));
            assert!(first.is_final);
        }
    }

    #[test]
    fn among_equals_the_later_one_wins_and_nothing_is_summed() {
        let mut row = span(true, Some(1), Some("a"));
        row.fold(span(true, Some(5), None));
        row.fold(span(true, Some(5), None));
        assert_eq!((row.input_tokens, row.request_model.as_deref()), (Some(5), Some("a")));
    }

    #[test]
    fn a_contribution_replaces_what_was_only_inherited() {
        let mut row = SpanRow {
            is_final: true,
            session_id: Some("inherited".into()),
            inherited_columns: vec!["session_id".into()],
            ..SpanRow::default()
        };
        row.fold(SpanRow { session_id: Some("own".into()), ..SpanRow::default() });
        assert_eq!(row.session_id.as_deref(), Some("own"));
        assert!(row.inherited_columns.is_empty());
    }

    #[test]
    fn a_repeated_export_says_the_same() {
        let mut first = SpanRow {
            is_final: true,
            time_suspect: true,
            start_time: Micros(1),
            date: Day(10),
            ingest_time: Micros(50),
            redactions: vec![Redaction { count: Some(2), ..Redaction::default() }],
            ..SpanRow::default()
        };
        let mut again = first.clone();
        again.fold(SpanRow { date: Day(11), ingest_time: Micros(90), ..first.clone() });
        assert!(again.says_the_same(&mut first));
    }
}
