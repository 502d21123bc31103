//! A text as it may be written in a flow file: one string, a list of strings, or either by language.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;

/// A text, or a list of texts, in one language or in several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// In the flow's first language.
    Plain(Vec<String>),
    /// By language code.
    ByLanguage(BTreeMap<String, Vec<String>>),
}

impl Text {
    /// One string in the flow's first language.
    pub fn one(text: impl Into<String>) -> Text {
        Text::Plain(vec![text.into()])
    }

    /// The strings written for `language`; a plain text belongs to `first`.
    pub fn in_language(&self, language: &str, first: &str) -> Option<&[String]> {
        match self {
            Text::Plain(list) => (language == first).then_some(list.as_slice()),
            Text::ByLanguage(map) => map.get(language).map(Vec::as_slice),
        }
    }

    /// All strings of all languages, in the order of the language codes.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        let lists: Vec<&Vec<String>> = match self {
            Text::Plain(list) => vec![list],
            Text::ByLanguage(map) => map.values().collect(),
        };
        lists.into_iter().flatten().map(String::as_str)
    }
}

/// One string or a list of them.
struct OneOrMany(Vec<String>);

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Text::deserialize(deserializer)? {
            Text::Plain(list) => Ok(OneOrMany(list)),
            Text::ByLanguage(_) => {
                Err(serde::de::Error::custom("expected a string or a list of strings for this language"))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;
        impl<'de> Visitor<'de> for Written {
            type Value = Text;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string, a list of strings, or a table of them by language")
            }
            fn visit_str<E>(self, text: &str) -> Result<Text, E> {
                Ok(Text::one(text))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Text, A::Error> {
                let mut list = Vec::new();
                while let Some(text) = seq.next_element::<String>()? {
                    list.push(text);
                }
                Ok(Text::Plain(list))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Text, A::Error> {
                let mut by_language = BTreeMap::new();
                while let Some((language, list)) = map.next_entry::<String, OneOrMany>()? {
                    by_language.insert(language, list.0);
                }
                Ok(Text::ByLanguage(by_language))
            }
        }
        deserializer.deserialize_any(Written)
    }
}

fn serialize_list<S: Serializer>(list: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    match list {
        [one] => serializer.serialize_str(one),
        many => many.serialize(serializer),
    }
}

struct ListRef<'a>(&'a [String]);

impl Serialize for ListRef<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_list(self.0, serializer)
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Text::Plain(list) => serialize_list(list, serializer),
            Text::ByLanguage(map) => {
                let mut table = serializer.serialize_map(Some(map.len()))?;
                for (language, list) in map {
                    table.serialize_entry(language, &ListRef(list))?;
                }
                table.end()
            }
        }
    }
}

impl JsonSchema for Text {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Text".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let one_or_many = serde_json::json!([
            { "type": "string" },
            { "type": "array", "items": { "type": "string" } }
        ]);
        json_schema!({
            "description": "A string, a list of strings, or a table of them by language.",
            "anyOf": [
                { "type": "string" },
                { "type": "array", "items": { "type": "string" } },
                { "type": "object", "additionalProperties": { "anyOf": one_or_many } }
            ]
        })
    }
}
