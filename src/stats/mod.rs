//! Pure mathematics: knows nothing of help desks.

pub mod erlang;
pub mod survival;
