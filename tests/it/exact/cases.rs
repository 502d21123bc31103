//! The reference cases as scenario files, and what each must come to.

use super::expected::{self, Expected};
use super::laws::{exponential, law, mean, number, numbers};
use super::scenario::{Draft, ms, table};
use super::tally::Slice;
use serde_json::Value as Json;
use toml::Value;

/// Whatever the reference calls its unit, here it is an hour: so that whole milliseconds are fine enough.
const HOUR: f64 = 3_600_000.0;
/// Where nobody ever waits: so many agents.
const PLENTY: i64 = 3_000;

/// One model with its answers.
#[derive(Clone, Debug)]
pub struct Case {
    pub name: String,
    pub model: String,
    /// Where the answers come from.
    pub method: String,
    pub draft: Draft,
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
    /// Amounts of work whose time in the system is asked for, ms.
    pub sizes: Vec<i64>,
    pub expected: Vec<Expected>,
    /// Answers that are not compared.
    pub left_out: Vec<String>,
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

    /// The scenario with the length of a replication set to about so many customers.
    pub fn sized(&self, customers: f64) -> Draft {
        let (warm_up, measured) = match self.run {
            Run::Steady { per_ms } => {
                // A run may last ten years; a quarter more goes before what is measured.
                const NINE_YEARS_MS: f64 = 9.0 * 365.0 * 86_400_000.0;
                let customers = customers.min(NINE_YEARS_MS / 1.25 * per_ms);
                let whole = |customers: f64| (customers / per_ms / 3_600_000.0).ceil() * 3_600_000.0;
                (whole(0.25 * customers), whole(customers))
            }
            Run::Cycles { ms, customers: each } => {
                (2.0 * ms as f64, (customers / each).ceil().max(1.0) * ms as f64)
            }
            Run::FromEmpty { ms, .. } => (0.0, ms as f64),
        };
        let mut draft = self.draft.clone();
        draft.set("scenario.warm_up", ms(warm_up));
        draft.set("scenario.duration", ms(warm_up + measured));
        draft
    }
}

/// The cases of a reference file (`queueing_exact.json` or `simulated_reference.json`, or one of their
/// form), and the models in it that cannot be written as a scenario.
pub fn cases(text: &str) -> (Vec<Case>, Vec<String>) {
    let file: Json = serde_json::from_str(text).expect("JSON");
    let (mut cases, mut unknown) = (Vec::new(), Vec::new());
    for json in file["cases"].as_array().expect("cases") {
        match if json["classes"].is_array() { Some(simulated_case(json)) } else { exact_case(json) } {
            Some(case) => cases.push(case),
            None => unknown.push(format!("{} ({})", json["name"], json["model"])),
        }
    }
    (cases, unknown)
}

/// The cases of the files that come with the tests.
pub fn all() -> (Vec<Case>, Vec<String>) {
    let (mut cases, mut unknown) = self::cases(include_str!("../../data/queueing_exact.json"));
    let more = self::cases(include_str!("../../data/simulated_reference.json"));
    cases.extend(more.0);
    unknown.extend(more.1);
    (cases, unknown)
}

impl Case {
    fn new(json: &Json, model: &str, method: &str) -> Case {
        let mut draft = Draft::plainest();
        let name = json["name"].as_str().expect("a name");
        draft.set("scenario.name", name);
        Case {
            name: name.to_string(),
            model: model.to_string(),
            method: method.to_string(),
            draft,
            unit: HOUR,
            run: Run::Steady { per_ms: 1.0 },
            places: 1.0,
            every_visit: false,
            slices: vec![Slice::default()],
            times: Vec::new(),
            sizes: Vec::new(),
            expected: Vec::new(),
            left_out: Vec::new(),
        }
    }

    fn set(&mut self, path: &str, value: impl Into<Value>) {
        self.draft.set(path, value);
    }

    /// A steady Poisson process of so many customers a unit.
    fn poisson(&mut self, source: usize, rate: f64) {
        let per_hour = table([("per_hour", rate * HOUR / self.unit)]);
        self.set(&format!("traffic.{source}.volume"), per_hour);
    }

