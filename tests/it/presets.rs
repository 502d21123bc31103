//! One desk judged by eight help desks' rules, and the table of it in `docs/presets.md`.

use crate::scenarios::simulate;
use helpsim::measure::Summary;
use std::fmt::Write as _;
use std::path::Path;

const DESKS: [(&str, &str); 8] = [
    ("freshdesk", "Freshdesk"),
    ("zendesk", "Zendesk"),
    ("zoho_desk", "Zoho Desk"),
    ("happyfox", "HappyFox"),
    ("liveagent", "LiveAgent"),
    ("chatwoot", "Chatwoot"),
    ("zammad", "Zammad"),
    ("frappe", "Frappe Helpdesk"),
];

const BEFORE: &str = "\
# One desk, eight definitions

The same two weeks of traffic, the same customers with the same luck, the same people and the same promise
([`tests/scenarios/eight_desks.toml`](../tests/scenarios/eight_desks.toml)), judged by the rules of eight
help desks: only `[desk] like` differs. Made by `tests/it/presets.rs` with `HELPSIM_UPDATE_DOCS=1`; means of
four replications.

";

const AFTER: &str = "
How to read it:

- **First response.** A bot's reply is no first response anywhere, so bot time counts against the people
  wherever the ticket begins with the bot. In Zendesk it does not: the ticket is made at the hand-off
  (`ticket_from`), and what the bot solves is none, so it is not among those met either. In Frappe any move
  out of *Open* is a first response, whoever made it.
- **Next response.** In Zammad it runs from the first message on, elsewhere after the first response.
  HappyFox counts from the customer's newest message (a wait that was late already stays late), the others
  from the oldest unanswered one; Chatwoot finds a miss only when its job looks, every five minutes, and can find several
  in one wait; Frappe has no such clock in its own tests, here it runs as an unpaused one.
- **Resolution.** Waiting for the customer stops the clock in Freshdesk, HappyFox, Zammad and Frappe; not in
  Zendesk, Zoho Desk (only *On Hold* does), LiveAgent and Chatwoot. A ticket that comes back runs on in
  most; in Zammad and LiveAgent the first close counts for ever, in Chatwoot a judged ticket is not judged
  again. Chatwoot calls a late resolution between two looks a hit.
- **Came back.** How long a message belongs to the old ticket decides whether a returning customer reopens
  it or makes a new one: 24 hours in Freshdesk, until it is resolved in Chatwoot, until it is closed (here
  three days after) in Zendesk, HappyFox, LiveAgent and Zammad, for ever in Zoho Desk and Frappe. Freshdesk's
  24 hours count from the last message (`thread_from`): who answers an open question later than that makes a
  new ticket, too, and the old one waits for `auto_resolve`.
- **Rules that wait.** Freshdesk's time triggers and Zendesk's automations run once an hour, Zendesk's before
  and after a breach as well (`timed_rules_every`, `clock_rules_every`); what is over before the hour strikes
  sets nothing off. Elsewhere they are exact here.

`helpsim presets NAME` prints a preset; what its source does not say is marked there as assumed.

## What a preset leaves to the scenario

- **Places.** When a silent customer no longer fills a place of his agent's is a setting of the routing, not of
  the clocks: `[desk] frees_place_after`. Zendesk frees it after `\"10m\"` without an answer in messaging,
  Freshchat after `\"5m\"` without activity; where only tickets with a running timer count as load (Freshdesk),
  it is `\"0\"`. The conversation stays its agent's. When the customer writes again he takes it back, also above
  his `concurrency`: such desks do not hold a customer back whom an agent has already. If he has gone home the
  conversation queues again, unless the team keeps conversations for the next shift.
