//! Who is the same person as whom.

use crate::traffic::log::Event;

use super::fingerprint::Map;

/// Pseudonyms in sets, each named by its least member, so that the order in which the links are
/// learned changes nothing.
#[derive(Default)]
pub struct Links(Map<String, String>);

impl Links {
    /// The least of the pseudonyms that are the same person.
    pub fn root<'a>(&'a self, of: &'a str) -> &'a str {
        let mut at = of;
        while let Some(next) = self.0.get(at) {
            at = next;
        }
        at
    }

    /// Two pseudonyms of one person.
    pub fn join(&mut self, one: &str, other: &str) {
        let (one, other) = (self.root(one).to_owned(), self.root(other).to_owned());
        match one.cmp(&other) {
            std::cmp::Ordering::Less => self.0.insert(other, one),
            std::cmp::Ordering::Greater => self.0.insert(one, other),
            std::cmp::Ordering::Equal => None,
        };
    }

    /// Brings the identities of an event's actor, and of the person its thread is called after, together.
    pub fn resolve(&self, event: &mut Event) {
        if self.0.is_empty() {
            return;
        }
        if self.0.contains_key(&event.actor) {
            event.actor = self.root(&event.actor).to_owned();
        }
        let person = person_of(&event.conversation);
        if self.0.contains_key(&person) {
            event.conversation = self.root(&person).replacen("p_", "t_", 1);
        }
    }
}

/// The person whom a thread is called after, if it is called after one.
pub fn person_of(thread: &str) -> String {
    thread.replacen("t_", "p_", 1)
}
