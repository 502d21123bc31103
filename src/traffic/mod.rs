//! Where conversations come from: `synthetic/` (a model) and `recorded/` (one file per format).
//! Knows nothing of the desk.

pub mod log;
pub mod synthetic;
pub mod recorded;
