//! What a search has seen of every test image, look by look, without any rule about when to stop.
//!
//! The cells that an agent looks at follow from what it sees, never from classes, deltas or
//! thresholds. So the logits after each of T looks are kept, and from them every threshold, every
//! calibration and both settings follow without looking again.
//!
//! ```text
//! header length (u64) | header (JSON) | one record an image: seen test images, then unseen
//! record: T cells (u16) | T weights (f32) | global logits [C] (f32) | joint logits [T + 1, C] (f32)
//! ```

use std::io::{self, Write};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::artifact::{Artifact, ArtifactKind, Blob, BlobWriter, invalid};
use crate::data::samples::SampleIndex;
use crate::rl::{Trace, TracedLook};
use crate::zsl::candidates::{Candidate, Candidates};
use crate::zsl::model::Provenance;

use super::verdict::{Opinion, Verdict};

/// Whose traces these are and what the right answers are.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TracesHeader {
    /// The classes of the logits.
    pub candidates: Candidates,
    /// The images, seen ones first.
    pub images: Vec<SampleIndex>,
    /// The true classes of the images of seen classes.
    pub seen_labels: Vec<Candidate>,
    /// The true classes of the images of unseen classes.
    pub unseen_labels: Vec<Candidate>,
    /// T, looks at each image; 0 where the whole image decides alone.
    pub looks: usize,
    /// The mean weight of the cells that the agent was trained on; 1 without weights.
    pub mean_weight: f64,
    /// Where the network comes from. Nothing is calibrated yet.
    pub provenance: Provenance,
}

/// The traces of all test images.
#[derive(Clone)]
pub struct Traces {
    header: TracesHeader,
    records_at: usize,
    blob: Blob,
}

/// Everything that was seen of an image.
#[derive(Clone, PartialEq, Debug)]
pub struct Looked {
    /// The cells in order, `[T]`.
    pub cells: Vec<usize>,
    /// beta of each, `[T]`.
    pub weights: Vec<f64>,
    /// The logits of the global attributes, `[C]`.
    pub global: Vec<f64>,
    /// The logits of the joint attributes after 0 to T looks, [T + 1, C].
    pub joint: Vec<f64>,
}

impl Looked {
    /// What the network thinks after some looks, among the classes of `range` only.
    ///
    /// # Panics
    /// If there were fewer looks, or the handicap is not one number a class of the range.
    #[must_use]
    pub fn opinion<'a>(
        &'a self,
        looks: usize,
        range: Range<usize>,
        handicap: &'a [f64],
    ) -> Opinion<'a> {
        assert_eq!(handicap.len(), range.len(), "a handicap a class");
        let joint = &self.joint[looks * self.global.len()..][range.clone()];
        Opinion { global: &self.global[range], joint, handicap, has_looked: looks > 0 }
    }

    /// The search as a policy without knowledge of the truth sees it: rewards of its own
    /// predictions among the classes of `range`, which are counted from its start.
    ///
    /// # Panics
    /// If the handicap is not one number a class of the range.
    #[must_use]
    pub fn trace(&self, range: &Range<usize>, handicap: &[f64]) -> Trace {
        let opinion = |looks| self.opinion(looks, range.clone(), handicap);
        let opening = opinion(0);
        let softmax = opening.global_softmax();
        let look = |(at, (&cell, &weight)): (usize, (&usize, &f64))| {
            let Verdict { prediction, joint, global } =
                opinion(at + 1).verdict_with(&softmax, None);
            let reward = weight * (joint + global);
            TracedLook { cell, weight, joint, global, reward, prediction }
        };
        let looks = self.cells.iter().zip(&self.weights).enumerate().map(look).collect();
        Trace { opening: opening.prediction(), looks }
    }
}

impl TracesHeader {
    fn record_bytes(&self) -> Option<usize> {
        let logits = self.looks.checked_add(2)?.checked_mul(self.candidates.len())?;
        self.looks.checked_mul(6)?.checked_add(logits.checked_mul(4)?)
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let text = serde_json::to_vec(self)?;
        out.write_all(&(text.len() as u64).to_le_bytes())?;
        out.write_all(&text)
    }
}

