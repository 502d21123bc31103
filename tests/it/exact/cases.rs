//! The reference cases as plans, and what each must come to.

use super::expected::{self, Expected};
use super::laws::{exponential, law, number, numbers};
use super::plan::{one, plainest};
use super::tally::Slice;
use helpsim::random::Distribution;
use helpsim::scenario::plan::*;
use helpsim::time::Span;
use serde_json::Value;

/// Whatever the reference calls its unit, here it is an hour: so that whole milliseconds are fine enough.
const HOUR: f64 = 3_600_000.0;

/// One model with its answers.
#[derive(Clone, Debug)]
pub struct Case {
    pub name: String,
    pub model: String,
    /// Where the answers come from.
    pub method: String,
    pub plan: Plan,
    /// The unit of time of the answers, ms.
    pub unit: f64,
    pub run: Run,
    /// Places of one agent.
    pub places: f64,
    /// Waits are per visit to a team, not per customer.
    pub every_visit: bool,
    pub slices: Vec<Slice>,
    /// Thresholds of waiting, ms.
    pub times: Vec<i64>,
    pub expected: Vec<Expected>,
}

/// How long a replication is.
#[derive(Clone, Copy, Debug)]
pub enum Run {
    /// In steady state: as long as so many customers per ms take, after a warm-up.
    Steady { per_ms: f64 },
    /// Whole cycles of so many ms, with so many customers in each, after two of them.
    Cycles { ms: i64, customers: f64 },
    /// From empty, so many ms, with so many customers.
    FromEmpty { ms: i64, customers: f64 },
}

impl Case {
    /// How many replications make up one of so many customers, where the horizon is given.
    pub fn replications_for(&self, customers: f64) -> u32 {
        match self.run {
            Run::FromEmpty { customers: each, .. } => (customers / each).ceil() as u32,
            Run::Steady { .. } | Run::Cycles { .. } => 1,
        }
    }

    /// Sets the length of a replication to about so many customers.
    pub fn sized(&self, customers: f64) -> Case {
        let mut case = self.clone();
        let plan = &mut case.plan;
        let whole = |ms: f64, of: i64| Span(((ms / of as f64).ceil() as i64).max(1) * of);
        match self.run {
            Run::Steady { per_ms } => {
                plan.warm_up = whole(0.25 * customers / per_ms, 1);
                plan.end = plan.start + plan.warm_up + whole(customers / per_ms, 1);
            }
            Run::Cycles { ms, customers: each } => {
                plan.warm_up = Span(2 * ms);
                plan.end = plan.start + plan.warm_up + whole(customers / each * ms as f64, ms);
            }
            Run::FromEmpty { ms, .. } => plan.end = plan.start + Span(ms),
        }
        case
    }
}

/// Reference models that say something else than the desk means, with the difference.
pub const NOT_MODELLED: [(&str, &str); 1] = [(
    "M/M/c(t) exhaustive",
    "when fewer agents are wanted, the reference lets go whoever is idle or finishes first; here those go \
     whose shift ends, after the conversation in hand, while the others go on taking new ones",
)];

/// Cases of `queueing_exact.json`.
pub fn exact() -> Vec<Case> {
    let file: Value = serde_json::from_str(include_str!("../../data/queueing_exact.json")).expect("JSON");
    let modelled = |json: &&Value| NOT_MODELLED.iter().all(|(model, _)| json["model"] != *model);
    file["cases"].as_array().expect("cases").iter().filter(modelled).map(exact_case).collect()
}

/// Cases of `simulated_reference.json`.
pub fn simulated() -> Vec<Case> {
    let file: Value =
        serde_json::from_str(include_str!("../../data/simulated_reference.json")).expect("JSON");
    file["cases"].as_array().expect("cases").iter().map(simulated_case).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_string()
}

