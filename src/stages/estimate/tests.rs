use super::*;
use crate::statistics::quantile;

fn close(left: f64, right: f64, within: f64) {
    assert!((left - right).abs() <= within, "{left} is not {right}");
}

#[test]
fn an_estimate_of_three_values_is_what_a_pencil_says() {
    // Mean 2; squares 1 + 0 + 1 = 2; sd = sqrt(2/2) = 1; sd0 = sqrt(2/3);
    // half the interval = 4.30265 * 1 / sqrt(3) = 2.484138.
    let estimate = Estimate::of(&[1.0, 2.0, 3.0]).unwrap();
    close(estimate.mean, 2.0, 0.0);
    close(estimate.sd.unwrap(), 1.0, 0.0);
    close(estimate.sd0, 0.816_496_580_927_726, 1e-15);
    let (low, high) = estimate.ci95.unwrap();
    close(low, 2.0 - 2.484_137_71, 1e-7);
    close(high, 2.0 + 2.484_137_71, 1e-7);
    assert_eq!((estimate.n, estimate.min, estimate.max), (3, 1.0, 3.0));
}

#[test]
fn a_single_value_has_no_spread() {
    let estimate = Estimate::of(&[0.3]).unwrap();
    assert_eq!((estimate.n, estimate.mean, estimate.sd0), (1, 0.3, 0.0));
    assert_eq!((estimate.sd, estimate.ci95), (None, None));
    assert_eq!(Estimate::of(&[]), None);
}

#[test]
fn the_quantiles_agree_with_printed_tables() {
    // Two-sided 5 % points of Student's t, as statistics books print them.
    for (degrees, printed) in [(1, 12.7062), (4, 2.7764), (10, 2.2281), (11, 2.2010)] {
        close(t_quantile(degrees), printed, 5e-5);
    }
    for (degrees, printed) in [(15, 2.1314), (29, 2.0452), (60, 2.0003), (1000, 1.9623)] {
        close(t_quantile(degrees), printed, 5e-5);
    }
}

#[test]
fn the_quantiles_agree_with_bisection() {
    for degrees in 1..=10 {
        let exact = quantile(0.95, degrees);
        close(t_quantile(degrees), exact, 1e-10 * exact);
    }
    for degrees in 11..=300 {
        close(t_quantile(degrees), quantile(0.95, degrees), 5e-6);
    }
}
