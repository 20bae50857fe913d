//! The outline of a paper as it is written.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::manifest::Source;

use super::PaperError;

/// Everything but the numbers.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Outline {
    /// The folder below the results.
    pub(super) name: Spanned<String>,
    pub(super) title: String,
    pub(super) arxiv: String,
    /// The file of its numbers, relative to the outline.
    pub(super) numbers: Spanned<String>,
    pub(super) metric: Vec<Metric>,
    pub(super) table: Vec<TableOutline>,
    #[serde(default)]
    pub(super) answer: Vec<Answer>,
    /// Names for printed numbers, as `table/method/data set/metric`, for equations.
    #[serde(default)]
    pub(super) names: BTreeMap<String, Spanned<String>>,
    /// Numbers that are known from elsewhere.
    #[serde(default)]
    pub(super) facts: BTreeMap<String, Fact>,
    #[serde(default)]
    pub(super) harmonic: Vec<Harmonic>,
    #[serde(default)]
    pub(super) same: Vec<Same>,
    #[serde(default)]
    pub(super) equation: Vec<Equation>,
}

/// A kind of number, as the paper calls it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Metric {
    pub(super) name: Spanned<String>,
    /// What stands above its column. Default: its name.
    pub(super) heading: Option<String>,
    /// What published tables call it.
    pub(super) ours: String,
    /// What published numbers are multiplied with. Default 1.
    #[serde(default = "one")]
    pub(super) scale: f64,
    /// Digits after the point. Default 1.
    #[serde(default = "one_digit")]
    pub(super) digits: u8,
    pub(super) within: Tolerance,
}

/// How far the paper's number may be from our mean: the largest of the three.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tolerance {
    /// In units of the metric.
    pub(super) points: f64,
    /// In our standard deviations over seeds. Default 0.
    #[serde(default)]
    pub(super) deviations: f64,
    /// In square roots of the paper's number: the noise of a count. Default 0.
    #[serde(default)]
    pub(super) roots: f64,
}

/// What a printed row is.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RowsAre {
    /// A method; a column is a data set and a metric.
    Methods,
    /// A data set; a column is a metric.
    Datasets,
}

/// One of the paper's tables.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TableOutline {
    /// Its number.
    pub(super) name: Spanned<String>,
    pub(super) caption: String,
    pub(super) rows: RowsAre,
    pub(super) datasets: Vec<Spanned<String>>,
    pub(super) metrics: Vec<Spanned<String>>,
    /// The methods that experiments answer.
    pub(super) ours: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) notes: Vec<String>,
}

/// Which experiment answers a data set.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    pub(super) tables: Vec<Spanned<String>>,
    pub(super) dataset: Spanned<String>,
    pub(super) experiment: Spanned<String>,
    /// What the experiment needs and not everybody has.
    pub(super) needs: Option<String>,
    /// Why its numbers do not compare with the paper's, if they do not.
    pub(super) incomparable: Option<String>,
    /// By method.
    pub(super) rows: BTreeMap<Spanned<String>, RowOutline>,
    #[serde(default)]
    pub(super) budget: Budget,
}

/// Where the numbers of a method stand.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RowOutline {
    /// The table of the experiment.
    pub(super) table: Spanned<String>,
    /// Column to text; together they leave one row a metric.
    #[serde(default, rename = "where")]
    pub(super) conditions: BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    pub(super) read: Reading,
}

/// What a published table has in a row.
#[derive(Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Reading {
    /// A setting and a metric, with its mean and deviation over seeds.
    #[default]
    Statistics,
    /// An image and a number of looks: the first image that the whole picture shows and the search loses.
    LostSearch,
}

/// What an answer must have had; less is as good as not run.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Budget {
    /// Seeds of a row. Default 1.
    #[serde(default)]
    pub(super) seeds: usize,
    /// Least counts of images: column of the row to number.
    #[serde(default)]
    pub(super) images: BTreeMap<String, u32>,
    /// Least parameters: `KIND.PARAMETER` to number, for each stage of the kind.
    #[serde(default)]
    pub(super) parameters: BTreeMap<Spanned<String>, f64>,
}

/// A number that is known from elsewhere.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fact {
    pub(super) value: f64,
    /// What it counts.
    pub(super) what: String,
}

/// In each row of these tables one number is the harmonic mean of two others.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Harmonic {
    pub(super) tables: Vec<Spanned<String>>,
    pub(super) mean: Spanned<String>,
    pub(super) of: [Spanned<String>; 2],
}

/// What two tables both print is the same.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Same {
    pub(super) tables: [Spanned<String>; 2],
}

/// A printed number is what a formula makes of others.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Equation {
    /// The name of the printed number.
    pub(super) at: Spanned<String>,
    pub(super) is: Spanned<String>,
    /// Names to facts: what the formula gives with the true number in place of the printed one.
    #[serde(default)]
    pub(super) instead: BTreeMap<Spanned<String>, Spanned<String>>,
    /// What to say where the formula gives the printed number, with or without `instead`.
    pub(super) then: Option<String>,
}

fn one() -> f64 {
    1.0
}

fn one_digit() -> u8 {
    1
}

impl Outline {
    pub(super) fn parse(source: &Source) -> Result<Self, PaperError> {
        toml::from_str(&source.text).map_err(|error: toml::de::Error| {
            let end = source.text.len();
            let span = error.span().unwrap_or(end..end);
            PaperError::at(source, span, error.message(), "docs/results.md describes the file")
        })
    }

    pub(super) fn metric(&self, name: &str) -> Option<&Metric> {
        self.metric.iter().find(|metric| metric.name.get_ref() == name)
    }

    pub(super) fn table(&self, name: &str) -> Option<&TableOutline> {
        self.table.iter().find(|table| table.name.get_ref() == name)
    }
}

impl Metric {
    pub(super) fn heading(&self) -> &str {
        self.heading.as_deref().unwrap_or(self.name.get_ref())
    }
}