    /// A rate in steps (hour, customers an hour) that repeat.
    fn daily(&mut self, steps: &[(f64, f64)], cycle: f64) {
        let step = |(at, rate): &(f64, f64)| table([("at", ms(at * HOUR)), ("per_hour", (*rate).into())]);
        let steps: Vec<Value> = steps.iter().map(step).collect();
        let rate = table([("cycle", ms(cycle * HOUR)), ("steps", Value::Array(steps))]);
        self.set("traffic.0.rate", rate);
        self.set("scenario.interval", "6m");
    }
}

fn exact_case(json: &Json) -> Option<Case> {
    let p = &json["params"];
    let text = |key: &str| json[key].as_str().unwrap_or_default().to_string();
    let mut case = Case::new(json, &text("model"), &text("method"));
    match case.model.clone().as_str() {
        "M/M/c" | "M/M/c/K" | "M/M/c+M" | "M/M/c/K+M" | "M/M/n+G" | "M/G/1" | "GI/M/1" | "M/M/inf"
        | "M/G/inf" => one_queue(&mut case, p),
        "M/M/c+M balking" => {
            one_queue(&mut case, p);
            case.set("customer.balk", number(&p["balk_prob_if_must_wait"]));
        }
        "M/G/1-PS" => {
            one_queue(&mut case, p);
            shared(&mut case, &[1.0], 1_000);
        }
        "limited processor sharing, least-loaded" => {
            one_queue(&mut case, p);
            let rates = numbers(&p["total_rate_by_load"]);
            shared(&mut case, &rates, rates.len() as i64);
        }
        "M/M/c HOL" | "M/G/1 HOL" | "M/M/c+M HOL" => classes(&mut case, p),
        "M/M/c preemptive" => {
            classes(&mut case, p);
            case.set("team.0.preempt", true);
        }
        "skill routing (N)" => two_pools(&mut case, p),
        "case managers" => case_managers(&mut case, p),
        "MMPP/M/c+M" | "MMPP/M/c" => phases(&mut case, p),
        "M(t)/M/inf" | "M(t)/M/c+M" | "M(t)/M/c" => by_the_clock(&mut case, p),
        "M(t)/M/c(t)+M" | "M(t)/M/c(t)" => {
            by_the_clock(&mut case, p);
            team_of_shifts(&mut case, &p["shifts"], p["period"].as_f64().unwrap_or(24.0));
            case.set("team.0.shift_end", shift_end(p));
        }
        "M/M/c(t) exhaustive" => {
            one_queue(&mut case, p);
            from_empty(&mut case, p);
            team_of_shifts(&mut case, &p["shifts"], number(&p["horizon"]));
            case.set("team.0.shift_end", shift_end(p));
        }
        "transient M/M/c+M" | "transient M/M/c" => {
            one_queue(&mut case, p);
            from_empty(&mut case, p);
        }
        "Jackson" => network(&mut case, p),
        _ => return None,
    }
    expected::exact(&mut case, &json["metrics"]);
    Some(case)
}

fn simulated_case(json: &Json) -> Case {
    let p = &json["params"];
    let mut case = Case::new(json, "simulated", "long independent simulation");
    let unit = case.unit;
    case.times = vec![(number(&p["T"]) * unit).round() as i64];
    arrivals(&mut case, &p["interarrival"]);
    case.set("team.0.agents", number(&p["servers"]) as i64);
    if let Some(room) = p["waiting_room"].as_i64() {
        case.set("team.0.max_waiting", room);
    }
    if let Some(services) = p["service"].as_array() {
        let share = number(&p["share_class_1"]);
        let patience = p["patience"].as_array().expect("one for each class");
        set_classes(&mut case, &[share, 1.0 - share]);
        for (class, (service, patience)) in services.iter().zip(patience).enumerate() {
            case.set(&format!("intent.{class}.agent_work"), law(service, unit).expect("work"));
            if let Some(patience) = law(patience, unit) {
                case.set(&format!("intent.{class}.patience"), patience);
            }
        }
    } else {
        case.set("intent.0.agent_work", law(&p["service"], unit).expect("work"));
        if let Some(patience) = law(&p["patience"], unit) {
            case.set("customer.patience", patience);
        }
    }
    if p["total_rate_by_load"].is_array() {
        let rates = numbers(&p["total_rate_by_load"]);
        shared(&mut case, &rates, number(&p["chats_per_agent"]) as i64);
    }
    expected::simulated(&mut case, &json["classes"]);
    case
}

