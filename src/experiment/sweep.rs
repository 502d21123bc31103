//! Grids of settings, and a ledger of what is done, so that a sweep killed half-way goes on where it
//! was.

use crate::measure::Summary;
use std::io::Write;
use std::path::{Path, PathBuf};

/// One setting and the values it takes: `--set team.front.agents=4,5,6` or `a=0.5..0.9:0.1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    /// Dotted path in the scenario.
    pub path: String,
    /// Values, as written in TOML.
    pub values: Vec<String>,
}

/// What is wrong with an axis.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}; write `a=1,2,3` or `a=0.5..0.9:0.1`")]
pub struct AxisFault {
    message: String,
}

/// A range with more steps than this is taken for a slip.
const MOST_STEPS: usize = 10_000;

impl Axis {
    /// Reads `path=1,2,3`, or `path=from..to:step` with both ends in it.
    ///
    /// # Errors
    /// A part is missing, or the range makes no sense.
    pub fn parse(text: &str) -> Result<Axis, AxisFault> {
        let fault = |message: String| AxisFault { message };
        let (path, values) =
            text.split_once('=').ok_or_else(|| fault(format!("`{text}` sets nothing: `=` is missing")))?;
        let path = path.trim();
        if path.is_empty() {
            return Err(fault(format!("`{text}` does not say what to set")));
        }
        let values =
            match values.split_once("..").and_then(|(from, rest)| Some((from, rest.rsplit_once(':')?))) {
                Some((from, (to, step))) => range(from, to, step).map_err(fault)?,
                None => list(values),
            };
        if values.iter().any(String::is_empty) {
            return Err(fault(format!("`{path}` has an empty value")));
        }
        Ok(Axis { path: path.to_owned(), values })
    }
}

/// Splits at commas outside quotes, brackets and braces, so that TOML lists and tables stay whole.
fn list(text: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let (mut depth, mut quote) = (0_i32, None);
    for c in text.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth -= 1,
            _ => {}
        }
        if c == ',' && depth == 0 && quote.is_none() {
            values.push(String::new());
        } else if let Some(last) = values.last_mut() {
            last.push(c);
        }
    }
    values.iter().map(|v| v.trim().to_owned()).collect()
}

/// Decimal steps, counted in units of the step's last digit so that 0.1 stays 0.1.
fn range(from: &str, to: &str, step: &str) -> Result<Vec<String>, String> {
    let (from, to, step) = (from.trim(), to.trim(), step.trim());
    let decimals =
        [from, to, step].iter().map(|x| x.split_once('.').map_or(0, |(_, d)| d.len())).max().unwrap_or(0);
    let scale = libm::pow(10.0, decimals as f64);
    let units = |text: &str| -> Result<i64, String> {
        let x: f64 = text.parse().map_err(|_| format!("`{text}` is not a number"))?;
        let scaled = libm::round(x * scale);
        if scaled.abs() < 1e15 { Ok(scaled as i64) } else { Err(format!("`{text}` is out of range")) }
    };
    let (from, to, step) = (units(from)?, units(to)?, units(step)?);
    if step == 0 || (to - from).signum() * step.signum() < 0 {
        return Err("the step does not lead from the first value to the last".to_owned());
    }
    let steps = ((to - from) / step) as usize;
    if steps >= MOST_STEPS {
        return Err(format!("{} values are taken for a slip", steps + 1));
    }
    Ok((0..=steps as i64).map(|i| format!("{:.decimals$}", (from + i * step) as f64 / scale)).collect())
}

/// Every combination, the last axis fastest: lists of (path, value).
pub fn grid(axes: &[Axis]) -> Vec<Vec<(String, String)>> {
    axes.iter().fold(vec![Vec::new()], |points, axis| {
        points
            .iter()
            .flat_map(|point| {
                axis.values.iter().map(move |value| {
                    let mut longer = point.clone();
                    longer.push((axis.path.clone(), value.clone()));
                    longer
                })
            })
            .collect()
    })
}

