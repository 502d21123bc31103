//! Traffic from a model: arrivals by a non-homogeneous Poisson or renewal process, needs by shares.

mod arrivals;
mod rates;

pub use arrivals::{ArrivalProcess, Compiled, Next};
pub use rates::{Piece, Rates};
