//! A scenario made ready to run: what all replications share and none changes.

use super::texts::Texts;
use crate::bot::flow::Flow;
use crate::bot::http::{self, HttpBot};
use crate::desk::{Duty, TeamLayout, duty_changes};
use crate::rules::Rules;
use crate::scenario::plan::{Assignment, BotKind, HttpPlan, Plan, Shift, Source, Team};
use crate::sla::{Policies, compile_calendar};
use crate::time::{Calendar, Instant, Span};
use crate::traffic::synthetic;
use std::sync::Arc;

/// A source made ready.
#[derive(Clone, Debug)]
pub(super) enum CompiledSource {
    Synthetic(synthetic::Compiled),
    Recorded(super::replay::Replay),
}

/// A change of duty of a block of agents.
#[derive(Clone, Copy, Debug)]
pub(super) struct DutyBlock {
    pub at: Instant,
    pub to: Duty,
    pub day: u32,
    pub first_agent: u32,
    pub agents: u32,
}

/// What is fixed about a team.
#[derive(Clone, Debug)]
pub(super) struct CompiledTeam {
    pub layout: TeamLayout,
    /// Classes of each of the team's groups (index over all groups minus the first).
    pub first_group: u16,
    pub classes_of_group: Vec<Vec<u16>>,
    /// Speed by load 1, 2, 3 …
    pub efficiency: Vec<f64>,
    /// The curve is flat: no rescaling is ever needed.
    pub flat: bool,
    pub assignment: Assignment,
}

/// A live bot and what its replies mean.
#[derive(Debug)]
pub(super) struct Live {
    pub bot: HttpBot,
    pub reader: http::Reader,
}

/// A scenario made ready to run.
#[derive(Clone)]
pub struct Compiled {
    /// The plan it was made from.
    pub plan: Arc<Plan>,
    pub(super) sources: Vec<CompiledSource>,
    pub(super) teams: Vec<CompiledTeam>,
    /// (team, group, capacity) of every agent.
    pub(super) agents: Vec<(u16, u16, u16)>,
    pub(super) groups: Vec<u16>,
    /// Speeds by intent, and which of these rows is each agent's.
    speeds: Vec<Vec<f64>>,
    speeds_of_agent: Vec<u16>,
    /// Places that a conversation takes, source by source, intent by intent.
    weights: Vec<u16>,
    pub(super) duty: Vec<DutyBlock>,
    /// Team of each intent.
    pub(super) team_of_intent: Vec<u16>,
    pub(super) rules: Rules,
    /// SLA policies with their calendars.
    pub(super) policies: Arc<Policies>,
    /// The bot's flow, if it has one.
    pub(super) flow: Option<Arc<Flow>>,
    /// The live bot, if it is one.
    pub(super) live: Option<Arc<Live>>,
    /// Begin of the run: a week before the start if the desk does not start empty.
    pub(super) from: Instant,
    pub(super) measured_from: Instant,
    /// What customers write in their own words; empty where words do not matter.
    pub(super) texts: Arc<Texts>,
    /// Messages need their words: for a flow, for rules, or to be kept.
    pub(super) needs_text: bool,
    /// A ticket may have something to wait for: a bot's limit, a clock that a rule watches, a timed rule.
    pub(super) has_deadlines: bool,
}

/// Why a scenario cannot be made ready.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum CompileError {
    #[error(
        "the scenario expects {expected:.0} conversations; the limit is {limit:.0}: shorten `duration` or lower the volume"
    )]
    TooMany { expected: f64, limit: f64 },
    #[error("the teams have {agents} agents in all; the limit is {limit}")]
    TooManyAgents { agents: u64, limit: u64 },
    #[error("the recorded traffic `{name}`: {reason}")]
    Traffic { name: String, reason: String },
    #[error("{0}")]
    Sla(String),
    #[error("the live bot: {0}")]
    Live(String),
    #[error("the bot's flow has faults")]
    Flow(Vec<crate::diag::Diagnostic>),
}