fn exact_case(json: &Value) -> Case {
    let p = &json["params"];
    let mut case = Case {
        name: text(&json["name"]),
        model: text(&json["model"]),
        method: text(&json["method"]),
        plan: plainest(),
        unit: HOUR,
        run: Run::Steady { per_ms: 1.0 },
        places: 1.0,
        every_visit: false,
        slices: vec![Slice::default()],
        times: Vec::new(),
        expected: Vec::new(),
    };
    match case.model.clone().as_str() {
        "M/M/c" | "M/M/c/K" | "M/M/c+M" | "M/M/c/K+M" | "M/M/n+G" | "M/G/1" | "GI/M/1" => {
            one_queue(&mut case, p)
        }
        "M/M/c+M balking" => {
            one_queue(&mut case, p);
            case.plan.customer.balk = number(&p["balk_prob_if_must_wait"]);
        }
        "M/G/1-PS" => {
            one_queue(&mut case, p);
            shared(&mut case, &[1.0], 10_000);
        }
        "limited processor sharing, least-loaded" => {
            one_queue(&mut case, p);
            let rates = numbers(&p["total_rate_by_load"]);
            shared(&mut case, &rates, rates.len() as u16);
        }
        "M/M/c HOL" | "M/G/1 HOL" | "M/M/c+M HOL" => classes(&mut case, p),
        "M/M/c preemptive" => {
            classes(&mut case, p);
            case.plan.teams[0].preempt = true;
        }
        "skill routing (N)" => two_pools(&mut case, p),
        "case managers" => case_managers(&mut case, p),
        "MMPP/M/c+M" => phases(&mut case, p),
        "M(t)/M/inf" | "M(t)/M/c+M" => sinusoidal(&mut case, p),
        "M(t)/M/c(t)+M" => stepwise(&mut case, p),
        "transient M/M/c+M" => {
            one_queue(&mut case, p);
            from_empty(&mut case, p);
        }
        "Jackson" => network(&mut case, p),
        other => panic!("a model {other}"),
    }
    expected::exact(&mut case, &json["metrics"]);
    case
}

fn simulated_case(json: &Value) -> Case {
    let unit = HOUR;
    let p = &json["params"];
    let mut case = Case {
        name: text(&json["name"]),
        model: "simulated".into(),
        method: "long independent simulation".into(),
        plan: plainest(),
        unit,
        run: Run::Steady { per_ms: 1.0 },
        places: 1.0,
        every_visit: false,
        slices: vec![Slice::default()],
        times: vec![(number(&p["T"]) * unit).round() as i64],
        expected: Vec::new(),
    };
    let interarrival = law(&p["interarrival"], unit).expect("they arrive");
    case.run = Run::Steady { per_ms: 1.0 / interarrival.mean() };
    let source = source(&mut case.plan);
    source.arrivals = match &interarrival {
        Distribution::Exponential { mean } => constant(HOUR / mean),
        _ => Arrivals::Renewal { interval: interarrival },
    };
    set_agents(&mut case.plan.teams[0], number(&p["servers"]) as u32);
    if let Some(services) = p["service"].as_array() {
        let share = number(&p["share_class_1"]);
        let patience = p["patience"].as_array().expect("one for each class");
        set_classes(&mut case.plan, services.len(), &[share, 1.0], |class, intent| {
            intent.agent_work = law(&services[class], unit).expect("work");
            intent.patience = law(&patience[class], unit);
        });
        case.slices = class_slices(services.len());
    } else {
        case.plan.intents[0].agent_work = law(&p["service"], unit).expect("work");
        case.plan.customer.patience = law(&p["patience"], unit);
    }
    if p["total_rate_by_load"].is_array() {
        let rates = numbers(&p["total_rate_by_load"]);
        shared(&mut case, &rates, number(&p["chats_per_agent"]) as u16);
    }
    expected::simulated(&mut case, &json["classes"]);
    case
}

