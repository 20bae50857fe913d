use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

use super::super::linear::to_row_major;
use super::*;

fn pool() -> ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap()
}

#[test]
fn one_feature_and_one_attribute_are_a_quotient() {
    // x = 1, 2 with phi = 1 and x = 3 with phi = 2: S S^T = 1 + 1 + 4 = 6, X X^T = 14,
    // S X^T = 1 + 2 + 6 = 9. With lambda = 2: W = 3 * 9 / (6 + 28) = 27/34.
    let mut moments = Moments::new(1, 2);
    moments.add(&[1.0, 2.0, 3.0], &[0, 0, 1], &pool());
    let signatures = Mat::from_fn(2, 1, |class, _| [1.0, 2.0][class]);
    let sae = Sae::new(&moments, signatures.as_ref(), &pool()).unwrap();
    assert!((sae.weights(2.0, &pool())[(0, 0)] - 27.0 / 34.0).abs() < 1e-15);
}

#[test]
fn the_sylvester_equation_holds_where_attributes_outnumber_classes() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut random =
        |rows, columns| Mat::from_fn(rows, columns, |_, _| rng.random_range(-1.0..1.0_f64));
    let (images, width, attributes, classes) = (12, 8, 6, 3);
    // The last feature is constant zero, so that X X^T is singular as well.
    let (mut x, phi) = (random(images, width), random(classes, attributes));
    (0..images).for_each(|image| x[(image, width - 1)] = 0.0);
    let labels: Vec<usize> = (0..images).map(|image| image % classes).collect();
    let mut moments = Moments::new(width, classes);
    moments.add(&to_row_major(x.as_ref()), &labels, &pool());
    let sae = Sae::new(&moments, phi.as_ref(), &pool()).unwrap();
    let s = Mat::from_fn(attributes, images, |attribute, image| phi[(labels[image], attribute)]);
    for lambda in [1e-3, 1.0, 1e4] {
        let w = sae.weights(lambda, &pool()).transpose().to_owned();
        let left = &s * s.transpose() * &w + faer::Scale(lambda) * (&w * x.transpose() * &x);
        let right = faer::Scale(1.0 + lambda) * (&s * &x);
        for (got, want) in to_row_major(left.as_ref()).iter().zip(to_row_major(right.as_ref())) {
            assert!((got - want).abs() < 1e-9 * (1.0 + lambda), "{got} {want}");
        }
        assert_eq!(w[(0, width - 1)], 0.0, "a feature that is never there gets no weight");
    }
}
