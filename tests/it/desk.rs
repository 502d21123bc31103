//! The life of tickets in the engine, on small scenarios in which only one thing can happen.

use helpsim::engine::{Compiled, Note, RunOptions, Story, run};
use helpsim::facts::{Chunk, ClockRow, ConversationRow, Sink};
use std::path::Path;
use std::sync::Arc;

#[derive(Default)]
struct Kept {
    conversations: Vec<ConversationRow>,
    clocks: Vec<ClockRow>,
    fired: Vec<u16>,
    fired_at: Vec<i64>,
}

impl Sink for Kept {
    fn chunk(&mut self, chunk: &Chunk) -> std::io::Result<()> {
        self.conversations.extend_from_slice(&chunk.conversations);
        self.clocks.extend_from_slice(&chunk.clocks);
        self.fired.extend(chunk.firings.iter().map(|row| row.rule));
        self.fired_at.extend(chunk.firings.iter().map(|row| row.at));
        Ok(())
    }
}

/// A conversation each ten hours for five days, five agents, a minute of work, and these lines.
fn desk(general: &str, lines: &str) -> (Kept, Vec<Note>) {
    let scenario = format!(
        "[scenario]\nname = \"desk\"\nduration = \"5d\"\nwrap_up = \"9d\"\n{general}\n\
         [[team]]\nname = \"first\"\nagents = 5\n[[team]]\nname = \"second\"\nagents = 5\nskills = []\nlevel = 1\n\
         [[intent]]\nname = \"any\"\nexchanges = {{ deterministic = {{ value = 1 }} }}\n\
         agent_work = {{ deterministic = {{ value = \"1m\" }} }}\n\
         [[traffic]]\nname = \"chat\"\ninterval = {{ deterministic = {{ value = \"10h\" }} }}\n{lines}"
    )
    .replace("skills = []\n", "");
    let (kept, notes) = simulate(&scenario);
    assert!(kept.conversations.len() > 10, "{}", kept.conversations.len());
    (kept, notes)
}

/// The rows of a scenario's run, and the story of its first conversation.
fn simulate(scenario: &str) -> (Kept, Vec<Note>) {
    let loaded = helpsim::scenario::parse(scenario, "desk.toml", Path::new("."), &[]);
    let plan = loaded.unwrap_or_else(|faults| panic!("{faults:#?}\n{scenario}")).plan;
    let compiled = Compiled::new(Arc::new(plan)).unwrap();
    let (mut kept, mut story) = (Kept::default(), Story::default());
    run(&compiled, RunOptions::default(), &mut kept, &mut story).unwrap();
    kept.conversations.sort_by_key(|row| row.conversation);
    (kept, story.notes.into_iter().map(|(_, note)| note).collect())
}

const HOUR_MS: i64 = 3_600_000;
const MINUTE_MS: i64 = 60_000;

#[test]
fn a_snoozed_ticket_waits_and_comes_back() {
    let rule = "[[sla]]\nname = \"p\"\nresolution = \"30m\"\n[desk]\nlike = \"liveagent\"\n\
                [[rule]]\nname = \"later\"\nwhen = \"assigned\"\nthen = { snooze = \"1h\" }\n";
    let (kept, notes) = desk("", rule);
    assert!(notes.iter().any(|note| matches!(note, Note::Snoozed { .. })), "{notes:?}");
    for row in &kept.conversations {
        assert!(row.solved);
        assert_eq!(row.first_human_at - row.started_at, HOUR_MS + 60_000);
    }
    // Postponed tickets stop the clock there.
    for clock in &kept.clocks {
        assert_eq!((clock.paused, clock.used, clock.breached), (HOUR_MS, 60_000, false));
    }
}

#[test]
fn the_threading_window_parts_reopenings_from_new_tickets() {
    let back = |hours: u32, like: &str| {
        let customer = format!(
            "[customer]\nreopens = \"100%\"\nreopen_delay = {{ deterministic = {{ value = \"{hours}h\" }} }}\n\
             [desk]\nlike = \"{like}\"\n"
        );
        let (kept, _) = desk("", &customer);
        let reopened = kept.conversations.iter().filter(|row| row.reopens > 0).count();
        let linked = kept.conversations.iter().filter(|row| row.repeat_of != u64::MAX).count();
        (reopened > 0, linked > 0)
    };
    // 24 hours after the resolution, until it is resolved, until it is closed (three days), for ever.
    assert_eq!(back(12, "freshdesk"), (true, false));
    assert_eq!(back(30, "freshdesk"), (false, true));
    assert_eq!(back(12, "chatwoot"), (false, true));
    assert_eq!(back(30, "zendesk"), (true, false));
    assert_eq!(back(80, "zendesk"), (false, true));
    assert_eq!(back(80, "frappe"), (true, false));
}

