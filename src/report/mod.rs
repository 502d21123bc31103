//! Everything a person or a program sees of a run: the terminal summary, `summary.json`,
//! `summary.md`, JUnit, `report.html` with its charts, and the folder they are written to.
//!
//! The room turns plain values ([`crate::measure::Summary`], [`crate::measure::Pictures`]) into text.
//! It computes no metric: what it prints was measured before. It prints nothing itself either; the
//! command line does.

mod chart;
mod compare;
mod format;
mod html;
mod json;
mod junit;
mod manifest;
mod markdown;
mod method;
mod metrics;
mod regression;
mod story;
mod sweep;
mod terminal;
pub(crate) mod text;
mod verdict;
mod write;

pub use compare::{comparison, comparison_markdown};
pub use format::estimate;
pub use html::{View, html};
pub use json::{json, summary_schema};
pub use junit::junit;
pub use manifest::{InputHash, Manifest};
pub use markdown::markdown;
pub use method::method;
pub use regression::{changes, changes_markdown};
pub use story::story;
pub use sweep::Grid;
pub use terminal::{goals, terminal};
pub use verdict::verdict;
pub use write::write;

/// Why a report could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A file or folder could not be written.
    #[error("{path}: {source}")]
    Io {
        /// What was being written.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// The page's template could not be filled.
    #[error("the report page: {0}")]
    Template(#[from] minijinja::Error),
    /// A chart could not be drawn.
    #[error("the chart `{chart}`: {reason}")]
    Chart {
        /// Name of the chart.
        chart: String,
        /// Why not.
        reason: String,
    },
    /// A value could not be written as JSON.
    #[error("JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The JUnit file could not be written.
    #[error("JUnit: {0}")]
    Junit(#[from] quick_junit::SerializeError),
}

#[cfg(test)]
mod sample;
/// Colours as CSS variables, light and dark, for the page and for charts as files.
const COLOURS: &str = include_str!("html/colours.css");
