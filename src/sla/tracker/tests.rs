//! Each switch by a small timeline. Times are minutes after the ticket's creation.

use super::*;
use crate::scenario::plan::{ClockSwitches, Condition, Policy};
use crate::scenario::switches::{
    AtReopening, AtResolution, BreachUnderOldTarget, DueWhilePaused, FinalPause, HandSetDue,
};
use crate::scenario::switches::{FirstResponseFrom, PauseAs, PerClock, StatusSet};
use crate::sla::TicketFacts;
use crate::time::Calendar;
use jiff::tz::TimeZone;
use proptest::prelude::*;

const AT_0: Instant = Instant(1_767_225_600_000);

fn at(minutes: i64) -> Instant {
    AT_0 + Span::from_minutes(minutes)
}

fn minutes(span: Span) -> i64 {
    span.0 / 60_000
}

/// Priority 0: 30 / 45 / 75 minutes; priority 1: twice that; priority 2: none.
fn policy() -> Policy {
    let targets = |m| vec![Some(Span::from_minutes(m)), Some(Span::from_minutes(2 * m)), None];
    Policy {
        name: "standard".to_owned(),
        first_response: targets(30),
        next_response: targets(45),
        resolution: targets(75),
        update: targets(60),
        escalation: targets(10),
        assignment: targets(20),
        warn_left: Some(0.2),
        ..Policy::default()
    }
}

fn policies(switches: ClockSwitches) -> Policies {
    Policies::compile(&[policy()], &[Calendar::always()], &switches).ok().unwrap()
}

fn opening() -> Opening {
    Opening {
        at: at(0),
        policy: Some(0),
        priority: 0,
        status: Status::Open,
        by_agent: false,
        with_bot: false,
    }
}

struct Run {
    policies: Policies,
    tracker: Tracker,
    records: Vec<ClockRecord>,
}

/// Starts with the customer's first message.
fn run(switches: ClockSwitches, opening: Opening, inputs: &[(i64, Input)]) -> Run {
    let policies = policies(switches);
    let mut tracker = Tracker::start(opening, &policies);
    let mut records = Vec::new();
    for &(minute, input) in inputs {
        tracker.apply(at(minute), input, &policies, &mut |record| records.push(record));
    }
    Run { policies, tracker, records }
}

impl Run {
    fn due(&self, kind: ClockKind) -> Option<i64> {
        self.tracker.due(kind).map(|due| minutes(due - at(0)))
    }

    /// Used minutes and breached, of each ended clock of a kind.
    fn ended(&self, kind: ClockKind) -> Vec<(i64, bool)> {
        let of_kind = self.records.iter().filter(|r| r.kind == kind && r.ended != Instant::NEVER);
        of_kind.map(|r| (minutes(r.used), r.breached)).collect()
    }

    fn finished(mut self, minute: i64) -> Run {
        let records = &mut self.records;
        self.tracker.clone().finish(at(minute), &self.policies, &mut |record| records.push(record));
        self
    }
}

use ClockKind::{Escalation, FirstResponse, NextResponse, Resolution, Update};
use Input::{AgentReply, BotReply, CustomerMessage, EnteredQueue, HandedOff, LeftQueue, Note, Priority};

fn status(status: Status) -> Input {
    Input::Status(status)
}

fn pausing(statuses: Vec<Status>) -> PerClock<StatusSet> {
    PerClock { resolution: StatusSet::from(statuses), ..PerClock::default() }
}

#[test]
fn what_counts_as_an_answer() {
    let cases: [(ClockSwitches, Input, bool); 8] = [
        (ClockSwitches::default(), AgentReply, true),
        (ClockSwitches::default(), BotReply, false),
        (ClockSwitches { bot_reply_answers: true, ..ClockSwitches::default() }, BotReply, true),
        (ClockSwitches::default(), Note, false),
        (ClockSwitches { note_answers: true, ..ClockSwitches::default() }, Note, true),
        (ClockSwitches::default(), status(Status::Pending), false),
        (
            ClockSwitches { leaving_open_answers: true, ..ClockSwitches::default() },
            status(Status::Pending),
            true,
        ),
        (ClockSwitches::default(), CustomerMessage, false),
    ];
    for (switches, input, answers) in cases {
        let run = run(switches.clone(), opening(), &[(10, input)]);
        assert_eq!(run.ended(FirstResponse).len(), usize::from(answers), "{input:?} with {switches:?}");
    }
}

