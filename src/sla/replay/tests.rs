//! Logs that are whole and logs that are not.

use super::*;
use crate::scenario::plan::{ClockSwitches, Condition, Policy};
use crate::time::Calendar;
use crate::traffic::log::Precision;

/// An event at a minute; its origin is its place in the log.
fn log(events: &[(i64, Kind, Role, &str)]) -> Vec<Event> {
    let event = |(line, &(minute, kind, from, word)): (usize, &(i64, Kind, Role, &str))| Event {
        conversation: "c1".to_owned(),
        at: minute_at(minute),
        kind,
        from,
        actor: String::new(),
        text: (kind == Kind::Message).then(|| word.to_owned()),
        media: None,
        value: (kind != Kind::Message).then(|| word.to_owned()),
        precision: Precision::Second,
        origin: format!("log.jsonl:{}", line + 1),
    };
    events.iter().enumerate().map(event).collect()
}

fn minute_at(minute: i64) -> Instant {
    Instant(0) + Span::from_minutes(minute)
}

fn desk() -> Desk {
    Desk {
        priorities: vec!["urgent".to_owned(), "normal".to_owned()],
        default_priority: 1,
        teams: vec!["front".to_owned(), "fraud".to_owned()],
        ..Desk::default()
    }
}

fn policies(switches: &ClockSwitches) -> Policies {
    let targets = |urgent, normal| vec![Some(Span::from_minutes(urgent)), Some(Span::from_minutes(normal))];
    let fraud = Policy {
        name: "fraud".to_owned(),
        when: Condition { teams: vec![1], ..Condition::default() },
        first_response: targets(5, 5),
        ..Policy::default()
    };
    let standard = Policy {
        name: "standard".to_owned(),
        first_response: targets(10, 30),
        next_response: targets(20, 60),
        resolution: targets(60, 240),
        ..Policy::default()
    };
    Policies::compile(&[fraud, standard], &[Calendar::always()], switches).ok().unwrap()
}

fn replayed(events: &[(i64, Kind, Role, &str)]) -> Replay {
    replay(&log(events), minute_at(1_000), &desk(), &policies(&ClockSwitches::default())).unwrap()
}

#[test]
fn the_queue_clock_runs_until_an_agent_has_it() {
    let policy = Policy {
        name: "queue".to_owned(),
        escalation: vec![Some(Span::from_minutes(10)); 2],
        assignment: vec![Some(Span::from_minutes(10)); 2],
        ..Policy::default()
    };
    let policies =
        Policies::compile(&[policy], &[Calendar::always()], &ClockSwitches::default()).ok().unwrap();
    let events = log(&[
        (0, Kind::Message, Role::Customer, "help"),
        (5, Kind::Assign, Role::System, "fraud"),
        (12, Kind::Assign, Role::System, "agent seven"),
        (20, Kind::Status, Role::Agent, "resolved"),
        (30, Kind::Status, Role::Customer, "open"),
        (34, Kind::Message, Role::Agent, "yes"),
    ]);
    let replay = replay(&events, minute_at(1_000), &desk(), &policies).unwrap();
    let minutes = |kind| -> Vec<(i64, bool)> {
        let of_kind = replay.records.iter().filter(|record| record.kind == kind);
        of_kind.map(|record| (record.used.0 / 60_000, record.breached)).collect()
    };
    // A team is not yet an agent.
    assert_eq!(minutes(ClockKind::Escalation), [(12, true), (4, false)]);
    assert_eq!(minutes(ClockKind::Assignment), [(12, true)]);
}

#[test]
fn what_is_stamped_before_the_opening_makes_no_ticket_older() {
    let replay = replayed(&[
        (0, Kind::Assign, Role::System, "front"),
        (7, Kind::Message, Role::Customer, "help"),
        (12, Kind::Message, Role::Agent, "yes"),
    ]);
    assert_eq!(replay.story.created, minute_at(7));
    assert_eq!(replay.warnings.len(), 1);
    assert_eq!(replay.warnings[0].problem, LogProblem::BeforeOpening);
    assert_eq!(replay.warnings[0].origin, "log.jsonl:1");
}

