//! What a network offers: every tensor, its type and shape, and who can compute it.

use std::collections::{BTreeMap, BTreeSet};

use super::Graph;
use super::graph::is_constant;
use super::operation::Operation;
use super::parsed::Constants;
use super::proto::{NodeProto, ValueInfoProto};
use super::shapes::{Axis, Shapes, axes_text, declared, declared_type, filled, infer};

/// A tensor that a cut may ask for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Offer {
    /// Its name.
    pub name: String,
    /// The operator that makes it.
    pub operator: String,
    /// The type of its elements, where it is declared; float32 in networks for images.
    pub kind: Option<&'static str>,
    /// The length of each axis; none where their number is not known.
    pub shape: Option<Vec<Axis>>,
    /// Whether the embedded kernels can compute it, and all that it needs.
    pub is_embedded: bool,
}

impl Offer {
    /// Type and shape, such as `float32 [N, 1024, 14, 14]`.
    #[must_use]
    pub fn type_text(&self) -> String {
        format!("{} {}", self.kind.unwrap_or("float32"), axes_text(self.shape.as_deref()))
    }
}

impl Graph {
    /// Every tensor that a node makes and that is no constant, in the order in which they are made.
    #[must_use]
    pub fn offers(&self) -> Vec<Offer> {
        let constants = self.constants();
        let mut shapes: Shapes<'_> = BTreeMap::new();
        for (name, tensor) in &constants {
            let lengths = tensor.dims.iter().map(|length| usize::try_from(*length));
            let lengths = lengths.map(|length| length.map_or(Axis::Unknown, Axis::Length));
            shapes.insert(name, lengths.collect());
        }
        let declared_all: BTreeMap<&str, &ValueInfoProto> =
            self.declarations().map(|info| (info.name.as_str(), info)).collect();
        let mut computable: BTreeSet<&str> = constants.keys().copied().collect();
        for input in self.inputs() {
            shapes.extend(declared(input).map(|shape| (input.name.as_str(), shape)));
            computable.insert(&input.name);
        }
        let mut offers = Vec::new();
        for node in self.nodes().iter().filter(|node| !is_constant(node, &constants)) {
            let is_embedded = is_embedded(node, &constants, &computable);
            for (position, name) in node.output.iter().enumerate() {
                if name.is_empty() {
                    continue;
                }
                let stated = declared_all.get(name.as_str()).copied();
                let inferred = || (position == 0).then(|| infer(node, &constants, &shapes))?;
                let shape = filled(inferred(), stated.and_then(declared));
                let is_embedded = is_embedded && position == 0;
                if is_embedded {
                    computable.insert(name);
                }
                shapes.extend(shape.clone().map(|shape| (name.as_str(), shape)));
                offers.push(Offer {
                    name: name.clone(),
                    operator: node.op_type.clone(),
                    kind: stated.and_then(declared_type),
                    shape,
                    is_embedded,
                });
            }
        }
        offers
    }
}

fn is_embedded(node: &NodeProto, constants: &Constants<'_>, computable: &BTreeSet<&str>) -> bool {
    let is_there = |name: &String| name.is_empty() || computable.contains(name.as_str());
    node.input.iter().all(is_there) && Operation::of(node, constants).is_ok()
}

#[cfg(test)]
mod tests {
    use crate::onnx::ModelBuilder;

    #[test]
    fn every_tensor_is_listed_with_what_can_compute_it() {
        let mut builder = ModelBuilder::new("input", &[3, 9, 9]);
        builder.weight("w", &[4, 3, 3, 3], &[0.5; 108]);
        builder.node("Conv", &["input", "w"], "conv").ints("strides", &[2, 2]);
        builder.node("Relu", &["conv"], "map");
        builder.node("Softplus", &["map"], "soft");
        builder.node("GlobalAveragePool", &["soft"], "mean");
        builder.node("Flatten", &["map"], "flat");
        builder.node("NonMaxSuppression", &["flat"], "odd");
        let offers = builder.finish(&["flat"]).unwrap().offers();
        let lines: Vec<String> = offers
            .iter()
            .map(|offer| format!("{} {} {}", offer.name, offer.type_text(), offer.is_embedded))
            .collect();
        // (9 - 3) / 2 + 1 = 4; 4 * 4 * 4 = 64.
        assert_eq!(
            lines,
            [
                "conv float32 [N, 4, 4, 4] true",
                "map float32 [N, 4, 4, 4] true",
                "soft float32 [N, 4, 4, 4] false",
                "mean float32 [N, 4, 1, 1] false",
                "flat float32 [N, 64] true",
                "odd float32 […] false",
            ]
        );
    }
}
