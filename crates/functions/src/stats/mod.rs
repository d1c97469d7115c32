//! Statistics without Arrow: plain numbers in, plain numbers out, `None` where undefined.
//!
//! Public is what programs compute beside SQL, so that both give the same numbers.

pub(crate) mod normal;
pub(crate) mod special;

pub(crate) mod cluster;
pub(crate) mod moments;
pub(crate) mod multiple;
pub(crate) mod proportion;
pub(crate) mod sequential;

pub(crate) mod binning;
pub(crate) mod drift;
pub(crate) mod kolmogorov;
pub(crate) mod ranks;
pub(crate) mod wasserstein;

pub(crate) mod agreement;
pub(crate) mod judge;
pub(crate) mod scores;

pub(crate) mod change;
pub(crate) mod mmd;

pub use cluster::{Bounds, ClusterSums, design_effect};
pub use drift::{Chi2, Chi2Method, Floor, Shares};
pub use multiple::{Adjustment, adjust};
pub use proportion::{Interval, wilson};
pub use sequential::{Moments, SeqDiff, minimum_detectable, seq_diff};

#[cfg(test)]
mod tests;
