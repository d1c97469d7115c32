//! Many tests at once.

/// Benjamini-Hochberg adjusted p-values (1995), in the order given. `None` stays `None` and counts as no test.
pub(crate) fn bh_adjust(p_values: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut order: Vec<(usize, f64)> =
        p_values.iter().enumerate().filter_map(|(at, p)| p.map(|p| (at, p))).collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    let n = order.len() as f64;
    let mut adjusted = vec![None; p_values.len()];
    let mut least = 1.0_f64;
    for (from_largest, &(at, p)) in order.iter().enumerate() {
        let rank = n - from_largest as f64;
        least = least.min(p * n / rank);
        if let Some(slot) = adjusted.get_mut(at) {
            *slot = Some(least);
        }
    }
    adjusted
}
