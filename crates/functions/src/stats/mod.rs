//! Statistics without Arrow: plain numbers in, plain numbers out, `None` where undefined.

pub(crate) mod normal;
pub(crate) mod special;

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

#[cfg(test)]
mod tests;
