//! The bot: reads what customers write and decides reply, solved or hand-off.

pub mod text;
pub mod recogniser;
pub mod evaluate;
pub mod flow;
pub mod import;
pub mod http;
pub mod trial;
pub mod mining;
