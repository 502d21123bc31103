//! What an addition to a flow would be worth: the scenario with it and without it, met by the same
//! customers with the same luck.

use super::super::exit::Failure;
use super::super::simulate::{self, Prepared, SimulationArgs};
use super::super::ui::Ui;
use crate::bot::flow::{Flow, RawFlow};
use crate::bot::mining::{Proposal, extended};
use crate::bot::recogniser::{Recogniser, Scratch, Settings};
use crate::engine::{self, Compiled, RunError, RunOptions, Silent};
use crate::experiment::{self, Outcome, Unit, Workers};
use crate::facts::{Chunk, Sink};
use crate::measure::State;
use crate::scenario::metric::MetricName;
use crate::scenario::plan::{BotKind, Plan, Source};
use crate::staffing::{WeekDemand, WeekNeeds, slot_name};
use crate::stats::{bonferroni_level, paired_difference};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

/// A difference with the interval that holds it, together with all others of the list.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Change {
    pub mean: f64,
    pub ci: Option<[f64; 2]>,
}

/// What an addition changes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Price {
    /// Share of conversations that the bot solves.
    pub resolution: Change,
    /// Agents needed at the half hour that needs most of them, by the staffing formula.
    pub agents_at_peak: Change,
    /// That half hour.
    pub peak: String,
    /// Cost of a week: the agents the formula asks for, messages and bot.
    pub cost_a_week: Change,
}

/// A scenario with the flow whose additions are priced.
pub(super) struct Pricing<'a> {
    prepared: Prepared,
    workers: Workers,
    raw: &'a RawFlow,
    path: &'a Path,
    ui: &'a Ui,
}

/// One side: what was measured, and what each replication's week needs.
struct Side<'m> {
    outcome: Outcome<'m>,
    needs: Vec<WeekNeeds>,
}

/// Less sure than this, a message tells nothing of the need behind it.
const SURE: f32 = 0.5;

