//! Carries out what [`Preprocess`] says.

use fast_image_resize::Resizer;
use image::{RgbImage, imageops};

use super::decode::{MAX_PIXELS, decode};
use super::error::ImageError;
use super::filter::resize;
use super::views::{Cut, RandomCrop, centre};
use super::{CHANNELS, ChannelOrder, Preprocess, Resize, index};

/// Prepares images one after another; it keeps what resizing needs.
pub struct Preparer<'a> {
    parameters: &'a Preprocess,
    resizer: Resizer,
}

/// An image, brought to its size; views of it can be taken.
pub struct Picture<'n> {
    name: &'n str,
    pixels: RgbImage,
}

impl<'a> Preparer<'a> {
    /// Prepares with these parameters.
    #[must_use]
    pub fn new(parameters: &'a Preprocess) -> Self {
        Self { parameters, resizer: Resizer::new() }
    }

    /// Decodes an image and brings it to its size.
    ///
    /// # Errors
    /// [`ImageError`], which calls the image `name`.
    pub fn open<'n>(&mut self, name: &'n str, encoded: &[u8]) -> Result<Picture<'n>, ImageError> {
        let mut pixels = decode(name, encoded, self.parameters.orientation)?;
        if let Some(side) = self.parameters.reduce {
            let filter = self.parameters.reduce_filter;
            pixels = resize(&mut self.resizer, filter, pixels, (side, side));
        }
        let (width, height) = self.target(pixels.dimensions());
        if u64::from(width) * u64::from(height) > MAX_PIXELS {
            return Err(ImageError::TooLong { image: name.to_owned(), width, height });
        }
        let crop = self.parameters.side();
        if width < crop || height < crop {
            return Err(ImageError::TooSmall { image: name.to_owned(), width, height, crop });
        }
        let filter = self.parameters.filter;
        pixels = resize(&mut self.resizer, filter, pixels, (width, height));
        Ok(Picture { name, pixels })
    }

    /// Writes the values of a view to `out`: [3, side, side]. View 0 is the plain one.
    ///
    /// # Panics
    /// If `out` does not have [`Preprocess::values`].
    pub fn view(&mut self, picture: &Picture<'_>, view: usize, out: &mut [f32]) {
        let side = self.parameters.side();
        let size = picture.pixels.dimensions();
        let views = self.parameters.views.as_ref().filter(|_| view > 0);
        let Some(views) = views else {
            self.write(&picture.pixels, centre(size, (side, side)), out);
            return;
        };
        let number = u32::try_from(view).expect("there are few views");
        let cut = views.cut(picture.name, number, size, side);
        if views.crop != RandomCrop::Resized {
            self.write(&picture.pixels, cut, out);
            return;
        }
        let part = imageops::crop_imm(&picture.pixels, cut.left, cut.top, cut.width, cut.height);
        let filter = self.parameters.filter;
        let part = resize(&mut self.resizer, filter, part.to_image(), (side, side));
        let whole = Cut { left: 0, top: 0, width: side, height: side, ..cut };
        self.write(&part, whole, out);
    }

    /// The size that an image of this size is brought to.
    fn target(&self, (width, height): (u32, u32)) -> (u32, u32) {
        let size = self.parameters.size;
        match self.parameters.resize {
            Resize::None => (width, height),
            Resize::Squash => (size, size),
            Resize::ShortSide if width <= height => (size, scaled(height, size, width)),
            Resize::ShortSide => (scaled(width, size, height), size),
        }
    }

    /// Cuts out a square and turns pixels into planes.
    fn write(&self, picture: &RgbImage, cut: Cut, out: &mut [f32]) {
        let parameters = self.parameters;
        assert_eq!(out.len(), parameters.values(), "the target holds [3, side, side]");
        let side = index(parameters.side());
        let width = index(picture.width());
        for (channel, plane) in out.chunks_exact_mut(side * side).enumerate() {
            let colour = match parameters.order {
                ChannelOrder::Rgb => channel,
                ChannelOrder::Bgr => CHANNELS - 1 - channel,
            };
            let (mean, deviation) = (parameters.mean[channel], parameters.std[channel]);
            for (row, line) in plane.chunks_exact_mut(side).enumerate() {
                let start = ((index(cut.top) + row) * width + index(cut.left)) * CHANNELS + colour;
                let pixels = picture.as_raw()[start..].iter().step_by(CHANNELS);
                for (value, pixel) in line.iter_mut().zip(pixels) {
                    *value = (f32::from(*pixel) * parameters.scale - mean) / deviation;
                }
                if cut.is_mirrored {
                    line.reverse();
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
