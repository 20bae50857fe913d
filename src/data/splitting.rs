//! How a split is made out of class lists and fractions.

use std::collections::BTreeSet;

use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;

use crate::data::samples::{SampleIndex, Samples};
use crate::data::split::{
    Split, SplitIdentity, SplitMismatch, TestSeenSamples, TestUnseenSamples, TrainSamples,
    Validation,
};
use crate::id::Hasher;

/// What is to be split how.
#[derive(Clone, PartialEq, Debug)]
pub struct SplitRule {
    /// The unseen classes.
    pub unseen: BTreeSet<String>,
    /// The seen classes that play the unseen ones in validation.
    pub validation_unseen: BTreeSet<String>,
    /// Share of each seen class that is held out for the test.
    pub test_seen_fraction: f64,
    /// Share of each remaining class that is held out for validation.
    pub validation_seen_fraction: f64,
    /// The largest number of images a class that take part.
    pub max_per_class: Option<usize>,
    /// The largest number of training images a class.
    pub max_train_per_class: Option<usize>,
}

impl SplitRule {
    fn images_of(
        &self,
        class: &str,
        samples: &Samples,
        rng: &dyn Fn(&str) -> ChaCha8Rng,
    ) -> Vec<SampleIndex> {
        let mut images = samples.of_class(class);
        if let Some(limit) = self.max_per_class
            && limit < images.len()
        {
            images.shuffle(&mut rng(&format!("max-per-class/{class}")));
            images.truncate(limit);
            images.sort_unstable();
        }
        images
    }
}

/// Why a split cannot be made.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SplittingError {
    /// A class would be both.
    #[error("class `{0}` is listed both as unseen and as unseen in validation")]
    Both(String),
    /// A class has no sample.
    #[error("class `{0}` has no sample")]
    NoSamples(String),
    /// A part would be empty.
    #[error("{0} would be empty")]
    Empty(&'static str),
    /// A class has too few images for the parts that need one.
    #[error("class `{class}` has {images} images, but {needed} are needed: {purpose}")]
    TooFew {
        /// The class.
        class: String,
        /// How many it has.
        images: usize,
        /// How many it should have.
        needed: usize,
        /// For what.
        purpose: &'static str,
    },
    /// The result is not what it must be, which is a bug.
    #[error(transparent)]
    Audit(#[from] SplitMismatch),
}

const TRAIN_AND_TEST: &str = "one for training and one for the test";
const FIT_AND_VALIDATION: &str = "one for training, one for the test and one for validation";

/// Splits `samples`; `rng` gives a stream by name.
///
/// Each class draws from streams of its own, so that adding a class moves no image of another.
///
/// # Errors
/// [`SplittingError`].
pub fn split(
    samples: &Samples,
    rule: &SplitRule,
    rng: &dyn Fn(&str) -> ChaCha8Rng,
) -> Result<Split, SplittingError> {
    check(samples, rule)?;
    let unseen: Vec<String> = rule.unseen.iter().cloned().collect();
    let seen: Vec<String> =
        samples.classes().iter().filter(|class| !rule.unseen.contains(*class)).cloned().collect();
    let mut lists = Lists::default();
    for class in &seen {
        lists.place_seen(class, rule.images_of(class, samples, rng), rule, rng)?;
    }
    for class in &unseen {
        lists.test_unseen.extend(rule.images_of(class, samples, rng));
    }
    let validation_unseen = rule.validation_unseen.iter().cloned().collect();
    let split = lists.into_split(samples, seen, unseen, validation_unseen);
    split.audit(samples)?;
    Ok(split)
}

fn check(samples: &Samples, rule: &SplitRule) -> Result<(), SplittingError> {
    if let Some(class) = rule.unseen.intersection(&rule.validation_unseen).next() {
        return Err(SplittingError::Both(class.clone()));
    }
    for class in rule.unseen.union(&rule.validation_unseen) {
        if samples.class_id(class).is_none() {
            return Err(SplittingError::NoSamples(class.clone()));
        }
    }
    if rule.unseen.is_empty() {
        return Err(SplittingError::Empty("the set of unseen classes"));
    }
    if rule.validation_unseen.is_empty() {
        return Err(SplittingError::Empty("the set of unseen validation classes"));
    }
    if rule.unseen.len() + rule.validation_unseen.len() >= samples.classes().len() {
        return Err(SplittingError::Empty("the set of classes to train on"));
    }
    Ok(())
}

/// The images of every part, while they are being placed.
#[derive(Default)]
pub(super) struct Lists {
    pub(super) fit: Vec<SampleIndex>,
    pub(super) validation_seen: Vec<SampleIndex>,
    pub(super) validation_unseen: Vec<SampleIndex>,
    pub(super) test_seen: Vec<SampleIndex>,
    pub(super) test_unseen: Vec<SampleIndex>,
}

impl Lists {
    fn place_seen(
        &mut self,
        class: &str,
        mut images: Vec<SampleIndex>,
        rule: &SplitRule,
        rng: &dyn Fn(&str) -> ChaCha8Rng,
    ) -> Result<(), SplittingError> {
        let plays_unseen = rule.validation_unseen.contains(class);
        let (needed, purpose) =
            if plays_unseen { (2, TRAIN_AND_TEST) } else { (3, FIT_AND_VALIDATION) };
        if images.len() < needed {
            let (class, images) = (class.to_owned(), images.len());
            return Err(SplittingError::TooFew { class, images, needed, purpose });
        }
        images.shuffle(&mut rng(&format!("test-seen/{class}")));
        let mut train = hold_out(images, rule.test_seen_fraction, needed - 1, &mut self.test_seen);
        if let Some(limit) = rule.max_train_per_class {
            train.truncate(limit.max(needed - 1));
        }
        if plays_unseen {
            self.validation_unseen.append(&mut train);
            return Ok(());
        }
        train.shuffle(&mut rng(&format!("validation-seen/{class}")));
        let fraction = rule.validation_seen_fraction;
        self.fit.append(&mut hold_out(train, fraction, 1, &mut self.validation_seen));
        Ok(())
    }

    fn sort(&mut self) {
        let Self { fit, validation_seen, validation_unseen, test_seen, test_unseen } = self;
        for list in [fit, validation_seen, validation_unseen, test_seen, test_unseen] {
            list.sort_unstable();
        }
    }

    /// The parts, with their identity. The lists of classes are sorted.
    pub(super) fn into_split(
        mut self,
        samples: &Samples,
        seen: Vec<String>,
        unseen: Vec<String>,
        unseen_classes: Vec<String>,
    ) -> Split {
        self.sort();
        let samples_identity = samples.identity();
        let mut hasher = Hasher::default();
        hasher.update(samples_identity.as_bytes());
        for names in [&seen, &unseen, &unseen_classes] {
            hash_names(&mut hasher, names);
        }
        let lists = [&self.fit, &self.validation_seen, &self.validation_unseen];
        for list in lists.into_iter().chain([&self.test_seen, &self.test_unseen]) {
            hash_indices(&mut hasher, list);
        }
        let identity = SplitIdentity { split: hasher.finish(), samples: samples_identity };
        let mut images = lists.map(Clone::clone).concat();
        images.sort_unstable();
        let validation = Validation {
            unseen_classes,
            fit: self.fit,
            validation_seen: self.validation_seen,
            validation_unseen: self.validation_unseen,
        };
        Split {
            test_seen: TestSeenSamples { identity, classes: seen.clone(), images: self.test_seen },
            test_unseen: TestUnseenSamples {
                identity,
                classes: unseen.clone(),
                images: self.test_unseen,
            },
            train: TrainSamples { identity, seen, unseen, images, validation },
        }
    }
}

/// Moves `fraction` of `images` to `held_out`: at least one, and all but `keep` at most.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a fraction of a count of images"
)]
pub(super) fn hold_out(
    mut images: Vec<SampleIndex>,
    fraction: f64,
    keep: usize,
    held_out: &mut Vec<SampleIndex>,
) -> Vec<SampleIndex> {
    let count = (images.len() as f64 * fraction).round() as usize;
    let rest = images.split_off(count.clamp(1, images.len() - keep));
    held_out.append(&mut images);
    rest
}

