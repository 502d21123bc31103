//! Policies ready for use: targets by clock and priority, the order in which they are tried, and
//! what is wrong with them.

use crate::bot::text::fold;
use crate::scenario::plan::{
    CalendarPlan, ClockKind, ClockSwitches, Condition, Policy, PolicyIdx, PriorityIdx,
};
use crate::scenario::switches::{CalendarWithoutHours, EmptyCondition, PolicyChosen, PolicyOrder};
use crate::time::calendar::BusinessHours;
use crate::time::{Calendar, CalendarError, Instant, Span};

/// What a condition may ask about a ticket. Text is folded: lower case, no accents.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct TicketFacts<'a> {
    pub at: Instant,
    pub text: &'a str,
    pub intent: u16,
    pub language: u8,
    pub segment: u8,
    pub priority: PriorityIdx,
    pub team: Option<u16>,
    pub source: u8,
    pub media: bool,
    pub reopened: u16,
    pub with_bot: bool,
    /// Bit set over `Plan::tags`.
    pub tags: u64,
}

/// Does every part of the condition hold? An empty condition always does.
pub fn matches(condition: &Condition, facts: &TicketFacts<'_>, calendars: &[Calendar]) -> bool {
    let Condition {
        contains,
        intents,
        languages,
        segments,
        priorities,
        teams,
        sources,
        media,
        open,
        reopened,
        with_bot,
        tags,
    } = condition;
    (contains.is_empty() || contains.iter().any(|word| facts.text.contains(word.as_str())))
        && (intents.is_empty() || intents.contains(&facts.intent))
        && (languages.is_empty() || languages.contains(&facts.language))
        && (segments.is_empty() || segments.contains(&facts.segment))
        && (priorities.is_empty() || priorities.contains(&facts.priority))
        && (teams.is_empty() || facts.team.is_some_and(|team| teams.contains(&team)))
        && (sources.is_empty() || sources.contains(&facts.source))
        && media.is_none_or(|media| media == facts.media)
        && open.is_none_or(|(calendar, inside)| {
            calendars.get(usize::from(calendar)).is_some_and(|calendar| calendar.is_open(facts.at) == inside)
        })
        && reopened.is_none_or(|times| facts.reopened >= times)
        && with_bot.is_none_or(|with_bot| with_bot == facts.with_bot)
        && tags.iter().all(|&tag| facts.tags & 1u64.checked_shl(u32::from(tag)).unwrap_or(0) != 0)
}

fn is_empty(condition: &Condition) -> bool {
    let Condition {
        contains,
        intents,
        languages,
        segments,
        priorities,
        teams,
        sources,
        media,
        open,
        reopened,
        with_bot,
        tags,
    } = condition;
    contains.is_empty()
        && intents.is_empty()
        && languages.is_empty()
        && segments.is_empty()
        && priorities.is_empty()
        && teams.is_empty()
        && sources.is_empty()
        && tags.is_empty()
        && media.is_none()
        && open.is_none()
        && reopened.is_none()
        && with_bot.is_none()
}

/// A calendar of the scenario as the help desk reads it.
pub fn compile_calendar(plan: &CalendarPlan, switches: &ClockSwitches) -> Result<Calendar, CalendarError> {
    let hours = BusinessHours::new(plan.zone.clone(), plan.week.clone());
    let with_dates = plan.dates.iter().fold(hours, |hours, (date, open)| hours.on_date(*date, open.clone()));
    compile_hours(with_dates, switches)
}

/// Business hours as the help desk reads them.
pub fn compile_hours(hours: BusinessHours, switches: &ClockSwitches) -> Result<Calendar, CalendarError> {
    let hours = if switches.closing_minute_is_midnight { hours.closing_minute_is_midnight() } else { hours };
    if hours.never_opens() && switches.calendar_without_hours == CalendarWithoutHours::Always {
        return Ok(Calendar::always());
    }
    Calendar::from_hours(hours)
}

/// Something wrong with a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyProblem {
    /// Index into the policies as they were written.
    pub policy: PolicyIdx,
    /// Its line in the scenario.
    pub line: u32,
    /// What.
    pub kind: ProblemKind,
}

/// What can be wrong with a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProblemKind {
    /// Its calendar is not in the list.
    #[error("the policy's calendar does not exist")]
    NoCalendar,
    /// Both targets, where the help desk allows one.
    #[error("a policy of this help desk has either `next_response` or `update`, not both")]
    UpdateAndNextResponse,
    /// First response after resolution.
    #[error("the first response may take longer than the resolution")]
    FirstResponseBeyondResolution,
    /// No ticket gets here.
    #[error("no ticket can reach this policy: policy {0} before it takes all that it would")]
    Unreachable(PolicyIdx),
    /// A condition that can never hold here.
    #[error("no ticket can reach this policy: without a condition it would have to be the default one")]
    EmptyAndNotDefault,
    /// Two policies with the same condition.
    #[error("the policy's condition is the same as that of policy {0}, which is tried first")]
    Overlaps(PolicyIdx),
}

