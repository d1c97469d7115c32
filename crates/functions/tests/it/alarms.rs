//! False alarms without a change, and power at a shift of a fifth of a standard deviation, of every function that
//! gives a p-value for drift.

use std::collections::BTreeMap;
use std::f64::consts::TAU;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch};

use crate::sql::{rows, session};

/// Level of each test.
const LEVEL: f64 = 0.05;

/// A function's p-value over the table of `trials`.
struct Test {
    p_value: &'static str,
    /// Exact tests of few distinct outcomes alarm less often than their level, never more often.
    is_exact: bool,
}

const fn test(p_value: &'static str) -> Test {
    Test { p_value, is_exact: false }
}

const fn exact(p_value: &'static str) -> Test {
    Test { p_value, is_exact: true }
}

const SCALARS: [Test; 15] = [
    test("psi(x, cur)['p_value']"),
    test("kl_divergence(x, cur)['p_value']"),
    test("js_distance(x, cur)['p_value']"),
    test("hellinger(x, cur)['p_value']"),
    test("tvd(x, cur)['p_value']"),
    test("psi(class, cur)['p_value']"),
    exact("ks_test(x, cur)['p_value']"),
    test("wasserstein(x, cur)['p_value']"),
    test("mann_whitney(x, cur)['p_value']"),
    test("welch(x, cur)['p_value']"),
    test("chi2_drift(class, cur)['p_value']"),
    test("prop_diff(x > 0, cur)['p_value']"),
    exact("prop_diff(x > 0, cur)['fisher_p']"),
    exact("drift_test(x, cur)['p_value']"),
    exact("token_drift(concat(class, ' ', mark), cur, 1)[1]['p_adjusted']"),
];

const VECTORS: [Test; 3] = [
    test("mmd([x, y], cur)['p_value']"),
    test("mmd_rff([x, y], cur)['p_value']"),
    test("centroid_shift([x, y], cur)['p_value']"),
];

