//! The right of erasure: who is to be left out, and what goes with him.
//!
//! All events of the person go. So do whole conversations in which he was the only customer, since
//! what the desk wrote there was written to him. In a conversation with other customers, such as a
//! group, the others' events stay.

use crate::traffic::log::{Event, Role};

use super::fingerprint::{Map, Set};
use super::links::{Links, person_of};
use super::privacy::{KeepText, Key, Privacy};
use super::sort::Parts;

/// Who is to be left out, while events come in.
pub struct Forget {
    persons: Set<String>,
    /// Customers by conversation; kept only if somebody is to be left out.
    customers: Map<String, Set<String>>,
}

impl Forget {
    /// Persons by number, address, name or pseudonym.
    pub fn new(persons: &[String], key: &Key) -> Forget {
        let mut privacy = Privacy::new(key.clone(), KeepText::None);
        let pseudonyms = persons.iter().map(|p| privacy.pseudonym(p).as_str().to_owned()).collect::<Vec<_>>();
        let told = persons.iter().map(|p| person_of(p.trim()));
        Forget { persons: told.chain(pseudonyms).collect(), customers: Map::default() }
    }

    /// One more event of the log.
    pub fn see(&mut self, event: &Parts<'_>) {
        if self.persons.is_empty() || event.from != Role::Customer || event.actor.is_empty() {
            return;
        }
        self.customers.entry(event.conversation.to_owned()).or_default().insert(event.actor.to_owned());
    }

    /// All events are in, and who is the same person as whom is known.
    pub fn settle(self, links: &Links) -> Forgotten {
        let persons: Set<String> = self.persons.iter().map(|p| links.root(p).to_owned()).collect();
        let only = |customers: &Set<String>| customers.iter().all(|c| persons.contains(links.root(c)));
        let threads = self.customers.into_iter().filter(|(_, customers)| only(customers)).map(|(c, _)| c);
        Forgotten { threads: threads.collect(), persons }
    }
}

/// Who is to be left out.
pub struct Forgotten {
    persons: Set<String>,
    threads: Set<String>,
}

impl Forgotten {
    /// Whether an event, with its identities brought together, is to be left out.
    pub fn wants(&self, event: &Event) -> bool {
        if self.persons.is_empty() {
            return false;
        }
        let person = person_of(&event.conversation);
        // In a finished log the number of the conversation stands behind the thread.
        let whole = person.rsplit_once('-').map_or(person.as_str(), |(person, _)| person);
        self.persons.contains(&event.actor)
            || self.persons.contains(&person)
            || self.persons.contains(whole)
            || self.threads.contains(&event.conversation)
    }
}