fn ended(replay: &Replay, kind: ClockKind) -> Vec<(i64, bool)> {
    let of_kind = replay.records.iter().filter(|r| r.kind == kind && r.ended != Instant::NEVER);
    of_kind.map(|r| (r.used.0 / 60_000, r.breached)).collect()
}

use Kind::{Assign, Message, Priority, Status as State};
use Role::{Agent, Bot, Customer, System};

const WHOLE: [(i64, Kind, Role, &str); 6] = [
    (0, Message, Customer, "hola"),
    (20, Message, Agent, "buenas"),
    (30, Message, Customer, "y mi pedido?"),
    (100, Message, Agent, "va en camino"),
    (110, State, Agent, "solved"),
    (110, Message, System, "gracias por escribirnos"),
];

#[test]
fn a_whole_log() {
    let replay = replayed(&WHOLE);
    assert_eq!(ended(&replay, ClockKind::FirstResponse), [(20, false)]);
    assert_eq!(ended(&replay, ClockKind::NextResponse)[1..], [(70, true)]);
    assert_eq!(ended(&replay, ClockKind::Resolution), [(110, false)]);
    let breach = Notice { at: minute_at(90), kind: ClockKind::NextResponse, deadline: Deadline::Due };
    assert_eq!(replay.notices, [breach]);
    assert_eq!(replay.warnings, []);
    assert_eq!(replay.story.reply_times, [Span::from_minutes(20), Span::from_minutes(70)]);
}

#[test]
fn disorder_and_duplicates_change_nothing_but_the_warnings() {
    let mut events = WHOLE.to_vec();
    events.swap(1, 2);
    events.push(WHOLE[3]);
    let (whole, disordered) = (replayed(&WHOLE), replayed(&events));
    assert_eq!(disordered.records, whole.records);
    let problems: Vec<_> =
        disordered.warnings.iter().map(|w| (w.origin.as_str(), w.problem.clone())).collect();
    let expected = [
        ("log.jsonl:3", LogProblem::OutOfOrder),
        ("log.jsonl:7", LogProblem::OutOfOrder),
        ("log.jsonl:7", LogProblem::Duplicate),
    ];
    assert_eq!(problems, expected);
}

#[test]
fn the_same_words_twice_in_a_minute_are_two_messages() {
    let mut events = log(&[(0, Message, Customer, "hello?"), (0, Message, Customer, "hello?")]);
    let warnings = |events: &[Event]| {
        let switches = ClockSwitches::default();
        replay(events, minute_at(1_000), &desk(), &policies(&switches)).unwrap().warnings.len()
    };
    assert_eq!(warnings(&events), 1);
    events.iter_mut().for_each(|event| event.precision = Precision::Minute);
    assert_eq!(warnings(&events), 0);
}

#[test]
fn what_is_not_known_is_named_and_skipped() {
    let replay = replayed(&[
        (0, Message, Customer, "hola"),
        (5, State, Agent, "frobnicated"),
        (6, Priority, Agent, "whenever"),
        (20, Message, Agent, "buenas"),
    ]);
    let problems: Vec<_> = replay.warnings.into_iter().map(|warning| warning.problem).collect();
    let unknown = [
        LogProblem::UnknownStatus("frobnicated".to_owned()),
        LogProblem::UnknownPriority("whenever".to_owned()),
    ];
    assert_eq!(problems, unknown);
    assert_eq!(replay.tracker.first_response_at(), Some(minute_at(20)));
}

#[test]
fn closed_before_opened() {
    let replay = replayed(&[
        (0, State, Agent, "closed"),
        (10, Message, Customer, "hola?"),
        (10, State, System, "open"),
    ]);
    assert_eq!(replay.warnings[0].problem, LogProblem::ClosedBeforeOpened);
    assert_eq!(replay.story.since_last_resolution, [Span::from_minutes(10)]);
}

