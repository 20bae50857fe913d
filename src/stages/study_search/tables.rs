//! The tables: one tidy row a setting, a place (threshold, looks, step) and a metric.

use std::io;

use super::settings::Setting;
use super::study::Study;
use super::{OURS, StudySearchOutputs, StudySearchParams};
use crate::artifact::{Cell, Presentation, Scale, Table, TableColumn, Values};
use crate::models::erpcnet::outcome::Outcome;
use crate::stage::StageError;
use crate::stages::estimate::Estimate;
use crate::stages::evaluation_table::{Columns, Key, Printed, with_axes};
use crate::stages::metric::Metric;

/// A number of a study's table.
struct Measured {
    name: String,
    heading: String,
    scale: Scale,
    digits: u8,
}

/// A metric, and where an outcome holds it.
type Number = (Metric, fn(&Outcome) -> f64);

/// What an outcome consists of.
const NUMBERS: [Number; 7] = [
    (Metric::T1, |outcome| outcome.t1),
    (Metric::StepsZeroShot, |outcome| outcome.steps_zero_shot),
    (Metric::Unseen, |outcome| outcome.unseen),
    (Metric::Seen, |outcome| outcome.seen),
    (Metric::Harmonic, |outcome| outcome.harmonic),
    (Metric::Steps, |outcome| outcome.steps),
    (Metric::Delta, |outcome| outcome.delta),
];

/// A place of a table with what was measured there: for each setting and metric a value a seed.
struct Place {
    at: Option<f64>,
    /// [settings, metrics, seeds].
    values: Vec<Vec<Vec<f64>>>,
}

/// How the places of a table are called.
struct Along<'a> {
    /// The tidy column; empty for a table of one place.
    column: &'a str,
    heading: &'a str,
    digits: u8,
}

pub(super) fn tables(
    params: &StudySearchParams,
    settings: &[Setting<Study>],
) -> Result<StudySearchOutputs, StageError> {
    let sheet = Sheet { params, settings };
    Ok(StudySearchOutputs {
        sigma: sheet.sigma()?,
        steps: sheet.steps()?,
        failures: sheet.failures()?,
        stops: sheet.stops()?,
    })
}

struct Sheet<'a> {
    params: &'a StudySearchParams,
    settings: &'a [Setting<Study>],
}

