//! From an encoded image to the numbers that a network takes.
//!
//! Decode, reduce to a common resolution if asked, resize, cut out the centre, scale: each a
//! parameter, since features are comparable only if all of them are. Resizing is a bilinear
//! convolution with antialiasing, as Pillow does it.

use std::sync::Arc;

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::{ImageError as DecodeError, RgbImage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const CHANNELS: usize = 3;

/// How an image becomes the input of a network.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Preprocess {
    /// First squash every image to a square of this many pixels, so that sources of different
    /// resolution cannot be told apart by it. Default: not at all.
    #[schemars(range(min = 1, max = 4096))]
    pub reduce: Option<u32>,
    /// How the image is brought to `size`. Default: `squash`.
    pub resize: Resize,
    /// The length that `resize` aims at, in pixels. Default: 224, what ImageNet's networks take.
    #[schemars(range(min = 1, max = 4096))]
    pub size: u32,
    /// The side of the square cut out of the centre, in pixels. Default: `size`.
    #[schemars(range(min = 1, max = 4096))]
    pub crop: Option<u32>,
    /// The order of the colours. Default: `rgb`.
    pub order: ChannelOrder,
    /// Multiplies every value, which is 0..255 at first. Default: 1.
    pub scale: f32,
    /// Subtracted after that, a value a channel in the order above. Default: zeros.
    pub mean: [f32; CHANNELS],
    /// Divides after that, a value a channel in the order above. Default: ones.
    pub std: [f32; CHANNELS],
}

/// How an image is brought to a size.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Resize {
    /// It is left as it is.
    None,
    /// Its shorter side is brought to the size; its shape is kept.
    ShortSide,
    /// Both sides are brought to the size; its shape is lost, its edges are not.
    #[default]
    Squash,
}

/// The order of the colours.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChannelOrder {
    /// Red first.
    #[default]
    Rgb,
    /// Blue first, as networks from Caffe expect.
    Bgr,
}

/// Why an image cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// It is neither a JPEG nor a PNG, or it is damaged.
    #[error("image `{image}` cannot be decoded")]
    Undecodable {
        /// The image.
        image: String,
        /// What the decoder said.
        #[source]
        source: Arc<DecodeError>,
    },
    /// It ends too early.
    #[error("image `{image}` is truncated: it ends before its picture does")]
    Truncated {
        /// The image.
        image: String,
    },
    /// The part to be cut out is larger than the image.
    #[error("image `{image}` is {width}x{height} pixels; expected at least {crop}x{crop}")]
    TooSmall {
        /// The image.
        image: String,
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
        /// The side of the square to be cut out.
        crop: u32,
    },
}

impl Default for Preprocess {
    fn default() -> Self {
        Self {
            reduce: None,
            resize: Resize::default(),
            size: 224,
            crop: None,
            order: ChannelOrder::default(),
            scale: 1.0,
            mean: [0.0; CHANNELS],
            std: [1.0; CHANNELS],
        }
    }
}

impl Preprocess {
    /// The side of the square that comes out.
    #[must_use]
    pub fn side(&self) -> u32 {
        self.crop.unwrap_or(self.size)
    }

    /// How many values come out: [3, side, side].
    #[must_use]
    pub fn values(&self) -> usize {
        CHANNELS * index(self.side()) * index(self.side())
    }

