use super::*;

fn confidences(pairs: &[(f64, bool)]) -> Vec<Confidence> {
    pairs.iter().map(|&(score, is_right)| Confidence { score, is_right }).collect()
}

fn close(left: f64, right: f64) {
    assert!((left - right).abs() < 1e-12, "{left} is not {right}");
}

#[test]
fn an_image_on_an_edge_belongs_to_the_bin_below() {
    let bins = Bins::equal_widths(4);
    let positions = [0.0, 0.1, 0.25, 0.250_001, 0.5, 1.0].map(|score| bins.position(score));
    assert_eq!(positions, [0, 0, 0, 1, 1, 3]);
}

#[test]
fn errors_worked_out_by_hand() {
    // Two bins of equal width. Below: 0.2 wrong, 0.4 right, residuals -0.2 + 0.6 = 0.4. Above:
    // 0.8 right, 0.9 wrong, residuals 0.2 - 0.9 = -0.7. ECE = (0.4 + 0.7) / 4.
    let four = confidences(&[(0.2, false), (0.4, true), (0.8, true), (0.9, false)]);
    close(binned_error(&four, &Bins::equal_widths(2), Weights::One), 0.275);
    // Quantiles 0.4 and 0.9: the same images in both bins.
    close(binned_error(&four, &Bins::equal_counts(2, &four), Weights::One), 0.275);
    // Centres 0.25 and 0.75. 0.2 goes to the first, 0.4 with 0.7 to the first and 0.3 to the
    // second, 0.8 and 0.9 to the second. First: -0.2 + 0.7 * 0.6 = 0.22; second: 0.3 * 0.6 + 0.2 -
    // 0.9 = -0.52. ECE = 0.74 / 4.
    close(binned_error(&four, &Bins::equal_widths(2), Weights::Linear), 0.185);
    // Edges 0.2, 0.4, 0.9, centres 0.3 and 0.65: 0.4 with 5/7 to the first. First: -0.2 + 3/7,
    // second: 0.6 * 2/7 - 0.7. The sum of both sizes is 0.228571 + 0.528571.
    let counts = Bins::equal_counts(2, &four);
    close(binned_error(&four, &counts, Weights::Linear), (3.0 / 7.0 - 0.2 + 0.7 - 1.2 / 7.0) / 4.0);
}

#[test]
fn images_of_equal_confidence_share_a_bin_whatever_their_order() {
    let mut pairs = vec![(0.5, true), (0.5, false), (0.5, true), (0.7, false), (0.5, false)];
    let bins = Bins::equal_counts(4, &confidences(&pairs));
    assert_eq!(bins.len(), 2);
    let before = CalibrationError::of(&confidences(&pairs), 4).unwrap();
    pairs.reverse();
    let after = CalibrationError::of(&confidences(&pairs), 4).unwrap();
    close(before.equal_counts, after.equal_counts);
    close(before.equal_counts_linear, after.equal_counts_linear);
}

#[test]
fn one_bin_measures_the_difference_of_the_means() {
    let four = confidences(&[(0.2, false), (0.4, true), (0.8, true), (0.9, false)]);
    // Mean hit 0.5, mean confidence 0.575.
    for bins in [Bins::equal_widths(1), Bins::equal_counts(1, &four)] {
        for weights in [Weights::One, Weights::Linear] {
            close(binned_error(&four, &bins, weights), 0.075);
        }
    }
}

#[test]
fn a_sure_and_right_model_has_no_error() {
    let error = CalibrationError::of(&confidences(&[(1.0, true); 9]), 15).unwrap();
    assert_eq!((error.equal_widths, error.equal_counts), (0.0, 0.0));
    assert_eq!((error.equal_widths_linear, error.equal_counts_linear), (0.0, 0.0));
    assert!(error.density < 1e-3, "{}", error.density);
    assert_eq!(CalibrationError::of(&[], 15), Err(MetricError::Empty));
}

#[test]
fn the_bins_of_a_diagram_give_the_error() {
    let pairs: Vec<(f64, bool)> =
        (0..60_u32).map(|at| (f64::from((at * 37) % 61) / 61.0, at % 4 != 0)).collect();
    let confidences = confidences(&pairs);
    let bins = Bins::equal_widths(15);
    let filled = reliability(&confidences, &bins);
    assert_eq!(filled.iter().map(|bin| bin.images).sum::<u32>(), 60);
    let sum: f64 = filled.iter().map(|bin| (f64::from(bin.hits) - bin.confidence).abs()).sum();
    close(sum / 60.0, binned_error(&confidences, &bins, Weights::One));
}

#[test]
fn confidences_one_bit_apart_still_have_an_error() {
    // The centre of the bin between two neighbouring floats is one of them.
    let pairs = [(0.75, true), (0.75, false), (0.75_f64.next_up(), true)];
    let error = CalibrationError::of(&confidences(&pairs), 2).unwrap();
    // Residuals 0.25, -0.75 and 0.25; bins of equal counts part the last one from the others.
    close(error.equal_widths, 0.25 / 3.0);
    close(error.equal_widths_linear, 0.25 / 3.0);
    close(error.equal_counts, 0.25);
    close(error.equal_counts_linear, 0.25);
}
