//! The figures of the page: sentence, chart, how to read it, and the same numbers in a table.

use super::View;
use super::answers;
use super::heat::{self, Heat};
use super::series::{
    MAX_POINTS, band_layers, band_table, curve_plot, curve_table, days_axis, highest, one_in, shares_table,
    steps, thinned,
};
use super::tables::Table;
use crate::measure::{Band, StaffingRow, Unit};
use crate::report::ReportError;
use crate::report::chart::{
    Axis, Chart, DAY_MS, Dash, Ink, Layer, Plot, RangeBar, Share, civil, range_bars, sankey, share_bars,
    stacked_bar, stacked_rows,
};
use crate::report::format::{self, count, duration, level, number, percent};
use crate::report::text::clean;
use serde::Serialize;
use std::collections::BTreeSet;

/// More days than this run into each other as dots.
const MAX_DOTS: usize = 62;
/// Teams whose staffing is drawn; the others stand in the table.
const MAX_STAFFING_CHARTS: usize = 4;

/// A figure of the page.
#[derive(Debug, Serialize)]
pub(super) struct Figure {
    /// Anchor.
    pub(super) id: String,
    /// Heading of its section.
    pub(super) heading: String,
    /// What to see.
    pub(super) sentence: String,
    /// A chart, ready-made and escaped …
    pub(super) svg: Option<String>,
    /// … or a heat map.
    pub(super) heat: Option<Heat>,
    /// How to read it.
    pub(super) caption: String,
    /// The same numbers.
    pub(super) table: Option<Table>,
}

/// Collects figures and the charts in them.
#[derive(Debug, Default)]
pub(super) struct Gallery {
    pub(super) figures: Vec<Figure>,
    pub(super) charts: Vec<Chart>,
}

impl Gallery {
    /// Every figure that has something to show, in the order a manager asks.
    pub(super) fn of(view: &View<'_>) -> Result<Gallery, ReportError> {
        let mut gallery = Gallery::default();
        gallery.heat_maps(view);
        gallery.staffing(view)?;
        gallery.compliance(view)?;
        gallery.queue(view)?;
        gallery.backlog(view)?;
        gallery.waiting(view)?;
        gallery.bot_and_flow(view);
        gallery.people_and_money(view);
        gallery.causes(view);
        gallery.warm_up(view)?;
        Ok(gallery)
    }

    fn chart(&mut self, heading: &str, sentence: String, chart: Chart, caption: &str, table: Table) {
        self.figures.push(Figure {
            id: chart.name.clone(),
            heading: heading.to_owned(),
            sentence,
            svg: Some(chart.svg.clone()),
            heat: None,
            caption: caption.to_owned(),
            table: Some(table),
        });
        self.charts.push(chart);
    }

    fn heat(&mut self, id: &str, heading: &str, sentence: String, heat: Heat, caption: String) {
        self.figures.push(Figure {
            id: id.to_owned(),
            heading: heading.to_owned(),
            sentence,
            svg: None,
            heat: Some(heat),
            caption,
            table: None,
        });
    }

    fn heat_maps(&mut self, view: &View<'_>) {
        let p = view.pictures;
        if p.week.is_empty() {
            return;
        }
        self.heat(
            "staffed-needed",
            "Staffed against needed agents",
            answers::staffing(p),
            heat::staffing(p),
            "Agents staffed less agents needed by the staffing formula, mean over weeks and replications: − and orange is too few, + and blue is to spare. A team to spare does not make up for one that is short. Blank: nobody staffed, nobody came.".to_owned(),
        );
        let target = view.plan.service_level.target;
        self.heat(
            "answered-in-time",
            "Answered within the target",
            answers::within(p, target),
            heat::within(p, target),
            format!(
                "Percent of those who entered a queue in the hour and were answered within {}; orange is below {}, blue above. {}",
                view.plan.service_level.within,
                level(target),
                super::page::convention(view.plan),
            ),
        );
    }

