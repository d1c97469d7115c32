//! `mmd_rff(vector, is_current[, h])`

use std::f64::consts::TAU;
use std::sync::LazyLock;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::Documentation;

use super::binned::SIDE;
use super::codec::{Reader, Writer};
use super::fold::{Fold, Options, State};
use super::record::{SIDES, record, record_type};
use super::vectors::{Vectors, each_vector};
use crate::documented::{Manual, STATISTICS};
use crate::kernel::Kind;
use crate::stats::mmd::{kernel_spread, shifted_gamma_p};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct MmdRff;

/// Vectors kept of each side to find the variance under no change.
const KEPT: usize = 256;
/// Random frequencies, each with a cosine and a sine.
const FREQUENCIES: usize = 256;
/// Standard errors within which the estimate lies.
const ERRORS: f64 = 4.0;

static MANUAL: LazyLock<Documentation> = LazyLock::new(|| {
    Manual {
        section: STATISTICS,
        syntax: "mmd_rff(vector, is_current[, h])",
        does: "Squared maximum mean discrepancy as mmd, over all rows in bounded memory, by 256 \
            random Fourier features with fixed seeds. p_value as for mmd, its variance from at \
            most 256 rows a side. State: 8 kB and the rows kept.",
        arguments: &[
            ("vector", "A list of numbers, such as an embedding."),
            SIDE,
            (
                "h",
                "Bandwidth in squared distance, positive; 1 unless given, which suits vectors of length 1.",
            ),
        ],
        result: "{mmd2, bound, p_value, n_reference, n_current}: the value that mmd would give for \
            the same h lies within bound of mmd2 (four standard errors over the features).",
        nulls: "Rows with a NULL vector, element or side, or an element that is not finite, are left \
            out. NULL below two rows a side.",
        errors: "Vectors of different lengths; h that is not positive.",
        source: "Rahimi and Recht 2007; Gretton et al. 2012.",
        example: "select mmd_rff(embedding, is_current) from embedded_calls;",
    }
    .documentation()
});

const FIELDS: [&str; 3] = ["mmd2", "bound", "p_value"];

/// Sums of the features of each side.
#[derive(Debug)]
pub(crate) struct Features {
    vectors: Vectors<KEPT>,
    /// Cosine and sine sums by frequency, reference then current.
    sums: [Vec<(f64, f64)>; 2],
    frequencies: Vec<Vec<f64>>,
    h: f64,
}

/// A standard normal for a frequency and a dimension, the same everywhere (splitmix64, Box and Muller).
fn normal(frequency: u64, dimension: u64) -> f64 {
    let mix = |salt: u64| {
        let mut z = (frequency << 32 | dimension << 1 | salt).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ z >> 31) >> 11) as f64 / (1_u64 << 53) as f64
    };
    (-2.0 * (1.0 - mix(0)).ln()).sqrt() * (TAU * mix(1)).cos()
}

impl Features {
    fn prepare(&mut self, width: usize) {
        if self.frequencies.first().map(Vec::len) == Some(width) {
            return;
        }
        // The kernel exp(-d² / h) is the mean of cos(w d) over normal w of variance 2 / h.
        let scale = (2.0 / self.h).sqrt();
        let line = |frequency: usize| {
            (0..width).map(|at| scale * normal(frequency as u64 + 1, at as u64)).collect()
        };
        self.frequencies = (0..FREQUENCIES).map(line).collect();
    }

    /// The estimate and its bound.
    fn estimate(&self) -> Option<(f64, f64)> {
        let (n, m) = (self.vectors.reference.n as f64, self.vectors.current.n as f64);
        if n < 2.0 || m < 2.0 {
            return None;
        }
        let [reference, current] = &self.sums;
        let parts: Vec<f64> = reference
            .iter()
            .zip(current)
            .map(|(a, b)| {
                let within = (a.0 * a.0 + a.1 * a.1 - n) / (n * (n - 1.0));
                let across = (b.0 * b.0 + b.1 * b.1 - m) / (m * (m - 1.0));
                within + across - 2.0 * (a.0 * b.0 + a.1 * b.1) / (n * m)
            })
            .collect();
        let mean = parts.iter().sum::<f64>() / FREQUENCIES as f64;
        let squares: f64 = parts.iter().map(|part| (part - mean).powi(2)).sum();
        let error = (squares / (FREQUENCIES as f64 - 1.0) / FREQUENCIES as f64).sqrt();
        Some((mean, ERRORS * error))
    }
}

impl State for Features {
    fn new(_: &[DataType], options: &Options) -> Self {
        let h = options.number(2, 1.0).unwrap_or(f64::NAN);
        let sums = [(); 2].map(|()| vec![(0.0, 0.0); FREQUENCIES]);
        Self { vectors: Vectors::default(), sums, frequencies: Vec::new(), h }
    }

    fn update(&mut self, columns: &[ArrayRef]) -> Result<()> {
        each_vector(columns, |vector, is_current| {
            self.prepare(vector.len());
            self.vectors.add(vector, is_current)?;
            let [reference, current] = &mut self.sums;
            let sums = if is_current { current } else { reference };
            for (sum, frequency) in sums.iter_mut().zip(&self.frequencies) {
                let angle: f64 = frequency.iter().zip(vector).map(|(w, x)| w * x).sum();
                let (sine, cosine) = angle.sin_cos();
                sum.0 += cosine;
                sum.1 += sine;
            }
            Ok(())
        })
    }

    fn write(&self, out: &mut Writer) {
        self.vectors.write(out);
        for (cosine, sine) in self.sums.iter().flatten() {
            out.number(*cosine);
            out.number(*sine);
        }
    }

    fn merge(&mut self, from: &mut Reader) -> Option<()> {
        self.vectors.merge(from)?;
        for sum in self.sums.iter_mut().flatten() {
            sum.0 += from.number()?;
            sum.1 += from.number()?;
        }
        Some(())
    }

    fn heap_bytes(&self) -> usize {
        let width = self.frequencies.first().map_or(0, Vec::len);
        self.vectors.heap_bytes() + FREQUENCIES * (2 * size_of::<(f64, f64)>() + width * 8 + 24)
    }
}

impl Fold for MmdRff {
    const NAME: &'static str = "mmd_rff";
    const KINDS: &'static [Kind] = &[Kind::Numbers, Kind::Flag, Kind::Number];
    const REQUIRED: usize = 2;
    const COLUMNS: usize = 2;
    type State = Features;

    fn return_type() -> DataType {
        record_type(&FIELDS, &SIDES)
    }

    fn finish(features: &Features, options: &Options) -> Result<ScalarValue> {
        let h = options.number(2, 1.0)?;
        if !(h > 0.0 && h.is_finite()) {
            return options.error("h must be positive");
        }
        let (reference, current) = (&features.vectors.reference, &features.vectors.current);
        let found = features.estimate();
        let p = found.and_then(|found| {
            let spread = kernel_spread(&reference.sample(), &current.sample(), h)?;
            let scale = (reference.n as f64).recip() + (current.n as f64).recip();
            shifted_gamma_p(found.0, spread, scale)
        });
        record(
            [
                (FIELDS[0], found.map(|found| found.0)),
                (FIELDS[1], found.map(|found| found.1)),
                (FIELDS[2], p),
            ],
            [(SIDES[0], reference.n), (SIDES[1], current.n)],
        )
    }

    fn manual() -> &'static Documentation {
        &MANUAL
    }
}
