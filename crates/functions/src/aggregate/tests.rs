//! Splits and merges in any order, coarsening past the limit.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, ListArray, StringArray};
use arrow::datatypes::{DataType, Float64Type};
use datafusion_common::ScalarValue;
use proptest::prelude::*;

use super::codec::{Reader, Writer};
use super::divergence::DivergenceOf;
use super::fold::{Fold, Options, State};
use super::sample::{MOST_VALUES, Sample};
use super::two_means::TwoMeans;

fn written<S: State>(state: &S) -> Vec<u8> {
    let mut out = Writer::default();
    state.write(&mut out);
    out.finish()
}

/// The result of rows cut into parts of `size` that are merged from the last to the first.
fn folded<F: Fold>(columns: &[ArrayRef], size: usize) -> ScalarValue {
    let types: Vec<DataType> = columns.iter().map(|column| column.data_type().clone()).collect();
    let options = Options::of(F::COLUMNS, Vec::new());
    let n = columns.first().unwrap().len();
    let mut whole = F::State::new(&types, &options);
    let mut starts: Vec<usize> = (0..n).step_by(size).collect();
    starts.reverse();
    for start in starts {
        let mut part = F::State::new(&types, &options);
        let slices: Vec<ArrayRef> =
            columns.iter().map(|column| column.slice(start, size.min(n - start))).collect();
        part.update(&slices).unwrap();
        whole.merge(&mut Reader::new(&written(&part))).unwrap();
    }
    F::finish(&whole, &options).unwrap()
}

/// Whether two results agree but for the rounding of sums.
fn agree(a: &dyn Array, b: &dyn Array) -> bool {
    if a.len() != b.len() || a.data_type() != b.data_type() {
        return false;
    }
    match a.data_type() {
        DataType::Struct(_) => {
            let (a, b) = (a.as_struct().columns(), b.as_struct().columns());
            a.iter().zip(b).all(|(a, b)| agree(a, b))
        }
        DataType::List(_) => {
            let (a, b) = (a.as_list::<i32>(), b.as_list::<i32>());
            a.offsets() == b.offsets() && agree(a.values(), b.values())
        }
        DataType::Float64 => {
            let (a, b) = (a.as_primitive::<Float64Type>(), b.as_primitive::<Float64Type>());
            a.iter().zip(b).all(|pair| match pair {
                (Some(a), Some(b)) => {
                    (a - b).abs() <= 1e-9 * (1.0 + b.abs()) || a.to_bits() == b.to_bits()
                }
                pair => pair.0.is_none() && pair.1.is_none(),
            })
        }
        _ => a.to_data() == b.to_data(),
    }
}

/// Rows in parts of `size`, merged from the last to the first, against all `n` rows at once.
fn splits_agree<F: Fold>(columns: &[ArrayRef], size: usize, n: usize) -> Result<(), TestCaseError> {
    let (parts, whole) = (folded::<F>(columns, size), folded::<F>(columns, n));
    let same = agree(&parts.to_array().unwrap(), &whole.to_array().unwrap());
    prop_assert!(same, "{}: {parts} in parts of {size}, {whole} at once", F::NAME);
    Ok(())
}