/// Name of a unit of work by its content: whatever could change its result goes in (the resolved
/// scenario, the hashes of its input files, the version of the program).
pub fn content_hash(parts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        // The length first, so that the parts cannot run into each other.
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

/// A folder with one summary for each finished point, named by its content hash.
#[derive(Clone, Debug)]
pub struct Ledger {
    folder: PathBuf,
}

impl Ledger {
    /// Opens a ledger, making its folder.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn open(folder: &Path) -> std::io::Result<Ledger> {
        std::fs::create_dir_all(folder)?;
        Ok(Ledger { folder: folder.to_owned() })
    }

    /// The summary of a finished point. What cannot be read counts as not finished: it is run again.
    pub fn finished(&self, hash: &str) -> Option<Summary> {
        serde_json::from_slice(&std::fs::read(self.file(hash)).ok()?).ok()
    }

    /// Enters a point as finished. Written beside its place, then renamed: never half an entry.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn enter(&self, hash: &str, summary: &Summary) -> std::io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        serde_json::to_writer(&mut file, summary)?;
        file.flush()?;
        file.persist(self.file(hash)).map_err(|e| e.error)?;
        Ok(())
    }

    fn file(&self, hash: &str) -> PathBuf {
        self.folder.join(format!("{hash}.json"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::ServiceLevelRule;

    fn values(text: &str) -> Vec<String> {
        Axis::parse(text).unwrap_or_else(|e| panic!("{text}: {e}")).values
    }

    #[test]
    fn lists_and_ranges() {
        assert_eq!(values("a=1,2, 3"), ["1", "2", "3"]);
        assert_eq!(values("a=0.5..0.9:0.1"), ["0.5", "0.6", "0.7", "0.8", "0.9"]);
        assert_eq!(values("a=10..4:-3"), ["10", "7", "4"]);
        assert_eq!(values("a=1..2:0.25"), ["1.00", "1.25", "1.50", "1.75", "2.00"]);
        assert_eq!(values("a=5..6:4"), ["5"]);
        assert_eq!(values(r#"a="x,y",[1,2],{ b = 1, c = 2 }"#), [r#""x,y""#, "[1,2]", "{ b = 1, c = 2 }"]);
        assert_eq!(values(r#"hours="08:00-18:00""#), [r#""08:00-18:00""#]);
        assert_eq!(Axis::parse(" team.front.agents = 4").unwrap().path, "team.front.agents");
    }

    #[test]
    fn faults() {
        for (text, word) in [
            ("a", "`=` is missing"),
            ("=1", "does not say what"),
            ("a=1,,2", "empty value"),
            ("a=1..x:1", "not a number"),
            ("a=1..2:0", "does not lead"),
            ("a=1..2:-1", "does not lead"),
            ("a=1..1e30:1", "out of range"),
            ("a=0..1000000:1", "taken for a slip"),
        ] {
            let fault = Axis::parse(text).expect_err(text).to_string();
            assert!(fault.contains(word), "{text}: {fault}");
        }
    }

    #[test]
    fn the_grid_is_every_combination() {
        let axis = |path: &str, values: &[&str]| Axis {
            path: path.to_owned(),
            values: values.iter().map(|v| (*v).to_owned()).collect(),
        };
        let points = grid(&[axis("a", &["1", "2"]), axis("b", &["x", "y", "z"])]);
        let flat: Vec<String> = points.iter().map(|p| format!("{}{}", p[0].1, p[1].1)).collect();
        assert_eq!(flat, ["1x", "1y", "1z", "2x", "2y", "2z"]);
        assert_eq!(grid(&[]), [Vec::new()]);
    }

    #[test]
    fn hashes_tell_parts_apart() {
        assert_ne!(content_hash(&["ab", "c"]), content_hash(&["a", "bc"]));
        assert_eq!(content_hash(&["ab", "c"]), content_hash(&["ab", "c"]));
    }

    #[test]
    fn a_ledger_remembers_and_forgives() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("sweep")).unwrap();
        assert_eq!(ledger.finished("aa"), None);
        let summary = Summary {
            schema: 1,
            scenario: "x".to_owned(),
            seed: 1,
            replications: 2,
            origin: "simulated".to_owned(),
            currency: "USD".to_owned(),
            method: Default::default(),
            service_level: ServiceLevelRule { within_s: 30.0, target: 0.8, abandoned: "failed".to_owned() },
            metrics: Default::default(),
            goals: Vec::new(),
            rules: Vec::new(),
            warnings: vec!["w".to_owned()],
        };
        ledger.enter("aa", &summary).unwrap();
        assert_eq!(ledger.finished("aa"), Some(summary));
        std::fs::write(folder.path().join("sweep/bb.json"), "{\"schema\": 1, \"scen").unwrap();
        assert_eq!(ledger.finished("bb"), None);
    }
}