/// Poisson arrivals (or renewal), one class, one team.
fn one_queue(case: &mut Case, p: &Value) {
    let unit = case.unit;
    let rate = number(&p["lam"]);
    case.run = Run::Steady { per_ms: rate / unit };
    source(&mut case.plan).arrivals = match p.get("interarrival") {
        Some(json) => Arrivals::Renewal { interval: law(json, unit).expect("they arrive") },
        None => constant(rate * HOUR / unit),
    };
    let agents = ["c", "n", "agents"].iter().find_map(|key| p[*key].as_u64()).unwrap_or(1) as u32;
    let team = &mut case.plan.teams[0];
    set_agents(team, agents);
    team.max_waiting = p["K"].as_u64().map(|places| places as u32 - agents);
    case.plan.intents[0].agent_work = match p.get("service") {
        Some(json) => law(json, unit).expect("work"),
        None => exponential(1.0 / p["mu"].as_f64().unwrap_or(1.0), unit),
    };
    let mean = p["mean_patience"].as_f64().or(p["patience_mean"].as_f64());
    case.plan.customer.patience = match p.get("patience") {
        Some(json) => law(json, unit),
        None => mean.map(|mean| exponential(mean, unit)),
    };
}

fn constant(per_hour: f64) -> Arrivals {
    Arrivals::Poisson { slot: Span::from_days(7), per_hour: [per_hour].into(), weekly: true }
}

fn source(plan: &mut Plan) -> &mut Synthetic {
    match &mut plan.sources[0] {
        Source::Synthetic(source) => source,
        Source::Recorded(_) => unreachable!("the plainest plan has a synthetic source"),
    }
}

fn set_agents(team: &mut Team, agents: u32) {
    team.shifts[0].agents = agents;
}

/// Agents work on all they hold at once, at the total speed `rates[held - 1]`.
fn shared(case: &mut Case, rates: &[f64], places: u16) {
    let team = &mut case.plan.teams[0];
    team.attention = Attention::Shared;
    team.concurrency = places;
    team.efficiency = rates.to_vec();
    case.places = f64::from(places);
}

fn class_slices(classes: usize) -> Vec<Slice> {
    let class = |c: usize| Slice { class: Some(c as u16), ..Slice::default() };
    std::iter::once(Slice::default()).chain((0..classes).map(class)).collect()
}

/// One intent for each class, the first the most urgent.
fn set_classes(plan: &mut Plan, n: usize, cumulative: &[f64], set: impl Fn(usize, &mut Intent)) {
    plan.priorities = (0..n).map(|class| format!("p{class}")).collect();
    let plain = plan.intents[0].clone();
    plan.intents = (0..n)
        .map(|class| {
            let mut intent =
                Intent { name: format!("class {class}"), priority: class as u8, ..plain.clone() };
            set(class, &mut intent);
            intent
        })
        .collect();
    source(plan).intents = Shares { index: (0..n as u16).collect(), cumulative: cumulative.to_vec() };
}

fn classes(case: &mut Case, p: &Value) {
    let unit = case.unit;
    let rates = numbers(&p["lams"]);
    let total: f64 = rates.iter().sum();
    case.run = Run::Steady { per_ms: total / unit };
    source(&mut case.plan).arrivals = constant(total * HOUR / unit);
    set_agents(&mut case.plan.teams[0], p["c"].as_u64().unwrap_or(1) as u32);
    let mut sum = 0.0;
    let cumulative: Vec<f64> = rates
        .iter()
        .map(|rate| {
            sum += rate;
            sum / total
        })
        .collect();
    set_classes(&mut case.plan, rates.len(), &cumulative, |class, intent| {
        intent.agent_work = match p.get("services") {
            Some(list) => law(&list[class], unit).expect("work"),
            // Where each pool has its own speed, the teams say so.
            None => exponential(1.0 / p["mu"].as_f64().unwrap_or(1.0), unit),
        };
        intent.patience = p.get("patience_means").map(|list| exponential(number(&list[class]), unit));
    });
    case.slices = class_slices(rates.len());
}

