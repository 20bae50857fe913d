//! A small square out of the middle of a photograph.

use image::imageops::{FilterType, crop_imm, resize};

use crate::artifact::Picture;
use crate::data::Images;
use crate::data::preprocess::{Orientation, decode};
use crate::stage::StageError;

/// The side of a photograph with its frame, in pixels of the nominal size.
pub(super) const SIDE: f64 = 58.0;

/// The middle of the picture at position `image`, `side` pixels of the nominal size wide.
pub(super) fn thumbnail(images: &Images, image: usize, side: f64) -> Result<Picture, StageError> {
    let decoded = decode(images.name(image), images.bytes(image), Orientation::Stored)
        .map_err(|error| StageError::data(error.to_string()))?;
    let (width, height) = decoded.dimensions();
    let square = width.min(height);
    let middle = crop_imm(&decoded, (width - square) / 2, (height - square) / 2, square, square);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a side is a small number"
    )]
    let pixels = (2.0 * side) as u32;
    let small = resize(&middle.to_image(), pixels, pixels, FilterType::Triangle);
    Ok(Picture::new(pixels, pixels, small.into_raw()))
}