#[test]
fn first_response_from_the_handoff() {
    let switches =
        ClockSwitches { first_response_from: FirstResponseFrom::Handoff, ..ClockSwitches::default() };
    let with_bot = Opening { with_bot: true, ..opening() };
    let waiting = run(switches.clone(), with_bot, &[(0, CustomerMessage), (1, BotReply)]);
    assert_eq!(waiting.due(FirstResponse), None);
    let handed = run(switches.clone(), with_bot, &[(0, CustomerMessage), (20, HandedOff)]);
    assert_eq!(handed.due(FirstResponse), Some(50));
    // Without a bot there is nothing to wait for.
    assert_eq!(run(switches, opening(), &[]).due(FirstResponse), Some(30));
}

#[test]
fn an_outbound_ticket() {
    let outbound = Opening { by_agent: true, ..opening() };
    let cases = [
        (OutboundFirstResponse::Created, vec![(0, false)]),
        (OutboundFirstResponse::NextReply, vec![(25, false)]),
        (OutboundFirstResponse::CustomerMessage, vec![(5, false)]),
    ];
    for (rule, want) in cases {
        let switches = ClockSwitches { outbound_first_response: rule, ..ClockSwitches::default() };
        let run = run(switches, outbound, &[(0, AgentReply), (20, CustomerMessage), (25, AgentReply)]);
        assert_eq!(run.ended(FirstResponse), want, "{rule:?}");
    }
}

#[test]
fn next_response_counts_from_the_oldest_or_newest_message() {
    let timeline = [(0, AgentReply), (10, CustomerMessage), (20, CustomerMessage)];
    for (from, due) in [(NextResponseFrom::OldestUnanswered, 55), (NextResponseFrom::Newest, 65)] {
        let switches = ClockSwitches { next_response_from: from, ..ClockSwitches::default() };
        assert_eq!(run(switches, opening(), &timeline).due(NextResponse), Some(due));
    }
    let after_first = ClockSwitches { next_response_after_first: true, ..ClockSwitches::default() };
    assert_eq!(run(after_first.clone(), opening(), &timeline[1..]).due(NextResponse), None);
    assert_eq!(run(after_first, opening(), &timeline).due(NextResponse), Some(55));
}

#[test]
fn a_bot_may_end_the_wait_without_answering() {
    let switches = ClockSwitches { bot_reply_ends_waiting: true, ..ClockSwitches::default() };
    let run = run(switches, opening(), &[(0, CustomerMessage), (5, BotReply)]);
    assert_eq!((run.due(NextResponse), run.due(FirstResponse)), (None, Some(30)));
}

#[test]
fn updates_are_owed_again_after_each_reply() {
    let run = run(ClockSwitches::default(), opening(), &[(20, AgentReply), (90, AgentReply)]);
    assert_eq!(run.ended(Update), [(20, false), (70, true)]);
    assert_eq!(run.due(Update), Some(150));
}

#[test]
fn time_in_queue() {
    let timeline = [(0, EnteredQueue), (8, LeftQueue), (30, EnteredQueue), (45, LeftQueue)];
    assert_eq!(
        run(ClockSwitches::default(), opening(), &timeline).ended(Escalation),
        [(8, false), (15, true)]
    );
}

#[test]
fn a_pause_moves_only_the_clocks_it_is_meant_for() {
    let switches = ClockSwitches { pauses: pausing(vec![Status::Pending]), ..ClockSwitches::default() };
    let paused = [(10, status(Status::Pending))];
    let run_paused = run(switches.clone(), opening(), &paused);
    assert_eq!((run_paused.due(Resolution), run_paused.due(FirstResponse)), (None, Some(30)));
    let shown = ClockSwitches { due_while_paused: DueWhilePaused::Shown, ..switches.clone() };
    assert_eq!(run(shown, opening(), &paused).due(Resolution), Some(75));
    let resumed = run(switches, opening(), &[(10, status(Status::Pending)), (40, status(Status::Open))]);
    assert_eq!(resumed.due(Resolution), Some(105));
}

