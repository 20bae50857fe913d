//! What a search can see of each image: global embeddings, local ones and entropy weights.

use crate::data::attributes::Attributes;
use crate::data::features::{FeatureError, Features, TensorView};
use crate::models::erpcnet::judge::{Classes, Judge};
use crate::models::erpcnet::sight::{Glimpses, Seeable};
use crate::models::erpcnet::trained::Trained;
use crate::nn::Tensor;
use crate::stage::StageError;

use super::embed_looks::LOCAL;
use super::signatures::signatures;
use super::weigh_cells::WEIGHTS;

/// Rows of all images. Only those that are asked for stand in memory.
pub(super) struct LookRows<'a> {
    global: TensorView<'a>,
    /// None where nobody looks.
    local: Option<TensorView<'a>>,
    /// None where entropy does not guide.
    weights: Option<TensorView<'a>>,
}

impl<'a> LookRows<'a> {
    /// The embeddings that `network` reads, of the same images; `asked` are those that are going to be
    /// looked at.
    pub(super) fn new(
        network: &Trained,
        features: &'a Features,
        looks: Option<&'a Features>,
        weights: Option<&'a Features>,
        asked: &[usize],
    ) -> Result<Self, StageError> {
        let design = &network.card.design;
        let cells = design.cells().map_or(0, |cells| cells.count());
        let name = network.card.embedding.as_str();
        let global = tensor(features.tensor(Some(name)), name, &[design.embedding], "features")?;
        let shape = [cells, design.embedding];
        let local = looks
            .map(|looks| tensor(looks.partial_tensor(Some(LOCAL)), LOCAL, &shape, "looks"))
            .transpose()?;
        let weights = weights
            .map(|all| tensor(all.tensor(Some(WEIGHTS)), WEIGHTS, &[cells], "weights"))
            .transpose()?;
        for (port, other) in [("looks", looks), ("weights", None)] {
            let Some(other) = other else { continue };
            if other.len() != features.len() {
                let (found, expected) = (other.len(), features.len());
                let message = format!("`{port}` are of {found} images, `features` of {expected}");
                return Err(StageError::data(message));
            }
        }
        if let Some(image) = local.as_ref().and_then(|local| local.missing(asked)) {
            let message = format!("`looks` hold nothing of image {image}");
            let help = "connect the parts of the split to `embed-looks` whose images are looked at";
            return Err(StageError::data_with_help(message, help));
        }
        Ok(Self { global, local, weights })
    }

    /// Cells of a map; 0 where nobody looks.
    pub(super) fn cells(&self) -> usize {
        self.local.as_ref().map_or(0, |local| local.shape()[0])
    }

    /// Some images with all that can be seen of them.
    pub(super) fn read(&self, images: &[usize]) -> Seeable {
        let local = self.local.as_ref().map_or_else(Vec::new, |local| rows(local, images));
        let shape = vec![images.len(), self.cells(), self.global.width()];
        self.read_around(images, Tensor::new(shape, local))
    }

    /// Some images whose looks come from elsewhere.
    pub(super) fn read_around<L: Glimpses<f32>>(
        &self,
        images: &[usize],
        local: L,
    ) -> Seeable<f32, L> {
        let (width, cells) = (self.global.width(), local.sizes()[1]);
        let weights = match &self.weights {
            Some(weights) => rows(weights, images).into_iter().map(f64::from).collect(),
            None => vec![1.0; images.len() * cells],
        };
        Seeable {
            global: Tensor::new(vec![images.len(), width], rows(&self.global, images)),
            local,
            weights,
        }
    }
}

fn rows(view: &TensorView<'_>, images: &[usize]) -> Vec<f32> {
    let width = view.width();
    let mut values = vec![0.0; images.len() * width];
    let rows = values.chunks_exact_mut(width.max(1));
    rows.zip(images).for_each(|(row, image)| view.read_row(*image, row));
    values
}

fn tensor<'a>(
    view: Result<TensorView<'a>, FeatureError>,
    name: &str,
    shape: &[usize],
    port: &str,
) -> Result<TensorView<'a>, StageError> {
    let view = view.map_err(|error| StageError::data(format!("`{port}`: {error}")))?;
    if view.shape() == shape {
        return Ok(view);
    }
    let message = format!("`{port}`: `{name}` is {:?}; the network takes {shape:?}", view.shape());
    let help = "connect what was made for this network";
    Err(StageError::data_with_help(message, help))
}

/// What scores `classes` by a trained network.
pub(super) fn judge(
    trained: &Trained,
    attributes: &Attributes,
    classes: &[String],
) -> Result<Judge, StageError> {
    if attributes.names() != trained.card.attributes {
        let message = "the attributes are not those that the network was trained with";
        let help = "connect the same `attributes` to the network's stage and to this one";
        return Err(StageError::data_with_help(message, help));
    }
    let network = trained.card.design.find(&trained.parameters);
    let network = network.ok_or_else(|| StageError::data("the network lacks a layer"))?;
    let signatures = signatures(attributes, classes)?;
    let handicap = vec![0.0; signatures.shape()[0]];
    let classes = Classes { signatures, handicap, scale: trained.card.logit_scale };
    Ok(Judge::new(&network, &trained.parameters, &classes))
}
