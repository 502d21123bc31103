//! The definitions of the metrics, over `facts` alone. Knows nothing of the engine.
//!
//! ```text
//! Plan ──► Measures ──► State ◄── chunks of facts      one State for each replication
//!                         │ finish
//!                         ▼
//!                  ReplicationValues ──► Collected ──► Summary, Pictures
//! ```
//!
//! Rows are routed to a cell for each combination of team, intent, priority, segment, language and
//! source; a slice is a merge of cells. Sums are whole numbers, so measures are mergeable: chunks may
//! be measured apart, in any split, and add up to the same bytes.
//!
//! Every conversation that began in the measured period is counted once:
//! offered = bot_solved + agent_solved + abandoned + left_bot + left_agent + open, in every slice.
//! The shorter "solved by bot, solved by people, abandoned, left unsolved, open" puts left_bot and
//! left_agent together as left unsolved.

mod bits;
mod cell;
mod civil;
mod collected;
mod curves;
mod definitions;
mod formula;
mod gallery;
mod goals;
mod grid;
mod pictures;
mod repeats;
mod result;
mod rules;
mod slice;
mod state;
mod sums;

pub use collected::{Collected, Control, Estimation, estimate, gain_of_pairs, interval, linearised};
pub use definitions::Measures;
pub use formula::Value;
pub use goals::verdict;
pub use pictures::{Demand, StaffingFormula};
pub use result::*;
pub use rules::RuleCounts;
pub use slice::names;
pub use state::{ReplicationValues, State};

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;