impl Traces {
    /// Whose traces these are.
    #[must_use]
    pub fn header(&self) -> &TracesHeader {
        &self.header
    }

    /// How many images there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.header.images.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The true class of an image.
    ///
    /// # Panics
    /// If there is no such image.
    #[must_use]
    pub fn label(&self, image: usize) -> Candidate {
        let seen = &self.header.seen_labels;
        seen.get(image).copied().unwrap_or_else(|| self.header.unseen_labels[image - seen.len()])
    }

    /// What was seen of an image.
    ///
    /// # Panics
    /// If there is no such image.
    #[must_use]
    pub fn image(&self, image: usize) -> Looked {
        let bytes = self.header.record_bytes().expect("checked when decoded");
        let record = &self.blob[self.records_at + image * bytes..][..bytes];
        let (cells, rest) = record.split_at(2 * self.header.looks);
        let cells = cells.as_chunks().0.iter().map(|bytes| u16::from_le_bytes(*bytes).into());
        let mut numbers =
            rest.as_chunks().0.iter().map(|bytes| f64::from(f32::from_le_bytes(*bytes)));
        let weights = numbers.by_ref().take(self.header.looks).collect();
        let global = numbers.by_ref().take(self.header.candidates.len()).collect();
        Looked { cells: cells.collect(), weights, global, joint: numbers.collect() }
    }
}

impl Artifact for Traces {
    const KIND: ArtifactKind = ArtifactKind("search-traces");
    const CODEC: u32 = 1;

    fn encode(&self, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(&self.blob)
    }

    fn decode(blob: Blob) -> io::Result<Self> {
        let damaged = || invalid("the traces of the search are damaged");
        let (length, rest) = blob.split_first_chunk::<8>().ok_or_else(damaged)?;
        let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| damaged())?;
        let (text, records) = rest.split_at_checked(length).ok_or_else(damaged)?;
        let header: TracesHeader =
            serde_json::from_slice(text).map_err(|error| invalid(error.to_string()))?;
        let images = header.images.len();
        let bytes = header.record_bytes().and_then(|bytes| bytes.checked_mul(images));
        let classes = header.candidates.len();
        let labels = || header.seen_labels.iter().chain(&header.unseen_labels);
        let labels_fit = labels().count() == images && labels().all(|label| label.get() < classes);
        if bytes != Some(records.len()) || !labels_fit {
            return Err(damaged());
        }
        let records_at = 8 + length;
        Ok(Self { header, records_at, blob })
    }

    fn sealed(&self) -> Option<&Blob> {
        Some(&self.blob)
    }
}

/// Writes traces image by image.
pub struct TracesWriter {
    out: BlobWriter,
}

impl TracesWriter {
    /// Begins a file.
    ///
    /// # Errors
    /// Whatever the system reports.
    pub fn new(mut out: BlobWriter, header: &TracesHeader) -> io::Result<Self> {
        header.write(&mut out)?;
        Ok(Self { out })
    }

    /// Appends what was seen of the next image. Logits and weights are `f32` at heart, so nothing is
    /// lost.
    ///
    /// # Errors
    /// Whatever the system reports.
    ///
    /// # Panics
    /// If a cell does not fit 16 bits.
    #[expect(clippy::cast_possible_truncation, reason = "they were f32 before")]
    pub fn push(&mut self, looked: &Looked) -> io::Result<()> {
        for cell in &looked.cells {
            let cell = u16::try_from(*cell).expect("maps have fewer than 65536 cells");
            self.out.write_all(&cell.to_le_bytes())?;
        }
        let numbers = looked.weights.iter().chain(&looked.global).chain(&looked.joint);
        let bytes: Vec<u8> = numbers.flat_map(|number| (*number as f32).to_le_bytes()).collect();
        self.out.write_all(&bytes)
    }

    /// Finishes the file; the result is a view of it.
    ///
    /// # Errors
    /// Whatever the system reports, and [`io::ErrorKind::InvalidData`] if images are missing.
    pub fn finish(self) -> io::Result<Traces> {
        Traces::decode(self.out.finish().map_err(io::Error::other)?)
    }
}
