//! Writing features, image by image.

use std::io::{self, Write as _};

use crate::artifact::{Artifact as _, BlobWriter, invalid};

use super::{Features, Header, Loss, Storage, TensorInfo};

/// Writes features image by image.
pub struct FeaturesWriter {
    writer: BlobWriter,
    header: Header,
    written: usize,
    record: Vec<u8>,
    /// What storing costs, a tensor at a time.
    losses: Vec<Loss>,
    stored: Vec<f32>,
}

impl FeaturesWriter {
    /// Begins a file for `images` images.
    ///
    /// # Errors
    /// What the system reports.
    pub fn new(writer: BlobWriter, tensors: Vec<TensorInfo>, images: usize) -> io::Result<Self> {
        Self::begin(writer, Header { images, tensors, stored: None })
    }

    /// Begins a file for some of `images` images, which are `stored` in rising order.
    ///
    /// # Errors
    /// What the system reports.
    pub fn partial(
        writer: BlobWriter,
        tensors: Vec<TensorInfo>,
        images: usize,
        stored: Vec<usize>,
    ) -> io::Result<Self> {
        Self::begin(writer, Header { images, tensors, stored: Some(stored) })
    }

    fn begin(mut writer: BlobWriter, header: Header) -> io::Result<Self> {
        writer.write_all(&header.encode())?;
        let losses = header.tensors.iter().map(|_| Loss::default()).collect();
        let (record, stored) = (Vec::new(), Vec::new());
        Ok(Self { writer, header, written: 0, record, losses, stored })
    }

    /// The tensors of an image.
    #[must_use]
    pub fn tensors(&self) -> &[TensorInfo] {
        &self.header.tensors
    }

    /// What storing has cost, for each tensor that is not stored as it is; of the images that this
    /// writer was given as values.
    pub fn losses(&self) -> impl Iterator<Item = (&TensorInfo, &Loss)> {
        let all = self.header.tensors.iter().zip(&self.losses);
        all.filter(|(info, loss)| info.storage != Storage::F32 && loss.images() > 0)
    }

    /// Adds the next image: the values of each tensor. Gives its record.
    ///
    /// # Errors
    /// What the system reports, and [`io::ErrorKind::InvalidData`] for a value that is not finite.
    ///
    /// # Panics
    /// If the rows are not those of the tensors.
    pub fn push(&mut self, rows: &[&[f32]]) -> io::Result<&[u8]> {
        assert_eq!(rows.len(), self.header.tensors.len(), "a row a tensor");
        self.record.clear();
        let tensors = self.header.tensors.iter().zip(&mut self.losses);
        for ((info, loss), row) in tensors.zip(rows) {
            assert_eq!(row.len(), info.width(), "a row of `{}` has this length", info.name);
            check(self.header.image(self.written), &info.name, row.iter())?;
            let start = self.record.len();
            info.encode(row, &mut self.record);
            if info.storage != Storage::F32 {
                self.stored.resize(row.len(), 0.0);
                info.decode(&self.record[start..], &mut self.stored);
                loss.add(row, &self.stored);
            }
        }
        self.written += 1;
        self.writer.write_all(&self.record)?;
        Ok(&self.record)
    }

    /// Adds images whose records an earlier writer gave; says how many. Takes all or none: bytes that
    /// are no whole records, or too many, are not those of these images.
    ///
    /// # Errors
    /// What the system reports.
    pub fn push_records(&mut self, records: &[u8]) -> io::Result<usize> {
        let stride = self.header.stride();
        let count = records.len().checked_div(stride).unwrap_or(0);
        if count * stride != records.len() || self.written + count > self.header.count() {
            return Ok(0);
        }
        self.written += count;
        self.writer.write_all(records)?;
        Ok(count)
    }

    /// Ends the file.
    ///
    /// # Errors
    /// What the system reports, and [`io::ErrorKind::InvalidData`] if images are missing.
    pub fn finish(self) -> io::Result<Features> {
        if self.written != self.header.count() {
            let (written, images) = (self.written, self.header.count());
            return Err(invalid(format!("{written} images were written, {images} announced")));
        }
        Features::decode(self.writer.finish().map_err(io::Error::other)?)
    }
}

/// Refuses the first value that is not finite, naming its place.
pub(super) fn check<'a>(
    image: usize,
    tensor: &str,
    values: impl Iterator<Item = &'a f32>,
) -> io::Result<()> {
    match values.enumerate().find(|(_, value)| !value.is_finite()) {
        Some((at, value)) => {
            Err(invalid(format!("image {image}: tensor `{tensor}` is {value} at position {at}")))
        }
        None => Ok(()),
    }
}
