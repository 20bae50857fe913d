//! From the bytes of a JPEG or PNG to pixels, or why not.

use std::sync::Arc;

use image::{ImageError as DecodeError, RgbImage};

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

/// The pixels of an encoded image, which errors call `name`.
///
/// # Errors
/// [`ImageError::Undecodable`] or [`ImageError::Truncated`].
pub fn decode(name: &str, encoded: &[u8]) -> Result<RgbImage, ImageError> {
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
