//! Legal but odd: what can never happen, what can never be met, what does not fit together. Runs over
//! the finished plan, so that every default and preset counts.

use super::Checker;
use crate::diag::Diagnostic;
use crate::random::{Distribution, inverse_normal};
use crate::scenario::plan::{Action, Arrivals, BotKind, Condition, Plan, Source, Synthetic, Team};
use crate::scenario::raw::{self, leaf::At};
use crate::scenario::switches::{EmptyCondition, PolicyOrder};
use crate::time::Span;
use std::collections::BTreeSet;
use std::ops::Range;

const HOUR_MS: f64 = 3_600_000.0;

impl Checker<'_> {
    /// All warnings about the plan as a whole.
    pub fn sanity(&mut self, plan: &Plan) {
        self.unreachable_policies(plan);
        self.targets_at_odds(plan);
        self.targets_too_short(plan);
        self.idle_teams(plan);
        self.too_heavy(plan);
        self.load(plan);
        self.bot_without_work(plan);
        self.clock_changes(plan);
        self.too_few_replications(plan);
    }

    /// A policy behind one that takes everything it could get.
    fn unreachable_policies(&mut self, plan: &Plan) {
        let order = policy_order(plan);
        for index in (0..plan.policies.len()).filter(|index| !order.contains(index)) {
            let (name, like) = (&self.raw.sla[index].value.name, &plan.desk.like);
            self.fault(
                Diagnostic::warning("HS0502", format!("no ticket can reach policy `{}`", name.value))
                    .mark(name.span.clone(), "has no condition and is not the default one")
                    .help(format!("with `{like}` write `default = true`, or give it an `if`")),
            );
        }
        for (place, &index) in order.iter().enumerate() {
            let policy = &plan.policies[index];
            let earlier = || order[..place].iter().copied();
            if let Some(other) = earlier().find(|&other| overlap(&policy.when, &plan.policies[other].when)) {
                let (this, other) = (&self.raw.sla[index].value.name, &self.raw.sla[other].value.name);
                self.fault(
                    Diagnostic::warning(
                        "HS0513",
                        format!("policies `{}` and `{}` overlap", other.value, this.value),
                    )
                    .mark(this.span.clone(), "gets only what the other leaves")
                    .mark(other.span.clone(), "is tried first")
                    .help("a ticket that suits both falls under the first: part their conditions if that is not meant"),
                );
            }
            let before = earlier().find(|&earlier| {
                let earlier = &plan.policies[earlier];
                implies(&policy.when, &earlier.when) && earlier.takes_priorities_of(policy, &plan.desk.clocks)
            });
            if let Some(before) = before {
                let (this, other) = (&self.raw.sla[index].value.name, &self.raw.sla[before].value.name);
                self.fault(
                    Diagnostic::warning("HS0502", format!("no ticket can reach policy `{}`", policy.name))
                        .mark(this.span.clone(), "never comes to its turn")
                        .mark(other.span.clone(), "takes all of its tickets first")
                        .help("the first policy that matches counts: put the narrower one first"),
                );
            }
        }
    }

    /// Targets of one policy that contradict each other, or may not stand together in this help desk.
    fn targets_at_odds(&mut self, plan: &Plan) {
        let (switches, like) = (&plan.desk.clocks, &plan.desk.like);
        for (policy, raw) in plan.policies.iter().zip(&self.raw.sla) {
            let raw = &raw.value;
            if let (Some(update), Some(next), true) =
                (&raw.update, &raw.next_response, switches.update_excludes_next_response)
            {
                self.faults.push(
                    Diagnostic::error("HS0409", "`update` and `next_response` exclude each other here")
                        .mark(update.span.clone(), "an update every so often")
                        .mark(next.span.clone(), "or an answer to each message")
                        .help(format!("a policy of `{like}` has one of them: make two policies")),
                );
            }
            let pairs = policy.first_response.iter().zip(&policy.resolution);
            let longer = |(first, whole): (&Option<Span>, &Option<Span>)| {
                first.is_some() && whole.is_some() && first > whole
            };
            if let (Some(first), Some(whole), true) =
                (&raw.first_response, &raw.resolution, pairs.into_iter().any(longer))
            {
                let odd = "the first response may take longer than the resolution";
                let fault = if switches.response_within_resolution {
                    Diagnostic::error("HS0410", odd).help(format!("`{like}` refuses such a policy"))
                } else {
                    Diagnostic::warning("HS0518", odd)
                        .help("then the resolution is late before the first response is")
                };
                self.faults.push(
                    fault.mark(first.span.clone(), "longer").mark(whole.span.clone(), "than all of it"),
                );
            }
        }
    }

    /// A response or a resolution sooner than anybody can write a reply.
    fn targets_too_short(&mut self, plan: &Plan) {
        let needs = needs(plan);
        let wanted = plan.intents.iter().enumerate().filter(|(index, _)| needs.contains(&(*index as u16)));
        let work = wanted.map(|(_, intent)| soonest(&intent.agent_work)).fold(f64::INFINITY, f64::min);
        let bot = soonest(&plan.bot.latency);
        for (policy, raw) in plan.policies.iter().zip(&self.raw.sla) {
            let bot_answers = policy.bot_answers && !matches!(plan.bot.kind, BotKind::None);
            let first = if bot_answers { bot } else { work };
            let targets = [
                (&policy.first_response, &raw.value.first_response, first),
                (&policy.next_response, &raw.value.next_response, work),
                (&policy.resolution, &raw.value.resolution, work),
            ];
            for (targets, written, least) in targets {
                let shortest = targets.iter().flatten().min();
                if let (Some(shortest), Some(at)) = (shortest, written)
                    && least.is_finite()
                    && (shortest.ms() as f64) < least
                {
                    self.faults.push(
                        Diagnostic::warning(
                            "HS0504",
                            "this target is shorter than the shortest possible reply",
                        )
                        .mark(at.span.clone(), format!("{shortest}"))
                        .help(format!("a reply takes {} at least", Span(least as i64))),
                    );
                }
            }
        }
    }

    /// Teams that get nothing to do.
    fn idle_teams(&mut self, plan: &Plan) {
        let mut reached: BTreeSet<usize> = BTreeSet::from([usize::from(plan.desk.default_team)]);
        for team in &plan.teams {
            reached.extend(team.overflow.iter().map(|(_, to)| usize::from(*to)));
            reached.extend(team.transfers.iter().map(|(to, _)| usize::from(*to)));
        }
        for action in plan.rules.iter().flat_map(|rule| &rule.actions) {
            match action {
                Action::HandOff(Some(team)) | Action::MoveTo(team) | Action::Escalate(Some(team)) => {
                    reached.insert(usize::from(*team));
                }
                Action::Escalate(None) => {
                    reached.extend((0..plan.teams.len()).filter(|team| plan.teams[*team].level > 0));
                }
                _ => {}
            }
        }
        let needs = needs(plan);
        // A dialogue flow may name teams that only its own room reads.
        let flow = matches!(plan.bot.kind, BotKind::Flow { .. } | BotKind::Http(_));
        for (index, team) in plan.teams.iter().enumerate() {
            let wanted = team.skills.is_empty() || team.skills.iter().any(|skill| needs.contains(skill));
            if !reached.contains(&index) && !wanted && !flow {
                let name = &self.raw.team[index].value.name;
                self.fault(
                    Diagnostic::warning("HS0503", format!("nobody sends team `{}` anything", team.name))
                        .mark(name.span.clone(), "no traffic has an intent among its skills")
                        .help("and no rule, overflow or transfer leads to it"),
                );
            }
        }
        for (index, intent) in plan.intents.iter().enumerate() {
            let intent_index = index as u16;
            let taken =
                plan.teams.iter().any(|team| team.skills.is_empty() || team.skills.contains(&intent_index));
            if !taken && needs.contains(&intent_index) && self.raw.desk.default_team.is_none() {
                let name = &self.raw.intent[index].value.name;
                let team = &plan.teams[usize::from(plan.desk.default_team)].name;
                self.fault(
                    Diagnostic::warning("HS0505", format!("no team lists intent `{}`", intent.name))
                        .mark(name.span.clone(), format!("goes to the first team, `{team}`"))
                        .help("name it among a team's `skills`, or set `desk.default_team`"),
                );
            }
        }
    }

    /// Conversations that take more of an agent than any agent of their team has.
    fn too_heavy(&mut self, plan: &Plan) {
        for (index, intent) in plan.intents.iter().enumerate() {
            let takes = |team: &&Team| team.skills.is_empty() || team.skills.contains(&(index as u16));
            let most = plan.teams.iter().filter(takes).map(|team| team.concurrency).max();
            let (Some(most), Some(raw)) = (most, self.raw.intent.get(index)) else { continue };
            if u16::from(intent.weight) > most {
                self.fault(
                    Diagnostic::warning("HS0514", format!("nobody can ever take intent `{}`", intent.name))
                        .mark(raw.value.weight.span.clone(), "takes so much of an agent")
                        .help(format!("its teams' agents hold {most} at most: lower the weight, or raise a `concurrency`")),
                );
            }
        }
        let most = plan.teams.iter().map(|team| team.concurrency).max().unwrap_or(0);
        for traffic in &self.raw.traffic {
            if let Some(weight) = &traffic.value.weight
                && u16::from(weight.value) > most
            {
                let name = &traffic.value.name.value;
                self.faults.push(
                    Diagnostic::warning("HS0514", format!("nobody can ever take a conversation of `{name}`"))
                        .mark(weight.span.clone(), "takes so much of an agent")
                        .help(format!(
                            "agents hold {most} at most: lower the weight, or raise a `concurrency`"
                        )),
                );
            }
        }
    }

    /// More work than people can do, over the whole desk.
    fn load(&mut self, plan: &Plan) {
        let offered: f64 =
            plan.sources.iter().filter_map(synthetic).map(|source| work_per_hour(plan, source)).sum();
        let capacity: f64 = plan.teams.iter().map(agents_per_hour).sum();
        if capacity > 0.0 && offered > capacity * 1.000_001 {
            let span = self.raw.traffic.first().map_or(0..0, |traffic| traffic.value.name.span.clone());
            self.fault(
                Diagnostic::warning("HS0501", "more work comes in than the agents can do")
                    .mark(span, format!("{offered:.1} agents are needed in the mean"))
                    .help(format!("{capacity:.1} are there in the mean; the rest waits, leaves or piles up")),
            );
        }
    }

    /// What a bot would solve, where there is none.
    fn bot_without_work(&mut self, plan: &Plan) {
        if !matches!(plan.bot.kind, BotKind::None) {
            return;
        }
        let solves = |intent: &At<raw::Intent>| intent.value.bot_solves.value.0 > 0.0;
        let spans = self.raw.intent.iter().filter(|intent| solves(intent));
        let Some(span) = spans.map(|intent| intent.value.bot_solves.span.clone()).next() else { return };
        self.fault(
            Diagnostic::warning("HS0519", "`bot_solves` is set, and there is no bot")
                .mark(span, "people get all of it")
                .help("add `[bot]` with `kind = \"statistical\"` or a `flow`, or leave `bot_solves` out"),
        );
    }

    /// A clock change within the run, under a shift.
    fn clock_changes(&mut self, plan: &Plan) {
        let at = |instant: crate::time::Instant| jiff::Timestamp::from_millisecond(instant.ms()).ok();
        let (Some(start), Some(end)) = (at(plan.start), at(plan.end)) else { return };
        for change in plan.zone.following(start).take_while(|change| change.timestamp() < end) {
            let after = change.timestamp().to_zoned(plan.zone.clone());
            let minute =
                u16::from(after.hour().unsigned_abs()) * 60 + u16::from(after.minute().unsigned_abs());
            let day = usize::from(after.weekday().to_monday_zero_offset().unsigned_abs());
            let under = plan.teams.iter().position(|team| {
                team.shifts.iter().any(|shift| {
                    let on = |days_ago: usize| shift.days[(day + 7 - days_ago) % 7] && shift.agents > 0;
                    let whole_day = shift.from == 0 && shift.to == crate::scenario::value::DAY_MINUTES;
                    // A shift round the clock neither gains nor loses anybody.
                    let today = on(0) && (shift.from..shift.to).contains(&minute) && !whole_day;
                    today || (on(1) && (shift.from..shift.to).contains(&(minute + 1_440)))
                })
            });
            if let Some(team) = under {
                let name = &self.raw.team[team].value.name;
                self.fault(
                    Diagnostic::warning(
                        "HS0511",
                        format!("the clocks change on {} during a shift", after.date()),
                    )
                    .mark(name.span.clone(), "of this team")
                    .help("that shift is an hour longer or shorter than its hours say"),
                );
            }
        }
    }

    fn too_few_replications(&mut self, plan: &Plan) {
        if let crate::scenario::plan::Replications::Fixed(count) = plan.replications
            && plan.antithetic
            && count % 2 == 1
        {
            let span: Range<usize> = self.raw.scenario.replications.as_ref().map_or(0..0, |n| n.span.clone());
            self.fault(
                Diagnostic::warning("HS0512", "antithetic replications come in pairs")
                    .mark(span, "odd")
                    .help("the last one stands alone and is left out"),
            );
        }
    }
}

