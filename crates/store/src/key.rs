//! What makes a row the same row, and which version of it is newer.

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, RecordBatch};
use spanlake_model::Table;

use crate::filter::stable_hash;

/// Identifies a row of a keyed table: (`trace_id`, `span_id`) for spans and payloads, `eval_id` for
/// evals. Ids in canonical hexadecimal are held exactly, others as hashes of 128 and 64 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RowKey {
    /// The trace, or the evaluation.
    pub(crate) group: u128,
    /// The span; 0 for an evaluation.
    pub(crate) member: u64,
}

/// Orders the versions of one row: whether it is final, then `row_version`, then the writer, so that
/// of two writers' versions with the same number one wins everywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Version {
    /// Whether it is final and its number: numbers are positive, so that both fit one integer.
    pub(crate) rank: u64,
    /// The writer, by [`writer_key`].
    pub(crate) writer: u128,
}

impl Version {
    /// Above every version of a row: what has it as its override is erased.
    pub(crate) const ERASED: Self = Self { rank: u64::MAX, writer: u128::MAX };

    pub(crate) fn new(is_final: bool, row_version: i64, writer_id: &str) -> Self {
        let rank = (u64::from(is_final) << 63) | (row_version.max(0) as u64);
        Self { rank, writer: writer_key(writer_id) }
    }
}

/// Orders writers as their ids are ordered as text. Ids have 16 bytes; of longer ones the first 16
/// count.
pub(crate) fn writer_key(writer_id: &str) -> u128 {
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(writer_id.bytes()) {
        *to = from;
    }
    u128::from_be_bytes(bytes)
}

/// Reads 16 lower-case hexadecimal digits. Opening a store reads millions, hence no branch a digit.
fn exact_hex(digits: &[u8]) -> Option<u64> {
    let digits: &[u8; 16] = digits.try_into().ok()?;
    let (value, wrong) = digits.iter().fold((0, 0), |(value, wrong), byte| {
        let decimal = byte.wrapping_sub(b'0');
        let letter = byte.wrapping_sub(b'a');
        let digit = if decimal < 10 { decimal } else { letter.wrapping_add(10) };
        (value << 4 | u64::from(digit & 0xf), wrong | u8::from(decimal >= 10 && letter >= 6))
    });
    (wrong == 0).then_some(value)
}

/// Returns the key of a trace or evaluation id.
pub(crate) fn group_key(id: &str) -> u128 {
    let halves = id.as_bytes().split_at_checked(16);
    let exact = halves.and_then(|(high, low)| {
        Some(u128::from(exact_hex(high)?) << 64 | u128::from(exact_hex(low)?))
    });
    exact.unwrap_or_else(|| {
        let salted = [id.as_bytes(), b"\0spanlake"].concat();
        (u128::from(stable_hash(&salted)) << 64) | u128::from(stable_hash(id.as_bytes()))
    })
}

/// Returns the key of a span id.
pub(crate) fn member_key(id: &str) -> u64 {
    exact_hex(id.as_bytes()).unwrap_or_else(|| stable_hash(id.as_bytes()))
}

/// Whether rows of the table have keys, so that newer versions replace older ones.
pub(crate) const fn is_keyed(table: Table) -> bool {
    matches!(table, Table::Spans | Table::Payloads | Table::Evals)
}

/// Reads the text of a cell, whichever string type the column has.
pub(crate) fn text_at(column: &dyn Array, row: usize) -> &str {
    use arrow_schema::DataType;
    if column.is_null(row) {
        return "";
    }
    match column.data_type() {
        DataType::Utf8View => column.as_string_view().value(row),
        DataType::Utf8 => column.as_string::<i32>().value(row),
        DataType::LargeUtf8 => column.as_string::<i64>().value(row),
        _ => "",
    }
}

/// Calls `each` with every row's key and version. Tables without keys have none.
pub(crate) fn for_each_key(
    table: Table,
    batch: &RecordBatch,
    mut each: impl FnMut(usize, RowKey, Version),
) {
    let Some(versions) =
        batch.column_by_name("row_version").and_then(|c| c.as_primitive_opt::<Int64Type>())
    else {
        return;
    };
    let finals = batch.column_by_name("is_final").and_then(|c| c.as_boolean_opt());
    let writers = batch.column_by_name("writer_id");
    let (Some(groups), members) = (match table {
        Table::Spans | Table::Payloads => {
            (batch.column_by_name("trace_id"), batch.column_by_name("span_id"))
        }
        Table::Evals => (batch.column_by_name("eval_id"), None),
        _ => return,
    }) else {
        return;
    };
    for row in 0..batch.num_rows() {
        let group = text_at(groups.as_ref(), row);
        if group.is_empty() && table == Table::Evals {
            // Evaluations without an id are not the same one.
            continue;
        }
        let key = RowKey {
            group: group_key(group),
            member: members.map_or(0, |members| member_key(text_at(members.as_ref(), row))),
        };
        let is_final = finals.is_some_and(|finals| finals.value(row));
        let writer = writers.map_or("", |writers| text_at(writers.as_ref(), row));
        each(row, key, Version::new(is_final, versions.value(row), writer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_ids_are_exact_and_others_hashed() {
        assert_eq!(
            group_key("0af7651916cd43dd8448eb211c80319c"),
            0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c
        );
        assert_eq!(member_key("b7ad6b7169203331"), 0xb7ad_6b71_6920_3331);
        for wrong in
            ["b7ad6b716920333/", "b7ad6b716920333:", "b7ad6b716920333g", "b7ad6b716920333`"]
        {
            assert_eq!(member_key(wrong), stable_hash(wrong.as_bytes()), "{wrong}");
        }
        assert_ne!(
            group_key("0AF7651916CD43DD8448EB211C80319C"),
            group_key("0af7651916cd43dd8448eb211c80319c")
        );
        assert_ne!(member_key("x"), member_key("y"));
    }

    #[test]
    fn a_final_version_beats_any_partial_one() {
        assert!(Version::new(true, 1, "b") > Version::new(false, i64::MAX, "c"));
        assert!(Version::new(true, 2, "a") > Version::new(true, 1, "b"));
    }

    #[test]
    fn of_two_writers_versions_with_one_number_the_later_writer_wins() {
        let ids = ["", "0", "00ab", "00abcdef00000000", "00abcdef0000000f", "ffffffffffffffff"];
        let versions = ids.map(|id| Version::new(true, 7, id));
        assert!(versions.is_sorted_by(|a, b| a < b), "{versions:?}");
    }
}