#[test]
fn a_pause_after_the_due_date_counts_only_when_accumulated() {
    let timeline = [(80, status(Status::Pending)), (90, status(Status::Open))];
    for (pause_as, due) in [(PauseAs::History, 75), (PauseAs::Accumulated, 85)] {
        let pauses = pausing(vec![Status::Pending]);
        let switches = ClockSwitches { pauses, pause_as, ..ClockSwitches::default() };
        assert_eq!(run(switches, opening(), &timeline).due(Resolution), Some(due), "{pause_as:?}");
    }
}

#[test]
fn a_pause_that_ends_with_the_resolution() {
    // Running 70 of 75 minutes, then paused for 20.
    let timeline = [(70, status(Status::Pending)), (90, status(Status::Resolved))];
    let cases = [
        (FinalPause::TakenOut, (70, false)),
        (FinalPause::MovesDueOnly, (90, false)),
        (FinalPause::Ignored, (90, true)),
    ];
    for (final_pause, want) in cases {
        let pauses = pausing(vec![Status::Pending]);
        let switches =
            ClockSwitches { pauses, final_pause, pause_as: PauseAs::Accumulated, ..ClockSwitches::default() };
        let run = run(switches, opening(), &timeline).finished(200);
        assert_eq!(run.ended(Resolution), [want], "{final_pause:?}");
    }
}

#[test]
fn what_a_reopening_does_to_the_resolution() {
    let timeline =
        [(40, status(Status::Resolved)), (60, status(Status::Open)), (90, status(Status::Resolved))];
    let with = |rule, pauses| ClockSwitches {
        at_reopening: PerClock { resolution: rule, ..PerClock::default() },
        pauses: pausing(pauses),
        ..ClockSwitches::default()
    };
    let closed = vec![Status::Resolved, Status::Closed];
    let cases = [
        // The time in between counts, or it does not.
        (with(AtReopening::RunsOn, vec![]), vec![(90, true)]),
        (with(AtReopening::RunsOn, closed), vec![(70, false)]),
        (with(AtReopening::Ends, vec![]), vec![(40, false)]),
        (with(AtReopening::Restarts, vec![]), vec![(40, false), (30, false)]),
    ];
    for (switches, want) in cases {
        let run = run(switches.clone(), opening(), &timeline).finished(200);
        assert_eq!(run.ended(Resolution), want, "{:?}", switches.at_reopening.resolution);
    }
}

#[test]
fn what_a_resolution_does_to_an_open_first_response() {
    let with = |rule| ClockSwitches {
        at_resolution: PerClock { first_response: rule, ..PerClock::default() },
        ..ClockSwitches::default()
    };
    for (rule, early, late) in [
        (AtResolution::Fulfils, vec![(10, false)], vec![(40, true)]),
        (AtResolution::Drops, vec![], vec![(40, true)]),
        (AtResolution::Keeps, vec![], vec![]),
    ] {
        for (minute, want) in [(10, early), (40, late)] {
            let run = run(with(rule), opening(), &[(minute, status(Status::Resolved))]).finished(200);
            assert_eq!(run.ended(FirstResponse), want, "{rule:?} at {minute}");
        }
    }
    let again = [(10, status(Status::Resolved)), (20, status(Status::Open))];
    assert_eq!(run(with(AtResolution::Keeps), opening(), &again).due(FirstResponse), Some(30));
}

#[test]
fn an_answer_at_the_due_instant() {
    for (rule, breached) in [(EventAtDue::Met, false), (EventAtDue::Breached, true)] {
        let switches = ClockSwitches { event_at_due: rule, ..ClockSwitches::default() };
        assert_eq!(run(switches, opening(), &[(30, AgentReply)]).ended(FirstResponse), [(30, breached)]);
    }
}

#[test]
fn a_change_of_priority() {
    let cases = [
        (PriorityChange::Keep, 1, Some(30)),
        (PriorityChange::FromStart, 1, Some(60)),
        (PriorityChange::FromChange, 1, Some(70)),
        (PriorityChange::FromStart, 2, None),
    ];
    for (rule, priority, due) in cases {
        let switches = ClockSwitches { priority_change: rule, ..ClockSwitches::default() };
        let run = run(switches, opening(), &[(10, Priority(priority))]);
        assert_eq!(run.due(FirstResponse), due, "{rule:?} to {priority}");
    }
    let back = [(10, Priority(2)), (20, Priority(0))];
    assert_eq!(run(ClockSwitches::default(), opening(), &back).due(FirstResponse), Some(30));
}

