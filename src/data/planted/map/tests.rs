use rand_chacha::rand_core::SeedableRng as _;

use super::super::directions::Entries;
use super::*;
use crate::data::glyphs::Placement;

#[test]
fn a_part_stands_in_the_centre_of_its_cell_and_its_rim_round_it() {
    let rule = MapRule { part: 1.0, marker: 0.0, clutter: 0.0, cue: 0.0, noise: 0.0 };
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let directions = Directions::draw(4, [3, 1], Entries::Uniform, &mut rng);
    let part = Placement { cell: 6, attribute: 2 };
    let scene = Scene { pose: 0, parts: vec![part], clutter: Vec::new() };
    let map = plant(&rule, &directions, &scene, &mut rng);
    // Cell 6 is row 1, column 2: its centre is pixel (5, 8).
    let at = |channel: usize, row: usize, column: usize| {
        f64::from(map[(channel * SIDE + row) * SIDE + column])
    };
    for (channel, entry) in directions.attributes[2].iter().enumerate() {
        let peak = at(channel, 5, 8);
        assert!((2.4 * entry..=3.6 * entry + 1e-6).contains(&(peak + 1e-7)));
        assert!((at(channel, 4, 8) - 0.3 * peak).abs() < 1e-6);
        assert!((at(channel, 6, 9) - 0.09 * peak).abs() < 1e-6);
        assert_eq!((at(channel, 5, 10), at(channel, 3, 8)), (0.0, 0.0));
    }
}

#[test]
fn a_pose_is_everywhere_and_noise_is_cut_at_zero() {
    let rule = MapRule { part: 0.0, marker: 0.0, clutter: 0.0, cue: 0.5, noise: 0.3 };
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let directions = Directions::draw(8, [3, 2], Entries::Uniform, &mut rng);
    let scene = Scene { pose: 1, parts: Vec::new(), clutter: Vec::new() };
    let map = plant(&rule, &directions, &scene, &mut rng);
    assert!(map.iter().all(|value| *value >= 0.0) && map.contains(&0.0));
    for (plane, entry) in map.chunks_exact(SIDE * SIDE).zip(&directions.poses[1]) {
        let mean = plane.iter().map(|value| f64::from(*value)).sum::<f64>() / 196.0;
        // Where the pose says nothing, the mean of cut noise is .3 / sqrt(2 pi) = .12.
        assert!(mean > 0.4 * entry && mean < 0.5 * entry + 0.2, "{mean} {entry}");
    }
}
