//! What must hold in any run of any desk, to the millisecond: Little's law, flow, work. And what common
//! random numbers promise: another number of agents leaves every customer as he is.

use helpsim::engine::{Compiled, RunOptions, Silent, run};
use helpsim::facts::{Chunk, ConversationRow, IntervalRow, NONE, Outcome, QueueEnd, QueueStayRow, Sink};
use helpsim::scenario;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// All rows of one replication.
#[derive(Default)]
struct Facts {
    conversations: Vec<ConversationRow>,
    stays: Vec<QueueStayRow>,
    intervals: Vec<IntervalRow>,
}

impl Sink for Facts {
    fn chunk(&mut self, chunk: &Chunk) -> std::io::Result<()> {
        self.conversations.extend_from_slice(&chunk.conversations);
        self.stays.extend_from_slice(&chunk.queue_stays);
        self.intervals.extend_from_slice(&chunk.intervals);
        Ok(())
    }
}

impl Facts {
    /// Rows of the teams; the whole desk has rows of its own.
    fn by_team(&self) -> impl Iterator<Item = &IntervalRow> {
        self.intervals.iter().filter(|row| row.team != NONE)
    }

    fn count(&self, end: QueueEnd) -> u64 {
        self.stays.iter().filter(|stay| stay.end == end as u8).count() as u64
    }
}

fn simulate(text: &str, settings: &[(&str, String)], replication: u32) -> Facts {
    let settings: Vec<(String, String)> =
        settings.iter().map(|(path, value)| ((*path).to_owned(), value.clone())).collect();
    let loaded = scenario::parse(text, "desk.toml", Path::new(""), &settings).unwrap_or_else(|faults| {
        panic!("{}", helpsim::diag::render(&faults, &scenario::sources(&faults, "desk.toml", text), false))
    });
    let compiled = Compiled::new(Arc::new(loaded.plan)).unwrap();
    let mut facts = Facts::default();
    run(&compiled, RunOptions { replication, ..RunOptions::default() }, &mut facts, &mut Silent).unwrap();
    facts.conversations.sort_by_key(|row| row.conversation);
    facts
}

/// Two teams, two kinds of need; every number is set by the tests. They come for half a day, and there is
/// time to serve them all: what is booked by the interval covers everything that happens.
const DESK: &str = r#"
[scenario]
name = "identities"
timezone = "UTC"
start = "2026-09-21"
duration = "10d"
replications = 1
seed = 7

[[traffic]]
name = "all"
rate = { cycle = "10d", steps = [{ at = "0", per_hour = 30 }, { at = "12h", per_hour = 0 }] }
intents = { easy = 0.7, hard = 0.3 }

[[intent]]
name = "easy"
priority = "low"
agent_work = { exponential = { mean = "5m" } }

[[intent]]
name = "hard"
priority = "high"
agent_work = { lognormal = { mean = "9m", sd = "12m" } }

[customer]
reply_delay = { exponential = { mean = "3m" } }

[[team]]
name = "first"
agents = 3
skills = ["easy", "hard"]

[[team]]
name = "second"
agents = 2
skills = ["hard"]

[desk]
auto_resolve = "none"
"#;

