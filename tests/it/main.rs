//! The integration tests, one binary.

mod sla_cases;
