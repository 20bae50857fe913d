use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

use super::super::network::LocalBatching;
use super::*;
use crate::nn::Tensor;
use crate::nn::tape::ParameterKind;

fn trained() -> Trained {
    let design = Design {
        channels: 2,
        map: [5, 5],
        window: 3,
        stride: 2,
        embedding: 3,
        fused: 4,
        attributes: 2,
        looks: 2,
        relu: true,
        batching: LocalBatching::PerStep,
        dropout: 0.5,
    };
    let mut parameters = Parameters::default();
    design.build(&mut parameters, &mut ChaCha8Rng::seed_from_u64(3));
    parameters.add("mean", ParameterKind::Buffer, Tensor::new(vec![2], vec![0.5, -1.0]));
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let card = Card {
        design,
        map: "layer3".into(),
        embedding: "pooled".into(),
        tail: ["layer3".into(), "pooled".into()],
        attributes: words(&["x", "y"]),
        classes: words(&["ant"]),
        split: "abc".into(),
        part: TrainingPart::Train,
        logit_scale: 1.0,
        images: 7,
        epochs: 3,
    };
    Trained { card, parameters }
}

#[test]
fn what_was_encoded_is_decoded() {
    let trained = trained();
    let mut bytes = Vec::new();
    trained.encode(&mut bytes).unwrap();
    let found = Trained::decode(Blob::from_bytes(&bytes)).unwrap();
    assert_eq!(found.card, trained.card);
    for ((_, left), (_, right)) in found.parameters.iter().zip(trained.parameters.iter()) {
        assert_eq!((&left.name, left.kind), (&right.name, right.kind));
        assert_eq!(left.value(), right.value());
    }
    assert_eq!(found.parameters.iter().count(), trained.parameters.iter().count());
    assert!(Trained::decode(Blob::from_bytes(&bytes[..bytes.len() - 1])).is_err());
    assert!(Trained::decode(Blob::from_bytes(b"erpcnet2")).is_err());
}