impl Sheet<'_> {
    /// For each setting and metric a value a seed.
    fn values<V>(&self, metrics: usize, value: V) -> Vec<Vec<Vec<f64>>>
    where
        V: Fn(&Study, usize) -> f64,
    {
        let of = |setting: &Setting<Study>| {
            let seeds = |metric| setting.members.iter().map(|one| value(one, metric)).collect();
            (0..metrics).map(seeds).collect()
        };
        self.settings.iter().map(of).collect()
    }

    fn sigma(&self) -> Result<Table, StageError> {
        let thresholds: Vec<Option<f64>> =
            self.params.stops().iter().map(|stop| stop.sigma).collect();
        let place = |(position, sigma): (usize, &Option<f64>)| Place {
            at: *sigma,
            values: self
                .values(NUMBERS.len(), |study, metric| NUMBERS[metric].1(&study.sigma[position].1)),
        };
        let places: Vec<Place> = thresholds.iter().enumerate().map(place).collect();
        let along = Along { column: "sigma", heading: "σ", digits: 2 };
        let times =
            if self.params.stop.sigma_times_mean_beta { ", times the mean weight" } else { "" };
        let note =
            format!("σ: the reward that ends a search{times}; – : none, all looks are taken.");
        self.table("by the threshold", &along, &self.outcome_metrics(), &places, note)
    }

    fn steps(&self) -> Result<Table, StageError> {
        let most = self.settings.iter().flat_map(|setting| &setting.members);
        let most = most.map(|study| study.steps.len()).max().unwrap_or(0);
        let place = |looks: usize| Place {
            at: Some(number(looks)),
            values: self.values(NUMBERS.len(), |study, metric| {
                study.steps.get(looks).map_or(f64::NAN, |outcome| NUMBERS[metric].1(outcome))
            }),
        };
        let places: Vec<Place> = (0..most).map(place).collect();
        let along = Along { column: "looks", heading: "looks", digits: 0 };
        let note = "Every search takes so many looks; 0: the whole image alone.".to_owned();
        self.table("by the number of looks", &along, &self.outcome_metrics(), &places, note)
    }

    fn outcome_metrics(&self) -> Vec<Measured> {
        let measured = |(metric, _): &Number| {
            let scale = metric.scale();
            let digits = self.params.digits + if scale == Scale::Plain { 2 } else { 0 };
            Measured { name: metric.name().into(), heading: metric.heading().into(), scale, digits }
        };
        NUMBERS.iter().map(measured).collect()
    }

    fn failures(&self) -> Result<Table, StageError> {
        let counts = [
            ("images", "images"),
            ("wrong", "wrong"),
            ("never_right", "type 1: never right"),
            ("lost", "type 2: lost"),
            ("within_capability", "within capability"),
        ];
        let measured = |(name, heading): (String, String)| Measured {
            name,
            heading,
            scale: Scale::Plain,
            digits: 1,
        };
        let fixed = counts.map(|(name, heading)| measured((name.into(), heading.into())));
        let most = self.settings.iter().flat_map(|setting| &setting.members);
        let most = most.map(|study| study.failures.lost_at.len()).max().unwrap_or(0);
        let lost = (1..=most).map(|at| measured((format!("lost_at_{at}"), format!("at {at}"))));
        let metrics: Vec<Measured> = fixed.into_iter().chain(lost).collect();
        let values = self.values(metrics.len(), |study, metric| {
            let failures = &study.failures;
            match metric {
                0 => number(failures.images),
                1 => number(failures.wrong()),
                2 => number(failures.never_right),
                3 => number(failures.lost()),
                4 => number(failures.within_capability()),
                look => failures.lost_at.get(look - 5).map_or(f64::NAN, |count| number(*count)),
            }
        });
        let note = "Images of unseen classes, candidates unseen only. Lost: right before, wrong at the \
                    end; at t: the last right prediction was the one before look t. Within capability: \
                    right at some step."
            .to_owned();
        let along = Along { column: "", heading: "", digits: 0 };
        self.table("ways to fail", &along, &metrics, &[Place { at: None, values }], note)
    }

    fn stops(&self) -> Result<Table, StageError> {
        let measured = |name: &str, heading: &str| Measured {
            name: name.into(),
            heading: heading.into(),
            scale: Scale::Percent,
            digits: self.params.digits,
        };
        let metrics = [measured("stops", "generalised"), measured("stops_zero_shot", "zero-shot")];
        let most = self.settings.iter().flat_map(|setting| &setting.members);
        let most = most.map(|study| study.stops.len()).max().unwrap_or(0);
        let share = |counts: &[usize], step: usize| {
            number(counts.get(step).copied().unwrap_or(0)) / number(counts.iter().sum())
        };
        let place = |step: usize| Place {
            at: Some(number(step)),
            values: self.values(2, |study, metric| match metric {
                0 => share(&study.stops, step),
                _ => share(&study.stops_zero_shot, step),
            }),
        };
        let places: Vec<Place> = (0..most).map(place).collect();
        let along = Along { column: "step", heading: "last step", digits: 0 };
        let note = "The share of searches that end at a step.".to_owned();
        self.table("where searches end", &along, &metrics, &places, note)
    }

    fn table(
        &self,
        what: &str,
        along: &Along<'_>,
        metrics: &[Measured],
        places: &[Place],
        note: String,
    ) -> Result<Table, StageError> {
        let (columns, keys) = self.columns(along, metrics, places);
        let printed =
            Printed { headings: &self.params.headings, digits: self.params.digits, own: &OURS };
        let mut shown = printed.axis_columns(&keys);
        let mut rows = printed.axes(&keys);
        if !along.column.is_empty() {
            let (column, digits) = (along.column.to_owned(), along.digits);
            rows.push(column.clone());
            let heading = printed.heading(along.column, along.heading);
            shown.push(TableColumn { heading, cell: Cell::Number { column, digits } });
        }
        shown.push(printed.value("n", "n"));
        shown.extend(metrics.iter().map(|metric| TableColumn {
            heading: printed.heading(&metric.name, &metric.heading),
            cell: Cell::Measure {
                metric: metric.name.clone(),
                value: "mean".to_owned(),
                spread: Some("sd".to_owned()),
                digits: metric.digits,
                scale: metric.scale,
            },
        }));
        let delta = match self.params.delta {
            None => "δ is chosen on validation images, for each row.".to_owned(),
            Some(delta) => format!("δ = {delta}, given."),
        };
        let spread =
            "Shares in percent: mean ± standard deviation (n - 1) over n seeds.".to_owned();
        let presentation = Presentation {
            caption: format!("{}: {what}", self.params.caption),
            rows,
            columns: shown,
            stamps: Vec::new(),
            notes: vec![spread, note, delta],
        };
        let bug = |error: io::Error| StageError::Bug(format!("study-search: {error}"));
        Table::new(columns, presentation).map_err(bug)
    }

    fn columns(
        &self,
        along: &Along<'_>,
        metrics: &[Measured],
        places: &[Place],
    ) -> (Columns, Vec<&Key>) {
        let mut keys: Vec<&Key> = Vec::new();
        let (mut at, mut names, mut seeds) = (Vec::new(), Vec::new(), Vec::new());
        let mut estimates: Vec<Estimate> = Vec::new();
        for (position, setting) in self.settings.iter().enumerate() {
            for place in places {
                for (metric, values) in metrics.iter().zip(&place.values[position]) {
                    // Searches of fewer looks have no number there.
                    let finite = values.iter().all(|value| value.is_finite());
                    let Some(estimate) = Estimate::of(values).filter(|_| finite) else { continue };
                    keys.push(&setting.key);
                    at.push(place.at);
                    names.push(metric.name.clone());
                    seeds.push(setting.seeds.join(", "));
                    estimates.push(estimate);
                }
            }
        }
        let of = |value: fn(&Estimate) -> Option<f64>| {
            Values::Number(estimates.iter().map(value).collect())
        };
        let mut columns = Columns::new();
        if !along.column.is_empty() {
            columns.push((along.column.to_owned(), Values::Number(at)));
        }
        let n = Values::Count(estimates.iter().map(|estimate| estimate.n).collect());
        let own = [
            ("metric", Values::Text(names)),
            ("n", n),
            ("mean", of(|estimate| Some(estimate.mean))),
            ("sd", of(|estimate| estimate.sd)),
            ("min", of(|estimate| Some(estimate.min))),
            ("max", of(|estimate| Some(estimate.max))),
            ("seeds", Values::Text(seeds)),
        ];
        columns.extend(own.map(|(name, values)| (name.to_owned(), values)));
        (with_axes(&keys, &OURS, columns), keys)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of images and looks are below 2^53")]
fn number(count: usize) -> f64 {
    count as f64
}