    /// Needed and staffed agents over the week, a chart for each of the first teams.
    fn staffing(&mut self, view: &View<'_>) -> Result<(), ReportError> {
        let rows = &view.pictures.staffing;
        let teams: BTreeSet<&str> = rows.iter().map(|r| r.team.as_str()).collect();
        let in_order = view.plan.teams.iter().map(|t| t.name.as_str()).filter(|t| teams.contains(t));
        for (i, team) in in_order.take(MAX_STAFFING_CHARTS).enumerate() {
            let own: Vec<&StaffingRow> = rows.iter().filter(|r| r.team == team).collect();
            let max =
                own.iter().map(|r| r.needed.max(r.staffed)).filter(|x| x.is_finite()).fold(1.0, f64::max);
            let steps =
                |of: fn(&StaffingRow) -> f64| steps(own.iter().map(|r| (f64::from(r.minute_of_week), of(r))));
            let staffed = steps(|r| r.staffed);
            let plot = Plot {
                height: 190,
                x: Axis::week("day of the week"),
                y: Axis::from_zero(max, "agents"),
                layers: vec![
                    Layer::Band {
                        points: staffed.iter().map(|p| (p.0, 0.0, p.1)).collect(),
                        ink: Ink::Grey,
                        name: "staffed".to_owned(),
                    },
                    Layer::Line {
                        points: steps(|r| r.needed),
                        ink: Ink::Blue,
                        dash: Dash::Solid,
                        name: "needed".to_owned(),
                    },
                ],
            };
            let short = own.iter().filter(|r| r.needed - r.staffed >= 0.5).count();
            let name = clean(team);
            let chart = plot.draw(
                &format!("staffing-{}", i + 1),
                &format!("Agents needed and staffed, {name}"),
                "Agents over the week by half hour: staffed as an area, needed as a line.",
            )?;
            let busy = own.iter().filter(|r| r.entered > 0.0).count();
            self.chart(
                &format!("Agents by half hour: {name}"),
                format!("{short} of {busy} half hours with work are short of agents."),
                chart,
                "Needed is the staffing formula's answer for the half hour; staffed is who was on shift, breaks taken out. Where the line rises above the area, agents are missing.",
                super::tables::staffing(&own),
            );
        }
        Ok(())
    }

    fn compliance(&mut self, view: &View<'_>) -> Result<(), ReportError> {
        let band = &view.pictures.compliance_by_day;
        if !band.median.iter().any(|x| x.is_finite()) {
            return Ok(());
        }
        let zone = &view.plan.zone;
        let target = view.pictures.compliance_target;
        let day = |at: i64| civil(at, zone, "%a %-d %b");
        let lowest = band.low.iter().chain(&target).copied().filter(|x| x.is_finite()).fold(1.0, f64::min);
        // A point stands for its whole day, so it is drawn at noon.
        let noon = Band { at: band.at.iter().map(|at| at + DAY_MS / 2).collect(), ..band.clone() };
        let mut layers = band_layers(&noon, Ink::Blue, "median", spread(view));
        let days = || noon.at.iter().map(|at| *at as f64).zip(noon.median.iter().copied());
        if let Some(target) = target.filter(|_| band.at.len() <= MAX_DOTS) {
            let (below, reached): (Vec<_>, Vec<_>) = days().partition(|d| d.1 < target);
            layers.push(Layer::Dots { points: reached, ink: Ink::Blue, name: String::new() });
            let name = if below.is_empty() { "" } else { "below target" };
            layers.push(Layer::Dots { points: below, ink: Ink::Orange, name: name.to_owned() });
        }
        layers.extend(target.map(|y| Layer::Target { y, label: format!("target {}", level(y)) }));
        let plot = Plot {
            height: 240,
            x: days_axis(band, DAY_MS, zone),
            y: Axis::share((lowest - 0.02).max(0.0), "clocks met in time"),
            layers,
        };
        let chart = plot.draw(
            "compliance",
            "First-response SLA compliance by day",
            "Share of first-response clocks met, a point for each day, with the band over replications and the target line.",
        )?;
        self.chart(
            "SLA compliance over time",
            answers::compliance(band, target, day),
            chart,
            "First-response clocks met in time, of those that ended or fell due on the day. A band holds nine of ten replications.",
            band_table("day", band, day, percent),
        );
        Ok(())
    }

