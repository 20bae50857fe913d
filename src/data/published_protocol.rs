//! The parts of a published split, with the leak-free validation protocol `val-gzsl` under them.
//!
//! ```text
//! train'            = train_loc ∩ trainval_loc     its classes are the seen ones of validation
//! validation_unseen = val_loc ∩ trainval_loc       its classes play the unseen ones
//! validation_seen   = a seeded share of each class of train'
//! fit               = the rest of train'
//! ```

use std::collections::{BTreeMap, BTreeSet};

use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;

use crate::data::published_split::{List, PublishedSplit};
use crate::data::samples::{SampleIndex, Samples};
use crate::data::split::{Split, SplitMismatch};
use crate::data::split_audit::audit;
use crate::data::splitting::{Lists, hold_out};

/// Why a published split does not fit the samples.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// An image is beyond the samples.
    #[error("`{list}` holds image {image}, but there are {samples} samples")]
    OutOfRange {
        /// The list.
        list: &'static str,
        /// The image, counted from 1.
        image: u64,
        /// How many samples there are.
        samples: usize,
    },
    /// Facts that make a split usable do not hold.
    #[error("the split is not sound: {0}")]
    Unsound(String),
    /// A class is named twice.
    #[error("class `{0}` is named twice")]
    ClassTwice(String),
    /// The samples have a class that the split does not name.
    #[error("the samples are of class `{0}`, which the split does not name")]
    UnknownClass(String),
    /// The split names a class that has no sample.
    #[error("the split names class `{0}`, which has no sample")]
    AbsentClass(String),
    /// A class is where it must not be.
    #[error("class `{class}` has images in both {one} and {other}")]
    Both {
        /// The class.
        class: String,
        /// One part, in words.
        one: &'static str,
        /// The other part.
        other: &'static str,
    },
    /// A class has no image where one is needed.
    #[error("class `{class}` has {images} images in {part}, but {needed} are needed")]
    TooFew {
        /// The class.
        class: String,
        /// How many it has.
        images: usize,
        /// Where, in words.
        part: &'static str,
        /// How many it should have.
        needed: usize,
    },
    /// The result is not what it must be, which is a bug.
    #[error(transparent)]
    Audit(#[from] SplitMismatch),
}

const TRAINVAL: &str = "`trainval_loc`";
const TEST_SEEN: &str = "`test_seen_loc`";
const TEST_UNSEEN: &str = "`test_unseen_loc`";
const TRAIN: &str = "`train_loc` without its leak";
const VALIDATION: &str = "`val_loc` without its leak";

type ByClass<'a> = BTreeMap<&'a str, Vec<SampleIndex>>;

/// Divides `samples` as `published` says; `rng` gives a stream by name.
///
/// `fraction` of each class of train' is held out for validation, at least one image. Each class
/// draws from a stream of its own.
///
/// # Errors
/// [`ProtocolError`].
pub fn divide(
    published: &PublishedSplit,
    samples: &Samples,
    fraction: f64,
    rng: &dyn Fn(&str) -> ChaCha8Rng,
) -> Result<Split, ProtocolError> {
    check_range(published, samples)?;
    check_classes(published, samples)?;
    let found = audit(published);
    if !found.is_sound() {
        let wrong: Vec<String> = found.violations.iter().map(ToString::to_string).collect();
        return Err(ProtocolError::Unsound(wrong.join("; ")));
    }
    let trainval: BTreeSet<SampleIndex> = published.list(List::Trainval).iter().copied().collect();
    let by_class = |list: List| group(published.list(list).iter().copied(), samples);
    let kept = |list: List| {
        let images = published.list(list).iter().copied();
        group(images.filter(|image| trainval.contains(image)), samples)
    };
    let seen = by_class(List::Trainval);
    let (test_seen, test_unseen) = (by_class(List::TestSeen), by_class(List::TestUnseen));
    disjoint((&seen, TRAINVAL), (&test_unseen, TEST_UNSEEN))?;
    disjoint((&test_seen, TEST_SEEN), (&test_unseen, TEST_UNSEEN))?;
    same((&seen, TRAINVAL), (&test_seen, TEST_SEEN))?;
    let (train, validation) = (kept(List::Train), kept(List::Validation));
    disjoint((&train, TRAIN), (&validation, VALIDATION))?;

    let mut lists = Lists {
        validation_unseen: validation.values().flatten().copied().collect(),
        test_seen: test_seen.values().flatten().copied().collect(),
        test_unseen: test_unseen.values().flatten().copied().collect(),
        ..Lists::default()
    };
    for (class, mut images) in train {
        too_few(class, images.len(), TRAIN, 2)?;
        images.shuffle(&mut rng(&format!("validation-seen/{class}")));
        lists.fit.append(&mut hold_out(images, fraction, 1, &mut lists.validation_seen));
    }
    let split = lists.into_split(samples, names(&seen), names(&test_unseen), names(&validation));
    split.audit(samples)?;
    Ok(split)
}

