//! The network of stage I: looks, predictors and their fusion (1.2, 1.3).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::nn::tape::{Dense, Mode, ParameterId, Tape, Var};
use crate::nn::{Activation, Real, Tensor};

use super::cells::Cells;

/// What turns the one pixel of a look into an embedding: a trainable copy of the backbone's tail.
pub trait Locality<T: Real> {
    /// [M, 1, 1, C] -> [M, D].
    fn embed(&self, tape: &mut Tape<'_, T>, looks: Var, mode: Mode) -> Var;
}

/// Over which looks batch normalisation takes its statistics in training (register A16).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LocalBatching {
    /// All looks of a batch together.
    #[default]
    Merged,
    /// Each step for itself.
    PerStep,
}

/// The layers behind the backbone.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Network {
    /// Where one can look.
    pub cells: Cells,
    /// The partial convolution: [O, window, window, C] with bias (register A17).
    pub look: Dense,
    /// Global embedding to attributes, [A, D].
    pub global: Dense,
    /// Local embedding to attributes, [A, D].
    pub local: Dense,
    /// The fusion: slots of D to a joint embedding, [D', (T + 1) D].
    pub fuse: Fuse,
    /// Joint embedding to attributes, [A, D'].
    pub joint: Dense,
    /// What follows the fusion (register A19); the paper lists nothing.
    pub activation: Activation,
    /// Which looks share batch statistics.
    pub batching: LocalBatching,
    /// The share of values that dropout drops in training.
    pub dropout: f64,
}

/// The first layer of the fusion.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fuse {
    /// [D', (T + 1) D].
    pub weight: ParameterId,
    /// `[D']`.
    pub bias: ParameterId,
}

/// What a pass looks at.
#[derive(Clone, Copy, Debug)]
pub struct Looks<'a> {
    /// E, [N, H, W, C]; needed where there are cells.
    pub maps: Option<Var>,
    /// g, [N, D].
    pub global: Var,
    /// T cells an image, [N, T].
    pub cells: &'a [usize],
}

/// What dropout keeps, one flag a value; nothing is dropped where there is none (register A20).
#[derive(Clone, Copy, Debug, Default)]
pub struct Kept<'a> {
    /// Of the global attributes, [N, A].
    pub global: Option<&'a [bool]>,
    /// Of the local attributes, [N, T, A].
    pub local: Option<&'a [bool]>,
    /// Of the joint embedding, [N, T + 1, D'].
    pub fused: Option<&'a [bool]>,
    /// Of the joint attributes, [N, T + 1, A].
    pub joint: Option<&'a [bool]>,
}

/// The attributes that a pass predicts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Attributes {
    /// v, [N, T, D].
    pub embeddings: Var,
    /// `a_g`, [N, A].
    pub global: Var,
    /// `a_l`, [N, T, A].
    pub local: Var,
    /// `a_j` after 0 to T looks, [N, T + 1, A].
    pub joint: Var,
    /// `a_m`, the largest of `a_g` and all `a_l`, [N, A].
    pub largest: Var,
}

impl Network {
    /// The local embeddings of looks: [N, H, W, C] and [N, T] cells -> [N, T, D].
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn embed<T: Real>(
        &self,
        tape: &mut Tape<'_, T>,
        locality: &dyn Locality<T>,
        maps: Var,
        cells: &[usize],
        mode: Mode,
    ) -> Var {
        let images = tape.value(maps).shape()[0];
        let steps = cells.len() / images.max(1);
        if mode == Mode::Evaluation || self.batching == LocalBatching::Merged {
            let looks = cells.iter().enumerate().map(|(at, cell)| (at / steps, *cell));
            let flat = self.look_at(tape, locality, maps, looks, mode);
            let width = tape.value(flat).shape()[1];
            return tape.reshape(flat, vec![images, steps, width]);
        }
        let parts: Vec<Var> = (0..steps)
            .map(|step| {
                let own = cells.iter().skip(step).step_by(steps).copied().enumerate();
                self.look_at(tape, locality, maps, own, mode)
            })
            .collect();
        let width = tape.value(parts[0]).shape()[1];
        let joined = tape.concat(&parts);
        tape.reshape(joined, vec![images, steps, width])
    }