#[test]
fn the_policy_follows_the_ticket_where_the_help_desk_does() {
    let lines = |like: &str| {
        format!(
            "[desk]\nlike = \"{like}\"\n\
             [[sla]]\nname = \"urgent\"\nif = {{ priority = \"urgent\" }}\nresolution = \"30s\"\n\
             [[sla]]\nname = \"rest\"\nresolution = \"1h\"\n\
             [[rule]]\nname = \"up\"\nwhen = \"assigned\"\nthen = {{ priority = \"urgent\" }}\n"
        )
    };
    for (like, policy) in [("zendesk", 0), ("zammad", 0), ("liveagent", 1)] {
        let (kept, _) = desk("", &lines(like));
        assert!(kept.clocks.iter().all(|clock| clock.policy == policy), "{like}: {:?}", kept.clocks);
        assert!(kept.clocks.iter().all(|clock| clock.breached == (policy == 0)), "{like}");
    }
}

#[test]
fn surveys_warnings_and_channels_in_rules() {
    let lines = "[[traffic]]\nname = \"other\"\ninterval = { deterministic = { value = \"7h\" } }\n\
                 [customer]\nrates = \"100%\"\n\
                 [[sla]]\nname = \"p\"\nfirst_response = \"40s\"\nwarn_left = \"50%\"\n\
                 [[rule]]\nname = \"ask\"\nwhen = \"assigned\"\nif = { traffic = \"other\" }\nthen = \"survey\"\n\
                 [[rule]]\nname = \"soon\"\nwhen = { clock = \"first_response\", warned = true }\nthen = { notify = \"lead\" }\n\
                 [[rule]]\nname = \"late\"\nwhen = { clock = \"first_response\" }\nif = { traffic = \"chat\" }\nthen = { notify = \"lead\" }\n";
    let (kept, _) = desk("", lines);
    for row in &kept.conversations {
        assert_eq!(row.rating > 0, row.source == 1, "only who was asked rates");
    }
    let fired = |rule: u16| kept.fired.iter().filter(|fired| **fired == rule).count();
    let of_chat = kept.conversations.iter().filter(|row| row.source == 0).count();
    assert_eq!((fired(1), fired(2)), (kept.conversations.len(), of_chat));
}

/// Two customers five minutes apart, each with two things to say and half an hour in between, and one agent
/// with one place. A reply takes a minute.
fn two_customers(desk: &str, team: &str, reply_delay: &str) -> (Kept, Vec<Note>) {
    simulate(&format!(
        "[scenario]\nname = \"two\"\nduration = \"1d\"\n[[team]]\nname = \"one\"\n{team}\n\
         [[intent]]\nname = \"any\"\nexchanges = {{ deterministic = {{ value = 2 }} }}\n\
         agent_work = {{ deterministic = {{ value = \"1m\" }} }}\n\
         [customer]\nreply_delay = {{ deterministic = {{ value = \"{reply_delay}\" }} }}\n\
         [[traffic]]\nname = \"chat\"\ninterval = {{ deterministic = {{ value = \"5m\" }} }}\n\
         max_conversations = 2\n[desk]\n{desk}\n"
    ))
}

#[test]
fn a_silent_customer_gives_his_place_back() {
    let waited =
        |kept: &Kept| kept.conversations.iter().map(|row| row.queue_wait / MINUTE_MS).collect::<Vec<_>>();
    // Replied to after a minute, silent for thirty: the second customer waits for the end of all that.
    let (kept, _) = two_customers("", "agents = 1", "30m");
    assert_eq!(waited(&kept), [0, 27]);
    let (kept, notes) = two_customers("frees_place_after = \"10m\"", "agents = 1", "30m");
    assert_eq!(waited(&kept), [0, 6]);
    assert!(notes.contains(&Note::PlaceFreed { agent: 0 }));
    // His agent has the other one's place free by then, too.
    assert!(notes.contains(&Note::PlaceTaken { agent: 0, open: 1 }), "{notes:?}");
    assert!(kept.conversations.iter().all(|row| row.solved && row.agent == 0 && row.transfers == 0));
    // He writes while the other is at work: his agent takes him back above what he may hold.
    let (kept, notes) = two_customers("frees_place_after = \"27m\"", "agents = 1", "30m");
    assert_eq!(waited(&kept), [0, 23]);
    assert!(notes.contains(&Note::PlaceTaken { agent: 0, open: 2 }), "{notes:?}");
    assert_eq!(kept.conversations[0].resolved_at - kept.conversations[0].started_at, 32 * MINUTE_MS);
    // At once, as where only tickets with a running timer count.
    let (kept, _) = two_customers("frees_place_after = \"0\"", "agents = 1", "30m");
    assert_eq!(waited(&kept), [0, 0]);
}

