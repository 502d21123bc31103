//! The tables and their columns. Instants are UTC milliseconds, `i64::MAX` where a thing never
//! happened; indices point into the [`crate::scenario::plan::Plan`]'s lists.

/// Value of an instant column where the thing never happened.
pub const NEVER: i64 = i64::MAX;
/// Value of a `u16` index column where there is none (no team, no policy).
pub const NONE: u16 = u16::MAX;

/// Declares a table: a row, and the columns it becomes in a file.
macro_rules! table {
    ($(#[$meta:meta])* $columns:ident of $(#[$row_meta:meta])* $row:ident { $($(#[$doc:meta])* $name:ident: $ty:ty),+ $(,)? }) => {
        $(#[$row_meta])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $row { $($(#[$doc])* pub $name: $ty),+ }

        $(#[$meta])*
        #[cfg(feature = "frames")]
        #[derive(Debug, Default)]
        pub(super) struct $columns { $($(#[$doc])* pub $name: Vec<$ty>),+ }

        #[cfg(feature = "frames")]
        impl Columns for $columns {
            type Row = $row;
            fn append(&mut self, rows: &[$row]) {
                // Column by column over so few rows that they stay in the nearest cache.
                for rows in rows.chunks(64) {
                    $(self.$name.extend(rows.iter().map(|row| row.$name));)+
                }
            }
            fn clear(&mut self) { $(self.$name.clear();)+ }
        }
    };
}

/// A table turned into columns.
#[cfg(feature = "frames")]
pub(super) trait Columns: Default {
    /// A row of the table.
    type Row;
    /// Adds rows.
    fn append(&mut self, rows: &[Self::Row]);
    /// Forgets the rows, keeps the memory.
    fn clear(&mut self);
}

/// How a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Outcome {
    /// Solved by the bot, nobody else involved.
    BotSolved = 0,
    /// Solved by a person.
    AgentSolved = 1,
    /// Left a queue unanswered (or was turned away or balked).
    Abandoned = 2,
    /// Left the bot unsolved, nobody else involved.
    LeftBot = 3,
    /// Still open when the run ended.
    Open = 4,
    /// Left after a person had answered, unsolved (fell silent, lost patience).
    LeftAgent = 5,
}

/// Why the bot handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum HandOff {
    None = 0,
    Keyword = 1,
    Attempts = 2,
    TimeLimit = 3,
    AskedForPerson = 4,
    Media = 5,
    Rule = 6,
    Outage = 7,
    Flow = 8,
}

/// How a stay in a queue ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum QueueEnd {
    /// An agent took the conversation.
    Taken = 0,
    /// The customer left.
    Abandoned = 1,
    /// No place to wait.
    Blocked = 2,
    /// The customer balked.
    Balked = 3,
    /// Moved to another queue.
    Moved = 4,
    /// Still waiting when the run ended.
    Waiting = 5,
}

/// What began the wait that made a clock breach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Cause {
    /// Not breached.
    None = 0,
    /// Waiting with every agent on shift at capacity.
    AtCapacity = 1,
    /// Waiting with no one on shift.
    NobodyOnShift = 2,
    /// Time with the bot.
    BotTime = 3,
    /// The agent's own handling.
    Handling = 4,
    /// The customer's silence, where the policy does not pause.
    CustomerSilent = 5,
    /// Outside business hours.
    OutsideHours = 6,
}

impl Cause {
    /// Every cause, in the order of their numbers.
    pub const ALL: [Cause; 7] = [
        Cause::None,
        Cause::AtCapacity,
        Cause::NobodyOnShift,
        Cause::BotTime,
        Cause::Handling,
        Cause::CustomerSilent,
        Cause::OutsideHours,
    ];

    /// In words, as reports say it of a breach.
    pub fn words(self) -> &'static str {
        match self {
            Cause::None => "cause unknown",
            Cause::AtCapacity => "every agent at capacity",
            Cause::NobodyOnShift => "nobody on shift",
            Cause::BotTime => "time with the bot",
            Cause::Handling => "handling",
            Cause::CustomerSilent => "customer silent, clock not paused",
            Cause::OutsideHours => "outside business hours",
        }
    }
}

table! {
    /// One row per conversation that began.
    Conversations of
    /// One conversation.
    ConversationRow {
        /// Number in the replication, from 0, in order of arrival.
        conversation: u64,
        /// The conversation about the same need that this one repeats; `u64::MAX` if none.
        repeat_of: u64,
        /// First message.
        started_at: i64,
        /// First reply by bot or person.
        first_response_at: i64,
        /// First reply by a person.
        first_human_at: i64,
        /// Handed from the bot to people (or arrived at the desk, without a bot).
        handed_off_at: i64,
        /// Last resolution.
        resolved_at: i64,
        /// When it was over.
        ended_at: i64,
        /// Where it came from.
        source: u8,
        /// The customer's need.
        intent: u16,
        /// Segment.
        segment: u8,
        /// Language.
        language: u8,
        /// Priority at the end; 0 is the most urgent.
        priority: u8,
        /// Last team; `NONE` if no person was involved.
        team: u16,
        /// Last agent (index over all teams); `u32::MAX` if none.
        agent: u32,
        /// How it ended; see [`Outcome`].
        outcome: u8,
        /// Why the bot handed over; see [`HandOff`].
        hand_off: u8,
        /// The bot saw it.
        bot_seen: bool,
        /// Began in the measured period.
        measured: bool,
        /// The need was solved.
        solved: bool,
        /// Waited in queues, ms, all stays.
        queue_wait: i64,
        /// Attention of agents, ms.
        agent_work: i64,
        /// Time with the bot, ms.
        bot_time: i64,
        /// Of the time from the ticket's creation to its last resolution: how long the policy's
        /// resolution clock stood paused, ms; 0 where no policy pauses.
        paused: i64,
        /// Messages written by the customer.
        customer_messages: u16,
        /// Messages of the bot.
        bot_messages: u16,
        /// Messages of agents.
        agent_messages: u16,
        /// Templates sent (outside the service window).
        templates: u16,
        /// Failed attempts of the bot.
        failed_attempts: u8,
        /// Reopened so often.
        reopens: u8,
        /// Moved between teams so often.
        transfers: u8,
        /// Rating given, 1..5; 0 if none.
        rating: u8,
        /// Predicted probability of being satisfied (CSAT proxy).
        satisfied: f32,
        /// Cost of messages and templates.
        message_cost: f32,
        /// Tags, a bit each.
        tags: u64,
    }
}

table! {
    /// One row per stay in a team's queue.
    QueueStays of
    /// One stay.
    QueueStayRow {
        /// Conversation.
        conversation: u64,
        /// Team whose queue was entered.
        team: u16,
        /// Team whose agent took it (another one after an overflow); `NONE` if not taken.
        taken_by: u16,
        /// Intent.
        intent: u16,
        /// Segment.
        segment: u8,
        /// Language.
        language: u8,
        /// Priority on entering.
        priority: u8,
        /// Source.
        source: u8,
        /// See [`QueueEnd`].
        end: u8,
        /// The conversation began in the measured period.
        measured: bool,
        /// Entered.
        entered_at: i64,
        /// Left.
        left_at: i64,
    }
}

table! {
    /// One row per SLA clock that ran.
    Clocks of
    /// One clock.
    ClockRow {
        /// Conversation.
        conversation: u64,
        /// [`crate::scenario::plan::ClockKind`].
        clock: u8,
        /// Policy.
        policy: u16,
        /// Team when it ended.
        team: u16,
        /// Intent.
        intent: u16,
        /// Segment.
        segment: u8,
        /// Language.
        language: u8,
        /// Source.
        source: u8,
        /// Priority that set the target.
        priority: u8,
        /// The conversation began in the measured period.
        measured: bool,
        /// Started.
        started_at: i64,
        /// Due.
        due_at: i64,
        /// Met or given up; `NEVER` while running.
        ended_at: i64,
        /// Paused for, ms of business time.
        paused: i64,
        /// Business time used, ms.
        used: i64,
        /// Target, ms of business time.
        target: i64,
        /// Breached.
        breached: bool,
        /// Ended or fell due in the period (counts for compliance).
        counts: bool,
        /// See [`Cause`].
        cause: u8,
    }
}

table! {
    /// One row per team and interval (and one with team `NONE` for the whole desk).
    Intervals of
    /// One interval of one team.
    IntervalRow {
        /// Begin of the interval.
        at: i64,
        /// Team; `NONE` = the whole desk.
        team: u16,
        /// Entered the queue (for the whole desk: conversations begun).
        entered: u32,
        /// Taken by an agent.
        taken: u32,
        /// Taken within the service-level time, by time of entering.
        within: u32,
        /// Left unanswered.
        abandoned: u32,
        /// Replies begun by agents.
        replies: u32,
        /// Attention those replies took, ms.
        work: i64,
        /// Area under the queue, conversation-ms.
        queue_area: i64,
        /// Longest queue.
        queue_max: u32,
        /// Staffed time (on shift, not on break, and those who finish after it), ms.
        staffed: i64,
        /// Busy time, ms.
        busy: i64,
        /// Paid time, ms.
        paid: i64,
        /// Area under the open conversations held by agents, conversation-ms.
        open_area: i64,
        /// Agent time with at least one open conversation, ms.
        engaged: i64,
        /// Area under the open tickets (backlog), ticket-ms.
        backlog_area: i64,
        /// Open tickets at the end of the interval.
        backlog: u32,
        /// With the bot at the end of the interval.
        with_bot: u32,
        /// In the measured period.
        measured: bool,
    }
}

table! {
    /// One row per agent.
    Agents of
    /// One agent.
    AgentRow {
        /// Index over all teams.
        agent: u32,
        /// Team.
        team: u16,
        /// Paid time, ms.
        paid: i64,
        /// Staffed time, ms.
        staffed: i64,
        /// Busy time, ms.
        busy: i64,
        /// Agent time with at least one open conversation, ms.
        engaged: i64,
        /// Area under the open conversations, conversation-ms.
        open_area: i64,
        /// Conversations taken.
        conversations: u32,
        /// Replies.
        replies: u32,
    }
}

table! {
    /// One row per notification that a rule sent.
    Notifications of
    /// One notification.
    NotificationRow {
        /// When.
        at: i64,
        /// Rule.
        rule: u16,
        /// Recipient.
        recipient: u16,
        /// Conversation.
        conversation: u64,
        /// By template (true) or mail (false).
        template: bool,
    }
}

table! {
    /// One row per firing of a rule.
    Firings of
    /// One firing.
    FiringRow {
        /// When.
        at: i64,
        /// Rule.
        rule: u16,
        /// Conversation.
        conversation: u64,
        /// Stopped as a loop: the same rule, ticket and instant.
        looped: bool,
    }
}

table! {
    /// One row per message, where the scenario keeps them.
    Messages of
    /// One message.
    MessageRow {
        /// Conversation.
        conversation: u64,
        /// When.
        at: i64,
        /// 0 customer, 1 bot, 2 agent, 3 system.
        from: u8,
        /// Text id in the traffic's text table; `u32::MAX` if none.
        text: u32,
        /// Sent as a template.
        template: bool,
    }
}

/// One chunk of every table.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Chunk {
    pub conversations: Vec<ConversationRow>,
    pub queue_stays: Vec<QueueStayRow>,
    pub clocks: Vec<ClockRow>,
    pub intervals: Vec<IntervalRow>,
    pub agents: Vec<AgentRow>,
    pub notifications: Vec<NotificationRow>,
    pub firings: Vec<FiringRow>,
    pub messages: Vec<MessageRow>,
}