/// Any desk: what is set, key by key.
fn any_desk() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let agents = (1..6_u32, 1..4_u32, 1..5_u32);
    let customers = (
        prop_oneof![Just("none"), Just("4m"), Just("{ exponential = { mean = \"10m\" } }")],
        prop_oneof![Just("1"), Just("{ geometric = { mean = 2.5 } }")],
        prop_oneof![Just("0"), Just("0.2")],
        prop_oneof![Just("0"), Just("0.15")],
    );
    let team = (
        any::<bool>(),
        prop_oneof![Just("serial"), Just("shared")],
        prop_oneof![Just("finish"), Just("hand_back"), Just("keep"), Just("first_free")],
        prop_oneof![Just(None), Just(Some(3_u32)), Just(Some(0))],
        prop_oneof![Just("{}"), Just("{ second = 0.3 }"), Just("{ first = 0.2, second = 0.1 }")],
    );
    let desk = (
        prop_oneof![Just("none"), Just("0"), Just("2m"), Just("10m")],
        prop_oneof![Just("0"), Just("0.1")],
        prop_oneof![Just("none"), Just("statistical")],
        prop_oneof![Just("previous_agent"), Just("queue"), Just("bot")],
    );
    (agents, customers, team, desk, 0..1_000_u64, any::<bool>()).prop_map(
        |((first, second, places), (patience, exchanges, balk, reopens), team, desk, seed, shifts)| {
            let (frees_place_after, falls_silent, bot, reopened_to) = desk;
            let (preempt, attention, shift_end, room, transfers) = team;
            let mut set = vec![
                ("scenario.seed", seed.to_string()),
                ("team.first.concurrency", places.to_string()),
                ("team.second.agents", second.to_string()),
                ("team.first.preempt", preempt.to_string()),
                ("team.first.attention", attention.to_owned()),
                ("team.first.shift_end", shift_end.to_owned()),
                ("team.first.transfers", transfers.to_owned()),
                ("team.first.overflow", "{ to = \"second\", after = \"2m\" }".to_owned()),
                ("customer.patience", patience.to_owned()),
                ("intent.easy.exchanges", exchanges.to_owned()),
                ("customer.balk", balk.to_owned()),
                ("customer.reopens", reopens.to_owned()),
                ("customer.falls_silent", falls_silent.to_owned()),
                ("desk.frees_place_after", frees_place_after.to_owned()),
                ("desk.auto_resolve", "1h".to_owned()),
                ("desk.clocks.reopened_to", reopened_to.to_owned()),
                ("intent.easy.bot_solves", "0.3".to_owned()),
                ("bot.like", bot.to_owned()),
            ];
            match shifts {
                false => set.push(("team.first.agents", first.to_string())),
                true => {
                    let shift = |hours: &str| format!("{{ hours = \"{hours}\", agents = {first} }}");
                    let two = format!("[{}, {}]", shift("00:00-05:30"), shift("04:00-24:00"));
                    set.push(("team.first.shifts", two));
                }
            }
            if let Some(places) = room {
                set.push(("team.first.max_waiting", places.to_string()));
            }
            set
        },
    )
}