#[test]
fn a_breach_under_the_old_target_stays_or_is_forgotten() {
    let timeline = [(40, Priority(1)), (50, AgentReply)];
    for (rule, breached) in [(BreachUnderOldTarget::Forgotten, false), (BreachUnderOldTarget::Stays, true)] {
        let switches = ClockSwitches { breach_under_old_target: rule, ..ClockSwitches::default() };
        assert_eq!(run(switches, opening(), &timeline).ended(FirstResponse), [(50, breached)], "{rule:?}");
    }
}

#[test]
fn a_due_date_set_by_hand_may_be_frozen() {
    let timeline = [(5, Input::DueSet(Resolution, at(300))), (10, Priority(1))];
    for (rule, due) in [(HandSetDue::Frozen, 300), (HandSetDue::Replaced, 150)] {
        let switches = ClockSwitches { hand_set_due: rule, ..ClockSwitches::default() };
        assert_eq!(run(switches, opening(), &timeline).due(Resolution), Some(due), "{rule:?}");
    }
}

#[test]
fn no_policy_no_due_date() {
    let run =
        run(ClockSwitches::default(), opening(), &[(5, Input::Policy(None)), (10, AgentReply)]).finished(20);
    assert_eq!(run.tracker.next_due(), None);
    assert!(run.records.is_empty());
}

#[test]
fn one_timer_passes_all_deadlines_in_order() {
    let mut run = run(ClockSwitches::default(), opening(), &[(0, CustomerMessage)]);
    let mut seen = Vec::new();
    while let Some((when, kind, deadline)) = run.tracker.next_deadline(&run.policies) {
        assert_eq!(run.tracker.pass_deadline(when, &run.policies), Some((kind, deadline)));
        seen.push((minutes(when - at(0)), kind, deadline));
    }
    // A fifth of each target before it: warned at 80 %.
    assert_eq!(
        seen[..3],
        [
            (16, ClockKind::Assignment, Deadline::Warn),
            (20, ClockKind::Assignment, Deadline::Due),
            (24, FirstResponse, Deadline::Warn)
        ]
    );
    assert_eq!(seen.len(), 10);
    assert_eq!(seen.last().map(|last| (last.0, last.1)), Some((75, Resolution)));
}

#[test]
fn the_checker_sees_what_it_finds() {
    let judged_at_poll = PerClock { resolution: true, ..PerClock::default() };
    let switches =
        ClockSwitches { poll_every: Span::from_minutes(60), judged_at_poll, ..ClockSwitches::default() };
    // Due at 75, seen at 120: resolved at 110 is a hit, at 130 a miss.
    for (minute, breached) in [(110, false), (130, true)] {
        let mut run = run(switches.clone(), opening(), &[]);
        while run.tracker.pass_deadline(at(minute), &run.policies).is_some() {}
        let (policies, records) = (&run.policies, &mut run.records);
        run.tracker.apply(at(minute), status(Status::Resolved), policies, &mut |record| records.push(record));
        let run = run.finished(200);
        assert_eq!(run.ended(Resolution), [(minute, breached)]);
        // The first response is judged by its times, whoever looked.
        assert_eq!(run.ended(FirstResponse), [(minute, true)]);
    }
}

#[test]
fn overdue_on_hold_is_taken_back_when_it_ends() {
    let switches = ClockSwitches {
        pauses: pausing(vec![Status::Pending]),
        pause_as: PauseAs::Accumulated,
        due_while_paused: DueWhilePaused::Shown,
        ..ClockSwitches::default()
    };
    let mut run = run(switches, opening(), &[(1, AgentReply), (10, status(Status::Pending))]);
    run.tracker.check(at(80));
    assert!(run.tracker.standing(at(80), &run.policies).failed);
    assert_eq!(run.tracker.misses(Resolution), 1);
    run.tracker.apply(at(90), status(Status::Open), &run.policies, &mut |_| {});
    assert_eq!((run.tracker.misses(Resolution), run.due(Resolution)), (0, Some(155)));
}