/// Positions of the policies in the order in which the help desk tries them; those that it never tries are
/// left out.
fn policy_order(plan: &Plan) -> Vec<usize> {
    let (policies, switches) = (&plan.policies, &plan.desk.clocks);
    let blank = |index: &usize| implies(&Condition::default(), &policies[*index].when);
    let mut order: Vec<usize> = (0..policies.len()).collect();
    if switches.policy_order == PolicyOrder::ByName {
        order.sort_by(|&a, &b| policies[a].name.cmp(&policies[b].name));
    }
    match switches.empty_condition {
        EmptyCondition::Matches => {}
        EmptyCondition::Fallback => order.sort_by_key(blank),
        EmptyCondition::DefaultOnly => {
            order.retain(|index| policies[*index].default || !blank(index));
            order.sort_by_key(|index| policies[*index].default);
        }
    }
    order
}

/// Whether two conditions name some of the same things, and each something of its own.
fn overlap(a: &Condition, b: &Condition) -> bool {
    /// Of one part: (both can hold, they share some but not all).
    fn part<T: PartialEq>(a: &[T], b: &[T]) -> (bool, bool) {
        if a.is_empty() || b.is_empty() {
            return (true, false);
        }
        let shared = a.iter().filter(|one| b.contains(one)).count();
        (shared > 0, shared > 0 && shared < a.len() && shared < b.len())
    }
    let parts = [
        part(&a.intents, &b.intents),
        part(&a.languages, &b.languages),
        part(&a.segments, &b.segments),
        part(&a.priorities, &b.priorities),
        part(&a.teams, &b.teams),
        part(&a.sources, &b.sources),
    ];
    let apart = |a: Option<bool>, b: Option<bool>| matches!((a, b), (Some(a), Some(b)) if a != b);
    parts.iter().all(|(can, _)| *can)
        && parts.iter().any(|(_, partly)| *partly)
        && !apart(a.media, b.media)
        && !apart(a.with_bot, b.with_bot)
}

