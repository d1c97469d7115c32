//! Progress on a terminal; nothing where nobody looks.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar over `total` bytes, or a spinner when the total is unknown.
pub(crate) fn bytes_bar(total: Option<u64>, quiet: bool) -> ProgressBar {
    let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    let template = if total.is_some() {
        "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} eta {eta}"
    } else {
        "{spinner} {msg} {bytes} {bytes_per_sec}"
    };
    styled(bar, template, quiet)
}

/// A bar over `total` things.
pub(crate) fn count_bar(total: u64, quiet: bool) -> ProgressBar {
    styled(ProgressBar::new(total), "{msg} {wide_bar} {human_pos}/{human_len} eta {eta}", quiet)
}

/// A spinner with a message.
pub(crate) fn spinner(message: &'static str, quiet: bool) -> ProgressBar {
    let bar = styled(ProgressBar::new_spinner(), "{spinner} {msg}", quiet);
    bar.set_message(message);
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

fn styled(bar: ProgressBar, template: &str, quiet: bool) -> ProgressBar {
    if quiet {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}
