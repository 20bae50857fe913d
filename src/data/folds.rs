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
mod tests {
    use std::collections::BTreeSet;

    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    use crate::data::samples::Sample;
    use crate::data::splitting::{SplitRule, split};

    use super::*;

    /// Seven seen classes with the given number of images, and an unseen one.
    fn data(images: usize) -> (Samples, TrainSamples) {
        let rows = (0..8).flat_map(|class| {
            (0..images).map(move |image| Sample {
                name: format!("{class}/{image}"),
                class: format!("class {class}"),
            })
        });
        let samples = Samples::new(rows.collect(), BTreeMap::new()).unwrap();
        let rule = SplitRule {
            unseen: BTreeSet::from(["class 7".to_owned()]),
            validation_unseen: BTreeSet::from(["class 6".to_owned()]),
            test_seen_fraction: 0.2,
            validation_seen_fraction: 0.2,
            max_per_class: None,
            max_train_per_class: None,
        };
        let rng = |_: &str| ChaCha8Rng::seed_from_u64(1);
        let train = split(&samples, &rule, &rng).unwrap().train;
        (samples, train)
    }

    #[test]
    fn every_class_is_unseen_once_and_every_fold_partitions_the_training_images() {
        let (samples, train) = data(15);
        let folds = class_folds(&train, &samples).unwrap();
        assert_eq!(folds.len(), FOLDS);
        let mut unseen: Vec<&String> = folds.iter().flat_map(|fold| &fold.unseen_classes).collect();
        unseen.sort();
        assert_eq!(unseen, train.seen.iter().collect::<Vec<_>>());
        for fold in &folds {
            TrainSamples { validation: fold.clone(), ..train.clone() }.audit().unwrap();
            for &image in &fold.validation_unseen {
                assert!(fold.unseen_classes.iter().any(|class| class == samples.class_name(image)));
            }
            // Twelve training images a class, of which two or three are held out.
            let seen = train.seen.len() - fold.unseen_classes.len();
            let held_out = fold.validation_seen.len();
            assert!((2 * seen..=3 * seen).contains(&held_out), "{held_out}");
        }
        let mut met = BTreeSet::new();
        let held_out = folds.iter().flat_map(|fold| &fold.validation_seen);
        assert!(held_out.into_iter().all(|image| met.insert(image)), "held out twice");
        assert_eq!(folds, class_folds(&train, &samples).unwrap());
    }

    #[test]
    fn another_split_has_other_folds() {
        let (samples, train) = data(15);
        let mut other = train.clone();
        other.identity.split = Digest::of(b"another");
        let unseen =
            |train: &TrainSamples| class_folds(train, &samples).unwrap()[0].unseen_classes.clone();
        assert_ne!(unseen(&train), unseen(&other));
    }

    #[test]
    fn two_images_are_enough_and_one_is_not() {
        let (samples, train) = data(3);
        for fold in class_folds(&train, &samples).unwrap() {
            let seen = train.seen.len() - fold.unseen_classes.len();
            assert_eq!((fold.fit.len(), fold.validation_seen.len()), (seen, seen));
        }
        let mut one = train.clone();
        one.images.remove(0);
        let error = class_folds(&one, &samples).unwrap_err();
        assert!(error.to_string().contains("`class 0` has one"), "{error}");
        one.images.retain(|&image| samples.class_name(image) < "class 4");
        assert_eq!(class_folds(&one, &samples).unwrap_err(), FoldsError::TooFewClasses(4));
    }
}
