//! The plainest desk there is: one source, one intent, one team of one agent around the clock, no bot,
//! no rules, nobody leaves. Every case is this file with a few keys changed, as text.

use helpsim::scenario;
use helpsim::scenario::plan::Plan;
use std::path::Path;
use toml::{Table, Value};

/// A channel without a window and without delay: what is sent is there.
const PLAINEST: &str = r#"
[scenario]
name = "exact"
timezone = "UTC"
start = "2026-09-21"
duration = "1d"
wrap_up = "30d"
replications = 20
seed = 1

[channel]
like = "whatsapp_business_app"
delivery = "0"

[[traffic]]
name = "all"

[[intent]]
name = "question"
exchanges = 1

[[team]]
name = "desk"
agents = 1
concurrency = 1
order = "priority"
assignment = "longest_idle"
"#;

/// A scenario file in the making.
#[derive(Clone, Debug)]
pub struct Draft(Table);

impl Draft {
    pub fn plainest() -> Draft {
        Draft(PLAINEST.parse().expect("TOML"))
    }

    /// Sets a key by its path, an entry of a list by its number: `team.0.agents`. What is not there yet
    /// is made; a list grows by copies of its first entry.
    pub fn set(&mut self, path: &str, value: impl Into<Value>) {
        let (inner, last) = path.rsplit_once('.').unwrap_or(("", path));
        let mut place = &mut self.0;
        let mut keys = inner.split('.').filter(|key| !key.is_empty()).peekable();
        while let Some(key) = keys.next() {
            let entry = place.entry(key).or_insert_with(|| Value::Table(Table::new()));
            place = match (entry, keys.peek().and_then(|next| next.parse::<usize>().ok())) {
                (Value::Array(list), Some(at)) => {
                    keys.next();
                    while list.len() <= at {
                        list.push(list[0].clone());
                    }
                    list[at].as_table_mut().expect("a list of tables")
                }
                (Value::Table(table), _) => table,
                _ => panic!("{path} leads nowhere"),
            };
        }
        place.insert(last.to_string(), value.into());
    }

    /// Takes a key of an entry of a list out again: `team.0.agents`.
    pub fn unset(&mut self, path: &str) {
        let [list, at, key] = path.split('.').collect::<Vec<_>>()[..] else { panic!("{path}?") };
        let at: usize = at.parse().expect("a number");
        self.0[list][at].as_table_mut().expect("a table").remove(key);
    }

    /// The file.
    pub fn text(&self) -> String {
        toml::to_string(&self.0).expect("TOML")
    }

    /// What the program makes of the file.
    pub fn plan(&self) -> Plan {
        let text = self.text();
        match scenario::parse(&text, "case.toml", Path::new(""), &[]) {
            Ok(loaded) => loaded.plan,
            Err(faults) => {
                let sources = scenario::sources(&faults, "case.toml", &text);
                panic!("{}", helpsim::diag::render(&faults, &sources, false))
            }
        }
    }
}

/// A duration of so many ms.
pub fn ms(ms: f64) -> Value {
    Value::String(format!("{ms}ms"))
}

/// A table of pairs.
pub fn table<V: Into<Value>>(pairs: impl IntoIterator<Item = (impl Into<String>, V)>) -> Value {
    Value::Table(pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
}
