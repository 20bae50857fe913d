//! The lines of a figure, read from the tidy columns of a study.

use super::super::super::rows::{NO_LABEL, heading, shown_labels};
use super::super::palette;
use super::PlotSearchParams;
use crate::artifact::{Dash, Ink, Table};
use crate::stage::StageError;

/// Which numbers of which table.
pub(super) struct Wanted<'a> {
    /// The output of `study-search`.
    pub(super) port: &'a str,
    /// The column of the places.
    pub(super) place: &'a str,
    /// Names of metrics with their headings.
    pub(super) metrics: &'a [(&'a str, &'a str)],
}

/// A number at a place.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Place {
    pub(super) at: f64,
    pub(super) mean: f64,
    /// Over seeds; none for a single one.
    pub(super) sd: Option<f64>,
}

/// A line.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Series {
    pub(super) label: String,
    pub(super) ink: Ink,
    pub(super) dash: Dash,
    pub(super) places: Vec<Place>,
    /// How many seeds.
    pub(super) seeds: usize,
}

/// The columns of a table that figures need.
struct Tidy {
    axes: Vec<(String, Vec<String>)>,
    places: Vec<Option<f64>>,
    metrics: Vec<String>,
    means: Vec<Option<f64>>,
    spreads: Vec<Option<f64>>,
    seeds: Vec<Option<f64>>,
}

impl Tidy {
    fn read(table: &Table, wanted: &Wanted<'_>) -> Result<Self, StageError> {
        let names = table.column_names();
        let (port, place) = (wanted.port, wanted.place);
        let missing = || {
            let message = format!("the table has no places along `{place}`");
            let help = format!("connect the output `{port}` of a stage `study-search`");
            StageError::data_with_help(message, help)
        };
        let axes = names.iter().take_while(|name| *name != place);
        let axis = |name: &String| Some((name.clone(), table.texts(name)?));
        let numbers = |name: &str| table.numbers(name).ok_or_else(missing);
        Ok(Self {
            axes: axes.map(axis).collect::<Option<_>>().ok_or_else(missing)?,
            places: numbers(place)?,
            metrics: table.texts("metric").ok_or_else(missing)?,
            means: numbers("mean")?,
            spreads: numbers("sd")?,
            seeds: numbers("n")?,
        })
    }

    /// Axis and label of a row; tables call an axis `axis.NAME` where a column is called so.
    fn key(&self, row: usize) -> Vec<(String, String)> {
        let name = |axis: &String| axis.strip_prefix("axis.").unwrap_or(axis).to_owned();
        self.axes.iter().map(|(axis, labels)| (name(axis), labels[row].clone())).collect()
    }
}

/// The settings that are selected, in order. What does not vary along an axis fits all its labels.
fn keys(params: &PlotSearchParams, tidy: &Tidy) -> Result<Vec<Vec<(String, String)>>, StageError> {
    let mut keys: Vec<Vec<(String, String)>> = Vec::new();
    for row in 0..tidy.metrics.len() {
        let key = tidy.key(row);
        let fits = |(axis, label): (&String, &String)| {
            let is_label = |found: &String| found == label || found == NO_LABEL;
            key.iter().any(|(other, found)| other == axis && is_label(found))
        };
        if params.select.iter().all(fits) && !keys.contains(&key) {
            keys.push(key);
        }
    }
    let is_there = |(axis, label): (&String, &String)| {
        keys.iter().flatten().any(|(other, found)| other == axis && found == label)
    };
    match params.select.iter().all(is_there) && !keys.is_empty() {
        true => Ok(keys),
        false => Err(StageError::parameter("select", "no row of the table has these labels")),
    }
}

/// The lines of a table: one a row and metric, places without a number left out.
pub(super) fn series(
    params: &PlotSearchParams,
    table: &Table,
    wanted: &Wanted<'_>,
) -> Result<Vec<Series>, StageError> {
    let tidy = Tidy::read(table, wanted)?;
    let keys = keys(params, &tidy)?;
    let mut all = Vec::new();
    for key in &keys {
        for (metric, words) in wanted.metrics {
            let (ink, dash) = palette::series(all.len());
            let rows = (0..tidy.metrics.len())
                .filter(|row| tidy.metrics[*row] == *metric && tidy.key(*row) == *key);
            let place = |row: usize| {
                let (at, mean) = (tidy.places[row]?, tidy.means[row]?);
                Some(Place { at, mean, sd: tidy.spreads[row] })
            };
            let seeds = rows.clone().filter_map(|row| tidy.seeds[row]).fold(0.0, f64::max);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a count of seeds"
            )]
            let seeds = seeds as usize;
            let places = rows.filter_map(place).collect();
            let several = wanted.metrics.len() > 1;
            let words = several.then(|| heading(&params.headings, metric, words));
            let labels = shown_labels(&params.headings, key).chain(words);
            let label = labels.collect::<Vec<_>>().join(", ");
            all.push(Series { label, ink, dash, places, seeds });
        }
    }
    match all.iter().all(|series| series.places.is_empty()) {
        true => Err(StageError::data("the table has none of the numbers of this figure")),
        false => Ok(all),
    }
}
