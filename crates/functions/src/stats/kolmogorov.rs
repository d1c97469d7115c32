//! The distribution of Kolmogorov's statistic: of one sample (Simard and L'Ecuyer 2011), and of two samples exactly
//! (Hodges 1958; Viehmann 2021).

use std::f64::consts::PI;

use super::special::ln_choose;

/// Samples up to this size are tested exactly; above, by the distribution of one sample of n·m/(n + m).
pub(crate) const EXACT_UP_TO: u64 = 10_000;

/// Chance of two samples of sizes `n` and `m` lying at least `distance` apart, by counting lattice paths.
pub(crate) fn two_sample_exact(n: u64, m: u64, distance: f64) -> f64 {
    let common = gcd(n, m);
    let steps = (distance * ((n / common) * m) as f64).round() as u64;
    if steps == 0 {
        return 1.0;
    }
    if n == m { equal_sizes(n, steps) } else { outside(n.max(m), n.min(m), common, steps) }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Paths between equal sizes by the reflection principle, nested from the farthest reflection inwards.
fn equal_sizes(n: u64, steps: u64) -> f64 {
    let mut outside = 0.0;
    for reflection in (0..=n / steps).rev() {
        let shift = reflection * steps;
        let ratio: f64 = (0..steps)
            .map(|j| (n as f64 - shift as f64 - j as f64) / (n + shift + j + 1) as f64)
            .product();
        outside = ratio * (1.0 - outside);
    }
    (2.0 * outside).clamp(0.0, 1.0)
}

/// The share of lattice paths to (m, n), m > n, that leave the band |x/m − y/n| < steps / lcm, column by column.
/// Cell (x, y) holds the share among the paths to it, so that small chances keep their digits.
fn outside(m: u64, n: u64, common: u64, steps: u64) -> f64 {
    let (rise, run) = ((n / common) as i64, (m / common) as i64);
    let (n, steps) = (n as i64, steps as i64);
    let mut column = vec![1.0; n as usize + 1];
    let upper = |x: i64| (rise * x + steps + run - 1).div_euclid(run).min(n + 1);
    let lower = |x: i64| ((rise * x - steps).div_euclid(run) + 1).clamp(0, n);
    for cell in column.iter_mut().take(upper(0).max(0) as usize) {
        *cell = 0.0;
    }
    for x in 1..=m as i64 {
        let (low, high) = (lower(x), upper(x));
        if high <= low {
            return 1.0;
        }
        let mut below = if low == 0 { 0.0 } else { 1.0 };
        for (y, cell) in (low..high).zip(column.iter_mut().skip(low as usize)) {
            below = (*cell * x as f64 + below * y as f64) / (x + y) as f64;
            *cell = below;
        }
    }
    column.last().copied().unwrap_or(1.0).clamp(0.0, 1.0)
}

/// Chance that one sample of size `n` lies at least `distance` from its distribution.
pub(crate) fn one_sample(n: u64, distance: f64) -> f64 {
    let (size, t) = (n as f64, n as f64 * distance);
    if distance <= 0.0 || t <= 0.5 {
        return 1.0;
    }
    if distance >= 1.0 {
        return 0.0;
    }
    if t <= 1.0 {
        // n! ((2t - 1) / n)^n
        let inside: f64 = (1..=n).map(|i| i as f64 / size * (2.0 * t - 1.0)).product();
        return 1.0 - inside;
    }
    let scaled = t * distance;
    let small = n <= 140;
    if t >= size - 1.0 {
        return 2.0 * (1.0 - distance).powi(n as i32);
    }
    if distance >= 0.5 || scaled >= if small { 4.0 } else { 2.2 } {
        // Both tails at once are too rare to matter here.
        return (2.0 * one_sided(n, distance)).clamp(0.0, 1.0);
    }
    let below = if small || (n <= 100_000 && size * distance.powf(1.5) <= 1.4) {
        durbin_matrix(n, distance)
    } else {
        pelz_good(size, distance)
    };
    (1.0 - below).clamp(0.0, 1.0)
}

/// Smirnov's one-sided tail: Birnbaum and Tingey's sum, and Maag and Dicaire's limit for large samples.
fn one_sided(n: u64, distance: f64) -> f64 {
    let size = n as f64;
    if n > 100_000 {
        return (-(6.0 * size * distance + 1.0).powi(2) / (18.0 * size)).exp();
    }
    let last = (size * (1.0 - distance)).floor() as u64;
    let sum: f64 = (0..=last)
        .map(|j| {
            let j = j as f64;
            let (up, down) = (distance + j / size, 1.0 - distance - j / size);
            let power = if down > 0.0 { (size - j) * down.ln() } else { f64::NEG_INFINITY };
            if (size - j).abs() < f64::EPSILON {
                return (ln_choose(size, j) + (j - 1.0) * up.ln()).exp();
            }
            (ln_choose(size, j) + (j - 1.0) * up.ln() + power).exp()
        })
        .sum();
    distance * sum
}

/// Powers of Durbin's matrix (Marsaglia, Tsang and Wang 2003): exact, and cheap while n·distance is small.
fn durbin_matrix(n: u64, distance: f64) -> f64 {
    let t = n as f64 * distance;
    let k = t.ceil() as usize;
    let rest = k as f64 - t;
    let m = 2 * k - 1;
    let mut edge = Vec::with_capacity(m);
    let mut inverse_factorials = Vec::with_capacity(m);
    let mut factorial = 1.0;
    for j in 1..=m {
        inverse_factorials.push(factorial);
        factorial /= j as f64;
        edge.push((1.0 - rest.powi(j as i32)) * factorial);
    }
    let corner = (2.0 * rest - 1.0).max(0.0).powi(m as i32) - 2.0 * rest.powi(m as i32);
    if let Some(last) = edge.last_mut() {
        *last = (1.0 + corner) * factorial;
    }
    let cell = |row: usize, column: usize| -> f64 {
        if column == 0 {
            edge.get(row).copied().unwrap_or_default()
        } else if row == m - 1 {
            edge.get(m - 1 - column).copied().unwrap_or_default()
        } else if row + 1 >= column {
            inverse_factorials.get(row + 1 - column).copied().unwrap_or_default()
        } else {
            0.0
        }
    };
    let matrix: Vec<f64> = (0..m * m).map(|at| cell(at / m, at % m)).collect();
    let (power, exponent) = matrix_power(matrix, m, n);
    let mut chance = power.get((k - 1) * m + k - 1).copied().unwrap_or_default().ln();
    chance += f64::from(exponent) * std::f64::consts::LN_2;
    chance += (1..=n).map(|i| (i as f64 / n as f64).ln()).sum::<f64>();
    chance.exp().clamp(0.0, 1.0)
}

/// `matrix` to the power `n`, times two to the power returned with it.
fn matrix_power(mut square: Vec<f64>, m: usize, mut n: u64) -> (Vec<f64>, i32) {
    const SCALE: i32 = 128;
    let multiply = |a: &[f64], b: &[f64]| -> Vec<f64> {
        let mut product = vec![0.0; m * m];
        for (row, out) in a.chunks_exact(m).zip(product.chunks_exact_mut(m)) {
            for (factor, line) in row.iter().zip(b.chunks_exact(m)) {
                out.iter_mut().zip(line).for_each(|(out, value)| *out += factor * value);
            }
        }
        product
    };
    let mut power: Vec<f64> = (0..m * m).map(|at| f64::from(u8::from(at / m == at % m))).collect();
    let (mut exponent, mut square_exponent) = (0, 0);
    while n > 0 {
        if n % 2 == 1 {
            power = multiply(&power, &square);
            exponent += square_exponent;
        }
        square = multiply(&square, &square);
        square_exponent *= 2;
        let largest = square.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        if largest > 2_f64.powi(SCALE) {
            for value in &mut square {
                *value /= 2_f64.powi(SCALE);
            }
            square_exponent += SCALE;
        }
        n /= 2;
    }
    (power, exponent)
}

/// Pelz and Good's expansion (1976) of the distribution function in powers of n^-½.
fn pelz_good(n: f64, distance: f64) -> f64 {
    let z = n.sqrt() * distance;
    let (z2, z4, z6) = (z.powi(2), z.powi(4), z.powi(6));
    let (pi2, pi4, pi6) = (PI.powi(2), PI.powi(4), PI.powi(6));
    let last = (16.0 * z / PI).ceil() as i32;
    let mut odd = [0.0; 4];
    let mut even = [0.0; 2];
    for k in (1..=last).rev() {
        let i2 = f64::from(2 * k - 1).powi(2);
        let weight = (-pi2 * i2 / (8.0 * z2)).exp();
        odd[0] += weight;
        odd[1] += weight * (pi2 * i2 / 4.0 - z2);
        odd[2] += weight
            * (6.0 * z6
                + 2.0 * z4
                + (2.0 * z4 - 5.0 * z2) * pi2 * i2 / 4.0
                + pi4 * (1.0 - 2.0 * z2) * i2 * i2 / 16.0);
        odd[3] += weight
            * (-30.0 * z6 - 90.0 * z.powi(8)
                + pi2 * (135.0 * z4 - 96.0 * z6) * i2 / 4.0
                + pi4 * (212.0 * z4 - 60.0 * z2) * i2 * i2 / 16.0
                + pi6 * (5.0 - 30.0 * z2) * i2.powi(3) / 64.0);
        let k2 = f64::from(k).powi(2);
        let weight = (-pi2 * k2 / (2.0 * z2)).exp() * k2;
        even[0] += weight;
        even[1] += weight * (3.0 * z2 - pi2 * k2);
    }
    let root = (2.0 * PI).sqrt();
    let terms = [
        root / z * odd[0],
        root / (6.0 * z4) * odd[1],
        root / (72.0 * z.powi(7)) * odd[2] - root * pi2 / (36.0 * z.powi(3)) * even[0],
        root / (6480.0 * z.powi(10)) * odd[3] + root * pi2 / (216.0 * z6) * even[1],
    ];
    terms.iter().zip(0..).map(|(term, power)| term / n.powf(f64::from(power) / 2.0)).sum()
}
