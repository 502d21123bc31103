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
}

impl Sink for Kept {
    fn chunk(&mut self, chunk: &Chunk) -> std::io::Result<()> {
        self.conversations.extend_from_slice(&chunk.conversations);
        self.clocks.extend_from_slice(&chunk.clocks);
        self.fired.extend(chunk.firings.iter().map(|row| row.rule));
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
    let loaded = helpsim::scenario::parse(&scenario, "desk.toml", Path::new("."), &[]);
    let plan = loaded.unwrap_or_else(|faults| panic!("{faults:#?}\n{scenario}")).plan;
    let compiled = Compiled::new(Arc::new(plan)).unwrap();
    let (mut kept, mut story) = (Kept::default(), Story::default());
    run(&compiled, RunOptions::default(), &mut kept, &mut story).unwrap();
    assert!(kept.conversations.len() > 10, "{}", kept.conversations.len());
    (kept, story.notes.into_iter().map(|(_, note)| note).collect())
}

const HOUR_MS: i64 = 3_600_000;

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
