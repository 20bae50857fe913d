//! Dashed lines, cut into strokes, since plotters draws only whole ones.

use super::drawing::Point;
use super::ink::Dash;

/// Cuts a line into the strokes of its pattern.
pub(super) fn strokes(points: &[Point], dash: Dash, width: f64) -> Vec<Vec<Point>> {
    let pattern = dash.pattern();
    if pattern.is_empty() || points.len() < 2 {
        return vec![points.to_vec()];
    }
    let mut strokes = Vec::new();
    let mut stroke = vec![points[0]];
    let mut phase = 0;
    let mut left = pattern[0] * width;
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        let mut length = (to.0 - from.0).hypot(to.1 - from.1);
        while length > left {
            let share = left / length;
            from = (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share);
            length -= left;
            if phase % 2 == 0 {
                stroke.push(from);
                strokes.push(std::mem::take(&mut stroke));
            }
            phase = (phase + 1) % pattern.len();
            left = pattern[phase] * width;
            stroke = vec![from];
        }
        left -= length;
        stroke.push(to);
    }
    if phase % 2 == 0 {
        strokes.push(stroke);
    }
    strokes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dashed_line_is_cut_at_its_pattern() {
        // Strokes of 5 and gaps of 3, once around a corner: 0-5, 8-13 (corner at 10), 16-20.
        let cut = strokes(&[(0.0, 0.0), (10.0, 0.0), (10.0, 10.0)], Dash::Dashed, 1.0);
        let expected = vec![
            vec![(0.0, 0.0), (5.0, 0.0)],
            vec![(8.0, 0.0), (10.0, 0.0), (10.0, 3.0)],
            vec![(10.0, 6.0), (10.0, 10.0)],
        ];
        assert_eq!(cut, expected);
    }
}