/// A number between 0 and 1 for each index, the same every time (splitmix64).
fn uniform(index: u64) -> f64 {
    let mut z = index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

fn normal(index: u64) -> f64 {
    let radius = (-2.0 * (1.0 - uniform(2 * index)).ln()).sqrt();
    radius * (TAU * uniform(2 * index + 1)).cos()
}

/// `trials` times `n` standard normal rows a side, current ones moved by `shift`.
fn table(n: u64, trials: u64, shift: f64) -> RecordBatch {
    let rows = || 0..2 * n * trials;
    let is_current = |row: u64| row % (2 * n) >= n;
    let moved = |row: u64| if is_current(row) { shift } else { 0.0 };
    let trial: Int64Array = rows().map(|row| Some((row / (2 * n)) as i64)).collect();
    let cur: BooleanArray = rows().map(|row| Some(is_current(row))).collect();
    let x: Float64Array = rows().map(|row| Some(normal(3 * row) + moved(row))).collect();
    let y: Float64Array = rows().map(|row| Some(normal(3 * row + 1))).collect();
    let mark: Int64Array =
        rows().map(|row| Some((uniform(row ^ (1 << 60)) * 5.0) as i64)).collect();
    RecordBatch::try_from_iter([
        ("trial", Arc::new(trial) as ArrayRef),
        ("cur", Arc::new(cur)),
        ("x", Arc::new(x)),
        ("y", Arc::new(y)),
        ("mark", Arc::new(mark)),
    ])
    .unwrap()
}

/// Share of trials in which each test rejects at its level.
async fn rejections(tests: &[Test], n: u64, trials: u64, shift: f64) -> Vec<f64> {
    let context = session(2);
    context.register_batch("numbers", table(n, trials, shift)).unwrap();
    let view =
        "create view trials as select *, case when x < -0.8 then 'least' when x < -0.2 then 'less'
        when x < 0.2 then 'middle' when x < 0.8 then 'more' else 'most' end as class from numbers";
    context.sql(view).await.unwrap();
    let p_values: Vec<String> =
        tests.iter().enumerate().map(|(at, test)| format!("{} as p{at}", test.p_value)).collect();
    let counts: Vec<String> = (0..tests.len())
        .map(|at| format!("avg(case when p{at} < {LEVEL} then 1.0 else 0.0 end) as p{at}"))
        .collect();
    let sql = format!(
        "select {}, count(*) as trials from (select {} from trials group by trial)",
        counts.join(", "),
        p_values.join(", ")
    );
    let found = rows(&context, &sql).await.unwrap();
    assert_eq!(found[0]["trials"], trials);
    (0..tests.len()).map(|at| found[0][format!("p{at}")].as_f64().unwrap()).collect()
}

fn is_long() -> bool {
    std::env::var("NEXTEST_PROFILE").is_ok_and(|profile| profile == "long")
}

/// Two percentage points, and three standard errors of this many trials.
fn slack(trials: u64) -> f64 {
    0.02 + 3.0 * (LEVEL * (1.0 - LEVEL) / trials as f64).sqrt()
}

async fn alarms_are_as_rare_as_stated(tests: &[Test], sizes: &[(u64, u64)]) {
    let mut wrong = BTreeMap::new();
    for &(n, trials) in sizes {
        let found = rejections(tests, n, trials, 0.0).await;
        for (test, share) in tests.iter().zip(found) {
            eprintln!("no change, n={n}, {trials} trials: {} {share:.4}", test.p_value);
            let too_few = !test.is_exact && share < LEVEL - slack(trials);
            if share > LEVEL + slack(trials) || too_few {
                wrong.insert((n, test.p_value), share);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[tokio::test]
async fn alarms_of_numbers_and_classes_are_as_rare_as_stated() {
    let sizes: &[(u64, u64)] = if is_long() {
        &[(100, 8_000), (300, 4_000), (1_000, 2_000), (5_000, 1_000)]
    } else {
        &[(100, 500), (500, 150), (5_000, 30)]
    };
    alarms_are_as_rare_as_stated(&SCALARS, sizes).await;
}

#[tokio::test]
async fn alarms_of_vectors_are_as_rare_as_stated() {
    let sizes: &[(u64, u64)] = if is_long() {
        &[(100, 4_000), (300, 2_000), (1_000, 600), (5_000, 300)]
    } else {
        &[(100, 200), (500, 20)]
    };
    alarms_are_as_rare_as_stated(&VECTORS, sizes).await;
}

#[tokio::test]
async fn a_shift_of_a_fifth_of_a_deviation_is_seen() {
    for (tests, n, trials) in [(SCALARS.as_slice(), 1_000, 100), (VECTORS.as_slice(), 1_000, 10)] {
        let found = rejections(tests, n, trials, 0.2).await;
        for (test, share) in tests.iter().zip(found) {
            eprintln!("shift of 0.2 sd, n={n}: {} {share:.3}", test.p_value);
            assert!(share > 0.7, "{}: {share}", test.p_value);
        }
    }
}

/// Streams without a change, and with one of a standard deviation at their middle.
#[tokio::test]
async fn streams_alarm_after_a_change_and_hardly_without_one() {
    let (streams, length) = (60, 1_000);
    let found = |shift: f64| async move {
        let context = session(2);
        // The two sides of a trial, one after the other, are a stream's halves.
        context.register_batch("numbers", table(length / 2, streams, shift)).unwrap();
        let sql = "select count(distinct trial) filter (where adwin) as adwin, count(distinct trial) filter (where page) as page
            from (select trial, at, adwin(x) over stream as adwin, page_hinkley(x) over stream as page
                from (select *, row_number() over () as at from numbers) window stream as (partition by trial order by at))";
        rows(&context, sql).await.unwrap().remove(0)
    };
    let (still, moved) = (found(0.0).await, found(1.0).await);
    eprintln!("of {streams} streams of {length}: unchanged {still}, moved by 1 sd {moved}");
    let count = |row: &serde_json::Value, name: &str| row[name].as_u64().unwrap();
    assert!(count(&still, "adwin") <= streams / 20, "{still}");
    assert_eq!((count(&moved, "adwin"), count(&moved, "page")), (streams, streams), "{moved}");
}

/// Two versions with the same rate of one in five, looked at after every hundred calls a side: the sequence alarms in no
/// more than its share of trials over all looks together, the test of a fixed horizon in several times that.
#[tokio::test]
async fn looking_again_raises_no_false_alarms() {
    let (trials, looks, step) = (300_u64, 20_u64, 100_u64);
    let happened = |trial: u64, call: u64| uniform(trial << 20 | call) < 0.2;
    let mut columns: [Vec<i64>; 4] = Default::default();
    for trial in 0..trials {
        let mut seen = [0; 2];
        for look in 0..looks {
            for call in look * step..(look + 1) * step {
                seen[0] += i64::from(happened(trial, 2 * call));
                seen[1] += i64::from(happened(trial, 2 * call + 1));
            }
            let row = [trial as i64, ((look + 1) * step) as i64, seen[0], seen[1]];
            for (column, value) in columns.iter_mut().zip(row) {
                column.push(value);
            }
        }
    }
    let columns = columns.map(|column| Arc::new(Int64Array::from(column)) as ArrayRef);
    let context = session(2);
    let looks = RecordBatch::try_from_iter(["trial", "n", "a", "b"].into_iter().zip(columns));
    context.register_batch("looks", looks.unwrap()).unwrap();
    let sql = "select count(distinct trial) filter (where seq_diff(n, p, p * (1 - p), n, q, q * (1 - q), 0.05, 1000)['p'] < 0.05) as sequence,
            count(distinct trial) filter (where two_prop(a, n, b, n)['p'] < 0.05) as fixed
        from (select *, a / cast(n as double) as p, b / cast(n as double) as q from looks)";
    let found = rows(&context, sql).await.unwrap().remove(0);
    eprintln!("no change, 20 looks, {trials} trials: {found}");
    let share = |name: &str| found[name].as_u64().unwrap() as f64 / trials as f64;
    assert!(share("sequence") <= LEVEL + slack(trials), "{found}");
    assert!(share("fixed") > 3.0 * LEVEL, "{found}");
}