#[test]
fn whose_agent_has_gone_home_queues_again() {
    let shifts =
        "shifts = [{ hours = \"00:00-01:00\", agents = 1 }, { hours = \"02:00-24:00\", agents = 1 }]";
    // As long as he holds a place, his agent stays until he is done.
    let (kept, _) = two_customers("", shifts, "80m");
    assert!(kept.conversations[0].agent == 0 && kept.conversations[0].queue_wait == 0);
    let (kept, _) = two_customers("frees_place_after = \"10m\"", shifts, "80m");
    let first = &kept.conversations[0];
    assert_eq!((first.agent, first.solved), (1, true));
    // Written to an agent who left at 01:00; the next comes at 02:00.
    assert_eq!(first.started_at % (24 * HOUR_MS) + 81 * MINUTE_MS + first.queue_wait, 2 * HOUR_MS);
    // Kept for the agent's own next shift, it waits for that.
    let keeps = format!("shift_end = \"keep\"\n{shifts}");
    let (kept, _) = two_customers("frees_place_after = \"10m\"", &keeps, "80m");
    assert_eq!((kept.conversations[0].agent, kept.conversations[0].queue_wait), (0, 0));
}

#[test]
fn a_reopened_conversation_may_go_to_the_bot_first() {
    let scenario = |solves: u8| {
        simulate(&format!(
            "[scenario]\nname = \"again\"\nduration = \"5d\"\nwrap_up = \"9d\"\n[[team]]\nname = \"one\"\nagents = 5\n\
             [[intent]]\nname = \"any\"\nbot_solves = \"{solves}%\"\n\
             [[traffic]]\nname = \"chat\"\ninterval = {{ deterministic = {{ value = \"10h\" }} }}\n\
             [customer]\nreopens = \"100%\"\nreopen_delay = {{ deterministic = {{ value = \"20h\" }} }}\n\
             [bot]\nkind = \"statistical\"\nexchanges = {{ deterministic = {{ value = 1 }} }}\n\
             understands = \"100%\"\n\
             [desk.clocks]\nthread = \"forever\"\nreopened_to = \"bot\"\n\
             [[sla]]\nname = \"p\"\nresolution = \"4d\"\n\
             [[rule]]\nname = \"new\"\nwhen = \"ticket_created\"\nthen = {{ tag = \"t\" }}\n\
             max_per_conversation = 9\n"
        ))
    };
    // The bot meets every need, the first time and again: nobody ever goes to people.
    let (kept, notes) = scenario(100);
    assert!(notes.contains(&Note::WithBotAgain), "{notes:?}");
    assert!(kept.conversations.iter().any(|row| row.reopens > 2));
    assert!(
        kept.conversations
            .iter()
            .all(|row| row.agent_messages == 0 && row.bot_messages > u16::from(row.reopens))
    );
    // It meets none: each time it hands over, and the ticket is the same one.
    let (kept, notes) = scenario(0);
    let count = |wanted: fn(&Note) -> bool| notes.iter().filter(|note| wanted(note)).count();
    let handed = count(|note| matches!(note, Note::HandedOver { .. }));
    assert!(handed > 2, "{notes:?}");
    assert_eq!(count(|note| matches!(note, Note::TicketCreated { .. })), 1);
    assert_eq!(count(|note| *note == Note::WithBotAgain) + 1, handed);
    assert_eq!(kept.fired.len(), kept.conversations.len());
    let row = &kept.conversations[0];
    assert!(row.agent_messages == row.bot_messages && row.handed_off_at < row.resolved_at, "{row:?}");
}

