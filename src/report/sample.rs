//! A made-up but plausible week of an online shop's help desk, for the tests of this room.

use crate::measure::*;
use crate::scenario::plan::Plan;
use std::collections::BTreeMap;
use std::path::Path;

/// Monday 2026-11-23 00:00 in Bogotá.
const MONDAY_MS: i64 = 1_795_410_000_000;
const REPLICATIONS: u32 = 20;

/// An estimate with `relative` half-width.
fn estimate(unit: Unit, mean: f64, relative: f64, n: u64) -> Estimate {
    let h = mean * relative;
    Estimate {
        unit,
        mean: Some(mean),
        ci: Some([mean - h, mean + h]),
        level: 0.95,
        n,
        per_replication: (0..REPLICATIONS)
            .map(|r| Some(mean + h * 2.1 * (f64::from(r) * 2.4).sin()))
            .collect(),
    }
}

/// The summary: goals met, missed, undecided and without data, and two warnings.
pub(super) fn summary() -> Summary {
    use Unit::*;
    let mut metrics = BTreeMap::new();
    let plain: [(&str, Unit, f64, f64); 44] = [
        ("conversations.offered", Count, 9_812.0, 0.012),
        ("conversations.bot_solved", Count, 5_216.0, 0.013),
        ("conversations.agent_solved", Count, 3_861.0, 0.014),
        ("conversations.abandoned", Count, 402.0, 0.08),
        ("conversations.left_bot", Count, 236.0, 0.05),
        ("conversations.left_agent", Count, 61.0, 0.09),
        ("conversations.open", Count, 36.0, 0.12),
        ("bot.seen", Count, 9_812.0, 0.012),
        ("bot.resolution_rate", Share, 0.518, 0.006),
        ("bot.containment_rate", Share, 0.556, 0.006),
        ("bot.handoff_rate", Share, 0.444, 0.008),
        ("first_response.mean", S, 214.0, 0.03),
        ("first_response.p50", S, 4.2, 0.03),
        ("first_response.p90", S, 221.4, 0.055),
        ("first_response.p95", S, 611.0, 0.06),
        ("first_human_response.p50", S, 96.0, 0.04),
        ("first_human_response.p90", S, 1_260.0, 0.06),
        ("resolution.p50", S, 2_430.0, 0.03),
        ("resolution.p90", S, 16_300.0, 0.04),
        ("sla.first_response.compliance", Share, 0.921, 0.007),
        ("sla.next_response.compliance", Share, 0.948, 0.005),
        ("sla.resolution.compliance", Share, 0.887, 0.007),
        ("sla.escalation.compliance", Share, 0.973, 0.004),
        ("queue.wait.mean", S, 188.0, 0.05),
        ("queue.wait.p50", S, 41.0, 0.05),
        ("queue.wait.p90", S, 540.0, 0.06),
        ("queue.wait_all.mean", S, 236.0, 0.05),
        ("queue.length", Number, 4.31, 0.05),
        ("service_level", Share, 0.743, 0.015),
        ("abandonment.rate", Share, 0.0923, 0.06),
        ("agents.occupancy", Share, 0.781, 0.011),
        ("agents.utilisation", Share, 0.689, 0.011),
        ("agents.concurrency", Number, 2.37, 0.02),
        ("backlog.mean", Number, 51.2, 0.04),
        ("backlog.max", Count, 212.0, 0.07),
        ("backlog.end", Count, 36.0, 0.12),
        ("csat", Share, 0.792, 0.006),
        ("cost.total", Money, 4_377.0, 0.006),
        ("cost.people", Money, 3_562.0, 0.001),
        ("cost.messages", Money, 371.0, 0.02),
        ("cost.bot", Money, 294.0, 0.012),
        ("cost.platform", Money, 150.0, 0.0),
        ("cost.per_conversation", Money, 0.446, 0.011),
        ("cost.per_resolution", Money, 0.482, 0.012),
    ];
    for (name, unit, mean, relative) in plain {
        metrics.insert(name.to_owned(), estimate(unit, mean, relative, 196_240));
    }
    for (reason, share) in [
        ("keyword", 0.07),
        ("attempts", 0.14),
        ("time_limit", 0.03),
        ("asked_for_person", 0.16),
        ("rule", 0.044),
    ] {
        metrics.insert(format!("bot.handoff.{reason}"), estimate(Count, share * 9_812.0, 0.03, 196_240));
    }
    for (i, team) in ["frontline", "fraud", "senior"].iter().enumerate() {
        let k = i as f64;
        let slice = format!("{{team=\"{team}\"}}");
        for (name, unit, mean) in [
            ("queue.wait.p90", S, 400.0 + 310.0 * k),
            ("service_level", Share, 0.79 - 0.08 * k),
            ("sla.first_response.compliance", Share, 0.94 - 0.04 * k),
            ("agents.occupancy", Share, 0.80 - 0.12 * k),
        ] {
            metrics.insert(format!("{name}{slice}"), estimate(unit, mean, 0.02, 60_000));
        }
    }
    metrics.insert(
        "resolution.p95{intent=\"fraud\"}".to_owned(),
        Estimate { unit: S, mean: None, ci: None, level: 0.95, n: 0, per_replication: vec![None; 20] },
    );
    let goal = |text: &str, metric: &str, limit: f64, unit: Unit, verdict: Verdict, more: Option<u32>| {
        let e: Option<&Estimate> = metrics.get(metric);
        GoalResult {
            goal: text.to_owned(),
            metric: metric.to_owned(),
            limit,
            unit,
            mean: e.and_then(|e| e.mean),
            ci: e.and_then(|e| e.ci),
            verdict,
            more_replications: more,
        }
    };
    let goals = vec![
        goal("first_response.p90 <= 5m", "first_response.p90", 300.0, S, Verdict::Met, None),
        goal(
            "sla.first_response.compliance >= 90%",
            "sla.first_response.compliance",
            0.9,
            Share,
            Verdict::Met,
            None,
        ),
        goal(
            "sla.resolution.compliance >= 92%",
            "sla.resolution.compliance",
            0.92,
            Share,
            Verdict::Missed,
            None,
        ),
        goal(
            "cost.per_conversation <= 0.45",
            "cost.per_conversation",
            0.45,
            Money,
            Verdict::Undecided,
            Some(40),
        ),
        goal(
            "resolution.p95{intent=\"fraud\"} <= 2h",
            "resolution.p95{intent=\"fraud\"}",
            7_200.0,
            S,
            Verdict::NoData,
            None,
        ),
    ];
    Summary {
        schema: 1,
        scenario: "Online shop, sale week".to_owned(),
        seed: 1,
        replications: REPLICATIONS,
        origin: "simulated".to_owned(),
        currency: "USD".to_owned(),
        method: Method::default(),
        service_level: ServiceLevelRule { within_s: 120.0, target: 0.8, abandoned: "failed".to_owned() },
        metrics,
        goals,
        rules: vec![
            RuleResult {
                name: "urgent words go to people".to_owned(),
                fired: 431.2,
                share: 0.044,
                notifications: 0.0,
                worst_hour: 0,
                loops: 0.0,
                compliance_fired: Some(0.958),
                compliance_others: Some(0.919),
                next_response_fired: Some(0.934),
                next_response_others: Some(0.927),
                resolution_fired: Some(0.981),
                resolution_others: Some(0.972),
            },
            RuleResult {
                name: "warn, then escalate".to_owned(),
                fired: 612.7,
                share: 0.062,
                notifications: 612.7,
                worst_hour: 41,
                loops: 0.4,
                compliance_fired: Some(0.741),
                compliance_others: Some(0.936),
                next_response_fired: Some(0.802),
                next_response_others: Some(0.931),
                resolution_fired: Some(0.874),
                resolution_others: Some(0.979),
            },
        ],
        warnings: vec![
            "The queue of team `senior` still grows at the end of the run: it may have no steady state"
                .to_owned(),
            "36 tickets are still open when the run ends; their resolution is not in the figures".to_owned(),
        ],
    }
}