/// More conversations than this in one replication are refused.
const MAX_CONVERSATIONS: f64 = 1e9;
/// More agents than this are refused.
const MAX_AGENTS: u64 = 1_000_000;

impl Compiled {
    /// Makes a plan ready.
    ///
    /// # Errors
    /// The volume or the number of agents is beyond the limits, or a file of the traffic or the bot
    /// cannot be used.
    pub fn new(mut plan: Arc<Plan>) -> Result<Compiled, CompileError> {
        let flow = load_flow(&plan)?.map(Arc::new);
        if let Some(flow) = &flow {
            adopt_limits(&mut plan, flow);
        }
        let from = match plan.start_from {
            crate::scenario::plan::StartFrom::Empty => plan.start,
            crate::scenario::plan::StartFrom::PreviousWeek => plan.start - Span::from_days(7),
        };
        let mut sources = Vec::new();
        let mut expected = 0.0;
        for source in &plan.sources {
            match source {
                Source::Synthetic(synthetic) => {
                    let compiled = synthetic::Compiled::new(&plan, synthetic, from, plan.end);
                    expected += compiled.expected().min(synthetic.max as f64);
                    sources.push(CompiledSource::Synthetic(compiled));
                }
                Source::Recorded(recorded) => {
                    let replay = super::replay::Replay::load(&plan, recorded, from).map_err(|e| {
                        CompileError::Traffic { name: recorded.name.clone(), reason: e.to_string() }
                    })?;
                    expected += replay.expected();
                    sources.push(CompiledSource::Recorded(replay));
                }
            }
        }
        if expected > MAX_CONVERSATIONS {
            return Err(CompileError::TooMany { expected, limit: MAX_CONVERSATIONS });
        }
        let wanted: u64 = plan.teams.iter().flat_map(|t| &t.shifts).map(|s| u64::from(s.agents)).sum();
        if wanted > MAX_AGENTS {
            return Err(CompileError::TooManyAgents { agents: wanted, limit: MAX_AGENTS });
        }
        let (mut teams, mut agents, mut groups, mut duty) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut speeds, mut speeds_of_agent) = (Vec::new(), Vec::new());
        let horizon = plan.end + plan.wrap_up;
        for (t, team) in plan.teams.iter().enumerate() {
            let first_group = groups.len() as u16;
            let layout = TeamLayout::of(&plan, team, first_group);
            groups.extend(std::iter::repeat_n(team.concurrency, layout.groups()));
            for (shift, &group) in team.shifts.iter().zip(&layout.group_of_shift) {
                let first_agent = agents.len() as u32;
                let count = shift.agents as usize;
                agents.extend(std::iter::repeat_n((t as u16, group, team.concurrency), count));
                let row = speed_row(&plan, team, shift, &mut speeds);
                speeds_of_agent.extend(std::iter::repeat_n(row, count));
                duty.extend(
                    duty_changes(&plan, shift, team.shrinkage <= 0.0, from, horizon).into_iter().map(|c| {
                        DutyBlock { at: c.at, to: c.to, day: c.day, first_agent, agents: shift.agents }
                    }),
                );
            }
            teams.push(CompiledTeam {
                classes_of_group: (0..layout.groups() as u16)
                    .map(|g| layout.classes_of_group(first_group + g))
                    .collect(),
                first_group,
                layout,
                flat: team.efficiency.windows(2).all(|w| w[0] == w[1]),
                efficiency: if team.efficiency.is_empty() { vec![1.0] } else { team.efficiency.clone() },
                assignment: team.assignment,
            });
        }
        // Stable: blocks of one instant keep the order of the file.
        duty.sort_by_key(|block| block.at);
        let team_of_intent = (0..plan.intents.len() as u16)
            .map(|intent| {
                plan.teams
                    .iter()
                    .position(|team| team.skills.contains(&intent))
                    .or_else(|| plan.teams.iter().position(|team| team.skills.is_empty() && team.level == 0))
                    .map_or(plan.desk.default_team, |t| t as u16)
            })
            .collect();
        let rules = Rules::compile(&plan);
        let has_deadlines = plan.bot.time_limit.is_some() || rules.watches_clocks || !rules.timed.is_empty();
        let policies = compile_policies(&plan)?;
        let live = match &plan.bot.kind {
            BotKind::Http(http) => Some(Arc::new(open_live(&plan, http)?)),
            _ => None,
        };
        let needs_text = rules.reads_text
            || policies.reads_text()
            || plan.keep_messages
            || flow.is_some()
            || live.is_some();
        let measured_from = plan.start + plan.warm_up;
        let weights = weights(&plan);
        let texts = Arc::new(if needs_text { Texts::of(&plan) } else { Texts::default() });
        Ok(Compiled {
            plan,
            sources,
            teams,
            agents,
            groups,
            speeds,
            speeds_of_agent,
            weights,
            duty,
            team_of_intent,
            rules,
            policies: Arc::new(policies),
            flow,
            live,
            from,
            measured_from,
            texts,
            needs_text,
            has_deadlines,
        })
    }
}