/// What the bot had solved and did not hold is reopened like any other ticket: a rule may send it elsewhere
/// than its queue, or close it.
#[test]
fn rules_on_reopening_take_what_the_bot_had_solved() {
    let scenario = |then: &str| {
        let (kept, _) = simulate(&format!(
            "[scenario]\nname = \"again\"\nduration = \"5d\"\nwrap_up = \"9d\"\n[[team]]\nname = \"one\"\nagents = 5\n\
             [[team]]\nname = \"two\"\nagents = 5\nlevel = 1\n[[intent]]\nname = \"any\"\nbot_solves = \"100%\"\n\
             [[traffic]]\nname = \"chat\"\ninterval = {{ deterministic = {{ value = \"10h\" }} }}\n\
             [customer]\nreopens = \"100%\"\nreopen_delay = {{ deterministic = {{ value = \"20h\" }} }}\n\
             [bot]\nkind = \"statistical\"\nexchanges = {{ deterministic = {{ value = 1 }} }}\n\
             understands = \"100%\"\n[desk.clocks]\nthread = \"forever\"\n\
             [[rule]]\nname = \"back\"\nwhen = \"reopened\"\nthen = \"{then}\"\n"
        ));
        assert!(kept.conversations.len() > 10 && !kept.fired.is_empty());
        kept.conversations
    };
    assert!(scenario("escalate").iter().all(|row| row.team == 1 && row.agent_messages > 0));
    assert!(scenario("close").iter().all(|row| row.reopens == 1 && row.agent_messages == 0 && !row.solved));
}

#[test]
fn a_window_from_the_last_message_cuts_an_open_thread() {
    let week = |clocks: &str| {
        let (kept, notes) = simulate(&format!(
            "[scenario]\nname = \"week\"\nduration = \"7d\"\nwrap_up = \"7d\"\n[[team]]\nname = \"one\"\nagents = 1\n\
             [[intent]]\nname = \"any\"\nexchanges = {{ deterministic = {{ value = 2 }} }}\n\
             agent_work = {{ deterministic = {{ value = \"1m\" }} }}\n\
             [customer]\nreply_delay = {{ deterministic = {{ value = \"30h\" }} }}\n\
             [[traffic]]\nname = \"chat\"\ninterval = {{ deterministic = {{ value = \"5h\" }} }}\n\
             max_conversations = 1\n[desk]\nlike = \"freshdesk\"\nauto_resolve = \"20h\"\n{clocks}\n"
        ));
        let linked = kept.conversations.iter().filter(|row| row.repeat_of == 0).count();
        (
            kept.conversations[0].solved,
            linked,
            notes.iter().any(|note| matches!(note, Note::ComesBack { .. })),
        )
    };
    // Each time the customer answers too late, and each time that makes a new ticket.
    assert_eq!(week(""), (false, 5, true));
    // A window that counts from the resolution leaves an open ticket open.
    assert_eq!(week("[desk.clocks]\nthread_from = \"resolution\""), (true, 0, false));
}

#[test]
fn agents_of_a_shift_may_have_speeds_of_their_own() {
    let team = "shifts = [{ hours = \"00:00-12:00\", agents = 1, proficiency = { any = 2.0 } }, \
                { hours = \"12:00-24:00\", agents = 1 }]\nproficiency = { any = 0.5 }";
    let (kept, _) = simulate(&format!(
        "[scenario]\nname = \"speeds\"\nduration = \"1d\"\n[[team]]\nname = \"one\"\n{team}\n\
         [[intent]]\nname = \"any\"\nagent_work = {{ deterministic = {{ value = \"1m\" }} }}\n\
         [[traffic]]\nname = \"chat\"\ninterval = {{ deterministic = {{ value = \"5h\" }} }}\n"
    ));
    for row in &kept.conversations {
        let morning = row.started_at % (24 * HOUR_MS) < 12 * HOUR_MS;
        assert_eq!(row.first_human_at - row.started_at, if morning { MINUTE_MS / 2 } else { 2 * MINUTE_MS });
    }
    assert_eq!(kept.conversations.len(), 4);
}

#[test]
fn a_channel_may_take_more_of_an_agent() {
    let waited = |weight: &str| {
        let (kept, _) = simulate(&format!(
            "[scenario]\nname = \"weights\"\nduration = \"1h\"\n[[team]]\nname = \"one\"\nagents = 1\nconcurrency = 2\n\
             [[intent]]\nname = \"any\"\nagent_work = {{ deterministic = {{ value = \"1m\" }} }}\n\
             [[traffic]]\nname = \"calls\"\ninterval = {{ deterministic = {{ value = \"10s\" }} }}\n\
             max_conversations = 2\n{weight}\n"
        ));
        kept.conversations.iter().map(|row| row.queue_wait / 1_000).collect::<Vec<_>>()
    };
    assert_eq!(waited(""), [0, 0]);
    assert_eq!(waited("weight = 2"), [0, 50]);
}

