//! Small photographs inside a drawing.

use std::io;

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder as _};

use super::drawing::Bounds;

/// Pixels in a drawing: two by two of them on a pixel of the nominal size, as the PNG has.
pub(super) const PICTURE_SCALE: u32 = 2;

/// How well a photograph is kept inside an SVG, from 1 to 100.
const JPEG_QUALITY: u8 = 85;

/// A photograph, row by row from the top left.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Picture {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
}

impl Picture {
    /// A picture of `width` by `height` pixels with three bytes each.
    ///
    /// # Panics
    /// If there are more or fewer bytes.
    #[must_use]
    pub fn new(width: u32, height: u32, rgb: Vec<u8>) -> Self {
        assert_eq!(rgb.len(), 3 * width as usize * height as usize, "three bytes a pixel");
        Self { width, height, rgb }
    }

    /// The extent in a drawing, in pixels of the nominal size.
    #[must_use]
    pub fn size(&self) -> (f64, f64) {
        let side = |pixels: u32| f64::from(pixels) / f64::from(PICTURE_SCALE);
        (side(self.width), side(self.height))
    }

    /// Each pixel with its place.
    pub(super) fn pixels(&self) -> impl Iterator<Item = (u32, u32, (u8, u8, u8))> {
        let places = (0..self.height).flat_map(|y| (0..self.width).map(move |x| (x, y)));
        let colours = self.rgb.chunks_exact(3).map(|rgb| (rgb[0], rgb[1], rgb[2]));
        places.zip(colours).map(|((x, y), colour)| (x, y, colour))
    }

    /// An SVG element that shows it in `bounds`, whose numbers are in units of `unit`.
    pub(super) fn svg(&self, bounds: &Bounds, unit: f64) -> io::Result<String> {
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, JPEG_QUALITY)
            .write_image(&self.rgb, self.width, self.height, ExtendedColorType::Rgb8)
            .map_err(io::Error::other)?;
        Ok(format!(
            "<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" \
             href=\"data:image/jpeg;base64,{}\"/>\n",
            bounds.left * unit,
            bounds.top * unit,
            bounds.width() * unit,
            bounds.height() * unit,
            base64(&jpeg),
        ))
    }
}

/// Bytes as text (RFC 4648, section 4).
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let is_padding = digit > chunk.len();
            let value = bits >> (18 - 6 * digit) & 63;
            text.push(if is_padding { '=' } else { DIGITS[value as usize].into() });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        // RFC 4648, section 10.
        let vectors = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
        for (length, expected) in vectors.iter().enumerate() {
            assert_eq!(base64(&b"foobar"[..length]), *expected);
        }
    }

    #[test]
    fn pixels_are_read_row_by_row() {
        let picture = Picture::new(2, 1, vec![1, 2, 3, 4, 5, 6]);
        assert_eq!(picture.size(), (1.0, 0.5));
        assert_eq!(picture.pixels().collect::<Vec<_>>(), [(0, 0, (1, 2, 3)), (1, 0, (4, 5, 6))]);
    }
}
