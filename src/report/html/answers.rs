//! The sentence above each figure: what to see in it, said from the data.

use super::figures::called_out;
use super::heat::{gap, seen};
use crate::measure::{Band, Curve, Pictures, Summary, Unit};
use crate::report::chart::{Axis, DAYS};
use crate::report::format::{self, count, duration, level, number, percent};
use crate::report::metrics::mean;
use crate::report::text::clean;

/// Occupancy at which people work well and still have a moment between two conversations. A rule of
/// thumb of workforce planning, not a law.
pub(super) const COMFORT: (f64, f64) = (0.70, 0.85);

/// Staffed against needed.
pub(super) fn staffing(pictures: &Pictures) -> String {
    let hours: Vec<(usize, usize, f64, bool)> =
        seen(pictures).filter_map(|(d, h, c)| Some((d, h, gap(c)?, c.staffed > 0.05))).collect();
    // Half an agent and more is shown as a shortage.
    let on_shift: Vec<_> = hours.iter().filter(|x| x.3).collect();
    let short: Vec<_> = on_shift.iter().filter(|x| x.2 <= -0.5).collect();
    let spare = on_shift.iter().filter(|x| x.2 >= 0.5).count();
    let alone = hours.len() - on_shift.len();
    let mut sentence = match short.iter().min_by(|a, b| a.2.total_cmp(&b.2)) {
        None if on_shift.is_empty() => "No hour was staffed.".to_owned(),
        None => {
            format!("No hour on shift is short of agents; {spare} of {} have some to spare.", on_shift.len())
        }
        Some((day, hour, worst, _)) => format!(
            "{} of {} hours on shift are short of agents, worst {}: {} too few. {spare} have some to spare.",
            short.len(),
            on_shift.len(),
            hour_words(*day, *hour),
            number(-worst),
        ),
    };
    if alone > 0 {
        sentence.push_str(&format!(" In {alone} more hours customers come and nobody is on shift."));
    }
    sentence
}

/// Share answered in time.
pub(super) fn within(pictures: &Pictures, target: f64) -> String {
    let hours: Vec<_> = seen(pictures).filter(|(_, _, c)| c.within.is_finite() && c.entered > 0.0).collect();
    let below = hours.iter().filter(|(_, _, c)| c.within < target).count();
    // The hour that fails most customers, not the emptiest one.
    let worst = hours.iter().max_by(|a, b| {
        let late = |c: &crate::measure::HourCell| c.entered * (1.0 - c.within);
        late(a.2).total_cmp(&late(b.2))
    });
    match worst {
        None => "Nobody waited in a queue.".to_owned(),
        Some(_) if below == 0 => format!("Every hour reaches {}.", level(target)),
        Some((day, hour, cell)) => format!(
            "{below} of {} hours stay below {}. Most customers wait too long on {}: {} of {} are answered in time.",
            hours.len(),
            level(target),
            hour_words(*day, *hour),
            percent(cell.within),
            count(cell.entered),
        ),
    }
}

fn hour_words(day: usize, hour: usize) -> String {
    let day = DAYS.get(day).copied().unwrap_or_default();
    format!("{day} {hour:02}:00–{:02}:00", hour + 1)
}

/// Compliance by day against its target.
pub(super) fn compliance(band: &Band, target: Option<f64>, day: impl Fn(i64) -> String) -> String {
    let days: Vec<(i64, f64)> =
        band.at.iter().copied().zip(band.median.iter().copied()).filter(|d| d.1.is_finite()).collect();
    let (Some(worst), Some(best)) =
        (days.iter().min_by(|a, b| a.1.total_cmp(&b.1)), days.iter().max_by(|a, b| a.1.total_cmp(&b.1)))
    else {
        return "No clock ended.".to_owned();
    };
    let range =
        format!("from {} ({}) to {} ({})", percent(worst.1), day(worst.0), percent(best.1), day(best.0));
    match target {
        None => format!("Compliance by day goes {range}."),
        Some(target) => match days.iter().filter(|d| d.1 < target).count() {
            0 => format!("Every day reaches the target of {}; compliance goes {range}.", level(target)),
            n => format!(
                "{n} of {} days miss the target of {}; compliance goes {range}.",
                days.len(),
                level(target)
            ),
        },
    }
}

/// The peak of the queue through the day.
pub(super) fn queue(band: &Band) -> String {
    match peak(band) {
        None => "Nobody waited in a queue.".to_owned(),
        Some((at, median, high)) => format!(
            "The queue is longest at {}: {} waiting on a usual day, {} on one of the worst in twenty.",
            Axis::minute_of_day(u32::try_from(at).unwrap_or(0)),
            number(median),
            number(high),
        ),
    }
}

