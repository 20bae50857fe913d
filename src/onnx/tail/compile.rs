//! From nodes to the program of a tail.

use std::collections::BTreeMap;

use crate::nn::{Activation, BinaryOperator, Linear, Window};

use super::super::attributes::Attributes;
use super::super::graph::{Readers, is_constant};
use super::super::parsed::{Parsed, from_end};
use super::super::proto::NodeProto;
use super::super::{Graph, OnnxError, PartError};
use super::Tail;
use super::layer::{Layer, Normalisation, Rank, Side, Step};
use super::weight::{Layout, Role};
use super::weights::Weights;

/// Turns the graph of a part into a program.
pub(super) fn compile(from: &str, to: &str, graph: Graph) -> Result<Tail, OnnxError> {
    let mut compiler = Compiler {
        readers: graph.readers(),
        values: BTreeMap::from([(from, Value { at: 0, rank: Rank::Maps })]),
        steps: Vec::new(),
        weights: Weights::new(graph.constants()),
    };
    for node in graph.nodes() {
        if is_constant(node, &compiler.weights.constants) {
            continue;
        }
        compiler.add(node).map_err(|error| match error {
            OnnxError::Unsupported { node: name, operator } => {
                let (end, begin) = taps_beside(&graph, node, to);
                PartError::Untrainable { node: name, operator, end, begin }.into()
            }
            error => error,
        })?;
    }
    let output = compiler.value(to)?.at;
    let (steps, weights) = (compiler.steps, compiler.weights.all);
    Ok(Tail { from: from.to_owned(), graph, steps, output, weights })
}

/// The last tensor before a node that a part can end at, and the first behind it that one can begin
/// at.
fn taps_beside(graph: &Graph, node: &NodeProto, to: &str) -> (Option<String>, Option<String>) {
    let mut order = graph.nodes().iter().flat_map(|node| &node.output);
    let output = node.output.first();
    let before: Vec<&String> = order.by_ref().take_while(|name| Some(*name) != output).collect();
    let taps = graph.taps(to).unwrap_or_default();
    let end = taps.iter().rfind(|tap| before.contains(tap)).cloned();
    let behind = |tap: &&String| Some(*tap) == output || order.clone().any(|name| name == *tap);
    (end, taps.iter().find(behind).cloned())
}

/// A value of the program.
#[derive(Clone, Copy)]
struct Value {
    at: usize,
    rank: Rank,
}

struct Compiler<'a> {
    readers: Readers<'a>,
    values: BTreeMap<&'a str, Value>,
    steps: Vec<Step>,
    weights: Weights<'a>,
}

impl<'a> Compiler<'a> {
    fn add(&mut self, node: &'a NodeProto) -> Result<(), OnnxError> {
        Attributes(node).check_outputs(&self.readers)?;
        let parsed = Parsed::of(node, &self.weights.constants)?;
        let output = node.output.first().map_or("", String::as_str);
        let first = match &parsed {
            Parsed::Binary(operator) => {
                let made = self.binary(node, *operator)?;
                self.values.insert(output, made);
                return Ok(());
            }
            _ => self.input(node, 0)?,
        };
        let made = match parsed {
            Parsed::Identity => first,
            Parsed::Relu => self.relu(node, first),
            Parsed::Conv { window, groups } => {
                let layer = self.conv(node, first, window, groups)?;
                self.push(node, layer, vec![first.at], Rank::Maps)
            }
            Parsed::BatchNorm { epsilon, momentum } => {
                let layer = self.batch_norm(node, [epsilon, momentum])?;
                self.push(node, Layer::BatchNorm(layer), vec![first.at], first.rank)
            }
            Parsed::Concat { axis } => self.concat(node, axis)?,
            Parsed::MaxPool(layer) => self.on_maps(node, Layer::MaxPool(layer.0), first)?,
            Parsed::AveragePool(layer) => self.on_maps(node, Layer::AveragePool(layer), first)?,
            Parsed::Mean { keeps_axes } => self.mean(node, first, keeps_axes)?,
            Parsed::Linear(linear) => {
                let layer = self.linear(node, first, &linear)?;
                self.push(node, layer, vec![first.at], Rank::Rows)
            }
            Parsed::Flatten { axis } => self.flatten(node, first, axis)?,
            Parsed::Reshape { shape } => self.reshape(node, first, &shape)?,
            Parsed::Binary(_) => unreachable!("it was added above"),
        };
        self.values.insert(output, made);
        Ok(())
    }

