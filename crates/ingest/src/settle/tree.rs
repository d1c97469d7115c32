//! The trace as a forest, whatever its parents claim: cycles are cut, orphans are roots.

use spanlake_model::SpanRow;

use super::Map;

/// Indices into the trace's spans, parents before children.
pub(super) struct Tree {
    /// The parent that is there and does not close a cycle.
    pub parent: Vec<Option<usize>>,
    pub children: Vec<Vec<usize>>,
    /// Every span once, each after its parent.
    pub order: Vec<usize>,
    pub depth: Vec<u32>,
    pub by_id: Map<String, usize>,
    /// The trace's root: the earliest span without a parent, else the earliest orphan.
    pub root: Option<usize>,
}

impl Tree {
    pub(super) fn new(spans: &[SpanRow]) -> Self {
        let count = spans.len();
        let by_id: Map<String, usize> =
            spans.iter().enumerate().map(|(at, span)| (span.span_id.clone(), at)).collect();
        let claimed: Vec<Option<usize>> = spans
            .iter()
            .enumerate()
            .map(|(at, span)| {
                let parent = span.parent_span_id.as_ref().and_then(|id| by_id.get(id).copied());
                parent.filter(|parent| *parent != at)
            })
            .collect();
        let mut tree = Self {
            parent: vec![None; count],
            children: vec![Vec::new(); count],
            order: Vec::with_capacity(count),
            depth: vec![0; count],
            by_id,
            root: None,
        };
        // Sorted by time, so that nothing depends on the order of the rows.
        let mut sorted: Vec<usize> = (0..count).collect();
        let key = |at: usize| spans.get(at).map(|span| (span.start_unix_nano, &span.span_id));
        sorted.sort_unstable_by(|a, b| key(*a).cmp(&key(*b)));
        let mut claimed_children: Vec<Vec<usize>> = vec![Vec::new(); count];
        for at in &sorted {
            if let Some(Some(parent)) = claimed.get(*at)
                && let Some(children) = claimed_children.get_mut(*parent)
            {
                children.push(*at);
            }
        }
        let mut seen = vec![false; count];
        let roots = sorted.iter().filter(|at| claimed.get(**at) == Some(&None));
        // What roots do not reach is a cycle: its earliest span becomes a root.
        for start in roots.chain(&sorted) {
            tree.walk(*start, &claimed_children, &mut seen);
        }
        tree.root = root(spans, &sorted, &claimed);
        tree
    }

    fn walk(&mut self, start: usize, claimed: &[Vec<usize>], seen: &mut [bool]) {
        let mut stack = vec![(start, None::<usize>, 0_u32)];
        while let Some((at, parent, depth)) = stack.pop() {
            let Some(flag) = seen.get_mut(at).filter(|flag| !**flag) else { continue };
            *flag = true;
            self.order.push(at);
            if let Some(slot) = self.parent.get_mut(at) {
                *slot = parent;
            }
            if let Some(slot) = self.depth.get_mut(at) {
                *slot = depth;
            }
            if let Some(parent) = parent
                && let Some(children) = self.children.get_mut(parent)
            {
                children.push(at);
            }
            let children = claimed.get(at).map(Vec::as_slice).unwrap_or_default();
            stack.extend(children.iter().rev().map(|child| (*child, Some(at), depth + 1)));
        }
    }

    pub(super) fn parent_of(&self, at: usize) -> Option<usize> {
        self.parent.get(at).copied().flatten()
    }

    pub(super) fn children_of(&self, at: usize) -> &[usize] {
        self.children.get(at).map(Vec::as_slice).unwrap_or_default()
    }
}

/// A row that only log records made has no name and no start: it is no root.
fn is_real(span: &SpanRow) -> bool {
    !span.name.is_empty() || span.start_unix_nano != 0
}

fn root(spans: &[SpanRow], sorted: &[usize], claimed: &[Option<usize>]) -> Option<usize> {
    let real = |at: &&usize| spans.get(**at).is_some_and(is_real);
    let without_parent =
        |at: &&usize| spans.get(**at).is_some_and(|span| span.parent_span_id.is_none());
    let orphan = |at: &&usize| claimed.get(**at) == Some(&None);
    let candidates = || sorted.iter().filter(real);
    candidates()
        .find(without_parent)
        .or_else(|| candidates().find(orphan))
        .or_else(|| candidates().next())
        .copied()
}
