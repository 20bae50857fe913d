//! The parts of a zero-shot split, as types: nothing that is trained can be given a test part.
//!
//! ```text
//! seen classes    ── train ─┬─ fit              what validation models are trained on
//!                 │         ├─ validation_seen   held-out images of the classes in `fit`
//!                 │         └─ validation_unseen all training images of some seen classes
//!                 └─ test_seen
//! unseen classes  ── test_unseen
//! ```
//!
//! The three lists under `train` partition it, so choosing anything on them cannot leak a test
//! image. That is where the lists in wide use go wrong: their validation images overlap the images
//! that the generalised setting tests on.
//!
//! A split is known by the digest of what it contains, never by a name: several versions of "the"
//! proposed split are in circulation.

use std::collections::BTreeSet;
use std::io;

use serde::{Deserialize, Serialize};

use crate::artifact::{Artifact, ArtifactKind, Blob};
use crate::data::samples::{SampleIndex, Samples};
use crate::data::{decode_json, encode_json};
use crate::id::Digest;

/// What all parts of one split have in common.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SplitIdentity {
    /// The digest over the index vectors, the class names and the samples.
    pub split: Digest,
    /// The identity of the samples that the indices refer to.
    pub samples: Digest,
}

/// What a model may learn from: images of seen classes and the names of the unseen ones.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TrainSamples {
    /// Which split this is a part of.
    pub identity: SplitIdentity,
    /// The seen classes, sorted.
    pub seen: Vec<String>,
    /// The unseen classes, sorted: candidates at test, by name only.
    pub unseen: Vec<String>,
    /// All training images, in rising order.
    pub images: Vec<SampleIndex>,
    /// The part of them that selection uses.
    pub validation: Validation,
}

/// The leak-free validation protocol `val-gzsl`, a partition of the training images.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Validation {
    /// The seen classes that play the unseen ones, sorted.
    pub unseen_classes: Vec<String>,
    /// What validation models are trained on.
    pub fit: Vec<SampleIndex>,
    /// Held-out images of the classes in `fit`.
    pub validation_seen: Vec<SampleIndex>,
    /// All training images of `unseen_classes`.
    pub validation_unseen: Vec<SampleIndex>,
}

/// Test images of seen classes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TestSeenSamples {
    /// Which split this is a part of.
    pub identity: SplitIdentity,
    /// The seen classes, sorted.
    pub classes: Vec<String>,
    /// The images, in rising order.
    pub images: Vec<SampleIndex>,
}

/// Test images of unseen classes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TestUnseenSamples {
    /// Which split this is a part of.
    pub identity: SplitIdentity,
    /// The unseen classes, sorted.
    pub classes: Vec<String>,
    /// The images, in rising order.
    pub images: Vec<SampleIndex>,
}

/// All parts of a split.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Split {
    /// For training and selection.
    pub train: TrainSamples,
    /// For S.
    pub test_seen: TestSeenSamples,
    /// For U and T1.
    pub test_unseen: TestUnseenSamples,
}

