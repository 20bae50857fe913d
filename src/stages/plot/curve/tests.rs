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