    fn queue(&mut self, view: &View<'_>) -> Result<(), ReportError> {
        let (band, staffed) = (&view.pictures.queue_by_time_of_day, &view.pictures.staffed_by_time_of_day);
        if band.at.is_empty() {
            return Ok(());
        }
        let max = highest(&band.high).max(highest(staffed));
        let mut layers = band_layers(band, Ink::Blue, "waiting", spread(view));
        layers.push(Layer::Line {
            points: steps(band.at.iter().zip(staffed).map(|(at, s)| (*at as f64, *s))),
            ink: Ink::Teal,
            dash: Dash::Short,
            name: "agents staffed".to_owned(),
        });
        let plot = Plot {
            height: 260,
            x: Axis::time_of_day("time of day"),
            y: Axis::from_zero(max, "conversations, agents"),
            layers,
        };
        let chart = plot.draw(
            "queue",
            "Queue through the mean day",
            "Conversations waiting by half hour of the mean day with the band over replications, and the agents staffed.",
        )?;
        let minutes = |at: i64| Axis::minute_of_day(u32::try_from(at).unwrap_or(0));
        let mut table = band_table("from", band, minutes, number);
        table.head.push(super::tables::Head { text: "staffed".to_owned(), numeric: true });
        for (row, s) in table.rows.iter_mut().zip(staffed) {
            row.push(number(*s));
        }
        self.chart(
            "Queue through the day",
            answers::queue(band, spread(view).is_some()),
            chart,
            "Mean number waiting in each half hour, all days together. A band holds nine of ten replications; the dotted line is who was there to answer.",
            table,
        );
        Ok(())
    }

    fn backlog(&mut self, view: &View<'_>) -> Result<(), ReportError> {
        let band = thinned(&view.pictures.backlog);
        if band.at.is_empty() {
            return Ok(());
        }
        let zone = &view.plan.zone;
        let when = |at: i64| civil(at, zone, "%a %-d %b %H:%M");
        let is_thinned = band.at.len() < view.pictures.backlog.at.len();
        let range = spread(view).or(is_thinned.then_some("lowest to highest"));
        let plot = Plot {
            height: 220,
            x: days_axis(&band, 0, zone),
            y: Axis::from_zero(highest(&band.high), "open tickets"),
            layers: band_layers(&band, Ink::Purple, "median", range),
        };
        let chart = plot.draw(
            "backlog",
            "Open tickets over the run",
            "Open tickets over time with the band over replications.",
        )?;
        let daily = one_in(&band, band.at.len().div_ceil(60));
        self.chart(
            "Backlog",
            answers::backlog(&view.pictures.backlog, when),
            chart,
            "Tickets open at each moment. A backlog that ends higher than it began is work handed to the next week.",
            band_table("at", &daily, when, count),
        );
        Ok(())
    }

    fn waiting(&mut self, view: &View<'_>) -> Result<(), ReportError> {
        let p = view.pictures;
        let both = [
            ("first-response", "First response", "first response", &p.first_response),
            ("resolution-time", "Resolution time", "resolution", &p.resolution),
        ];
        for (name, heading, what, curves) in both {
            if !curves.iter().any(|c| c.x_s.len() > 1) {
                continue;
            }
            let chart = curve_plot(curves).draw(
                name,
                &format!("{heading}, cumulative"),
                &format!(
                    "Share of conversations that have their {what} within a time, on a logarithmic time axis."
                ),
            )?;
            self.chart(
                heading,
                answers::curves(curves, what),
                chart,
                "How many are served within how long. A dot marks a target and the share that reaches it; the curve right of it is the tail that customers remember. This is time on the customer’s clock; SLA clocks count business hours and stop while paused, so they can be met more often.",
                curve_table(curves),
            );
        }
        Ok(())
    }