/// How busy an hour is: two humps, a quiet weekend.
fn load(day: usize, hour: usize) -> f64 {
    let h = hour as f64;
    let humps = (-((h - 10.5) / 2.6).powi(2)).exp() + 0.75 * (-((h - 16.0) / 2.8).powi(2)).exp();
    let weekday = [1.15, 1.0, 0.95, 1.0, 1.3, 0.6, 0.35][day];
    (6.0 + 118.0 * humps) * weekday
}

/// Pictures that agree with the summary about as well as a simulation would.
pub(super) fn pictures() -> Pictures {
    let mut week = Vec::new();
    for day in 0..7 {
        let mut cells = [HourCell::default(); 24];
        for (hour, cell) in cells.iter_mut().enumerate() {
            let entered = load(day, hour) * 0.46;
            let open = day < 6 && (8..20).contains(&hour);
            let staffed: f64 = match (open, hour) {
                (false, _) => 0.0,
                (true, 12..16) => 9.0,
                (true, _) if day == 5 => 4.0,
                (true, _) => 6.0,
            };
            let needed = (entered / 7.5 + 0.9).ceil();
            let gap = staffed - needed;
            *cell = HourCell {
                entered,
                staffed,
                needed: if entered < 2.0 { f64::NAN } else { needed },
                busy: staffed.min(entered / 8.2),
                within: if !open { 0.05 } else { (0.86 + 0.05 * gap).clamp(0.18, 0.99) },
                queue: (needed - staffed).max(0.1),
            };
        }
        week.push(cells);
    }
    let at = |i: usize| MONDAY_MS + i as i64 * 86_400_000;
    let day_values = [0.89, 0.93, 0.942, 0.935, 0.861, 0.915, 0.948];
    let half_hours = |i: usize| {
        let h = i as f64 / 2.0;
        14.0 * (-((h - 10.8) / 1.9).powi(2)).exp() + 9.0 * (-((h - 19.2) / 1.6).powi(2)).exp() + 0.3
    };
    let curve = |name: &str, median: f64, sigma: f64, target: f64| {
        let x_s: Vec<f64> = (0..=160).map(|i| 10f64.powf(-0.3 + f64::from(i) * 0.032)).collect();
        let phi = |x: f64| 1.0 / (1.0 + (-1.702 * (x / median).ln() / sigma).exp());
        Curve {
            name: name.to_owned(),
            share: x_s.iter().map(|x| phi(*x)).collect(),
            x_s,
            target: Some((target, phi(target))),
        }
    };
    let mut staffing = Vec::new();
    for day in 0..6u32 {
        for slot in 16..40u32 {
            let entered = load(day as usize, slot as usize / 2) * 0.23;
            staffing.push(StaffingRow {
                team: "frontline".to_owned(),
                minute_of_week: day * 1_440 + slot * 30,
                entered,
                work_s: 182.0,
                needed: (entered / 3.8 + 0.9).ceil(),
                staffed: if (24..32).contains(&slot) { 9.0 } else { 5.0 },
                occupancy: (entered / 24.0).min(0.99),
                service_level: (1.1 - entered / 45.0).clamp(0.2, 0.99),
            });
        }
    }
    let s = |t: &str| t.to_owned();
    Pictures {
        week,
        seen: vec![[true; 24]; 7],
        compliance_by_day: Band {
            at: (0..7).map(at).collect(),
            median: day_values.to_vec(),
            low: day_values.iter().map(|v| v - 0.027).collect(),
            high: day_values.iter().map(|v| (v + 0.022f64).min(1.0)).collect(),
        },
        compliance_target: Some(0.9),
        queue_by_time_of_day: Band {
            at: (0..48).map(|i| i * 30).collect(),
            median: (0..48).map(half_hours).collect(),
            low: (0..48).map(|i| half_hours(i) * 0.45).collect(),
            high: (0..48).map(|i| half_hours(i) * 1.9 + 0.8).collect(),
        },
        staffed_by_time_of_day: (0..48)
            .map(|i| {
                if (24..32).contains(&i) {
                    9.0
                } else if (16..40).contains(&i) {
                    5.7
                } else {
                    0.0
                }
            })
            .collect(),
        backlog: Band {
            at: (0..336).map(|i| MONDAY_MS + i * 1_800_000).collect(),
            median: (0..336).map(|i| 4.0 + half_hours(i % 48) * 7.0 * load(i / 48, 10) / 124.0).collect(),
            low: (0..336).map(|i| 2.0 + half_hours(i % 48) * 4.0 * load(i / 48, 10) / 124.0).collect(),
            high: (0..336).map(|i| 8.0 + half_hours(i % 48) * 11.0 * load(i / 48, 10) / 124.0).collect(),
        },
        first_response: vec![
            curve("all", 9.0, 2.1, 600.0),
            curve("urgent", 30.0, 1.2, 600.0),
            curve("high", 22.0, 1.8, 600.0),
            curve("low", 6.0, 2.3, 600.0),
        ],
        resolution: vec![curve("all", 2_430.0, 1.5, 86_400.0)],
        flow: vec![
            (s("arrived"), s("bot"), 9_812.0),
            (s("bot"), s("solved by the bot"), 5_216.0),
            (s("bot"), s("left the bot"), 236.0),
            (s("bot"), s("frontline"), 3_720.0),
            (s("bot"), s("fraud"), 640.0),
            (s("frontline"), s("senior"), 322.0),
            (s("frontline"), s("solved by people"), 3_020.0),
            (s("frontline"), s("abandoned"), 342.0),
            (s("frontline"), s("left people"), 36.0),
            (s("fraud"), s("solved by people"), 571.0),
            (s("fraud"), s("abandoned"), 60.0),
            (s("fraud"), s("still open"), 9.0),
            (s("senior"), s("solved by people"), 270.0),
            (s("senior"), s("left people"), 25.0),
            (s("senior"), s("still open"), 27.0),
        ],
        bot_outcomes: vec![
            (s("solved"), 5_216.0),
            (s("left unsolved"), 236.0),
            (s("handed off: asked for a person"), 1_570.0),
            (s("handed off: failed attempts"), 1_372.0),
            (s("handed off: keyword"), 690.0),
            (s("handed off: rule"), 432.0),
            (s("handed off: time limit"), 296.0),
        ],
        cost: vec![(s("people"), 3_562.0), (s("messages"), 371.0), (s("bot"), 294.0), (s("platform"), 150.0)],
        causes: vec![
            (s("first_response"), s("every agent at capacity"), s("Friday 10–12"), 214.0),
            (s("first_response"), s("nobody on shift"), s("Sunday 9–13"), 131.0),
            (s("resolution"), s("customer silent, clock not paused"), s("Monday 8–10"), 92.0),
            (s("resolution"), s("handling"), s("Friday 15–18"), 55.0),
        ],
        worst_hours: (0..6)
            .map(|i| {
                let k = f64::from(i);
                (
                    format!("Fri 27 Nov {}:00", 10 + i),
                    s("frontline"),
                    71.0 - 4.0 * k,
                    0.31 + 0.05 * k,
                    6.0,
                    10.0 - k / 2.0,
                )
            })
            .collect(),
        staffing,
        occupancy: vec![
            (s("frontline"), 0.868, 0.853, 0.882),
            (s("fraud"), 0.634, 0.611, 0.66),
            (s("senior"), 0.742, 0.715, 0.769),
        ],
        time_by_intent: vec![
            (s("order_status"), 22.0, 61.0, 190.0, 210.0),
            (s("returns"), 41.0, 240.0, 522.0, 610.0),
            (s("fraud"), 8.0, 310.0, 980.0, 720.0),
        ],
        welch: Vec::new(),
    }
}

