//! The answers of the reference files as figures to compare. A key that is not known here is told as
//! left out, so that nothing is left out unseen.

use super::cases::Case;
use super::laws::number;
use super::tally::{Figure, Slice};
use serde_json::Value;

/// A figure and what it must come to.
#[derive(Clone, Debug)]
pub struct Expected {
    pub name: String,
    pub slice: usize,
    pub figure: Figure,
    pub value: f64,
    /// Standard error of the value; 0 where it is exact.
    pub se: f64,
    /// The replications go on until this figure is known to the wanted precision.
    pub decides: bool,
}

/// Answers that say nothing about the simulator.
const NOT_ANSWERS: [&str; 6] = [
    "arrival_rate",
    "truncation_mass",
    "lost_at_truncation",
    "visits_per_customer",
    "mean_time_in_network",
    "mean_wait_by_little",
];

/// Answers that are not compared, with the reason.
pub const NOT_COMPARED: [(&str, &str); 5] = [
    (
        "wait_q90 near zero",
        "the quantile is zero within its own error, since hardly a tenth wait at all: `p_wait` says that",
    ),
    ("p_wait_by_phase", "the phase of the random environment is no fact of the desk"),
    ("peak", "the curve is compared at eight instants (`mean_system_at`)"),
    ("lag_of_peak", "the same"),
    ("p_all_busy", "with one agent it is the utilisation, which is compared"),
];

impl Case {
    fn expect(&mut self, name: &str, slice: usize, figure: Figure, value: f64, se: f64) {
        // Rare events would need more customers than there is time for.
        let decides = !figure.is_share() || value >= 0.02;
        self.expected.push(Expected { name: name.to_string(), slice, figure, value, se, decides });
    }

    /// The index of a threshold of so many units.
    fn threshold(&mut self, units: f64) -> usize {
        let ms = (units * self.unit).round() as i64;
        self.times.iter().position(|t| *t == ms).unwrap_or_else(|| {
            self.times.push(ms);
            self.times.len() - 1
        })
    }

    fn window(&mut self, from: f64, to: f64, cycle: f64) -> usize {
        let ms = |units: f64| (units * self.unit).round() as i64;
        self.slices.push(Slice { window: Some((ms(from), ms(to), ms(cycle))), ..Slice::default() });
        self.slices.len() - 1
    }
}

fn list(json: &Value) -> impl Iterator<Item = &Value> {
    json.as_array().unwrap_or_else(|| panic!("{json} is no list")).iter()
}

