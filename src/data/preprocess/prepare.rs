//! Carries out what [`Preprocess`] says.

use fast_image_resize::Resizer;
use image::RgbImage;

use super::decode::{ImageError, decode};
use super::filter::resize;
use super::{CHANNELS, ChannelOrder, Preprocess, Resize, index};

/// Prepares images one after another; it keeps what resizing needs.
pub struct Preparer<'a> {
    parameters: &'a Preprocess,
    resizer: Resizer,
}

impl<'a> Preparer<'a> {
    /// Prepares with these parameters.
    #[must_use]
    pub fn new(parameters: &'a Preprocess) -> Self {
        Self { parameters, resizer: Resizer::new() }
    }

    /// Writes the values of an encoded image to `out`: [3, side, side].
    ///
    /// # Errors
    /// [`ImageError`], which calls the image `name`.
    ///
    /// # Panics
    /// If `out` does not have [`Preprocess::values`].
    pub fn prepare(
        &mut self,
        name: &str,
        encoded: &[u8],
        out: &mut [f32],
    ) -> Result<(), ImageError> {
        let mut picture = decode(name, encoded)?;
        if let Some(side) = self.parameters.reduce {
            let filter = self.parameters.reduce_filter;
            picture = resize(&mut self.resizer, filter, picture, (side, side));
        }
        let size = self.parameters.size;
        let (width, height) = match self.parameters.resize {
            Resize::None => (picture.width(), picture.height()),
            Resize::Squash => (size, size),
            Resize::ShortSide if picture.width() <= picture.height() => {
                (size, scaled(picture.height(), size, picture.width()))
            }
            Resize::ShortSide => (scaled(picture.width(), size, picture.height()), size),
        };
        let filter = self.parameters.filter;
        picture = resize(&mut self.resizer, filter, picture, (width, height));
        let crop = self.parameters.side();
        if width < crop || height < crop {
            return Err(ImageError::TooSmall { image: name.to_owned(), width, height, crop });
        }
        self.write(&picture, out);
        Ok(())
    }

    /// Cuts out the centre and turns pixels into planes.
    fn write(&self, picture: &RgbImage, out: &mut [f32]) {
        let parameters = self.parameters;
        assert_eq!(out.len(), parameters.values(), "the target holds [3, side, side]");
        let side = index(parameters.side());
        let width = index(picture.width());
        let left = (width - side) / 2;
        let top = (index(picture.height()) - side) / 2;
        for (channel, plane) in out.chunks_exact_mut(side * side).enumerate() {
            let colour = match parameters.order {
                ChannelOrder::Rgb => channel,
                ChannelOrder::Bgr => CHANNELS - 1 - channel,
            };
            let (mean, deviation) = (parameters.mean[channel], parameters.std[channel]);
            for (row, line) in plane.chunks_exact_mut(side).enumerate() {
                let start = ((top + row) * width + left) * CHANNELS + colour;
                let pixels = picture.as_raw()[start..].iter().step_by(CHANNELS);
                for (value, pixel) in line.iter_mut().zip(pixels) {
                    *value = (f32::from(*pixel) * parameters.scale - mean) / deviation;
                }
            }
        }
    }
}

/// The longer side, when the shorter one becomes `size`.
fn scaled(longer: u32, size: u32, shorter: u32) -> u32 {
    let scaled = u64::from(longer) * u64::from(size) / u64::from(shorter);
    u32::try_from(scaled).unwrap_or(u32::MAX)
}