    /// What is wrong with the parameters, as the name of one and a sentence.
    #[must_use]
    pub fn problem(&self) -> Option<(&'static str, String)> {
        let sizes = [("reduce", self.reduce), ("size", Some(self.size)), ("crop", self.crop)];
        if let Some((name, _)) = sizes.iter().find(|(_, size)| *size == Some(0)) {
            return Some((name, "expected at least 1 pixel".to_owned()));
        }
        if self.resize != Resize::None && self.side() > self.size {
            let (crop, size) = (self.side(), self.size);
            return Some(("crop", format!("{crop} is more than `size`, which is {size}")));
        }
        let numbers = [&[self.scale][..], &self.mean, &self.std].concat();
        if numbers.iter().any(|number| !number.is_finite()) || self.std.contains(&0.0) {
            return Some(("std", "expected finite numbers, and no deviation of zero".to_owned()));
        }
        None
    }
}

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
            picture = self.resize(picture, side, side);
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
        picture = self.resize(picture, width, height);
        let crop = self.parameters.side();
        if width < crop || height < crop {
            return Err(ImageError::TooSmall { image: name.to_owned(), width, height, crop });
        }
        self.write(&picture, out);
        Ok(())
    }

    fn resize(&mut self, picture: RgbImage, width: u32, height: u32) -> RgbImage {
        if picture.dimensions() == (width, height) {
            return picture;
        }
        let algorithm = ResizeAlg::Convolution(FilterType::Bilinear);
        let options = ResizeOptions::new().resize_alg(algorithm);
        let mut resized = RgbImage::new(width, height);
        // The call that finds out the type of a pixel by itself has code for all thirteen.
        let source =
            TypedImageRef::<U8x3>::from_buffer(picture.width(), picture.height(), &picture);
        let mut target = TypedImage::<U8x3>::from_buffer(width, height, &mut resized)
            .expect("a picture has three bytes a pixel");
        self.resizer
            .resize_typed(&source.expect("so has the other"), &mut target, &options)
            .expect("neither picture is empty");
        resized
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

fn decode(name: &str, encoded: &[u8]) -> Result<RgbImage, ImageError> {
    if ends_early(encoded) {
        return Err(ImageError::Truncated { image: name.to_owned() });
    }
    let decoded = image::load_from_memory(encoded).map_err(|source| {
        let is_end = |error: &std::io::Error| error.kind() == std::io::ErrorKind::UnexpectedEof;
        match source {
            DecodeError::IoError(error) if is_end(&error) => {
                ImageError::Truncated { image: name.to_owned() }
            }
            source => ImageError::Undecodable { image: name.to_owned(), source: Arc::new(source) },
        }
    })?;
    Ok(decoded.into_rgb8())
}

/// Whether a JPEG stops inside its last scan, or a PNG before its last chunk. Decoders may fill the
/// rest with grey and say nothing.
fn ends_early(encoded: &[u8]) -> bool {
    let last = |marker: &[u8]| encoded.windows(marker.len()).rposition(|bytes| bytes == marker);
    if encoded.starts_with(b"\xff\xd8") {
        // Neither marker can be part of a scan's data, where 0xff is always followed by 0.
        return last(b"\xff\xd9") < last(b"\xff\xda").or(Some(0));
    }
    encoded.starts_with(b"\x89PNG") && last(b"IEND").is_none()
}

/// The longer side, when the shorter one becomes `size`.
fn scaled(longer: u32, size: u32, shorter: u32) -> u32 {
    let scaled = u64::from(longer) * u64::from(size) / u64::from(shorter);
    u32::try_from(scaled).unwrap_or(u32::MAX)
}

fn index(length: u32) -> usize {
    usize::try_from(length).expect("a picture's side fits")
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage};

    use super::*;

    fn encoded(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.into().write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    /// Red grows to the right, green downwards.
    fn gradient(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| Rgb([x.to_le_bytes()[0], y.to_le_bytes()[0], 200]))
    }

    fn prepare(parameters: &Preprocess, bytes: &[u8]) -> Result<Vec<f32>, ImageError> {
        let mut out = vec![f32::NAN; parameters.values()];
        Preparer::new(parameters).prepare("cat.png", bytes, &mut out).map(|()| out)
    }

    #[test]
    fn the_centre_is_cut_out_and_planes_are_made() {
        let bytes = encoded(gradient(8, 6), ImageFormat::Png);
        let mut parameters = Preprocess {
            resize: Resize::None,
            crop: Some(2),
            scale: 0.5,
            mean: [1.0, 0.0, 50.0],
            std: [1.0, 1.0, 10.0],
            ..Preprocess::default()
        };
        let found = prepare(&parameters, &bytes).unwrap();
        assert_eq!(found, [0.5, 1.0, 0.5, 1.0, 1.0, 1.0, 1.5, 1.5, 5.0, 5.0, 5.0, 5.0]);
        parameters.order = ChannelOrder::Bgr;
        assert_eq!(prepare(&parameters, &bytes).unwrap()[..4], [99.0; 4]);
    }

    #[test]
    fn grey_pictures_get_three_equal_channels() {
        let bytes = encoded(GrayImage::from_pixel(4, 4, Luma([7])), ImageFormat::Png);
        let parameters = Preprocess { size: 2, ..Preprocess::default() };
        assert_eq!(prepare(&parameters, &bytes).unwrap(), [7.0; 12]);
    }

    #[test]
    fn shrinking_averages_as_pillow_does() {
        // A triangle of half-width 2 around each new pixel: weights 1, 3, 3, 1 (of 8), cut at the
        // edge to 3, 3, 1 (of 7). (0 * 3 + 8 * 3 + 16) / 7 = 5.7; (24 * 3 + 16 * 3 + 8) / 7 = 18.3.
        let picture = RgbImage::from_fn(4, 4, |x, _| Rgb([8 * x.to_le_bytes()[0], 0, 0]));
        let parameters = Preprocess { size: 2, ..Preprocess::default() };
        let found = prepare(&parameters, &encoded(picture, ImageFormat::Png)).unwrap();
        assert_eq!(found[..4], [6.0, 18.0, 6.0, 18.0]);
    }

    #[test]
    fn the_short_side_sets_the_size() {
        let bytes = encoded(gradient(40, 20), ImageFormat::Png);
        let parameters =
            Preprocess { resize: Resize::ShortSide, size: 10, ..Preprocess::default() };
        let found = prepare(&parameters, &bytes).unwrap();
        // 40 -> 20 wide, of which 5..15 are left: red runs from about 10 to about 30.
        assert!((found[0] - 10.5).abs() < 1.0 && (found[9] - 28.5).abs() < 1.0, "{found:?}");
        assert_eq!(found.len(), 300);
    }

    #[test]
    fn reducing_first_gives_all_sources_one_resolution() {
        let parameters = Preprocess { reduce: Some(1), size: 4, ..Preprocess::default() };
        let found = prepare(&parameters, &encoded(gradient(64, 64), ImageFormat::Png)).unwrap();
        assert!(found[..16].iter().all(|value| (value - found[0]).abs() < 0.5), "{found:?}");
    }

    #[test]
    fn damaged_pictures_are_named() {
        let jpeg = encoded(gradient(64, 64), ImageFormat::Jpeg);
        let parameters = Preprocess { size: 8, ..Preprocess::default() };
        assert!(prepare(&parameters, &jpeg).is_ok());
        for cut in [jpeg.len() / 2, jpeg.len() - 2] {
            let error = prepare(&parameters, &jpeg[..cut]).unwrap_err();
            assert!(error.to_string().starts_with("image `cat.png` is truncated"), "{error}");
        }
        let png = encoded(gradient(64, 64), ImageFormat::Png);
        let error = prepare(&parameters, &png[..png.len() / 2]).unwrap_err();
        assert!(matches!(error, ImageError::Truncated { .. }), "{error}");
        let error = prepare(&parameters, b"GIF89a").unwrap_err();
        assert_eq!(error.to_string(), "image `cat.png` cannot be decoded");
        let small = Preprocess { resize: Resize::None, size: 65, ..Preprocess::default() };
        let error = prepare(&small, &png).unwrap_err();
        assert_eq!(error.to_string(), "image `cat.png` is 64x64 pixels; expected at least 65x65");
    }

    #[test]
    fn parameters_that_contradict_are_found() {
        assert_eq!(Preprocess::default().problem(), None);
        let crop = Preprocess { crop: Some(225), ..Preprocess::default() };
        assert_eq!(crop.problem().unwrap().0, "crop");
        let zero = Preprocess { size: 0, ..Preprocess::default() };
        assert_eq!(zero.problem().unwrap().0, "size");
        let flat = Preprocess { std: [1.0, 0.0, 1.0], ..Preprocess::default() };
        assert_eq!(flat.problem().unwrap().0, "std");
    }
}
