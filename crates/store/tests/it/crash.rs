//! The machine goes down, or an operation fails, at every operation of a workload: what was
//! acknowledged is there, once, and nothing that was not sent.
//!
//! ```text
//! one run without faults counts N operations of object store and log
//! for k in 0..N, for each fault: run until operation k fails so ─▶ restart on the same bytes ─▶ compare
//! ```
//! The gate takes about 60 points of one workload, each with one of the faults in turn.
//! `SPANLAKE_SEEDS` takes that many workloads; `SPANLAKE_ALL_POINTS` takes every fault at every point
//! (some thousand runs and more than half an hour for a workload).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use spanlake_model::{Clock, Rows};
use spanlake_store::wal::WalOptions;
use spanlake_store::{MaintainOptions, Store, StoreError, StoreOptions, Subject, SubjectKind};

use crate::faulty::{Effect, Fault, Machine};
use crate::model::{Model, difference, random_batch};
use crate::support::{StepClock, TestSettle, eval, payload, redacted, span, trace_id};

/// Points of a workload that the gate tries.
const GATE_POINTS: u64 = 60;
const FAULTS: [Fault; 6] = [
    Fault::Crash(Effect::Nothing),
    Fault::Crash(Effect::Half),
    Fault::Crash(Effect::Everything),
    Fault::Error(Effect::Nothing),
    Fault::Error(Effect::Everything),
    Fault::TakenForAnother,
];

#[derive(Debug)]
enum Step {
    Append(Vec<Rows>),
    Flush,
    Maintain,
    Reopen,
    /// A trace is erased; nothing of it is taken any more.
    Erase(u64),
    /// A month passes: payloads expire.
    Expire,
}

/// What the workload has done so far.
#[derive(Default)]
struct Progress {
    acknowledged: Model,
    /// An append that has not answered yet.
    in_flight: Option<Vec<Rows>>,
    /// A trace that may be gone, or is.
    erasing: Option<String>,
    erased: Option<String>,
    /// Payloads may go, or are gone.
    expiring: bool,
    expired: bool,
}

impl Progress {
    /// Every state that may be found now.
    fn allowed(&self) -> Vec<Model> {
        let mut states = vec![self.acknowledged.clone()];
        if let Some(batch) = &self.in_flight {
            let mut with = self.acknowledged.clone();
            with.add(batch);
            states.push(with);
        }
        if let Some(trace) = &self.erased {
            states = states.iter().map(|state| state.without_trace(trace)).collect();
        }
        if let Some(trace) = &self.erasing {
            let without: Vec<Model> =
                states.iter().map(|state| state.without_trace(trace)).collect();
            states.extend(without);
        }
        if self.expiring {
            let without: Vec<Model> = states.iter().map(Model::without_payloads).collect();
            if self.expired {
                states.clear();
            }
            states.extend(without);
        }
        states
    }
}

fn workload(seed: u64) -> Vec<Step> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut sent = Model::default();
    let mut steps = Vec::new();
    for _ in 0..4 {
        for _ in 0..rng.random_range(1..4) {
            steps.push(Step::Append(random_batch(&mut rng, &mut sent)));
        }
        steps.push(match rng.random_range(0..4) {
            0 => Step::Maintain,
            1 => Step::Reopen,
            _ => Step::Flush,
        });
    }
    steps.push(Step::Append(random_batch(&mut rng, &mut sent)));
    steps.push(Step::Maintain);
    steps.push(Step::Append(random_batch(&mut rng, &mut sent)));
    steps.push(Step::Erase(rng.random_range(2..12)));
    steps.push(Step::Append(random_batch(&mut rng, &mut sent)));
    steps.push(Step::Expire);
    steps
}

fn options(machine: &Machine, clock: &Arc<StepClock>) -> StoreOptions {
    StoreOptions {
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        settle: Arc::new(TestSettle),
        medium: Some(machine.medium()),
        payload_retention_days: Some(20),
        metadata_retention_days: None,
        checkpoint_commits: 3,
        log_retention: Duration::ZERO,
        wal: WalOptions { segment_bytes: 2_000, ..WalOptions::default() },
        ..StoreOptions::default()
    }
}

async fn open(machine: &Machine, clock: &Arc<StepClock>) -> Result<Store, StoreError> {
    Store::open("memory://machine", options(machine, clock)).await
}