/// Times between arrivals, each drawn anew.
fn arrivals(case: &mut Case, interarrival: &Json) {
    let unit = case.unit;
    let mean = mean(interarrival);
    case.run = Run::Steady { per_ms: 1.0 / (mean * unit) };
    if interarrival["kind"] == "exp" {
        case.poisson(0, 1.0 / mean);
    } else {
        case.set("traffic.0.interval", law(interarrival, unit).expect("they arrive"));
    }
}

/// Work of one reply, agents, waiting room and patience.
fn desk(case: &mut Case, p: &Json) {
    let unit = case.unit;
    let agents = ["c", "n", "agents", "n_man", "servers"].iter().find(|key| p.get(**key).is_some());
    let agents = agents.map_or(1, |key| p[*key].as_i64().unwrap_or(PLENTY));
    case.set("team.0.agents", agents);
    if let Some(places) = p["K"].as_i64() {
        case.set("team.0.max_waiting", places - agents);
    }
    case.set(
        "intent.0.agent_work",
        match p.get("service") {
            Some(json) => law(json, unit).expect("work"),
            None => exponential(1.0 / p["mu"].as_f64().unwrap_or(1.0), unit),
        },
    );
    let mean = p["mean_patience"].as_f64().or(p["patience_mean"].as_f64());
    let patience = match p.get("patience") {
        Some(json) => law(json, unit),
        None => mean.map(|mean| exponential(mean, unit)),
    };
    if let Some(patience) = patience {
        case.set("customer.patience", patience);
    }
}

/// Poisson arrivals (or renewal), one class, one team.
fn one_queue(case: &mut Case, p: &Json) {
    match p.get("interarrival") {
        Some(json) => arrivals(case, json),
        None => {
            let rate = number(&p["lam"]);
            case.run = Run::Steady { per_ms: rate / case.unit };
            case.poisson(0, rate);
        }
    }
    desk(case, p);
}

/// Agents work on all they hold at once, at the total speed `rates[held - 1]`.
fn shared(case: &mut Case, rates: &[f64], places: i64) {
    case.set("team.0.attention", "shared");
    case.set("team.0.assignment", "random");
    case.set("team.0.concurrency", places);
    case.set("team.0.efficiency", rates.to_vec());
    case.places = places as f64;
}

/// One intent for each class, the first the most urgent, with these weights.
fn set_classes(case: &mut Case, weights: &[f64]) {
    let n = weights.len();
    let priorities: Vec<Value> = (0..n).map(|class| format!("p{class}").into()).collect();
    case.set("scenario.priorities", Value::Array(priorities));
    for class in 0..n {
        case.set(&format!("intent.{class}.name"), format!("class {}", class + 1));
        case.set(&format!("intent.{class}.priority"), format!("p{class}"));
    }
    let names = (0..n).map(|class| format!("class {}", class + 1));
    case.set("traffic.0.intents", table(names.zip(weights.iter().copied())));
    case.slices.extend((0..n as u16).map(|class| Slice { class: Some(class), ..Slice::default() }));
}

fn classes(case: &mut Case, p: &Json) {
    let unit = case.unit;
    let rates = numbers(&p["lams"]);
    let total: f64 = rates.iter().sum();
    case.run = Run::Steady { per_ms: total / unit };
    case.poisson(0, total);
    case.set("team.0.agents", p["c"].as_i64().unwrap_or(1));
    set_classes(case, &rates);
    for class in 0..rates.len() {
        let work = match p.get("services") {
            Some(list) => law(&list[class], unit).expect("work"),
            // Where each pool has its own speed, the teams say so.
            None => exponential(1.0 / p["mu"].as_f64().unwrap_or(1.0), unit),
        };
        case.set(&format!("intent.{class}.agent_work"), work);
        if let Some(list) = p.get("patience_means") {
            case.set(&format!("intent.{class}.patience"), exponential(number(&list[class]), unit));
        }
    }
}