/// The number of the row of speeds that a shift's agents have; a new one if no other has the same.
fn speed_row(plan: &Plan, team: &Team, shift: &Shift, rows: &mut Vec<Vec<f64>>) -> u16 {
    let speed = |intent: u16| {
        let own = shift.proficiency.iter().chain(&team.proficiency);
        own.into_iter().find(|(of, _)| *of == intent).map_or(1.0, |(_, speed)| *speed)
    };
    let row: Vec<f64> = (0..plan.intents.len() as u16).map(speed).collect();
    let at = rows.iter().position(|known| *known == row).unwrap_or_else(|| {
        rows.push(row);
        rows.len() - 1
    });
    // more rows than 65,535 would need as many shifts, each with speeds of its own
    u16::try_from(at).unwrap_or(u16::MAX)
}

fn weights(plan: &Plan) -> Vec<u16> {
    let of = |source: &Source| match source {
        Source::Synthetic(source) => source.weight,
        Source::Recorded(source) => source.weight,
    };
    let sources = plan.sources.iter().map(of);
    sources
        .flat_map(|own| plan.intents.iter().map(move |i| u16::from(own.unwrap_or(i.weight)).max(1)))
        .collect()
}

fn compile_policies(plan: &Plan) -> Result<Policies, CompileError> {
    let switches = &plan.desk.clocks;
    let mut calendars = Vec::with_capacity(plan.calendars.len().max(1));
    for calendar in &plan.calendars {
        let compiled = compile_calendar(calendar, switches)
            .map_err(|e| CompileError::Sla(format!("calendar `{}`: {e}", calendar.name)))?;
        calendars.push(compiled);
    }
    if calendars.is_empty() {
        calendars.push(Calendar::always());
    }
    let compiled = Policies::compile(&plan.policies, &calendars, switches);
    let with_teams =
        compiled.map(|policies| policies.with_team_calendars(plan.teams.iter().map(|team| team.calendar)));
    with_teams.map_err(|problems| {
        let told: Vec<String> = problems
            .iter()
            .map(|p| {
                let name =
                    plan.policies.get(usize::from(p.policy)).map_or("?", |policy| policy.name.as_str());
                format!("SLA policy `{name}` (line {}): {}", p.line, p.kind)
            })
            .collect();
        CompileError::Sla(told.join("; "))
    })
}

/// The flow of the plan's bot, bound to the plan's intents.
fn load_flow(plan: &Plan) -> Result<Option<Flow>, CompileError> {
    let BotKind::Flow { path } = &plan.bot.kind else { return Ok(None) };
    let (flow, _) = Flow::load(path).map_err(CompileError::Flow)?;
    Ok(Some(bound(plan, flow)))
}

fn bound(plan: &Plan, mut flow: Flow) -> Flow {
    let names: Vec<String> = plan.intents.iter().map(|i| i.name.clone()).collect();
    flow.bind(&names);
    if plan.bot.named.max_attempts {
        flow.set_max_attempts(plan.bot.max_attempts);
    }
    flow
}