/// Does a step; an error leaves it to be done again.
async fn take(
    step: &Step,
    store: &mut Option<Store>,
    machine: &Machine,
    clock: &Arc<StepClock>,
    progress: &Mutex<Progress>,
) -> Result<(), StoreError> {
    if store.is_none() {
        *store = Some(open(machine, clock).await?);
    }
    let Some(open) = store.as_ref() else { return Ok(()) };
    match step {
        Step::Append(batch) => {
            progress.lock().in_flight = Some(batch.clone());
            open.append(redacted(batch.clone())).await?;
            let mut progress = progress.lock();
            progress.in_flight = None;
            progress.acknowledged.add(batch);
        }
        Step::Flush => {
            open.flush().await?;
        }
        Step::Maintain => {
            open.maintain(MaintainOptions::default()).await?;
        }
        Step::Reopen => *store = None,
        Step::Erase(trace) => {
            let trace = trace_id(*trace);
            progress.lock().erasing = Some(trace.clone());
            let receipt = open.erase(Subject::new(SubjectKind::Trace, trace.clone())).await?;
            assert!(receipt.is_clean(), "{receipt:?}");
            let mut progress = progress.lock();
            progress.erasing = None;
            progress.erased = Some(trace);
        }
        Step::Expire => {
            if !std::mem::replace(&mut progress.lock().expiring, true) {
                clock.advance_days(30);
            }
            open.maintain(MaintainOptions::default()).await?;
            progress.lock().expired = true;
        }
    }
    Ok(())
}

/// Runs the workload. A failed step is tried again, in a store opened again when its log has
/// stopped; errors are only expected while a fault is set.
async fn run(
    steps: &[Step],
    machine: &Machine,
    clock: &Arc<StepClock>,
    progress: &Mutex<Progress>,
) -> Option<Store> {
    let mut store = None;
    for step in steps {
        for attempt in 0.. {
            match take(step, &mut store, machine, clock, progress).await {
                Ok(()) => break,
                Err(_) if machine.faults.is_down() => return store,
                Err(error) => {
                    assert!(attempt < 3, "{step:?} keeps failing: {error:?}");
                    if matches!(error, StoreError::LogPoisoned { .. }) {
                        store = None;
                    }
                }
            }
        }
    }
    store
}

/// Opens the machine's store and holds it against what is allowed; returns the state found.
async fn recovered(
    machine: &Machine,
    clock: &Arc<StepClock>,
    allowed: &[Model],
    at: &str,
) -> (Store, Model) {
    let store = open(machine, clock).await.unwrap_or_else(|error| panic!("{at}: {error:?}"));
    let snapshot = store.snapshot();
    let mut wrong = Vec::new();
    for model in allowed {
        match difference(&snapshot, model).await {
            None => return (store, model.clone()),
            Some(difference) => wrong.push(difference),
        }
    }
    panic!("{at}: {wrong:#?}");
}

