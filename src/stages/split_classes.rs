//! `split-classes`: divides classes into seen and unseen ones and images into training and test.

use std::collections::BTreeSet;

use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::attributes::Attributes;
use crate::data::samples::Samples;
use crate::data::split::{TestSeenSamples, TestUnseenSamples, TrainSamples};
use crate::data::splitting::{SplitRule, split};
use crate::stage::{FileRef, Stage, StageContext, StageError, inputs, outputs};
use crate::suggest::nearest;

/// Which classes are unseen, and how many images are held out.
///
/// Unseen classes come from exactly one of `unseen`, `unseen_file`, `unseen_count` and
/// `role_column`; unseen validation classes from exactly one of `validation_unseen`, `validation_unseen_file`,
/// `validation_unseen_count` and `role_column`.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SplitClassesParams {
    /// The unseen classes by name.
    pub unseen: Vec<String>,
    /// A file with one unseen class a line, such as AwA2's `testclasses.txt`.
    pub unseen_file: Option<FileRef>,
    /// How many of them to draw by seed: a split of the classes for each.
    #[schemars(range(min = 1))]
    pub unseen_count: Option<usize>,
    /// The seen classes that play the unseen ones in validation, by name.
    pub validation_unseen: Vec<String>,
    /// A file with one of those classes a line.
    pub validation_unseen_file: Option<FileRef>,
    /// How many of them to draw by seed.
    #[schemars(range(min = 1))]
    pub validation_unseen_count: Option<usize>,
    /// A column of the samples that says `seen`, `validation` or `unseen`, as that of synthetic
    /// data does.
    pub role_column: Option<String>,
    /// Share of each seen class that is held out for the test, at least one image. Default 0.2,
    /// about that of the Proposed Split.
    #[schemars(range(min = 0.0, max = 0.9))]
    pub test_seen_fraction: f64,
    /// Share of each remaining class that is held out for validation, at least one image. Default
    /// 0.2.
    #[schemars(range(min = 0.0, max = 0.9))]
    pub validation_seen_fraction: f64,
    /// The largest number of images a class that take part, in training and test; the seed draws
    /// which ones. Default: no limit.
    #[schemars(range(min = 3))]
    pub max_per_class: Option<usize>,
    /// The largest number of training images a class. Default: no limit.
    #[schemars(range(min = 2))]
    pub max_train_per_class: Option<usize>,
    /// Whether a listed class without samples is an error, since a name that is misspelt would put
    /// its images into training. Default true; with false such classes are left out with a note, as
    /// a published list needs where only some of its classes are there.
    pub require_all: bool,
}

impl Default for SplitClassesParams {
    fn default() -> Self {
        Self {
            unseen: Vec::new(),
            unseen_file: None,
            unseen_count: None,
            validation_unseen: Vec::new(),
            validation_unseen_file: None,
            validation_unseen_count: None,
            role_column: None,
            test_seen_fraction: 0.2,
            validation_seen_fraction: 0.2,
            max_per_class: None,
            max_train_per_class: None,
            require_all: true,
        }
    }
}

inputs! {
    /// What is to be split.
    pub struct SplitClassesInputs {
        /// The samples.
        samples: Samples,
        /// The attributes; every class of the samples must have some.
        attributes: Attributes,
    }
}
outputs! {
    /// The parts. A training stage has no port for the last two.
    pub struct SplitClassesOutputs {
        /// For training and selection.
        train: TrainSamples,
        /// Test images of seen classes.
        test_seen: TestSeenSamples,
        /// Test images of unseen classes.
        test_unseen: TestUnseenSamples,
    }
}

/// What the lists of classes should be.
const EXPECTED: &str = "unseen classes, unseen validation classes and the rest must be disjoint, and \
                        none of them empty; mend the lists";

/// The stage.
pub struct SplitClasses;

impl Stage for SplitClasses {
    const KIND: &'static str = "split-classes";
    const SUMMARY: &'static str = "splits samples into training, seen test and unseen test images";
    const VERSION: u32 = 2;
    const SEEDED: bool = true;
    type Params = SplitClassesParams;
    type Inputs = SplitClassesInputs;
    type Outputs = SplitClassesOutputs;

