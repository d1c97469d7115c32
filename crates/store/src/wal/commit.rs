//! Group commit: callers queue frames, one thread writes what is queued and wakes them.
//!
//! While a group is being synced the next one gathers; so a slow disk makes larger groups, and an
//! idle one adds no delay.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};

use parking_lot::{Condvar, Mutex};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::Appended;
use super::frame::EncodedFrame;
use super::writer::{GroupError, GroupWriter};
use crate::error::{Result, StoreError};

/// The queue and the thread behind it.
pub(crate) struct Committer {
    shared: Arc<Shared>,
    /// Bytes that may still be queued.
    budget: Arc<Semaphore>,
    budget_bytes: u32,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
    last_seq: AtomicU64,
    groups: AtomicU64,
    frames: AtomicU64,
    queued_bytes: AtomicU64,
    is_poisoned: AtomicBool,
    /// Why, for the callers that come later.
    reason: Mutex<String>,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Waiting>,
    /// Who waits for the open segment to be closed.
    closing: Vec<oneshot::Sender<Result<()>>>,
    is_closed: bool,
}

/// What the thread does next: write the appends, then close the segment.
type Work = (Vec<Waiting>, Vec<oneshot::Sender<Result<()>>>);

struct Waiting {
    frames: Vec<EncodedFrame>,
    bytes: u64,
    done: oneshot::Sender<Result<Appended>>,
    /// Returned to the budget when the group is done.
    _permit: OwnedSemaphorePermit,
}

impl Committer {
    pub(crate) fn start(
        writer: Box<dyn GroupWriter>,
        last_seq: u64,
        budget_bytes: usize,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            wake: Condvar::new(),
            last_seq: AtomicU64::new(last_seq),
            groups: AtomicU64::new(0),
            frames: AtomicU64::new(0),
            queued_bytes: AtomicU64::new(0),
            is_poisoned: AtomicBool::new(false),
            reason: Mutex::default(),
        });
        let budget_bytes = u32::try_from(budget_bytes.max(1)).unwrap_or(u32::MAX);
        let budget = Arc::new(Semaphore::new(budget_bytes as usize));
        let thread = thread::Builder::new().name("spanlake-wal".into()).spawn({
            let shared = Arc::clone(&shared);
            move || shared.run(writer)
        })?;
        Ok(Self { shared, budget, budget_bytes, thread: Mutex::new(Some(thread)) })
    }

    pub(crate) async fn append(&self, frames: Vec<EncodedFrame>) -> Result<Appended> {
        if frames.is_empty() {
            let last_seq = self.last_seq();
            return Ok(Appended { first_seq: last_seq + 1, last_seq });
        }
        let bytes = frames.iter().map(|frame| frame.len_bytes() as u64).sum::<u64>();
        let share = u32::try_from(bytes).unwrap_or(u32::MAX).min(self.budget_bytes);
        let budget = Arc::clone(&self.budget);
        let permit = budget.acquire_many_owned(share).await.map_err(|_| self.shared.refusal())?;
        let (done, result) = oneshot::channel();
        {
            let mut queue = self.shared.queue.lock();
            if queue.is_closed || self.is_poisoned() {
                return Err(self.shared.refusal());
            }
            self.shared.queued_bytes.fetch_add(bytes, Ordering::Relaxed);
            queue.waiting.push(Waiting { frames, bytes, done, _permit: permit });
        }
        self.shared.wake.notify_one();
        result.await.unwrap_or_else(|_| Err(self.shared.refusal()))
    }

    /// Closes the open segment behind everything that is queued.
    pub(crate) async fn close_segment(&self) -> Result<()> {
        let (done, result) = oneshot::channel();
        {
            let mut queue = self.shared.queue.lock();
            if queue.is_closed || self.is_poisoned() {
                return Err(self.shared.refusal());
            }
            queue.closing.push(done);
        }
        self.shared.wake.notify_one();
        result.await.unwrap_or_else(|_| Err(self.shared.refusal()))
    }

    pub(crate) fn last_seq(&self) -> u64 {
        self.shared.last_seq.load(Ordering::Acquire)
    }

    pub(crate) fn queued_bytes(&self) -> u64 {
        self.shared.queued_bytes.load(Ordering::Relaxed)
    }

    /// Returns groups and frames written.
    pub(crate) fn written(&self) -> (u64, u64) {
        (self.shared.groups.load(Ordering::Relaxed), self.shared.frames.load(Ordering::Relaxed))
    }

    pub(crate) fn is_poisoned(&self) -> bool {
        self.shared.is_poisoned.load(Ordering::Acquire)
    }

    pub(crate) async fn close(&self) -> Result<()> {
        self.stop();
        let thread = self.thread.lock().take();
        if let Some(thread) = thread {
            // The thread does not panic; a join error would mean that it did.
            drop(tokio::task::spawn_blocking(move || thread.join()).await);
        }
        if self.is_poisoned() { Err(self.shared.refusal()) } else { Ok(()) }
    }

    fn stop(&self) {
        self.shared.queue.lock().is_closed = true;
        self.budget.close();
        self.shared.wake.notify_one();
    }
}