fn check_range(published: &PublishedSplit, samples: &Samples) -> Result<(), ProtocolError> {
    for list in List::ALL {
        let beyond = published.list(list).iter().find(|image| image.get() >= samples.len());
        if let Some(image) = beyond {
            return Err(ProtocolError::OutOfRange {
                list: list.name(),
                image: u64::from(image.0) + 1,
                samples: samples.len(),
            });
        }
    }
    Ok(())
}

/// Classes are joined by name: the order in which the split names them means nothing.
fn check_classes(published: &PublishedSplit, samples: &Samples) -> Result<(), ProtocolError> {
    let Some(listed) = published.classes() else { return Ok(()) };
    let mut known = BTreeSet::new();
    for class in listed {
        if !known.insert(class.trim()) {
            return Err(ProtocolError::ClassTwice(class.clone()));
        }
        if samples.class_id(class.trim()).is_none() {
            return Err(ProtocolError::AbsentClass(class.clone()));
        }
    }
    match samples.classes().iter().find(|class| !known.contains(class.as_str())) {
        Some(class) => Err(ProtocolError::UnknownClass(class.clone())),
        None => Ok(()),
    }
}

/// The images of each class, in rising order: what is drawn must not depend on the file's order.
fn group(images: impl Iterator<Item = SampleIndex>, samples: &Samples) -> ByClass<'_> {
    let mut groups = ByClass::new();
    for image in images {
        groups.entry(samples.class_name(image)).or_default().push(image);
    }
    groups.values_mut().for_each(|images| images.sort_unstable());
    groups
}

fn names(groups: &ByClass<'_>) -> Vec<String> {
    groups.keys().map(|&class| class.to_owned()).collect()
}

fn disjoint(
    (one, one_name): (&ByClass<'_>, &'static str),
    (other, other_name): (&ByClass<'_>, &'static str),
) -> Result<(), ProtocolError> {
    match one.keys().find(|class| other.contains_key(*class)) {
        Some(&class) => {
            let class = class.to_owned();
            Err(ProtocolError::Both { class, one: one_name, other: other_name })
        }
        None => Ok(()),
    }
}

/// Every class of one part must have an image in the other.
fn same(
    (one, one_name): (&ByClass<'_>, &'static str),
    (other, other_name): (&ByClass<'_>, &'static str),
) -> Result<(), ProtocolError> {
    for class in one.keys() {
        too_few(class, other.get(class).map_or(0, Vec::len), other_name, 1)?;
    }
    for class in other.keys() {
        too_few(class, one.get(class).map_or(0, Vec::len), one_name, 1)?;
    }
    Ok(())
}