#[test]
fn a_ticket_may_begin_with_the_handoff() {
    let switches = ClockSwitches { ticket_from: TicketFrom::Handoff, ..ClockSwitches::default() };
    let with_bot = Opening { with_bot: true, ..opening() };
    let talk = [(0, CustomerMessage), (1, BotReply), (10, CustomerMessage)];
    let before = run(switches.clone(), with_bot, &talk);
    assert_eq!(before.tracker.next_due(), None);
    let solved = run(switches.clone(), with_bot, &[(0, CustomerMessage), (5, status(Status::Resolved))]);
    assert!(solved.finished(500).records.is_empty());
    let handed = [talk.as_slice(), &[(20, HandedOff), (40, AgentReply)]].concat();
    let handed = run(switches.clone(), with_bot, &handed);
    assert_eq!(handed.ended(FirstResponse), [(20, false)]);
    // Who waits at the hand-off waits for people from then on.
    assert_eq!(handed.ended(NextResponse), [(20, false)]);
    assert_eq!(handed.due(Resolution), Some(95));
    // A person who steps in unasked has the ticket, but nobody knows since when he was waited for.
    let stepped_in = run(switches.clone(), with_bot, &[(0, CustomerMessage), (30, AgentReply)]);
    assert_eq!((stepped_in.ended(FirstResponse), stepped_in.due(Resolution)), (vec![], Some(105)));
    // Without a bot there is nothing to wait for.
    assert_eq!(run(switches, opening(), &[]).due(Resolution), Some(75));
}

#[test]
fn a_due_date_set_by_hand_may_be_what_is_reckoned_from() {
    let switches = ClockSwitches {
        hand_set_due: HandSetDue::Moved,
        pauses: pausing(vec![Status::OnHold]),
        pause_as: PauseAs::Accumulated,
        ..ClockSwitches::default()
    };
    let by_hand =
        [(5, status(Status::OnHold)), (15, status(Status::Open)), (20, Input::DueSet(Resolution, at(300)))];
    let with = |more: &[(i64, Input)]| run(switches.clone(), opening(), &[by_hand.as_slice(), more].concat());
    assert_eq!(with(&[]).due(Resolution), Some(300));
    // Pauses since then move it, those before do not; while it is paused there is none.
    assert_eq!(with(&[(100, status(Status::OnHold))]).due(Resolution), None);
    assert_eq!(
        with(&[(100, status(Status::OnHold)), (140, status(Status::Open))]).due(Resolution),
        Some(340)
    );
    assert_eq!(with(&[(30, Priority(1))]).due(Resolution), Some(160));
    for (minute, breached) in [(300, false), (301, true)] {
        let run = with(&[(minute, status(Status::Resolved))]).finished(500);
        assert_eq!(run.ended(Resolution)[0].1, breached);
    }
}

#[test]
fn a_wait_that_begins_anew_was_late_if_it_was() {
    let switches = ClockSwitches { next_response_from: NextResponseFrom::Newest, ..ClockSwitches::default() };
    let asked = |second| {
        let timeline = [(0, AgentReply), (10, CustomerMessage), (second, CustomerMessage), (120, AgentReply)];
        run(switches.clone(), opening(), &timeline).ended(NextResponse)
    };
    assert_eq!(asked(55), [(65, true)]);
    assert_eq!(asked(80), [(70, true), (40, false)]);
}

#[test]
fn some_desks_pass_over_a_policy_without_a_line_for_the_priority() {
    let named = Policy { when: Condition { teams: vec![0], ..Condition::default() }, ..policy() };
    let rest = Policy { name: "rest".to_owned(), default: true, ..policy() };
    let switches = ClockSwitches { policy_names_priority: true, ..ClockSwitches::default() };
    let select = |switches: &ClockSwitches, priority| {
        let policies = Policies::compile(&[named.clone(), rest.clone()], &[Calendar::always()], switches);
        let facts = TicketFacts { priority, team: Some(0), ..TicketFacts::default() };
        policies.ok().unwrap().select(&facts)
    };
    assert_eq!([0, 1, 2].map(|p| select(&switches, p)), [Some(0), Some(0), Some(1)]);
    assert_eq!(select(&ClockSwitches::default(), 2), Some(0));
}

