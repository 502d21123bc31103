//! Waiting in line, by formula: Erlang B, Erlang C, Erlang A and M/M/n+G, and pools of agents who
//! hold several conversations at once.
//!
//! All of them are one birth-and-death process: with `k` customers present (below the number of
//! places) work is finished at a total rate that depends on `k`; with every place taken it is finished
//! at a constant rate, and those in line leave when their patience is over. The line's law is that of
//! Baccelli and Hebuterne (1981) in the form of Zeltyn and Mandelbaum (2005): the wait that a customer
//! of endless patience would have has a density proportional to exp(lambda H(x) - R x), where R is the
//! rate with all places taken and H(x) = E[min(patience, x)].
//!
//! One unit of time throughout: rates are per that unit.

use super::survival::Survival;

/// Erlang B: the share of customers turned away by `servers` servers without a line, at an offered
/// load of `load` (arrival rate times mean service time). By the stable recursion.
pub fn erlang_b(servers: u32, load: f64) -> f64 {
    below(load, f64::from, servers).last_state
}

/// A pool: Poisson arrivals, exponential work, first come first served.
#[derive(Clone, Debug)]
pub struct Pool {
    /// Customers per unit of time.
    pub arrival_rate: f64,
    /// Total rate at which work is finished with 1, 2, 3 … customers in service; as long as there are
    /// places. The last one holds while customers wait.
    pub completion_rates: Vec<f64>,
}

/// How a pool does in steady state. Shares are of all customers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Steady {
    /// Has to wait.
    pub p_wait: f64,
    /// Leaves before being served.
    pub p_abandon: f64,
    /// Mean wait of all customers, served or not.
    pub mean_wait: f64,
    /// Mean number in line.
    pub mean_queue: f64,
    /// Mean number in service.
    pub mean_in_service: f64,
    /// What happens within the time asked about.
    pub within: Within,
}

/// What happens within a time after arrival. Shares are of all customers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Within {
    /// Service began.
    pub served: f64,
    /// Left.
    pub abandoned: f64,
    /// Leaves at some time, early or late.
    pub abandoned_ever: f64,
}

/// The four service levels in use; the same pool can differ by points between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Convention {
    /// Served in time / all.
    OfAll,
    /// Served in time / all but those who left in time.
    ShortAbandonsLeftOut,
    /// Served in time / served.
    OfServed,
    /// Wait over in time, served or not / all.
    WaitOver,
}

impl Within {
    /// The service level in a convention.
    pub fn service_level(&self, convention: Convention) -> f64 {
        let share = |of: f64| if of > 0.0 { self.served / of } else { 1.0 };
        match convention {
            Convention::OfAll => self.served,
            Convention::ShortAbandonsLeftOut => share(1.0 - self.abandoned),
            Convention::OfServed => share(1.0 - self.abandoned_ever),
            Convention::WaitOver => self.served + self.abandoned,
        }
    }
}

impl Pool {
    /// `servers` servers who serve one customer each: M/M/n.
    pub fn of_servers(arrival_rate: f64, service_rate: f64, servers: u32) -> Pool {
        let completion_rates = (1..=servers).map(|k| f64::from(k) * service_rate).collect();
        Pool { arrival_rate, completion_rates }
    }

    /// `agents` agents who hold up to `rates.len()` conversations each, a new one going to whom has the
    /// fewest; an agent with `j` open finishes them at the total rate `rates[j - 1]`. Takes the loads to
    /// be as even as they can be, which is exact for one agent and close for several.
    pub fn of_chats(arrival_rate: f64, rates: &[f64], agents: u32) -> Pool {
        let rate = |open: u32| if open == 0 { 0.0 } else { rates[open as usize - 1] };
        let completion_rates = (1..=agents * rates.len() as u32)
            .map(|present| {
                let (low, with_one_more) = (present / agents, present % agents);
                let at_low = f64::from(agents - with_one_more) * rate(low);
                at_low + if with_one_more > 0 { f64::from(with_one_more) * rate(low + 1) } else { 0.0 }
            })
            .collect();
        Pool { arrival_rate, completion_rates }
    }