/// Type 1 goes to pool 1, or at once to pool 2; type 2 to pool 2 only.
fn two_pools(case: &mut Case, p: &Json) {
    classes(case, p);
    let (sizes, speeds) = (numbers(&p["pools"]), numbers(&p["mu_pool"]));
    for pool in 0..2 {
        let team = |key: &str| format!("team.{pool}.{key}");
        case.set(&team("name"), format!("pool {}", pool + 1));
        case.set(&team("skills"), Value::Array(vec![format!("class {}", pool + 1).into()]));
        case.set(&team("agent_work"), exponential(1.0 / speeds[pool], case.unit));
        case.set(&team("agents"), sizes[pool] as i64);
    }
    case.set("team.0.overflow", table([("to", "pool 2")]));
    case.slices.extend((0..2).map(|team| Slice { team: Some(team), ..Slice::default() }));
}

/// Conversations of several replies; the customer is away between them.
fn case_managers(case: &mut Case, p: &Json) {
    one_queue(case, p);
    let places = number(&p["max_cases"]);
    case.set("team.0.concurrency", places as i64);
    case.set("team.0.assignment", "random");
    case.places = places;
    let replies = table([("mean", 1.0 / number(&p["p_end"]))]);
    case.set("intent.0.exchanges", table([("geometric", replies)]));
    case.set("customer.reply_delay", exponential(1.0 / number(&p["ext"]), case.unit));
    case.set("desk.auto_resolve", "none");
}

/// Arrivals in a random environment.
fn phases(case: &mut Case, p: &Json) {
    let (rates, leaving) = (numbers(&p["rates"]), numbers(&p["switch_rates"]));
    let unit = case.unit;
    let stays: Vec<f64> = leaving.iter().map(|rate| unit / rate).collect();
    let mean = rates.iter().zip(&stays).map(|(r, s)| r * s).sum::<f64>() / stays.iter().sum::<f64>();
    case.run = Run::Steady { per_ms: mean / unit };
    case.poisson(0, 1.0);
    desk(case, p);
    let phase =
        |(rate, stay): (&f64, &f64)| table([("factor", Value::Float(*rate)), ("mean_stay", ms(*stay))]);
    let phases: Vec<Value> = rates.iter().zip(&stays).map(phase).collect();
    case.set("traffic.0.phases", Value::Array(phases));
}

/// A rate that follows the time of day: in steps as written, or a sine in steps of six minutes.
fn by_the_clock(case: &mut Case, p: &Json) {
    let cycle = p["period"].as_f64().unwrap_or(24.0);
    let steps: Vec<(f64, f64)> = match p["rate_steps"].as_array() {
        Some(steps) => steps.iter().map(|step| (number(&step[0]), number(&step[1]))).collect(),
        None => match p["rate"].as_str() {
            Some(text) => {
                let (mean, swing, period) = sine(text).unwrap_or_else(|| panic!("a rate of {text}"));
                let count = 240;
                let angle = |i: usize| std::f64::consts::TAU * i as f64 / count as f64;
                let at = |i: usize| period * i as f64 / count as f64;
                // The mean over the step, so that no customer is lost.
                let over = |i: usize| (angle(i).cos() - angle(i + 1).cos()) / angle(1);
                (0..count).map(|i| (at(i), mean * (1.0 + swing * over(i)))).collect()
            }
            None => vec![(0.0, number(&p["lam"]))],
        },
    };
    let ends = steps.iter().skip(1).map(|s| s.0).chain([cycle]);
    let customers = steps.iter().zip(ends).map(|((from, rate), to)| rate * (to - from)).sum();
    case.daily(&steps, cycle);
    case.run = Run::Cycles { ms: (cycle * HOUR) as i64, customers };
    let mut with = p.clone();
    if let Some(service) = p["mean_service"].as_f64() {
        with["mu"] = (1.0 / service).into();
        with["c"] = PLENTY.into();
    }
    desk(case, &with);
}