impl Chunk {
    /// Forgets the rows, keeps the memory.
    pub fn clear(&mut self) {
        self.conversations.clear();
        self.queue_stays.clear();
        self.clocks.clear();
        self.intervals.clear();
        self.agents.clear();
        self.notifications.clear();
        self.firings.clear();
        self.messages.clear();
    }

    /// Rows of the largest table.
    #[inline]
    pub fn rows(&self) -> usize {
        self.conversations
            .len()
            .max(self.queue_stays.len())
            .max(self.clocks.len())
            .max(self.messages.len())
            .max(self.firings.len())
    }
}

/// What goes with the rows of one replication and is no table: counts over the measured period.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunTotals {
    /// Events taken from the event list.
    pub events: u64,
    /// Conversations begun, measured or not.
    pub conversations: u64,
    /// Begin of the measured period.
    pub measured_from: i64,
    /// End of the measured period.
    pub measured_to: i64,
    /// Open when the run ended (all, measured or not).
    pub open_at_end: u64,
    /// Largest backlog in the measured period.
    pub backlog_max: u64,
    /// A limit of the run was reached.
    pub limit_reached: Option<&'static str>,
    /// Mean of the interarrival and work draws, for control variates: (sum of agent work, count).
    pub work_drawn: (f64, u64),
}

/// Receives the facts of one replication, chunk after chunk, then the totals.
pub trait Sink {
    /// A chunk is full (or the last one); its rows come after those of the chunk before.
    fn chunk(&mut self, chunk: &Chunk) -> std::io::Result<()>;
}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn chunk(&mut self, chunk: &Chunk) -> std::io::Result<()> {
        (**self).chunk(chunk)
    }
}
