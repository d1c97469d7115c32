//! Correction for the number of comparisons.

/// Benjamini–Hochberg adjusted p-values, in the order given (1995, step-up; as R's `p.adjust`).
pub fn bh_adjust(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<(usize, f64)> = p_values.iter().copied().enumerate().collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1).then(b.0.cmp(&a.0)));
    let count = p_values.len() as f64;
    let mut adjusted = vec![1.0; p_values.len()];
    let mut smallest = 1.0_f64;
    for (position, (index, p)) in order.into_iter().enumerate() {
        smallest = smallest.min(p * count / (count - position as f64));
        if let Some(slot) = adjusted.get_mut(index) {
            *slot = smallest;
        }
    }
    adjusted
}
