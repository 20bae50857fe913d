//! A trained network as ONNX, for whoever has another runtime.
//!
//! ```text
//! map        [N, C, H, W]  float  E        local              [N, cells, D]  v of every cell
//! embedding  [N, D]        float  g   ──▶  global_attributes  [N, A]         a_g
//! cells      [N, T]        int64           local_attributes   [N, cells, A]  a_l of every cell
//!                                          joint_attributes   [N, T + 1, A]  a_j after 0 to T looks
//! ```
//!
//! Where the tail of the global subnet was trained as well, g comes from the map and nobody gives
//! `embedding`.
//!
//! `cells` says where one looks, in order; cells are counted from 0, row by row. Row t of the joint
//! attributes knows the first t cells alone, so who looks less often fills up with any cell and reads
//! the rows before. The logits of classes of signatures S, [A, classes], are
//! `logit_scale (a_j + a_g) S` after a look, and `logit_scale a_g S` before the first one.
//!
//! Everything is in evaluation mode. Weights have the names that they have here: `pconv`, `fcg`,
//! `fcl`, `fcj1`, `fcj2`, and those of the tails behind their prefixes. Operators are those of the set that
//! the backbone's file states, [`SINCE`] or a later one. What shapes do not tell is remarked in the
//! file ([`Graph::remark`]): `attributes` in order, as a JSON list, `logit_scale`, and the `grid` of
//! cells with their `window` and `stride` in pixels of the map.

use crate::nn::tape::{Dense, ParameterId, Parameters, filters_to_file};
use crate::nn::{Activation, Tensor};
use crate::onnx::{Extent, Graph, ModelBuilder, OnnxError};

use super::cells::Cells;
use super::learner::{BoundTail, Subnets};
use super::trained::Card;

/// The first operator set that has all operators.
pub const SINCE: i64 = 12;

/// Weights and what they are of.
#[derive(Clone, Copy, Debug)]
pub struct Exported<'a> {
    /// What it is.
    pub card: &'a Card,
    /// The layers.
    pub subnets: Subnets<'a>,
    /// What the names of the weights of the local and the global tail begin with.
    pub prefixes: [&'a str; 2],
    /// All weights.
    pub parameters: &'a Parameters,
}

