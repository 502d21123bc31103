//! The smallest parts of the language: a value that knows where it stands, durations, shares,
//! times, and "one or many".
//!
//! The `format` each one names in its schema is what [`super::super::walk`] checks before anything is
//! deserialised, so the `Deserialize` here fails only on a value that nobody checked.

use crate::scenario::value;
use jiff::civil::{Date, DateTime};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer, StrDeserializer};
use serde::de::{Error, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

/// Where a default stands: in no file.
pub const NOWHERE: Range<usize> = usize::MAX..usize::MAX;

/// A value and the place it was written at.
#[derive(Clone, Debug)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Byte range, or [`NOWHERE`] for a default.
    pub span: Range<usize>,
}

impl<T> At<T> {
    /// Whether the user (or a preset) wrote it.
    pub fn is_written(&self) -> bool {
        self.span != NOWHERE
    }
}

impl<T> From<T> for At<T> {
    fn from(value: T) -> At<T> {
        At { value, span: NOWHERE }
    }
}

impl<T: Default> Default for At<T> {
    fn default() -> At<T> {
        At::from(T::default())
    }
}

impl<T: PartialEq> PartialEq for At<T> {
    /// By value, wherever it stands.
    fn eq(&self, other: &At<T>) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for At<T> {}

impl<T: PartialOrd> PartialOrd for At<T> {
    fn partial_cmp(&self, other: &At<T>) -> Option<std::cmp::Ordering> {
        self.value.partial_cmp(&other.value)
    }
}

impl<T: Ord> Ord for At<T> {
    fn cmp(&self, other: &At<T>) -> std::cmp::Ordering {
        self.value.cmp(&other.value)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for At<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = toml::Spanned::<T>::deserialize(deserializer)?;
        Ok(At { span: spanned.span(), value: spanned.into_inner() })
    }
}

impl<T: Serialize> Serialize for At<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

impl<T: JsonSchema> JsonSchema for At<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }
    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// A leaf that is written as text: its type, what it holds, how it is read and written, its format.
macro_rules! text_leaf {
    ($(#[$doc:meta])* $name:ident($inner:ty), $format:literal, $types:expr, $read:expr, $write:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $name(pub $inner);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Leaf;
                impl Visitor<'_> for Leaf {
                    type Value = $name;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        write!(f, concat!("a ", $format))
                    }
                    fn visit_str<E: Error>(self, text: &str) -> Result<$name, E> {
                        $read(text).map($name).map_err(E::custom)
                    }
                    fn visit_i64<E: Error>(self, number: i64) -> Result<$name, E> {
                        self.visit_f64(number as f64)
                    }
                    fn visit_f64<E: Error>(self, number: f64) -> Result<$name, E> {
                        $name::from_number(number).ok_or_else(|| E::custom(concat!("not a ", $format)))
                    }
                }
                deserializer.deserialize_any(Leaf)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $write(&self.0).serialize(serializer)
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": $types, "format": $format })
            }
        }
    };
}

text_leaf!(
    /// A length of time in milliseconds, not negative.
    Duration(f64), "duration", ["string", "integer"], value::duration_ms, |ms: &f64| value::write_duration(*ms)
);
text_leaf!(
    /// A length of time in milliseconds, forwards or back (`-2d`).
    SignedDuration(f64), "signed duration", ["string", "integer"], value::signed_duration_ms,
    |ms: &f64| value::write_signed_duration(*ms)
);
text_leaf!(
    /// A share 0..=1, written `12%` or `0.12`.
    Share(f64), "share", ["string", "number"], value::share, |share: &f64| *share
);
text_leaf!(
    /// Days of the week.
    Days([bool; 7]), "days", "string", value::days, value::write_days
);
text_leaf!(
    /// Hours of a day in minutes; the end lies beyond 1440 when they go over midnight.
    Hours((u16, u16)), "hours", "string", value::hours, |hours: &(u16, u16)| value::write_hours(*hours)
);
text_leaf!(
    /// Minutes after midnight.
    TimeOfDay(u16), "time of day", "string", value::time_of_day, |minutes: &u16| value::write_time_of_day(*minutes)
);
text_leaf!(
    /// A civil date.
    Day(Date), "date", "string", value::date, |date: &Date| date.to_string()
);
text_leaf!(
    /// A civil date and time; midnight if only the date is given.
    Moment(DateTime), "moment", "string", value::moment, |moment: &DateTime| moment.to_string()
);

impl Default for Duration {
    fn default() -> Duration {
        Duration(0.0)
    }
}

impl Duration {
    /// From milliseconds.
    pub const fn from_ms(ms: f64) -> Duration {
        Duration(ms)
    }
    /// From seconds.
    pub const fn from_s(s: f64) -> Duration {
        Duration(s * 1_000.0)
    }
    /// From minutes.
    pub const fn from_minutes(minutes: f64) -> Duration {
        Duration(minutes * 60_000.0)
    }
    /// From hours.
    pub const fn from_hours(hours: f64) -> Duration {
        Duration(hours * 3_600_000.0)
    }
    /// From days of 24 hours.
    pub const fn from_days(days: f64) -> Duration {
        Duration(days * 86_400_000.0)
    }
    /// A bare number is a duration only when no unit could change it.
    pub fn from_number(number: f64) -> Option<Duration> {
        (number == 0.0).then_some(Duration(0.0))
    }
    /// Rounded to the simulator's resolution.
    pub fn span(self) -> crate::time::Span {
        crate::time::Span(self.0.round() as i64)
    }
}

impl SignedDuration {
    /// As [`Duration::from_number`].
    pub fn from_number(number: f64) -> Option<SignedDuration> {
        (number == 0.0).then_some(SignedDuration(0.0))
    }
}