    /// The steady state; `within` is the time of the service level. `None` if there is none: nobody
    /// leaves and more comes than can be done, or the pool is empty.
    pub fn steady(&self, patience: Option<&Survival>, within: f64) -> Option<Steady> {
        let places = self.completion_rates.len() as u32;
        let full_rate = *self.completion_rates.last()?;
        let arrivals = self.arrival_rate;
        if !(arrivals > 0.0 && full_rate > 0.0) || (patience.is_none() && arrivals >= full_rate) {
            return None;
        }
        let rate = |k: u32| self.completion_rates[k as usize - 1];
        let below = below(arrivals, rate, places - 1);
        let line = match patience {
            None => Line::endless(arrivals, full_rate, within),
            Some(law) => Line::with_patience(arrivals, full_rate, law, within),
        };
        // Weight of the states with every place taken, against the others'; may be infinite.
        let weight = libm::exp(line.log_mass + libm::log(arrivals)) * below.last_state;
        let p_wait = if weight.is_finite() { weight / (1.0 + weight) } else { 1.0 };
        let p_abandon = if patience.is_some() {
            (p_wait * (1.0 - full_rate / arrivals) + (1.0 - p_wait) * below.last_state).clamp(0.0, 1.0)
        } else {
            0.0
        };
        let served = 1.0 - p_wait + p_wait * line.served_within;
        let waits_longer = p_wait * line.waits_longer;
        let mean_wait = p_wait * line.mean_wait;
        Some(Steady {
            p_wait,
            p_abandon,
            mean_wait,
            mean_queue: arrivals * mean_wait,
            mean_in_service: (1.0 - p_wait) * below.mean + p_wait * f64::from(places),
            within: Within {
                served,
                abandoned: (1.0 - waits_longer - served).max(0.0),
                abandoned_ever: p_abandon,
            },
        })
    }
}

/// The states 0..=`upto`, by themselves.
struct Below {
    /// Share of the last state.
    last_state: f64,
    /// Mean state.
    mean: f64,
}

fn below(arrivals: f64, rate: impl Fn(u32) -> f64, upto: u32) -> Below {
    let (mut last_state, mut mean) = (1.0, 0.0);
    for k in 1..=upto {
        last_state = arrivals * last_state / (arrivals * last_state + rate(k));
        mean = mean * (1.0 - last_state) + f64::from(k) * last_state;
    }
    Below { last_state, mean }
}

/// The line, seen by a customer who finds every place taken.
struct Line {
    /// Logarithm of the integral of exp(lambda H(x) - R x).
    log_mass: f64,
    /// Mean wait, served or not.
    mean_wait: f64,
    /// Served within the time asked about.
    served_within: f64,
    /// Still waiting after that time.
    waits_longer: f64,
}

impl Line {
    /// Nobody leaves: the wait is exponential.
    fn endless(arrivals: f64, full_rate: f64, within: f64) -> Line {
        let rate = full_rate - arrivals;
        let waits_longer = libm::exp(-rate * within);
        Line {
            log_mass: -libm::log(rate),
            mean_wait: 1.0 / rate,
            served_within: 1.0 - waits_longer,
            waits_longer,
        }
    }

