//! A cut graph on this crate's own kernels.
//!
//! The nodes become steps over numbered slots. A normalisation that is the only reader of a
//! convolution is folded into its filters, and a ReLU that is the only reader of either becomes
//! part of it. A slot is emptied after its last reader, so memory is that of the widest point of
//! the network, and a step that may change its operand in place does.

use std::collections::{BTreeMap, BTreeSet};

use crate::nn::{Activation, Tensor};

use super::attributes::{Attributes, floats};
use super::graph::{is_constant, label};
use super::operation::{Operand, Operation};
use super::parsed::Constants;
use super::proto::NodeProto;
use super::{Graph, OnnxError};

/// A network ready to run. It is never changed, so threads share one.
#[derive(Debug)]
pub struct Network {
    steps: Vec<Step>,
    constants: Vec<Tensor>,
    slots: usize,
    input: usize,
    outputs: Vec<usize>,
}

#[derive(Debug)]
struct Step {
    /// For messages.
    node: NodeName,
    operation: Operation,
    reads: Vec<Source>,
    writes: usize,
    /// The slots that nobody reads afterwards.
    frees: Vec<usize>,
}

#[derive(Clone, Debug)]
struct NodeName {
    node: String,
    operator: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Source {
    Slot(usize),
    Constant(usize),
}

/// What a thread keeps between runs.
#[derive(Default, Debug)]
pub struct Workspace {
    columns: Vec<f32>,
}

impl Network {
    /// Takes a graph whose operators are all among [`SUPPORTED`](super::SUPPORTED).
    ///
    /// # Errors
    /// [`OnnxError::Unsupported`] or [`OnnxError::Node`] that names the node.
    pub fn new(graph: &Graph) -> Result<Self, OnnxError> {
        let mut compiler = Compiler::new(graph)?;
        for node in graph.nodes() {
            if !is_constant(node, &compiler.constants) {
                compiler.add(node)?;
            }
        }
        compiler.finish(graph)
    }

    /// Runs a batch of images [N, C, H, W]; gives one tensor an output, in order.
    ///
    /// # Errors
    /// [`OnnxError::Node`] if shapes do not fit.
    pub fn run(&self, images: Tensor, work: &mut Workspace) -> Result<Vec<Tensor>, OnnxError> {
        let mut slots: Vec<Option<Tensor>> = Vec::new();
        slots.resize_with(self.slots, || None);
        slots[self.input] = Some(images);
        for step in &self.steps {
            let output = self.run_step(step, &mut slots, work)?;
            for &slot in &step.frees {
                slots[slot] = None;
            }
            slots[step.writes] = Some(output);
        }
        Ok(self.outputs.iter().map(|slot| kept(&slots, *slot).clone()).collect())
    }

    fn run_step(
        &self,
        step: &Step,
        slots: &mut [Option<Tensor>],
        work: &mut Workspace,
    ) -> Result<Tensor, OnnxError> {
        // A slot that dies here is handed over, so that it can be changed in place.
        let mut owned: BTreeMap<usize, Tensor> = BTreeMap::new();
        if let [Source::Slot(slot)] = step.reads.as_slice()
            && step.frees.contains(slot)
        {
            owned.extend(slots[*slot].take().map(|tensor| (*slot, tensor)));
        }
        let slots: &[Option<Tensor>] = slots;
        let operand = |source: &Source| match *source {
            Source::Constant(index) => Operand::Shared(&self.constants[index]),
            Source::Slot(slot) => match owned.remove(&slot) {
                Some(tensor) => Operand::Owned(tensor),
                None => Operand::Shared(kept(slots, slot)),
            },
        };
        let operands = step.reads.iter().map(operand).collect();
        step.operation.run(operands, &mut work.columns).map_err(|error| OnnxError::Node {
            node: step.node.node.clone(),
            operator: step.node.operator.clone(),
            reason: error.to_string(),
        })
    }
}

fn kept(slots: &[Option<Tensor>], slot: usize) -> &Tensor {
    slots[slot].as_ref().expect("a slot is written before it is read, and freed after")
}

/// Turns nodes into steps, one after another.
struct Compiler<'a> {
    constants: Constants<'a>,
    shared: Vec<Tensor>,
    sources: BTreeMap<&'a str, Source>,
    /// How many nodes read a tensor; an output counts as read by two.
    readers: BTreeMap<&'a str, usize>,
    steps: Vec<Step>,
    slots: usize,
}

impl<'a> Compiler<'a> {
    fn new(graph: &'a Graph) -> Result<Self, OnnxError> {
        let constants = graph.constants();
        let readers = graph.readers();
        let input = graph.image_input()?.name.as_str();
        let sources = BTreeMap::from([(input, Source::Slot(0))]);
        let (shared, steps) = (Vec::new(), Vec::new());
        Ok(Self { constants, shared, sources, readers, steps, slots: 1 })
    }

