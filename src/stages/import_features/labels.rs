//! Which sample a row is, and which class it shows.

use std::collections::BTreeMap;

use crate::data::class_list::parse_class_list;
use crate::data::sample_table::read_sample_table;
use crate::data::samples::Sample;
use crate::stage::{FileRef, StageContext, StageError};
use crate::stages::array_file::{FileArray, read_arrays};

use super::ImportFeaturesParams;
use super::source::{OwnColumns, Source};

/// Samples in the order of the features, and further columns of them.
type Labelled = (Vec<Sample>, BTreeMap<String, Vec<String>>);

/// How many labels are decoded at a time.
const BLOCK_LABELS: usize = 1 << 16;

/// Reads names and classes from where the parameters say.
pub(super) fn read(
    params: &ImportFeaturesParams,
    source: &mut dyn Source,
    cx: &StageContext<'_>,
) -> Result<Labelled, StageError> {
    let own = source.own();
    let rows = source.rows();
    let features = cx.display(&params.features);
    let counted = |file: &FileRef, got: usize| match got == rows {
        true => Ok(()),
        false => Err(StageError::data_with_help(
            format!("`{}` has {got} rows, but `{features}` has {rows}", cx.display(file)),
            "row i of the one belongs to row i of the other; they come from different runs",
        )),
    };
    if let Some(file) = &params.samples {
        let table = read_samples(file, params, cx)?;
        counted(file, table.0.len())?;
        agree(&own, &table.0, &cx.display(file), &features)?;
        return Ok(table);
    }
    if let (Some(file), Some(list)) = (&params.labels, &params.classes) {
        let classes = read_labels(file, list, params, cx)?;
        counted(file, classes.len())?;
        let names = match &params.names {
            Some(file) => {
                let names: Vec<String> = cx.read_text(file)?.lines().map(str::to_owned).collect();
                counted(file, names.len())?;
                Some(names)
            }
            None => own.names,
        };
        return Ok((label(names, classes), BTreeMap::new()));
    }
    match own.classes {
        Some(classes) => Ok((label(own.names, classes), own.kept)),
        None => Err(StageError::parameter(
            "samples",
            format!("`{features}` says no classes; give `samples`, or `labels` with `classes`"),
        )),
    }
}

/// Names samples, by the number of their row where they have no name.
fn label(names: Option<Vec<String>>, classes: Vec<String>) -> Vec<Sample> {
    let names = names.unwrap_or_else(|| (0..classes.len()).map(|row| row.to_string()).collect());
    let sample = |(name, class)| Sample { name, class };
    names.into_iter().zip(classes).map(sample).collect()
}

fn read_samples(
    file: &FileRef,
    params: &ImportFeaturesParams,
    cx: &StageContext<'_>,
) -> Result<Labelled, StageError> {
    let rows = read_sample_table(cx.open(file)?, &["name", "path"], &params.columns);
    let rows = rows.map_err(|error| {
        let help = "expected a csv table with a header, a column `name` or `path`, and `class`";
        StageError::data_with_help(format!("`{}`: {error}", cx.display(file)), help)
    })?;
    let mut columns: BTreeMap<String, Vec<String>> =
        params.columns.iter().map(|column| (column.clone(), Vec::new())).collect();
    let mut samples = Vec::with_capacity(rows.len());
    for row in rows {
        for (column, value) in params.columns.iter().zip(row.columns) {
            columns.entry(column.clone()).or_default().push(value);
        }
        samples.push(Sample { name: row.name, class: row.class });
    }
    Ok((samples, columns))
}

/// Where both files name their samples, they must be the same ones in the same order.
fn agree(
    own: &OwnColumns,
    samples: &[Sample],
    table: &str,
    features: &str,
) -> Result<(), StageError> {
    let Some(names) = &own.names else { return Ok(()) };
    let differs = |(_, (name, sample)): &(usize, (&String, &Sample))| **name != sample.name;
    match names.iter().zip(samples).enumerate().find(differs) {
        None => Ok(()),
        Some((row, (name, sample))) => Err(StageError::data_with_help(
            format!(
                "row {row} (counted from 0) is `{name}` in `{features}`, but `{}` in `{table}`",
                sample.name
            ),
            "bring both into one order",
        )),
    }
}

/// The class of each sample by name.
fn read_labels(
    file: &FileRef,
    list: &FileRef,
    params: &ImportFeaturesParams,
    cx: &StageContext<'_>,
) -> Result<Vec<String>, StageError> {
    let list_name = cx.display(list);
    let classes = parse_class_list(&cx.read_text(list)?)
        .map_err(|error| StageError::data(format!("`{list_name}`: {error}")))?;
    let array = read_arrays(file, &[], cx)?.remove(0);
    if array.info.width() != 1 && array.info.rows() != 1 {
        let (label, shape) = (array.label(), array.shape_text());
        let message = format!("{label}: the shape is {shape}; expected one label a sample, [N]");
        return Err(StageError::data(message));
    }
    let first = usize::from(params.first_label);
    let mut named = Vec::new();
    for label in numbers(&array) {
        let class = whole(label).and_then(|label| classes.get(label.checked_sub(first)?));
        let class = class.ok_or_else(|| {
            let last = first + classes.len() - 1;
            let (row, file) = (named.len(), array.label());
            StageError::data_with_help(
                format!(
                    "{file}: row {row} (counted from 0) is {label}; expected {first} to {last}, for \
                     the {} classes of `{list_name}`",
                    classes.len()
                ),
                "set `first_label` to 1 if labels count from 1, or name the list that belongs to them",
            )
        })?;
        named.push(class.clone());
    }
    Ok(named)
}

/// All numbers of an array of shape [N], [N, 1] or [1, N].
fn numbers(array: &FileArray) -> impl Iterator<Item = f64> {
    let (rows, width) = (array.info.rows(), array.info.width());
    let height = (BLOCK_LABELS / width.max(1)).max(1);
    (0..rows).step_by(height).flat_map(move |first| {
        let mut block = vec![0.0; height.min(rows - first) * width];
        array.read_rows(first, &mut block);
        block
    })
}

/// The count that a number stands for, if it stands for one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole, not negative and at most 2^32"
)]
fn whole(value: f64) -> Option<usize> {
    let is_count = value.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&value);
    is_count.then_some(value as usize)
}
