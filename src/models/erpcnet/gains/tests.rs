use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

use super::super::build::Design;
use super::super::judge::Classes;
use super::super::network::LocalBatching;
use super::super::sight::{Rewarded, Sight};
use super::*;
use crate::nn::Tensor;
use crate::nn::tape::Parameters;
use crate::rl::{Environment as _, Look};

#[test]
fn a_gain_is_the_difference_that_the_look_makes() {
    for relu in [false, true] {
        let design = Design {
            channels: 2,
            map: [5, 5],
            window: 2,
            stride: 2,
            embedding: 3,
            fused: 5,
            attributes: 4,
            looks: 2,
            relu,
            batching: LocalBatching::Merged,
            dropout: 0.0,
        };
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let mut parameters = Parameters::default();
        let network = design.build(&mut parameters, &mut rng);
        let mut draw = |shape: &[usize]| Tensor::uniform(shape.to_vec(), 1, &mut rng);
        let signatures = draw(&[3, 4]);
        let classes = Classes { signatures, handicap: vec![0.0; 3], scale: 4.0 };
        let judge = Judge::new(&network, &parameters, &classes);
        let images =
            Seeable { global: draw(&[2, 3]), local: draw(&[2, 4, 3]), weights: vec![1.0; 8] };
        let (labels, orders) = (vec![2, 0], [vec![3, 1], vec![0, 2]]);
        let gains = Gains::along(&judge, &images, &labels, &orders);
        for (image, order) in orders.iter().enumerate() {
            for cell in 0..4 {
                let rewarded = Rewarded::Labels(labels.clone());
                let mut sight = Sight::new(&judge, &images, rewarded);
                sight.open();
                let before = sight.look(&[Look { image, cell: order[0] }]).joint[0];
                let expected = (cell != order[0])
                    .then(|| sight.look(&[Look { image, cell }]).joint[0] - before);
                let found = gains.of(image, 1)[cell];
                match (found, expected) {
                    (Some(one), Some(other)) => assert!((one - other).abs() < 1e-6),
                    (found, expected) => assert_eq!(found, expected),
                }
            }
        }
    }
}
