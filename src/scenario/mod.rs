//! The scenario language: raw shape -> checked -> resolved [`plan::Plan`].
//!
//! Knows nothing of how anything runs. What enters here is text; what leaves is a `Plan` in which
//! every default is explicit and every name is an index, or a list of diagnostics.
//!
//! ```text
//! text ─► tree with places ─► + presets, --set ─► walk (shape, against the schema) ─► raw ─► check ─► Plan
//! ```

pub mod desk_presets;
pub mod metric;
pub mod plan;
pub mod rates;
pub mod raw;
pub mod reference;
pub mod schema;
pub mod switches;
pub mod templates;
pub mod value;
mod check;
mod load;
mod overrides;
pub mod presets;
mod source;
mod walk;
#[cfg(test)]
mod tests;

pub use load::{Loaded, load, parse, sources};
