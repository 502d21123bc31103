//! Tests of the whole, through the library's public face; one binary, linked once.

mod audit;
mod cli;
mod desk;
mod exact;
mod exact_cases;
mod experiments;
mod identities;
mod live_bot;
mod mining;
mod own_log;
mod presets;
mod recorded;
mod scenarios;
mod sla_cases;
