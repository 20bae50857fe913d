//! The weights of a tail, as its nodes are read.

use super::super::OnnxError;
use super::super::attributes::{Attributes, floats, shape};
use super::super::parsed::{Constants, constant};
use super::super::proto::NodeProto;
use super::layer::{Constant, Rank, WeightAt};
use super::weight::{Layout, Role, Weight};

/// The weights that nodes have read so far.
pub(super) struct Weights<'a> {
    pub(super) constants: Constants<'a>,
    pub(super) all: Vec<Weight>,
}

impl<'a> Weights<'a> {
    pub(super) fn new(constants: Constants<'a>) -> Self {
        Self { constants, all: Vec::new() }
    }

    /// The weight that a node reads, which another one may have read before.
    pub(super) fn read(
        &mut self,
        node: &NodeProto,
        input: usize,
        role: Role,
        layout: Layout,
    ) -> Result<WeightAt, OnnxError> {
        let tensor = constant(&Attributes(node), &self.constants, input)?;
        let shape = floats(tensor)?.shape().to_vec();
        let axes = match layout {
            Layout::Vector => None,
            Layout::Matrix | Layout::Transposed => Some(2),
            Layout::Filters => Some(4),
        };
        let source = node.input[input].clone();
        let is_vector = shape.iter().filter(|length| **length != 1).count() < 2;
        if axes.map_or(!is_vector, |axes| axes != shape.len()) || shape.contains(&0) {
            let axes = axes.map_or("a vector".to_owned(), |axes| format!("{axes} axes"));
            let reason = format!("`{source}` is {shape:?}; expected {axes}");
            return Err(Attributes(node).error(reason));
        }
        let place = (node.output.first().cloned().unwrap_or_default(), input);
        let is_same =
            |other: &Weight| (&other.source, other.role, other.layout) == (&source, role, layout);
        if let Some(at) = self.all.iter().position(is_same) {
            self.all[at].places.push(place);
            return Ok(at);
        }
        let mut name = source.clone();
        while self.all.iter().any(|other| other.name == name) {
            name += role.suffix();
        }
        self.all.push(Weight { name, source, role, layout, shape, places: vec![place] });
        Ok(self.all.len() - 1)
    }

    /// The third input, if there is one: a number for each of `outputs` channels.
    pub(super) fn bias(
        &mut self,
        node: &NodeProto,
        outputs: usize,
    ) -> Result<Option<WeightAt>, OnnxError> {
        if node.input.get(2).is_none_or(String::is_empty) {
            return Ok(None);
        }
        let bias = self.read(node, 2, Role::Learnt, Layout::Vector)?;
        self.has_outputs(node, bias, outputs)?;
        Ok(Some(bias))
    }

    pub(super) fn has_outputs(
        &self,
        node: &NodeProto,
        at: WeightAt,
        count: usize,
    ) -> Result<(), OnnxError> {
        let weight = &self.all[at];
        if weight.outputs() == count {
            return Ok(());
        }
        let reason = format!("`{}` is {:?}; expected {count} values", weight.source, weight.shape);
        Err(Attributes(node).error(reason))
    }

    /// A constant that is one number, or one a channel.
    pub(super) fn operand(
        &mut self,
        node: &NodeProto,
        input: usize,
        rank: Rank,
    ) -> Result<Constant, OnnxError> {
        let tensor = constant(&Attributes(node), &self.constants, input)?;
        let shape = shape(tensor)?;
        let is_small = shape.len() <= rank.axes();
        if is_small && shape.iter().all(|length| *length == 1) {
            return Ok(Constant::Number(f64::from(floats(tensor)?.values()[0])));
        }
        // Aligned at the last axis, channels are the third from the end of maps.
        let behind = rank.axes() - 2;
        let rest = shape.iter().rev().enumerate();
        let is_one_a_channel = rest.filter(|(at, _)| *at != behind).all(|(_, length)| *length == 1);
        if !is_small || !is_one_a_channel {
            let name = &node.input[input];
            let reason = format!("`{name}` is {shape:?}; expected one number, or one a channel");
            return Err(Attributes(node).error(reason));
        }
        Ok(Constant::Channels(self.read(node, input, Role::Learnt, Layout::Vector)?))
    }
}
