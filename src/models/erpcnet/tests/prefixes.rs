//! What a joint prediction knows of looks that are not taken yet: nothing.

use super::*;

/// The joint attributes of one prefix: [N, T + 1, A] -> [N, A].
fn prefix(tape: &mut Tape<'_, f64>, joint: Var, looks: usize) -> Var {
    let flat = tape.reshape(joint, vec![IMAGES, (LOOKS + 1) * ATTRIBUTES]);
    tape.columns(flat, looks * ATTRIBUTES, ATTRIBUTES)
}

/// (E6): neither the weights of padded slots nor the looks that are not there have a gradient.
#[test]
fn what_a_prefix_has_not_seen_has_no_gradient() {
    let (network, parameters) = network();
    for looks in 0..=LOOKS {
        let mut tape = Tape::new(&parameters, Recording::On);
        let global = tape.constant(numbers(&[IMAGES, WIDTH], 7));
        let local = tape.variable(numbers(&[IMAGES, LOOKS, WIDTH], 8));
        let found = network.predict(&mut tape, global, local, Kept::default());
        let seen = prefix(&mut tape, found.joint, looks);
        let cotangent = tape.constant(numbers(&[IMAGES, ATTRIBUTES], 13));
        let weighted = tape.multiply(seen, cotangent);
        let loss = tape.sum(weighted);
        let outcome = tape.backward(loss);
        let slots = outcome.of_parameter(network.fuse.weight).unwrap().values();
        for (at, slope) in slots.iter().enumerate() {
            let slot = at % ((LOOKS + 1) * WIDTH) / WIDTH;
            assert_eq!(*slope != 0.0, slot <= looks, "{looks} looks, slot {slot}: {slope}");
        }
        let embeddings = outcome.of(local).map_or(&[][..], Tensor::values);
        for (at, slope) in embeddings.iter().enumerate() {
            let look = at / WIDTH % LOOKS;
            assert_eq!(*slope != 0.0, look < looks, "{looks} looks, look {look}: {slope}");
        }
    }
}

/// (E6): a prefix is the whole with zeros in the place of the looks that are missing.
#[test]
fn a_prefix_is_the_whole_with_zeros_behind_it() {
    let (network, parameters) = network();
    let mut tape = Tape::new(&parameters, Recording::Off);
    let global = tape.constant(numbers(&[IMAGES, WIDTH], 7));
    let all = numbers(&[IMAGES, LOOKS, WIDTH], 8);
    let local = tape.constant(all.clone());
    let found = network.predict(&mut tape, global, local, Kept::default());
    for looks in 0..=LOOKS {
        let mut padded = all.clone();
        for row in padded.values_mut().chunks_exact_mut(LOOKS * WIDTH) {
            row[looks * WIDTH..].fill(0.0);
        }
        let padded = tape.constant(padded);
        let whole = network.predict(&mut tape, global, padded, Kept::default());
        let (short, whole) =
            (prefix(&mut tape, found.joint, looks), prefix(&mut tape, whole.joint, LOOKS));
        let pairs = tape.value(short).values().iter().zip(tape.value(whole).values());
        for (short, whole) in pairs {
            assert!((short - whole).abs() < 1e-12, "{looks} looks: {short}, {whole}");
        }
    }
}