/// The peak and the end of the backlog.
pub(super) fn backlog(band: &Band, when: impl Fn(i64) -> String) -> String {
    let Some((at, median, _)) = peak(band) else { return "No ticket was ever open.".to_owned() };
    let end = band.median.last().copied().unwrap_or(0.0);
    format!(
        "The backlog peaks on {} with {} open tickets and ends with {}.",
        when(at),
        count(median),
        count(end)
    )
}

/// (at, median, high) where the median is highest.
fn peak(band: &Band) -> Option<(i64, f64, f64)> {
    band.at
        .iter()
        .zip(&band.median)
        .zip(&band.high)
        .map(|((at, median), high)| (*at, *median, *high))
        .filter(|p| p.1.is_finite())
        .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))
}

/// Where cumulative curves cross their target.
pub(super) fn curves(curves: &[Curve], what: &str) -> String {
    let Some(all) = curves.iter().find(|c| !c.x_s.is_empty()) else {
        return format!("No {what} was observed.");
    };
    let Some((target, share)) = all.target else {
        let mut sentence = match share_reached(all, 0.9) {
            Some(x) => format!("90 % have their {what} within {}.", duration(x)),
            None => format!("Fewer than 90 % have their {what} within the time shown."),
        };
        if let Some((curve, (target, reached))) = called_out(curves) {
            let (name, within) = (clean(&curve.name), duration(target));
            sentence.push_str(&format!(
                " Fewest reach their target of “{name}”: {} within {within}.",
                percent(reached)
            ));
        }
        return sentence;
    };
    let mut sentence = format!("{} have their {what} within {}", percent(share), duration(target));
    let slices = curves.iter().filter(|c| c.name != all.name);
    let lowest = slices
        .filter_map(|c| Some((c, c.target?)))
        .min_by(|a, b| a.1.1.total_cmp(&b.1.1))
        .filter(|(_, (_, reached))| *reached < share - 0.005);
    if let Some((slice, (slice_target, reached))) = lowest {
        let within = if slice_target == target {
            String::new()
        } else {
            format!(" within {}", duration(slice_target))
        };
        sentence.push_str(&format!("; fewest of “{}”: {}{within}", clean(&slice.name), percent(reached)));
    }
    sentence.push('.');
    sentence
}

/// The time within which a share of a curve has it.
fn share_reached(curve: &Curve, share: f64) -> Option<f64> {
    curve.x_s.iter().zip(&curve.share).find(|(_, s)| **s >= share).map(|(x, _)| *x)
}

/// What the bot did.
pub(super) fn bot(summary: &Summary, pictures: &Pictures) -> String {
    let rate = |name: &str| mean(summary, name).map(percent);
    let mut sentence = match (rate("bot.resolution_rate"), rate("bot.handoff_rate")) {
        (Some(solved), Some(handed)) => format!("The bot solves {solved} and hands {handed} to people"),
        _ => "What became of the conversations the bot saw".to_owned(),
    };
    let most = pictures
        .bot_outcomes
        .iter()
        .filter(|(name, _)| name.contains("hand"))
        .max_by(|a, b| a.1.total_cmp(&b.1));
    if let Some((name, n)) = most {
        sentence.push_str(&format!("; most often “{}”, {} times", clean(name), count(*n)));
    }
    sentence.push('.');
    sentence
}

/// Where conversations end.
pub(super) fn flow(summary: &Summary) -> String {
    let m = |name: &str| mean(summary, name).unwrap_or(0.0);
    let solved = m("conversations.bot_solved") + m("conversations.agent_solved");
    let lost = m("conversations.abandoned") + m("conversations.left_bot") + m("conversations.left_agent");
    format!(
        "Of {} conversations {} are solved, {} leave unsolved and {} are still open at the end.",
        count(m("conversations.offered")),
        count(solved),
        count(lost),
        count(m("conversations.open")),
    )
}