fn any_input() -> impl Strategy<Value = Input> {
    let statuses =
        [Status::New, Status::Open, Status::Pending, Status::OnHold, Status::Resolved, Status::Closed];
    prop_oneof![
        Just(CustomerMessage),
        Just(AgentReply),
        Just(BotReply),
        Just(HandedOff),
        Just(Input::Assigned),
        Just(EnteredQueue),
        Just(LeftQueue),
        (0u8..3).prop_map(Priority),
        prop::sample::select(statuses.to_vec()).prop_map(Input::Status),
    ]
}

proptest! {
    /// Whatever happens, in whatever desk: a record's times hang together.
    #[test]
    fn records_are_consistent(
        preset in prop::sample::select(crate::scenario::desk_presets::desk_names().collect::<Vec<_>>()),
        with_bot in any::<bool>(),
        steps in prop::collection::vec((0i64..60, any_input()), 0..30),
    ) {
        let switches = ClockSwitches::like(preset, toml::Table::new()).unwrap();
        let policy = Policy { default: true, update: vec![], ..policy() };
        let policies = Policies::compile(&[policy], &[Calendar::always()], &switches).ok().unwrap();
        let mut tracker = Tracker::start(Opening { with_bot, ..opening() }, &policies);
        let mut records: Vec<ClockRecord> = Vec::new();
        let mut now = 0;
        // A breach under an earlier target stays one, whatever the new target is.
        let retargeted = steps.iter().any(|(_, input)| matches!(input, Priority(_)));
        for (wait, input) in steps {
            now += wait;
            while tracker.pass_deadline(at(now), &policies).is_some() {}
            tracker.apply(at(now), input, &policies, &mut |record| records.push(record));
        }
        tracker.finish(at(now), &policies, &mut |record| records.push(record));
        for record in &records {
            let end = record.ended.known().unwrap_or(at(now));
            prop_assert!(record.started <= end, "{:?}", record);
            prop_assert!(record.used >= Span::ZERO && record.paused >= Span::ZERO, "{:?}", record);
            prop_assert!(record.used + record.paused <= end - record.started, "{:?}", record);
            // A minute of rounding, and a pause that counts as used, are the only ways apart.
            if !retargeted && switches.poll_every == Span::ZERO && switches.final_pause == FinalPause::TakenOut && record.due != Instant::NEVER {
                prop_assert!(!record.breached || record.used + Span::from_minutes(1) >= record.target, "{:?}", record);
            }
        }
        prop_assert!(records.iter().filter(|r| r.kind == FirstResponse).count() <= 1);
    }

    /// A due date that was left as it is, since the change could not move it, is the one that the whole
    /// history gives.
    #[test]
    fn due_dates_are_those_of_the_whole_history(
        pauses in prop::sample::subsequence(
            vec![Status::New, Status::Pending, Status::OnHold, Status::Resolved, Status::Closed], 0..=5),
        pause_as in prop::sample::select(vec![PauseAs::History, PauseAs::Accumulated]),
        final_pause in prop::sample::select(
            vec![FinalPause::TakenOut, FinalPause::Ignored, FinalPause::MovesDueOnly]),
        due_while_paused in prop::sample::select(vec![DueWhilePaused::Shown, DueWhilePaused::Hidden]),
        reopening in prop::sample::select(
            vec![AtReopening::RunsOn, AtReopening::Restarts, AtReopening::Ends]),
        steps in prop::collection::vec((0i64..60, any_input()), 0..30),
    ) {
        let switches = ClockSwitches {
            pauses: pausing(pauses),
            pause_as,
            final_pause,
            due_while_paused,
            at_reopening: PerClock { resolution: reopening, ..ClockSwitches::default().at_reopening },
            ..ClockSwitches::default()
        };
        let day = vec![(0, 9 * 60), (10 * 60, 11 * 60)];
        let calendar = Calendar::new(TimeZone::UTC, std::array::from_fn(|_| day.clone()), Vec::new());
        let policies = Policies::compile(&[policy()], &[calendar.unwrap()], &switches).ok().unwrap();
        let mut tracker = Tracker::start(opening(), &policies);
        let mut now = 0;
        for (wait, input) in steps {
            now += wait;
            tracker.apply(at(now), input, &policies, &mut |_| ());
            let mut anew = tracker.clone();
            anew.recompute_all(&policies);
            for kind in ClockKind::ALL {
                prop_assert_eq!(tracker.due(kind), anew.due(kind), "{:?} after {:?}", kind, input);
            }
        }
    }
}
