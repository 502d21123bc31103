//! `report.html`: one file that needs no network and no script, for a manager first.
//!
//! The page is built in two steps: [`page`] turns the results into a view model of plain text,
//! tables and finished charts, and the template lays it out. The template escapes everything but the
//! charts, which escape their own text.

mod answers;
mod cards;
mod figures;
mod heat;
mod page;
mod tables;

use super::ReportError;
use super::chart::Chart;
use super::manifest::Manifest;
use crate::measure::{Pictures, Summary};
use crate::scenario::plan::Plan;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value};

/// All that a report shows.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The metrics, goals and rules.
    pub summary: &'a Summary,
    /// What the pictures show.
    pub pictures: &'a Pictures,
    /// What was run.
    pub plan: &'a Plan,
    /// How it was run.
    pub manifest: &'a Manifest,
}

/// The page.
pub fn html(view: &View<'_>) -> Result<String, ReportError> {
    Ok(html_and_charts(view)?.0)
}

/// The page, and the charts in it as files: (name, SVG).
pub(super) fn html_and_charts(view: &View<'_>) -> Result<(String, Vec<(String, String)>), ReportError> {
    let (page, charts) = page::page(view)?;
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    // The name's ending switches escaping on.
    environment.add_template("report.html", include_str!("report.html"))?;
    let text = environment.get_template("report.html")?.render(Value::from(Serde(&page)))?;
    Ok((text, charts.iter().map(|c: &Chart| (c.name.clone(), c.standalone())).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn page_of(summary: &Summary, pictures: &Pictures, plan: &Plan) -> String {
        let manifest = Manifest::new(plan, summary.replications);
        html(&View { summary, pictures, plan, manifest: &manifest }).unwrap()
    }

    #[test]
    fn the_page_asks_nothing_of_the_network() {
        let page = page_of(&sample::summary(), &sample::pictures(), &sample::plan());
        for source in ["http", "src=", "@import", "url(", "<link", "<iframe", "fetch("] {
            assert!(!page.contains(source), "{source}");
        }
    }

    #[test]
    fn the_page_keeps_its_budget() {
        // A week with every figure, and a metric table as long as it may get.
        let mut summary = sample::summary();
        let any = summary.metrics.values().next().unwrap().clone();
        for i in 0..20_000 {
            summary.metrics.insert(format!("queue.wait.p90{{intent=\"intent_number_{i}\"}}"), any.clone());
        }
        let mut pictures = sample::pictures();
        let rows = pictures.staffing.clone();
        for t in 0..30 {
            pictures.staffing.extend(
                rows.iter().map(|r| crate::measure::StaffingRow { team: format!("team {t}"), ..r.clone() }),
            );
        }
        let page = page_of(&summary, &pictures, &sample::plan());
        assert!(page.len() < 500_000, "{} bytes", page.len());
    }

    #[test]
    fn hostile_names_are_text_wherever_they_show() {
        const BAD: &str = "<script>alert(1)</script>\u{202e}\"'&{{ 7*7 }}";
        let mut summary = sample::summary();
        let mut pictures = sample::pictures();
        let mut plan = sample::plan();
        summary.scenario = BAD.to_owned();
        summary.currency = BAD.to_owned();
        summary.warnings = vec![BAD.to_owned()];
        summary.goals[0].goal = BAD.to_owned();
        summary.rules[0].name = BAD.to_owned();
        let any = summary.metrics["csat"].clone();
        summary.metrics.insert(format!("csat{{intent=\"{BAD}\"}}"), any);
        pictures.flow[0].1 = BAD.to_owned();
        pictures.bot_outcomes[0].0 = BAD.to_owned();
        pictures.cost[0].0 = BAD.to_owned();
        pictures.causes[0].1 = BAD.to_owned();
        pictures.worst_hours[0].1 = BAD.to_owned();
        pictures.occupancy[0].0 = BAD.to_owned();
        pictures.time_by_intent[0].0 = BAD.to_owned();
        pictures.first_response[1].name = BAD.to_owned();
        pictures.staffing[0].team = BAD.to_owned();
        plan.name = BAD.to_owned();
        plan.description = BAD.to_owned();
        plan.assumptions.push(BAD.to_owned());
        plan.policies[0].name = BAD.to_owned();
        plan.inputs.push(crate::scenario::plan::InputFile {
            path: BAD.to_owned(),
            hash: BAD.to_owned(),
            bytes: 1,
        });
        plan.zone_name = BAD.to_owned();
        let page = page_of(&summary, &pictures, &plan);
        assert!(!page.contains("<script>alert"));
        assert!(!page.contains('\u{202e}'));
        assert!(!page.contains("49}"), "nothing from outside is run as a template");
        assert!(page.matches("&lt;script&gt;alert(1)&lt;").count() >= 15);
    }

    #[test]
    fn it_reads_without_data() {
        let mut summary = sample::summary();
        summary.metrics.clear();
        summary.goals.clear();
        summary.rules.clear();
        summary.warnings.clear();
        let page = page_of(&summary, &Pictures::default(), &sample::plan());
        assert!(page.contains("No goals were set"));
        for nothing in ["NaN", ">inf", "inf %", "\"inf"] {
            assert!(!page.contains(nothing), "{nothing}");
        }
    }

    #[test]
    fn the_same_results_give_the_same_bytes() {
        let page = || page_of(&sample::summary(), &sample::pictures(), &sample::plan());
        assert_eq!(page(), page());
    }

    #[test]
    fn every_figure_says_what_it_shows() {
        let page = page_of(&sample::summary(), &sample::pictures(), &sample::plan());
        let figures = page.matches("<figure").count();
        assert!(figures >= 12, "{figures} figures");
        assert_eq!(figures, page.matches("<figcaption").count());
        let charts = page.matches("<svg role=\"img\"").count();
        assert_eq!(charts, page.matches("<desc").count());
        for (name, svg) in html_and_charts(&View {
            summary: &sample::summary(),
            pictures: &sample::pictures(),
            plan: &sample::plan(),
            manifest: &Manifest::new(&sample::plan(), 20),
        })
        .unwrap()
        .1
        {
            assert!(svg.contains("<title") && svg.contains("<style>"), "{name}");
            // Well-formed enough for any viewer: read it as XML to its end.
            let mut reader = quick_xml::Reader::from_str(&svg);
            loop {
                match reader.read_event() {
                    Ok(quick_xml::events::Event::Eof) => break,
                    Ok(_) => {}
                    Err(e) => panic!("{name}: {e}"),
                }
            }
        }
    }
}
