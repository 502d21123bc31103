//! What `run`, `check` and their kin share: from a scenario file to measured replications.

use super::exit::{Exit, Failure};
use super::ui::Ui;
use crate::engine::{self, CompileError, Compiled, RunError, RunOptions, Silent};
use crate::experiment::{ExperimentError, Outcome, Unit, WarmUpAdvice, Workers, suggest_warm_up};
use crate::facts::{Chunk, RunTotals, Sink};
use crate::measure::{Measures, State};
use crate::scenario::{self, Loaded};
use crate::time::Span;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

/// Options of a simulation.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct SimulationArgs {
    /// Change a value of the scenario before it runs, `team.frontline.agents=11` (can be repeated)
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Master seed, instead of the scenario's
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Replications, instead of the scenario's
    #[arg(long, value_name = "N")]
    pub replications: Option<u32>,
    /// Worker threads [default: one for each processor]
    #[arg(long, value_name = "N", env = "HELPSIM_THREADS", default_value_t = 0, hide_default_value = true)]
    pub threads: usize,
}

impl SimulationArgs {
    fn overrides(&self) -> Result<Vec<(String, String)>, Failure> {
        let mut overrides = Vec::new();
        for set in &self.set {
            let Some((path, value)) = set.split_once('=') else {
                return Err(Failure::input(anyhow::anyhow!(
                    "`--set {set}` has no `=`: write it as `--set team.frontline.agents=11`"
                )));
            };
            overrides.push((path.trim().to_owned(), value.trim().to_owned()));
        }
        let mut scenario = |key: &str, value: String| overrides.push((format!("scenario.{key}"), value));
        if let Some(seed) = self.seed {
            scenario("seed", seed.to_string());
        }
        if let Some(replications) = self.replications {
            scenario("replications", replications.to_string());
        }
        Ok(overrides)
    }
}

/// Reads and checks a scenario; `-` is standard input.
pub(super) fn load(path: &Path, args: &SimulationArgs, ui: &Ui) -> Result<Loaded, Failure> {
    let overrides = args.overrides()?;
    let (text, base) = if path == Path::new("-") {
        (io::read_to_string(io::stdin().lock()).map_err(Failure::io)?, PathBuf::new())
    } else {
        let name = path.display();
        if path.is_dir() {
            return Err(Failure::input(anyhow::anyhow!("{name} is a folder: name the scenario file in it")));
        }
        let bytes = std::fs::read(path)
            .map_err(|e| Failure::io(anyhow::Error::new(e).context(format!("could not read {name}"))))?;
        let text = String::from_utf8(bytes).map_err(|e| {
            let at = e.utf8_error().valid_up_to();
            Failure::input(anyhow::anyhow!("{name} is not UTF-8 text (byte {at}): save it as UTF-8"))
        })?;
        (text, path.parent().map(Path::to_owned).unwrap_or_default())
    };
    parse(&text, path, &base, &overrides, ui)
}

/// Checks a scenario's text.
pub(super) fn parse(
    text: &str,
    path: &Path,
    base: &Path,
    overrides: &[(String, String)],
    ui: &Ui,
) -> Result<Loaded, Failure> {
    let name = path.display().to_string();
    match scenario::parse(text, &name, base, overrides) {
        Ok(loaded) => {
            ui.warn(&loaded.warnings, &scenario::sources(&loaded.warnings, &name, text));
            Ok(loaded)
        }
        Err(faults) => {
            let sources = scenario::sources(&faults, &name, text);
            Err(Failure::Diagnostics(faults, sources))
        }
    }
}

/// Makes a checked scenario ready to run.
pub(super) fn compile(loaded: &Loaded) -> Result<Compiled, Failure> {
    Compiled::new(Arc::new(loaded.plan.clone())).map_err(|error| match error {
        CompileError::Flow(diagnostics) => {
            let sources = diagnostics
                .iter()
                .filter_map(|d| Some((d.file.clone(), std::fs::read_to_string(&d.file).ok()?)))
                .collect();
            Failure::Diagnostics(diagnostics, sources)
        }
        other => Failure::input(other),
    })
}

