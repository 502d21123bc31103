//! Who is called what: names become indices here, and a wrong one gets the nearest right one.

use super::Checker;
use crate::diag::{Diagnostic, nearest};
use crate::scenario::raw::leaf::{At, OneOrMany, PlainOr};
use crate::scenario::raw::{PhraseList, Scenario, Traffic};
use std::collections::BTreeMap;

/// Most tags a scenario may set: they are kept as bits.
pub const TAGS_MAX: usize = 64;

/// Kinds of named things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Priority,
    Segment,
    Language,
    Calendar,
    Intent,
    Team,
    Traffic,
    Tag,
}

impl Kind {
    fn noun(self) -> &'static str {
        match self {
            Kind::Priority => "priority",
            Kind::Segment => "segment",
            Kind::Language => "language",
            Kind::Calendar => "calendar",
            Kind::Intent => "intent",
            Kind::Team => "team",
            Kind::Traffic => "traffic",
            Kind::Tag => "tag",
        }
    }

    /// How one is made.
    fn definition(self) -> &'static str {
        match self {
            Kind::Priority => "priorities are listed in `[scenario] priorities`",
            Kind::Segment => "segments are named by `[[traffic]] segments` or `[scenario] segments`",
            Kind::Language => {
                "languages are named by `[[traffic]] languages`, phrases or `[scenario] languages`"
            }
            Kind::Calendar => "a calendar is defined by a `[[calendar]]` table with its `name`",
            Kind::Intent => "an intent is defined by an `[[intent]]` table with its `name`",
            Kind::Team => "a team is defined by a `[[team]]` table with its `name`",
            Kind::Traffic => "traffic is a `[[traffic]]` table with a `name`",
            Kind::Tag => "a tag exists when a rule sets it",
        }
    }
}

/// All names of a scenario, by kind and index.
#[derive(Debug, Default)]
pub struct Names {
    lists: BTreeMap<Kind, Vec<String>>,
}

impl Names {
    /// Gathers the names; doubles and too many are faults.
    pub fn collect(raw: &Scenario, faults: &mut Vec<Diagnostic>) -> Names {
        let mut names = Names::default();
        names.define(Kind::Priority, raw.scenario.priorities.value.iter(), 64, faults);
        names.define(
            Kind::Calendar,
            [&At::from("always".to_owned())].into_iter().chain(raw.calendar.iter().map(|c| &c.value.name)),
            1_000,
            faults,
        );
        let general = At::from("general".to_owned());
        let intents: Vec<&At<String>> = if raw.intent.is_empty() {
            vec![&general]
        } else {
            raw.intent.iter().map(|i| &i.value.name).collect()
        };
        names.define(Kind::Intent, intents.into_iter(), 10_000, faults);
        names.define(Kind::Team, raw.team.iter().map(|t| &t.value.name), 1_000, faults);

        for traffic in &raw.traffic {
            names.lists.entry(Kind::Traffic).or_default().push(traffic.value.name.value.clone());
        }
        names.define(Kind::Segment, raw.scenario.segments.iter(), 255, faults);
        names.define(Kind::Language, raw.scenario.languages.iter(), 255, faults);
        let of_traffic = |weights: fn(&Traffic) -> &Option<At<super::traffic::Weights>>| {
            raw.traffic.iter().filter_map(move |t| weights(&t.value).as_ref()).flat_map(|w| w.value.keys())
        };
        for segment in of_traffic(|t| &t.segments) {
            names.add(Kind::Segment, &segment.value);
        }
        for language in of_traffic(|t| &t.languages) {
            names.add(Kind::Language, &language.value);
        }
        for phrases in raw.intent.iter().filter_map(|i| i.value.phrases.as_ref()) {
            match &phrases.value {
                PlainOr::Plain(PhraseList::File(path)) => {
                    if let Some(language) = language_of_file(path) {
                        names.add(Kind::Language, language);
                    }
                }
                PlainOr::Plain(PhraseList::List(_)) => {}
                PlainOr::Table(lists) => {
                    lists.keys().for_each(|language| names.add(Kind::Language, &language.value))
                }
            }
        }
        if names.list(Kind::Segment).is_empty() {
            names.add(Kind::Segment, "");
        }
        if names.list(Kind::Language).is_empty() {
            names.add(Kind::Language, "es");
        }
        for rule in &raw.rule {
            for action in &rule.value.then.0 {
                if let PlainOr::Table(action) = &action.value
                    && let Some(tag) = &action.tag
                {
                    names.add(Kind::Tag, &tag.value);
                    if names.list(Kind::Tag).len() == TAGS_MAX + 1 {
                        faults.push(
                            Diagnostic::error("HS0303", format!("more than {TAGS_MAX} tags"))
                                .mark(tag.span.clone(), "one too many"),
                        );
                    }
                }
            }
        }
        for kind in [Kind::Segment, Kind::Language] {
            if names.list(kind).len() > 255 {
                faults.push(Diagnostic::error("HS0303", format!("more than 255 names of a {}", kind.noun())));
            }
        }
        names
    }