impl ProblemKind {
    /// Is it impossible to go on, for this help desk?
    pub fn is_error(&self, switches: &ClockSwitches) -> bool {
        match self {
            ProblemKind::NoCalendar | ProblemKind::UpdateAndNextResponse => true,
            ProblemKind::FirstResponseBeyondResolution => switches.response_within_resolution,
            ProblemKind::Unreachable(_) | ProblemKind::EmptyAndNotDefault | ProblemKind::Overlaps(_) => false,
        }
    }
}

struct Compiled {
    /// As written.
    index: PolicyIdx,
    condition: Condition,
    calendar: u16,
    /// By clock, then priority.
    targets: [Vec<Option<Span>>; 7],
    warn_left: Option<f64>,
    bot_answers: bool,
    /// Only for tickets whose priority it has a target for.
    by_priority: bool,
}

impl Compiled {
    fn takes_priority(&self, priority: PriorityIdx) -> bool {
        let has_one =
            |targets: &Vec<Option<Span>>| targets.get(usize::from(priority)).copied().flatten().is_some();
        !self.by_priority || self.targets.iter().any(has_one)
    }
}

/// Policies, calendars and switches, compiled.
pub struct Policies {
    /// As written.
    policies: Vec<Compiled>,
    /// In the order they are tried; positions in `policies`.
    order: Vec<usize>,
    calendars: Vec<Calendar>,
    /// Hours of their own that teams have.
    team_calendars: Vec<Option<u16>>,
    switches: ClockSwitches,
    judges_at_poll: bool,
    warnings: Vec<PolicyProblem>,
}

impl Policies {
    /// Compiles; the errors among the problems make it fail, the others are [`Policies::warnings`].
    pub fn compile(
        policies: &[Policy],
        calendars: &[Calendar],
        switches: &ClockSwitches,
    ) -> Result<Policies, Vec<PolicyProblem>> {
        let mut order: Vec<usize> = (0..policies.len()).collect();
        if switches.policy_order == PolicyOrder::ByName {
            order.sort_by(|&a, &b| policies[a].name.cmp(&policies[b].name));
        }
        match switches.empty_condition {
            EmptyCondition::Matches => {}
            EmptyCondition::Fallback => order.sort_by_key(|&i| is_empty(&policies[i].when)),
            EmptyCondition::DefaultOnly => {
                order.retain(|&i| policies[i].default || !is_empty(&policies[i].when));
                order.sort_by_key(|&i| policies[i].default);
            }
        }
        let problems = problems(policies, calendars, switches, &order);
        let (errors, warnings): (Vec<_>, Vec<_>) =
            problems.into_iter().partition(|problem| problem.kind.is_error(switches));
        if !errors.is_empty() {
            return Err(errors);
        }
        let policies =
            policies.iter().enumerate().map(|(index, policy)| compile(index, policy, switches)).collect();
        Ok(Policies {
            policies,
            order,
            calendars: calendars.to_vec(),
            team_calendars: Vec::new(),
            switches: switches.clone(),
            judges_at_poll: ClockKind::ALL.into_iter().any(|kind| switches.judged_at_poll.of(kind)),
            warnings,
        })
    }

    /// The same, with hours of their own for teams, by index.
    pub fn with_team_calendars(self, of_team: impl IntoIterator<Item = Option<u16>>) -> Policies {
        let mut team_calendars: Vec<Option<u16>> = of_team.into_iter().collect();
        if team_calendars.iter().all(Option::is_none) {
            team_calendars.clear();
        }
        Policies { team_calendars, ..self }
    }

    /// Some team has hours of its own.
    pub fn has_team_calendars(&self) -> bool {
        !self.team_calendars.is_empty()
    }

    /// Some policy looks for words.
    pub fn reads_text(&self) -> bool {
        self.policies.iter().any(|policy| !policy.condition.contains.is_empty())
    }

    /// Some clock is breached only if the checker finds it overdue: the checker must come by.
    pub fn judges_at_poll(&self) -> bool {
        self.judges_at_poll
    }

    /// A ticket may come under another policy during its life.
    pub fn may_change(&self) -> bool {
        self.switches.policy_chosen == PolicyChosen::OnUpdate
            && self.policies.iter().any(|policy| policy.by_priority || !is_empty(&policy.condition))
    }

    /// What is wrong, but does not stop the work.
    pub fn warnings(&self) -> &[PolicyProblem] {
        &self.warnings
    }

    /// The policy of a ticket: the first that matches.
    pub fn select(&self, facts: &TicketFacts<'_>) -> Option<PolicyIdx> {
        let first = self.order.iter().map(|&i| &self.policies[i]);
        first
            .into_iter()
            .find(|policy| {
                policy.takes_priority(facts.priority) && matches(&policy.condition, facts, &self.calendars)
            })
            .map(|policy| policy.index)
    }

