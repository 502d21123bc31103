//! What is asked of a plan: every metric overall and by each dimension, and whatever its goals and
//! precision wishes name.

use super::civil::Civil;
use super::curves::CurveGrid;
use super::formula::{Formula, formula};
use super::gallery::thinning;
use super::slice::{Slice, names};
use crate::scenario::metric::{Dimension, MetricFault, MetricName, SlicePart, Slicing, Statistic, catalogue};
use crate::scenario::plan::{Plan, Replications};
use crate::time::Span;
use std::collections::BTreeMap;

/// A dimension with more values than this is sliced only where a goal asks for it.
const MOST_SLICES: usize = 64;

/// The measurements a plan asks for. Made once, used by all replications.
pub struct Measures {
    pub(super) plan: Plan,
    pub(super) asked: Vec<Asked>,
    /// Distinct slices with what is asked of each (positions in `asked`).
    pub(super) slices: Vec<(Slice, Vec<usize>)>,
    pub(super) civil: Civil,
    pub(super) curves: CurveGrid,
    /// The policies let no bot answer, so the first response is a person's.
    pub(super) people_answer: bool,
}

/// One metric of one slice.
pub(super) struct Asked {
    pub(super) name: MetricName,
    /// As printed.
    pub(super) text: String,
    pub(super) formula: Formula,
    /// A goal or precision wish names it: it is reported even without data.
    pub(super) wanted: bool,
}

impl Measures {
    /// Fails if a goal or precision wish names what does not exist (a checked scenario has none).
    pub fn new(plan: &Plan) -> Result<Measures, MetricFault> {
        let precision: &[_] = match &plan.replications {
            Replications::Precision { targets, .. } => targets,
            Replications::Fixed(_) => &[],
        };
        let texts = plan.goals.iter().map(|g| &g.metric).chain(precision.iter().map(|t| &t.metric));
        let wanted = texts.map(|text| MetricName::parse(text)).collect::<Result<Vec<_>, _>>()?;
        let known = |d: Dimension| names(plan, d).into_iter().map(str::to_owned).collect();
        wanted.iter().try_for_each(|name| name.check(known))?;

        // By canonical text, so that each is there once.
        let mut asked: BTreeMap<String, (MetricName, bool)> = BTreeMap::new();
        for name in usual_names(plan) {
            asked.insert(name.to_string(), (name, false));
        }
        for name in wanted {
            asked.insert(name.to_string(), (name, true));
        }
        let mut slices: BTreeMap<Slice, Vec<usize>> = BTreeMap::new();
        let resolved = asked.into_iter().filter_map(|(text, (name, wanted))| {
            let slice = Slice::resolve(&name.slice, plan)?;
            Some((slice, Asked { formula: formula(name.metric.name)?, name, text, wanted }))
        });
        let mut asked = Vec::new();
        for (slice, one) in resolved {
            slices.entry(slice).or_default().push(asked.len());
            asked.push(one);
        }
        Ok(Measures {
            asked,
            slices: slices.into_iter().collect(),
            civil: Civil::new(&plan.zone, plan.start, plan.end + plan.wrap_up),
            curves: CurveGrid::new(plan),
            people_answer: !plan.policies.is_empty() && plan.policies.iter().all(|p| !p.bot_answers),
            plan: plan.clone(),
        })
    }

    /// The plan these measures belong to.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Where a metric stands in [`super::ReplicationValues::values`].
    pub fn position(&self, metric: &MetricName) -> Option<usize> {
        let text = metric.to_string();
        self.asked.iter().position(|a| a.text == text)
    }

    /// The metrics in the order of [`super::ReplicationValues::values`].
    pub fn names(&self) -> impl Iterator<Item = &MetricName> {
        self.asked.iter().map(|a| &a.name)
    }

    /// The metrics that goals and precision wishes name.
    pub fn wanted(&self) -> impl Iterator<Item = &MetricName> {
        self.asked.iter().filter(|a| a.wanted).map(|a| &a.name)
    }

    /// Time between two points of a replication's backlog.
    pub fn backlog_step(&self) -> Span {
        Span::from_ms(self.plan.interval.ms() * thinning(self) as i64)
    }

    pub(super) fn within_ms(&self) -> i64 {
        self.plan.service_level.within.ms()
    }
}

/// Every metric overall, and by each value of each dimension that tells something apart.
fn usual_names(plan: &Plan) -> Vec<MetricName> {
    let mut slices: Vec<Vec<SlicePart>> = vec![Vec::new()];
    for dimension in Dimension::ALL {
        let values = names(plan, dimension);
        if (2..=MOST_SLICES).contains(&values.len()) {
            let part = |value: &str| SlicePart { dimension, value: value.to_owned(), span: 0..0 };
            slices.extend(values.into_iter().map(|value| vec![part(value)]));
        }
    }
    let mut all = Vec::new();
    for slice in &slices {
        for metric in catalogue() {
            let fits = match metric.slicing {
                Slicing::Everywhere => true,
                Slicing::ByTeam => slice.iter().all(|part| part.dimension == Dimension::Team),
                Slicing::Whole => slice.is_empty(),
            };
            if fits {
                all.extend(metric.statistics().iter().map(|&statistic| MetricName {
                    metric,
                    statistic,
                    slice: slice.clone(),
                }));
            }
        }
    }
    all
}

impl Asked {
    pub(super) fn is_quantile(&self) -> bool {
        !matches!(self.name.statistic, Statistic::Value | Statistic::Mean)
    }
}
