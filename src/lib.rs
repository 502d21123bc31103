//! helpsim: a wind tunnel for a WhatsApp help desk.
//!
//! A scenario file goes in; recorded or synthetic traffic runs through channel, bot, tickets, SLA
//! clocks, routing, escalation and agents in discrete-event time; a report folder comes out.
//!
//! ```text
//! scenario.toml ──► Scenario ──► Plan ──────────────┐
//!                                                   ▼
//! recorded files ─► Traffic ──► arrivals, lazily ─► Engine ──► Facts ──► Measures ──► Estimates ──► Report
//! synthetic model ─┘                                one run     tables    one set of    over the
//!                                                   per         (columns) definitions   replications
//!                                                   replication
//! ```
//!
//! The modules stand in reading order; a module imports only from those above it.

pub mod time;
pub mod random;
pub mod stats;
pub mod diag;
pub mod scenario;
pub mod traffic;
pub mod channel;
pub mod bot;
pub mod desk;
pub mod sla;
pub mod rules;
pub mod facts;
pub mod engine;
pub mod audit;
pub mod measure;
pub mod experiment;
pub mod staffing;
pub mod report;
#[cfg(feature = "cli")]
pub mod cli;