/// The metrics of a case of `queueing_exact.json`.
pub fn exact(case: &mut Case, metrics: &Value) {
    for (key, value) in metrics.as_object().expect("metrics") {
        match key.as_str() {
            "classes" => {
                for (i, class) in list(value).enumerate() {
                    scalars(case, class, 1 + i, &format!("class {} ", i + 1));
                }
            }
            "nodes" => {
                for (i, node) in list(value).enumerate() {
                    scalars(case, node, 1 + i, &format!("node {} ", i + 1));
                }
            }
            "pools" => {
                for (i, pool) in list(value).enumerate() {
                    scalars(case, pool, case.slices.len() - 2 + i, &format!("pool {} ", i + 1));
                }
            }
            "horizon" => scalars(case, value, 0, ""),
            "windows" => {
                let windows: Vec<&Value> = list(value).collect();
                let cycle = windows.last().map_or(0.0, |last| number(&last["window"][1]));
                for window in windows {
                    let (from, to) = (number(&window["window"][0]), number(&window["window"][1]));
                    let slice = case.window(from, to, cycle);
                    scalars(case, window, slice, &format!("{from} to {to}: "));
                }
            }
            "mean_system_at" => {
                for at in list(value) {
                    let t = number(&at["t"]);
                    // Six minutes around the instant: over them the curve is straight.
                    let slice = case.window(t - 0.1, t + 0.1, 24.0);
                    case.expect(
                        &format!("at {t}: mean_system"),
                        slice,
                        Figure::MeanSystem,
                        number(&at["mean"]),
                        0.0,
                    );
                }
            }
            "wait_quantiles" => {
                for quantile in list(value).filter(|quantile| number(&quantile["t"]) > 0.0) {
                    let (q, t) = (number(&quantile["q"]), number(&quantile["t"]));
                    let i = case.threshold(t);
                    case.expect(&format!("P(wait > q{q})"), 0, Figure::LongerThan(i), 1.0 - q, 0.0);
                }
            }
            "p_system" => {
                for state in list(value) {
                    let n = number(&state["n"]);
                    let figure = Figure::InSystem(n as u16);
                    case.expect(&format!("P({n} in the system)"), 0, figure, number(&state["p"]), 0.0);
                }
            }
            "agents_by_load" => {
                for (load, share) in list(value).enumerate() {
                    let figure = Figure::AgentsWith(load as u16);
                    case.expect(&format!("agents with {load} chats"), 0, figure, number(share), 0.0);
                }
            }
            "sojourn_given_size" => {
                for of in list(value) {
                    let size = number(&of["size"]);
                    case.sizes.push((size * case.unit).round() as i64);
                    let figure = Figure::SojournOf(case.sizes.len() - 1);
                    case.expect(&format!("sojourn of size {size}"), 0, figure, number(&of["mean"]), 0.0);
                }
            }
            // A standard deviation within replications leaves out what differs between them; the mean
            // square does not.
            "sd_wait" => {
                let (sd, mean) = (number(value), number(&metrics["mean_wait"]));
                case.expect("mean_square_wait", 0, Figure::MeanSquareWait, sd * sd + mean * mean, 0.0);
            }
            _ => scalar(case, key, value, 0, ""),
        }
    }
}

fn scalars(case: &mut Case, json: &Value, slice: usize, prefix: &str) {
    let threshold = json["T"].as_f64();
    for (key, value) in json.as_object().expect("figures") {
        match (key.as_str(), threshold) {
            ("cls" | "node" | "pool" | "window" | "servers" | "arrivals" | "arrival_rate" | "T", _) => {}
            // Counts over the window; the shares say the same.
            ("abandons", _) => {}
            ("p_wait_gt_T", Some(t)) => {
                let i = case.threshold(t);
                case.expect(
                    &format!("{prefix}p_wait_gt {t}"),
                    slice,
                    Figure::LongerThan(i),
                    number(value),
                    0.0,
                );
            }
            _ => scalar(case, key, value, slice, prefix),
        }
    }
}

fn scalar(case: &mut Case, key: &str, value: &Value, slice: usize, prefix: &str) {
    let figure = match key {
        "p_wait" => Figure::PWait,
        "mean_wait" | "mean_wait_of_those_who_join" => Figure::MeanWait,
        "mean_wait_served" => Figure::MeanWaitServed,
        "mean_wait_abandoned" => Figure::MeanWaitAbandoned,
        "mean_wait_if_waiting" => Figure::MeanWaitIfWaiting,
        "mean_queue" => Figure::MeanQueue,
        "mean_system" => Figure::MeanSystem,
        "mean_sojourn" => Figure::MeanSojourn,
        "p_abandon" | "p_abandon_per_arrival" => Figure::PAbandon,
        "p_abandon_of_offered" => Figure::PAbandonOfOffered,
        "p_abandon_if_waiting" => Figure::PAbandonIfWaiting,
        "p_block" => Figure::PBlock,
        "p_balk_of_offered" => Figure::PBalk,
        "p_must_wait_of_offered" => Figure::PWaitOfOffered,
        "throughput" => Figure::Throughput,
        "utilisation" => Figure::Utilisation,
        "mean_busy" => Figure::MeanBusy,
        "mean_chats_in_service" | "mean_open_conversations" => Figure::MeanOpen,
        "mean_chat_duration" | "mean_conversation_duration" => Figure::MeanHandling,
        "slot_occupancy" => Figure::SlotOccupancy,
        "mean_turns" => Figure::MeanReplies,
        "mean_in_system_at_end" => Figure::AtTheEnd,
        "mean_messages_awaiting_agent" => Figure::MessagesWithAgents,
        "mean_answer_time_per_message" => Figure::AnswerTime,
        "p_wait_gt" => {
            for tail in list(value) {
                let t = number(&tail["t"]);
                let i = case.threshold(t);
                case.expect(
                    &format!("{prefix}p_wait_gt {t:.3}"),
                    slice,
                    Figure::LongerThan(i),
                    number(&tail["p"]),
                    0.0,
                );
            }
            return;
        }
        "sl" => {
            for level in list(value) {
                let t = number(&level["T"]);
                let i = case.threshold(t);
                for (key, figure) in [
                    ("in_T_of_offered", Figure::ServedWithinOfOffered(i)),
                    ("in_T_of_served", Figure::ServedWithinOfServed(i)),
                    ("in_T_excl_short", Figure::ServedWithinExceptShort(i)),
                    ("leave_T", Figure::OverWithin(i)),
                ] {
                    case.expect(&format!("{key} {t:.3}"), slice, figure, number(&level[key]), 0.0);
                }
            }
            return;
        }
        other => {
            if !NOT_ANSWERS.contains(&other) {
                case.left_out.push(other.to_string());
            }
            return;
        }
    };
    if matches!(figure, Figure::MessagesWithAgents | Figure::AnswerTime) {
        case.draft.set("scenario.keep_messages", true);
    }
    case.expect(&format!("{prefix}{key}"), slice, figure, number(value), 0.0);
}

