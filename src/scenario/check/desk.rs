//! `[[team]]` and `[desk]`.

use super::Checker;
use super::names::Kind;
use crate::diag::Diagnostic;
use crate::scenario::plan::{
    Assignment, Attention, BotKind, BotPlan, Desk, QueueOrder, Shift, ShiftEnd, Team, TeamIdx,
};
use crate::scenario::raw::leaf::{At, Hours, PlainOr};
use crate::scenario::raw::{self, AssignmentWord, AttentionWord, OrderWord, ShiftEndWord, Weights};
use crate::scenario::switches::{ReopenedTo, Thread, ThreadFrom};
use crate::scenario::value::DAY_MINUTES;
use crate::time::Span;

impl Checker<'_> {
    /// All teams.
    pub fn teams(&mut self) -> Vec<Team> {
        let raw = self.raw;
        if raw.team.is_empty() {
            self.fault(
                Diagnostic::error("HS0407", "the scenario has no team")
                    .help("add a `[[team]]` table with a `name` and `agents` or `shifts`"),
            );
        }
        raw.team.iter().map(|team| self.team(team)).collect()
    }

    fn team(&mut self, at: &At<raw::Team>) -> Team {
        let team = &at.value;
        let shifts = self.shifts(team);
        let staffed: u64 = shifts.iter().map(|shift| u64::from(shift.agents)).sum();
        if staffed == 0 && !self.is_pruned("team", &team.name.value) {
            let span = team.agents.as_ref().map_or(&team.name.span, |agents| &agents.span);
            self.fault(
                Diagnostic::error("HS0408", format!("team `{}` never has an agent", team.name.value))
                    .mark(span.clone(), "nobody works here")
                    .help("give it `agents = 3`, or `shifts` with agents"),
            );
        }
        let skills = team.skills.as_ref().map(|skills| self.skills(skills)).unwrap_or_default();
        Team {
            name: team.name.value.clone(),
            skills,
            concurrency: team.concurrency.value,
            efficiency: self.efficiency(team),
            attention: match team.attention {
                AttentionWord::Serial => Attention::Serial,
                AttentionWord::Shared => Attention::Shared,
            },
            shifts,
            shrinkage: self.shrinkage(&team.shrinkage),
            cost_per_hour: team.cost_per_hour,
            assignment: match team.assignment {
                AssignmentWord::LeastLoaded => Assignment::LeastLoaded,
                AssignmentWord::LongestIdle => Assignment::LongestIdle,
                AssignmentWord::RoundRobin => Assignment::RoundRobin,
                AssignmentWord::MostLoaded => Assignment::MostLoaded,
                AssignmentWord::Random => Assignment::Random,
            },
            order: self.order(&team.order),
            max_waiting: team.max_waiting.as_ref().map(|max| max.value),
            overflow: team.overflow.as_ref().map(|overflow| {
                let to = self.other_team(&overflow.value.to, team);
                (overflow.value.after.value.span(), to)
            }),
            transfers: self.transfers(&team.transfers),
            agent_work: team.agent_work.as_ref().map(|law| self.duration_law(law)),
            work_factor: team.work_factor.value,
            wrap_up: self.law_or_none(&team.wrap_up),
            shift_end: match team.shift_end {
                ShiftEndWord::Finish => ShiftEnd::Finish,
                ShiftEndWord::HandBack => ShiftEnd::HandBack,
                ShiftEndWord::Keep => ShiftEnd::Keep,
                ShiftEndWord::FirstFree => ShiftEnd::FirstFree,
            },
            preempt: team.preempt,
            refusal: team
                .refusal
                .as_ref()
                .map(|refusal| (refusal.value.after.value.span(), refusal.value.chance.value.0)),
            proficiency: self.proficiency(&team.proficiency),
            level: team.level,
            calendar: team.calendar.as_ref().map(|name| self.name(Kind::Calendar, name) as u16),
        }
    }

    fn skills(&mut self, skills: &At<Vec<At<String>>>) -> Vec<u16> {
        if skills.value.is_empty() {
            self.fault(
                Diagnostic::error("HS0302", "an empty list of skills takes nothing")
                    .mark(skills.span.clone(), "empty")
                    .help("leave `skills` out for a team that takes everything"),
            );
        }
        skills.value.iter().map(|name| self.name(Kind::Intent, name) as u16).collect()
    }

    fn shifts(&mut self, team: &raw::Team) -> Vec<Shift> {
        if let Some(agents) = &team.agents {
            if let Some(shift) = team.shifts.first() {
                self.fault(
                    Diagnostic::error("HS0401", "`agents` and `shifts` exclude each other")
                        .mark(agents.span.clone(), "so many at all hours")
                        .mark(shift.span.clone(), "or by shifts"),
                );
            }
            return vec![Shift {
                days: [true; 7],
                from: 0,
                to: DAY_MINUTES,
                agents: agents.value,
                breaks: Vec::new(),
                paid_breaks: false,
                skills: None,
                proficiency: Vec::new(),
                between: None,
            }];
        }
        team.shifts.iter().map(|shift| self.shift(&shift.value)).collect()
    }

    fn shift(&mut self, shift: &raw::Shift) -> Shift {
        let (from, to) = shift.hours.value.0;
        let breaks = shift
            .breaks
            .iter()
            .map(|pause| {
                // A break after midnight belongs to the shift that began before it.
                let Hours((mut begins, mut ends)) = pause.value;
                if begins < from {
                    (begins, ends) = (begins + DAY_MINUTES, ends + DAY_MINUTES);
                }
                if begins < from || ends > to {
                    self.fault(
                        Diagnostic::error("HS0307", "a break lies outside its shift")
                            .mark(pause.span.clone(), "not within the hours")
                            .mark(shift.hours.span.clone(), "the shift"),
                    );
                }
                ((begins, ends), pause.span.clone())
            })
            .collect();
        let breaks = self.periods(breaks);
        if shift.agents.value == 0 {
            self.fault(
                Diagnostic::warning("HS0509", "a shift without an agent")
                    .mark(shift.agents.span.clone(), "nobody comes"),
            );
        }
        let between = match (&shift.from, &shift.until) {
            (None, None) => None,
            (from, until) => {
                let begins = from.as_ref().map_or(Span::ZERO, |from| from.value.span());
                let ends = until.as_ref().map_or(Span::FOREVER, |until| until.value.span());
                if begins >= ends {
                    let span = until.as_ref().or(from.as_ref()).map_or(0..0, |at| at.span.clone());
                    self.fault(
                        Diagnostic::error("HS0302", "the shift's period ends before it begins")
                            .mark(span, "not after `from`"),
                    );
                }
                Some((begins, ends))
            }
        };
        Shift {
            days: shift.days.value.0,
            from,
            to,
            agents: shift.agents.value,
            breaks,
            paid_breaks: shift.paid_breaks,
            skills: shift.skills.as_ref().map(|skills| self.skills(skills)),
            proficiency: self.proficiency(&shift.proficiency),
            between,
        }
    }

    fn efficiency(&mut self, team: &raw::Team) -> Vec<f64> {
        let curve = &team.efficiency;
        if curve.value.is_empty() {
            self.fault(
                Diagnostic::error("HS0302", "an efficiency curve has one value at least")
                    .mark(curve.span.clone(), "empty"),
            );
            return vec![1.0];
        }
        for value in &curve.value {
            if value.value <= 0.0 || value.value > 10.0 {
                self.fault(
                    Diagnostic::error("HS0301", "an efficiency must be above 0 and at most 10")
                        .mark(value.span.clone(), "out of range")
                        .help("1 is the speed of an agent with one conversation open"),
                );
            }
        }
        if let Some(extra) = curve.value.get(usize::from(team.concurrency.value)) {
            self.fault(
                Diagnostic::warning("HS0510", "the efficiency curve is longer than the concurrency")
                    .mark(extra.span.clone(), "never reached")
                    .mark(team.concurrency.span.clone(), "so many at once"),
            );
        }
        curve.value.iter().map(|value| value.value).collect()
    }

    fn shrinkage(&mut self, shrinkage: &At<crate::scenario::raw::leaf::Share>) -> f64 {
        if shrinkage.value.0 >= 1.0 {
            self.fault(
                Diagnostic::error("HS0301", "with a shrinkage of 100 % nobody is ever there")
                    .mark(shrinkage.span.clone(), "too much"),
            );
        }
        shrinkage.value.0
    }

    fn order(&mut self, order: &At<raw::Order>) -> QueueOrder {
        match &order.value {
            PlainOr::Plain(OrderWord::Priority) => QueueOrder::Priority,
            PlainOr::Plain(OrderWord::Longest) => QueueOrder::Longest,
            PlainOr::Plain(OrderWord::Due) => QueueOrder::Due,
            PlainOr::Table(table) => {
                self.above_zero(&table.ageing);
                QueueOrder::Ageing { step: table.ageing.value.span() }
            }
        }
    }

    fn other_team(&mut self, name: &At<String>, team: &raw::Team) -> TeamIdx {
        if name.value == team.name.value {
            self.fault(
                Diagnostic::error("HS0302", "a team cannot pass work on to itself")
                    .mark(name.span.clone(), "the same team"),
            );
        }
        self.name(Kind::Team, name) as TeamIdx
    }

    fn transfers(&mut self, transfers: &Weights) -> Vec<(TeamIdx, f64)> {
        let mut out = Vec::new();
        let mut total = 0.0;
        for (name, chance) in transfers {
            if !(0.0..=1.0).contains(&chance.value) {
                self.fault(
                    Diagnostic::error("HS0310", "the chance of a transfer must lie between 0 and 1")
                        .mark(chance.span.clone(), "out of range"),
                );
            }
            total += chance.value;
            if total > 1.0 + 1e-9 {
                self.fault(
                    Diagnostic::error("HS0310", "the chances of a team's transfers add up to more than 1")
                        .mark(chance.span.clone(), format!("{total} with this one")),
                );
            }
            // Back to its own queue: a second look, by whoever is free.
            out.push((self.name(Kind::Team, name) as TeamIdx, chance.value));
        }
        out
    }

    fn proficiency(&mut self, proficiency: &Weights) -> Vec<(u16, f64)> {
        proficiency
            .iter()
            .map(|(name, speed)| {
                if speed.value <= 0.0 || speed.value > 100.0 {
                    self.fault(
                        Diagnostic::error("HS0301", "a speed must be above 0 and at most 100")
                            .mark(speed.span.clone(), "out of range"),
                    );
                }
                (self.name(Kind::Intent, name) as u16, speed.value)
            })
            .collect()
    }

    /// What holds for the whole desk.
    pub fn desk(&mut self, bot: &BotPlan) -> Desk {
        let desk = &self.raw.desk;
        let to_bot = desk.clocks.reopened_to == ReopenedTo::Bot;
        let no_bot = matches!(bot.kind, BotKind::None);
        if to_bot && no_bot {
            self.faults.push(
                Diagnostic::warning("HS0515", "there is no bot for reopened conversations to go to")
                    .mark(desk.like.span.clone(), "`reopened_to = \"bot\"` with this desk")
                    .help("they go to the team's queue"),
            );
        }
        // A window that is written as such counts from the resolution.
        let from_message = desk.reopen_window.is_none()
            && desk.clocks.thread == Thread::Window
            && desk.clocks.thread_from == ThreadFrom::LastMessage;
        let close_after = desk.close_after.value.span();
        let reopen_window = match &desk.reopen_window {
            Some(window) => Some(window.value.get().map_or(close_after, |window| window.span())),
            None => match desk.clocks.thread {
                Thread::UntilClosed => Some(close_after),
                Thread::UntilResolved => Some(Span::ZERO),
                Thread::Window => Some(desk.clocks.thread_window),
                Thread::Forever => None,
            },
        };
        Desk {
            like: desk.like.value.clone(),
            default_team: desk.default_team.as_ref().map_or(0, |name| self.name(Kind::Team, name) as TeamIdx),
            reopen_window,
            close_after,
            message_window: from_message.then_some(desk.clocks.thread_window),
            reopens_to_bot: to_bot && !no_bot,
            auto_resolve: desk.auto_resolve.value.get().map(|silence| silence.span()),
            frees_place_after: desk.frees_place_after.value.get().map(|silence| silence.span()),
            sticky: desk.sticky.unwrap_or(desk.clocks.reopened_to == ReopenedTo::PreviousAgent),
            clocks: desk.clocks.clone(),
            ticket_at_first_message: desk.ticket_at_first_message,
        }
    }
}