    fn push(&mut self, node: &NodeProto, layer: Layer, reads: Vec<usize>, rank: Rank) -> Value {
        self.steps.push(Step::new(node, layer, reads));
        Value { at: self.steps.len(), rank }
    }

    fn value(&self, name: &str) -> Result<Value, OnnxError> {
        let missing = || OnnxError::Damaged { reason: format!("nothing makes `{name}`") };
        self.values.get(name).copied().ok_or_else(missing)
    }

    /// An input that is no constant.
    fn input(&self, node: &NodeProto, at: usize) -> Result<Value, OnnxError> {
        let name = node.input.get(at).map_or("", String::as_str);
        if self.weights.constants.contains_key(name) {
            return Err(Attributes(node).error(format!("input {at} (`{name}`) is a constant")));
        }
        self.value(name)
    }

    /// A ReLU becomes part of a normalisation that nobody else reads.
    fn relu(&mut self, node: &NodeProto, first: Value) -> Value {
        let names = self.values.values().filter(|value| value.at == first.at).count();
        let is_only_reader = names == 1 && self.readers.get(node.input[0].as_str()) == Some(&1);
        let maker = first.at.checked_sub(1).and_then(|at| self.steps.get_mut(at));
        match maker.map(|step| &mut step.layer) {
            Some(Layer::BatchNorm(layer)) if is_only_reader => {
                layer.activation = Activation::Relu;
                first
            }
            _ => self.push(node, Layer::Relu, vec![first.at], first.rank),
        }
    }

    fn on_maps(&mut self, node: &NodeProto, layer: Layer, x: Value) -> Result<Value, OnnxError> {
        is_maps(node, x)?;
        Ok(self.push(node, layer, vec![x.at], Rank::Maps))
    }

    fn mean(&mut self, node: &NodeProto, x: Value, keeps_axes: bool) -> Result<Value, OnnxError> {
        let means = self.on_maps(node, Layer::GlobalAveragePool, x)?;
        if keeps_axes {
            return Ok(means);
        }
        let layer = Layer::Rename { to: Rank::Rows, width: None };
        Ok(self.push(node, layer, vec![means.at], Rank::Rows))
    }

    fn conv(
        &mut self,
        node: &NodeProto,
        x: Value,
        window: Window,
        groups: usize,
    ) -> Result<Layer, OnnxError> {
        is_maps(node, x)?;
        let weight = self.weights.read(node, 1, Role::Learnt, Layout::Filters)?;
        let shape = self.weights.all[weight].shape.clone();
        if shape[2..] != window.kernel {
            let kernel = window.kernel;
            let reason = format!("filters of {}x{} in a window of {kernel:?}", shape[2], shape[3]);
            return Err(Attributes(node).error(reason));
        }
        if groups == 0 || !shape[0].is_multiple_of(groups) {
            let reason = format!("{} filters do not form {groups} groups", shape[0]);
            return Err(Attributes(node).error(reason));
        }
        let bias = self.weights.bias(node, shape[0])?;
        Ok(Layer::Conv { window, groups, weight, bias })
    }

    fn batch_norm(
        &mut self,
        node: &NodeProto,
        [epsilon, momentum]: [f32; 2],
    ) -> Result<Normalisation, OnnxError> {
        let roles = [Role::Learnt, Role::Learnt, Role::Mean, Role::Variance];
        let mut found = [0; 4];
        for ((input, role), found) in (1..).zip(roles).zip(&mut found) {
            *found = self.weights.read(node, input, role, Layout::Vector)?;
        }
        let [weight, bias, mean, variance] = found;
        for at in found {
            self.weights.has_outputs(node, at, self.weights.all[weight].outputs())?;
        }
        Ok(Normalisation {
            weight,
            bias,
            mean,
            variance,
            epsilon: f64::from(epsilon),
            // The file has the share that stays.
            momentum: f64::from(1.0 - momentum),
            activation: Activation::None,
        })
    }

