//! The window functions, one file each.

mod adwin;
mod page_hinkley;
mod stream;

use std::sync::Arc;

use datafusion_expr::WindowUDF;

fn window(detector: impl stream::Detector) -> Arc<WindowUDF> {
    Arc::new(WindowUDF::new_from_impl(stream::Udwf::new(detector)))
}

/// Every window function of this crate.
pub fn window_functions() -> Vec<Arc<WindowUDF>> {
    vec![window(adwin::AdwinOver), window(page_hinkley::PageHinkleyOver)]
}
