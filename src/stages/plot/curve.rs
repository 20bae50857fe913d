//! Curves of several seeds, brought onto one grid so that they can be averaged.

use super::super::rows::Row;
use crate::stage::StageError;
use crate::zsl::CurvePoint;

/// The number of places at which a curve is drawn.
const PLACES: usize = 240;

/// Equally distant numbers from `low` to `high`.
#[expect(clippy::cast_precision_loss, reason = "there are few places")]
pub(super) fn grid(low: f64, high: f64) -> Vec<f64> {
    let step = (high - low) / (PLACES - 1) as f64;
    (0..PLACES).map(|place| low + step * place as f64).collect()
}

/// The curves of a row's members.
///
/// # Errors
/// If an evaluation has no curve, or one along which δ or U falls.
pub(super) fn curves<'a>(row: &Row<'a>) -> Result<Vec<&'a [CurvePoint]>, StageError> {
    let mut curves = Vec::new();
    for member in &row.members {
        let curve = member.value.curve.as_slice();
        let seed = member.seed.unwrap_or("none");
        if curve.is_empty() {
            return Err(StageError::data_with_help(
                format!("the evaluation with seed {seed} has no seen-unseen curve"),
                "evaluate on images of both seen and unseen classes",
            ));
        }
        let is_finite =
            |p: &CurvePoint| [p.delta, p.unseen, p.seen, p.harmonic].iter().all(|v| v.is_finite());
        let rises = curve
            .windows(2)
            .all(|pair| pair[0].delta <= pair[1].delta && pair[0].unseen <= pair[1].unseen);
        if !rises || !curve.iter().all(is_finite) {
            return Err(StageError::data(format!(
                "the curve of the evaluation with seed {seed} is out of order or not finite; \
                 expected rising δ and U"
            )));
        }
        curves.push(curve);
    }
    Ok(curves)
}

/// The values that hold at calibration `delta`: those of the last point at or below it.
pub(super) fn at_delta(curve: &[CurvePoint], delta: f64) -> CurvePoint {
    let after = curve.partition_point(|point| point.delta <= delta);
    curve[after.saturating_sub(1)]
}

/// S at an unseen accuracy, on straight lines between the points, as AUSUC takes them; 0 beyond
/// the end of the curve.
pub(super) fn seen_at(curve: &[CurvePoint], unseen: f64) -> f64 {
    if unseen <= curve[0].unseen {
        return curve[0].seen;
    }
    let after = curve.partition_point(|point| point.unseen < unseen);
    let Some(right) = curve.get(after) else { return 0.0 };
    let left = curve[after - 1];
    let share = (unseen - left.unseen) / (right.unseen - left.unseen);
    left.seen + (right.seen - left.seen) * share
}

/// The range of calibrations worth a picture: the middle 99 % of all breakpoints, and `chosen`.
pub(super) fn delta_range(curves: &[&[CurvePoint]], chosen: &[f64]) -> (f64, f64) {
    let mut deltas: Vec<f64> =
        curves.iter().flat_map(|curve| curve.iter()).map(|point| point.delta).collect();
    // The first point of a curve stands for minus infinity.
    deltas.retain(|delta| *delta > f64::MIN);
    deltas.sort_by(f64::total_cmp);
    let cut = deltas.len() / 200;
    let inner = deltas.get(cut..deltas.len() - cut).unwrap_or(&[]);
    let ends = inner.first().into_iter().chain(inner.last()).chain(chosen).copied();
    let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), delta| {
        (low.min(delta), high.max(delta))
    });
    if low < high {
        let pad = (high - low) * 0.03;
        (low - pad, high + pad)
    } else if low.is_finite() {
        (low - 1.0, low + 1.0)
    } else {
        (-1.0, 1.0)
    }
}

#[cfg(test)]
mod tests;