/// Whether everything that meets `narrow` meets `wide`, as far as the written parts tell.
fn implies(narrow: &Condition, wide: &Condition) -> bool {
    fn within<T: PartialEq>(narrow: &[T], wide: &[T]) -> bool {
        wide.is_empty() || (!narrow.is_empty() && narrow.iter().all(|one| wide.contains(one)))
    }
    within(&narrow.contains, &wide.contains)
        && within(&narrow.intents, &wide.intents)
        && within(&narrow.languages, &wide.languages)
        && within(&narrow.segments, &wide.segments)
        && within(&narrow.priorities, &wide.priorities)
        && within(&narrow.teams, &wide.teams)
        && within(&narrow.tags, &wide.tags)
        && within(&narrow.sources, &wide.sources)
        && (wide.media.is_none() || wide.media == narrow.media)
        && (wide.open.is_none() || wide.open == narrow.open)
        && (wide.with_bot.is_none() || wide.with_bot == narrow.with_bot)
        && wide.reopened.is_none_or(|wide| narrow.reopened.is_some_and(|narrow| narrow >= wide))
}

/// Intents that some traffic brings.
fn needs(plan: &Plan) -> BTreeSet<u16> {
    let mut needs = BTreeSet::new();
    for source in plan.sources.iter().filter(|source| synthetic(source).is_none_or(|s| per_hour(s) > 0.0)) {
        let (shares, bursts) = match source {
            Source::Synthetic(source) => (&source.intents, source.bursts.as_slice()),
            Source::Recorded(source) => (&source.intents, [].as_slice()),
        };
        let mut before = 0.0;
        for (index, cumulative) in shares.index.iter().zip(&shares.cumulative) {
            if *cumulative > before {
                needs.insert(*index);
            }
            before = *cumulative;
        }
        needs.extend(bursts.iter().filter_map(|burst| burst.intent));
    }
    needs
}

