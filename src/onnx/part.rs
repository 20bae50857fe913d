//! The part of a network between two tensors.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::{is_constant, label, needed};
use super::proto::{
    Dimension, DimensionProto, GraphProto, NodeProto, TensorShapeProto, TensorTypeProto, TypeProto,
    ValueInfoProto, element,
};
use super::shapes::{Axis, axes_text, declared};
use super::{Graph, OnnxError, PartError};

impl Graph {
    /// The tensors that everything on the way to `to` goes through, in the order in which they are
    /// made: a part that ends at `to` can begin at each of them, and at no other.
    ///
    /// # Errors
    /// [`OnnxError::UnknownTensor`].
    pub fn taps(&self, to: &str) -> Result<Vec<String>, OnnxError> {
        let way = self.way_to(to)?;
        let reads = |(at, node): (usize, &&'_ NodeProto)| {
            node.input.iter().map(move |name| (name.clone(), at)).collect::<Vec<_>>()
        };
        let last_read: BTreeMap<String, usize> = way.iter().enumerate().flat_map(reads).collect();
        let inputs = self.inputs();
        let inputs = inputs.iter().map(|info| info.name.as_str());
        let mut alive: BTreeSet<&str> =
            inputs.filter(|name| last_read.contains_key(*name)).collect();
        let mut taps: Vec<String> = Vec::new();
        let mut note = |alive: &BTreeSet<&str>| {
            if let (Some(&tap), 1) = (alive.first(), alive.len())
                && tap != to
                && taps.last().is_none_or(|last| last != tap)
            {
                taps.push(tap.to_owned());
            }
        };
        note(&alive);
        for (at, node) in way.iter().enumerate() {
            alive.extend(node.output.iter().map(String::as_str));
            // Nodes stand in order, so what is read at all is read behind its maker.
            alive.retain(|name| *name == to || last_read.get(*name).is_some_and(|last| *last > at));
            note(&alive);
        }
        Ok(taps)
    }

    /// The network that computes `to` from maps `from`, [N, C, H, W] of any height and width.
    ///
    /// # Errors
    /// [`OnnxError::UnknownTensor`], [`PartError::Apart`], [`PartError::SideInput`] or
    /// [`PartError::NoMaps`].
    pub fn part(&self, from: &str, to: &str) -> Result<Self, OnnxError> {
        let is_input = self.inputs().iter().any(|info| info.name == from);
        if !is_input && !self.tensors().contains(&from) {
            return Err(self.unknown(from));
        }
        let constants = self.constants();
        let mut made = BTreeSet::from([from]);
        let mut inside: Vec<&NodeProto> = Vec::new();
        for node in self.way_to(to)? {
            if node.input.iter().any(|name| made.contains(name.as_str())) {
                made.extend(node.output.iter().map(String::as_str));
                inside.push(node);
            }
        }
        if from == to || !made.contains(to) {
            let instead = self.taps(to)?;
            let (from, to) = (from.to_owned(), to.to_owned());
            return Err(PartError::Apart { from, to, instead }.into());
        }
        for node in &inside {
            let is_there = |name: &&String| {
                name.is_empty()
                    || made.contains(name.as_str())
                    || constants.contains_key(name.as_str())
            };
            if let Some(other) = node.input.iter().find(|name| !is_there(name)) {
                return Err(PartError::SideInput {
                    from: from.to_owned(),
                    node: label(node).to_owned(),
                    operator: node.op_type.clone(),
                    other: other.clone(),
                    instead: self.taps_beside(from, to)?,
                }
                .into());
            }
        }
        let is_kept = |node: &&NodeProto| {
            is_constant(node, &constants) || inside.iter().any(|other| std::ptr::eq(*other, *node))
        };
        let source = self.proto();
        let weights = source.input.iter().filter(|info| constants.contains_key(info.name.as_str()));
        let graph = GraphProto {
            node: source.node.iter().filter(is_kept).cloned().collect(),
            name: source.name.clone(),
            initializer: source.initializer.clone(),
            input: std::iter::once(self.maps(from)?).chain(weights.cloned()).collect(),
            ..GraphProto::default()
        };
        self.with(graph).cut(&[to])
    }