- **Reminders and levels.** `{ clock, before = \"15m\" }` is a reminder (Freshdesk's before each due date,
  Zammad's warning a quarter of an hour before), `{ clock, overdue = \"2h\" }` the next level of an escalation:
  one rule for each level, each with its own recipients (Freshdesk has four for the resolution).
- **Hours of a group.** Where the hours belong to the group (Freshdesk), give its `[[team]]` a `calendar`: the
  targets of a policy with a calendar run in it as long as the team has the ticket.
- **To the bot again.** `reopened_to = \"bot\"` (Chatwoot, where the inbox has a bot) gives a reopened
  conversation to the bot first, with fresh attempts; a ticket that there is stays the same one when the bot
  hands it over again.
- **Duplicates and merging.** In a simulation a customer writes to one conversation as long as it is open, so
  threading does what merging does by hand. A second ticket beside an open one comes about in one way only,
  by a window from the last message (above); it is linked to the first and not merged with it, for that is a
  person's decision of which no rate is known. In an audited log a ticket whose status is *merged* is closed.
";

#[test]
fn one_desk_by_eight_definitions() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scenario = root.join("tests/scenarios/eight_desks.toml");
    let results: Vec<(&str, Summary)> = DESKS
        .iter()
        .map(|(like, name)| {
            let set = ("desk.like".to_owned(), format!("\"{like}\""));
            (*name, simulate(&scenario, &[set], 4, 2))
        })
        .collect();
    let mean = |summary: &Summary, metric: &str| summary.metrics.get(metric).and_then(|m| m.mean);
    // The same customers come to each; who comes back decides how many tickets they make.
    let first = |summary: &Summary| {
        mean(summary, "conversations.offered").unwrap()
            * (1.0 - mean(summary, "conversations.repeat_rate").unwrap())
    };
    for (name, summary) in &results {
        assert!((first(summary) - first(&results[0].1)).abs() < 1e-6, "{name}");
    }
    let mut table = String::from(
        "| help desk | first response met | breached | next response met | breached | resolution met | breached | \
         time used to resolve | reopened | new tickets of old needs |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for (name, summary) in &results {
        let share =
            |metric: &str| mean(summary, metric).map_or("–".into(), |x| format!("{:.1} %", 100.0 * x));
        let count = |metric: &str| mean(summary, metric).map_or("–".into(), |x| format!("{x:.0}"));
        let hours =
            mean(summary, "sla.resolution.used").map_or("–".into(), |x| format!("{:.2} h", x / 3_600.0));
        writeln!(
            table,
            "| {name} | {} | {} | {} | {} | {} | {} | {hours} | {} | {} |",
            share("sla.first_response.compliance"),
            count("sla.first_response.breaches"),
            share("sla.next_response.compliance"),
            count("sla.next_response.breaches"),
            share("sla.resolution.compliance"),
            count("sla.resolution.breaches"),
            share("conversations.reopen_rate"),
            share("conversations.repeat_rate"),
        )
        .unwrap();
    }
    let text = format!("{BEFORE}{table}{AFTER}");
    let path = root.join("docs/presets.md");
    if std::env::var_os("HELPSIM_UPDATE_DOCS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == text,
        "docs/presets.md is not today's: run this test with HELPSIM_UPDATE_DOCS=1\n{table}"
    );
}

/// 50,000 conversations and rules at odds: the report names the loop, the storm and the dead rule.
#[test]
fn an_escalation_storm_is_named() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/escalation_storm.toml");
    let summary = simulate(&path, &[], 1, 1);
    assert!(summary.metrics["conversations.offered"].mean.unwrap() > 49_000.0);
    let named = |rule: &str, what: &str| {
        let warning =
            summary.warnings.iter().find(|w| w.contains(&format!("\"{rule}\"")) && w.contains(what));
        assert!(warning.is_some(), "{rule} {what}: {:#?}\n{:#?}", summary.warnings, summary.rules);
    };
    named("only fraud belongs here", "loops");
    named("every late answer to the lead", "storms");
    named("every late answer to the lead", "team lead");
    named("partners first", "never fires");
    let rule = |name: &str| summary.rules.iter().find(|rule| rule.name == name).unwrap();
    let lead = rule("every late answer to the lead");
    assert!(lead.fired > 1_000.0 && lead.worst_hour > 60 && lead.share > 0.0 && lead.share < 1.0, "{lead:?}");
    // It fires where the promise is missed, so theirs is kept worse than the others'.
    assert!(lead.compliance_fired.unwrap() < lead.compliance_others.unwrap(), "{lead:?}");
    assert_eq!(rule("partners first").fired, 0.0);
    let page = helpsim::report::markdown(&summary);
    assert!(page.contains("loops") && page.contains("storms") && page.contains("never fires"), "{page}");
}
