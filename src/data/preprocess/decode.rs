//! From the bytes of a JPEG or PNG to pixels.
//!
//! What is not in three bytes a pixel becomes so: grey is repeated, transparency is dropped, CMYK is
//! turned into RGB as Adobe stores it, and 16 bits are scaled to 8 (where Pillow clips 16-bit grey to
//! white). Of an animated PNG, the picture is taken that those see who know nothing of animation.

use std::io::Cursor;
use std::sync::Arc;

use image::{DynamicImage, ImageDecoder as _, ImageError as DecodeError, ImageFormat};
use image::{ImageReader, Limits, RgbImage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ImageError;

/// A picture with more pixels is refused before memory is taken for it. Pillow warns of a
/// "decompression bomb" from here on: 256 MiB at three bytes a pixel.
pub const MAX_PIXELS: u64 = 89_478_485;

/// The most that a decoder may take: a picture of 16 bits with transparency, and its rows.
const MAX_BYTES: u64 = 8 * MAX_PIXELS + (64 << 20);

/// Which way up a picture is taken.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Orientation {
    /// As its pixels are stored: what Pillow and torchvision's loaders do, and so what published
    /// features were computed from.
    #[default]
    Stored,
    /// As the EXIF data of a JPEG say that the camera was held.
    Exif,
}

/// The pixels of an encoded picture, which errors call `name`.
///
/// # Errors
/// [`ImageError`].
pub fn decode(
    name: &str,
    encoded: &[u8],
    orientation: Orientation,
) -> Result<RgbImage, ImageError> {
    let format = image::guess_format(encoded).ok();
    let format = match format {
        Some(format @ (ImageFormat::Jpeg | ImageFormat::Png)) => format,
        Some(other) => {
            let found = format!("{other:?}").to_uppercase();
            return Err(ImageError::OtherFormat { image: name.to_owned(), found });
        }
        None => return Err(ImageError::NoImage { image: name.to_owned() }),
    };
    if ends_early(encoded) {
        return Err(ImageError::Truncated { image: name.to_owned() });
    }
    read(name, encoded, format, orientation)
}

fn read(
    name: &str,
    encoded: &[u8],
    format: ImageFormat,
    orientation: Orientation,
) -> Result<RgbImage, ImageError> {
    let failed = |error| complaint(name, error);
    let mut reader = ImageReader::with_format(Cursor::new(encoded), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(failed)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(ImageError::TooLarge { image: name.to_owned(), width, height });
    }
    if width == 0 || height == 0 {
        return Err(ImageError::NoPixels { image: name.to_owned(), width, height });
    }
    let turn = match orientation {
        Orientation::Stored => None,
        Orientation::Exif => Some(decoder.orientation().map_err(failed)?),
    };
    let mut picture = DynamicImage::from_decoder(decoder).map_err(failed)?;
    if let Some(turn) = turn {
        picture.apply_orientation(turn);
    }
    Ok(picture.into_rgb8())
}

fn complaint(name: &str, error: DecodeError) -> ImageError {
    match error {
        DecodeError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            ImageError::Truncated { image: name.to_owned() }
        }
        error => ImageError::Undecodable { image: name.to_owned(), source: Arc::new(error) },
    }
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
