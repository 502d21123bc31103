//! Exports of help desks.

pub mod freshdesk;
pub mod zendesk;
pub mod zoho_desk;
pub mod zoho_desk_json;
pub mod happyfox;
pub mod liveagent;
pub mod chatwoot;

#[cfg(test)]
mod tests;