fn synthetic(source: &Source) -> Option<&Synthetic> {
    match source {
        Source::Synthetic(source) => Some(source),
        Source::Recorded(_) => None,
    }
}

/// Hours of attention that a source asks for in an hour, in the mean.
fn work_per_hour(plan: &Plan, source: &Synthetic) -> f64 {
    // The phases of a random environment take turns, each for its mean stay.
    let stays: f64 = source.phases.iter().map(|phase| phase.mean_stay).sum();
    let environment = if stays > 0.0 {
        source.phases.iter().map(|phase| phase.factor * phase.mean_stay).sum::<f64>() / stays
    } else {
        1.0
    };
    let mut before = 0.0;
    let mut hours = 0.0;
    for (index, cumulative) in source.intents.index.iter().zip(&source.intents.cumulative) {
        let share = cumulative - before;
        before = *cumulative;
        let Some(intent) = plan.intents.get(usize::from(*index)) else { continue };
        let to_people = match plan.bot.kind {
            BotKind::None => 1.0,
            BotKind::Statistical { .. } => 1.0 - intent.bot_solves,
            // What a flow solves is not known before it has run.
            BotKind::Flow { .. } | BotKind::Http(_) => 0.0,
        };
        let work = plan
            .teams
            .iter()
            .find(|team| team.skills.is_empty() || team.skills.contains(index))
            .or(plan.teams.get(usize::from(plan.desk.default_team)))
            .map_or(intent.agent_work.mean(), |team| {
                team.agent_work.as_ref().unwrap_or(&intent.agent_work).mean() * team.work_factor
            });
        hours += share * to_people * intent.exchanges.mean() * work / HOUR_MS;
    }
    hours * per_hour(source) * environment
}

