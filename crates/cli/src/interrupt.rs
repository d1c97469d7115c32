//! Ctrl-C: the first one stops the work, or lets it come to a stop; the second ends the process at
//! once.

use std::fmt;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

/// Exit status of an interrupted command: 128 and the signal's number, as shells count.
pub(crate) const EXIT_STATUS: u8 = 130;

/// Stack of a worker: expressions are evaluated by recursion. Only what is used is ever mapped.
const STACK_BYTES: usize = 16 << 20;

/// A command was interrupted; the text says what became of its work.
#[derive(Clone, Debug)]
pub(crate) struct Interrupted(pub(crate) String);

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Interrupted {}

/// What work runs on, and how it is stopped.
pub(crate) struct Executor {
    runtime: Runtime,
    /// How often Ctrl-C was pressed.
    pressed: watch::Receiver<u32>,
}

impl Executor {
    /// Starts worker threads and listens for Ctrl-C; the second one ends the process, unless this
    /// is a shell that stays.
    pub(crate) fn start(stays: bool) -> Result<Self> {
        let runtime = Builder::new_multi_thread()
            .enable_all()
            .thread_stack_size(STACK_BYTES)
            .build()
            .context("cannot start worker threads")?;
        let (sender, pressed) = watch::channel(0);
        // A thread of its own: the workers may be busy when it is needed.
        std::thread::Builder::new()
            .name("interrupts".to_owned())
            .spawn(move || listen(&sender, stays))
            .context("cannot start a thread")?;
        Ok(Self { runtime, pressed })
    }

    /// Runs work to its end, or until Ctrl-C: then it is dropped, and `None` comes back.
    pub(crate) fn run_until_interrupted<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut pressed = self.pressed.clone();
        pressed.mark_unchanged();
        self.runtime.block_on(async {
            tokio::select! {
                done = work => Some(done),
                Ok(()) = pressed.changed() => None,
            }
        })
    }

    /// Runs work that stops by itself soon after Ctrl-C. When that takes longer than `grace` it is
    /// dropped, and `None` comes back.
    pub(crate) fn run_to_a_stop<T>(
        &self,
        grace: Duration,
        work: impl AsyncFnOnce(Stop) -> T,
    ) -> Option<T> {
        // Not from here on: one that came between two steps of a command counts.
        let mut pressed = self.pressed.clone();
        let stop = Stop(pressed.clone());
        self.runtime.block_on(async {
            let work = work(stop);
            tokio::pin!(work);
            tokio::select! {
                done = &mut work => return Some(done),
                Ok(()) = pressed.changed() => {}
            }
            tokio::time::timeout(grace, work).await.ok()
        })
    }

    /// Runs work to its end; on Ctrl-C drops it and fails with `note`.
    pub(crate) fn run<T>(&self, note: &str, work: impl Future<Output = Result<T>>) -> Result<T> {
        self.run_until_interrupted(work)
            .unwrap_or_else(|| Err(Interrupted(format!("interrupted; {note}")).into()))
    }

    /// Ends without waiting for threads that read or compute: what was acknowledged is durable.
    pub(crate) fn end(self) {
        self.runtime.shutdown_timeout(Duration::ZERO);
    }
}

/// Tells work that Ctrl-C was pressed.
#[derive(Clone, Debug)]
pub(crate) struct Stop(watch::Receiver<u32>);

impl Stop {
    /// Returns when it is pressed, or was since this was asked last.
    pub(crate) async fn pressed(&mut self) {
        if self.0.changed().await.is_err() {
            // Nobody listens.
            std::future::pending::<()>().await;
        }
    }
}

fn listen(pressed: &watch::Sender<u32>, stays: bool) {
    // Without a listener Ctrl-C ends the process, which is safe too.
    let Ok(runtime) = Builder::new_current_thread().enable_all().build() else { return };
    runtime.block_on(async {
        while tokio::signal::ctrl_c().await.is_ok() {
            pressed.send_modify(|count| *count += 1);
            if *pressed.borrow() > 1 && !stays {
                std::process::exit(i32::from(EXIT_STATUS));
            }
        }
    });
}
