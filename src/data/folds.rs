//! Folds of the training classes, for a selection policy that looks at more than one split of them.
//!
//! In fold k a fifth of the seen classes play the unseen ones, and of every other class a fifth of
//! the training images is held out. Where a class and an image stand follows from a hash of the
//! split's identity and of them, so the folds of a split are always the same and need no seed; over
//! the five folds every class is unseen once and the held-out fifths of a class do not meet.

use std::collections::BTreeMap;

use crate::data::samples::{SampleIndex, Samples};
use crate::data::split::{TrainSamples, Validation};
use crate::id::{Digest, Hasher};

/// How many folds there are.
pub const FOLDS: usize = 5;

/// Why there are no folds.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FoldsError {
    /// Too few classes.
    #[error(
        "`class-cv5` needs at least {FOLDS} seen classes with training images, but there are {0}; \
         choose `val-gzsl`"
    )]
    TooFewClasses(usize),
    /// A class that cannot be trained on and held out at once.
    #[error(
        "`class-cv5` needs at least two training images of each seen class, but `{0}` has one; \
         choose `val-gzsl`, or leave the class out"
    )]
    TooFewImages(String),
}

/// The folds of the training images, each a partition of them as [`Validation`] is.
///
/// # Errors
/// [`FoldsError`].
pub fn class_folds(train: &TrainSamples, samples: &Samples) -> Result<Vec<Validation>, FoldsError> {
    let mut images: BTreeMap<&str, Vec<SampleIndex>> = BTreeMap::new();
    for &image in &train.images {
        images.entry(samples.class_name(image)).or_default().push(image);
    }
    if images.len() < FOLDS {
        return Err(FoldsError::TooFewClasses(images.len()));
    }
    if let Some((class, _)) = images.iter().find(|(_, images)| images.len() < 2) {
        return Err(FoldsError::TooFewImages((*class).to_owned()));
    }
    for list in images.values_mut() {
        list.sort_by_cached_key(|image| place(train, &image.0.to_le_bytes()));
    }
    let mut classes: Vec<&str> = images.keys().copied().collect();
    classes.sort_by_cached_key(|class| place(train, class.as_bytes()));
    Ok((0..FOLDS).map(|fold| one_fold(fold, &classes, &images)).collect())
}

/// What decides where a class or an image stands.
fn place(train: &TrainSamples, what: &[u8]) -> Digest {
    let mut hasher = Hasher::default();
    hasher.update(train.identity.split.as_bytes());
    hasher.update(what);
    hasher.finish()
}

fn one_fold(
    fold: usize,
    classes: &[&str],
    images: &BTreeMap<&str, Vec<SampleIndex>>,
) -> Validation {
    let mut parts = Validation {
        unseen_classes: Vec::new(),
        fit: Vec::new(),
        validation_seen: Vec::new(),
        validation_unseen: Vec::new(),
    };
    for (position, class) in classes.iter().enumerate() {
        let images = &images[class];
        if position % FOLDS == fold {
            parts.unseen_classes.push((*class).to_owned());
            parts.validation_unseen.extend(images);
            continue;
        }
        // A class with fewer images than folds still has one held out in each.
        let turn = fold % images.len().min(FOLDS);
        for (at, &image) in images.iter().enumerate() {
            let is_held_out = at % FOLDS == turn;
            if is_held_out { &mut parts.validation_seen } else { &mut parts.fit }.push(image);
        }
    }
    parts.unseen_classes.sort_unstable();
    for list in [&mut parts.fit, &mut parts.validation_seen, &mut parts.validation_unseen] {
        list.sort_unstable();
    }
    parts
}

#[cfg(test)]
mod tests;
