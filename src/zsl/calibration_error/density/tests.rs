use super::*;

fn confidences(pairs: &[(f64, bool)]) -> Vec<Confidence> {
    pairs.iter().map(|&(score, is_right)| Confidence { score, is_right }).collect()
}

#[test]
fn the_kernel_has_mass_one_and_reflection_keeps_it() {
    let mut mass = vec![0.0; STEPS + 1];
    (mass[0], mass[7], mass[STEPS]) = (0.5, 1.0, 2.0);
    // At the ends half of a kernel lies inside, and half of its mirror image.
    let spread = smoothed(&mass, &kernel(30.0));
    let inside: f64 = spread[1..STEPS].iter().sum();
    let whole = inside + f64::midpoint(spread[0], spread[STEPS]);
    assert!((whole - 3.5).abs() < 1e-9, "{whole}");
}

#[test]
fn all_right_or_all_wrong_is_off_by_the_distance_to_the_truth() {
    // All at 0.5: the density is symmetric around it, so the mean of s is 0.5 exactly.
    for is_right in [false, true] {
        let error = density_error(&confidences(&[(0.5, is_right); 20]));
        assert!((error - 0.5).abs() < 1e-9, "{error}");
    }
}

#[test]
fn binning_equals_the_sum_over_images() {
    let pairs: Vec<(f64, bool)> =
        (0..40_u32).map(|at| (f64::from((at * 83) % 101) / 101.0, at % 3 == 0)).collect();
    let confidences = confidences(&pairs);
    let width = bandwidth(&confidences);
    let normal = |x: f64| (-0.5 * x * x).exp() / (width * (2.0 * std::f64::consts::PI).sqrt());
    let mut sum = 0.0;
    for place in 0..=STEPS {
        let s = place as f64 / STEPS as f64;
        let gap: f64 = confidences
            .iter()
            .map(|c| {
                let mirrored = [s - c.score, s + c.score, 2.0 - s - c.score];
                let density: f64 = mirrored.iter().map(|x| normal(x / width)).sum();
                (f64::from(u8::from(c.is_right)) - s) * density
            })
            .sum();
        let half = if place == 0 || place == STEPS { 0.5 } else { 1.0 };
        sum += half * gap.abs() / STEPS as f64;
    }
    let naive = sum / confidences.len() as f64;
    let fast = density_error(&confidences);
    assert!((naive - fast).abs() < 1e-5, "{naive} {fast}");
}