    /// Names of a kind in index order.
    pub fn list(&self, kind: Kind) -> &[String] {
        self.lists.get(&kind).map_or(&[], Vec::as_slice)
    }

    /// Index of a name.
    pub fn index(&self, kind: Kind, name: &str) -> Option<usize> {
        self.list(kind).iter().position(|known| known == name)
    }

    fn add(&mut self, kind: Kind, name: &str) {
        let list = self.lists.entry(kind).or_default();
        if !list.iter().any(|known| known == name) {
            list.push(name.to_owned());
        }
    }

    fn define<'a>(
        &mut self,
        kind: Kind,
        names: impl Iterator<Item = &'a At<String>>,
        max: usize,
        faults: &mut Vec<Diagnostic>,
    ) {
        let mut first: BTreeMap<&str, &At<String>> = BTreeMap::new();
        for (index, name) in names.enumerate() {
            if index == max {
                faults.push(
                    Diagnostic::error("HS0303", format!("more than {max} names of a {}", kind.noun()))
                        .mark(name.span.clone(), "one too many"),
                );
            }
            if name.value.trim().is_empty() {
                faults.push(
                    Diagnostic::error("HS0204", format!("the name of a {} is empty", kind.noun()))
                        .mark(name.span.clone(), "empty"),
                );
            } else if let Some(before) = first.insert(&name.value, name) {
                let fault =
                    Diagnostic::error("HS0205", format!("{} `{}` is defined twice", kind.noun(), name.value))
                        .mark(name.span.clone(), "the second time");
                faults.push(fault.mark(before.span.clone(), "the first time"));
            }
            // A double keeps its place, so that indices follow the tables.
            self.lists.entry(kind).or_default().push(name.value.clone());
        }
    }
}

/// `es` of `phrases/order_status.es.txt`.
pub fn language_of_file(path: &str) -> Option<&str> {
    let name = path.rsplit(['/', '\\']).next()?;
    let mut parts = name.rsplit('.');
    let (_, language) = (parts.next()?, parts.next()?);
    parts.next()?;
    let plausible = (2..=5).contains(&language.len())
        && language.chars().all(|c| c.is_ascii_alphabetic() || c == '-' || c == '_');
    plausible.then_some(language)
}

impl Checker<'_> {
    /// Index of a name; 0 stands in for one that is not known.
    pub fn name(&mut self, kind: Kind, name: &At<String>) -> usize {
        if let Some(index) = self.names.index(kind, &name.value) {
            return index;
        }
        let known: Vec<&str> =
            self.names.list(kind).iter().map(String::as_str).filter(|k| !k.is_empty()).collect();
        let fault = Diagnostic::error("HS0201", format!("there is no {} `{}`", kind.noun(), name.value))
            .mark(name.span.clone(), "not defined");
        let fault = match nearest(&name.value, known.iter().copied()) {
            Some(near) => fault.help("a similar name exists").replace(quoted(near)),
            None if known.is_empty() => fault.help(kind.definition()),
            None => fault.help(format!("there are `{}`; {}", known.join("`, `"), kind.definition())),
        };
        self.fault(fault);
        0
    }

    /// Indices of names.
    pub fn names_of<T: TryFrom<usize> + Default>(
        &mut self,
        kind: Kind,
        names: &Option<OneOrMany<String>>,
    ) -> Vec<T> {
        let Some(names) = names else { return Vec::new() };
        names.0.iter().map(|name| T::try_from(self.name(kind, name)).unwrap_or_default()).collect()
    }
}

/// Values stand in quotes, keys do not have to; a replacement must suit the mark.
fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}
