//! Tests of the whole, through the library's public face; one binary, linked once.

mod exact;
mod exact_cases;
mod sla_cases;