    fn bot_and_flow(&mut self, view: &View<'_>) {
        let p = view.pictures;
        let seen: f64 = p.bot_outcomes.iter().map(|o| o.1).sum();
        if seen > 0.0 {
            let shares: Vec<Share> = p
                .bot_outcomes
                .iter()
                .map(|(name, n)| Share {
                    name: name.clone(),
                    amount: *n,
                    text: format!("{} ({})", count(*n), percent(n / seen)),
                    ink: match name {
                        n if n.contains("hand") => Ink::Grey,
                        n if n.contains("unsolved") || n.contains("left") => Ink::Orange,
                        _ => Ink::Teal,
                    },
                })
                .collect();
            let chart = share_bars(
                "bot",
                "What became of conversations with the bot",
                "Conversations by outcome of the bot, mean of a replication.",
                &shares,
            );
            self.chart(
                "Bot outcomes",
                answers::bot(view.summary, p),
                chart,
                "Conversations of a mean replication, with their share of those the bot saw. A need that comes back within the repeat window is not counted as resolved in the resolution rate.",
                shares_table("outcome|conversations #|share #", &p.bot_outcomes, count),
            );
        }
        if p.flow.iter().any(|f| f.2 > 0.0) {
            let chart = sankey(
                "flow",
                "Flow of conversations",
                "From arrival through bot and teams to how they ended; widths are conversations.",
                &p.flow,
            );
            let rows = p.flow.iter().map(|(a, b, n)| vec![clean(a), clean(b), count(*n)]).collect();
            self.chart(
                "Where conversations go",
                answers::flow(view.summary),
                chart,
                "Widths are conversations of a mean replication. Orange leaves unsolved; purple is still open at the end.",
                Table::new("from|to|conversations #", rows),
            );
        }
    }

    fn people_and_money(&mut self, view: &View<'_>) {
        let p = view.pictures;
        if !p.occupancy.is_empty() {
            let bars: Vec<RangeBar> = p
                .occupancy
                .iter()
                .filter(|o| o.1.is_finite())
                .map(|(name, value, low, high)| RangeBar {
                    name: name.clone(),
                    value: *value,
                    low: *low,
                    high: *high,
                    text: format!(
                        "{} ({})",
                        percent(*value),
                        format::interval(Some([*low, *high]), Unit::Share, "")
                    ),
                })
                .collect();
            let chart = range_bars(
                "occupancy",
                "Occupancy of each team",
                "Busy share of the staffed time for each team with its interval, against the comfort band.",
                &bars,
                answers::COMFORT,
            );
            let rows = p
                .occupancy
                .iter()
                .map(|(n, x, l, h)| vec![clean(n), percent(*x), percent(*l), percent(*h)])
                .collect();
            self.chart(
                "Occupancy of the teams",
                answers::occupancy(&p.occupancy),
                chart,
                "Busy time / staffed time with its interval. Above the band (70–85 %, a rule of thumb) people cannot recover between conversations, below it they wait for work.",
                Table::new("team|occupancy #|low #|high #", rows),
            );
        }
        let total: f64 = p.cost.iter().map(|c| c.1).sum();
        if total > 0.0 {
            let currency = clean(&view.summary.currency);
            let money = |x: f64| format::value(x, Unit::Money, &currency);
            let parts: Vec<Share> = p
                .cost
                .iter()
                .zip(Ink::SERIES.into_iter().cycle())
                .map(|((name, amount), ink)| Share {
                    name: name.clone(),
                    amount: *amount,
                    text: format!("{} ({})", money(*amount), percent(amount / total)),
                    ink,
                })
                .collect();
            let chart = stacked_bar("cost", "Cost by kind", "Cost of a mean replication in parts.", &parts);
            self.chart(
                "Cost",
                answers::cost(view.summary, &p.cost),
                chart,
                "Cost of the measured period, mean of a replication. People are paid time, whether busy or not.",
                shares_table("part|cost #|share #", &p.cost, money),
            );
        }
    }

