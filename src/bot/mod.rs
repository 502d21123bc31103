//! The bot: reads what customers write and decides reply, solved or hand-off.

pub mod text;
pub mod recogniser;
pub mod flow;
pub mod import;
pub mod http;