    fn check(params: &SplitClassesParams) -> Result<(), StageError> {
        check(params)
    }

    fn run(
        params: &SplitClassesParams,
        inputs: SplitClassesInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<SplitClassesOutputs, StageError> {
        let SplitClassesInputs { samples, attributes } = inputs;
        attributes.matrix(samples.classes()).map_err(|error| {
            let help = "add the class to the attribute table, or leave its photos out";
            StageError::data_with_help(format!("{error}, but it has samples"), help)
        })?;
        let unseen = unseen_classes(params, &samples, cx)?;
        let validation_unseen = validation_classes(params, &samples, &unseen, cx)?;
        let rule = SplitRule {
            unseen,
            validation_unseen,
            test_seen_fraction: params.test_seen_fraction,
            validation_seen_fraction: params.validation_seen_fraction,
            max_per_class: params.max_per_class,
            max_train_per_class: params.max_train_per_class,
        };
        let parts = split(&samples, &rule, &|stream| cx.rng(stream))
            .map_err(|error| StageError::data_with_help(error.to_string(), EXPECTED))?;
        cx.note(format!(
            "split {}: {} seen and {} unseen classes; {} training, {} seen and {} unseen test \
             images",
            parts.train.identity.split.short(),
            parts.train.seen.len(),
            parts.train.unseen.len(),
            parts.train.images.len(),
            parts.test_seen.images.len(),
            parts.test_unseen.images.len()
        ));
        Ok(SplitClassesOutputs {
            train: parts.train,
            test_seen: parts.test_seen,
            test_unseen: parts.test_unseen,
        })
    }
}

fn check(params: &SplitClassesParams) -> Result<(), StageError> {
    let roles = params.role_column.is_some();
    let sources = [
        !params.unseen.is_empty(),
        params.unseen_file.is_some(),
        params.unseen_count.is_some(),
        roles,
    ];
    let names = "`unseen`, `unseen_file`, `unseen_count` and `role_column`";
    exactly_one("unseen", &sources, names)?;
    let sources = [
        !params.validation_unseen.is_empty(),
        params.validation_unseen_file.is_some(),
        params.validation_unseen_count.is_some(),
        roles,
    ];
    let names = "`validation_unseen`, `validation_unseen_file`, `validation_unseen_count` and \
                 `role_column`";
    exactly_one("validation_unseen", &sources, names)?;
    let counts = [
        ("unseen_count", params.unseen_count),
        ("validation_unseen_count", params.validation_unseen_count),
    ];
    if let Some((name, _)) = counts.into_iter().find(|(_, count)| *count == Some(0)) {
        return Err(StageError::parameter(name, "expected at least 1, got 0"));
    }
    let fractions = [
        ("test_seen_fraction", params.test_seen_fraction),
        ("validation_seen_fraction", params.validation_seen_fraction),
    ];
    match fractions.into_iter().find(|(_, fraction)| !(0.0..=0.9).contains(fraction)) {
        Some((name, fraction)) => {
            Err(StageError::parameter(name, format!("expected 0 to 0.9, got {fraction}")))
        }
        None => Ok(()),
    }
}

fn exactly_one(parameter: &str, sources: &[bool], names: &str) -> Result<(), StageError> {
    match sources.iter().filter(|given| **given).count() {
        1 => Ok(()),
        0 => Err(StageError::parameter(parameter, format!("give one of {names}"))),
        _ => Err(StageError::parameter(parameter, format!("give only one of {names}"))),
    }
}

fn unseen_classes(
    params: &SplitClassesParams,
    samples: &Samples,
    cx: &mut StageContext<'_>,
) -> Result<BTreeSet<String>, StageError> {
    if let Some(column) = &params.role_column {
        return with_role(samples, column, "unseen");
    }
    if let Some(count) = params.unseen_count {
        let classes = samples.classes().to_vec();
        return draw("unseen_count", count, classes, &mut cx.rng("unseen-classes"));
    }
    match &params.unseen_file {
        Some(file) => {
            let listed = read_names(file, cx)?;
            present("unseen_file", listed, samples, params, cx)
        }
        None => present("unseen", params.unseen.clone(), samples, params, cx),
    }
}

fn validation_classes(
    params: &SplitClassesParams,
    samples: &Samples,
    unseen: &BTreeSet<String>,
    cx: &mut StageContext<'_>,
) -> Result<BTreeSet<String>, StageError> {
    if let Some(column) = &params.role_column {
        return with_role(samples, column, "validation");
    }
    if let Some(count) = params.validation_unseen_count {
        let seen: Vec<String> =
            samples.classes().iter().filter(|class| !unseen.contains(*class)).cloned().collect();
        let rng = &mut cx.rng("validation-classes");
        return draw("validation_unseen_count", count, seen, rng);
    }
    match &params.validation_unseen_file {
        Some(file) => {
            let listed = read_names(file, cx)?;
            present("validation_unseen_file", listed, samples, params, cx)
        }
        None => {
            let listed = params.validation_unseen.clone();
            present("validation_unseen", listed, samples, params, cx)
        }
    }
}

/// Draws `count` of the classes, and leaves at least one.
fn draw(
    parameter: &str,
    count: usize,
    mut classes: Vec<String>,
    rng: &mut ChaCha8Rng,
) -> Result<BTreeSet<String>, StageError> {
    if count >= classes.len() {
        let classes = classes.len();
        let message =
            format!("expected fewer than the {classes} classes to draw from, got {count}");
        return Err(StageError::parameter(parameter, message));
    }
    classes.shuffle(rng);
    Ok(classes.into_iter().take(count).collect())
}

fn with_role(samples: &Samples, column: &str, role: &str) -> Result<BTreeSet<String>, StageError> {
    let Some(roles) = samples.column(column) else {
        let available: Vec<&str> = samples.column_names().collect();
        let message =
            format!("the samples have no column `{column}`, only [{}]", available.join(", "));
        return Err(StageError::parameter("role_column", message));
    };
    let classes = samples.indices().zip(roles).filter(|(_, word)| *word == role);
    Ok(classes.map(|(sample, _)| samples.class_name(sample).to_owned()).collect())
}

fn read_names(file: &FileRef, cx: &StageContext<'_>) -> Result<Vec<String>, StageError> {
    let text = cx.read_text(file)?;
    let names = text.lines().map(str::trim).filter(|line| !line.is_empty());
    Ok(names.map(str::to_owned).collect())
}

/// The listed classes that have samples.
fn present(
    parameter: &str,
    listed: Vec<String>,
    samples: &Samples,
    params: &SplitClassesParams,
    cx: &mut StageContext<'_>,
) -> Result<BTreeSet<String>, StageError> {
    let mut known = BTreeSet::new();
    if let Some(class) = listed.iter().find(|class| !known.insert(*class)) {
        return Err(StageError::parameter(parameter, format!("class `{class}` is listed twice")));
    }
    let (present, absent): (Vec<String>, Vec<String>) =
        listed.into_iter().partition(|class| samples.class_id(class).is_some());
    if absent.is_empty() {
        return Ok(present.into_iter().collect());
    }
    let message = format!(
        "{} of {} listed classes have no sample: {}",
        absent.len(),
        absent.len() + present.len(),
        absent.join(", ")
    );
    if params.require_all {
        let guesses = absent.iter().filter_map(|class| {
            let known = nearest(class, samples.classes().iter().map(String::as_str))?;
            Some(format!("`{class}` may be `{known}`; "))
        });
        let help =
            "mend the list, or set `require_all = false` to leave classes without samples out";
        let help = guesses.collect::<String>() + help;
        return Err(StageError::data_with_help(format!("`{parameter}`: {message}"), help));
    }
    cx.note(format!("`{parameter}`: {message}; they are left out"));
    Ok(present.into_iter().collect())
}

#[cfg(test)]
mod tests;
