//! Tests of the whole, through the library's public face; one binary, linked once.

mod cli;
mod exact;
mod exact_cases;
mod scenarios;
mod sla_cases;