    /// The last tap before a tensor and the first behind it.
    fn taps_beside(&self, from: &str, to: &str) -> Result<Vec<String>, OnnxError> {
        let order = self.tensors();
        let place = |name: &str| order.iter().position(|other| *other == name);
        let (before, behind): (Vec<_>, Vec<_>) =
            self.taps(to)?.into_iter().partition(|tap| place(tap) < place(from));
        Ok(before.into_iter().last().into_iter().chain(behind.into_iter().next()).collect())
    }

    /// The nodes that `to` needs, without those that make constants.
    fn way_to(&self, to: &str) -> Result<Vec<&NodeProto>, OnnxError> {
        if !self.tensors().contains(&to) {
            return Err(self.unknown(to));
        }
        let constants = self.constants();
        let nodes = needed(self.nodes(), &[to]).0.into_iter().map(|at| &self.nodes()[at]);
        Ok(nodes.filter(|node| !is_constant(node, &constants)).collect())
    }

    /// The declaration of a tensor as maps of any size.
    fn maps(&self, name: &str) -> Result<ValueInfoProto, PartError> {
        let input = self.inputs().into_iter().find(|info| info.name == name).map(declared);
        let made = || self.offers().into_iter().find(|offer| offer.name == name)?.shape;
        let shape = input.unwrap_or_else(made);
        if let Some(axes) = shape.as_ref().filter(|axes| axes.len() != 4) {
            let (from, shape) = (name.to_owned(), axes_text(Some(axes)));
            return Err(PartError::NoMaps { from, shape });
        }
        let channels = match shape.as_ref().and_then(|shape| shape.get(1)) {
            Some(Axis::Length(length)) => i64::try_from(*length).ok().map(Dimension::Value),
            _ => None,
        };
        let open = |name: &str| Dimension::Name(name.to_owned());
        let channels = channels.unwrap_or_else(|| open("C"));
        let axes = [open("N"), channels, open("H"), open("W")];
        let dim = axes.map(|axis| DimensionProto { value: Some(axis) }).to_vec();
        let shape = Some(TensorShapeProto { dim });
        let tensor_type = Some(TensorTypeProto { elem_type: Some(element::FLOAT), shape });
        Ok(ValueInfoProto { name: name.to_owned(), r#type: Some(TypeProto { tensor_type }) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::{ModelBuilder, shape_text};

    /// input -> a -> b -> sum -> pool, and a -> sum beside b; `other` leads nowhere.
    fn skip() -> Graph {
        let mut builder = ModelBuilder::new("input", &[4, 6, 6]);
        builder.weight("w", &[4, 4, 1, 1], &[0.5; 16]);
        builder.node("Conv", &["input", "w"], "a");
        builder.node("Relu", &["a"], "b");
        builder.node("Relu", &["a"], "other");
        builder.node("Add", &["b", "a"], "sum");
        builder.node("GlobalAveragePool", &["sum"], "pool");
        builder.finish(&["pool", "other"]).unwrap()
    }

    #[test]
    fn a_part_begins_where_everything_goes_through() {
        let graph = skip();
        assert_eq!(graph.taps("pool").unwrap(), ["input", "a", "sum"]);
        let part = graph.part("a", "pool").unwrap();
        assert_eq!(part.tensors(), ["b", "sum", "pool"]);
        assert_eq!(part.initializers().len(), 0);
        assert_eq!(part.image_input().unwrap().name, "a");
        assert_eq!(shape_text(part.image_input().unwrap()), "float32 [N, 4, H, W]");
        assert_eq!(graph.part("input", "sum").unwrap().initializers().len(), 1);
    }

    #[test]
    fn a_part_that_needs_more_is_refused_with_what_could_serve() {
        let error = skip().part("b", "pool").unwrap_err();
        assert_eq!(
            error.to_string(),
            "node `sum` (Add) also reads `a`, which is not computed from `b`"
        );
        assert_eq!(error.help().unwrap(), "begin at `a`, `sum` instead");
    }

    #[test]
    fn a_part_that_begins_nowhere_is_refused() {
        let error = skip().part("other", "pool").unwrap_err();
        assert_eq!(error.to_string(), "`pool` is not computed from `other`");
        assert_eq!(error.help().unwrap(), "begin at `input`, `a`, `sum` instead");
        assert!(matches!(skip().part("summ", "pool"), Err(OnnxError::UnknownTensor { .. })));
        assert!(matches!(skip().part("sum", "pol"), Err(OnnxError::UnknownTensor { .. })));
        assert!(matches!(skip().part("sum", "sum"), Err(OnnxError::Part(_))));
    }
}
