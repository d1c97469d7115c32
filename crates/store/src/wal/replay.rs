//! What recovery gives the store: every durable frame above its table's mark, in order.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use spanlake_model::Table;

use super::files::LogFiles;
use super::frame::WalFrame;
use super::recover::SegmentInfo;
use super::segment::{SegmentReader, Step, damaged};
use crate::error::{Result, StoreError};

/// An iterator over frames, read from disk one by one.
pub struct Replay {
    files: Arc<dyn LogFiles>,
    segments: VecDeque<SegmentInfo>,
    marks: BTreeMap<Table, u64>,
    open: Option<(SegmentReader, u64)>,
}

impl Replay {
    pub(crate) fn new(
        files: Arc<dyn LogFiles>,
        mut segments: Vec<SegmentInfo>,
        marks: BTreeMap<Table, u64>,
    ) -> Self {
        segments
            .retain(|segment| segment.last.iter().any(|(table, seq)| Some(seq) > marks.get(table)));
        Self { files, segments: segments.into(), marks, open: None }
    }

    fn step(&mut self) -> Result<Option<WalFrame>> {
        loop {
            let Some((reader, end)) = &mut self.open else {
                let Some(segment) = self.segments.pop_front() else { return Ok(None) };
                let opened = SegmentReader::open(self.files.as_ref(), &segment.path)
                    .map_err(|e| StoreError::io("open", segment.path.display().to_string(), e))?;
                let (_, reader) = opened.map_err(|reason| damaged(&segment.path, 0, reason))?;
                self.open = Some((reader, segment.len));
                continue;
            };
            if reader.offset() >= *end {
                self.open = None;
                continue;
            }
            let marks = &self.marks;
            match reader.step(|frame| Some(&frame.seq) > marks.get(&frame.table))? {
                Step::Frame(frame) => return Ok(Some(frame)),
                Step::Skipped => {}
                Step::End => return Err(reader.damage("the file ends before its durable end")),
                Step::Bad(reason) => return Err(reader.damage(reason)),
            }
        }
    }
}

impl Iterator for Replay {
    type Item = Result<WalFrame>;

    fn next(&mut self) -> Option<Self::Item> {
        let step = self.step();
        if step.is_err() {
            self.segments.clear();
            self.open = None;
        }
        step.transpose()
    }
}

impl std::fmt::Debug for Replay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replay").field("segments", &self.segments.len()).finish_non_exhaustive()
    }
}