/// A scenario ready to be run and measured.
pub(super) struct Prepared {
    pub loaded: Loaded,
    pub compiled: Compiled,
    pub measures: Measures,
    /// The warm-up that was found, where the scenario asks for it.
    pub advice: Option<WarmUpAdvice>,
}

impl Prepared {
    fn new(loaded: Loaded, advice: Option<WarmUpAdvice>) -> Result<Prepared, Failure> {
        let compiled = compile(&loaded)?;
        let measures = measures(&loaded)?;
        Ok(Prepared { loaded, compiled, measures, advice })
    }

    /// Cuts off another warm-up than the one found: sides of a comparison cut the same.
    pub fn with_warm_up(mut self, warm_up: Span) -> Result<Prepared, Failure> {
        self.loaded.plan.warm_up = warm_up;
        Prepared::new(self.loaded, self.advice)
    }

    /// Runs all replications. `tables` receives the facts of the first.
    pub fn run(
        &self,
        workers: &Workers,
        tables: Option<Box<dyn Sink + Send + '_>>,
        counted: &Counted,
        ui: &Ui,
    ) -> Result<Outcome<'_>, Failure> {
        let mut outcome = simulate(&self.compiled, &self.measures, workers, tables, counted, ui)?;
        if self.advice.as_ref().is_some_and(|advice| advice.too_short) {
            outcome.summary.warnings.push(
                "The run is too short to tell where its start ends: the warm-up found is a guess; make it longer"
                    .to_owned(),
            );
        }
        Ok(outcome)
    }
}

/// Makes a checked scenario ready, and finds its warm-up from pilot runs where it says `"auto"`.
pub(super) fn prepare(loaded: Loaded, workers: &Workers, ui: &Ui) -> Result<Prepared, Failure> {
    let prepared = Prepared::new(loaded, None)?;
    if !prepared.loaded.plan.warm_up_auto {
        return Ok(prepared);
    }
    watch_for_interrupt();
    let counted = Counted::default();
    let one = |unit: Unit, state: &mut State<'_>| replicate(&prepared.compiled, unit, state, None, &counted);
    let advice = suggest_warm_up(&prepared.measures, workers, one).map_err(failed)?;
    ui.say(&format!("warm-up found from pilot runs: {}", advice.warm_up));
    let warm_up = advice.warm_up;
    Prepared { advice: Some(advice), ..prepared }.with_warm_up(warm_up)
}

/// One replication.
pub(super) fn replicate(
    compiled: &Compiled,
    unit: Unit,
    state: &mut State<'_>,
    tables: Option<&mut Box<dyn Sink + Send + '_>>,
    counted: &Counted,
) -> Result<RunTotals, RunError> {
    let options = RunOptions { replication: unit.replication, antithetic: unit.antithetic };
    let totals = engine::run(compiled, options, &mut Tee { state, tables }, &mut Silent)?;
    counted.events.fetch_add(totals.events, Ordering::Relaxed);
    counted.conversations.fetch_add(totals.conversations, Ordering::Relaxed);
    if let (Some(limit), Ok(mut told)) = (totals.limit_reached, counted.limit.lock()) {
        *told = Some(limit);
    }
    Ok(totals)
}

/// Why an experiment came to nothing.
pub(super) fn failed(error: ExperimentError<RunError>) -> Failure {
    match error {
        ExperimentError::Unit { source: RunError::Sink(error), .. }
            if error.kind() == io::ErrorKind::Interrupted && INTERRUPTED.load(Ordering::Relaxed) =>
        {
            Failure::Message(Exit::Interrupted, anyhow::anyhow!("interrupted; nothing was written"))
        }
        other => Failure::io(other),
    }
}