/// The classes of a case of `simulated_reference.json`: each figure with its standard error.
pub fn simulated(case: &mut Case, classes: &Value) {
    let many = case.slices.len() > 1;
    for (i, class) in list(classes).enumerate() {
        let (slice, prefix) = if many { (i + 1, format!("class {} ", i + 1)) } else { (0, String::new()) };
        for (key, value) in class.as_object().expect("figures") {
            let (mut mean, mut se) = (number(&value["mean"]), number(&value["se"]));
            let mut name = key.as_str();
            let figure = match name {
                "p_wait" => Figure::PWait,
                "mean_wait" => Figure::MeanWait,
                "mean_wait_served" => Figure::MeanWaitServed,
                "sd_wait" => {
                    let (wait, wait_se) =
                        (number(&class["mean_wait"]["mean"]), number(&class["mean_wait"]["se"]));
                    // The two are not independent: their errors may add up.
                    se = 2.0 * (mean * se + wait * wait_se);
                    mean = mean * mean + wait * wait;
                    name = "mean_square_wait";
                    Figure::MeanSquareWait
                }
                "p_abandon" => Figure::PAbandon,
                "in_T_of_offered" => Figure::ServedWithinOfOffered(0),
                "in_T_of_served" => Figure::ServedWithinOfServed(0),
                "p_wait_gt_T" => Figure::LongerThan(0),
                "mean_queue" => Figure::MeanQueue,
                "utilisation" => Figure::Utilisation,
                // With several chats for an agent the reference's sojourn is the time in service.
                "mean_sojourn_served" if case.places > 1.0 => {
                    name = "mean_chat_duration";
                    Figure::MeanHandling
                }
                "mean_sojourn_served" => Figure::MeanSojournServed,
                "wait_q90" if mean <= 4.0 * se => {
                    case.left_out.push("wait_q90 near zero".into());
                    continue;
                }
                "wait_q90" => {
                    name = "P(wait > q90)";
                    let t = case.times[0] as f64 / case.unit;
                    let of = |key: &str| number(&class[key]["mean"]);
                    // The density of the wait there, from the tail at the threshold beside it.
                    let density = (of("p_wait_gt_T") - 0.1) / (mean - t);
                    let i = case.threshold(mean);
                    (mean, se) = (0.1, (density * se).abs());
                    Figure::LongerThan(i)
                }
                other => {
                    case.left_out.push(other.to_string());
                    continue;
                }
            };
            case.expect(&format!("{prefix}{name}"), slice, figure, mean, se);
        }
    }
}
