//! The story of one conversation, minute by minute, in words.

use crate::engine::Note;
use crate::facts::{HandOff, Outcome};
use crate::scenario::plan::{Plan, Source};
use crate::time::{Instant, Span};
use std::fmt::Write;

/// Renders a story: civil time in the plan's zone, time since the beginning, what happened.
pub fn story(plan: &Plan, conversation: u64, notes: &[(Instant, Note)]) -> String {
    let mut out = String::new();
    let Some(&(began, _)) = notes.first() else {
        return format!("conversation {conversation} never happened in this run\n");
    };
    let _ = writeln!(out, "conversation {conversation} of \"{}\"", plain(&plan.name));
    let mut day = String::new();
    // The status follows from the rest of the story.
    for (at, note) in notes.iter().filter(|(_, note)| !matches!(note, Note::StatusChanged { .. })) {
        let (date, time) = civil(plan, *at);
        if date != day {
            let _ = writeln!(out, "\n{date}");
            day = date;
        }
        let since = format!("+{}", if *at == began { "0s".to_owned() } else { (*at - began).to_string() });
        let _ = writeln!(out, "  {time}  {since:>9}  {}", line(plan, note));
    }
    out
}

fn civil(plan: &Plan, at: Instant) -> (String, String) {
    match jiff::Timestamp::from_millisecond(at.ms()) {
        Ok(stamp) => {
            let zoned = stamp.to_zoned(plan.zone.clone());
            (zoned.strftime("%A %-d %B %Y").to_string(), zoned.strftime("%H:%M:%S").to_string())
        }
        Err(_) => (String::new(), String::new()),
    }
}

/// Text from outside, on one line, with nothing that could move the cursor or hide.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control()
                || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            {
                ' '
            } else {
                c
            }
        })
        .collect()
}

fn name<'a, T>(list: &'a [T], index: usize, of: impl Fn(&'a T) -> &'a str) -> String {
    list.get(index).map_or_else(|| "?".to_owned(), |x| plain(of(x)))
}