impl Exported<'_> {
    /// The network.
    ///
    /// # Errors
    /// [`OnnxError`] if the tail does not take single pixels of the map.
    pub fn write(&self) -> Result<Graph, OnnxError> {
        let design = &self.card.design;
        let [height, width] = design.map;
        let mut builder = ModelBuilder::new("map", &[design.channels, height, width]);
        builder.name("erpcnet");
        if self.subnets.global.is_none() {
            builder.input("embedding", &[design.embedding]);
        }
        builder.integer_input("cells", &[design.looks]);
        self.remark(&mut builder);
        if let Some(tail) = self.subnets.global {
            let size = [height, width, design.channels];
            let made = self.embed(&mut builder, tail, self.prefixes[1], ("map", size))?;
            reshape(&mut builder, [&made, "embedding"], &[None, Some(design.embedding)]);
        }
        self.look(&mut builder)?;
        let fused = self.fuse(&mut builder);
        let network = &self.subnets.network;
        let (cells, steps) = (network.cells.count(), design.looks + 1);
        for (layer, names, rows) in [
            (network.global, ["embedding", "global_attributes"], None),
            (network.local, ["local", "local_attributes"], Some(cells)),
            (network.joint, [fused, "joint_attributes"], Some(steps)),
        ] {
            self.predict(&mut builder, layer, names, rows);
        }
        builder.finish_with(&[
            ("local", &[cells, design.embedding]),
            ("global_attributes", &[design.attributes]),
            ("local_attributes", &[cells, design.attributes]),
            ("joint_attributes", &[steps, design.attributes]),
        ])
    }

    fn remark(&self, builder: &mut ModelBuilder) {
        let cells = &self.subnets.network.cells;
        let attributes = serde_json::Value::from(self.card.attributes.clone());
        builder.remark("attributes", attributes.to_string());
        builder.remark("logit_scale", self.card.logit_scale.to_string());
        builder.remark("grid", format!("[{}, {}]", cells.grid[0], cells.grid[1]));
        builder.remark("window", cells.window.to_string());
        builder.remark("stride", cells.stride.to_string());
    }

    /// `map` -> `local`: the partial convolution at every cell, and the tail on what it gives.
    fn look(&self, builder: &mut ModelBuilder) -> Result<(), OnnxError> {
        let Subnets { network, local, .. } = &self.subnets;
        let Cells { window, stride, .. } = network.cells;
        let channels = self.card.design.channels;
        let (weight, bias) = self.weights(builder, network.look);
        let inputs: Vec<&str> = ["map", weight].into_iter().chain(bias).collect();
        let conv = &mut builder.node("Conv", &inputs, "pconv");
        conv.ints("kernel_shape", &[window; 2]).ints("strides", &[stride; 2]);
        builder.node("Transpose", &["pconv"], "pconv.rows").ints("perm", &[0, 2, 3, 1]);
        reshape(builder, ["pconv.rows", "pconv.pixels"], &[None, Some(channels), Some(1), Some(1)]);
        let pixel = ("pconv.pixels", [1, 1, channels]);
        let made = self.embed(builder, *local, self.prefixes[0], pixel)?;
        let rows = [None, Some(network.cells.count()), Some(self.card.design.embedding)];
        reshape(builder, [&made, "local"], &rows);
        Ok(())
    }

    /// A tail on maps of this name and size, [H, W, C]; gives the name of the embeddings.
    fn embed(
        &self,
        builder: &mut ModelBuilder,
        BoundTail { tail, copy }: BoundTail<'_>,
        prefix: &str,
        (input, size): (&str, [usize; 3]),
    ) -> Result<String, OnnxError> {
        let part = tail.export_for(size, copy, self.parameters)?;
        let made = builder.append(&part, prefix, input)?.swap_remove(0);
        if let Extent::Row(_) = tail.output(size)? {
            return Ok(made);
        }
        let mean = format!("{prefix}mean");
        builder.node("GlobalAveragePool", &[&made], &mean);
        Ok(mean)
    }

    /// `embedding`, `local` and `cells` -> the joint embeddings after each look, [N, T + 1, D'].
    ///
    /// Each slot has a matrix of its own, and a joint embedding is the sum of the slots so far, as a
    /// product with a triangle of ones: what zeros behind them would give.
    fn fuse(&self, builder: &mut ModelBuilder) -> &'static str {
        let design = &self.card.design;
        let (steps, width) = (design.looks + 1, design.embedding);
        reshape(builder, ["cells", "cells.one"], &[Some(0), Some(design.looks), Some(1)]);
        builder.node("GatherND", &["local", "cells.one"], "looks").int("batch_dims", 1);
        reshape(builder, ["embedding", "embedding.one"], &[None, Some(1), Some(width)]);
        builder.node("Concat", &["embedding.one", "looks"], "slots").int("axis", 1);
        builder.node("Transpose", &["slots"], "slots.first").ints("perm", &[1, 0, 2]);

        let fuse = self.subnets.network.fuse;
        let layer = Dense { weight: fuse.weight, bias: Some(fuse.bias) };
        let (weight, bias) = self.weights(builder, layer);
        let matrices = [Some(design.fused), Some(steps), Some(width)];
        reshape(builder, [weight, "fcj1.slots"], &matrices);
        builder.node("Transpose", &["fcj1.slots"], "fcj1.matrices").ints("perm", &[1, 2, 0]);
        builder.node("MatMul", &["slots.first", "fcj1.matrices"], "parts.first");
        builder.node("Transpose", &["parts.first"], "parts").ints("perm", &[1, 0, 2]);
        let ones = (0..steps * steps).map(|at| f32::from(u8::from(at % steps <= at / steps)));
        builder.weight("so_far", &[steps, steps], &ones.collect::<Vec<_>>());
        builder.node("MatMul", &["so_far", "parts"], "sums");
        let inputs: Vec<&str> = std::iter::once("sums").chain(bias).collect();
        builder.node("Add", &inputs, "fused");
        match self.subnets.network.activation {
            Activation::None => "fused",
            Activation::Relu => {
                builder.node("Relu", &["fused"], "fused.relu");
                "fused.relu"
            }
        }
    }

    /// A predictor on the last axis of [N, D], or of [N, rows, D].
    fn predict(
        &self,
        builder: &mut ModelBuilder,
        layer: Dense,
        [input, output]: [&str; 2],
        rows: Option<usize>,
    ) {
        let (weight, bias) = self.weights(builder, layer);
        let width = self.value(layer.weight).shape()[1];
        let [flat, attributes] = [".rows", ".attributes"].map(|end| format!("{input}{end}"));
        let [from, to] = if rows.is_some() { [&*flat, &*attributes] } else { [input, output] };
        if rows.is_some() {
            reshape(builder, [input, from], &[None, Some(width)]);
        }
        let inputs: Vec<&str> = [from, weight].into_iter().chain(bias).collect();
        builder.node("Gemm", &inputs, to).int("transB", 1);
        if rows.is_some() {
            reshape(builder, [to, output], &[None, rows, Some(self.card.design.attributes)]);
        }
    }

    /// Writes the weights of a layer; gives their names.
    fn weights(&self, builder: &mut ModelBuilder, layer: Dense) -> (&str, Option<&str>) {
        let mut write = |id: ParameterId| {
            let (name, value) = (&self.parameters.get(id).name, self.value(id));
            match value.shape() {
                [_, _, _, _] => {
                    let filters = filters_to_file(value);
                    builder.weight(name, filters.shape(), filters.values());
                }
                shape => builder.weight(name, shape, value.values()),
            }
            name.as_str()
        };
        (write(layer.weight), layer.bias.map(write))
    }

    fn value(&self, id: ParameterId) -> &Tensor {
        self.parameters.get(id).value()
    }
}

/// Adds a `Reshape`: `None` is the open axis, and 0 keeps that of its place.
fn reshape(builder: &mut ModelBuilder, [input, output]: [&str; 2], shape: &[Option<usize>]) {
    let length = |axis: &Option<usize>| axis.map_or(-1, |axis| i64::try_from(axis).unwrap_or(-1));
    let target = format!("{output}.shape");
    builder.integers(&target, &shape.iter().map(length).collect::<Vec<_>>());
    builder.node("Reshape", &[input, &target], output);
}