/// Set by Ctrl-C; looked at between chunks.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Ctrl-C asks the run to stop; nothing half written is left.
pub(super) fn watch_for_interrupt() {
    static WATCHED: OnceLock<()> = OnceLock::new();
    WATCHED.get_or_init(|| {
        // Without the handler Ctrl-C ends the program at once, which leaves no half report either.
        let _unwatched = ctrlc::set_handler(|| {
            if INTERRUPTED.swap(true, Ordering::Relaxed) {
                std::process::exit(Exit::Interrupted as i32);
            }
        });
    });
}

/// What a sink answers once the run was asked to stop.
pub(super) fn unless_interrupted() -> io::Result<()> {
    if INTERRUPTED.load(Ordering::Relaxed) {
        return Err(io::Error::new(io::ErrorKind::Interrupted, "interrupted"));
    }
    Ok(())
}

/// Facts go to the measures and, for the first replication, to the tables.
struct Tee<'a, 'm, 't> {
    state: &'a mut State<'m>,
    tables: Option<&'a mut Box<dyn Sink + Send + 't>>,
}

impl Sink for Tee<'_, '_, '_> {
    fn chunk(&mut self, chunk: &Chunk) -> io::Result<()> {
        unless_interrupted()?;
        self.state.update(chunk);
        match &mut self.tables {
            Some(tables) => tables.chunk(chunk),
            None => Ok(()),
        }
    }
}

/// What a run counted on the way.
#[derive(Debug, Default)]
pub(super) struct Counted {
    pub events: AtomicU64,
    pub conversations: AtomicU64,
    pub limit: Mutex<Option<&'static str>>,
}

fn simulate<'m>(
    compiled: &Compiled,
    measures: &'m Measures,
    workers: &Workers,
    tables: Option<Box<dyn Sink + Send + '_>>,
    counted: &Counted,
    ui: &Ui,
) -> Result<Outcome<'m>, Failure> {
    watch_for_interrupt();
    let bar = ui.progress("simulating");
    let tables = Mutex::new(tables);
    let one = |unit: Unit, state: &mut State<'_>| {
        let mut guard = if unit.index == 0 { tables.lock().ok() } else { None };
        let tables = guard.as_mut().and_then(|tables| tables.as_mut());
        replicate(compiled, unit, state, tables, counted)
    };
    let progress = |done: u32, of: u32| {
        bar.set_length(u64::from(of));
        bar.set_position(u64::from(done));
    };
    let outcome = crate::experiment::run(measures, workers, progress, one);
    bar.finish_and_clear();
    if outcome.is_ok() {
        end_live(compiled, ui)?;
    }
    outcome.map_err(failed)
}

/// How it went with a live bot; what was exchanged is kept if it was to be.
///
/// A recording that does not hold what was said is a fault of the input: the figures would count the
/// gaps as outages.
fn end_live(compiled: &Compiled, ui: &Ui) -> Result<(), Failure> {
    let not_kept = |e| Failure::io(anyhow::Error::new(e).context("could not keep what was answered"));
    compiled.save_look_ups().map_err(not_kept)?;
    let Some(bot) = compiled.live_bot() else { return Ok(()) };
    let tally = bot.tally();
    if tally.not_recorded > 0 {
        return Err(Failure::input(anyhow::anyhow!(
            "the recording of the bot does not hold {} of {} messages: they were written by other \
             customers than those recorded. Remove the file and run once with the bot to record anew",
            tally.not_recorded,
            tally.messages
        )));
    }
    let from = if bot.is_replaying() { "recording of the bot at" } else { "bot at" };
    ui.say(&format!(
        "{from} {}: {} messages, {} timed out, {} failed ({} of them not sent, as it had stopped answering)",
        bot.url(),
        tally.messages,
        tally.timed_out,
        tally.failed,
        tally.held_back
    ));
    bot.save().map_err(not_kept)
}

/// The measurements a plan asks for.
pub(super) fn measures(loaded: &Loaded) -> Result<Measures, Failure> {
    Measures::new(&loaded.plan).map_err(|fault| Failure::input(anyhow::anyhow!("{fault}")))
}

/// The worker threads.
pub(super) fn workers(args: &SimulationArgs) -> Result<Workers, Failure> {
    Workers::new(args.threads).map_err(Failure::io)
}