fn hash_names(hasher: &mut Hasher, names: &[String]) {
    hasher.update(&(names.len() as u64).to_le_bytes());
    for name in names {
        hasher.update(&(name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
    }
}

fn hash_indices(hasher: &mut Hasher, list: &[SampleIndex]) {
    hasher.update(&(list.len() as u64).to_le_bytes());
    for sample in list {
        hasher.update(&sample.0.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rand_chacha::rand_core::SeedableRng as _;

    use crate::data::samples::Sample;

    use super::*;

    fn samples(counts: &[(&str, usize)]) -> Samples {
        let rows = counts.iter().flat_map(|(class, count)| {
            (0..*count).map(move |image| Sample {
                name: format!("{class}/{image}"),
                class: (*class).to_owned(),
            })
        });
        Samples::new(rows.collect(), BTreeMap::new()).unwrap()
    }

    fn rule() -> SplitRule {
        SplitRule {
            unseen: BTreeSet::from(["d".to_owned()]),
            validation_unseen: BTreeSet::from(["c".to_owned()]),
            test_seen_fraction: 0.2,
            validation_seen_fraction: 0.25,
            max_per_class: None,
            max_train_per_class: None,
        }
    }

    fn stream(name: &str) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(name.bytes().map(u64::from).sum())
    }

    #[test]
    fn the_parts_have_the_sizes_asked_for() {
        let samples = samples(&[("a", 10), ("b", 5), ("c", 10), ("d", 4)]);
        let split = split(&samples, &rule(), &stream).unwrap();
        // Test: 2 of a, 1 of b, 2 of c. Training keeps 8 + 4 + 8. Validation: 2 of a, 1 of b.
        assert_eq!(split.test_seen.images.len(), 5);
        assert_eq!(split.test_unseen.images.len(), 4);
        assert_eq!(split.train.images.len(), 20);
        assert_eq!(split.train.validation.validation_seen.len(), 3);
        assert_eq!(split.train.validation.validation_unseen.len(), 8);
        assert_eq!(split.train.validation.fit.len(), 9);
        assert_eq!(split.train.seen, ["a", "b", "c"]);
        assert_eq!(split.train.fit_classes(), ["a", "b"]);
    }

    #[test]
    fn no_test_image_is_used_for_training_or_selection() {
        let samples = samples(&[("a", 30), ("b", 31), ("c", 32), ("d", 33)]);
        let split = split(&samples, &rule(), &stream).unwrap();
        let train: BTreeSet<_> = split.train.images.iter().collect();
        let test = split.test_seen.images.iter().chain(&split.test_unseen.images);
        assert_eq!(test.clone().filter(|sample| train.contains(sample)).count(), 0);
        assert_eq!(train.len() + test.count(), samples.len());
        let mut leaky = split.clone();
        leaky.test_seen.images.push(split.train.images[0]);
        assert!(leaky.audit(&samples).unwrap_err().to_string().contains("a training image"));
        let mut double = split.clone();
        double.train.validation.fit.push(split.train.validation.validation_seen[0]);
        assert!(double.audit(&samples).is_err());
        let mut gap = split;
        gap.train.validation.fit.pop();
        assert!(gap.audit(&samples).is_err());
    }

    #[test]
    fn another_class_moves_no_image_and_yet_changes_the_identity() {
        let small = samples(&[("a", 10), ("b", 10), ("c", 10), ("d", 5)]);
        let large = samples(&[("a", 10), ("b", 10), ("c", 10), ("d", 5), ("e", 10)]);
        let one = split(&small, &rule(), &stream).unwrap();
        let other = split(&large, &rule(), &stream).unwrap();
        let of_a = |split: &Split| {
            let images = split.test_seen.images.clone();
            images.into_iter().filter(|sample| sample.0 < 10).collect::<Vec<_>>()
        };
        assert_eq!(of_a(&one), of_a(&other));
        assert_ne!(one.train.identity.split, other.train.identity.split);
        assert_eq!(one.train.identity, one.test_unseen.identity);
    }

    #[test]
    fn every_class_keeps_one_image_for_each_purpose() {
        let samples = samples(&[("a", 3), ("b", 3), ("c", 2), ("d", 1)]);
        let rule = SplitRule { test_seen_fraction: 0.9, max_train_per_class: Some(1), ..rule() };
        let split = split(&samples, &rule, &stream).unwrap();
        assert_eq!(split.test_seen.images.len(), 3);
        assert_eq!(split.train.validation.fit.len(), 2);
        assert_eq!(split.train.validation.validation_seen.len(), 2);
    }

    #[test]
    fn a_limit_draws_the_images_of_every_class_that_take_part() {
        let samples = samples(&[("a", 10), ("b", 5), ("c", 10), ("d", 7)]);
        let rule = SplitRule { max_per_class: Some(6), ..rule() };
        let used = |shift: u64| {
            let rng = |name: &str| {
                ChaCha8Rng::seed_from_u64(name.bytes().map(u64::from).sum::<u64>() + shift)
            };
            let split = split(&samples, &rule, &rng).unwrap();
            [split.train.images, split.test_seen.images, split.test_unseen.images].concat()
        };
        let images = used(0);
        assert_eq!(images.len(), 6 + 5 + 6 + 6);
        let of_b = images.iter().filter(|image| (10..15).contains(&image.0)).count();
        assert_eq!(of_b, 5, "a class below the limit keeps all");
        let sets: Vec<BTreeSet<_>> =
            [0, 0, 1].map(|shift| used(shift).into_iter().collect()).into();
        assert_eq!(sets[0], sets[1]);
        assert_ne!(sets[0], sets[2], "another seed draws other images");
    }

    #[test]
    fn impossible_splits_say_why() {
        let samples = samples(&[("a", 3), ("b", 2), ("c", 2), ("d", 1)]);
        let message = |rule: &SplitRule| split(&samples, rule, &stream).unwrap_err().to_string();
        assert_eq!(
            message(&rule()),
            "class `b` has 2 images, but 3 are needed: one for training, one for the test and one \
             for validation"
        );
        let both = SplitRule { validation_unseen: rule().unseen, ..rule() };
        assert!(message(&both).contains("`d` is listed both"));
        let all =
            SplitRule { validation_unseen: ["a", "b", "c"].map(String::from).into(), ..rule() };
        assert_eq!(message(&all), "the set of classes to train on would be empty");
        let unknown = SplitRule { unseen: BTreeSet::from(["x".to_owned()]), ..rule() };
        assert_eq!(message(&unknown), "class `x` has no sample");
    }
}