/// `10(1+0.5 sin(2 pi t/24))` as (10, 0.5, 24).
fn sine(text: &str) -> Option<(f64, f64, f64)> {
    let (mean, rest) = text.split_once("(1")?;
    let (swing, rest) = rest.split_once("sin(2 pi t/")?;
    let number = |text: &str| text.replace([' ', '*'], "").parse::<f64>().ok();
    Some((number(mean)?, number(swing)?, number(rest.trim_end_matches(')'))?))
}

/// What the reference says of those who are at work when fewer agents are wanted.
fn shift_end(p: &Json) -> &'static str {
    let text = p["at_shift_end"].as_str().unwrap_or_default();
    if text.contains("head of the queue") { "hand_back" } else { "first_free" }
}

/// Numbers of agents through a day as shifts, each as long as can be.
fn team_of_shifts(case: &mut Case, steps: &Json, until: f64) {
    let mut levels: Vec<(f64, i64)> = steps
        .as_array()
        .expect("shifts")
        .iter()
        .map(|step| (number(&step[0]), number(&step[1]) as i64))
        .collect();
    levels.push((until, 0));
    let clock = |hours: f64| {
        let minutes = (hours * 60.0).round() as u32;
        format!("{:02}:{:02}", minutes / 60, minutes % 60)
    };
    let mut shifts = Vec::new();
    // Those at work, by the hour they came; the last to come is the first to go.
    let mut present: Vec<(f64, i64)> = Vec::new();
    for (hour, wanted) in levels {
        let mut now: i64 = present.iter().map(|(_, agents)| agents).sum();
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
            let hours = format!("{}-{}", clock(since), clock(hour));
            shifts.push(table([("hours", hours.into()), ("agents", Value::Integer(leaving))]));
        }
    }
    case.draft.unset("team.0.agents");
    case.set("team.0.shifts", Value::Array(shifts));
}

fn from_empty(case: &mut Case, p: &Json) {
    let ms = (number(&p["horizon"]) * case.unit) as i64;
    case.run = Run::FromEmpty { ms, customers: number(&p["lam"]) * number(&p["horizon"]) };
    case.set("scenario.interval", "6m");
}

/// A network of teams: after its work at one a conversation goes to another, or is done.
fn network(case: &mut Case, p: &Json) {
    let unit = case.unit;
    let external = numbers(&p["external"]);
    let speeds = numbers(&p["mu"]);
    let agents = p["c"].as_array().expect("agents of each node");
    let total: f64 = external.iter().sum();
    case.run = Run::Steady { per_ms: total / unit };
    case.every_visit = true;
    let node = |i: usize| format!("node {}", i + 1);
    // One intent for each team, so that each has its own; to some comes nobody from outside.
    for i in 0..external.len() {
        case.set(&format!("intent.{i}.name"), node(i));
    }
    for (source, i) in (0..external.len()).filter(|i| external[*i] > 0.0).enumerate() {
        case.set(&format!("traffic.{source}.name"), node(i));
        case.set(&format!("traffic.{source}.intents"), table([(node(i), 1.0)]));
        case.poisson(source, external[i]);
    }
    for i in 0..speeds.len() {
        let team = |key: &str| format!("team.{i}.{key}");
        case.set(&team("name"), node(i));
        case.set(&team("skills"), Value::Array(vec![node(i).into()]));
        case.set(&team("agent_work"), exponential(1.0 / speeds[i], unit));
        case.set(&team("agents"), agents[i].as_i64().unwrap_or(PLENTY));
        let onward = numbers(&p["P"][i]);
        let onward = onward.into_iter().enumerate().filter(|(_, chance)| *chance > 0.0);
        case.set(&team("transfers"), table(onward.map(|(to, chance)| (node(to), chance))));
    }
    case.slices.extend((0..speeds.len() as u16).map(|team| Slice { team: Some(team), ..Slice::default() }));
}