/// Holds what is found against what is allowed, for some points also whether the store goes on.
async fn verify(
    machine: &Machine,
    clock: &Arc<StepClock>,
    progress: &Progress,
    goes_on: bool,
    at: &str,
) {
    let (store, found) = recovered(machine, clock, &progress.allowed(), at).await;
    let read_only = StoreOptions { read_only: true, ..options(machine, clock) };
    let reader = Store::open("memory://machine", read_only).await.unwrap();
    let seen = reader.refresh().await.unwrap_or_else(|error| panic!("{at}, reader: {error:?}"));
    assert_eq!(difference(&seen, &found).await, None, "{at}, reader");
    drop(store);
    if !goes_on {
        return;
    }
    // A second recovery changes nothing, and the store goes on.
    let (store, mut found) = recovered(machine, clock, &[found], &format!("{at}, again")).await;
    let more = vec![
        Rows::Payloads(vec![payload(40, 0, "afterwards")]),
        Rows::Evals(vec![eval(99)]),
        Rows::Spans(vec![span(40, 0, None), span(1, 0, None)]),
    ];
    store.append(redacted(more.clone())).await.unwrap_or_else(|error| panic!("{at}: {error:?}"));
    found.add(&more);
    store.flush().await.unwrap_or_else(|error| panic!("{at}: {error:?}"));
    assert_eq!(difference(&store.snapshot(), &found).await, None, "{at}, flushed");
    store
        .maintain(MaintainOptions { retain: false, ..MaintainOptions::default() })
        .await
        .unwrap_or_else(|error| panic!("{at}: {error:?}"));
    // Maintenance also takes up an erasure that was interrupted.
    let mut wrong = difference(&store.snapshot(), &found).await;
    if let Some(trace) = progress.erasing.as_ref().filter(|_| wrong.is_some()) {
        wrong = difference(&store.snapshot(), &found.without_trace(trace)).await;
    }
    assert_eq!(wrong, None, "{at}, maintained");
    let check = store.check().await.unwrap();
    assert!(check.is_sound(), "{at}: {check:?}");
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Counts the operations of a workload.
fn operations(steps: &[Step]) -> u64 {
    let (machine, clock) = (Machine::new(), StepClock::new());
    let progress = Mutex::new(Progress::default());
    let store = runtime().block_on(run(steps, &machine, &clock, &progress));
    let count = machine.faults.operations();
    drop(store);
    count
}

/// Runs until operation `at` fails, and holds what is found afterwards against the model.
fn run_with(steps: &[Step], at: u64, fault: Fault, goes_on: bool, name: &str) {
    let (machine, clock) = (Machine::new(), StepClock::new());
    machine.faults.set(at, fault);
    let progress = Arc::new(Mutex::new(Progress::default()));
    let first = runtime();
    let store = first.block_on(async {
        let faults = machine.faults.clone();
        tokio::select! {
            biased;
            () = faults.went_down() => None,
            store = run(steps, &machine, &clock, &progress) => store,
        }
    });
    if !machine.faults.is_down() {
        // The process lives on: what it shows is what it acknowledged.
        let live = store.as_ref().map(Store::snapshot);
        let progress = progress.lock();
        let found = runtime().block_on(async {
            match &live {
                Some(live) => difference(live, &progress.allowed()[0]).await,
                None => None,
            }
        });
        assert_eq!(found, None, "{name}, live");
    }
    drop(store);
    first.shutdown_background();
    let kept = match fault {
        Fault::Crash(effect) => effect,
        _ => Effect::Everything,
    };
    machine.restart(kept);
    runtime().block_on(verify(&machine, &clock, &progress.lock(), goes_on, name));
}

#[test]
fn a_fault_at_any_operation_loses_nothing_that_was_acknowledged() {
    let seeds = std::env::var("SPANLAKE_SEEDS").ok().and_then(|text| text.parse().ok());
    let all_points = std::env::var("SPANLAKE_ALL_POINTS").is_ok();
    for seed in 0..seeds.unwrap_or(1_u64) {
        let steps = workload(seed);
        let count = operations(&steps);
        let step = if all_points { 1 } else { count.div_ceil(GATE_POINTS) };
        let points: Vec<u64> = (seed % step..count).step_by(step as usize).collect();
        let next = AtomicUsize::new(0);
        let (runs, steps) = (AtomicUsize::new(0), &steps);
        std::thread::scope(|threads| {
            for _ in 0..2 {
                threads.spawn(|| {
                    while let Some(at) = points.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let turn = (at / step + seed) as usize;
                        let one = [FAULTS[turn % FAULTS.len()]];
                        let faults = if all_points { &FAULTS[..] } else { &one };
                        for fault in faults {
                            let name = format!("seed {seed}, operation {at} of {count}, {fault:?}");
                            run_with(steps, *at, *fault, turn.is_multiple_of(4), &name);
                            runs.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        eprintln!("seed {seed}: {count} operations, {} runs", runs.into_inner());
    }
}

#[test]
fn a_full_disk_at_any_operation_is_said_and_passes() {
    let steps = workload(1);
    let count = operations(&steps);
    let points = if std::env::var("SPANLAKE_SEEDS").is_ok() { 150 } else { 15 };
    for at in (0..count).step_by(count.div_ceil(points) as usize) {
        let name = format!("full from operation {at} of {count}");
        let (machine, clock) = (Machine::new(), StepClock::new());
        machine.faults.set(at, Fault::Full);
        let progress = Mutex::new(Progress::default());
        runtime().block_on(async {
            let mut store = None;
            for step in &steps {
                loop {
                    let taken = take(step, &mut store, &machine, &clock, &progress).await;
                    let Err(error) = taken else { break };
                    assert!(machine.faults.is_full(), "{name}: {step:?}: {error:?}");
                    let is_told = matches!(error, StoreError::NoSpace { .. });
                    assert!(is_told, "{name}: {step:?}: {error:?}");
                    // What was acknowledged can be read while the disk is full.
                    if let Some(store) = &store {
                        let allowed = progress.lock().allowed();
                        let mut wrong = Vec::new();
                        for model in allowed {
                            wrong.push(difference(&store.snapshot(), &model).await);
                        }
                        assert!(wrong.iter().any(Option::is_none), "{name}: {step:?}: {wrong:?}");
                    }
                    machine.faults.make_room();
                }
            }
        });
        machine.restart(Effect::Nothing);
        runtime().block_on(verify(&machine, &clock, &progress.lock(), true, &name));
    }
}
