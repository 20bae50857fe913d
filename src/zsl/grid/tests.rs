use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

use super::super::eszsl::Targets;
use super::super::moments::Moments;
use super::*;

#[test]
fn a_grid_scores_as_its_weights_do() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let mut random =
        |rows, columns| Mat::from_fn(rows, columns, |_, _| rng.random_range(-1.0..1.0_f64));
    let (x, signatures) = (random(30, 6), random(5, 4));
    let mut moments = Moments::new(6, 3);
    let labels: Vec<_> = (0..30).map(|image| image % 3).collect();
    moments.add(&to_row_major(x.as_ref()), &labels, &pool);
    let seen = signatures.as_ref().subrows(0, 3);
    let solver = Eszsl::new(&moments, seen, Targets::Zero, &pool).unwrap();
    let names = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let candidates = Candidates::new(names(&["a", "b", "c"]), names(&["x", "y"])).unwrap();
    let settings = [(0.1, 1.0), (0.1, 5.0), (10.0, 1.0), (10.0, 5.0)]
        .map(|(gamma, lambda)| Regularisers { gamma, lambda });
    let grid = Grid::new(&solver, &settings, &candidates, signatures.as_ref(), &pool);
    let mut decisions = vec![Vec::new(); 4];
    let labels = vec![Candidate(3); 30];
    grid.decide(&to_row_major(x.as_ref()), &labels, &mut decisions, &pool).unwrap();
    for (point, decisions) in settings.iter().zip(&decisions) {
        let weights = solver.weights(point.gamma, point.lambda, &pool);
        let scores = &x * &weights * signatures.transpose();
        for (image, decision) in decisions.iter().enumerate() {
            let seen = (0..3).map(|class| scores[(image, class)]).fold(f64::MIN, f64::max);
            assert!((decision.seen.score - seen).abs() < 1e-10);
            let unseen = f64::max(scores[(image, 3)], scores[(image, 4)]);
            assert!((decision.unseen.score - unseen).abs() < 1e-10);
        }
    }
}
