//! SLA policies and clocks: which policy a ticket falls under, when each of its clocks is due, and
//! whether it was met.
//!
//! Plain state machines: the simulation and the audit of recorded logs feed the same [`Tracker`], so
//! that the simulated and the real past are judged alike. How help desks differ stands in
//! [`crate::scenario::switches::ClockSwitches`].

mod clock;
mod policies;
mod replay;
mod stamps;
mod tracker;

pub use clock::{ClockRecord, History};
pub use policies::{
    Policies, PolicyProblem, ProblemKind, TicketFacts, compile_calendar, compile_hours, matches,
};
pub use replay::{Desk, LogProblem, LogWarning, Notice, Replay, Story, replay};
pub use stamps::{Stamp, Stamps, Terms};
pub use tracker::{Deadline, Input, Opening, Standing, Tracker};
