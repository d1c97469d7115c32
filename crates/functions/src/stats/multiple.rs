//! Many tests at once.

/// How p-values of one family are adjusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adjustment {
    /// False discovery rate, independent or positively dependent tests (Benjamini and Hochberg 1995).
    BenjaminiHochberg,
    /// False discovery rate under any dependence (Benjamini and Yekutieli 2001).
    BenjaminiYekutieli,
    /// Family-wise error (Holm 1979).
    Holm,
    /// Family-wise error.
    Bonferroni,
}

impl Adjustment {
    pub(crate) const NAMES: &'static str = "bh, by, holm or bonferroni";

    pub(crate) fn by_name(name: &str) -> Option<Self> {
        match name {
            "bh" | "fdr_bh" => Some(Self::BenjaminiHochberg),
            "by" | "fdr_by" => Some(Self::BenjaminiYekutieli),
            "holm" => Some(Self::Holm),
            "bonferroni" => Some(Self::Bonferroni),
            _ => None,
        }
    }
}

/// Adjusted p-values in the order given. `None` stays `None` and counts as no test.
pub fn adjust(p_values: &[Option<f64>], method: Adjustment) -> Vec<Option<f64>> {
    let mut order: Vec<(usize, f64)> =
        p_values.iter().enumerate().filter_map(|(at, p)| p.map(|p| (at, p))).collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    let n = order.len() as f64;
    let harmonic: f64 = (1..=order.len()).map(|i| (i as f64).recip()).sum();
    let factor = |rank: f64| match method {
        Adjustment::BenjaminiHochberg => n / rank,
        Adjustment::BenjaminiYekutieli => harmonic * n / rank,
        Adjustment::Holm => n - rank + 1.0,
        Adjustment::Bonferroni => n,
    };
    let mut raised: Vec<(usize, f64)> = order
        .iter()
        .enumerate()
        .map(|(at, &(slot, p))| (slot, (p * factor((at + 1) as f64)).min(1.0)))
        .collect();
    // A larger p-value never gets a smaller adjusted one.
    if method == Adjustment::Holm {
        let mut most = 0.0_f64;
        for (_, p) in &mut raised {
            most = most.max(*p);
            *p = most;
        }
    } else {
        let mut least = 1.0_f64;
        for (_, p) in raised.iter_mut().rev() {
            least = least.min(*p);
            *p = least;
        }
    }
    let mut adjusted = vec![None; p_values.len()];
    for (slot, p) in raised {
        if let Some(slot) = adjusted.get_mut(slot) {
            *slot = Some(p);
        }
    }
    adjusted
}
