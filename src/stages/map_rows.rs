//! Maps of a feature tensor, read as kernels take them.

use rayon::prelude::*;

use crate::data::features::{Features, TensorView};
use crate::models::erpcnet::cells::Cells;
use crate::nn::{Tensor, Workspace, turn};
use crate::stage::StageError;

/// A tensor of maps, [C, H, W] an image.
pub(super) struct MapRows<'a> {
    name: String,
    view: TensorView<'a>,
    channels: usize,
    size: [usize; 2],
    /// The memory of a batch, for the next one.
    workspace: Workspace,
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
            [channels, height, width] => {
                let (name, size) = (name.to_owned(), [height, width]);
                Ok(Self { name, view, channels, size, workspace: Workspace::default() })
            }
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

    /// [H, W, C], as kernels have it.
    pub(super) fn shape(&self) -> [usize; 3] {
        [self.size[0], self.size[1], self.channels]
    }

    /// [H, W].
    pub(super) fn size(&self) -> [usize; 2] {
        self.size
    }

    /// The cells of each map, for the parameters `window` and `stride`.
    pub(super) fn cells(&self, window: usize, stride: usize) -> Result<Cells, StageError> {
        Cells::of(self.size, window, stride).ok_or_else(|| {
            let (name, [height, width]) = (&self.name, self.size);
            let message = format!(
                "a window of {window}x{window} does not fit on the map `{name}` of {height}x{width} \
                 pixels"
            );
            StageError::parameter("window", message)
        })
    }

    /// The maps of some images, [N, H, W, C], read by all threads of the pool it is called in.
    pub(super) fn read(&self, images: impl Iterator<Item = usize>) -> Tensor {
        self.gather(images.map(|image| (self, image)).collect())
    }

    /// The same from several tensors of the shape of this one.
    pub(super) fn gather(&self, images: Vec<(&Self, usize)>) -> Tensor {
        let (width, count) = (self.view.width(), images.len());
        let [height, across] = self.size;
        let mut batch = self.workspace.blank(vec![count, height, across, self.channels]);
        let rows = batch.values_mut().par_chunks_exact_mut(width).zip(images);
        let stored = || vec![0.0; width];
        rows.for_each_init(stored, |stored, (row, (maps, image))| {
            maps.view.read_row(image, stored);
            turn(stored, row, self.channels);
        });
        batch
    }
}