fn line(plan: &Plan, note: &Note) -> String {
    let team = |t: u16| name(&plan.teams, usize::from(t), |x| &x.name);
    let priority = |p: u8| name(&plan.priorities, usize::from(p), |x| x);
    let rule = |r: u16| name(&plan.rules, usize::from(r), |x| &x.name);
    let agent = |a: u32| format!("agent {a}");
    let ms = |ms: i64| if ms == 0 { "0s".to_owned() } else { Span(ms).to_string() };
    match note {
        Note::Began { intent, segment, language, source, repeat } => {
            let from = plan.sources.get(usize::from(*source)).map_or("?", |s| match s {
                Source::Synthetic(s) => &s.name,
                Source::Recorded(r) => &r.name,
            });
            let segment = name(&plan.segments, usize::from(*segment), |x| x);
            format!(
                "a customer{}{} needs {} ({}, from \"{}\"){}",
                if segment.is_empty() { "" } else { " of " },
                segment,
                name(&plan.intents, usize::from(*intent), |x| &x.name),
                name(&plan.languages, usize::from(*language), |x| x),
                plain(from),
                if *repeat { ", not for the first time" } else { "" }
            )
        }
        Note::CustomerWrote { text, media } => match text {
            Some(text) => format!("customer: {}{}", plain(text), if *media { " [attachment]" } else { "" }),
            None => format!("the customer writes{}", if *media { " and attaches something" } else { "" }),
        },
        Note::BotDecided { why } => format!("the bot decides: {}", plain(why)),
        Note::BotReplied { texts } if texts.is_empty() => "the bot replies".into(),
        Note::BotReplied { texts } => {
            format!("bot: {}", texts.iter().map(|t| plain(t)).collect::<Vec<_>>().join(" / "))
        }
        Note::BotOut => "the bot is out of service".into(),
        Note::Briefed { reason, summary } if summary.is_empty() => plain(reason),
        Note::Briefed { reason, summary } => {
            format!("{}; the agent reads: {}", plain(reason), plain(summary))
        }
        Note::HandedOver { reason, team: t } => {
            format!("handed over to people ({}), to {}", hand_off(*reason), team(*t))
        }
        Note::TicketCreated { priority: p, policy } => format!(
            "ticket made, priority {}{}",
            priority(*p),
            policy.map_or(String::new(), |i| format!(
                ", SLA policy \"{}\"",
                name(&plan.policies, usize::from(i), |x| &x.name)
            ))
        ),
        Note::EnteredQueue { team: t, ahead, staffed } => {
            format!("waits for {}: {ahead} ahead, {staffed} agents on shift", team(*t))
        }
        Note::TurnedAway { team: t } => format!("turned away: no place to wait for {}", team(*t)),
        Note::Balked { team: t } => format!("nobody free in {}: the customer does not wait", team(*t)),
        Note::OverflowTo { team: t } => format!("{} may take it, too, from now on", team(*t)),
        Note::Refused { agent: a } => format!("{} did not take it up", agent(*a)),
        Note::TakenBy { agent: a, team: t, waited_ms } => {
            format!("taken by {} of {} after {} in the queue", agent(*a), team(*t), ms(*waited_ms))
        }
        Note::BeganReply { agent: a, work_ms, open } => {
            format!("{} owes a reply: {} of attention, {open} conversations open", agent(*a), ms(*work_ms))
        }
        Note::AgentReplied { agent: a, template } => {
            format!(
                "{} replies{}",
                agent(*a),
                if *template { " by template (the 24 h window is over)" } else { "" }
            )
        }
        Note::HandedBack { agent: a } => {
            format!("the shift of {} ends: back to the head of the queue", agent(*a))
        }
        Note::PlaceFreed { agent: a } => {
            format!("the customer is silent: {} has the place free for another", agent(*a))
        }
        Note::PlaceTaken { agent: a, open } => {
            format!("{} takes it back, {open} conversations open", agent(*a))
        }
        Note::Snoozed { until } => {
            let (date, time) = civil(plan, *until);
            format!("put aside until {date} {time}")
        }
        Note::Interrupted { agent: a } => format!("{} is called to something more urgent", agent(*a)),
        Note::Transferred { to } => format!("moved to {}", team(*to)),
        Note::RuleFired { rule: r } => format!("rule \"{}\" fires", rule(*r)),
        Note::RuleLooped { rule: r } => {
            format!("rule \"{}\" would fire again at once: a loop, stopped", rule(*r))
        }
        Note::Notified { recipient, rule: r } => format!(
            "{} is notified by rule \"{}\"",
            name(&plan.recipients, usize::from(*recipient), |x| x),
            rule(*r)
        ),
        Note::PriorityChanged { from, to } => format!("priority {} -> {}", priority(*from), priority(*to)),
        Note::ClockWarned { clock, due } => {
            format!("warning: {} is due at {}", clock.name(), civil(plan, *due).1)
        }
        Note::ClockBreached { clock, due } => {
            format!("BREACH: {} was due at {}", clock.name(), civil(plan, *due).1)
        }
        Note::ClockEnded { clock, breached, used_ms, target_ms, .. } => {
            let over = used_ms - target_ms;
            format!(
                "clock {}: {} used of {}{}",
                clock.name(),
                ms(*used_ms),
                ms(*target_ms),
                if *breached { format!(", breached by {}", ms(over.max(0))) } else { ", met".into() }
            )
        }
        Note::LostPatience => "the customer loses patience and leaves".into(),
        Note::FellSilent => "the customer will not answer".into(),
        Note::StatusChanged { to } => format!("status: {to:?}"),
        Note::Resolved { by_bot } => format!("resolved by {}", if *by_bot { "the bot" } else { "a person" }),
        Note::Reopened => "reopened".into(),
        Note::WithBotAgain => "with the bot again".into(),
        Note::ComesBack { at } => {
            let (date, time) = civil(plan, *at);
            format!("will come back about it on {date} at {time}")
        }
        Note::Rated { stars } => format!("rates {stars} of 5"),
        Note::Ended { outcome, satisfied } => {
            format!(
                "over: {} (chance of being satisfied by the CSAT proxy: {:.0} %)",
                ended(*outcome),
                satisfied * 100.0
            )
        }
    }
}

fn hand_off(reason: HandOff) -> &'static str {
    match reason {
        HandOff::None => "no bot",
        HandOff::Keyword => "a word that goes to a person at once",
        HandOff::Attempts => "failed attempts",
        HandOff::TimeLimit => "the bot's time was up",
        HandOff::AskedForPerson => "the customer asked for a person",
        HandOff::Media => "an attachment",
        HandOff::Rule => "a rule",
        HandOff::Outage => "the bot was out",
        HandOff::Flow => "the flow",
    }
}

fn ended(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::BotSolved => "solved by the bot",
        Outcome::AgentSolved => "solved by a person",
        Outcome::Abandoned => "the customer left unanswered",
        Outcome::LeftBot => "the customer left the bot, unsolved",
        Outcome::Open => "still open when the run ended",
        Outcome::LeftAgent => "the customer left, unsolved",
    }
}