    /// By Gauss-Legendre panels, each short against every scale on which the integrand changes.
    fn with_patience(arrivals: f64, full_rate: f64, patience: &Survival, within: f64) -> Line {
        let exponent = |x: f64| arrivals * patience.limited_mean(x) - full_rate * x;
        let slope = |x: f64| arrivals * patience.beyond(x) - full_rate;
        // The exponent is concave: it counts from a little before its peak to a little after it.
        let peak = crossing(slope, patience.mean);
        let highest = exponent(peak);
        let counts = |x: f64| exponent(x) > highest - NEGLIGIBLE;
        let mut x = if counts(0.0) { 0.0 } else { crossing(|x| if counts(x) { -1.0 } else { 1.0 }, peak) };
        let shortest = patience.mean.min(1.0 / full_rate) * 1e-6;

        let (mut mass, mut served, mut beyond, mut waited) = (0.0, 0.0, 0.0, 0.0);
        while counts(x) || slope(x) > 0.0 {
            let scale = patience.mean.max(x);
            let longest = (scale / 8.0).min(libm::sqrt(scale / arrivals));
            let smooth = longest.min(x / 2.0).min(1.0 / slope(x).abs()).max(shortest);
            let corner = patience.corners.iter().copied().chain([within]).filter(|c| *c > x);
            let end = corner.fold(x + smooth, f64::min);
            let half = (end - x) / 2.0;
            for (node, weight) in GAUSS {
                for y in [x + half * (1.0 - node), x + half * (1.0 + node)] {
                    let density = weight * half * libm::exp(exponent(y) - highest);
                    mass += density;
                    waited += density * patience.limited_mean(y);
                    if end <= within {
                        served += density * patience.beyond(y);
                    } else {
                        beyond += density;
                    }
                }
            }
            x = end;
        }
        Line {
            log_mass: highest + libm::log(mass),
            mean_wait: waited / mass,
            served_within: served / mass,
            waits_longer: patience.beyond(within) * beyond / mass,
        }
    }
}

