//! Logs of business solution providers: those who sell access to the Cloud API.

pub mod twilio;
pub mod twilio_webhooks;
pub mod gupshup;
pub mod wati;
pub mod zoho_salesiq;

#[cfg(test)]
mod tests;

/// Whether an author of Twilio's is an address (`whatsapp:+5511...`, `+5511...`, `messenger:1`), which a
/// customer writes from; agents write under an identity, which may be a mail address.
fn is_address(author: &str) -> bool {
    ["whatsapp:", "messenger:", "instagram:", "sms:", "rcs:"].iter().any(|kind| author.starts_with(kind))
        || (super::privacy::names_a_person(author) && !author.contains('@'))
}