    fn add(&mut self, node: &'a NodeProto) -> Result<(), OnnxError> {
        let (operation, inputs) = Operation::of(node, &self.constants)?;
        let output = node.output.first().map_or("", String::as_str);
        Attributes(node).check_outputs(&self.readers)?;
        let mut reads = Vec::with_capacity(inputs.len());
        for name in inputs.iter().filter(|name| !name.is_empty()) {
            reads.push(self.source(name)?);
        }
        let Some(operation) = self.absorb(operation, &inputs, &reads, node)? else {
            self.sources.insert(output, reads[0]);
            return Ok(());
        };
        let name = NodeName { node: label(node).to_owned(), operator: node.op_type.clone() };
        let writes = self.slots;
        self.slots += 1;
        self.sources.insert(output, Source::Slot(writes));
        self.steps.push(Step { node: name, operation, reads, writes, frees: Vec::new() });
        Ok(())
    }

    /// Lets the step before take an operation in; gives it back if it cannot.
    fn absorb(
        &mut self,
        operation: Operation,
        inputs: &[&str],
        reads: &[Source],
        node: &NodeProto,
    ) -> Result<Option<Operation>, OnnxError> {
        let is_only_reader = inputs.first().is_some_and(|name| self.readers.get(name) == Some(&1));
        let maker = self
            .steps
            .iter_mut()
            .rev()
            .find(|step| reads.first() == Some(&Source::Slot(step.writes)) && is_only_reader);
        match (maker.map(|step| &mut step.operation), operation) {
            (Some(Operation::Conv(conv)), Operation::Affine(affine)) if !conv.is_activated() => {
                conv.fold(&affine).map_err(|error| Attributes(node).error(error.to_string()))?;
                Ok(None)
            }
            (Some(Operation::Conv(conv)), Operation::Relu) => {
                conv.activate(Activation::Relu);
                Ok(None)
            }
            (Some(Operation::Affine(affine)), Operation::Relu) => {
                affine.activate(Activation::Relu);
                Ok(None)
            }
            (_, operation) => Ok(Some(operation)),
        }
    }

    fn source(&mut self, name: &'a str) -> Result<Source, OnnxError> {
        if let Some(source) = self.sources.get(name) {
            return Ok(*source);
        }
        let constant = self
            .constants
            .get(name)
            .ok_or_else(|| OnnxError::Damaged { reason: format!("nothing makes `{name}`") })?;
        self.shared.push(floats(constant)?);
        let source = Source::Constant(self.shared.len() - 1);
        self.sources.insert(name, source);
        Ok(source)
    }

    fn finish(mut self, graph: &'a Graph) -> Result<Network, OnnxError> {
        let mut outputs = Vec::new();
        for name in graph.outputs() {
            match self.sources.get(name) {
                Some(Source::Slot(slot)) => outputs.push(*slot),
                _ => {
                    let reason = format!("the output `{name}` is a constant");
                    return Err(OnnxError::Damaged { reason });
                }
            }
        }
        let mut alive: BTreeSet<usize> = outputs.iter().copied().collect();
        for step in self.steps.iter_mut().rev() {
            for source in &step.reads {
                if let Source::Slot(slot) = source
                    && alive.insert(*slot)
                {
                    step.frees.push(*slot);
                }
            }
        }
        let (steps, constants) = (self.steps, self.shared);
        Ok(Network { steps, constants, slots: self.slots, input: 0, outputs })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::{ModelBuilder, NodeBuilder, Offer};

    fn run(graph: &Graph, outputs: &[&str], images: &Tensor) -> Vec<Tensor> {
        let network = Network::new(&graph.cut(outputs).unwrap()).unwrap();
        network.run(images.clone(), &mut Workspace::default()).unwrap()
    }

    /// A convolution, a normalisation and a ReLU in a row, then a join with what came before.
    fn block() -> Graph {
        let mut builder = ModelBuilder::new("input", &[2, 3, 3]);
        builder.weight("w", &[2, 2, 1, 1], &[1.0, -2.0, 0.5, 3.0]);
        builder.node("Conv", &["input", "w"], "conv");
        let names = ["gamma", "beta", "mean", "variance"];
        for (name, values) in names.iter().zip([[2.0, 1.0], [0.5, -1.0], [1.0, 0.0], [3.0, 1.0]]) {
            builder.weight(name, &[2], &values);
        }
        let inputs = ["conv", "gamma", "beta", "mean", "variance"];
        builder.node("BatchNormalization", &inputs, "bn").float("epsilon", 1.0);
        builder.node("Relu", &["bn"], "relu");
        builder.node("Concat", &["relu", "input"], "join").int("axis", -3);
        builder.node("GlobalAveragePool", &["join"], "pooled");
        builder.node("Flatten", &["pooled"], "flat");
        builder.finish(&["flat"]).unwrap()
    }

    fn images() -> Tensor {
        let values = (0_u8..36).map(|value| f32::from(value) / 8.0 - 1.0).collect();
        Tensor::new(vec![2, 2, 3, 3], values)
    }

    #[test]
    fn folding_changes_nothing_that_can_be_seen() {
        let graph = block();
        // Asked for one by one, nothing can be folded past the tensor asked for.
        let all = run(&graph, &["conv", "bn", "relu", "flat"], &images());
        for (name, expected) in ["conv", "bn", "relu", "flat"].iter().zip(&all) {
            let alone = &run(&graph, &[name], &images())[0];
            assert_eq!(alone.shape(), expected.shape());
            let pairs = alone.values().iter().zip(expected.values());
            assert!(pairs.clone().all(|(a, b)| (a - b).abs() < 1e-5), "{name}");
        }
        let network = Network::new(&graph).unwrap();
        assert_eq!(network.steps.len(), 4, "the normalisation and the ReLU are in the convolution");
        assert_eq!(all[3].shape(), [2, 4]);
        // Pixel 0 of image 0: channels -1 and 1/8; conv -1 - 2/8 = -1.25;
        // bn 2 (-1.25 - 1) / sqrt(3 + 1) + 0.5 = -1.75; relu 0.
        assert_eq!(
            [all[0].values()[0], all[1].values()[0], all[2].values()[0]],
            [-1.25, -1.75, 0.0]
        );
    }

    #[test]
    fn one_tensor_can_be_two_outputs() {
        let found = run(&block(), &["relu", "relu"], &images());
        assert_eq!(found[0], found[1]);
    }

    #[test]
    fn an_operator_without_a_kernel_is_named_with_its_node() {
        let mut builder = ModelBuilder::new("input", &[1, 2, 2]);
        builder.node("Softmax", &["input"], "odds");
        let error = Network::new(&builder.finish(&["odds"]).unwrap()).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("node `odds` is a `Softmax`"), "{text}");
        assert!(text.contains("GlobalAveragePool"), "{text}");
    }