/// Where a function that is positive first and negative later crosses zero; 0 if it is never positive.
fn crossing(function: impl Fn(f64) -> f64, scale: f64) -> f64 {
    if function(0.0) <= 0.0 {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, scale);
    while function(high) > 0.0 {
        low = high;
        high *= 2.0;
    }
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if function(middle) > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// e^-40 is below the last digit of a sum near 1.
const NEGLIGIBLE: f64 = 40.0;

/// (node, weight) of the eight-point Gauss-Legendre rule, one of each symmetric pair.
const GAUSS: [(f64, f64); 4] = [
    (0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887_3),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_5),
    (0.960_289_856_497_536_3, 0.101_228_536_290_376_3),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Distribution;
    use serde_json::Value;

    fn reference(file: &str) -> Vec<Value> {
        let value: Value = serde_json::from_str(file).expect("the reference file is JSON");
        let list = value["cases"].as_array().or(value["examples"].as_array());
        list.expect("the reference file has a list").clone()
    }

    fn staffing(kind: &str) -> Vec<Value> {
        let rows = reference(include_str!("../../tests/data/staffing_examples.json"));
        let rows: Vec<Value> = rows.into_iter().filter(|r| r["kind"] == kind).collect();
        assert!(!rows.is_empty(), "{kind}");
        rows
    }

    fn exact(model: &str) -> Vec<Value> {
        let cases = reference(include_str!("../../tests/data/queueing_exact.json"));
        let cases: Vec<Value> = cases.into_iter().filter(|c| c["model"] == model).collect();
        assert!(!cases.is_empty(), "{model}");
        cases
    }

    fn number(value: &Value) -> f64 {
        value.as_f64().expect("a number")
    }

    #[track_caller]
    fn near(got: f64, expected: &Value, relative: f64, what: &Value) {
        let expected = number(expected);
        assert!((got - expected).abs() <= relative * expected.abs() + 1e-12, "{what}: {got}, not {expected}");
    }

    fn exponential(mean: f64) -> Survival {
        Survival::of(&Distribution::Exponential { mean })
    }

    #[test]
    fn erlang_b_rows() {
        for row in staffing("erlang_b") {
            let i = &row["inputs"];
            let b = erlang_b(number(&i["servers"]) as u32, number(&i["offered_load"]));
            near(b, &row["expected"]["blocking"], 1e-9, &row["id"]);
        }
        near(erlang_b(10, 10.0), &staffing("mmck")[0]["expected"]["p_block"], 1e-9, &"mmck".into());
        assert_eq!(erlang_b(0, 3.0), 1.0);
    }

    #[test]
    fn erlang_c_rows() {
        for row in staffing("erlang_c") {
            let (i, e) = (&row["inputs"], &row["expected"]);
            let pool = Pool::of_servers(
                number(&i["arrivals_per_min"]),
                1.0 / number(&i["aht_min"]),
                number(&i["agents"]) as u32,
            );
            let s = pool.steady(None, number(&i["threshold_min"])).expect("stable");
            near(s.p_wait, &e["p_wait"], 1e-9, &row["id"]);
            near(s.within.served, &e["service_level"], 1e-9, &row["id"]);
            near(s.mean_wait, &e["asa"], 1e-9, &row["id"]);
            near(s.mean_queue, &e["mean_queue"], 1e-9, &row["id"]);
            near(s.mean_in_service, &e["offered_load"], 1e-9, &row["id"]);
        }
    }

    #[test]
    fn patience_rows() {
        for row in staffing("erlang_a").into_iter().chain(staffing("mmn_general_patience")) {
            let (i, e) = (&row["inputs"], &row["expected"]);
            let patience = match i["patience"].as_str() {
                Some("lognormal mean 5 min, cv 1") => {
                    let sigma_squared = libm::log(2.0);
                    let mu = libm::log(5.0) - sigma_squared / 2.0;
                    Survival::of(&Distribution::Lognormal { mu, sigma: libm::sqrt(sigma_squared) })
                }
                Some("exponential mean 5 min") => exponential(5.0),
                _ => exponential(number(&i["mean_patience_min"])),
            };
            let pool = Pool::of_servers(
                number(&i["arrivals_per_min"]),
                1.0 / number(&i["aht_min"]),
                number(&i["agents"]) as u32,
            );
            let s = pool.steady(Some(&patience), number(&i["threshold_min"])).expect("steady");
            let id = &row["id"];
            near(s.p_wait, &e["p_wait_offered"], 1e-7, id);
            near(s.p_abandon, &e["p_abandon"], 1e-7, id);
            near(s.mean_wait, &e["mean_wait"], 1e-7, id);
            near(s.mean_queue, &e["mean_queue"], 1e-7, id);
            near(s.mean_in_service / number(&i["agents"]), &e["occupancy"], 1e-7, id);
            near(s.within.abandoned, &e["abandoned_within_t"], 1e-7, id);
            for (convention, key) in [
                (Convention::OfAll, "sl_served_over_all"),
                (Convention::ShortAbandonsLeftOut, "sl_excluding_short_abandons"),
                (Convention::OfServed, "sl_served_only"),
                (Convention::WaitOver, "sl_wait_le_t"),
            ] {
                near(s.within.service_level(convention), &e[key], 1e-7, id);
            }
        }
    }

    fn patience_of(params: &Value) -> Option<Survival> {
        if let Some(mean) = params["mean_patience"].as_f64() {
            return Some(exponential(mean));
        }
        let p = &params["patience"];
        let mean = || number(&p["mean"]);
        Some(Survival::of(&match p["kind"].as_str()? {
            "det" => Distribution::Deterministic { value: number(&p["value"]) },
            "uniform" => Distribution::Uniform { low: 0.0, high: number(&p["high"]) },
            "erlang" => Distribution::Gamma { shape: number(&p["k"]), scale: mean() / number(&p["k"]) },
            "lognormal" => {
                let sigma_squared = libm::log1p(number(&p["scv"]));
                let mu = libm::log(mean()) - sigma_squared / 2.0;
                Distribution::Lognormal { mu, sigma: libm::sqrt(sigma_squared) }
            }
            other => panic!("a patience of kind {other}"),
        }))
    }

    /// Every case with Poisson arrivals, exponential work and one queue.
    #[test]
    fn exact_cases() {
        for case in ["M/M/c", "M/M/c+M", "M/M/n+G"].into_iter().flat_map(exact) {
            let (p, m, name) = (&case["params"], &case["metrics"], &case["name"]);
            let servers = p["c"].as_u64().or(p["n"].as_u64()).expect("servers") as u32;
            let pool = Pool::of_servers(number(&p["lam"]), number(&p["mu"]), servers);
            let patience = patience_of(p);
            let s = pool.steady(patience.as_ref(), 0.0).expect("steady");
            near(s.p_wait, &m["p_wait"], 1e-8, name);
            near(s.p_abandon, &m["p_abandon"], 1e-7, name);
            near(s.mean_wait, &m["mean_wait"], 1e-8, name);
            near(s.mean_queue + s.mean_in_service, &m["mean_system"], 1e-8, name);
            for level in m["sl"].as_array().expect("service levels") {
                let s = pool.steady(patience.as_ref(), number(&level["T"])).expect("steady");
                for (convention, key) in [
                    (Convention::OfAll, "in_T_of_offered"),
                    (Convention::ShortAbandonsLeftOut, "in_T_excl_short"),
                    (Convention::OfServed, "in_T_of_served"),
                    (Convention::WaitOver, "leave_T"),
                ] {
                    near(s.within.service_level(convention), &level[key], 1e-8, name);
                }
            }
        }
    }

    #[test]
    fn chat_rows() {
        for row in staffing("chat_concurrency") {
            let (i, e, id) = (&row["inputs"], &row["expected"], &row["id"]);
            let rates = &[6.0, 10.0, 12.0, 12.4][..number(&i["max_chats"]) as usize];
            let agents = number(&i["agents"]) as u32;
            let pool = Pool::of_chats(number(&i["arrivals_per_hour"]), rates, agents);
            let patience = exponential(1.0 / number(&i["abandon_rate_per_hour"]));
            let s = pool.steady(Some(&patience), 0.0).expect("steady");
            near(s.p_wait, &e["p_wait"], 1e-7, id);
            near(s.p_abandon, &e["p_abandon"], 1e-7, id);
            near(s.mean_wait, &e["mean_wait"], 1e-7, id);
            near(s.mean_in_service, &e["mean_in_service"], 1e-7, id);
        }
    }

    /// One agent with up to three chats: here the pool is exact.
    #[test]
    fn one_agent_with_chats_is_exact() {
        let case = &exact("limited processor sharing, least-loaded")[0];
        let pool = Pool::of_chats(0.9, &[0.6, 0.9, 1.0], 1);
        let s = pool.steady(Some(&exponential(10.0)), 0.0).expect("steady");
        near(s.p_wait, &case["metrics"]["p_wait"], 1e-7, &case["name"]);
        near(s.mean_in_service, &case["metrics"]["mean_chats_in_service"], 1e-7, &case["name"]);
    }

    #[test]
    fn no_steady_state_is_no_answer() {
        assert_eq!(Pool::of_servers(10.0, 1.0, 10).steady(None, 1.0), None);
        assert_eq!(Pool::of_servers(10.0, 1.0, 0).steady(None, 1.0), None);
        assert_eq!(Pool::of_servers(0.0, 1.0, 3).steady(None, 1.0), None);
    }

    proptest::proptest! {
        /// Sizes and loads far from the reference rows: shares stay shares, one more agent never makes
        /// the wait longer, and customers are conserved.
        #[test]
        fn shares_are_shares(
            load in 0.01f64..400.0,
            servers in 1u32..400,
            patience in 0.001f64..1e4,
            shape in 0.3f64..8.0,
        ) {
            let law = Survival::of(&Distribution::Gamma { shape, scale: patience / shape });
            let at = |n| Pool::of_servers(load, 1.0, n).steady(Some(&law), 0.1).expect("steady");
            let (s, more) = (at(servers), at(servers + 1));
            for share in [s.p_wait, s.p_abandon, s.within.served, s.within.abandoned] {
                proptest::prop_assert!((0.0..=1.0).contains(&share), "{s:?}");
            }
            proptest::prop_assert!(more.mean_wait <= s.mean_wait * (1.0 + 1e-9) + 1e-12);
            let conserved = load * (1.0 - s.p_abandon) - s.mean_in_service;
            proptest::prop_assert!(conserved.abs() < 1e-6 * load, "{s:?}");
        }
    }
}
