//! How pixels are made out of others: the filters of Pillow.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::RgbImage;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a new pixel is made out of old ones. All but `nearest` average over all that it covers where
/// an image becomes smaller.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Filter {
    /// The nearest one.
    Nearest,
    /// The mean; blocks where an image becomes larger.
    Box,
    /// Linear weights.
    #[default]
    Bilinear,
    /// Cubic weights (Catmull-Rom).
    Bicubic,
    /// A windowed sinc of three lobes.
    Lanczos,
}

impl Filter {
    fn algorithm(self) -> ResizeAlg {
        match self {
            Self::Nearest => ResizeAlg::Nearest,
            Self::Box => ResizeAlg::Convolution(FilterType::Box),
            Self::Bilinear => ResizeAlg::Convolution(FilterType::Bilinear),
            Self::Bicubic => ResizeAlg::Convolution(FilterType::CatmullRom),
            Self::Lanczos => ResizeAlg::Convolution(FilterType::Lanczos3),
        }
    }
}

/// Brings a picture to a width and a height.
pub(super) fn resize(
    resizer: &mut Resizer,
    filter: Filter,
    picture: RgbImage,
    (width, height): (u32, u32),
) -> RgbImage {
    if picture.dimensions() == (width, height) {
        return picture;
    }
    let options = ResizeOptions::new().resize_alg(filter.algorithm());
    let mut resized = RgbImage::new(width, height);
    // The call that finds out the type of a pixel by itself has code for all thirteen.
    let source = TypedImageRef::<U8x3>::from_buffer(picture.width(), picture.height(), &picture);
    let mut target = TypedImage::<U8x3>::from_buffer(width, height, &mut resized)
        .expect("a picture has three bytes a pixel");
    resizer
        .resize_typed(&source.expect("so has the other"), &mut target, &options)
        .expect("neither picture is empty");
    resized
}
