//! Change over time and between vectors.

use super::{Check, SIDES, STREAM, check};

pub(super) const CHECKS: &[Check] = &[
    check("streaming_drift", "/adwin", STREAM, "{changes adwin(a)}"),
    check("streaming_drift", "/page_hinkley", STREAM, "{changes page_hinkley(a)}"),
    // The reference's sensitive detector has the threshold 5.
    check("streaming_drift", "/page_hinkley_sensitive", STREAM, "{changes page_hinkley(a, 5)}"),
    check("mmd2_rbf", "/h", SIDES, "mmd(x, cur)['h']"),
    check("mmd2_rbf", "/mmd2", SIDES, "mmd(x, cur)['mmd2']"),
    check("mmd2_rbf", "/mean_cosine_shift", SIDES, "centroid_shift(x, cur)['cosine']"),
    check("mmd2_rbf", "/mean_euclid", SIDES, "centroid_shift(x, cur)['euclidean']"),
];
