//! Rows that files of several writers hold although no override says which of them is dead: what
//! writers left that did not know of each other. Of each row the newest version stays.

use std::sync::Arc;

use spanlake_model::Table;

use super::plan::Group;
use crate::filter::group_hash;
use crate::key::{RowKey, Version};
use crate::keys::FileKeys;

/// Returns the rows of each file of a group that a newer version in the group replaces, or the same
/// version in a file before.
pub(super) async fn doubles(
    table: Table,
    group: &Group,
    keys: &[Option<Arc<FileKeys>>],
) -> Vec<Vec<u32>> {
    for file in group {
        file.filter.load().await;
    }
    let mut found: Vec<(RowKey, Version, usize, u32)> = Vec::new();
    for (at, keys) in keys.iter().enumerate() {
        let (mut last, mut is_double) = (None, false);
        for (key, _) in keys.iter().flat_map(|keys| keys.iter()) {
            if last == Some(key) {
                // Once is enough: all rows of the key are taken together.
                if !is_double {
                    found.extend(rows(keys.as_deref(), key, at));
                    is_double = true;
                }
                continue;
            }
            let hash = group_hash(key.group);
            let mut others = group.iter().enumerate().filter(|(other, _)| *other != at);
            last = Some(key);
            is_double = others.any(|(_, other)| other.filter.may_contain_group_hash(table, hash));
            if is_double {
                found.extend(rows(keys.as_deref(), key, at));
            }
        }
    }
    found.sort_unstable_by_key(|(key, version, at, row)| {
        (*key, std::cmp::Reverse(*version), *at, *row)
    });
    let mut dead = vec![Vec::new(); group.len()];
    for pair in found.windows(2) {
        if let [(before, ..), (key, _, at, row)] = pair
            && before == key
            && let Some(dead) = dead.get_mut(*at)
        {
            dead.push(*row);
        }
    }
    dead
}

fn rows(
    keys: Option<&FileKeys>,
    key: RowKey,
    at: usize,
) -> impl Iterator<Item = (RowKey, Version, usize, u32)> + '_ {
    let rows = keys.into_iter().flat_map(move |keys| keys.rows_of(key));
    rows.map(move |(row, version)| (key, version, at, row))
}