impl<'a> Pricing<'a> {
    pub fn new(
        scenario: &Path,
        path: &'a Path,
        raw: &'a RawFlow,
        args: &SimulationArgs,
        ui: &'a Ui,
    ) -> Result<Pricing<'a>, Failure> {
        let loaded = simulate::load(scenario, args, ui)?;
        if !matches!(loaded.plan.bot.kind, BotKind::Flow { .. }) {
            let name = scenario.display();
            return Err(Failure::input(anyhow::anyhow!(
                "the bot of {name} runs no flow, so nothing can be added to it: write `flow = \"{}\"` in its [bot]",
                path.display()
            )));
        }
        let workers = simulate::workers(args)?;
        let prepared = simulate::prepare(loaded, &workers, ui)?;
        Ok(Pricing { prepared, workers, raw, path, ui })
    }

    fn plan(&self) -> &Plan {
        &self.prepared.loaded.plan
    }

    pub fn currency(&self) -> &str {
        &self.plan().cost.currency
    }

    /// The need of the scenario that most of these messages are phrases of.
    pub fn need(&self) -> impl Fn(&[String]) -> Option<String> + use<> {
        let intents = &self.plan().intents;
        let names: Vec<String> = intents.iter().map(|intent| intent.name.clone()).collect();
        let mut examples: Vec<(u16, &str)> = Vec::new();
        for (number, intent) in (0u16..).zip(intents) {
            examples.extend(
                intent.phrases.iter().flat_map(|list| list.iter()).map(|phrase| (number, phrase.as_str())),
            );
        }
        let recogniser = Recogniser::train(&names, &examples, &[], &Settings::default()).ok();
        move |messages| {
            let recogniser = recogniser.as_ref()?;
            let mut scratch = Scratch::default();
            let mut votes: BTreeMap<u16, usize> = BTreeMap::new();
            for message in messages {
                let prediction = recogniser.predict(message, &mut scratch);
                if prediction.confidence >= SURE {
                    *votes.entry(prediction.label).or_default() += 1;
                }
            }
            let (label, votes) = votes.into_iter().max_by_key(|&(label, votes)| (votes, u16::MAX - label))?;
            (votes * 2 > messages.len()).then(|| names[usize::from(label)].clone())
        }
    }

    /// Whether the scenario's customers know whether an answer to this topic is theirs. In a replay any
    /// answer may be.
    pub fn knows(&self, topic: &str) -> bool {
        let plan = self.plan();
        plan.intents.iter().any(|intent| intent.name == topic)
            || plan.sources.iter().any(|source| matches!(source, Source::Recorded(_)))
    }

    /// Prices each proposal against the flow as it is.
    pub fn price(&self, proposals: &[Proposal]) -> Result<Vec<Price>, Failure> {
        let base = self.side(self.raw)?;
        let mut prices = Vec::with_capacity(proposals.len());
        // Three figures of each proposal, all of which hold together.
        let level = bonferroni_level(self.plan().level, 3 * proposals.len());
        for proposal in proposals {
            let more = self.side(&extended(self.raw, proposal))?;
            prices.push(self.difference(&base, &more, level));
        }
        Ok(prices)
    }

    fn side(&self, raw: &RawFlow) -> Result<Side<'_>, Failure> {
        let file = self.path.display().to_string();
        let folder = self.path.parent().map(Path::to_owned).unwrap_or_default();
        let (flow, _) = Flow::compile(raw, &file, &folder)
            .map_err(|faults| Failure::Diagnostics(faults, crate::diag::Sources::default()))?;
        let compiled = self.prepared.compiled.clone().with_flow(flow);
        let needs: Mutex<BTreeMap<u32, WeekNeeds>> = Mutex::new(BTreeMap::new());
        let one = |unit: Unit, state: &mut State<'_>| self.replication(&compiled, unit, state, &needs);
        simulate::watch_for_interrupt();
        let bar = self.ui.progress("pricing");
        let progress = |done: u32, of: u32| {
            bar.set_length(u64::from(of));
            bar.set_position(u64::from(done));
        };
        let outcome = experiment::run(&self.prepared.measures, &self.workers, progress, one);
        bar.finish_and_clear();
        let needs = needs.into_inner().unwrap_or_default().into_values().collect();
        Ok(Side { outcome: outcome.map_err(simulate::failed)?, needs })
    }

    fn replication(
        &self,
        compiled: &Compiled,
        unit: Unit,
        state: &mut State<'_>,
        needs: &Mutex<BTreeMap<u32, WeekNeeds>>,
    ) -> Result<crate::facts::RunTotals, RunError> {
        let plan = self.plan();
        let mut both = Both { state, demand: WeekDemand::new(plan), plan };
        let options = RunOptions { replication: unit.replication, antithetic: unit.antithetic };
        let totals = engine::run(compiled, options, &mut both, &mut Silent)?;
        let needed = both.demand.needs(plan);
        if let Ok(mut needs) = needs.lock() {
            needs.insert(unit.index, needed);
        }
        Ok(totals)
    }

    fn difference(&self, base: &Side<'_>, more: &Side<'_>, level: f64) -> Price {
        let peak = peak(&base.needs);
        let at_peak =
            |side: &Side<'_>| side.needs.iter().map(|needs| needs.on_duty[peak]).collect::<Vec<_>>();
        let plan = self.plan();
        let days = ((plan.end - plan.start).ms() - plan.warm_up.ms()) as f64 / 86_400_000.0;
        let cost = |side: &Side<'_>| -> Vec<f64> {
            let spent: Vec<Vec<f64>> =
                ["cost.messages", "cost.bot"].iter().map(|metric| self.values(side, metric)).collect();
            let of =
                |metric: &Vec<f64>, i: usize| metric.get(i).copied().unwrap_or(0.0) / days.max(1e-9) * 7.0;
            let one =
                |(i, needs): (usize, &WeekNeeds)| needs.cost + spent.iter().map(|m| of(m, i)).sum::<f64>();
            side.needs.iter().enumerate().map(one).collect()
        };
        let resolution = |side: &Side<'_>| self.values(side, "bot.resolution_rate");
        Price {
            resolution: change(&resolution(base), &resolution(more), level),
            agents_at_peak: change(&at_peak(base), &at_peak(more), level),
            peak: slot_name(peak),
            cost_a_week: change(&cost(base), &cost(more), level),
        }
    }

    /// A metric, replication by replication.
    fn values(&self, side: &Side<'_>, metric: &str) -> Vec<f64> {
        let Ok(name) = MetricName::parse(metric) else { return Vec::new() };
        let values = side.outcome.collected.values_of(&name).unwrap_or_default();
        values.iter().map(|value| value.get().unwrap_or(0.0)).collect()
    }
}

fn change(base: &[f64], more: &[f64], level: f64) -> Change {
    match paired_difference(base, more, level) {
        Some(difference) => Change { mean: difference.interval.mean, ci: difference.interval.ends() },
        None => Change { mean: 0.0, ci: None },
    }
}

/// The half hour that needs most agents on average.
fn peak(needs: &[WeekNeeds]) -> usize {
    let slots = needs.first().map_or(0, |needs| needs.on_duty.len());
    let total = |slot: usize| needs.iter().map(|needs| needs.on_duty[slot]).sum::<f64>();
    (0..slots).max_by(|&a, &b| total(a).total_cmp(&total(b)).then(b.cmp(&a))).unwrap_or(0)
}

/// Facts go to the measures and to the week's demand.
struct Both<'a, 'm> {
    state: &'a mut State<'m>,
    demand: WeekDemand,
    plan: &'a Plan,
}

impl Sink for Both<'_, '_> {
    fn chunk(&mut self, chunk: &Chunk) -> std::io::Result<()> {
        simulate::unless_interrupted()?;
        self.state.update(chunk);
        chunk.intervals.iter().for_each(|row| self.demand.add(self.plan, row));
        Ok(())
    }
}
