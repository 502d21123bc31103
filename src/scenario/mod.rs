//! The scenario language: raw shape -> checked -> resolved [`plan::Plan`].
//!
//! Knows nothing of how anything runs. What enters here is text; what leaves is a `Plan` in which
//! every default is explicit and every name is an index, or a list of diagnostics.

pub mod plan;
pub mod rates;
pub mod desk_presets;
pub mod switches;
