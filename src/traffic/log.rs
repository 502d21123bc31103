//! The traffic log: one format in the middle. Every reader of recorded traffic turns its input into
//! these events; the simulation replays the customers' side, the audit measures all of it.

use crate::time::Instant;

/// One row of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Opaque id of the thread.
    pub conversation: String,
    /// When.
    pub at: Instant,
    /// What.
    pub kind: Kind,
    /// Who, by role.
    pub from: Role,
    /// Pseudonym of who did it ("" if unknown).
    pub actor: String,
    /// What was written.
    pub text: Option<String>,
    /// Kind of attachment ("image", "audio", "document" …).
    pub media: Option<String>,
    /// New status, priority, team, score, delivery state.
    pub value: Option<String>,
    /// How exact `at` is.
    pub precision: Precision,
    /// File and line ("october.jsonl:17").
    pub origin: String,
}

/// Kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Kind {
    Message,
    Status,
    Assign,
    Priority,
    Tag,
    Note,
    Rating,
    Delivery,
}

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Role {
    Customer,
    Bot,
    Agent,
    System,
}

/// How exact an instant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Precision {
    Millisecond,
    Second,
    Minute,
}

macro_rules! words {
    ($t:ty { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $t {
            /// All of them, in the order of their declaration.
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$variant),+];
            /// The word used in files.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
            /// From the word used in files.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}
words!(Kind { Message = "message", Status = "status", Assign = "assign", Priority = "priority", Tag = "tag", Note = "note", Rating = "rating", Delivery = "delivery" });
words!(Role { Customer = "customer", Bot = "bot", Agent = "agent", System = "system" });
words!(Precision { Millisecond = "ms", Second = "s", Minute = "min" });
