//! The same numbers as a table: all epochs in the tidy data, a few of them in print.

use super::super::super::estimate::Estimate;
use super::super::super::evaluation_table::{Columns, Key, Printed, with_axes};
use super::super::super::measured::{COUNTS, DIGITS, MEANS};
use super::super::super::rows::Row;
use super::PlotCurvesParams;
use super::mean::MeanCurve;
use crate::artifact::{Cell, Curves, Presentation, TableColumn, Values};

/// The columns that are no axes.
const OURS: [&str; 6] = ["metric", "epoch", "runs", "n", "mean", "sd"];

/// Between the first and the last epoch about so many are printed.
const PRINTED: usize = 6;

/// One tidy row a setting and epoch.
pub(super) fn columns(params: &PlotCurvesParams, means: &[MeanCurve<'_, '_>]) -> Columns {
    let rows: Vec<(&Row<'_, Curves>, usize, Option<Estimate>)> = means
        .iter()
        .flat_map(|mean| (1..).zip(&mean.epochs).map(|(epoch, one)| (mean.row, epoch, *one)))
        .collect();
    let estimates = || rows.iter().map(|(.., estimate)| estimate.as_ref());
    let columns = [
        Values::Text(vec![params.curve.clone(); rows.len()]),
        Values::Count(rows.iter().map(|(_, epoch, _)| *epoch).collect()),
        Values::Count(rows.iter().map(|(row, ..)| row.members.len()).collect()),
        Values::Count(estimates().map(|one| one.map_or(0, |one| one.n)).collect()),
        Values::Number(estimates().map(|one| one.map(|one| one.mean)).collect()),
        Values::Number(estimates().map(|one| one.and_then(|one| one.sd)).collect()),
    ];
    let keys: Vec<&Key> = rows.iter().map(|(row, ..)| row.key.as_slice()).collect();
    let columns = OURS.iter().map(|name| (*name).to_owned()).zip(columns).collect();
    with_axes(&keys, &OURS, columns)
}

/// A printed row a setting and a column for each of a few epochs.
pub(super) fn presentation(params: &PlotCurvesParams, means: &[MeanCurve<'_, '_>]) -> Presentation {
    let printed = Printed { headings: &params.headings, digits: DIGITS, own: &OURS };
    let keys: Vec<&Key> = means.iter().map(|mean| mean.row.key.as_slice()).collect();
    let longest = means.iter().map(|mean| mean.epochs.len()).max().unwrap_or(0);
    let epochs = printed_epochs(longest).into_iter().map(|epoch| TableColumn {
        heading: format!("{} {epoch}", params.x_label),
        cell: Cell::Found {
            column: "epoch".to_owned(),
            equals: epoch.to_string(),
            value: "mean".to_owned(),
            spread: Some("sd".to_owned()),
            counts: Some(("n".to_owned(), "runs".to_owned())),
            digits: printed.digits,
        },
    });
    let mut columns = printed.axis_columns(&keys);
    columns.push(printed.value("runs", "n"));
    columns.extend(epochs);
    Presentation {
        caption: params.title(),
        rows: printed.axes(&keys),
        columns,
        stamps: Vec::new(),
        notes: notes(means),
    }
}

fn notes(means: &[MeanCurve<'_, '_>]) -> Vec<String> {
    let mut notes = vec![MEANS.to_owned()];
    let runs = |mean: &MeanCurve<'_, '_>| mean.row.members.len();
    let lacks = |mean: &MeanCurve<'_, '_>| {
        mean.epochs.iter().any(|one| one.is_none_or(|one| one.n < runs(mean)))
    };
    if means.iter().any(lacks) {
        notes.push(COUNTS.to_owned());
    }
    if means.iter().any(|mean| mean.is_cut) {
        notes.push("A row ends where the shortest of its trainings ends.".to_owned());
    }
    notes
}

/// The first epoch, round ones and the last.
fn printed_epochs(longest: usize) -> Vec<usize> {
    let steps = (0..).flat_map(|power| [1, 2, 5].map(|factor| factor * 10_usize.pow(power)));
    let step = steps.into_iter().find(|step| longest / step <= PRINTED).unwrap_or(longest);
    let mut epochs: Vec<usize> = (1..=longest).filter(|epoch| epoch % step == 0).collect();
    epochs.extend((longest > 0).then_some(longest));
    epochs.insert(0, 1);
    epochs.retain(|epoch| *epoch <= longest);
    epochs.dedup();
    epochs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_epochs_are_printed() {
        assert_eq!(printed_epochs(50), [1, 10, 20, 30, 40, 50]);
        assert_eq!(printed_epochs(47), [1, 10, 20, 30, 40, 47]);
        assert_eq!(printed_epochs(7), [1, 2, 4, 6, 7]);
        assert_eq!(printed_epochs(3), [1, 2, 3]);
        assert_eq!(printed_epochs(1), [1]);
        assert!(printed_epochs(0).is_empty());
        assert_eq!(printed_epochs(2000), [1, 500, 1000, 1500, 2000]);
    }
}
