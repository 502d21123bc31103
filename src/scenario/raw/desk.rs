//! `[[team]]` and `[desk]`.

use super::law::DurationLaw;
use super::leaf::{At, Days, Duration, Hours, OrNone, PlainOr, Share, WordOr};
use super::traffic::Weights;
use crate::scenario::presets::PLAIN_DESK;
use crate::scenario::switches::ClockSwitches;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[[team]]`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["name"]))]
pub struct Team {
    /// Name.
    pub name: At<String>,
    /// Intents it takes; all of them if not given.
    pub skills: Option<At<Vec<At<String>>>>,
    /// So many agents at all hours, in place of `shifts`.
    #[schemars(range(min = 0, max = 100_000))]
    pub agents: Option<At<u32>>,
    /// Who is there when.
    pub shifts: Vec<At<Shift>>,
    /// Conversations an agent holds open.
    #[schemars(range(min = 1, max = 1_000))]
    pub concurrency: At<u16>,
    /// Speed at which an agent works while 1, 2, 3, ... conversations are open; the last value holds
    /// beyond.
    pub efficiency: At<Vec<At<f64>>>,
    /// One reply at a time (`serial`), or all that await one progress together, evenly (`shared`).
    pub attention: AttentionWord,
    /// Share of paid time lost to absence.
    pub shrinkage: At<Share>,
    /// Paid per agent and hour.
    #[schemars(range(min = 0))]
    pub cost_per_hour: f64,
    /// Which free agent gets the next conversation; of equals the one who has been so longest, `"random"`: any of the least loaded.
    pub assignment: AssignmentWord,
    /// Which waiting conversation comes next; `{ ageing = "10m" }` lifts by one priority for each such
    /// time waited.
    pub order: At<Order>,
    /// Waiting places; one conversation more is turned away.
    #[schemars(range(min = 0, max = 1_000_000_000))]
    pub max_waiting: Option<At<u32>>,
    /// After so long in the queue another team may take the conversation, too.
    pub overflow: Option<At<Overflow>>,
    /// When the work is done: chance to go on to a team's queue, by team; to its own for a second look.
    pub transfers: Weights,
    /// Attention that one reply takes here, in place of the intent's.
    pub agent_work: Option<At<DurationLaw>>,
    /// Multiplies the attention a reply takes: 1.3 for beginners, 0.8 for old hands.
    #[schemars(range(min = 0.01, max = 100))]
    pub work_factor: At<f64>,
    /// After each conversation the agent needs so long before the next.
    pub wrap_up: At<OrNone<DurationLaw>>,
    /// What becomes of open conversations when a shift ends: the agent finishes them, hands them back
    /// to the head of the queue, or keeps them for his next shift; with `first_free` a colleague who
    /// has none goes home in his stead, at once or as soon as one is free.
    pub shift_end: ShiftEndWord,
    /// A more urgent conversation interrupts the work on a less urgent one.
    pub preempt: bool,
    /// An offered conversation is not taken up, and goes to the next agent.
    pub refusal: Option<At<Refusal>>,
    /// Speed by intent, 1 if not given.
    pub proficiency: Weights,
    /// Level in the escalation ladder; 0 is the first line.
    pub level: u8,
    /// Business hours of the team: while it has a ticket, policies that run in a calendar run in this one, as
    /// in help desks whose hours belong to the group.
    pub calendar: Option<At<String>>,
}

impl Default for Team {
    fn default() -> Team {
        Team {
            name: At::default(),
            skills: None,
            agents: None,
            shifts: Vec::new(),
            concurrency: At::from(1),
            efficiency: At::from(vec![At::from(1.0)]),
            attention: AttentionWord::Serial,
            shrinkage: At::from(Share(0.0)),
            cost_per_hour: 0.0,
            assignment: AssignmentWord::LeastLoaded,
            order: At::from(PlainOr::Plain(OrderWord::Priority)),
            max_waiting: None,
            overflow: None,
            transfers: Weights::new(),
            agent_work: None,
            work_factor: At::from(1.0),
            wrap_up: At::from(OrNone::Word(super::leaf::NoneWord::None)),
            shift_end: ShiftEndWord::Finish,
            preempt: false,
            refusal: None,
            proficiency: Weights::new(),
            level: 0,
            calendar: None,
        }
    }
}

/// One shift of a team.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["hours", "agents"]))]
pub struct Shift {
    /// Days it begins on.
    pub days: At<Days>,
    /// Hours; `22:00-06:00` ends on the next day.
    pub hours: At<Hours>,
    /// Agents.
    #[schemars(range(min = 0, max = 100_000))]
    pub agents: At<u32>,
    /// Breaks within the hours, for all of them at once.
    pub breaks: Vec<At<Hours>>,
    /// Breaks are paid.
    pub paid_breaks: bool,
    /// Intents that these agents take; the team's if not given.
    pub skills: Option<At<Vec<At<String>>>>,
    /// Speed of these agents by intent; for what is not named, the team's.
    pub proficiency: Weights,
    /// Only from so long after the scenario's start.
    pub from: Option<At<Duration>>,
    /// Only until so long after the scenario's start.
    pub until: Option<At<Duration>>,
}

impl Default for Shift {
    fn default() -> Shift {
        Shift {
            days: At::from(Days([true; 7])),
            hours: At::from(Hours((0, crate::scenario::value::DAY_MINUTES))),
            agents: At::from(0),
            breaks: Vec::new(),
            paid_breaks: false,
            skills: None,
            proficiency: Weights::new(),
            from: None,
            until: None,
        }
    }
}

/// How an agent gives attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum AttentionWord {
    Serial,
    Shared,
}

/// Which free agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum AssignmentWord {
    LeastLoaded,
    LongestIdle,
    RoundRobin,
    MostLoaded,
    /// One of the least loaded, at random.
    Random,
}

/// Which waiting conversation.
pub type Order = PlainOr<OrderWord, OrderTable>;

/// Orders without a parameter: by priority and then the longest wait, the longest wait, the earliest
/// due time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum OrderWord {
    Priority,
    Longest,
    Due,
}

/// Orders with a parameter.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["ageing"]))]
pub struct OrderTable {
    /// Wait worth one priority.
    pub ageing: At<Duration>,
}

/// Help from another team.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["to"]))]
pub struct Overflow {
    /// After so long in the queue; at once if not given.
    pub after: At<Duration>,
    /// The team that may take it, too.
    pub to: At<String>,
}

/// Offers that are not taken up.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// The offer goes to the next agent after so long.
    pub after: At<Duration>,
    /// Chance that an offer is not taken up.
    pub chance: At<Share>,
}

/// What happens at the end of a shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum ShiftEndWord {
    Finish,
    HandBack,
    Keep,
    FirstFree,
}

/// `[desk]`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Desk {
    /// Help desk whose clocks are taken: `plain`, `freshdesk`, `zendesk`, `zoho_desk`, `happyfox`,
    /// `liveagent`, `chatwoot`, `zammad` or `frappe`.
    pub like: At<String>,
    /// Team for intents that no team lists; the first if not given.
    pub default_team: Option<At<String>>,
    /// A message within this time after the resolution reopens the ticket, a later one makes another,
    /// linked to it; `"until_closed"` as long as it is not closed. As `clocks.thread` says if not given.
    pub reopen_window: Option<At<WordOr<UntilClosedWord, Duration>>>,
    /// A resolved ticket closes after this time.
    pub close_after: At<Duration>,
    /// Silence of the customer after which an agent's conversation is resolved.
    pub auto_resolve: At<OrNone<Duration>>,
    /// Silence of the customer after which a conversation holds no place of its agent's, who may take
    /// another. When the customer writes again the agent takes it back, even above his `concurrency`; if he
    /// has gone home it queues. `"0"` frees the place with every reply.
    pub frees_place_after: At<OrNone<Duration>>,
    /// A conversation goes to the agent who had it, if he is there and has room. As
    /// `clocks.reopened_to` says if not given.
    pub sticky: Option<bool>,
    /// Bot conversations make tickets, too; else a ticket begins at the hand-off.
    pub ticket_at_first_message: bool,
    /// How the SLA clocks behave, switch by switch; the preset fills what is not written here.
    pub clocks: ClockSwitches,
}

impl Default for Desk {
    fn default() -> Desk {
        Desk {
            like: At::from(PLAIN_DESK.to_owned()),
            default_team: None,
            reopen_window: None,
            close_after: At::from(Duration::from_days(3.0)),
            auto_resolve: At::from(WordOr::Value(Duration::from_hours(24.0))),
            frees_place_after: At::from(OrNone::Word(super::leaf::NoneWord::None)),
            sticky: None,
            ticket_at_first_message: false,
            clocks: ClockSwitches::default(),
        }
    }
}

/// The word for a ticket that reopens until it is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum UntilClosedWord {
    UntilClosed,
}
