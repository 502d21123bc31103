//! Flows: a bot as people draw it, written in TOML, compiled once, run for every conversation.
//!
//! ```text
//! flow.toml ─► RawFlow ─► Flow (checked, indices) ─► Session + Input ─► Turn
//! ```
//!
//! The order in which a message is read: words for a person; an answer to the open menu, question or
//! "did that help?"; keywords; what the recogniser makes of it; otherwise it is a failed attempt.

mod check;
mod compile;
mod condition;
mod faults;
mod graph;
mod look_up;
mod menu;
mod model;
pub mod raw;
mod reading;
pub mod reference;
mod session;
mod slot;
mod speech;
mod template;
mod turn;
mod written;

pub use look_up::{Found, LookUp, Luck, Table};
pub use menu::ChosenBy;
pub use model::{Edge, Flow, Limits, ReasonIdx, StepIdx, TableIdx, TopicIdx, VariableIdx};
pub use raw::{RawFlow, SlotKind};
pub use reading::{Memo, Message};
pub use session::Session;
pub(in crate::bot) use slot::yes_or_no;
pub use template::escape;
pub use turn::{End, Expects, HandOff, Input, Media, Turn, Why};

#[cfg(test)]
mod tests;
