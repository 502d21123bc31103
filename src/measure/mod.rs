//! The definitions of the metrics, over `facts` alone. Knows nothing of the engine.
//!
//! Measures are mergeable: computed chunk by chunk, added up over chunks and replications in a fixed
//! order.

mod result;

pub use result::*;
