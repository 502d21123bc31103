//! Laws as the reference files write them.

use helpsim::random::Distribution;
use serde_json::Value;

pub fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

pub fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list")).iter().map(number).collect()
}

pub fn exponential(mean: f64, unit: f64) -> Distribution {
    Distribution::Exponential { mean: mean * unit }
}

/// A law in units of `unit` ms; `None` for the kind "none".
pub fn law(json: &Value, unit: f64) -> Option<Distribution> {
    let of = |key: &str| number(&json[key]);
    Some(match json["kind"].as_str().unwrap_or_else(|| panic!("{json} has no kind")) {
        "none" => return None,
        "exp" => exponential(of("mean"), unit),
        "det" => Distribution::Deterministic { value: of("value") * unit },
        "uniform" => Distribution::Uniform { low: 0.0, high: of("high") * unit },
        "erlang" => Distribution::Gamma { shape: of("k"), scale: of("mean") / of("k") * unit },
        "gamma" => Distribution::Gamma { shape: of("shape"), scale: of("scale") * unit },
        "lognormal" => {
            let sigma_squared = of("scv").ln_1p();
            let mu = (of("mean") * unit).ln() - sigma_squared / 2.0;
            Distribution::Lognormal { mu, sigma: sigma_squared.sqrt() }
        }
        "hyperexp" => {
            let mut sum = 0.0;
            let cumulative: Vec<f64> = numbers(&json["p"])
                .iter()
                .map(|p| {
                    sum += p;
                    sum
                })
                .collect();
            let means: Vec<f64> = numbers(&json["means"]).iter().map(|m| m * unit).collect();
            Distribution::Hyperexponential { cumulative: cumulative.into(), means: means.into() }
        }
        other => panic!("a law of kind {other}"),
    })
}