    #[test]
    fn attributes_that_do_not_fit_are_named() {
        let refused = |attribute: &dyn Fn(&mut NodeBuilder<'_>)| {
            let mut builder = ModelBuilder::new("input", &[1, 4, 4]);
            attribute(&mut builder.node("MaxPool", &["input"], "pool"));
            Network::new(&builder.finish(&["pool"]).unwrap()).unwrap_err().to_string()
        };
        let missing = refused(&|_| {});
        assert_eq!(missing, "node `pool` (MaxPool): `kernel_shape` is missing");
        let one = refused(&|node| {
            node.ints("kernel_shape", &[3]);
        });
        assert!(one.ends_with("`kernel_shape` is [3]; expected 2 counts"), "{one}");
    }

    #[test]
    fn weights_that_an_identity_hands_on_are_weights() {
        let mut builder = ModelBuilder::new("input", &[1, 1, 2]);
        builder.weight("one", &[1], &[1.0]);
        builder.weight("two", &[1], &[2.0]);
        builder.node("Identity", &["one"], "scale");
        builder.node("Identity", &["scale"], "variance");
        let inputs = ["input", "scale", "two", "one", "variance"];
        builder.node("BatchNormalization", &inputs, "out").float("epsilon", 0.0);
        let graph = builder.finish(&["out"]).unwrap();
        let images = Tensor::new(vec![1, 1, 1, 2], vec![1.0, 4.0]);
        // (x - 1) / 1 + 2.
        assert_eq!(run(&graph, &["out"], &images)[0].values(), [2.0, 5.0]);
        let offers = graph.offers();
        assert_eq!((offers.len(), offers[0].is_embedded), (1, true));
    }

    #[test]
    fn a_mean_over_places_is_a_pooling() {
        let mut builder = ModelBuilder::new("input", &[2, 1, 2]);
        builder.integers("axes", &[-1, -2]);
        builder.node("ReduceMean", &["input", "axes"], "map");
        builder.node("ReduceMean", &["input", "axes"], "row").int("keepdims", 0);
        let graph = builder.finish(&["map", "row"]).unwrap();
        let images = Tensor::new(vec![1, 2, 1, 2], vec![1.0, 2.0, 3.0, 4.0]);
        let found = run(&graph, &["map", "row"], &images);
        assert_eq!(found[0], Tensor::new(vec![1, 2, 1, 1], vec![1.5, 3.5]));
        assert_eq!(found[1], Tensor::new(vec![1, 2], vec![1.5, 3.5]));
        let shapes: Vec<String> = graph.offers().iter().map(Offer::type_text).collect();
        assert_eq!(shapes, ["float32 [N, 2, 1, 1]", "float32 [N, 2]"]);
    }

    #[test]
    fn constants_and_reshapes_are_understood() {
        let mut builder = ModelBuilder::new("input", &[2, 1, 2]);
        builder.integers("shape", &[0, -1]);
        builder.node("Reshape", &["input", "shape"], "flat");
        builder.weight("w", &[3, 4], &[1.0; 12]);
        builder.weight("b", &[3], &[0.0, 1.0, 2.0]);
        builder.node("Gemm", &["flat", "w", "b"], "out").int("transB", 1);
        let images = Tensor::new(vec![1, 2, 1, 2], vec![1.0, 2.0, 3.0, 4.0]);
        let found = run(&builder.finish(&["out"]).unwrap(), &["out"], &images);
        assert_eq!(found[0], Tensor::new(vec![1, 3], vec![10.0, 11.0, 12.0]));
    }
}