    /// The local embeddings of single looks, (image, cell) each: the partial convolution at each cell,
    /// and the tail. Gives [looks, D].
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn look_at<T: Real>(
        &self,
        tape: &mut Tape<'_, T>,
        locality: &dyn Locality<T>,
        maps: Var,
        looks: impl Iterator<Item = (usize, usize)>,
        mode: Mode,
    ) -> Var {
        let corners: Vec<_> = looks.map(|(image, cell)| self.cells.corner(image, cell)).collect();
        let looks = corners.len();
        let weight = tape.parameter(self.look.weight);
        let mut seen = tape.convolve_at(maps, weight, corners);
        if let Some(bias) = self.look.bias {
            let bias = tape.parameter(bias);
            seen = tape.add_to_rows(seen, bias);
        }
        let channels = tape.value(seen).shape()[1];
        let pixels = tape.reshape(seen, vec![looks, 1, 1, channels]);
        locality.embed(tape, pixels, mode)
    }

    /// Everything that the losses and rewards need.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn pass<T: Real>(
        &self,
        tape: &mut Tape<'_, T>,
        locality: &dyn Locality<T>,
        looks: Looks<'_>,
        kept: Kept<'_>,
        mode: Mode,
    ) -> Attributes {
        let embeddings = if looks.cells.is_empty() {
            let [images, width] = [0, 1].map(|axis| tape.value(looks.global).shape()[axis]);
            tape.constant(Tensor::zeros(vec![images, 0, width]))
        } else {
            let maps = looks.maps.expect("who looks has maps");
            self.embed(tape, locality, maps, looks.cells, mode)
        };
        self.predict(tape, looks.global, embeddings, kept)
    }

    /// The attributes of a global embedding, [N, D], and of local ones, [N, T, D].
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn predict<T: Real>(
        &self,
        tape: &mut Tape<'_, T>,
        global: Var,
        embeddings: Var,
        kept: Kept<'_>,
    ) -> Attributes {
        let of_global = tape.dense(self.global, global);
        let of_global = tape.dropout(of_global, kept.global, self.dropout);
        let of_local = tape.dense(self.local, embeddings);
        let of_local = tape.dropout(of_local, kept.local, self.dropout);
        let fused = self.fuse(tape, global, embeddings, kept);
        let joint = tape.dense(self.joint, fused);
        let joint = tape.dropout(joint, kept.joint, self.dropout);
        let largest = largest(tape, of_global, of_local);
        Attributes { embeddings, global: of_global, local: of_local, joint, largest }
    }

    /// `e_j` after 0 to T looks: [N, D] and [N, T, D] -> [N, T + 1, D'].
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn fused<T: Real>(&self, tape: &mut Tape<'_, T>, global: Var, embeddings: Var) -> Var {
        self.fuse(tape, global, embeddings, Kept::default())
    }

    fn fuse<T: Real>(
        &self,
        tape: &mut Tape<'_, T>,
        global: Var,
        embeddings: Var,
        kept: Kept<'_>,
    ) -> Var {
        let weight = tape.parameter(self.fuse.weight);
        let bias = tape.parameter(self.fuse.bias);
        let fused = tape.fuse_prefixes(global, embeddings, weight);
        let fused = tape.add_to_rows(fused, bias);
        let fused = match self.activation {
            Activation::None => fused,
            Activation::Relu => tape.relu(fused),
        };
        tape.dropout(fused, kept.fused, self.dropout)
    }
}

