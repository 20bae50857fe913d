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
mod tests {
    use super::*;

    fn point(delta: f64, unseen: f64, seen: f64) -> CurvePoint {
        CurvePoint { delta, unseen, seen, harmonic: 0.0 }
    }

    fn curve() -> Vec<CurvePoint> {
        vec![point(f64::MIN, 0.0, 0.8), point(-1.0, 0.2, 0.6), point(1.0, 0.4, 0.0)]
    }

    #[test]
    fn a_calibration_holds_until_the_next_breakpoint() {
        let unseen = [-2.0, -1.0, 0.9, 1.0, 9.0].map(|delta| at_delta(&curve(), delta).unseen);
        assert_eq!(unseen, [0.0, 0.2, 0.2, 0.4, 0.4]);
    }

    #[test]
    fn seen_falls_on_straight_lines_over_unseen() {
        // Half way from (0, 0.8) to (0.2, 0.6) is 0.7; from (0.2, 0.6) to (0.4, 0) it is 0.3.
        let seen = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5].map(|unseen| seen_at(&curve(), unseen));
        for (value, expected) in seen.into_iter().zip([0.8, 0.7, 0.6, 0.3, 0.0, 0.0]) {
            assert!((value - expected).abs() < 1e-12, "{value} is not {expected}");
        }
    }

    #[test]
    fn the_range_leaves_out_minus_infinity_and_takes_in_the_choice() {
        let curve = curve();
        let (low, high) = delta_range(&[&curve], &[3.0]);
        assert!(low > -1.2 && low < -1.0 && high > 3.0 && high < 3.2, "{low} {high}");
        assert_eq!(delta_range(&[&curve[..1]], &[]), (-1.0, 1.0));
    }
}