    fn causes(&mut self, view: &View<'_>) {
        let p = view.pictures;
        let breaches: f64 = p.causes.iter().map(|c| c.3).sum();
        if breaches > 0.0 {
            let shares: Vec<Share> = p
                .causes
                .iter()
                .map(|(clock, cause, _, n)| Share {
                    name: format!("{}: {cause}", clock.replace('_', " ")),
                    amount: *n,
                    text: format!("{} ({})", count(*n), percent(n / breaches)),
                    ink: Ink::Orange,
                })
                .collect();
            let chart = share_bars(
                "causes",
                "Causes of breaches",
                "SLA breaches of a mean replication by clock and cause.",
                &shares,
            );
            let rows = p
                .causes
                .iter()
                .map(|(clock, cause, spell, n)| vec![clean(clock), clean(cause), clean(spell), count(*n)])
                .collect();
            self.chart(
                "Why clocks were breached",
                answers::causes(&p.causes),
                chart,
                "The cause of a breach is what took most of its time. Breaches of a mean replication.",
                Table::new("clock|cause|worst spell|breaches #", rows),
            );
        }
        let total = |r: &(String, f64, f64, f64, f64)| r.1 + r.2 + r.3 + r.4;
        if p.time_by_intent.iter().any(|r| total(r) > 0.0) {
            let parts = [
                ("with the bot", Ink::Teal),
                ("waiting", Ink::Orange),
                ("handling", Ink::Blue),
                ("waiting for the customer", Ink::Grey),
            ];
            let by_intent: Vec<(String, Vec<f64>)> =
                p.time_by_intent.iter().map(|r| (r.0.clone(), vec![r.1, r.2, r.3, r.4])).collect();
            let chart = stacked_rows(
                "time-by-intent",
                "Where the time goes",
                "Mean time of a conversation by intent, divided into its parts.",
                (&parts, duration),
                &by_intent,
            );
            let rows = p
                .time_by_intent
                .iter()
                .map(|r| vec![clean(&r.0), duration(r.1), duration(r.2), duration(r.3), duration(r.4)])
                .collect();
            self.chart(
                "Where the time goes",
                answers::time_by_intent(&p.time_by_intent),
                chart,
                "Mean time of a conversation from the first message to its end, by what the customer needs.",
                Table::new("intent|with the bot #|waiting #|handling #|waiting for the customer #", rows),
            );
        }
    }

    /// The curve by which the warm-up was judged.
    fn warm_up(&mut self, view: &View<'_>) -> Result<(), ReportError> {
        let welch = &view.pictures.welch;
        if welch.len() < 2 {
            return Ok(());
        }
        let every = welch.len().div_ceil(MAX_POINTS);
        let points: Vec<&(f64, f64, f64)> = welch.iter().step_by(every).collect();
        let max = welch.iter().map(|p| p.1.max(p.2)).filter(|x| x.is_finite()).fold(1.0, f64::max);
        let hours = welch.last().map_or(1.0, |p| p.0);
        let plot = Plot {
            height: 200,
            x: Axis::from_zero(hours, "hours from the start"),
            y: Axis::from_zero(max, "open tickets"),
            layers: vec![
                Layer::Line {
                    points: points.iter().map(|p| (p.0, p.1)).collect(),
                    ink: Ink::Grey,
                    dash: Dash::Solid,
                    name: "mean of the replications".to_owned(),
                },
                Layer::Line {
                    points: points.iter().map(|p| (p.0, p.2)).collect(),
                    ink: Ink::Blue,
                    dash: Dash::Solid,
                    name: "moving average".to_owned(),
                },
            ],
        };
        let chart = plot.draw(
            "warm-up",
            "Warm-up",
            "Open tickets from the start, mean over replications and its moving average.",
        )?;
        let rows = points.iter().map(|p| vec![number(p.0), number(p.1), number(p.2)]).collect();
        self.chart(
            "Warm-up",
            format!("The first {} are left out of every figure.", view.plan.warm_up),
            chart,
            "Where the moving average has settled, the start no longer matters (Welch's procedure).",
            Table::new("hours #|mean #|moving average #", rows),
        );
        Ok(())
    }
}

/// What the bands show; with a single replication there is nothing to show.
fn spread(view: &View<'_>) -> Option<&'static str> {
    (view.summary.replications > 1).then_some("5–95 % of replications")
}
