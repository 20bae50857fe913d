//! Why an image cannot be used.

use std::sync::Arc;

use super::decode::MAX_PIXELS;

/// Why an image cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// It starts like no picture that anybody knows.
    #[error("`{image}` is no image: it starts neither like a JPEG nor like a PNG")]
    NoImage {
        /// The image.
        image: String,
    },
    /// It is a picture of a kind that is not read.
    #[error("image `{image}` is a {found}; expected a JPEG or a PNG")]
    OtherFormat {
        /// The image.
        image: String,
        /// The name of the format.
        found: String,
    },
    /// It is damaged.
    #[error("image `{image}` cannot be decoded")]
    Undecodable {
        /// The image.
        image: String,
        /// What the decoder said.
        #[source]
        source: Arc<image::ImageError>,
    },
    /// It ends too early.
    #[error("image `{image}` is truncated: it ends before its picture does")]
    Truncated {
        /// The image.
        image: String,
    },
    /// It says that it has no width or no height.
    #[error("image `{image}` is {width}x{height} pixels: there is nothing to see")]
    NoPixels {
        /// The image.
        image: String,
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
    /// It has, or would be given, more pixels than memory should hold.
    #[error("image `{image}` is {width}x{height} pixels; at most {MAX_PIXELS} in all are decoded")]
    TooLarge {
        /// The image.
        image: String,
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
    /// It is so narrow that it would become far too long.
    #[error(
        "image `{image}` would be resized to {width}x{height} pixels to keep its shape; \
         at most {MAX_PIXELS} in all are made"
    )]
    TooLong {
        /// The image.
        image: String,
        /// The width that it would get.
        width: u32,
        /// The height that it would get.
        height: u32,
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
