//! The integration tests, one binary.

mod exact;
mod exact_cases;
mod sla_cases;