impl Share {
    /// A bare number is the share itself.
    pub fn from_number(number: f64) -> Option<Share> {
        Some(Share(number))
    }
}

/// These leaves have no numeric form.
macro_rules! never_a_number {
    ($($name:ident),*) => { $(
        impl $name {
            fn from_number(_: f64) -> Option<$name> {
                None
            }
        }
    )* };
}
never_a_number!(Days, Hours, TimeOfDay, Day, Moment);

/// A word with a meaning of its own, or a value: `warm_up = "auto"` beside `warm_up = "2d"`.
#[derive(Clone, Debug, PartialEq)]
pub enum WordOr<W, T> {
    /// The word.
    Word(W),
    /// The value.
    Value(T),
}

/// The only word of [`OrNone`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
#[allow(missing_docs)]
pub enum NoneWord {
    None,
}

/// `"none"` or a value: to switch off what a preset or a default switches on.
pub type OrNone<T> = WordOr<NoneWord, T>;

impl<W, T: Clone> WordOr<W, T> {
    /// The value, if it is not the word.
    pub fn get(&self) -> Option<T> {
        match self {
            WordOr::Word(_) => None,
            WordOr::Value(value) => Some(value.clone()),
        }
    }
}

impl<'de, W: Deserialize<'de>, T: Deserialize<'de>> Deserialize<'de> for WordOr<W, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Leaf<W, T>(PhantomData<(W, T)>);
        impl<'de, W: Deserialize<'de>, T: Deserialize<'de>> Visitor<'de> for Leaf<W, T> {
            type Value = WordOr<W, T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a word or a value")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                match W::deserialize(StrDeserializer::<E>::new(text)) {
                    Ok(word) => Ok(WordOr::Word(word)),
                    Err(_) => T::deserialize(StrDeserializer::new(text)).map(WordOr::Value),
                }
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
                T::deserialize(number.into_deserializer()).map(WordOr::Value)
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
                T::deserialize(number.into_deserializer()).map(WordOr::Value)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(WordOr::Value)
            }
        }
        deserializer.deserialize_any(Leaf(PhantomData))
    }
}

impl<W: Serialize, T: Serialize> Serialize for WordOr<W, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            WordOr::Word(word) => word.serialize(serializer),
            WordOr::Value(value) => value.serialize(serializer),
        }
    }
}

impl<W: JsonSchema, T: JsonSchema> JsonSchema for WordOr<W, T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("{}Or{}", W::schema_name(), T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [generator.subschema_for::<W>(), generator.subschema_for::<T>()] })
    }
}

/// A plain value (text or number), or a table that says more.
#[derive(Clone, Debug)]
pub enum PlainOr<P, T> {
    /// A plain value.
    Plain(P),
    /// A table.
    Table(T),
}

impl<'de, P: Deserialize<'de>, T: Deserialize<'de>> Deserialize<'de> for PlainOr<P, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<P, T>(PhantomData<(P, T)>);
        impl<'de, P: Deserialize<'de>, T: Deserialize<'de>> Visitor<'de> for Either<P, T> {
            type Value = PlainOr<P, T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a value or a table")
            }
            fn visit_bool<E: Error>(self, on: bool) -> Result<Self::Value, E> {
                P::deserialize(on.into_deserializer()).map(PlainOr::Plain)
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                P::deserialize(StrDeserializer::new(text)).map(PlainOr::Plain)
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
                P::deserialize(number.into_deserializer()).map(PlainOr::Plain)
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
                P::deserialize(number.into_deserializer()).map(PlainOr::Plain)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
                P::deserialize(SeqAccessDeserializer::new(items)).map(PlainOr::Plain)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(PlainOr::Table)
            }
        }
        deserializer.deserialize_any(Either(PhantomData))
    }
}

impl<P: Serialize, T: Serialize> Serialize for PlainOr<P, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            PlainOr::Plain(value) => value.serialize(serializer),
            PlainOr::Table(table) => table.serialize(serializer),
        }
    }
}

impl<P: JsonSchema, T: JsonSchema> JsonSchema for PlainOr<P, T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("{}Or{}", P::schema_name(), T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [generator.subschema_for::<P>(), generator.subschema_for::<T>()] })
    }
}

/// One value, or a list of them.
#[derive(Clone, Debug)]
pub struct OneOrMany<T>(pub Vec<At<T>>);

impl<T> Default for OneOrMany<T> {
    fn default() -> OneOrMany<T> {
        OneOrMany(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = Vec<At<T>>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a value or a list")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                T::deserialize(StrDeserializer::new(text)).map(|value| vec![At::from(value)])
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
                T::deserialize(number.into_deserializer()).map(|value| vec![At::from(value)])
            }
            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
                Vec::<At<T>>::deserialize(SeqAccessDeserializer::new(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(|value| vec![At::from(value)])
            }
        }
        // The span of a lone value is the span of the whole; `Spanned` hands it over.
        let whole = toml::Spanned::<Lone<T, Either<T>>>::deserialize(deserializer)?;
        let span = whole.span();
        let mut items = whole.into_inner().0;
        if let [only] = items.as_mut_slice()
            && !only.is_written()
        {
            only.span = span;
        }
        return Ok(OneOrMany(items));

        struct Lone<T, V>(Vec<At<T>>, PhantomData<V>);
        impl<'de, T: Deserialize<'de>> Deserialize<'de> for Lone<T, Either<T>> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(Either(PhantomData)).map(|items| Lone(items, PhantomData))
            }
        }
    }
}

impl<T: Serialize> Serialize for OneOrMany<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMany{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [one, { "type": "array", "items": one }] })
    }
}
