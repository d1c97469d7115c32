//! The report as a page and as Markdown.

pub mod format;
mod html;
mod markdown;
mod svg;

pub use html::render_html;
pub use markdown::render_markdown;

/// Renders the report as JSON, indented.
pub fn render_json(report: &crate::report::WeeklyReport) -> String {
    let mut text = serde_json::to_string_pretty(report).unwrap_or_default();
    text.push('\n');
    text
}