#[test]
fn a_priority_and_a_team_change_the_targets() {
    let urgent = replayed(&[
        (0, Message, Customer, "ayuda"),
        (5, Priority, Agent, "Urgent"),
        (11, Message, Agent, "va"),
    ]);
    assert_eq!(ended(&urgent, ClockKind::FirstResponse), [(11, true)]);
    let moved = [(0, Message, Customer, "fraude"), (2, Assign, System, "fraud"), (6, Message, Agent, "va")];
    assert_eq!(ended(&replayed(&moved), ClockKind::FirstResponse), [(6, true)]);
    // A desk that chooses once keeps the policy of the beginning.
    let once = ClockSwitches { policy_chosen: PolicyChosen::OnCreation, ..ClockSwitches::default() };
    let kept = replay(&log(&moved), minute_at(1_000), &desk(), &policies(&once)).unwrap();
    assert_eq!(ended(&kept, ClockKind::FirstResponse), [(6, false)]);
}

/// Where the hours belong to the team, a move to another team moves what is due.
#[test]
fn a_team_may_have_hours_of_its_own() {
    let hours = |from: u16, to: u16| {
        let week = std::array::from_fn(|_| vec![(from * 60, to * 60)]);
        Calendar::new(jiff::tz::TimeZone::UTC, week, vec![]).unwrap()
    };
    let policy = |calendar| Policy {
        name: "standard".to_owned(),
        calendar,
        resolution: vec![Some(Span::from_minutes(120)); 2],
        ..Policy::default()
    };
    let due = |calendar, events: &[(i64, Kind, Role, &str)]| {
        let calendars = [Calendar::always(), hours(0, 10), hours(6, 7)];
        let policies = Policies::compile(&[policy(calendar)], &calendars, &ClockSwitches::default());
        let policies = policies.ok().unwrap().with_team_calendars([None, Some(2)]);
        let replay = replay(&log(events), minute_at(1), &desk(), &policies).unwrap();
        replay.tracker.due(ClockKind::Resolution)
    };
    let front = [(0, Message, Customer, "hola"), (0, Assign, System, "front")];
    assert_eq!(due(1, &front), Some(minute_at(120)));
    let moved = [front[0], front[1], (30, Assign, System, "fraud")];
    // An hour from 6:00 on, the other the day after.
    assert_eq!(due(1, &moved), Some(minute_at((24 + 7) * 60)));
    // And back again.
    let back = [front[0], front[1], (30, Assign, System, "fraud"), (40, Assign, System, "front")];
    assert_eq!(due(1, &back), Some(minute_at(120)));
    // A target in calendar hours knows no hours of anybody.
    assert_eq!(due(0, &moved), Some(minute_at(120)));
}

#[test]
fn a_bot_at_the_door() {
    let events = [
        (0, Message, Customer, "hola"),
        (0, Message, Bot, "elige una opción"),
        (3, Message, Customer, "una persona"),
        (3, Assign, Bot, "front"),
        (15, Message, Agent, "buenas"),
    ];
    let desk = Desk { bot: true, ..desk() };
    let switches = ClockSwitches {
        first_response_from: crate::scenario::switches::FirstResponseFrom::Handoff,
        ..ClockSwitches::default()
    };
    let replay = replay(&log(&events), minute_at(1_000), &desk, &policies(&switches)).unwrap();
    assert_eq!(ended(&replay, ClockKind::FirstResponse), [(12, false)]);
    assert_eq!(replay.story.first_human_response, Some(Span::from_minutes(12)));
    assert!(replay.story.bot_handoff && !replay.story.bot_resolved);
}

#[test]
fn what_still_runs_at_the_end_says_so() {
    let replay = replayed(&[(0, Message, Customer, "hola")]);
    let open: Vec<(ClockKind, bool)> = replay.records.iter().map(|r| (r.kind, r.breached)).collect();
    assert_eq!(
        open,
        [(ClockKind::FirstResponse, true), (ClockKind::NextResponse, true), (ClockKind::Resolution, true)]
    );
    assert!(replay.records.iter().all(|record| record.ended == Instant::NEVER));
    let early = super::replay(
        &log(&[(0, Message, Customer, "hola")]),
        minute_at(1),
        &desk(),
        &policies(&ClockSwitches::default()),
    );
    assert!(early.unwrap().records.iter().all(|record| !record.breached));
}

#[test]
fn nothing_comes_of_nothing() {
    assert!(replay(&[], minute_at(0), &desk(), &policies(&ClockSwitches::default())).is_none());
}
