//! The definitions, on tables small enough to count by hand.

use super::sample::*;
use super::*;
use crate::facts::*;
use crate::scenario::metric::MetricName;
use crate::scenario::plan::{Abandoned as Convention, ClockKind};
use proptest::prelude::*;

/// A value of a single replication, by name.
fn value(measures: &Measures, replication: &ReplicationValues, name: &str) -> Option<f64> {
    let name = MetricName::parse(name).unwrap();
    let at = measures.position(&name).unwrap_or_else(|| panic!("{name} is not asked for"));
    replication.values[at].get()
}

fn check(measures: &Measures, replication: &ReplicationValues, wanted: &[(&str, Option<f64>)]) {
    for (name, wanted) in wanted {
        let got = value(measures, replication, name);
        let equal = match (got, wanted) {
            (Some(got), Some(wanted)) => (got - wanted).abs() <= 1e-9 * wanted.abs().max(1.0),
            (got, wanted) => got.is_none() && wanted.is_none(),
        };
        assert!(equal, "{name}: {got:?}, not {wanted:?}");
    }
}

#[test]
fn outcomes_and_rates() {
    let plan = plan();
    let measures = Measures::new(&plan).unwrap();
    let mut chunk = Chunk::default();
    // 0..4 solved by people, 4..7 by the bot, 7 left the bot, 8 abandoned, 9 fell silent, 10 open with
    // the bot; 11 began before the measured period.
    (0..4).for_each(|i| chunk.conversations.push(conversation(&plan, i)));
    (4..7).for_each(|i| chunk.conversations.push(bot_solved(&plan, i)));
    let left_bot =
        ConversationRow { outcome: Outcome::LeftBot as u8, resolved_at: NEVER, ..bot_solved(&plan, 7) };
    chunk.conversations.push(left_bot);
    let people = |number, outcome| ConversationRow {
        outcome: outcome as u8,
        resolved_at: NEVER,
        ..conversation(&plan, number)
    };
    let abandoned = ConversationRow { first_human_at: NEVER, ..people(8, Outcome::Abandoned) };
    chunk.conversations.push(abandoned);
    chunk.conversations.push(ConversationRow {
        reopens: 2,
        transfers: 1,
        rating: 5,
        ..people(9, Outcome::LeftAgent)
    });
    let with_bot = ConversationRow {
        outcome: Outcome::Open as u8,
        resolved_at: NEVER,
        ended_at: NEVER,
        satisfied: 0.0,
        ..bot_solved(&plan, 10)
    };
    chunk.conversations.push(with_bot);
    chunk.conversations.push(ConversationRow { measured: false, ..conversation(&plan, 11) });
    // 4 is raised again within a day by 12; 5 is raised again too late.
    let repeat = |original: u64, after: i64, number| ConversationRow {
        measured: false,
        repeat_of: original,
        started_at: bot_solved(&plan, original).resolved_at + after,
        ..conversation(&plan, number)
    };
    chunk.conversations.push(repeat(4, 24 * HOUR, 12));
    chunk.conversations.push(repeat(5, 24 * HOUR + 1, 13));

    let mut state = measures.begin();
    state.update(&chunk);
    let r = state.finish(&totals(&plan));
    check(
        &measures,
        &r,
        &[
            ("conversations.offered", Some(11.0)),
            ("conversations.bot_solved", Some(3.0)),
            ("conversations.agent_solved", Some(4.0)),
            ("conversations.left_bot", Some(1.0)),
            ("conversations.abandoned", Some(1.0)),
            ("conversations.left_agent", Some(1.0)),
            ("conversations.open", Some(1.0)),
            ("conversations.solved_rate", Some(0.7)),
            ("conversations.reopen_rate", Some(1.0 / 11.0)),
            ("conversations.transfer_rate", Some(1.0 / 11.0)),
            ("conversations.repeat_rate", Some(0.0)),
            ("bot.seen", Some(11.0)),
            ("bot.resolution_rate", Some(2.0 / 11.0)),
            ("bot.taken_back_rate", Some(1.0 / 3.0)),
            ("bot.containment_rate", Some(4.0 / 11.0)),
            ("bot.handoff_rate", Some(6.0 / 11.0)),
            ("bot.handoff.keyword", Some(6.0)),
            ("bot.handoff.rule", Some(0.0)),
            ("bot.time", Some((6.0 * 20.0 + 5.0 * 60.0) / 11.0)),
            ("bot.failed_attempts", Some(1.0)),
            ("csat", Some((6.0 * 0.75 + 4.0 * 0.5) / 10.0)),
            ("csat.observed", Some(1.0)),
            ("csat.answers", Some(1.0)),
            ("messages.customer", Some(33.0)),
            ("messages.agent", Some(12.0)),
            ("messages.per_conversation", Some((33.0 + 11.0 + 12.0) / 11.0)),
            ("agents.work", Some(6.0 * 180.0 / 5.0)),
            ("cost.messages", Some(0.11)),
            ("cost.bot", Some(0.55)),
            (r#"conversations.offered{team="front"}"#, Some(6.0)),
            (r#"conversations.offered{team="senior"}"#, Some(0.0)),
            (r#"bot.resolution_rate{intent="orders"}"#, Some(2.0 / 11.0)),
            (r#"bot.resolution_rate{intent="fraud"}"#, None),
        ],
    );
}

#[test]
fn durations() {
    let mut plan = plan();
    let mut chunk = Chunk::default();
    for i in 0..10 {
        // First human response after 1..=10 minutes; resolution 10 minutes after that, less 2 paused.
        let mut row = conversation(&plan, i);
        row.first_human_at = row.started_at + (i as i64 + 1) * MINUTE;
        row.resolved_at = row.handed_off_at + 10 * MINUTE;
        row.paused = 2 * MINUTE;
        chunk.conversations.push(row);
    }
    chunk.conversations.push(bot_solved(&plan, 10));
    for (i, kind) in [(0, ClockKind::NextResponse), (1, ClockKind::Resolution)] {
        chunk.clocks.push(clock(&plan, i, kind, false));
    }
    chunk.clocks.push(ClockRow { ended_at: NEVER, ..clock(&plan, 2, ClockKind::NextResponse, false) });
    plan.policies.iter_mut().for_each(|p| p.bot_answers = true);
    let measures = Measures::new(&plan).unwrap();
    let mut state = measures.begin();
    state.update(&chunk);
    let r = state.finish(&totals(&plan));
    check(
        &measures,
        &r,
        &[
            ("first_response.mean", Some(2.0)),
            ("first_response.p99", Some(2.0)),
            ("first_human_response.mean", Some(330.0)),
            ("first_human_response.p50", Some(300.0)),
            ("first_human_response.p90", Some(540.0)),
            ("first_human_response.p95", Some(600.0)),
            // The bot's solution made no ticket.
            ("resolution.mean", Some(480.0)),
            ("next_response.p50", Some(60.0)),
            (r#"first_human_response.p90{team="senior"}"#, None),
        ],
    );
    let n = |name: &str| r.values[measures.position(&MetricName::parse(name).unwrap()).unwrap()].n;
    assert_eq!((n("first_response.p90"), n("resolution"), n("next_response")), (11, 10, 1));

    // Where no policy lets the bot answer, the first response is a person's.
    plan.policies.iter_mut().for_each(|p| p.bot_answers = false);
    plan.desk.ticket_at_first_message = true;
    let measures = Measures::new(&plan).unwrap();
    let mut state = measures.begin();
    state.update(&chunk);
    let r = state.finish(&totals(&plan));
    check(
        &measures,
        &r,
        &[
            ("first_response.p90", Some(540.0)),
            // From the first message now: 10 times 500 s, and once the bot's 60 s.
            ("resolution.mean", Some((10.0 * 500.0 + 60.0) / 11.0)),
        ],
    );
}

#[test]
fn queues() {
    let mut plan = plan();
    let mut chunk = Chunk::default();
    // Target 30 s: taken at once, after 30 s, after 31 s; left after 10 s and 100 s; moved; turned
    // away; still waiting.
    use QueueEnd::*;
    let stays = [
        (Taken, 0),
        (Taken, 30),
        (Taken, 31),
        (Abandoned, 10),
        (Abandoned, 100),
        (Moved, 500),
        (Blocked, 0),
        (Balked, 0),
        (Waiting, 900),
    ];
    for (i, (end, wait)) in stays.into_iter().enumerate() {
        chunk.queue_stays.push(stay(&plan, i as u64, end, wait * SECOND));
    }
    chunk.queue_stays.push(QueueStayRow { measured: false, ..stay(&plan, 99, Taken, 1) });
    let measure = |plan: &crate::scenario::plan::Plan, wanted: &[(&str, Option<f64>)]| {
        let measures = Measures::new(plan).unwrap();
        let mut state = measures.begin();
        state.update(&chunk);
        check(&measures, &state.finish(&totals(plan)), wanted);
    };
    measure(
        &plan,
        &[
            ("queue.entered", Some(6.0)),
            ("queue.abandoned", Some(2.0)),
            ("queue.wait.mean", Some(61.0 / 3.0)),
            ("queue.wait.p50", Some(30.0)),
            ("queue.wait_all.mean", Some(171.0 / 5.0)),
            ("queue.wait_all.p99", Some(100.0)),
            ("queue.waited_share", Some(5.0 / 6.0)),
            ("queue.blocked_rate", Some(1.0 / 8.0)),
            ("queue.balked_rate", Some(1.0 / 8.0)),
            ("abandonment.rate", Some(2.0 / 6.0)),
            (r#"abandonment.rate{team="senior"}"#, None),
        ],
    );
    for (convention, level) in [
        (Convention::LeftOut, 2.0 / 5.0),
        (Convention::Failed, 2.0 / 8.0),
        (Convention::ServedOnly, 2.0 / 3.0),
    ] {
        plan.service_level.abandoned = convention;
        measure(&plan, &[("service_level", Some(level)), (r#"service_level{team="front"}"#, Some(level))]);
    }
}

#[test]
fn clocks_and_rules() {
    let plan = plan();
    let measures = Measures::new(&plan).unwrap();
    let mut chunk = Chunk::default();
    for i in 0..10 {
        chunk.conversations.push(conversation(&plan, i));
        chunk.clocks.push(clock(&plan, i, ClockKind::FirstResponse, i < 3));
    }
    // Neither ended nor fell due: not counted. Another clock: counted for itself.
    chunk.clocks.push(ClockRow { counts: false, ..clock(&plan, 10, ClockKind::FirstResponse, false) });
    chunk.clocks.push(clock(&plan, 0, ClockKind::Resolution, true));
    // One late response makes a conversation late, however many were in time.
    for (i, late) in [(1, false), (1, true), (1, false), (9, false), (4, false), (5, true), (6, false)] {
        chunk.clocks.push(clock(&plan, i, ClockKind::NextResponse, late));
    }
    let at = plan.start.ms() + HOUR;
    for (conversation, after, looped) in
        [(0, 0, false), (0, 1, false), (1, 2, false), (9, 3, false), (9, 3, true)]
    {
        chunk.firings.push(FiringRow { at: at + after, rule: 0, conversation, looped });
        chunk.notifications.push(NotificationRow {
            at: at + after,
            rule: 0,
            recipient: 0,
            conversation,
            template: false,
        });
    }
    chunk.notifications.push(NotificationRow {
        at: at + HOUR,
        rule: 0,
        recipient: 0,
        conversation: 1,
        template: true,
    });
    let mut state = measures.begin();
    state.update(&chunk);
    let r = state.finish(&totals(&plan));
    check(
        &measures,
        &r,
        &[
            ("sla.first_response.compliance", Some(0.7)),
            ("sla.first_response.breaches", Some(3.0)),
            ("sla.first_response.used", Some((3.0 * 900.0 + 7.0 * 60.0) / 10.0)),
            (r#"sla.first_response.compliance{team="senior"}"#, None),
            ("sla.resolution.compliance", Some(0.0)),
            ("sla.update.compliance", None),
            ("rules.fired", Some(4.0)),
            ("notifications.sent", Some(6.0)),
            ("notifications.worst_hour", Some(5.0)),
        ],
    );
    let mut collected = measures.collect();
    collected.push(r);
    let summary = collected.summary("observed", &Estimation::default());
    let rule = &summary.rules[0];
    assert_eq!(
        (rule.name.as_str(), rule.fired, rule.loops, rule.notifications, rule.worst_hour),
        ("tell the lead", 4.0, 1.0, 6.0, 5)
    );
    assert!((rule.share - 0.3).abs() < 1e-12);
    // It fired for 0 and 1, which breached, and 9, which did not.
    assert!((rule.compliance_fired.unwrap() - 1.0 / 3.0).abs() < 1e-12);
    assert!((rule.compliance_others.unwrap() - 6.0 / 7.0).abs() < 1e-12);
    assert_eq!((rule.next_response_fired, rule.next_response_others), (Some(1.0 / 2.0), Some(2.0 / 3.0)));
    assert_eq!((rule.resolution_fired, rule.resolution_others), (Some(0.0), None));
    assert_eq!(summary.goals[0].verdict, Verdict::Missed);
    // Every conversation so far is of low priority: the other goal has nothing to judge.
    assert_eq!(summary.goals[1].verdict, Verdict::NoData);
    let pictures = collected.pictures(&summary, &|_| Vec::new());
    let (clock, cause, spell, n) = &pictures.causes[0];
    assert_eq!(
        (clock.as_str(), cause.as_str(), spell.as_str(), *n),
        ("first_response", "every agent at capacity", "Mon 00:00-01:00", 3.0)
    );
    assert!((pictures.compliance_by_day.median[0] - 0.7).abs() < 1e-12);
    assert_eq!(pictures.compliance_target, Some(0.9));
}

#[test]
fn agents_backlog_and_money() {
    let plan = plan();
    let measures = Measures::new(&plan).unwrap();
    let mut chunk = Chunk::default();
    // Every half hour of two days, both teams and the whole desk.
    for i in 0..96 {
        for team in [0, 1, NONE] {
            chunk.intervals.push(interval_row(&plan, i, team));
        }
    }
    chunk.intervals.push(IntervalRow { measured: false, at: plan.end.ms(), ..interval_row(&plan, 96, 0) });
    for agent in 0..3 {
        let row = AgentRow {
            agent,
            team: 0,
            paid: 0,
            staffed: 0,
            busy: 0,
            engaged: 0,
            open_area: 0,
            conversations: 0,
            replies: 0,
        };
        chunk.agents.push(row);
    }
    (0..10).for_each(|i| chunk.conversations.push(conversation(&plan, i)));
    let mut state = measures.begin();
    state.update(&chunk);
    let r = state.finish(&totals(&plan));
    // 48 hours, two paid agents in each team at 10 and 20; 300 + 3 seats at 15 for 2 of 30 days.
    let (people, platform) = (48.0 * 2.0 * 30.0, 345.0 * 2.0 / 30.0);
    let total = people + platform + 0.1 + 0.5;
    check(
        &measures,
        &r,
        &[
            ("agents.occupancy", Some(0.5)),
            ("agents.utilisation", Some(0.5)),
            ("agents.concurrency", Some(1.5)),
            ("agents.staffed", Some(4.0)),
            (r#"agents.staffed{team="senior"}"#, Some(2.0)),
            ("agents.busy", Some(2.0)),
            ("agents.paid_hours", Some(192.0)),
            ("agents.replies", Some(1_920.0)),
            ("agents.reply_work", Some(60.0)),
            ("queue.length", Some(6.0)),
            (r#"queue.length{team="front"}"#, Some(3.0)),
            ("queue.max", Some(99.0)),
            ("backlog.mean", Some(7.0)),
            ("backlog.max", Some(31.0)),
            ("backlog.end", Some(9.0)),
            ("cost.people", Some(people)),
            (r#"cost.people{team="senior"}"#, Some(48.0 * 2.0 * 20.0)),
            ("cost.platform", Some(platform)),
            ("cost.total", Some(total)),
            ("cost.per_conversation", Some(total / 10.0)),
            ("cost.per_resolution", Some(total / 10.0)),
        ],
    );
    assert_eq!(r.backlog, vec![7.0; 96]);

    let mut collected = measures.collect();
    collected.push(r);
    let summary = collected.summary("simulated", &Estimation::default());
    assert_eq!(summary.goals[0].verdict, Verdict::NoData);
    let pictures = collected.pictures(&summary, &|demand| {
        let hours = demand.interval.seconds() / 3_600.0;
        demand.entered.iter().map(|n| n / hours * demand.work_s / 3_600.0).collect()
    });
    // Monday and Tuesday were seen, Wednesday was not.
    let monday = pictures.week[0][9];
    assert_eq!((monday.entered, monday.staffed, monday.busy, monday.queue), (24.0, 4.0, 2.0, 6.0));
    // 12 an hour, each 600 s / 5 of work, in two teams: 0.4 agents each.
    assert!((monday.needed - 0.8).abs() < 1e-12);
    assert!(pictures.seen[1][23] && !pictures.seen[2][0]);
    assert!(pictures.week[2][0].needed.is_nan());
    assert_eq!(pictures.queue_by_time_of_day.median, vec![6.0; 48]);
    assert_eq!(pictures.staffed_by_time_of_day, vec![4.0; 48]);
    assert_eq!((pictures.backlog.at.len(), pictures.backlog.at[1]), (96, plan.start.ms() + 30 * MINUTE));
    assert_eq!(pictures.staffing.len(), 192);
    assert_eq!((pictures.staffing[0].entered, pictures.staffing[0].occupancy), (6.0, 0.5));
    assert_eq!(pictures.cost.len(), 4);
    assert_eq!(pictures.occupancy[1], ("senior".to_owned(), 0.5, 0.5, 0.5));
    assert_eq!(pictures.time_by_intent, [("orders".to_owned(), 20.0, 40.0, 180.0, 360.0)]);
}

#[test]
fn pictures_of_conversations() {
    let plan = plan();
    let measures = Measures::new(&plan).unwrap();
    let mut chunk = Chunk::default();
    for i in 0..10 {
        let late = if i < 8 { 0 } else { 10 * MINUTE };
        let mut row = conversation(&plan, i);
        row.first_human_at += late;
        chunk.conversations.push(row);
        chunk.queue_stays.push(stay(&plan, i, QueueEnd::Taken, late + SECOND));
    }
    (10..14).for_each(|i| chunk.conversations.push(bot_solved(&plan, i)));
    let mut collected = measures.collect();
    // Two equal replications: means stay, totals do not double.
    for _ in 0..2 {
        let mut state = measures.begin();
        state.update(&chunk);
        collected.push(state.finish(&totals(&plan)));
    }
    let summary = collected.summary("simulated", &Estimation::default());
    let pictures = collected.pictures(&summary, &|_| Vec::new());
    let s = str::to_owned;
    assert_eq!(
        pictures.flow,
        [
            (s("arrived"), s("bot"), 14.0),
            (s("bot"), s("solved by the bot"), 4.0),
            (s("bot"), s("front"), 10.0),
            (s("front"), s("solved by people"), 10.0),
        ]
    );
    assert_eq!(pictures.bot_outcomes, [(s("solved"), 4.0), (s("handed off: keyword"), 10.0)]);
    // The policy's 10 minutes are on the curve: 8 of 10 within them.
    let curve = &pictures.first_response[0];
    assert_eq!((curve.name.as_str(), curve.target), ("all", Some((600.0, 0.8))));
    assert_eq!(curve.share.last(), Some(&1.0));
    assert!(curve.share.windows(2).all(|w| w[0] <= w[1]));
    let (label, team, _, within, _, _) = &pictures.worst_hours[0];
    assert_eq!((label.as_str(), team.as_str(), *within), ("Mon 00:00", "front", 0.8));
    assert_eq!(summary.metrics["conversations.offered"].mean, Some(14.0));
    assert_eq!(summary.metrics["conversations.offered"].ci, Some([14.0, 14.0]));
    assert_eq!(summary.metrics["conversations.offered"].per_replication, [Some(14.0), Some(14.0)]);
}

#[test]
fn ratios_divide_sums_and_quantiles_are_averaged() {
    let plan = plan();
    let measures = Measures::new(&plan).unwrap();
    let mut collected = measures.collect();
    // Replications of unlike size: 1 of 1 and 1 of 9 solved by people.
    for offered in [1, 9] {
        let mut chunk = Chunk::default();
        chunk.conversations.push(conversation(&plan, 0));
        for i in 1..offered {
            let mut row = bot_solved(&plan, i);
            row.first_response_at = row.started_at + 100 * SECOND;
            chunk.conversations.push(row);
        }
        let mut state = measures.begin();
        state.update(&chunk);
        collected.push(state.finish(&totals(&plan)));
    }
    let summary = collected.summary("simulated", &Estimation::default());
    // Sum over sum: 2 of 10, not the mean of 1 and 1/9.
    assert_eq!(summary.metrics["bot.handoff_rate"].mean, Some(0.2));
    assert_eq!(summary.metrics["bot.handoff_rate"].n, 10);
    // The policy has no bot answer, so the quantile sees people alone: the mean of the replications'.
    assert_eq!(summary.metrics["first_response.p90"].mean, Some(60.0));
    assert_eq!(summary.metrics["first_response.p90"].n, 2);
    // Nothing was asked of these and nothing was seen: left out. A goal's metric stays.
    assert!(!summary.metrics.contains_key("sla.update.compliance"));
    assert_eq!(summary.metrics[r#"first_response.p90{team="front",priority="urgent"}"#].mean, None);
    assert!(summary.metrics.contains_key("sla.first_response.compliance"));
}

#[test]
fn unknown_names_are_refused() {
    let mut plan = plan();
    plan.goals[0].metric = r#"csat{team="nobody"}"#.to_owned();
    let fault = Measures::new(&plan).err().unwrap();
    assert!(fault.message.contains("nobody"), "{fault}");
}

/// Everything of a replication that can be compared.
fn image(r: &ReplicationValues) -> String {
    format!("{:?} {:?} {:?} {:?}", r.values, r.rules, r.backlog, r.gallery)
}

proptest! {
    /// Chunks may be measured in any split; the result is the same to the last bit.
    #[test]
    fn any_split_adds_up(rows in prop::collection::vec((0u64..60, 0u8..6, 0u16..2, 0i64..5_000, any::<bool>()), 1..60), cut in 0usize..60) {
        let plan = plan();
        let measures = Measures::new(&plan).unwrap();
        let chunk_of = |rows: &[(u64, u8, u16, i64, bool)]| {
            let mut chunk = Chunk::default();
            for (number, outcome, kind, wait, flag) in rows {
                let mut row = if *outcome == 0 { bot_solved(&plan, *number) } else { conversation(&plan, *number) };
                row.outcome = *outcome;
                row.intent = *kind;
                row.satisfied = *wait as f32 / 7_001.0;
                row.message_cost = *wait as f32 / 3.0;
                if *flag {
                    row.repeat_of = number / 2;
                }
                chunk.conversations.push(row);
                let end = [QueueEnd::Taken, QueueEnd::Abandoned][usize::from(*flag)];
                let mut stay = stay(&plan, *number, end, *wait * 100);
                stay.team = *kind;
                chunk.queue_stays.push(stay);
                chunk.clocks.push(clock(&plan, *number, ClockKind::FirstResponse, *flag));
                chunk.intervals.push(interval_row(&plan, *wait % 96, *kind));
                chunk.firings.push(FiringRow { at: row.started_at, rule: 0, conversation: *number, looped: *flag });
                chunk.notifications.push(NotificationRow { at: row.started_at, rule: 0, recipient: 0, conversation: *number, template: *flag });
            }
            chunk
        };
        let cut = cut.min(rows.len());
        let mut whole = measures.begin();
        whole.update(&chunk_of(&rows));
        let (mut left, mut right) = (measures.begin(), measures.begin());
        left.update(&chunk_of(&rows[..cut]));
        right.update(&chunk_of(&rows[cut..]));
        // Either way round.
        let mut other = measures.begin();
        other.merge(&right);
        other.merge(&left);
        left.merge(&right);
        let (whole, left, other) = (whole.finish(&totals(&plan)), left.finish(&totals(&plan)), other.finish(&totals(&plan)));
        prop_assert_eq!(image(&left), image(&whole));
        prop_assert_eq!(image(&other), image(&whole));
        // The identity, in every slice.
        for slice in ["", r#"{intent="orders"}"#, r#"{intent="fraud"}"#, r#"{team="front"}"#] {
            let parts: f64 = ["bot_solved", "agent_solved", "abandoned", "left_bot", "left_agent", "open"]
                .iter()
                .map(|end| value(&measures, &whole, &format!("conversations.{end}{slice}")).unwrap())
                .sum();
            prop_assert_eq!(Some(parts), value(&measures, &whole, &format!("conversations.offered{slice}")));
        }
    }
}
