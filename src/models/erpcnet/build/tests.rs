use rand_chacha::rand_core::SeedableRng as _;

use super::*;

#[test]
fn the_papers_network_has_its_parameters_and_is_found_again() {
    // ResNet-101 on AwA2 with six looks, channels cut to a hundredth.
    let design = Design {
        channels: 10,
        map: [14, 14],
        window: 5,
        stride: 3,
        embedding: 20,
        fused: 20,
        attributes: 85,
        looks: 6,
        relu: false,
        batching: LocalBatching::Merged,
        dropout: 0.0,
    };
    let mut parameters = Parameters::<f32>::default();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let network = design.build(&mut parameters, &mut rng);
    let count = |name: &str| parameters.get(parameters.find(name).unwrap()).value().values().len();
    assert_eq!(count("pconv.weight"), 10 * 25 * 10);
    assert_eq!(count("fcj1.weight"), 20 * 7 * 20);
    assert_eq!(network.cells.count(), 16);
    let bound = 1.0 / 250.0_f32.sqrt();
    let kernel = parameters.get(network.look.weight).value().values();
    assert!(kernel.iter().all(|weight| weight.abs() <= bound));
    assert!(kernel.iter().any(|weight| weight.abs() > 0.9 * bound));
    assert_eq!(design.find(&parameters), Some(network));
    assert_eq!(design.find(&Parameters::<f32>::default()), None);
}