fn too_few(
    class: &str,
    images: usize,
    part: &'static str,
    needed: usize,
) -> Result<(), ProtocolError> {
    if images >= needed {
        return Ok(());
    }
    Err(ProtocolError::TooFew { class: class.to_owned(), images, part, needed })
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng as _;

    use crate::data::samples::Sample;

    use super::*;

    /// Classes a (images 0 to 5), b (6 to 11), c (12 to 15), d (16 to 18).
    fn samples() -> Samples {
        let counts = [("a", 6), ("b", 6), ("c", 4), ("d", 3)];
        let classes = counts.iter().flat_map(|(class, count)| vec![*class; *count]);
        let rows = classes
            .enumerate()
            .map(|(image, class)| Sample { name: format!("{image}"), class: class.to_owned() });
        Samples::new(rows.collect(), BTreeMap::new()).unwrap()
    }

    fn stream(name: &str) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(name.bytes().map(u64::from).sum())
    }

    fn list(images: &[u32]) -> Vec<SampleIndex> {
        images.iter().copied().map(SampleIndex).collect()
    }

    /// Images 5, 11 and 15 are seen test images and leak; c plays the unseen class.
    fn lists() -> [Vec<SampleIndex>; 5] {
        [
            list(&[0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 12, 13, 14]),
            list(&[5, 11, 15]),
            list(&[16, 17, 18]),
            list(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
            list(&[12, 13, 14, 15]),
        ]
    }

    fn classes(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn split(lists: [Vec<SampleIndex>; 5]) -> Result<Split, ProtocolError> {
        divide(&PublishedSplit::new(None, lists), &samples(), 0.2, &stream)
    }

    #[test]
    fn validation_is_inside_of_the_training_images() {
        let split = split(lists()).unwrap();
        let validation = &split.train.validation;
        assert_eq!(validation.unseen_classes, ["c"]);
        assert_eq!(validation.validation_unseen, list(&[12, 13, 14]));
        // A fifth of five images of a and of b.
        assert_eq!((validation.fit.len(), validation.validation_seen.len()), (8, 2));
        assert!(validation.validation_seen[0].0 < 5 && validation.validation_seen[1].0 > 5);
        assert_eq!(split.train.seen, ["a", "b", "c"]);
        assert_eq!(split.train.unseen, ["d"]);
        assert_eq!(split.train.fit_classes(), ["a", "b"]);
        assert_eq!(split.test_seen.images, list(&[5, 11, 15]));
        assert_eq!(split.test_unseen.images, list(&[16, 17, 18]));
    }

    #[test]
    fn the_order_of_lists_and_names_changes_nothing() {
        let plain = divide(
            &PublishedSplit::new(Some(classes(&["a", "b", "c", "d"])), lists()),
            &samples(),
            0.2,
            &stream,
        );
        let mut turned = lists();
        turned.iter_mut().for_each(|list| list.reverse());
        let names = Some(classes(&["d", "b", "a", "c"]));
        let turned = divide(&PublishedSplit::new(names, turned), &samples(), 0.2, &stream);
        assert_eq!(plain.unwrap(), turned.unwrap());
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let named = |names: &[&str]| {
            let published = PublishedSplit::new(Some(classes(names)), lists());
            divide(&published, &samples(), 0.2, &stream).unwrap_err().to_string()
        };
        assert_eq!(named(&["a", "b", "c", "d", "a"]), "class `a` is named twice");
        assert_eq!(
            named(&["a", "b", "d"]),
            "the samples are of class `c`, which the split does not name"
        );
        assert_eq!(
            named(&["a", "b", "c", "d", "e"]),
            "the split names class `e`, which has no sample"
        );
        let message = |change: &dyn Fn(&mut [Vec<SampleIndex>; 5])| {
            let mut lists = lists();
            change(&mut lists);
            split(lists).unwrap_err().to_string()
        };
        assert_eq!(
            message(&|lists| lists[2].push(SampleIndex(19))),
            "`test_unseen_loc` holds image 20, but there are 19 samples"
        );
        assert!(message(&|lists| lists[1].push(SampleIndex(0))).starts_with(
            "the split is not sound: `trainval_loc` and `test_seen_loc` share images: 1"
        ));
        let [trainval, seen, unseen, train, _] = lists();
        let of_class_d = SampleIndex(16);
        assert_eq!(
            split([
                [trainval.clone(), vec![of_class_d]].concat(),
                seen.clone(),
                list(&[17, 18]),
                [train.clone(), vec![of_class_d]].concat(),
                list(&[12, 13, 14, 15]),
            ])
            .unwrap_err()
            .to_string(),
            "class `d` has images in both `trainval_loc` and `test_unseen_loc`"
        );
        let train_12 = [train.clone(), list(&[12])].concat();
        assert_eq!(
            split([trainval.clone(), seen, unseen.clone(), train_12, list(&[13, 14, 15])])
                .unwrap_err()
                .to_string(),
            "class `c` has images in both `train_loc` without its leak and `val_loc` without its \
             leak"
        );
        assert_eq!(
            split([trainval, list(&[5, 11]), unseen, train, list(&[12, 13, 14])])
                .unwrap_err()
                .to_string(),
            "class `c` has 0 images in `test_seen_loc`, but 1 are needed"
        );
    }
}
