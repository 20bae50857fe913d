//! A network with fresh weights.

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::nn::tape::{Dense, ParameterId, ParameterKind, Parameters};
use crate::nn::{Activation, Real, Tensor};

use super::cells::Cells;
use super::network::{Fuse, LocalBatching, Network};

/// The sizes of a network, and the choices that the paper leaves open.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Design {
    /// Channels of the map, C.
    pub channels: usize,
    /// Pixels of the map: [rows, columns].
    pub map: [usize; 2],
    /// Pixels on a side of a window.
    pub window: usize,
    /// Pixels from one window to the next.
    pub stride: usize,
    /// Width of the global and of a local embedding, D.
    pub embedding: usize,
    /// Width of the joint embedding, D'.
    pub fused: usize,
    /// Attributes, A.
    pub attributes: usize,
    /// The most looks an image, T.
    pub looks: usize,
    /// Whether a ReLU follows the fusion (register A19).
    pub relu: bool,
    /// Over which looks batch normalisation takes its statistics (register A16).
    pub batching: LocalBatching,
    /// The share of values that dropout drops.
    pub dropout: f64,
}

impl Design {
    /// The cells of the map; none if not one window fits.
    #[must_use]
    pub fn cells(&self) -> Option<Cells> {
        Cells::of(self.map, self.window, self.stride)
    }

    /// Adds the layers behind the backbone to `parameters`, called `pconv`, `fcg`, `fcl`, `fcj1` and
    /// `fcj2`. Weights and biases are uniform on +-1 / sqrt(inputs), as `torch` begins.
    ///
    /// # Panics
    /// If no window fits on the map, or the parameters are there already.
    pub fn build<T: Real>(&self, parameters: &mut Parameters<T>, rng: &mut ChaCha8Rng) -> Network {
        let mut dense = |name: &str, shape: &[usize]| {
            let inputs: usize = shape[1..].iter().product();
            let mut add = |part: &str, shape: &[usize]| {
                let value = Tensor::uniform(shape.to_vec(), inputs, rng);
                parameters.add(format!("{name}.{part}"), ParameterKind::Weight, value)
            };
            [add("weight", shape), add("bias", &shape[..1])]
        };
        let (side, channels) = (self.window, self.channels);
        let layers = [
            dense("pconv", &[channels, side, side, channels]),
            dense("fcg", &[self.attributes, self.embedding]),
            dense("fcl", &[self.attributes, self.embedding]),
            dense("fcj1", &[self.fused, (self.looks + 1) * self.embedding]),
            dense("fcj2", &[self.attributes, self.fused]),
        ];
        self.assemble(layers)
    }

    /// The layers that stand in `parameters` under the names of [`build`](Self::build); none if one
    /// is missing.
    ///
    /// # Panics
    /// If no window fits on the map.
    #[must_use]
    pub fn find<T: Real>(&self, parameters: &Parameters<T>) -> Option<Network> {
        let names = ["pconv", "fcg", "fcl", "fcj1", "fcj2"];
        let mut layers = Vec::with_capacity(names.len());
        for name in names {
            let part = |part: &str| parameters.find(&format!("{name}.{part}"));
            layers.push([part("weight")?, part("bias")?]);
        }
        Some(self.assemble(layers.try_into().expect("as many layers as names")))
    }

    fn assemble(&self, [look, global, local, fuse, joint]: [[ParameterId; 2]; 5]) -> Network {
        let dense = |[weight, bias]: [ParameterId; 2]| Dense { weight, bias: Some(bias) };
        let [weight, bias] = fuse;
        Network {
            cells: self.cells().expect("a window fits on the map"),
            look: dense(look),
            global: dense(global),
            local: dense(local),
            fuse: Fuse { weight, bias },
            joint: dense(joint),
            activation: if self.relu { Activation::Relu } else { Activation::None },
            batching: self.batching,
            dropout: self.dropout,
        }
    }
}

#[cfg(test)]
mod tests;
