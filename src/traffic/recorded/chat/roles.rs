//! Who is the desk and who the customer? An export does not say. The rules, the first that answers:
//! told by the user; named by the file; the one author common to several chats; of two, the one who
//! wrote first is the customer; else all are customers.

use std::collections::{BTreeMap, BTreeSet};

use crate::traffic::log::Role;

use super::super::Options;
use super::super::privacy::canonical;

/// The authors of one chat.
#[derive(Clone, Debug, Default)]
pub struct Authors {
    /// Messages by author.
    pub messages: BTreeMap<String, u64>,
    /// Who wrote first.
    pub first: Option<String>,
    /// The person after whom the file is called.
    pub partner: Option<String>,
}

impl Authors {
    /// As another export of the same chat shows them, which begins later.
    pub fn add(&mut self, other: &Authors) {
        for (name, messages) in &other.messages {
            *self.messages.entry(name.clone()).or_default() += messages;
        }
        self.first = self.first.take().or_else(|| other.first.clone());
        self.partner = self.partner.take().or_else(|| other.partner.clone());
    }
}

/// The roles of the authors of one chat, and the rule that gave them.
#[derive(Clone, Debug)]
pub struct Roles {
    roles: BTreeMap<String, Role>,
    /// The rule, for the report.
    pub rule: &'static str,
}

impl Roles {
    /// Role of an author.
    pub fn of(&self, author: &str) -> Role {
        self.roles.get(author).copied().unwrap_or(Role::Customer)
    }

    /// The customer, if there is only one.
    pub fn only_customer(&self) -> Option<&str> {
        let mut customers = self.roles.iter().filter(|(_, role)| **role == Role::Customer);
        let only = customers.next().map(|(name, _)| name.as_str());
        if customers.next().is_some() { None } else { only }
    }
}

/// The roles in each of several chats.
pub fn infer(chats: &[Authors], options: &Options) -> Vec<Roles> {
    let told = Told::new(options);
    let common = common_author(chats);
    chats.iter().map(|chat| infer_one(chat, &told, common.as_deref())).collect()
}

fn infer_one(chat: &Authors, told: &Told, common: Option<&str>) -> Roles {
    let names: Vec<&String> = chat.messages.keys().collect();
    let others_are_agents = |customer: &str| -> BTreeMap<String, Role> {
        let role = |name: &str| if name == customer { Role::Customer } else { Role::Agent };
        names.iter().map(|n| ((*n).clone(), role(n))).collect()
    };
    let all_customers = || names.iter().map(|n| ((*n).clone(), Role::Customer)).collect();
    let one_to_one = names.len() <= 2;
    let partner = chat.partner.as_deref().and_then(|p| names.iter().find(|n| canonical(n) == canonical(p)));
    let (mut roles, mut rule) = if let Some(partner) = partner.filter(|_| one_to_one) {
        (others_are_agents(partner), "the file is called after the customer")
    } else if let Some(common) = common {
        let role = |name: &str| if name == common { Role::Agent } else { Role::Customer };
        (
            names.iter().map(|n| ((*n).clone(), role(n))).collect(),
            "the author common to all chats is the desk",
        )
    } else if let (Some(first), 2) = (&chat.first, names.len()) {
        (others_are_agents(first), "of two authors, the one who wrote first is the customer")
    } else {
        (all_customers(), "nothing tells the desk from its customers: all authors are taken for customers")
    };
    let mut any_told = false;
    for (name, role) in &mut roles {
        if let Some(known) = told.role(name) {
            *role = known;
            any_told = true;
        }
    }
    // Once somebody is told to be the desk, the others write to it, and the other way round.
    if any_told {
        rule = "as told";
        let desk = roles.keys().any(|n| matches!(told.role(n), Some(Role::Agent | Role::Bot)));
        for (name, role) in &mut roles {
            if told.role(name).is_none() {
                *role = if desk { Role::Customer } else { Role::Agent };
            }
        }
    }
    Roles { roles, rule }
}

/// The single author who writes in every one of at least two chats.
fn common_author(chats: &[Authors]) -> Option<String> {
    let written: Vec<&Authors> = chats.iter().filter(|c| !c.messages.is_empty()).collect();
    if written.len() < 2 {
        return None;
    }
    let mut common: BTreeSet<&String> = written[0].messages.keys().collect();
    for chat in &written[1..] {
        common.retain(|name| chat.messages.contains_key(*name));
    }
    match common.into_iter().collect::<Vec<_>>().as_slice() {
        [only] => Some((*only).clone()),
        _ => None,
    }
}

struct Told(BTreeMap<String, Role>);

impl Told {
    fn new(options: &Options) -> Told {
        let of = |names: &[String], role| names.iter().map(|n| (canonical(n), role)).collect::<Vec<_>>();
        let mut told = BTreeMap::new();
        told.extend(of(&options.customers, Role::Customer));
        told.extend(of(&options.agents, Role::Agent));
        told.extend(of(&options.bots, Role::Bot));
        Told(told)
    }

    fn role(&self, name: &str) -> Option<Role> {
        self.0.get(&canonical(name)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chat(names: &[&str], partner: Option<&str>) -> Authors {
        Authors {
            messages: names.iter().map(|n| ((*n).to_owned(), 1)).collect(),
            first: names.first().map(|n| (*n).to_owned()),
            partner: partner.map(str::to_owned),
        }
    }

    #[test]
    fn the_rules_in_their_order() {
        let plain = Options::default();
        let r = infer(&[chat(&["Ana", "Shop"], None)], &plain);
        assert_eq!((r[0].of("Ana"), r[0].of("Shop")), (Role::Customer, Role::Agent));
        assert_eq!(r[0].only_customer(), Some("Ana"));
        let r = infer(&[chat(&["Ana", "Shop"], Some("Shop"))], &plain);
        assert_eq!((r[0].of("Ana"), r[0].of("Shop")), (Role::Agent, Role::Customer));
        let r = infer(&[chat(&["Shop", "Ana"], None), chat(&["Shop", "Leo"], None)], &plain);
        assert_eq!(
            (r[0].of("Ana"), r[0].of("Shop"), r[1].of("Leo")),
            (Role::Customer, Role::Agent, Role::Customer)
        );
        let r = infer(&[chat(&["a", "b", "c"], None)], &plain);
        assert!(["a", "b", "c"].iter().all(|n| r[0].of(n) == Role::Customer));
        let told = Options { agents: vec!["b".into()], bots: vec!["c".into()], ..Options::default() };
        let r = infer(&[chat(&["a", "b", "c"], None)], &told);
        assert_eq!([r[0].of("a"), r[0].of("b"), r[0].of("c")], [Role::Customer, Role::Agent, Role::Bot]);
    }
}
