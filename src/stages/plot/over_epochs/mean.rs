//! Means over seeds, epoch by epoch.

use super::super::super::estimate::Estimate;
use super::super::super::measure_curves::curve;
use super::super::super::rows::Row;
use crate::artifact::Curves;
use crate::stage::StageError;

/// The mean curve of a setting.
pub(super) struct MeanCurve<'r, 'a> {
    pub(super) row: &'r Row<'a, Curves>,
    /// What the seeds say in each epoch, from the first to the last of the shortest training; none
    /// where no seed has a number.
    pub(super) epochs: Vec<Option<Estimate>>,
    /// Whether a training went on for longer.
    pub(super) is_cut: bool,
}

/// The mean curves of all settings.
///
/// # Errors
/// [`StageError::Parameter`] if a training has no such curve; [`StageError::Data`] if no number is
/// there at all.
pub(super) fn means<'r, 'a>(
    rows: &'r [Row<'a, Curves>],
    name: &str,
) -> Result<Vec<MeanCurve<'r, 'a>>, StageError> {
    let mut means = Vec::new();
    for row in rows {
        let curves: Vec<Vec<Option<f64>>> =
            row.values(|curves| curve(curves, name)).into_iter().collect::<Result<_, _>>()?;
        let shortest = curves.iter().map(Vec::len).min().unwrap_or(0);
        let epoch = |at: usize| {
            let numbers: Vec<f64> = curves.iter().filter_map(|curve| curve[at]).collect();
            Estimate::of(&numbers)
        };
        means.push(MeanCurve {
            row,
            epochs: (0..shortest).map(epoch).collect(),
            is_cut: curves.iter().any(|curve| curve.len() > shortest),
        });
    }
    if means.iter().all(|mean| mean.epochs.iter().all(Option::is_none)) {
        return Err(StageError::data_with_help(
            format!("no training has a number on its curve `{name}`"),
            "choose another `curve`; some are measured only with optional inputs, as `hits` with \
             `cells`",
        ));
    }
    Ok(means)
}

impl MeanCurve<'_, '_> {
    /// The epochs with a number, counted from 1, in pieces without a gap.
    pub(super) fn pieces(&self) -> Vec<Vec<(usize, Estimate)>> {
        let mut pieces = vec![Vec::new()];
        for (at, estimate) in self.epochs.iter().enumerate() {
            match (estimate, pieces.last_mut()) {
                (Some(estimate), Some(piece)) => piece.push((at + 1, *estimate)),
                _ => pieces.push(Vec::new()),
            }
        }
        pieces.retain(|piece| !piece.is_empty());
        pieces
    }
}
