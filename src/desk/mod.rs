//! Tickets' way through teams: who is on shift, who waits, who takes what, and how an agent's
//! attention is shared. Plain state machines: no clock, no event list, no chance of their own.

mod attention;
mod routing;
mod shifts;
mod waiting;

pub use attention::{Attended, Load};
pub use routing::{Agent, AgentIdx, Agents, Groups, TeamLayout};
pub use shifts::{Duty, DutyChange, duty_changes};
pub use waiting::{Entry, WaitingRoom};