    fn binary(&mut self, node: &NodeProto, operator: BinaryOperator) -> Result<Value, OnnxError> {
        let is_constant = |at: usize| {
            node.input
                .get(at)
                .is_some_and(|name| self.weights.constants.contains_key(name.as_str()))
        };
        let (side, x) = match [is_constant(0), is_constant(1)] {
            [false, false] => {
                let [left, right] = [self.input(node, 0)?, self.input(node, 1)?];
                if left.rank != right.rank {
                    return Err(Attributes(node).error("it combines maps and rows"));
                }
                let reads = vec![left.at, right.at];
                return Ok(self.push(node, Layer::Binary(operator), reads, left.rank));
            }
            [false, true] => (Side::Right, self.input(node, 0)?),
            _ => (Side::Left, self.input(node, 1)?),
        };
        let constant = self.weights.operand(node, usize::from(side == Side::Right), x.rank)?;
        let layer = Layer::Constant { operator, constant, side };
        Ok(self.push(node, layer, vec![x.at], x.rank))
    }

    fn concat(&mut self, node: &NodeProto, axis: i64) -> Result<Value, OnnxError> {
        let inputs = (0..node.input.len()).map(|at| self.input(node, at));
        let inputs = inputs.collect::<Result<Vec<Value>, _>>()?;
        let rank = inputs[0].rank;
        if inputs.iter().any(|input| input.rank != rank) {
            return Err(Attributes(node).error("it joins maps and rows"));
        }
        if from_end(axis, rank.axes()).ok() != Some(1) {
            return Err(Attributes(node).error(format!("`axis` is {axis}; expected 1, channels")));
        }
        let reads = inputs.iter().map(|input| input.at).collect();
        Ok(self.push(node, Layer::Concat, reads, rank))
    }

    fn linear(&mut self, node: &NodeProto, x: Value, linear: &Linear) -> Result<Layer, OnnxError> {
        if x.rank != Rank::Rows {
            return Err(Attributes(node).error("it reads maps; expected rows"));
        }
        let [is_turned, is_matrix] = linear.transposed;
        if is_turned {
            return Err(Attributes(node).error("`transA` is set; expected rows as they are"));
        }
        let layout = if is_matrix { Layout::Matrix } else { Layout::Transposed };
        let weight = self.weights.read(node, 1, Role::Learnt, layout)?;
        let bias = self.weights.bias(node, self.weights.all[weight].outputs())?;
        Ok(Layer::Linear { alpha: linear.alpha, beta: linear.beta, weight, bias })
    }

    fn flatten(&mut self, node: &NodeProto, x: Value, axis: i64) -> Result<Value, OnnxError> {
        if from_end(axis, x.rank.axes()).ok() != Some(1) {
            return Err(Attributes(node).error(format!("`axis` is {axis}; expected 1")));
        }
        let layer = Layer::Rename { to: Rank::Rows, width: None };
        Ok(self.push(node, layer, vec![x.at], Rank::Rows))
    }

    /// [N, D] or [N, D, 1, 1], where N is open.
    fn reshape(&mut self, node: &NodeProto, x: Value, target: &[i64]) -> Result<Value, OnnxError> {
        let (to, width) = match *target {
            [0 | -1, width] => (Rank::Rows, width),
            [0 | -1, width, 1, 1] => (Rank::Maps, width),
            _ => {
                let reason = format!("its shape is {target:?}; expected [0, -1] or [0, -1, 1, 1]");
                return Err(Attributes(node).error(reason));
            }
        };
        let width = usize::try_from(width).ok().filter(|width| *width > 0);
        let layer = Layer::Rename { to, width };
        Ok(self.push(node, layer, vec![x.at], to))
    }
}

fn is_maps(node: &NodeProto, x: Value) -> Result<(), OnnxError> {
    if x.rank == Rank::Maps {
        return Ok(());
    }
    Err(Attributes(node).error("it reads rows; expected maps"))
}