    fn policy(&self, policy: Option<PolicyIdx>) -> Option<&Compiled> {
        self.policies.get(usize::from(policy?))
    }

    /// The target of a clock; none without a policy, without a target for this priority, or if it is
    /// zero.
    pub fn target(&self, policy: Option<PolicyIdx>, priority: PriorityIdx, kind: ClockKind) -> Option<Span> {
        self.policy(policy)?.targets[kind as usize].get(usize::from(priority)).copied().flatten()
    }

    /// Number of the calendar a policy's targets run in; the first one without a policy.
    pub fn calendar_of(&self, policy: Option<PolicyIdx>) -> u16 {
        self.policy(policy).map_or(0, |policy| policy.calendar)
    }

    /// The same for a ticket that a team has: a team's own hours replace the policy's, unless it has none.
    pub fn calendar_with(&self, policy: Option<PolicyIdx>, team: Option<u16>) -> u16 {
        let of_policy = self.calendar_of(policy);
        let of_team = team.and_then(|team| self.team_calendars.get(usize::from(team)).copied().flatten());
        match of_team {
            Some(own) if self.calendar(of_policy).is_some_and(|calendar| !calendar.is_always()) => own,
            _ => of_policy,
        }
    }

    /// A calendar by number.
    pub fn calendar(&self, calendar: u16) -> Option<&Calendar> {
        self.calendars.get(usize::from(calendar))
    }

    /// The share of the target at which a policy warns.
    pub fn warn_left(&self, policy: Option<PolicyIdx>) -> Option<f64> {
        self.policy(policy)?.warn_left
    }

    /// Does a bot's reply count as the first response?
    pub fn bot_answers(&self, policy: Option<PolicyIdx>) -> bool {
        self.switches.bot_reply_answers || self.policy(policy).is_some_and(|policy| policy.bot_answers)
    }

    /// The help desk's switches.
    pub fn switches(&self) -> &ClockSwitches {
        &self.switches
    }
}

fn compile(index: usize, policy: &Policy, switches: &ClockSwitches) -> Compiled {
    let targets = ClockKind::ALL.map(|kind| {
        policy.targets(kind).iter().map(|target| target.filter(|span| *span > Span::ZERO)).collect()
    });
    // Only the default policy may do without a condition there, and it takes all that is left.
    let catches_all = switches.empty_condition == EmptyCondition::DefaultOnly && policy.default;
    let mut condition = if catches_all { Condition::default() } else { policy.when.clone() };
    for word in &mut condition.contains {
        *word = fold(word);
    }
    Compiled {
        // more policies than 65,535 do not fit a `PolicyIdx`; those beyond are never selected twice
        index: PolicyIdx::try_from(index).unwrap_or(PolicyIdx::MAX),
        condition,
        calendar: policy.calendar,
        targets,
        warn_left: policy.warn_left,
        bot_answers: policy.bot_answers,
        by_priority: policy.is_by_priority(switches),
    }
}

fn problems(
    policies: &[Policy],
    calendars: &[Calendar],
    switches: &ClockSwitches,
    order: &[usize],
) -> Vec<PolicyProblem> {
    let mut found = Vec::new();
    let index = |i: usize| PolicyIdx::try_from(i).unwrap_or(PolicyIdx::MAX);
    let mut note =
        |i: usize, kind| found.push(PolicyProblem { policy: index(i), line: policies[i].line, kind });
    let given = |targets: &[Option<Span>]| targets.iter().flatten().any(|span| *span > Span::ZERO);
    for (i, policy) in policies.iter().enumerate() {
        if usize::from(policy.calendar) >= calendars.len() {
            note(i, ProblemKind::NoCalendar);
        }
        if switches.update_excludes_next_response && given(&policy.update) && given(&policy.next_response) {
            note(i, ProblemKind::UpdateAndNextResponse);
        }
        let pairs = policy.first_response.iter().zip(&policy.resolution);
        if pairs.filter_map(|(first, resolution)| Some(((*first)?, (*resolution)?))).any(|(f, r)| f > r) {
            note(i, ProblemKind::FirstResponseBeyondResolution);
        }
        if !order.contains(&i) {
            note(i, ProblemKind::EmptyAndNotDefault);
        }
    }
    for (place, &i) in order.iter().enumerate() {
        let takes_all = |j: &&usize| policies[**j].takes_priorities_of(&policies[i], switches);
        let catch_all = order[..place].iter().filter(takes_all).find(|&&j| is_empty(&policies[j].when));
        let same = order[..place]
            .iter()
            .filter(takes_all)
            .find(|&&j| format!("{:?}", policies[j].when) == format!("{:?}", policies[i].when));
        match (catch_all, same) {
            (Some(&j), _) => note(i, ProblemKind::Unreachable(index(j))),
            (None, Some(&j)) => note(i, ProblemKind::Overlaps(index(j))),
            (None, None) => {}
        }
    }
    found
}