/// Type 1 goes to pool 1, or at once to pool 2; type 2 to pool 2 only.
fn two_pools(case: &mut Case, p: &Value) {
    classes(case, p);
    let (sizes, speeds) = (numbers(&p["pools"]), numbers(&p["mu_pool"]));
    let plain = case.plan.teams[0].clone();
    case.plan.teams = (0..2)
        .map(|pool| {
            let mut team = plain.clone();
            team.name = format!("pool {}", pool + 1);
            team.skills = vec![pool as u16];
            team.agent_work = Some(exponential(1.0 / speeds[pool], case.unit));
            set_agents(&mut team, sizes[pool] as u32);
            team
        })
        .collect();
    case.plan.teams[0].overflow = Some((Span::ZERO, 1));
    case.slices.extend((0..2).map(|team| Slice { team: Some(team), ..Slice::default() }));
}

/// Conversations of several replies; the customer is away between them.
fn case_managers(case: &mut Case, p: &Value) {
    one_queue(case, p);
    set_agents(&mut case.plan.teams[0], number(&p["n_man"]) as u32);
    let places = number(&p["max_cases"]);
    case.plan.teams[0].concurrency = places as u16;
    case.places = places;
    case.plan.intents[0].exchanges = Distribution::Geometric { mean: 1.0 / number(&p["p_end"]) };
    case.plan.customer.reply_delay = exponential(1.0 / number(&p["ext"]), case.unit);
    case.plan.desk.auto_resolve = None;
}

/// Arrivals in a random environment.
fn phases(case: &mut Case, p: &Value) {
    let (rates, leaving) = (numbers(&p["rates"]), numbers(&p["switch_rates"]));
    let unit = case.unit;
    let stays: Vec<f64> = leaving.iter().map(|rate| unit / rate).collect();
    let mean = rates.iter().zip(&stays).map(|(r, s)| r * s).sum::<f64>() / stays.iter().sum::<f64>();
    let mut with_rate = p.clone();
    with_rate["lam"] = mean.into();
    one_queue(case, &with_rate);
    let source = source(&mut case.plan);
    source.arrivals = constant(rates[0] * HOUR / unit);
    source.phases = rates
        .iter()
        .zip(&stays)
        .map(|(rate, &mean_stay)| Phase { factor: rate / rates[0], mean_stay })
        .collect();
}

/// A rate of `mean (1 + swing sin(2 pi t / 24))` an hour, in steps of a minute.
fn sinusoidal(case: &mut Case, p: &Value) {
    let written = text(&p["rate"]);
    let (mean, swing) = match written.as_str() {
        "10(1+0.5 sin(2 pi t/24))" => (10.0, 0.5),
        "9.5(1+0.4 sin(2 pi t/24))" => (9.5, 0.4),
        other => panic!("a rate of {other}"),
    };
    let mut with_rate = p.clone();
    with_rate["lam"] = mean.into();
    if let Some(service) = p["mean_service"].as_f64() {
        // Nobody ever waits for one of so many agents.
        with_rate["mu"] = (1.0 / service).into();
        with_rate["c"] = 200.into();
    }
    one_queue(case, &with_rate);
    let minutes = 1_440;
    let angle = |minute: usize| std::f64::consts::TAU * minute as f64 / minutes as f64;
    let step = angle(1);
    let per_hour = (0..minutes)
        .map(|i| mean * (1.0 + swing * (angle(i).cos() - angle(i + 1).cos()) / step))
        .collect::<Vec<f64>>();
    daily(case, per_hour, Span::from_minutes(1), mean * 24.0);
}

fn daily(case: &mut Case, per_hour: Vec<f64>, slot: Span, customers: f64) {
    source(&mut case.plan).arrivals = Arrivals::Poisson { slot, per_hour: per_hour.into(), weekly: false };
    case.plan.interval = Span::from_minutes(6);
    case.run = Run::Cycles { ms: 24 * 3_600_000, customers };
}

