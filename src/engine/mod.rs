//! The event list, the world, and the handlers that let the domain rooms act on each other. The only
//! place where time moves. Knows nothing of files and reports.
//!
//! One replication is single-threaded and pure: [`run`] depends on the compiled scenario, the number
//! of the replication and nothing else. Finished conversations leave as rows of [`crate::facts`];
//! memory follows how many are open, not how many there were.

mod accounts;
mod arrive;
mod bot;
mod clocks;
mod close;
mod compiled;
mod conversation;
mod customer;
mod duty;
mod event_list;
mod live;
mod queue;
mod replay;
mod story;
mod talk;
mod texts;
mod ticket;
mod work;
#[cfg(test)]
pub(crate) mod tests;
mod world;

pub use compiled::{CompileError, Compiled};
pub use story::{Note, Observer, Silent, Story};
pub use world::{RunError, RunOptions, run};
