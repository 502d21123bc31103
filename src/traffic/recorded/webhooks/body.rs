//! The bodies that the Cloud API posts, as far as a traffic log needs them. Unknown fields are
//! passed over, and scalars are taken as they come: ids and times arrive as strings and as numbers.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// A scalar as text; "" for null and for what is no scalar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scalar<'a>(pub Cow<'a, str>);

impl Scalar<'_> {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As text, unless empty.
    pub fn some(&self) -> Option<&str> {
        (!self.0.is_empty()).then_some(&*self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Scalar<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a number")
            }
            fn visit_borrowed_str<E: de::Error>(self, v: &'de str) -> Result<Self::Value, E> {
                Ok(Scalar(Cow::Borrowed(v)))
            }
            fn visit_str<E: de::Error>(self, v: &str) -> Result<Self::Value, E> {
                Ok(Scalar(Cow::Owned(v.to_owned())))
            }
            fn visit_u64<E: de::Error>(self, v: u64) -> Result<Self::Value, E> {
                Ok(Scalar(Cow::Owned(v.to_string())))
            }
            fn visit_i64<E: de::Error>(self, v: i64) -> Result<Self::Value, E> {
                Ok(Scalar(Cow::Owned(v.to_string())))
            }
            fn visit_f64<E: de::Error>(self, v: f64) -> Result<Self::Value, E> {
                Ok(Scalar(Cow::Owned(v.to_string())))
            }
            fn visit_bool<E: de::Error>(self, v: bool) -> Result<Self::Value, E> {
                Ok(Scalar(Cow::Borrowed(if v { "true" } else { "false" })))
            }
            fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
                Ok(Scalar::default())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Scalar::default())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Scalar::default())
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// `null` reads as nothing given.
fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(d: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(d)?.unwrap_or_default())
}

macro_rules! object {
    ($(#[$meta:meta])* $name:ident { $($field:ident: $type:ty $(= $rename:literal)?),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Default, serde::Deserialize)]
        pub struct $name<'a> {
            $(
                #[serde(borrow, default, deserialize_with = "nullable" $(, rename = $rename)?)]
                pub $field: $type,
            )+
        }
    };
}