proptest! {
    #[test]
    fn any_split_and_merge_order_gives_the_same(
        rows in proptest::collection::vec((prop_oneof![-9.0..9.0, Just(f64::NAN), Just(f64::INFINITY), Just(2.0)], any::<bool>()), 1..200),
        size in 1_usize..50,
    ) {
        let values: ArrayRef = Arc::new(rows.iter().map(|row| Some(row.0)).collect::<Float64Array>());
        let texts: ArrayRef = Arc::new(rows.iter().map(|row| Some(format!("{:.0}", row.0))).collect::<StringArray>());
        let sides: ArrayRef = Arc::new(rows.iter().map(|row| Some(row.1)).collect::<BooleanArray>());
        for value in [&values, &texts] {
            let columns = [Arc::clone(value), Arc::clone(&sides)];
            let n = rows.len();
            let of = folded::<DivergenceOf<2, super::psi::Psi>>;
            prop_assert_eq!(of(&columns, size), of(&columns, n));
            prop_assert_eq!(folded::<super::drift_test::DriftTest>(&columns, size), folded::<super::drift_test::DriftTest>(&columns, n));
            prop_assert_eq!(folded::<super::chi2_drift::Chi2Drift>(&columns, size), folded::<super::chi2_drift::Chi2Drift>(&columns, n));
            prop_assert_eq!(folded::<super::drift_bins::DriftBins>(&columns, size), folded::<super::drift_bins::DriftBins>(&columns, n));
            prop_assert_eq!(folded::<super::kappa::KappaOf>(&[Arc::clone(value), Arc::clone(value)], size), folded::<super::kappa::KappaOf>(&[Arc::clone(value), Arc::clone(value)], n));
        }
        prop_assert_eq!(
            folded::<super::token_drift::TokenDrift>(&[Arc::clone(&texts), Arc::clone(&sides)], size),
            folded::<super::token_drift::TokenDrift>(&[texts, sides], rows.len())
        );
    }

    #[test]
    fn any_split_and_merge_order_agrees(
        rows in proptest::collection::vec((prop_oneof![0.0..1.0, Just(f64::NAN), Just(f64::INFINITY), Just(0.5)], any::<bool>()), 1..120),
        size in 1_usize..40,
    ) {
        let n = rows.len();
        let values: ArrayRef = Arc::new(rows.iter().map(|row| Some(row.0)).collect::<Float64Array>());
        let sides: ArrayRef = Arc::new(rows.iter().map(|row| Some(row.1)).collect::<BooleanArray>());
        let units: ArrayRef = Arc::new((0..n).map(|at| Some((at % 7) as f64)).collect::<Float64Array>());
        let humans: ArrayRef = Arc::new(rows.iter().enumerate().map(|(at, row)| (at % 3 == 0).then_some(row.0)).collect::<Float64Array>());
        let texts: ArrayRef = Arc::new(rows.iter().map(|row| Some(if row.1 { "ok" } else { "fenced" })).collect::<StringArray>());
        let vectors: ArrayRef = {
            let rows = rows.iter().map(|row| Some(vec![Some(row.0), Some(f64::from(u8::from(row.1)))]));
            Arc::new(ListArray::from_iter_primitive::<Float64Type, _, _>(rows))
        };
        let pair = [Arc::clone(&values), Arc::clone(&sides)];
        let cloud = [vectors, Arc::clone(&sides)];
        splits_agree::<DivergenceOf<4, super::js_distance::JsDistance>>(&pair, size, n)?;
        splits_agree::<DivergenceOf<2, super::kl_divergence::KlDivergence>>(&pair, size, n)?;
        splits_agree::<DivergenceOf<2, super::hellinger::Hellinger>>(&pair, size, n)?;
        splits_agree::<DivergenceOf<3, super::tvd::Tvd>>(&pair, size, n)?;
        splits_agree::<super::ks_test::KsTest>(&pair, size, n)?;
        splits_agree::<super::wasserstein::WassersteinDistance>(&pair, size, n)?;
        splits_agree::<super::mann_whitney::MannWhitneyTest>(&pair, size, n)?;
        splits_agree::<super::welch::WelchTest>(&pair, size, n)?;
        splits_agree::<super::prop_diff::PropDiff>(&[Arc::clone(&sides), Arc::clone(&sides)], size, n)?;
        splits_agree::<super::mean_loss::MeanOf<super::brier::Brier>>(&pair, size, n)?;
        splits_agree::<super::mean_loss::MeanOf<super::log_loss::LogLoss>>(&pair, size, n)?;
        splits_agree::<super::ece::Ece>(&pair, size, n)?;
        splits_agree::<super::auroc::Auroc>(&pair, size, n)?;
        splits_agree::<super::confusion::ConfusionMatrix>(&pair, size, n)?;
        splits_agree::<super::isotonic_fit::IsotonicFit>(&pair, size, n)?;
        splits_agree::<super::ppi_mean::PpiMeanOf>(&[Arc::clone(&values), humans], size, n)?;
        splits_agree::<super::kripp_alpha::KrippAlpha>(&[units, Arc::clone(&values), Arc::clone(&values)], size, n)?;
        splits_agree::<super::parse_failure_rate::ParseFailureRate>(&[texts], size, n)?;
        splits_agree::<super::mmd::MmdOf>(&cloud, size, n)?;
        splits_agree::<super::mmd_rff::MmdRff>(&cloud, size, n)?;
        splits_agree::<super::centroid_shift::CentroidShift>(&cloud, size, n)?;
    }

    #[test]
    fn a_row_taken_back_was_never_there(values in proptest::collection::vec(-9.0..9.0_f64, 4..60)) {
        let columns = |values: &[f64]| -> [ArrayRef; 2] {
            let sides: BooleanArray = (0..values.len()).map(|at| Some(at % 2 == 0)).collect();
            [Arc::new(Float64Array::from(values.to_vec())), Arc::new(sides)]
        };
        let options = Options::of(2, Vec::new());
        let mut means = TwoMeans::new(&[], &options);
        means.update(&columns(&values)).unwrap();
        means.retract(&columns(values.get(..2).unwrap())).unwrap();
        let mut rest = TwoMeans::new(&[], &options);
        rest.update(&columns(values.get(2..).unwrap())).unwrap();
        prop_assert!((means.reference.mean - rest.reference.mean).abs() < 1e-9);
        prop_assert!((means.current.squares - rest.current.squares).abs() < 1e-6);
    }
}

/// A number between 0 and 1 for each index, the same every time (splitmix64).
fn uniform(index: u64) -> f64 {
    let mut z = index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

fn sample(values: &[f64], n_reference: usize) -> Sample {
    let options = Options::of(2, Vec::new());
    let mut sample = Sample::new(&[DataType::Float64], &options);
    let sides: BooleanArray = (0..values.len()).map(|at| Some(at >= n_reference)).collect();
    let columns: [ArrayRef; 2] = [Arc::new(Float64Array::from(values.to_vec())), Arc::new(sides)];
    sample.update(&columns).unwrap();
    sample
}

#[test]
fn past_the_limit_values_lose_bits_but_not_their_split() {
    let n = MOST_VALUES + 40_000;
    let values: Vec<f64> = (0..n as u64).map(|at| 1.0 + uniform(at)).collect();
    let whole = sample(&values, n / 2);
    let (first, second) = values.split_at(n / 3);
    let mut parts = sample(second, n / 2 - n / 3);
    let other = sample(first, first.len());
    parts.merge(&mut Reader::new(&written(&other))).unwrap();
    let (whole, parts) = (whole.numbers(), parts.numbers());
    assert_eq!(whole, parts);
    assert!(whole.len() <= MOST_VALUES && whole.len() > MOST_VALUES / 4, "{}", whole.len());
    let mut exact = values.clone();
    exact.sort_unstable_by(f64::total_cmp);
    let middle = exact.get(n / 2).unwrap();
    let mut below = 0;
    let found = whole.iter().find(|(_, pair)| {
        below += pair.reference + pair.current;
        below > n as u64 / 2
    });
    assert!((found.unwrap().0 / middle - 1.0).abs() < 1e-4);
}
