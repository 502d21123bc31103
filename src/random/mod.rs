//! Chance, addressed: every stream is a pure function of (seed, replication, entity, purpose).
//!
//! The scenario is not part of the address: that is what makes common random numbers work (the same
//! customer comes with the same luck to every variant). No ambient generator exists in the program.

mod distribution;
mod elementary;
mod philox;

pub use distribution::{Distribution, inverse_normal};
pub use elementary::{exp, ln};
pub use philox::{Purpose, Stream, Streams};
