//! What importers of pictures share: packing them one by one, each with a row of the table of samples.

use std::collections::BTreeMap;
use std::io;

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder as _};

use crate::data::images::{Images, ImagesWriter};
use crate::data::samples::{Sample, Samples};
use crate::stage::{StageContext, StageError};

/// Pictures in the order in which they come; only the names are in memory.
pub(super) struct Pictures {
    images: ImagesWriter,
    rows: Vec<Sample>,
    columns: BTreeMap<String, Vec<String>>,
}

impl Pictures {
    /// Packs into the output `images`.
    pub(super) fn new(cx: &StageContext<'_>) -> Result<Self, StageError> {
        let images = ImagesWriter::new(cx.writer("images")?);
        Ok(Self { images, rows: Vec::new(), columns: BTreeMap::new() })
    }

    /// How many there are so far.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Adds an encoded picture.
    pub(super) fn push(
        &mut self,
        name: &str,
        class: &str,
        encoded: &[u8],
    ) -> Result<(), StageError> {
        self.images.push(name, encoded).map_err(encode_error)?;
        self.rows.push(Sample { name: name.to_owned(), class: class.to_owned() });
        Ok(())
    }

    /// Adds the value of a further column for the picture that was pushed last.
    pub(super) fn column(&mut self, name: &str, value: &str) {
        self.columns.entry(name.to_owned()).or_default().push(value.to_owned());
    }

    /// Ends the file of pictures and makes the table.
    pub(super) fn finish(self) -> Result<(Images, Samples), StageError> {
        let samples = Samples::new(self.rows, self.columns)
            .map_err(|error| StageError::data(error.to_string()))?;
        Ok((self.images.finish().map_err(encode_error)?, samples))
    }
}

fn encode_error(source: io::Error) -> StageError {
    StageError::Encode { port: "images".to_owned(), source }
}

/// Whether bytes begin like a JPEG or a PNG.
pub(super) fn is_picture(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xd8, 0xff]) || bytes.starts_with(b"\x89PNG\r\n\x1a\n")
}

/// Encodes pixels without loss.
pub(super) fn encode_png(
    pixels: &[u8],
    width: usize,
    height: usize,
    colour: ExtendedColorType,
) -> Result<Vec<u8>, StageError> {
    let side = |side| u32::try_from(side).map_err(|_| StageError::Bug("a side beyond u32".into()));
    let mut png = Vec::new();
    PngEncoder::new(&mut png)
        .write_image(pixels, side(width)?, side(height)?, colour)
        .map_err(|error| StageError::Bug(error.to_string()))?;
    Ok(png)
}
