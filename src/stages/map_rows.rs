//! Maps of a feature tensor, read as kernels take them.

use crate::data::features::{Features, TensorView};
use crate::models::erpcnet::network::channels_last;
use crate::nn::Tensor;
use crate::stage::StageError;

/// A tensor of maps, [C, H, W] an image.
pub(super) struct MapRows<'a> {
    view: TensorView<'a>,
    channels: usize,
    size: [usize; 2],
}

impl<'a> MapRows<'a> {
    /// The tensor `name`, which the parameter `parameter` asks for.
    pub(super) fn new(
        features: &'a Features,
        name: &str,
        parameter: &str,
    ) -> Result<Self, StageError> {
        let view = features
            .tensor(Some(name))
            .map_err(|error| StageError::parameter(parameter, error.to_string()))?;
        match *view.shape() {
            [channels, height, width] => Ok(Self { view, channels, size: [height, width] }),
            _ => {
                let shape = view.shape();
                let message = format!("`{name}` is {shape:?}; expected a map [C, H, W]");
                Err(StageError::parameter(parameter, message))
            }
        }
    }

    /// C.
    pub(super) fn channels(&self) -> usize {
        self.channels
    }

    /// [H, W].
    pub(super) fn size(&self) -> [usize; 2] {
        self.size
    }

    /// The maps of some images, [N, H, W, C].
    pub(super) fn read(&self, images: impl ExactSizeIterator<Item = usize>) -> Tensor {
        let width = self.view.width();
        let count = images.len();
        let mut values = vec![0.0; count * width];
        for (row, image) in values.chunks_exact_mut(width).zip(images) {
            self.view.read_row(image, row);
        }
        let [height, across] = self.size;
        channels_last(&Tensor::new(vec![count, self.channels, height, across], values))
    }
}