/// Conversations an hour in the mean, without bursts and phases.
fn per_hour(source: &Synthetic) -> f64 {
    match &source.arrivals {
        Arrivals::Poisson { per_hour, .. } => per_hour.iter().sum::<f64>() / per_hour.len().max(1) as f64,
        Arrivals::Renewal { interval } => HOUR_MS / interval.mean(),
    }
}

/// Agents present in the mean over a week, at their best speed.
fn agents_per_hour(team: &Team) -> f64 {
    let minutes: f64 = team
        .shifts
        .iter()
        .map(|shift| {
            let breaks: u32 = shift.breaks.iter().map(|(from, to)| u32::from(to - from)).sum();
            let days = shift.days.iter().filter(|day| **day).count() as f64;
            f64::from(u32::from(shift.to - shift.from) - breaks) * days * f64::from(shift.agents)
        })
        .sum();
    let reached = team.efficiency.len().min(usize::from(team.concurrency)).max(1);
    let speed = team.efficiency.iter().take(reached).copied().fold(0.0, f64::max);
    minutes / (7.0 * 1_440.0) * speed * (1.0 - team.shrinkage)
}

/// The value that only one draw in a thousand falls below.
fn soonest(law: &Distribution) -> f64 {
    const P: f64 = 0.001;
    match law {
        Distribution::Deterministic { value } => *value,
        Distribution::Exponential { mean } => -libm::log1p(-P) * mean,
        Distribution::Lognormal { mu, sigma } => libm::exp(mu + sigma * inverse_normal(P)),
        Distribution::Weibull { scale, shape } => scale * libm::pow(-libm::log1p(-P), 1.0 / shape),
        Distribution::Uniform { low, high } => low + P * (high - low),
        Distribution::Triangular { low, mode, high } => low + libm::sqrt(P * (high - low) * (mode - low)),
        Distribution::Geometric { .. } => 1.0,
        Distribution::Empirical { sorted, .. } => sorted.first().copied().unwrap_or(0.0),
        // No closed form is needed for a warning: these begin at 0.
        Distribution::Gamma { .. } | Distribution::Hyperexponential { .. } => 0.0,
    }
}
