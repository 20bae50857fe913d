//! From an encoded image to the numbers that a network takes.
//!
//! Decode, reduce to a common resolution if asked, resize, cut out the centre, scale: each a
//! parameter, since features are comparable only if all of them are. A [`Preset`] gives what is not
//! written out the values that a network or a paper is known for; [`Views`] adds augmented views.

mod decode;
mod error;
mod filter;
mod prepare;
mod preset;
mod views;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use decode::{MAX_PIXELS, Orientation, decode};
pub use error::ImageError;
pub use filter::Filter;
pub use prepare::{Picture, Preparer};
pub use preset::{Preset, filled};
pub use views::{RandomCrop, Views};

const CHANNELS: usize = 3;

/// How an image becomes the input of a network.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Preprocess {
    /// Gives the parameters below that are not written the values of a known network or paper.
    /// Default: none.
    #[serde(skip_serializing)]
    pub preset: Option<Preset>,
    /// Which way up a picture is taken. Default: `stored`.
    pub orientation: Orientation,
    /// First squash every image to a square of this many pixels, so that sources of different
    /// resolution cannot be told apart by it. Default: not at all.
    #[schemars(range(min = 1, max = 4096))]
    pub reduce: Option<u32>,
    /// The filter that reduces. Default: `bilinear`.
    pub reduce_filter: Filter,
    /// How the image is brought to `size`. Default: `squash`.
    pub resize: Resize,
    /// The filter that resizes. Default: `bilinear`, what torchvision's models were trained with.
    pub filter: Filter,
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
    /// Augmented views to store beside the plain one. Chance may cut out nothing else, so that what
    /// a stage stores is the same whenever it runs. Default: no views.
    pub views: Option<Views>,
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

impl Default for Preprocess {
    fn default() -> Self {
        Self {
            preset: None,
            orientation: Orientation::default(),
            reduce: None,
            reduce_filter: Filter::default(),
            resize: Resize::default(),
            filter: Filter::default(),
            size: 224,
            crop: None,
            order: ChannelOrder::default(),
            scale: 1.0,
            mean: [0.0; CHANNELS],
            std: [1.0; CHANNELS],
            views: None,
        }
    }
}

impl Preprocess {
    /// The side of the square that comes out.
    #[must_use]
    pub fn side(&self) -> u32 {
        self.crop.unwrap_or(self.size)
    }

    /// How many views of an image come out: the plain one, and the augmented ones.
    #[must_use]
    pub fn pictures(&self) -> usize {
        1 + self.views.as_ref().map_or(0, |views| index(views.count))
    }

    /// Whether values are shifted or scaled.
    #[must_use]
    pub fn normalises(&self) -> bool {
        let plain = Self::default();
        self.scale != plain.scale || self.mean != plain.mean || self.std != plain.std
    }

    /// The same picture for people: red, green and blue from 0 to 255, and no augmented views.
    #[must_use]
    pub fn for_people(&self) -> Self {
        let Self { preset, orientation, reduce, reduce_filter, resize, filter, size, crop, .. } =
            *self;
        Self {
            preset,
            orientation,
            reduce,
            reduce_filter,
            resize,
            filter,
            size,
            crop,
            ..Self::default()
        }
    }

    /// How many values a view has: [3, side, side].
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
        self.views.as_ref().and_then(Views::problem)
    }
}

fn index(length: u32) -> usize {
    usize::try_from(length).expect("a picture's side fits")
}

#[cfg(test)]
mod tests;
