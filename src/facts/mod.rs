//! The columnar tables: the waist of the hourglass. The engine (or the audit of a recorded log)
//! fills them chunk by chunk; measures and files only read them.
//!
//! A table is plain vectors, one per column. A [`Sink`] receives full chunks; chunks of one
//! replication come in order, so that whatever reads them may stream.

#[cfg(feature = "frames")]
pub mod parquet;
mod tables;

pub use tables::*;
