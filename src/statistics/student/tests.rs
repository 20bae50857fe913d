use super::*;

fn close(left: f64, right: f64, within: f64) {
    assert!((left - right).abs() <= within * right.abs(), "{left} is not {right}");
}

#[test]
fn one_and_two_degrees_have_closed_forms() {
    for t in [0.0_f64, 0.01, 0.3, 1.0, 2.5, 12.0, 1e3, 1e8] {
        // With one degree it is Cauchy's distribution: 2/π arctan(1/t).
        let cauchy = 2.0 / std::f64::consts::PI * 1.0_f64.atan2(t);
        close(two_sided_p(t, 1), cauchy, 1e-14);
        // With two it is 1 - t / sqrt(2 + t²) = 2 / (s (s + t)) with s = sqrt(2 + t²).
        let root = (2.0 + t * t).sqrt();
        close(two_sided_p(t, 2), 2.0 / (root * (root + t)), 1e-14);
    }
}

#[test]
fn printed_tables_of_t_agree() {
    // Two-sided 5 %, 1 % and 0.1 % points, as statistics books print them.
    let printed = [
        (1, [12.706, 63.657, 636.619]),
        (4, [2.776, 4.604, 8.610]),
        (9, [2.262, 3.250, 4.781]),
        (30, [2.042, 2.750, 3.646]),
        (120, [1.980, 2.617, 3.373]),
    ];
    for (degrees, points) in printed {
        for (confidence, point) in [0.95, 0.99, 0.999].into_iter().zip(points) {
            let found = quantile(confidence, degrees);
            assert!((found - point).abs() <= 6e-4, "{degrees} {confidence}: {found}");
        }
    }
    assert!((two_sided_p(2.262, 9) - 0.05).abs() < 2e-5);
    assert!((two_sided_p(12.706, 1) - 0.05).abs() < 2e-6);
}

#[test]
fn the_density_integrates_to_the_same() {
    // A naive twin: Simpson's rule over the density up to t, from both sides of zero.
    for (t, degrees) in [(0.1, 3), (1.7, 5), (4.5, 9), (0.5, 30), (3.3, 499)] {
        let power = -(whole(degrees) + 1.0) / 2.0;
        let shape = |x: f64| (1.0 + x * x / whole(degrees)).powf(power);
        let beta = |steps: &dyn Fn(usize) -> bool| {
            (1..degrees)
                .filter(|step| steps(*step))
                .fold(1.0, |product, step| product * (whole(step) + 1.0) / whole(step))
        };
        // 1 / B(v/2, 1/2), as a product that grows by two.
        let constant = if degrees % 2 == 1 {
            beta(&|step| step % 2 == 1) / std::f64::consts::PI
        } else {
            beta(&|step| step % 2 == 0) / 2.0
        };
        let steps = 20_000;
        let width = t / f64::from(steps);
        let inner: f64 = (1..steps)
            .map(|step| {
                let weight = if step % 2 == 1 { 4.0 } else { 2.0 };
                weight * shape(width * f64::from(step))
            })
            .sum();
        let integral = (shape(0.0) + inner + shape(t)) * width / 3.0;
        let expected = 1.0 - 2.0 * constant / whole(degrees).sqrt() * integral;
        assert!((two_sided_p(t, degrees) - expected).abs() < 1e-11, "{t} {degrees}");
    }
}

#[test]
fn far_tails_keep_their_digits() {
    // For v = 9 and large t: p = 2 · 9^(9/2) / (9 B(9/2, 1/2) t^9) (1 - 405/11 / t² + …) with
    // B(9/2, 1/2) = 35π/128; 405/11 = 9 (9/2 + 1/2 - 10/11).
    let t = 1e4_f64;
    let beta = 35.0 * std::f64::consts::PI / 128.0;
    let leading = 2.0 * 19_683.0 / (9.0 * beta) / t.powi(9);
    close(two_sided_p(t, 9), leading * (1.0 - 405.0 / 11.0 / (t * t)), 1e-12);
    assert_eq!(two_sided_p(f64::INFINITY, 9), 0.0);
}

#[test]
fn p_falls_from_one_and_the_sign_does_not_matter() {
    for degrees in [1, 2, 3, 9, 24, 400, 5000] {
        assert_eq!(two_sided_p(0.0, degrees), 1.0);
        let mut before = 1.0;
        for step in 1..400 {
            let t = f64::from(step) / 40.0;
            let p = two_sided_p(t, degrees);
            assert!(p < before && p > 0.0, "{degrees} {t}: {before}, then {p}");
            assert_eq!(p, two_sided_p(-t, degrees));
            before = p;
        }
    }
}

#[test]
fn a_quantile_cuts_off_what_it_should() {
    for degrees in [1, 2, 9, 37, 999] {
        for confidence in [0.01, 0.5, 0.9, 0.95, 0.999] {
            let p = two_sided_p(quantile(confidence, degrees), degrees);
            assert!((p - (1.0 - confidence)).abs() < 1e-14, "{degrees} {confidence}: {p}");
        }
    }
}
