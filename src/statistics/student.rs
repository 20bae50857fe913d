//! Student's t with a whole number of degrees of freedom.

/// The share of Student's t that lies at least as far from zero as `t`, on both sides together.
///
/// It is the incomplete beta function I(x; v/2, 1/2) at x = v / (v + t²), for v `degrees` of freedom
/// (Abramowitz and Stegun 1964, 26.7.1), accurate to 1e-13 of itself far out in the tails too.
///
/// # Panics
/// If there is no degree of freedom, or `t` is no number.
#[must_use]
pub fn two_sided_p(t: f64, degrees: usize) -> f64 {
    assert!(degrees > 0, "Student's t has at least one degree of freedom");
    assert!(!t.is_nan(), "t is a number");
    if t.is_infinite() {
        return 0.0;
    }
    let v = whole(degrees);
    let (inside, outside) = (v / (v + t * t), t * t / (v + t * t));
    let (a, b) = (v / 2.0, 0.5);
    let front = power_over_beta(inside, degrees) * outside.sqrt();
    // Each series is taken where it converges fast.
    if inside < (a + 1.0) / (a + b + 2.0) {
        front / a * series(inside, a, b)
    } else {
        1.0 - front / b * series(outside, b, a)
    }
}

/// The t with `two_sided_p(t, degrees) == 1 - confidence`, by bisection down to the last bit.
///
/// # Panics
/// If `confidence` is not between 0 and 1, or there is no degree of freedom.
#[must_use]
pub fn quantile(confidence: f64, degrees: usize) -> f64 {
    assert!(confidence > 0.0 && confidence < 1.0, "a confidence lies between 0 and 1");
    let tail = 1.0 - confidence;
    let (mut low, mut high) = (0.0, 1.0);
    while two_sided_p(high, degrees) > tail {
        (low, high) = (high, 2.0 * high);
    }
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            return middle;
        }
        if two_sided_p(middle, degrees) > tail {
            low = middle;
        } else {
            high = middle;
        }
    }
}

/// x^(v/2) / B(v/2, 1/2), from B(1/2, 1/2) = π and B(1, 1/2) = 2 by steps of two degrees:
/// B(v/2 + 1, 1/2) = B(v/2, 1/2) v / (v + 1).
fn power_over_beta(x: f64, degrees: usize) -> f64 {
    let (first, mut value) =
        if degrees % 2 == 1 { (1, x.sqrt() / std::f64::consts::PI) } else { (2, x / 2.0) };
    for step in (first..degrees).step_by(2) {
        value *= x * (whole(step) + 1.0) / whole(step);
    }
    value
}

/// Σ x^n (a+b)(a+b+1)…(a+b+n-1) / ((a+1)(a+2)…(a+n)), the part of I(x; a, b) behind
/// x^a (1-x)^b / (a B(a, b)) (26.5.4). All terms are positive: nothing cancels.
fn series(x: f64, a: f64, b: f64) -> f64 {
    let (mut sum, mut term, mut n) = (1.0, 1.0, 0.0);
    // What is left behind is less than term x / (1 - x) once the terms shrink as a power of x.
    while term > f64::EPSILON / 4.0 * (1.0 - x) * sum {
        term *= x * (a + b + n) / (a + 1.0 + n);
        sum += term;
        n += 1.0;
    }
    sum
}

#[expect(clippy::cast_precision_loss, reason = "counts of runs are small")]
fn whole(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