/// `a_m[k] = max(a_g[k], a_l1[k], .., a_lT[k])`.
fn largest<T: Real>(tape: &mut Tape<'_, T>, global: Var, local: Var) -> Var {
    let [images, steps, width] =
        tape.value(local).shape().try_into().expect("local attributes are [N, T, A]");
    let flat = tape.reshape(local, vec![images, steps * width]);
    let mut all = vec![global];
    all.extend((0..steps).map(|step| tape.columns(flat, step * width, width)));
    tape.maximum(&all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Window;
    use crate::nn::tape::{ParameterKind, Parameters, Recording};

    fn values(count: usize, seed: usize) -> Vec<f32> {
        let value = |at: usize| ((at * 7919 + seed * 104_729 + 13) % 2003) as f32 / 1001.0 - 1.0;
        (0..count).map(value).collect()
    }

    /// A tail that hands its pixels on.
    struct Plain;

    impl<T: Real> Locality<T> for Plain {
        fn embed(&self, tape: &mut Tape<'_, T>, looks: Var, _mode: Mode) -> Var {
            tape.global_average_pool(looks)
        }
    }

    /// Six channels, four attributes, room for three looks.
    fn network(parameters: &mut Parameters<f32>) -> Network {
        let mut seed = 0;
        let mut add = |name: &str, shape: &[usize]| {
            seed += 1;
            let value = Tensor::new(shape.to_vec(), values(shape.iter().product(), seed));
            parameters.add(name, ParameterKind::Weight, value)
        };
        let mut dense = |name: &str, shape: &[usize]| Dense {
            weight: add(&format!("{name}.weight"), shape),
            bias: Some(add(&format!("{name}.bias"), &shape[..1])),
        };
        let (look, global) = (dense("look", &[6, 5, 5, 6]), dense("global", &[4, 6]));
        let (local, fuse) = (dense("local", &[4, 6]), dense("fuse", &[5, 24]));
        Network {
            cells: Cells::of([14, 14], 5, 3).unwrap(),
            look,
            global,
            local,
            fuse: Fuse { weight: fuse.weight, bias: fuse.bias.unwrap() },
            joint: dense("joint", &[4, 5]),
            activation: Activation::None,
            batching: LocalBatching::Merged,
            dropout: 0.0,
        }
    }

    fn map(tape: &mut Tape<'_, f32>) -> Var {
        tape.constant(Tensor::new(vec![2, 14, 14, 6], values(2 * 196 * 6, 40)))
    }

    /// (E1)
    #[test]
    fn a_look_is_the_whole_convolution_at_its_cell_bit_by_bit() {
        let mut parameters = Parameters::default();
        let network = network(&mut parameters);
        let mut tape = Tape::new(&parameters, Recording::Off);
        let maps = map(&mut tape);
        let cells: Vec<usize> = (0..16).chain((0..16).rev()).collect();
        let looks = network.embed(&mut tape, &Plain, maps, &cells, Mode::Evaluation);
        let weight = tape.parameter(network.look.weight);
        let bias = tape.parameter(network.look.bias.unwrap());
        let window = Window { strides: [3; 2], ..Window::new([5; 2]) };
        let whole = tape.convolve(&window, maps, weight);
        let whole = tape.add_to_rows(whole, bias);
        assert_eq!(tape.value(whole).shape(), [2, 4, 4, 6]);
        for (look, (cell, found)) in
            cells.iter().zip(tape.value(looks).values().chunks_exact(6)).enumerate()
        {
            let place = look / 16 * 16 + cell;
            assert_eq!(found, &tape.value(whole).values()[place * 6..][..6], "cell {cell}");
        }
    }

    /// (E7)
    #[test]
    fn attributes_after_no_look_are_the_global_ones() {
        let mut parameters = Parameters::default();
        let network = network(&mut parameters);
        let mut tape = Tape::new(&parameters, Recording::Off);
        let global = tape.constant(Tensor::new(vec![2, 6], values(12, 50)));
        let none = tape.constant(Tensor::zeros(vec![2, 0, 6]));
        let found = network.predict(&mut tape, global, none, Kept::default());
        assert_eq!(tape.value(found.largest), tape.value(found.global));
        assert_eq!(tape.value(found.joint).shape(), [2, 1, 4]);
    }

    /// (E7)
    #[test]
    fn the_largest_attributes_are_no_smaller_than_any() {
        let mut parameters = Parameters::default();
        let network = network(&mut parameters);
        let mut tape = Tape::new(&parameters, Recording::Off);
        let maps = map(&mut tape);
        let global = tape.constant(Tensor::new(vec![2, 6], values(12, 50)));
        let looks = Looks { maps: Some(maps), global, cells: &[3, 7, 1, 15, 0, 2] };
        let mode = Mode::Evaluation;
        let found = network.pass(&mut tape, &Plain, looks, Kept::default(), mode);
        let largest = tape.value(found.largest).values();
        for (at, largest) in largest.iter().enumerate() {
            let (image, attribute) = (at / 4, at % 4);
            let mut all = vec![tape.value(found.global).values()[at]];
            let local = |step| tape.value(found.local).values()[(image * 3 + step) * 4 + attribute];
            all.extend((0..3).map(local));
            assert_eq!(*largest, all.into_iter().fold(f32::MIN, f32::max));
        }
    }
}