/// The flow's limits, where the scenario names none.
fn adopt_limits(plan: &mut Arc<Plan>, flow: &Flow) {
    let (named, limits) = (plan.bot.named, flow.limits());
    let bot = &mut Arc::make_mut(plan).bot;
    if !named.time_limit {
        bot.time_limit = limits.time_limit;
    }
    if !named.session_time_out {
        bot.session_time_out = limits.time_out;
    }
    if !named.max_attempts {
        bot.max_attempts = limits.max_attempts;
    }
}

fn open_live(plan: &Plan, http: &HttpPlan) -> Result<Live, CompileError> {
    let shape = http::Shape::from_word(&http.shape)
        .ok_or_else(|| CompileError::Live(format!("there is no shape `{}`", http.shape)))?;
    let bot = HttpBot::open(http::Settings {
        url: http.url.clone(),
        shape,
        time_out: http.time_out,
        concurrency: http.concurrency,
        rate_per_s: http.rate_per_s,
        cassette: http.cassette.clone(),
    })
    .map_err(CompileError::Live)?;
    let marks = http::Marks {
        intents: http.intents.clone(),
        answers: http.answers.clone(),
        not_understood: http.not_understood.clone(),
        hands_over: http.hands_over.clone(),
        replies: http.replies.clone(),
    };
    let intents = plan.intents.iter().map(|intent| {
        let phrases = intent.phrases.iter().flat_map(|list| list.iter().map(String::as_str)).collect();
        (intent.name.as_str(), phrases)
    });
    Ok(Live { bot, reader: http::Reader::new(marks, intents, shape != http::Shape::Rasa) })
}

impl Compiled {
    /// The same with another flow in place of the bot's own; one that has no flow stays as it is.
    pub fn with_flow(mut self, flow: Flow) -> Compiled {
        if self.flow.is_some() {
            self.flow = Some(Arc::new(bound(&self.plan, flow)));
            // Texts remember what the flow read in them.
            self.texts = Arc::new(Texts::of(&self.plan));
        }
        self
    }

    /// Keeps what the endpoints of the flow's look-ups answered, where that was to be recorded.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn save_look_ups(&self) -> std::io::Result<()> {
        self.flow.as_ref().map_or(Ok(()), |flow| flow.save_look_ups())
    }

    /// The live bot under test, if the scenario has one.
    pub fn live_bot(&self) -> Option<&HttpBot> {
        self.live.as_ref().map(|live| &live.bot)
    }

    pub(super) fn replay(&self, source: usize) -> Option<&super::replay::Replay> {
        match self.sources.get(source) {
            Some(CompiledSource::Recorded(replay)) => Some(replay),
            _ => None,
        }
    }

    /// The accounts of the recorded sources that were read: (source, report, conversations that begin outside
    /// the run).
    pub fn imports(&self) -> impl Iterator<Item = (&str, &crate::traffic::recorded::ImportReport, usize)> {
        self.plan.sources.iter().zip(&self.sources).filter_map(|(source, compiled)| {
            match (source, compiled) {
                (Source::Recorded(recorded), CompiledSource::Recorded(replay)) => {
                    Some((recorded.name.as_str(), &replay.recording().report, replay.outside()))
                }
                _ => None,
            }
        })
    }

    /// How fast an agent answers about an intent.
    #[inline]
    pub(super) fn speed(&self, agent: u32, intent: usize) -> f64 {
        self.speeds[usize::from(self.speeds_of_agent[agent as usize])][intent]
    }

    /// How many of an agent's places a conversation takes.
    #[inline]
    pub(super) fn weight(&self, source: u8, intent: u16) -> u16 {
        self.weights[usize::from(source) * self.plan.intents.len() + usize::from(intent)]
    }

    /// Whether a calendar is open.
    pub(super) fn is_open(&self, calendar: u16, at: Instant) -> bool {
        self.policies.calendar(calendar).is_none_or(|calendar| calendar.is_open(at))
    }
}