#[test]
fn rules_wait_for_a_status() {
    let rule = |status: &str| {
        format!(
            "[[rule]]\nname = \"{status}\"\nwhen = {{ status = \"{status}\" }}\nthen = {{ notify = \"lead\" }}\n\
             max_per_conversation = 9\n"
        )
    };
    let rules = ["pending", "open", "resolved", "snoozed"].map(rule).join("");
    let (kept, _) = two_customers(&format!("\n{rules}"), "agents = 2", "30m");
    let fired = |at: u16| kept.fired.iter().filter(|rule| **rule == at).count();
    // Two customers, each with one reply that asks for an answer.
    assert_eq!([0, 1, 2, 3].map(fired), [2, 2, 2, 0]);
    // One that moves the ticket is obeyed.
    let moves = "\n[[rule]]\nname = \"up\"\nwhen = { status = \"pending\" }\nthen = { snooze = \"2h\" }\n";
    let (kept, notes) = two_customers(moves, "agents = 2", "30m");
    assert!(notes.iter().any(|note| matches!(note, Note::Snoozed { .. })), "{notes:?}");
    assert!(kept.conversations.iter().all(|row| row.solved));
}

#[test]
fn rules_that_wait_may_be_looked_at_once_an_hour() {
    let fired = |rule: &str, clocks: &str, work: &str| {
        let (kept, _) = simulate(&format!(
            "[scenario]\nname = \"hourly\"\nduration = \"1d\"\n[[team]]\nname = \"one\"\nagents = 9\n\
             [[intent]]\nname = \"any\"\nagent_work = {{ deterministic = {{ value = \"{work}\" }} }}\n\
             [[traffic]]\nname = \"chat\"\ninterval = {{ deterministic = {{ value = \"5h 20m\" }} }}\n\
             max_conversations = 1\n[desk]\n{clocks}\n\
             [[sla]]\nname = \"p\"\nresolution = \"30m\"\nwarn_left = \"50%\"\n\
             [[rule]]\nname = \"r\"\nwhen = {rule}\nthen = {{ notify = \"lead\" }}\n"
        ));
        let began = kept.conversations[0].started_at;
        assert_eq!(began % HOUR_MS, 20 * MINUTE_MS);
        kept.fired_at.iter().map(|at| (at - began) / MINUTE_MS).collect::<Vec<_>>()
    };
    let hourly = "[desk.clocks]\ntimed_rules_every = \"1h\"\nclock_rules_every = \"1h\"";
    for (rule, exactly) in [
        ("{ after = \"10m\" }", 10),
        ("{ clock = \"resolution\" }", 30),
        ("{ clock = \"resolution\", warned = true }", 15),
        ("{ clock = \"resolution\", left = \"90%\" }", 3),
    ] {
        assert_eq!(fired(rule, "", "2h"), [exactly], "{rule}");
        // It begins at twenty past: the next look is forty minutes later.
        assert_eq!(fired(rule, hourly, "2h"), [40], "{rule}");
        // Who is served before the look sets nothing off.
        assert_eq!(fired(rule, hourly, "39m"), [0i64; 0], "{rule}");
    }
    // A reminder, and the next level of an escalation.
    let (soon, late) =
        ("{ clock = \"resolution\", before = \"10m\" }", "{ clock = \"resolution\", overdue = \"15m\" }");
    assert_eq!((fired(soon, "", "2h"), fired(late, "", "2h")), (vec![20], vec![45]));
    assert_eq!((fired(soon, hourly, "2h"), fired(late, hourly, "2h")), (vec![40], vec![100]));
    assert_eq!((fired(soon, "", "19m"), fired(late, "", "44m")), (vec![], vec![]));
    assert_eq!(fired("{ after = \"10m\" }", "like = \"freshdesk\"", "2h"), [40]);
    assert_eq!(fired("{ clock = \"resolution\" }", "like = \"freshdesk\"", "2h"), [30]);
    assert_eq!(fired("{ clock = \"resolution\" }", "like = \"zendesk\"", "2h"), [40]);
    assert_eq!(fired("{ after = \"10m\" }", "like = \"zammad\"", "2h"), [10]);
}