/// `agents` of the file gives way to shifts.
fn desk(settings: &[(&str, String)]) -> String {
    match settings.iter().any(|(path, _)| *path == "team.first.shifts") {
        true => DESK.replacen("agents = 3\n", "", 1),
        false => DESK.to_owned(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// The area under the queue is the sum of the waits, with those still waiting counted to the end.
    #[test]
    fn littles_law_to_the_millisecond(settings in any_desk()) {
        let facts = simulate(&desk(&settings), &settings, 0);
        let area: i64 = facts.by_team().map(|row| row.queue_area).sum();
        let waits: i64 = facts.stays.iter().map(|stay| stay.left_at - stay.entered_at).sum();
        prop_assert_eq!(area, waits);
    }

    /// Who comes is served, leaves, is turned away, or is still there; at the queue and at the door.
    #[test]
    fn flow_balances(settings in any_desk()) {
        let facts = simulate(&desk(&settings), &settings, 0);
        let sum = |of: fn(&IntervalRow) -> u32| facts.by_team().map(|row| u64::from(of(row))).sum::<u64>();
        let away = facts.count(QueueEnd::Blocked) + facts.count(QueueEnd::Balked);
        let moved = facts.count(QueueEnd::Moved) + facts.count(QueueEnd::Waiting);
        prop_assert_eq!(sum(|row| row.taken), facts.count(QueueEnd::Taken));
        prop_assert_eq!(sum(|row| row.abandoned), facts.count(QueueEnd::Abandoned) + away);
        prop_assert_eq!(
            facts.stays.len() as u64,
            facts.count(QueueEnd::Taken) + facts.count(QueueEnd::Abandoned) + away + moved
        );
        // Numbered without a gap, each once.
        let numbers = facts.conversations.iter().map(|row| row.conversation);
        prop_assert!(numbers.eq(0..facts.conversations.len() as u64));
    }

    /// Work that came in is work done: the agents are busy for as long as the replies take.
    #[test]
    fn work_balances(settings in any_desk()) {
        let facts = simulate(&desk(&settings), &settings, 0);
        // Only where nobody was left, and everything was worked on at full speed and to the end.
        let open = facts.conversations.iter().any(|row| row.outcome == Outcome::Open as u8);
        let wanders = settings.iter().any(|(path, value)| match *path {
            "team.first.preempt" => value == "true",
            "team.first.shift_end" => value == "hand_back" || value == "keep",
            "team.first.attention" => value == "shared",
            _ => false,
        });
        let busy: i64 = facts.by_team().map(|row| row.busy).sum();
        let work: i64 = facts.conversations.iter().map(|row| row.agent_work).sum();
        let begun: i64 = facts.by_team().map(|row| row.work).sum();
        if !open && !wanders {
            prop_assert_eq!(busy, work);
            prop_assert_eq!(begun, work);
        }
    }

    /// An agent who shares his attention among one conversation is an ordinary agent.
    #[test]
    fn a_chat_agent_with_one_place_is_an_ordinary_agent(settings in any_desk()) {
        let with = |attention: &str| {
            let mut settings = settings.clone();
            // With places given back he may have more than one at a time.
            let else_where = ["team.first.attention", "team.first.concurrency", "desk.frees_place_after"];
            settings.retain(|(path, _)| !else_where.contains(path));
            settings.push(("team.first.attention", attention.to_owned()));
            settings.push(("team.first.concurrency", "1".to_owned()));
            simulate(&desk(&settings), &settings, 0)
        };
        let (serial, shared) = (with("serial"), with("shared"));
        prop_assert_eq!(&serial.stays, &shared.stays);
        prop_assert_eq!(serial.conversations, shared.conversations);
    }

    /// First come, first served, and nobody leaves: with one more agent no mean wait is longer.
    #[test]
    fn more_agents_never_lengthen_the_mean_wait(agents in 1..8_u32, seed in 0..1_000_u64) {
        let wait = |agents: u32| {
            let settings = [
                ("scenario.seed", seed.to_string()),
                ("team.first.agents", agents.to_string()),
                ("team.first.order", "longest".to_owned()),
            ];
            let facts = simulate(DESK, &settings, 0);
            facts.stays.iter().map(|stay| stay.left_at - stay.entered_at).sum::<i64>()
        };
        prop_assert!(wait(agents + 1) <= wait(agents));
    }

    /// Common random numbers: with one more agent every customer comes at the same instant with the same
    /// need and the same work, and who loses patience in both desks loses it after the same wait.
    #[test]
    fn one_more_agent_changes_no_customer(agents in 1..6_u32, seed in 0..1_000_u64) {
        let facts = |agents: u32| {
            let settings = [
                ("scenario.seed", seed.to_string()),
                ("team.first.agents", agents.to_string()),
                ("customer.patience", "{ exponential = { mean = \"6m\" } }".to_owned()),
            ];
            simulate(DESK, &settings, 3)
        };
        let (few, more) = (facts(agents), facts(agents + 1));
        prop_assert_eq!(few.conversations.len(), more.conversations.len());
        for (a, b) in few.conversations.iter().zip(&more.conversations) {
            prop_assert_eq!(
                (a.started_at, a.source, a.intent, a.segment, a.language),
                (b.started_at, b.source, b.intent, b.segment, b.language)
            );
            let solved = Outcome::AgentSolved as u8;
            if a.outcome == solved && b.outcome == solved {
                prop_assert_eq!(a.agent_work, b.agent_work);
            }
        }
        let patience = |facts: &Facts| -> BTreeMap<u64, i64> {
            let left = facts.stays.iter().filter(|stay| stay.end == QueueEnd::Abandoned as u8);
            left.map(|stay| (stay.conversation, stay.left_at - stay.entered_at)).collect()
        };
        let (few, more) = (patience(&few), patience(&more));
        for (conversation, wait) in &few {
            if let Some(other) = more.get(conversation) {
                prop_assert_eq!(wait, other);
            }
        }
    }
}