/// Who works too hard, who has time.
pub(super) fn occupancy(teams: &[(String, f64, f64, f64)]) -> String {
    let (low, high) = COMFORT;
    let names = |those: Vec<&(String, f64, f64, f64)>| {
        those.iter().map(|t| format!("{} ({})", clean(&t.0), percent(t.1))).collect::<Vec<_>>().join(", ")
    };
    let above: Vec<_> = teams.iter().filter(|t| t.1 > high).collect();
    let below: Vec<_> = teams.iter().filter(|t| t.1 < low).collect();
    let mut parts = Vec::new();
    if !above.is_empty() {
        parts.push(format!("Above the comfort band: {}", names(above)));
    }
    if !below.is_empty() {
        parts.push(format!("{}elow it: {}", if parts.is_empty() { "B" } else { "b" }, names(below)));
    }
    if parts.is_empty() {
        "Every team is within the comfort band.".to_owned()
    } else {
        parts.join("; ") + "."
    }
}

/// What a conversation costs.
pub(super) fn cost(summary: &Summary, parts: &[(String, f64)]) -> String {
    let money =
        |name: &str| mean(summary, name).map(|x| format::value(x, Unit::Money, &clean(&summary.currency)));
    let total: f64 = parts.iter().map(|p| p.1).sum();
    let mut sentence = match (money("cost.per_conversation"), money("cost.per_resolution")) {
        (Some(a), Some(b)) => format!("A conversation costs {a}, a resolution {b}"),
        (Some(a), None) => format!("A conversation costs {a}"),
        _ => "What the desk costs".to_owned(),
    };
    let largest = parts.iter().max_by(|a, b| a.1.total_cmp(&b.1)).filter(|p| total > 0.0 && p.1 > 0.0);
    if let Some((name, amount)) = largest {
        sentence.push_str(&format!("; the largest part is {}, {}", clean(name), percent(amount / total)));
    }
    sentence.push('.');
    sentence
}

/// The largest cause of breaches.
pub(super) fn causes(causes: &[(String, String, String, f64)]) -> String {
    let total: f64 = causes.iter().map(|c| c.3).sum();
    let Some((clock, cause, spell, n)) = causes.iter().max_by(|a, b| a.3.total_cmp(&b.3)) else {
        return "No clock was breached.".to_owned();
    };
    let spell = if spell.is_empty() { String::new() } else { format!("; worst {}", clean(spell)) };
    format!(
        "{} of {} breaches are of the {} clock, cause: {}{spell}.",
        count(*n),
        count(total),
        clean(clock).replace('_', " "),
        clean(cause),
    )
}

/// The intent that waits longest.
pub(super) fn time_by_intent(rows: &[(String, f64, f64, f64, f64)]) -> String {
    let total = |r: &(String, f64, f64, f64, f64)| r.1 + r.2 + r.3 + r.4;
    let longest = rows.iter().filter(|r| total(r) > 0.0).max_by(|a, b| total(a).total_cmp(&total(b)));
    match longest {
        None => "No conversation ended.".to_owned(),
        Some(r) => format!(
            "“{}” takes longest, {} from the first message to the end; {} of it is waiting in a queue.",
            clean(&r.0),
            duration(total(r)),
            percent(r.2 / total(r)),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn sentences_say_what_the_sample_shows() {
        let (p, s) = (sample::pictures(), sample::summary());
        let target = p.compliance_target;
        insta::assert_snapshot!(
            [
                staffing(&p),
                within(&p, 0.8),
                compliance(&p.compliance_by_day, target, |at| format!("day {}", at / 86_400_000)),
                queue(&p.queue_by_time_of_day),
                backlog(&p.backlog, |at| format!("hour {}", at / 3_600_000)),
                curves(&p.first_response, "first response"),
                bot(&s, &p),
                flow(&s),
                occupancy(&p.occupancy),
                cost(&s, &p.cost),
                causes(&p.causes),
                time_by_intent(&p.time_by_intent),
            ]
            .join("\n")
        );
    }

    #[test]
    fn where_targets_differ_the_slice_that_reaches_its_own_least_is_named() {
        let mut curves = sample::pictures().first_response;
        curves[0].target = None;
        curves[1].target = Some((300.0, 0.71));
        assert_eq!(
            super::curves(&curves, "first response"),
            "90 % have their first response within 2m 16s. Fewest reach their target of “urgent”: 71.0 % within 5m."
        );
    }

    #[test]
    fn nothing_seen_is_said_so() {
        let p = Pictures::default();
        assert_eq!(staffing(&p), "No hour was staffed.");
        assert_eq!(within(&p, 0.8), "Nobody waited in a queue.");
        assert_eq!(compliance(&p.compliance_by_day, Some(0.9), |_| String::new()), "No clock ended.");
        assert_eq!(curves(&[], "first response"), "No first response was observed.");
        assert_eq!(causes(&[]), "No clock was breached.");
    }
}
