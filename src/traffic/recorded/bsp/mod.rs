//! Logs of business solution providers: those who sell access to the Cloud API.

pub mod twilio;
pub mod twilio_webhooks;
pub mod gupshup;
pub mod wati;
pub mod zoho_salesiq;

#[cfg(test)]
mod tests;