/// Why parts of a split do not fit together or to the samples.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SplitMismatch {
    /// The split was made for other samples.
    #[error(
        "the {part} was made for the samples {}, but the samples given are {}",
        expected.short(),
        got.short()
    )]
    Samples {
        /// The part, in words.
        part: &'static str,
        /// The identity in the split.
        expected: Digest,
        /// The identity of the samples given.
        got: Digest,
    },
    /// Two parts are of different splits.
    #[error("the {part} is of the split {}, but the {other} is of {}", left.short(), right.short())]
    Split {
        /// One part, in words.
        part: &'static str,
        /// The other part.
        other: &'static str,
        /// The split of the one.
        left: Digest,
        /// The split of the other.
        right: Digest,
    },
    /// A sample is in two parts that must not meet, or in none that it must be in.
    #[error("sample {} is in {part}, but {problem}", sample.0)]
    Overlap {
        /// The sample.
        sample: SampleIndex,
        /// One part, in words.
        part: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl SplitIdentity {
    /// Checks that the part called `part` was made for `samples`.
    ///
    /// # Errors
    /// [`SplitMismatch::Samples`].
    pub fn check_samples(
        &self,
        part: &'static str,
        samples: &Samples,
    ) -> Result<(), SplitMismatch> {
        let got = samples.identity();
        if got == self.samples {
            return Ok(());
        }
        Err(SplitMismatch::Samples { part, expected: self.samples, got })
    }

    /// Checks that two parts are of one split.
    ///
    /// # Errors
    /// [`SplitMismatch::Split`].
    pub fn check_same(
        &self,
        part: &'static str,
        other: &'static str,
        identity: &Self,
    ) -> Result<(), SplitMismatch> {
        let (left, right) = (self.split, identity.split);
        if left == right { Ok(()) } else { Err(SplitMismatch::Split { part, other, left, right }) }
    }
}

impl TrainSamples {
    /// The seen classes that validation models are trained on, sorted.
    #[must_use]
    pub fn fit_classes(&self) -> Vec<String> {
        let held_out: BTreeSet<_> = self.validation.unseen_classes.iter().collect();
        self.seen.iter().filter(|class| !held_out.contains(class)).cloned().collect()
    }

    /// Checks that the validation lists partition the training images.
    ///
    /// # Errors
    /// [`SplitMismatch::Overlap`].
    pub fn audit(&self) -> Result<(), SplitMismatch> {
        let images: BTreeSet<_> = self.images.iter().copied().collect();
        let mut placed = BTreeSet::new();
        let lists = [
            ("the fit list", &self.validation.fit),
            ("the list of seen validation images", &self.validation.validation_seen),
            ("the list of unseen validation images", &self.validation.validation_unseen),
        ];
        for (part, list) in lists {
            for &sample in list {
                if !images.contains(&sample) {
                    let problem = "it is not a training image";
                    return Err(SplitMismatch::Overlap { sample, part, problem });
                }
                if !placed.insert(sample) {
                    let problem = "another validation list holds it as well";
                    return Err(SplitMismatch::Overlap { sample, part, problem });
                }
            }
        }
        match images.difference(&placed).next() {
            None => Ok(()),
            Some(&sample) => {
                let (part, problem) = ("the training images", "in no validation list");
                Err(SplitMismatch::Overlap { sample, part, problem })
            }
        }
    }
}

impl Split {
    /// Checks that no test image is a training image and that no class is both seen and unseen.
    ///
    /// # Errors
    /// [`SplitMismatch`].
    pub fn audit(&self, samples: &Samples) -> Result<(), SplitMismatch> {
        self.train.audit()?;
        let train: BTreeSet<_> = self.train.images.iter().copied().collect();
        let seen: BTreeSet<_> = self.train.seen.iter().map(String::as_str).collect();
        let overlap = |part, sample, problem| SplitMismatch::Overlap { sample, part, problem };
        for &sample in &self.train.images {
            if !seen.contains(samples.class_name(sample)) {
                return Err(overlap("the training images", sample, "its class is not seen"));
            }
        }
        for &sample in &self.test_seen.images {
            if train.contains(&sample) {
                return Err(overlap("the seen test images", sample, "it is a training image"));
            }
            if !seen.contains(samples.class_name(sample)) {
                return Err(overlap("the seen test images", sample, "its class is not seen"));
            }
        }
        for &sample in &self.test_unseen.images {
            if train.contains(&sample) || seen.contains(samples.class_name(sample)) {
                return Err(overlap("the unseen test images", sample, "its class is seen"));
            }
        }
        Ok(())
    }
}

macro_rules! json_artifact {
    ($type:ty, $kind:literal) => {
        impl Artifact for $type {
            const KIND: ArtifactKind = ArtifactKind($kind);
            const CODEC: u32 = 1;

            fn encode(&self, out: &mut dyn io::Write) -> io::Result<()> {
                encode_json(self, out)
            }

            fn decode(blob: Blob) -> io::Result<Self> {
                decode_json(&blob)
            }
        }
    };
}

json_artifact!(TrainSamples, "train-samples");
json_artifact!(TestSeenSamples, "test-seen-samples");
json_artifact!(TestUnseenSamples, "test-unseen-samples");