impl Drop for Committer {
    /// Waits for the thread, so that nothing is written once the store's lock is released.
    fn drop(&mut self) {
        self.stop();
        if let Some(thread) = self.thread.lock().take() {
            drop(thread.join());
        }
    }
}

impl Shared {
    fn run(&self, mut writer: Box<dyn GroupWriter>) {
        while let Some((group, closing)) = self.next_work() {
            if !group.is_empty() {
                self.commit(writer.as_mut(), group);
            }
            for done in closing {
                let closed = if self.is_poisoned.load(Ordering::Acquire) {
                    Err(self.refusal())
                } else {
                    writer.close_segment()
                };
                drop(done.send(closed));
            }
        }
        if !self.is_poisoned.load(Ordering::Acquire)
            && let Err(error) = writer.finish()
        {
            tracing::warn!(%error, "the log's marker was not synced; recovery reads a longer tail");
        }
    }

    /// Waits for work; `None` when the log is closed and nothing is left.
    fn next_work(&self) -> Option<Work> {
        let mut queue = self.queue.lock();
        while queue.waiting.is_empty() && queue.closing.is_empty() && !queue.is_closed {
            self.wake.wait(&mut queue);
        }
        let work = (std::mem::take(&mut queue.waiting), std::mem::take(&mut queue.closing));
        (!work.0.is_empty() || !work.1.is_empty()).then_some(work)
    }

    fn commit(&self, writer: &mut dyn GroupWriter, mut group: Vec<Waiting>) {
        let mut appends: Vec<_> =
            group.iter_mut().map(|waiting| std::mem::take(&mut waiting.frames)).collect();
        let bytes = group.iter().map(|waiting| waiting.bytes).sum();
        let result = if self.is_poisoned.load(Ordering::Acquire) {
            Err(GroupError::Poisoned(self.refusal()))
        } else {
            writer.write(&mut appends)
        };
        self.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
        match result {
            Ok(ranges) => {
                self.groups.fetch_add(1, Ordering::Relaxed);
                let frames = appends.iter().map(|append| append.len() as u64).sum();
                self.frames.fetch_add(frames, Ordering::Relaxed);
                if let Some(last) = ranges.last() {
                    self.last_seq.store(last.last_seq, Ordering::Release);
                }
                for (waiting, range) in group.into_iter().zip(ranges) {
                    // A caller that went away needs no answer.
                    drop(waiting.done.send(Ok(range)));
                }
            }
            Err(GroupError::Clean(error)) => {
                tracing::warn!(%error, "a group was not written");
                for waiting in group {
                    drop(waiting.done.send(Err(again(&error))));
                }
            }
            Err(GroupError::Poisoned(error)) => {
                self.poison(&error);
                for waiting in group {
                    drop(waiting.done.send(Err(self.refusal())));
                }
            }
        }
    }

    fn poison(&self, error: &StoreError) {
        let mut reason = self.reason.lock();
        if reason.is_empty() {
            *reason = match error {
                StoreError::Io { source, .. } => format!("{error}: {source}"),
                _ => error.to_string(),
            };
            tracing::error!(reason = reason.as_str(), "the write-ahead log stopped");
        }
        self.is_poisoned.store(true, Ordering::Release);
    }

    /// Why an append is not taken any more.
    fn refusal(&self) -> StoreError {
        if self.is_poisoned.load(Ordering::Acquire) {
            StoreError::LogPoisoned { reason: self.reason.lock().clone() }
        } else {
            StoreError::Closed
        }
    }
}

/// The same failure for another waiter.
fn again(error: &StoreError) -> StoreError {
    match error {
        StoreError::NoSpace { path } => StoreError::NoSpace { path: path.clone() },
        StoreError::NotWritable { path } => StoreError::NotWritable { path: path.clone() },
        StoreError::Io { action, path, source } => {
            let source = source
                .raw_os_error()
                .map_or_else(|| io::Error::from(source.kind()), io::Error::from_raw_os_error);
            StoreError::Io { action, path: path.clone(), source }
        }
        other => StoreError::LogPoisoned { reason: other.to_string() },
    }
}
