//! The answer key of synthetic pictures: which cell holds which attribute.
//!
//! ```text
//! header length (u64) | header (JSON) | one record an image
//! record: pose (u8) | cell of each part (u8 each) | attribute in each of 16 cells (u8, 255 none)
//! ```

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::artifact::{Artifact, ArtifactKind, Blob, BlobWriter, invalid};

use super::CELLS;
use super::layout::Scene;

const EMPTY: u8 = u8::MAX;

/// What all images have in common.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PaintedCellsHeader {
    /// How many images there are.
    pub images: usize,
    /// Parts of each object.
    pub parts: usize,
    /// The names of the attributes.
    pub attributes: Vec<String>,
}

/// The answer key, one record an image.
#[derive(Clone)]
pub struct PaintedCells {
    header: PaintedCellsHeader,
    records_at: usize,
    blob: Blob,
}

impl PaintedCellsHeader {
    fn record_bytes(&self) -> usize {
        1 + self.parts + CELLS
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let text = serde_json::to_vec(self)?;
        out.write_all(&(text.len() as u64).to_le_bytes())?;
        out.write_all(&text)
    }
}

impl PaintedCells {
    /// What all images have in common.
    #[must_use]
    pub fn header(&self) -> &PaintedCellsHeader {
        &self.header
    }

    fn record(&self, image: usize) -> &[u8] {
        let bytes = self.header.record_bytes();
        &self.blob[self.records_at + image * bytes..][..bytes]
    }

    /// The pose of an image.
    ///
    /// # Panics
    /// If there is no such image.
    #[must_use]
    pub fn pose(&self, image: usize) -> usize {
        self.record(image)[0].into()
    }

    /// The cell of each part of an image, in the order of the parts.
    ///
    /// # Panics
    /// If there is no such image.
    #[must_use]
    pub fn part_cells(&self, image: usize) -> &[u8] {
        &self.record(image)[1..=self.header.parts]
    }

    /// Whether a cell holds a part of the object.
    ///
    /// # Panics
    /// If there is no such image.
    #[must_use]
    pub fn is_informative(&self, image: usize, cell: usize) -> bool {
        self.part_cells(image).iter().any(|&part| usize::from(part) == cell)
    }

    /// The attribute painted in a cell, as a part or as clutter.
    ///
    /// # Panics
    /// If there is no such image or cell.
    #[must_use]
    pub fn attribute(&self, image: usize, cell: usize) -> Option<usize> {
        let painted = self.record(image)[1 + self.header.parts..][cell];
        (painted != EMPTY).then_some(painted.into())
    }
}

impl Artifact for PaintedCells {
    const KIND: ArtifactKind = ArtifactKind("painted-cells");
    const CODEC: u32 = 1;

    fn encode(&self, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(&self.blob)
    }

    fn decode(blob: Blob) -> io::Result<Self> {
        let damaged = || invalid("the answer key of the synthetic images is damaged");
        let length = blob.get(..8).ok_or_else(damaged)?;
        let length = u64::from_le_bytes(length.try_into().expect("eight bytes"));
        let end = usize::try_from(length).ok().and_then(|length| length.checked_add(8));
        let records_at = end.ok_or_else(damaged)?;
        let text = blob.get(8..records_at).ok_or_else(damaged)?;
        let header: PaintedCellsHeader =
            serde_json::from_slice(text).map_err(|error| invalid(error.to_string()))?;
        let expected = header.images.checked_mul(header.record_bytes()).ok_or_else(damaged)?;
        if blob.len() - records_at != expected {
            return Err(damaged());
        }
        Ok(Self { header, records_at, blob })
    }

    fn sealed(&self) -> Option<&Blob> {
        Some(&self.blob)
    }
}

/// Writes the answer key image by image.
pub struct PaintedCellsWriter {
    out: BlobWriter,
    header: PaintedCellsHeader,
}

impl PaintedCellsWriter {
    /// Begins a key of `header.images` records.
    ///
    /// # Errors
    /// Whatever the system reports.
    pub fn new(mut out: BlobWriter, header: PaintedCellsHeader) -> io::Result<Self> {
        header.write(&mut out)?;
        Ok(Self { out, header })
    }

    /// Appends the record of the next image.
    ///
    /// # Errors
    /// Whatever the system reports.
    ///
    /// # Panics
    /// If a pose, cell or attribute does not fit a byte.
    pub fn push(&mut self, scene: &Scene) -> io::Result<()> {
        let byte = |number: usize| u8::try_from(number).expect("poses, cells, attributes are few");
        let mut record = vec![byte(scene.pose)];
        record.extend(scene.parts.iter().map(|part| byte(part.cell)));
        let mut painted = [EMPTY; CELLS];
        for placement in scene.parts.iter().chain(&scene.clutter) {
            painted[placement.cell] = byte(placement.attribute);
        }
        record.extend(painted);
        debug_assert_eq!(record.len(), self.header.record_bytes());
        self.out.write_all(&record)
    }

    /// Finishes the file; the result is a view of it.
    ///
    /// # Errors
    /// Whatever the system reports.
    pub fn finish(self) -> io::Result<PaintedCells> {
        PaintedCells::decode(self.out.finish().map_err(io::Error::other)?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::layout::Placement;
    use super::*;

    #[test]
    fn the_key_says_what_was_painted_where() {
        let folder = tempfile::tempdir().unwrap();
        let out = BlobWriter::create(folder.path().join("cells")).unwrap();
        let attributes = vec!["a".to_owned(), "b".to_owned()];
        let header = PaintedCellsHeader { images: 2, parts: 1, attributes };
        let mut writer = PaintedCellsWriter::new(out, header).unwrap();
        let part = Placement { cell: 3, attribute: 1 };
        let clutter = Placement { cell: 0, attribute: 0 };
        let scene = Scene { pose: 2, parts: vec![part], clutter: vec![clutter] };
        writer.push(&Scene { pose: 0, parts: vec![clutter], clutter: Vec::new() }).unwrap();
        writer.push(&scene).unwrap();
        let cells = writer.finish().unwrap();
        assert_eq!((cells.pose(1), cells.part_cells(1)), (2, &[3][..]));
        assert_eq!(cells.attribute(1, 3), Some(1));
        assert_eq!(cells.attribute(1, 0), Some(0));
        assert_eq!(cells.attribute(1, 1), None);
        assert!(cells.is_informative(1, 3) && !cells.is_informative(1, 0));
        let short = Blob::from_bytes(&cells.blob[..cells.blob.len() - 1]);
        assert!(PaintedCells::decode(short).is_err());
    }
}