object! {
    /// One POST.
    Post { entry: Vec<Entry<'a>> }
}
object! {
    /// One account's changes.
    Entry { changes: Vec<Change<'a>> }
}
object! {
    /// One change.
    Change { field: Scalar<'a>, value: Value<'a> }
}
object! {
    /// What changed.
    Value {
        contacts: Vec<Contact<'a>>,
        messages: Vec<Message<'a>>,
        statuses: Vec<Status<'a>>,
        message_echoes: Vec<Message<'a>>,
        history: Vec<History<'a>>,
        user_preferences: Vec<Preference<'a>>,
        errors: Vec<ErrorCode<'a>>,
    }
}
object! {
    /// The card of a user.
    Contact { profile: Profile<'a>, wa_id: Scalar<'a>, user_id: Scalar<'a> }
}
object! {
    /// His names.
    Profile { name: Scalar<'a>, username: Scalar<'a> }
}
object! {
    /// A message of a user, or the echo of one that the business wrote on the phone. What few messages have
    /// lies elsewhere, since every message is moved about.
    Message {
        id: Scalar<'a>,
        from: Scalar<'a>,
        from_user_id: Scalar<'a>,
        to: Scalar<'a>,
        to_user_id: Scalar<'a>,
        timestamp: Scalar<'a>,
        kind: Scalar<'a> = "type",
        group_id: Scalar<'a>,
        text: Text<'a>,
        image: Option<Box<Written<'a>>>,
        video: Option<Box<Written<'a>>>,
        document: Option<Box<Written<'a>>>,
        audio: Option<Box<Written<'a>>>,
        voice: Option<Box<Written<'a>>>,
        sticker: Option<Box<Written<'a>>>,
        location: Option<Box<Written<'a>>>,
        interactive: Option<Box<Interactive<'a>>>,
        button: Option<Box<Label<'a>>>,
        order: Option<Box<Label<'a>>>,
        reaction: Option<Box<Reaction<'a>>>,
        system: Option<Box<System<'a>>>,
        unsupported: Option<Box<Unsupported<'a>>>,
        edit: Option<Box<Edit<'a>>>,
    }
}
object! {
    /// A text.
    Text { body: Scalar<'a> }
}
object! {
    /// What is written on a button, or beside an order.
    Label { text: Scalar<'a> }
}
object! {
    /// The object under the key of the type; only what is written in it.
    Written {
        caption: Scalar<'a>,
        name: Scalar<'a>,
        id: Scalar<'a>,
        url: Scalar<'a>,
        latitude: Scalar<'a>,
        longitude: Scalar<'a>,
    }
}
object! {
    /// The answer to a menu.
    Interactive {
        button_reply: Option<Choice<'a>>,
        list_reply: Option<Choice<'a>>,
        nfm_reply: Option<Choice<'a>>,
    }
}
object! {
    /// What was chosen.
    Choice { title: Scalar<'a>, body: Scalar<'a>, id: Scalar<'a> }
}
object! {
    /// A reaction to a message; without emoji it was taken back.
    Reaction { emoji: Option<Scalar<'a>>, message_id: Scalar<'a> }
}
object! {
    /// What the platform could not pass on.
    Unsupported { kind: Scalar<'a> = "type" }
}
object! {
    /// Something that happened to a user.
    System {
        kind: Scalar<'a> = "type",
        wa_id: Scalar<'a>,
        new_wa_id: Scalar<'a>,
        user_id: Scalar<'a>,
        previous_user_id: Scalar<'a>,
    }
}
object! {
    /// A new text for an old message.
    Edit { message: Message<'a> }
}
object! {
    /// How far a message of the business has got.
    Status {
        id: Scalar<'a>,
        kind: Scalar<'a> = "type",
        status: Scalar<'a>,
        timestamp: Scalar<'a>,
        recipient_id: Scalar<'a>,
        recipient_user_id: Scalar<'a>,
        recipient_type: Scalar<'a>,
        recipient_participant_id: Scalar<'a>,
        recipient_participant_user_id: Scalar<'a>,
        pricing: Pricing<'a>,
        errors: Vec<ErrorCode<'a>>,
    }
}
object! {
    /// What a message counts as.
    Pricing { category: Scalar<'a> }
}
object! {
    /// An error of the platform.
    ErrorCode { code: Scalar<'a> }
}
object! {
    /// A piece of the past.
    History { threads: Vec<HistoryThread<'a>>, errors: Vec<ErrorCode<'a>> }
}
object! {
    /// Messages with one user.
    HistoryThread { id: Scalar<'a>, messages: Vec<Message<'a>> }
}
object! {
    /// Whether a user wants advertising.
    Preference { wa_id: Scalar<'a>, user_id: Scalar<'a>, value: Scalar<'a>, timestamp: Scalar<'a> }
}

/// The parts of a body that could not be read as a whole, so that one bad message does not take the
/// others with it.
#[derive(Debug, Default)]
pub struct Parts<'a> {
    /// Elements with their place, kind (`messages`, `statuses` …) and the contacts beside them.
    pub elements: Vec<Part<'a>>,
}

/// One element of a broken body.
#[derive(Debug)]
pub struct Part<'a> {
    /// Numbers of its entry and its change.
    pub of: (usize, usize),
    /// The array it is in.
    pub list: &'static str,
    /// Its number in it.
    pub number: usize,
    /// Its text.
    pub raw: &'a RawValue,
}

/// The lists of a change's value that hold elements.
pub const LISTS: [&str; 4] = ["messages", "statuses", "message_echoes", "user_preferences"];

/// Takes a body apart without looking into its elements. `None` if not even that is possible.
pub fn parts(bytes: &[u8]) -> Option<Parts<'_>> {
    #[derive(serde::Deserialize)]
    struct Post<'a> {
        #[serde(borrow)]
        entry: Vec<&'a RawValue>,
    }
    #[derive(serde::Deserialize)]
    struct Entry<'a> {
        #[serde(borrow)]
        changes: Vec<Change<'a>>,
    }
    #[derive(serde::Deserialize)]
    struct Change<'a> {
        #[serde(borrow)]
        value: std::collections::BTreeMap<Cow<'a, str>, &'a RawValue>,
    }
    let post: Post<'_> = serde_json::from_slice(bytes).ok()?;
    let mut found = Parts::default();
    for (e, entry) in post.entry.iter().enumerate() {
        let entry: Entry<'_> = serde_json::from_str(entry.get()).ok()?;
        for (c, change) in entry.changes.iter().enumerate() {
            for list in LISTS {
                let Some(raw) = change.value.get(list) else { continue };
                let elements: Vec<&RawValue> = serde_json::from_str(raw.get()).ok()?;
                let part = |(number, raw)| Part { of: (e, c), list, number, raw };
                found.elements.extend(elements.into_iter().enumerate().map(part));
            }
        }
    }
    (!found.elements.is_empty()).then_some(found)
}