/// The scenario the sample is the answer to.
const SCENARIO: &str = r#"
[scenario]
name = "Online shop, sale week"
description = "Does the desk hold its SLA in the week of the sale, with the bot as it is?"
timezone = "America/Bogota"
start = "2026-11-23"
duration = "7d"
seed = 1
replications = 20

[[traffic]]
name = "shoppers"
volume = { per_day = 1_400 }
intents = { order_status = 0.7, fraud = 0.3 }

[[intent]]
name = "order_status"
priority = "low"

[[intent]]
name = "fraud"
priority = "urgent"

[bot]
like = "statistical"

[[team]]
name = "frontline"
shifts = [{ days = "mon-sat", hours = "08:00-20:00", agents = 6 }]
cost_per_hour = 6.50

[[team]]
name = "fraud"
shifts = [{ days = "mon-sat", hours = "08:00-20:00", agents = 2 }]
cost_per_hour = 8

[[team]]
name = "senior"
shifts = [{ days = "mon-fri", hours = "08:00-18:00", agents = 1 }]
cost_per_hour = 10

[[sla]]
name = "standard"
first_response = { urgent = "5m", low = "10m" }
resolution = "24h"

[service_level]
within = "2m"
target = "80%"
abandoned = "failed"
"#;

/// The plan of [`SCENARIO`].
pub(super) fn plan() -> Plan {
    match crate::scenario::parse(SCENARIO, "sale-week.toml", Path::new(""), &[]) {
        Ok(loaded) => loaded.plan,
        Err(faults) => panic!("{faults:#?}"),
    }
}
