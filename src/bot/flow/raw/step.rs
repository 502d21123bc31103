//! A step of the flow as it is written: what it says, asks and shows, and where it leads.

use super::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use toml::Spanned;

/// A step: what is said, then one thing that happens (`menu`, `ask`, `look_up`, `branch`, `confirm`,
/// `listen`, `go`, `hand_off` or `end`).
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawStep {
    /// What the bot says: one message, or a list of messages.
    #[schemars(with = "Option<Text>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub say: Option<Spanned<Text>>,
    /// A page with more; it follows the last message on a line of its own.
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<Spanned<String>>,
    /// The topic this step gives the answer to.
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answers: Option<Spanned<String>>,
    /// Variables to set.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub set: BTreeMap<String, String>,
    /// The slot that is asked for; `go` follows when it is filled.
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask: Option<Spanned<String>>,
    /// Said when the value was not valid, in place of the fallback.
    #[schemars(with = "Option<Text>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<Spanned<Text>>,
    /// Something is looked up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub look_up: Option<RawLookUp>,
    /// "Did that help?"
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirm: Option<RawConfirm>,
    /// The bot waits for whatever comes.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub listen: bool,
    /// The next step.
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub go: Option<Spanned<String>>,
    /// A person takes over, for this reason.
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hand_off: Option<Spanned<String>>,
    /// The conversation is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<RawEnd>,
    /// How the menu is shown.
    #[schemars(with = "Option<Show>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub show: Option<Spanned<Show>>,
    /// The button that opens a list.
    #[schemars(with = "Option<Text>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list_button: Option<Spanned<Text>>,
    /// The entries of a menu.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub menu: Vec<RawChoice>,
    /// The first line whose conditions hold says where it goes on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub branch: Vec<RawBranch>,
}

/// How a menu is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Show {
    /// As numbered lines.
    #[default]
    Numbers,
    /// As reply buttons: three at most.
    Buttons,
    /// As a list: ten entries at most.
    List,
}

/// One entry of a menu.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawChoice {
    /// What it says.
    #[schemars(with = "Text")]
    pub text: Spanned<Text>,
    /// A second line, for lists.
    #[schemars(with = "Option<Text>")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Spanned<Text>>,
    /// Other words that choose it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Text>,
    /// The key to type, instead of its number.
    #[schemars(with = "Option<String>")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Spanned<String>>,
    /// Variables to set when it is chosen.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub set: BTreeMap<String, String>,
    /// Where it leads.
    #[schemars(with = "String")]
    pub go: Spanned<String>,
}

/// A look-up.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawLookUp {
    /// The table.
    #[schemars(with = "String")]
    pub table: Spanned<String>,
    /// The slot or variable that holds the key.
    #[schemars(with = "String")]
    pub by: Spanned<String>,
    /// Where it goes on when there is such a row; `{table.column}` then has its values.
    #[schemars(with = "String")]
    pub found: Spanned<String>,
    /// Where it goes on when there is none.
    #[schemars(with = "String")]
    pub missing: Spanned<String>,
    /// Where it goes on when the look-up failed; a hand-off if not given.
    #[schemars(with = "Option<String>")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<Spanned<String>>,
}

/// "Did that help?"
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawConfirm {
    /// Where yes leads.
    #[schemars(with = "String")]
    pub yes: Spanned<String>,
    /// Where no leads.
    #[schemars(with = "String")]
    pub no: Spanned<String>,
}

/// How a conversation is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RawEnd {
    /// The need was met.
    Solved,
    /// It is over, met or not.
    Closed,
}

/// One line of a branch.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawBranch {
    /// What must hold, all of it: a variable and what it should be. `"shipped"`, `["shipped", "sent"]`
    /// (any of them), `"not shipped"`, `"> 100"`, `"contains x"`, `"starts with x"`, `"ends with x"`,
    /// `"matches [A-Z]+"`, `"set"`, `"empty"`; `"= set"` means the word itself. None: always.
    #[schemars(with = "BTreeMap<String, Text>")]
    #[serde(default, rename = "if", skip_serializing_if = "BTreeMap::is_empty")]
    pub conditions: BTreeMap<Spanned<String>, Spanned<Text>>,
    /// Where it goes on.
    #[schemars(with = "String")]
    pub go: Spanned<String>,
}
