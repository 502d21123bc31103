//! Laws as the reference files write them, as the scenario language writes them.

use super::scenario::{ms, table};
use serde_json::Value as Json;
use toml::Value;

pub fn number(value: &Json) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

pub fn numbers(value: &Json) -> Vec<f64> {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list")).iter().map(number).collect()
}

pub fn exponential(mean: f64, unit: f64) -> Value {
    table([("exponential", table([("mean", ms(mean * unit))]))])
}

/// A law in units of `unit` ms; `None` for the kind "none".
pub fn law(json: &Json, unit: f64) -> Option<Value> {
    let of = |key: &str| number(&json[key]);
    let span = |key: &str| ms(of(key) * unit);
    let (name, parameters) = match json["kind"].as_str().unwrap_or_else(|| panic!("{json} has no kind")) {
        "none" => return None,
        "exp" => ("exponential", table([("mean", span("mean"))])),
        "det" => ("deterministic", table([("value", span("value"))])),
        "uniform" => {
            let low = json["low"].as_f64().unwrap_or(0.0);
            ("uniform", table([("low", ms(low * unit)), ("high", span("high"))]))
        }
        "erlang" => ("erlang", table([("mean", span("mean")), ("k", Value::Integer(of("k") as i64))])),
        "gamma" => ("gamma", table([("shape", of("shape").into()), ("scale", span("scale"))])),
        "weibull" => ("weibull", table([("shape", of("shape").into()), ("scale", span("scale"))])),
        "lognormal" => ("lognormal", table([("mean", span("mean")), ("scv", of("scv").into())])),
        "hyperexp" => {
            let means: Vec<Value> = numbers(&json["means"]).iter().map(|m| ms(m * unit)).collect();
            ("hyperexponential", table([("p", numbers(&json["p"]).into()), ("means", Value::Array(means))]))
        }
        other => panic!("a law of kind {other}"),
    };
    Some(table([(name, parameters)]))
}

/// Mean of a law, in its own unit.
pub fn mean(json: &Json) -> f64 {
    let of = |key: &str| number(&json[key]);
    match json["kind"].as_str() {
        Some("det") => of("value"),
        Some("uniform") => (json["low"].as_f64().unwrap_or(0.0) + of("high")) / 2.0,
        Some("gamma") => of("shape") * of("scale"),
        Some("hyperexp") => {
            numbers(&json["p"]).iter().zip(numbers(&json["means"])).map(|(p, mean)| p * mean).sum()
        }
        _ => of("mean"),
    }
}