/// Rates and agents in steps through a day; who is at work when his shift ends hands back.
fn stepwise(case: &mut Case, p: &Value) {
    let mut with_rate = p.clone();
    with_rate["lam"] = 1.0.into();
    one_queue(case, &with_rate);
    let steps: Vec<Vec<f64>> = p["rate_steps"].as_array().expect("steps").iter().map(numbers).collect();
    let rate_at = |hour: f64| steps.iter().rev().find(|s| s[0] <= hour).expect("from midnight on")[1];
    let per_hour: Vec<f64> = (0..24).map(|hour| rate_at(f64::from(hour))).collect();
    let customers = per_hour.iter().sum();
    daily(case, per_hour, Span::from_hours(1), customers);
    team_of_shifts(case, &p["shifts"], 24.0);
    case.plan.teams[0].shift_end = ShiftEnd::HandBack;
}

/// Numbers of agents through a day as shifts, each as long as can be.
fn team_of_shifts(case: &mut Case, steps: &Value, until: f64) {
    let mut levels: Vec<(f64, u32)> =
        steps.as_array().expect("shifts").iter().map(|s| (number(&s[0]), number(&s[1]) as u32)).collect();
    levels.push((until, 0));
    let plain = case.plan.teams[0].shifts[0].clone();
    let mut shifts = Vec::new();
    // Those at work, by the hour they came; the last to come is the first to go.
    let mut present: Vec<(f64, u32)> = Vec::new();
    for (hour, wanted) in levels {
        let mut now: u32 = present.iter().map(|(_, agents)| agents).sum();
        if wanted > now {
            present.push((hour, wanted - now));
        }
        while now > wanted {
            let (since, agents) = present.pop().expect("somebody is there");
            let leaving = agents.min(now - wanted);
            if agents > leaving {
                present.push((since, agents - leaving));
            }
            now -= leaving;
            let minutes = |hours: f64| (hours * 60.0) as u16;
            shifts.push(Shift { from: minutes(since), to: minutes(hour), agents: leaving, ..plain.clone() });
        }
    }
    case.plan.teams[0].shifts = shifts;
}

fn from_empty(case: &mut Case, p: &Value) {
    let ms = (number(&p["horizon"]) * case.unit) as i64;
    case.run = Run::FromEmpty { ms, customers: number(&p["lam"]) * number(&p["horizon"]) };
    case.plan.interval = Span::from_minutes(6);
}

/// A network of teams: after its work at one a conversation goes to another, or is done.
fn network(case: &mut Case, p: &Value) {
    let unit = case.unit;
    let external = numbers(&p["external"]);
    let (speeds, agents) = (numbers(&p["mu"]), numbers(&p["c"]));
    let total: f64 = external.iter().sum();
    case.run = Run::Steady { per_ms: total / unit };
    case.every_visit = true;
    let entered: Vec<usize> = (0..external.len()).filter(|i| external[*i] > 0.0).collect();
    let (plain_intent, plain_team) = (case.plan.intents[0].clone(), case.plan.teams[0].clone());
    let plain_source = source(&mut case.plan).clone();
    case.plan.intents =
        entered.iter().map(|node| Intent { name: format!("from {node}"), ..plain_intent.clone() }).collect();
    case.plan.sources = entered
        .iter()
        .enumerate()
        .map(|(intent, &node)| {
            let arrivals = constant(external[node] * HOUR / unit);
            let name = format!("to {node}");
            Source::Synthetic(Synthetic {
                name,
                arrivals,
                intents: one(intent as u16),
                ..plain_source.clone()
            })
        })
        .collect();
    case.plan.teams = (0..speeds.len())
        .map(|node| {
            let mut team = Team { name: format!("node {node}"), ..plain_team.clone() };
            // No intent has the number of the intents: nobody comes to such a team by himself.
            let intent = entered.iter().position(|e| *e == node).unwrap_or(entered.len());
            team.skills = vec![intent as u16];
            team.agent_work = Some(exponential(1.0 / speeds[node], unit));
            set_agents(&mut team, agents[node] as u32);
            team.transfers = numbers(&p["P"][node])
                .into_iter()
                .enumerate()
                .filter(|(_, chance)| *chance > 0.0)
                .map(|(to, chance)| (to as u16, chance))
                .collect();
            team
        })
        .collect();
    case.slices.extend((0..speeds.len() as u16).map(|team| Slice { team: Some(team), ..Slice::default() }));
}
