//! What must hold of a published split before anybody may trust it, and what often does not.
//!
//! The trap: in nearly all published splits `train_loc` and `val_loc` together are not the training
//! images but the training images *and the seen test images*. Whoever trains on the one and chooses
//! hyper-parameters on the other has looked at the images that S is measured on. The way out is to
//! keep of both lists only what is in `trainval_loc`.

use std::collections::BTreeMap;
use std::fmt;

use crate::data::published_split::{List, PublishedSplit};
use crate::data::samples::SampleIndex;
use crate::id::Digest;

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SplitAudit {
    /// The digest over the lists.
    pub identity: Digest,
    /// The length of each list, in the order of [`List::ALL`].
    pub counts: [usize; 5],
    /// Different images in `trainval_loc`, `test_seen_loc` and `test_unseen_loc`.
    pub images: usize,
    /// Positions below the largest one that are in none of those three.
    pub unused: usize,
    /// Seen test images in `train_loc`.
    pub train_leak: usize,
    /// Seen test images in `val_loc`.
    pub validation_leak: usize,
    /// What is left of `train_loc` without the leak.
    pub train: usize,
    /// What is left of `val_loc` without the leak.
    pub validation: usize,
    /// All that makes the split unusable.
    pub violations: Vec<Violation>,
}

/// A fact that does not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Violation {
    /// A list holds nothing.
    Empty(List),
    /// A list holds an image twice.
    Twice(List, Places),
    /// Two lists that must be disjoint are not.
    Overlap(List, List, Places),
    /// Training images are in neither `train_loc` nor `val_loc`.
    NotDivided(Places),
    /// `train_loc` or `val_loc` holds images that are in none of the other lists.
    Stray(List, Places),
    /// `train_loc` and `val_loc` hold some of the seen test images: neither all nor none.
    HalfLeak {
        /// How many they hold.
        leaked: usize,
        /// How many there are.
        test_seen: usize,
    },
}

/// Some images: how many, and the first of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Places {
    /// How many.
    pub count: usize,
    /// The first, counted from 0.
    pub first: SampleIndex,
}

impl fmt::Display for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (first: image {})", self.count, u64::from(self.first.0) + 1)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty(list) => write!(f, "`{}` is empty", list.name()),
            Self::Twice(list, places) => {
                write!(f, "`{}` holds images twice: {places}", list.name())
            }
            Self::Overlap(one, other, places) => {
                let (one, other) = (one.name(), other.name());
                write!(f, "`{one}` and `{other}` share images: {places}")
            }
            Self::NotDivided(places) => write!(
                f,
                "images of `trainval_loc` are in neither `train_loc` nor `val_loc`: {places}"
            ),
            Self::Stray(list, places) => {
                write!(f, "`{}` holds images of no other list: {places}", list.name())
            }
            Self::HalfLeak { leaked, test_seen } => write!(
                f,
                "`train_loc` and `val_loc` hold {leaked} of the {test_seen} images of \
                 `test_seen_loc`, expected all or none"
            ),
        }
    }
}

/// Lists that may not share an image.
const DISJOINT: [(List, List); 6] = [
    (List::Trainval, List::TestSeen),
    (List::Trainval, List::TestUnseen),
    (List::TestSeen, List::TestUnseen),
    (List::Train, List::Validation),
    (List::Train, List::TestUnseen),
    (List::Validation, List::TestUnseen),
];

/// In which lists each image is, one bit a list.
struct Membership(BTreeMap<SampleIndex, u8>);

impl Membership {
    /// The images for which `is_meant` holds.
    fn places(&self, is_meant: impl Fn(&dyn Fn(List) -> bool) -> bool) -> Option<Places> {
        let meant = |mask: u8| is_meant(&|list| mask & bit(list) != 0);
        let mut found = self.0.iter().filter(|(_, mask)| meant(**mask));
        let (&first, _) = found.next()?;
        Some(Places { count: 1 + found.count(), first })
    }

    fn count(&self, is_meant: impl Fn(&dyn Fn(List) -> bool) -> bool) -> usize {
        self.places(is_meant).map_or(0, |places| places.count)
    }
}

fn bit(list: List) -> u8 {
    1 << list as u8
}

/// Looks at the lists of a split.
#[must_use]
pub fn audit(split: &PublishedSplit) -> SplitAudit {
    let mut violations = Vec::new();
    let mut members = Membership(BTreeMap::new());
    for list in List::ALL {
        let mut twice: Option<Places> = None;
        for &image in split.list(list) {
            let mask = members.0.entry(image).or_default();
            if *mask & bit(list) != 0 {
                twice.get_or_insert(Places { count: 0, first: image }).count += 1;
            }
            *mask |= bit(list);
        }
        violations.extend(twice.map(|places| Violation::Twice(list, places)));
        if split.list(list).is_empty() {
            violations.push(Violation::Empty(list));
        }
    }
    let is_listed = |is: &dyn Fn(List) -> bool| {
        is(List::Trainval) || is(List::TestSeen) || is(List::TestUnseen)
    };
    let images = members.count(is_listed);
    let largest = members.0.last_key_value().map_or(0, |(image, _)| image.get() + 1);
    let leak = |list| members.count(|is| is(list) && is(List::TestSeen));
    let kept = |list| members.count(|is| is(list) && is(List::Trainval));
    violations.extend(check(&members));
    SplitAudit {
        identity: split.identity(),
        counts: List::ALL.map(|list| split.list(list).len()),
        images,
        unused: largest.saturating_sub(images),
        train_leak: leak(List::Train),
        validation_leak: leak(List::Validation),
        train: kept(List::Train),
        validation: kept(List::Validation),
        violations,
    }
}

/// The facts about several lists that do not hold.
fn check(members: &Membership) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (one, other) in DISJOINT {
        let shared = members.places(|is| is(one) && is(other));
        violations.extend(shared.map(|places| Violation::Overlap(one, other, places)));
    }
    let undivided =
        members.places(|is| is(List::Trainval) && !is(List::Train) && !is(List::Validation));
    violations.extend(undivided.map(Violation::NotDivided));
    for list in [List::Train, List::Validation] {
        let stray = members.places(|is| {
            is(list) && !is(List::Trainval) && !is(List::TestSeen) && !is(List::TestUnseen)
        });
        violations.extend(stray.map(|places| Violation::Stray(list, places)));
    }
    let test_seen = members.count(|is| is(List::TestSeen));
    let leaked =
        members.count(|is| is(List::TestSeen) && (is(List::Train) || is(List::Validation)));
    if leaked != 0 && leaked != test_seen {
        violations.push(Violation::HalfLeak { leaked, test_seen });
    }
    violations
}

impl SplitAudit {
    /// Whether the split can be used, if only without its leak.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.violations.is_empty()
    }

    /// Whether `train_loc` or `val_loc` hold seen test images.
    #[must_use]
    pub fn leaks(&self) -> bool {
        self.train_leak + self.validation_leak > 0
    }

    /// How long a list is.
    #[must_use]
    pub fn count(&self, list: List) -> usize {
        self.counts[list as usize]
    }
}

/// The report for people, a fact a line.
impl fmt::Display for SplitAudit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  split            {}", self.identity.short())?;
        for list in List::ALL {
            writeln!(f, "  {:<16} {}", list.name(), self.count(list))?;
        }
        write!(f, "  images           {}", self.images)?;
        match self.unused {
            0 => writeln!(f)?,
            unused => writeln!(f, ", and {unused} positions between them that are in no list")?,
        }
        if self.leaks() {
            let (train, validation) = (self.count(List::Train), self.count(List::Validation));
            writeln!(
                f,
                "  leak             {} of {train} in train_loc and {} of {validation} in val_loc \
                 are seen test images",
                self.train_leak, self.validation_leak
            )?;
        } else {
            writeln!(f, "  leak             none")?;
        }
        let (train, validation) = (self.train, self.validation);
        writeln!(f, "  leak-free        {train} to train on, {validation} to validate on")?;
        for violation in &self.violations {
            writeln!(f, "  wrong            {violation}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(lists: [&[u32]; 5]) -> PublishedSplit {
        PublishedSplit::new(None, lists.map(|list| list.iter().copied().map(SampleIndex).collect()))
    }

    fn wrong(lists: [&[u32]; 5]) -> Vec<String> {
        audit(&split(lists)).violations.iter().map(ToString::to_string).collect()
    }

    /// Training images 0 to 3, seen test images 4 and 5, unseen ones 6 and 7; 5 leaks into `val_loc`
    /// and 4 into `train_loc`.
    const LEAKY: [&[u32]; 5] = [&[0, 1, 2, 3], &[4, 5], &[6, 7], &[4, 0, 1], &[2, 5, 3]];

    #[test]
    fn the_leak_is_counted_and_no_violation() {
        let audit = audit(&split(LEAKY));
        assert_eq!(audit.counts, [4, 2, 2, 3, 3]);
        assert_eq!((audit.images, audit.unused), (8, 0));
        assert_eq!((audit.train_leak, audit.validation_leak), (1, 1));
        assert_eq!((audit.train, audit.validation), (2, 2));
        assert!(audit.is_sound() && audit.leaks());
        insta::assert_snapshot!(audit, @r"
          split            fafa839bc433
          trainval_loc     4
          test_seen_loc    2
          test_unseen_loc  2
          train_loc        3
          val_loc          3
          images           8
          leak             1 of 3 in train_loc and 1 of 3 in val_loc are seen test images
          leak-free        2 to train on, 2 to validate on
        ");
    }

    #[test]
    fn a_split_without_leak_is_sound_too() {
        let audit = audit(&split([&[0, 1, 2], &[4], &[9], &[0, 1], &[2]]));
        assert!(audit.is_sound() && !audit.leaks());
        assert_eq!(audit.unused, 5, "3, 5, 6, 7, 8");
    }

    #[test]
    fn every_fact_is_checked() {
        let [trainval, seen, unseen, train, validation] = LEAKY;
        let cases: [([&[u32]; 5], &str); 9] = [
            (
                [trainval, seen, unseen, &[4, 0, 1, 0], validation],
                "`train_loc` holds images twice: 1 (first: image 1)",
            ),
            ([trainval, seen, &[], train, validation], "`test_unseen_loc` is empty"),
            (
                [trainval, &[4, 5, 3], unseen, train, validation],
                "`trainval_loc` and `test_seen_loc` share images: 1 (first: image 4)",
            ),
            (
                [trainval, seen, &[6, 7, 0], &[4, 1], &[2, 5, 3, 0]],
                "`trainval_loc` and `test_unseen_loc` share images: 1 (first: image 1)",
            ),
            (
                [trainval, seen, &[6, 5], train, validation],
                "`test_seen_loc` and `test_unseen_loc` share images: 1 (first: image 6)",
            ),
            (
                [trainval, seen, unseen, train, &[2, 5, 3, 0]],
                "`train_loc` and `val_loc` share images: 1 (first: image 1)",
            ),
            (
                [trainval, seen, unseen, train, &[2, 5]],
                "images of `trainval_loc` are in neither `train_loc` nor `val_loc`: 1 (first: image 4)",
            ),
            (
                [trainval, seen, unseen, &[4, 0, 1, 8, 9], validation],
                "`train_loc` holds images of no other list: 2 (first: image 9)",
            ),
            (
                [trainval, seen, unseen, train, &[2, 3]],
                "`train_loc` and `val_loc` hold 1 of the 2 images of `test_seen_loc`, expected all or none",
            ),
        ];
        for (lists, expected) in cases {
            let said = wrong(lists);
            assert!(said.iter().any(|said| said == expected), "{expected}: {said:?}");
        }
        let trained = wrong([trainval, seen, unseen, &[4, 0, 1, 6], validation]);
        assert_eq!(trained, ["`train_loc` and `test_unseen_loc` share images: 1 (first: image 7)"]);
        let judged = wrong([trainval, seen, unseen, train, &[2, 5, 3, 7]]);
        assert_eq!(judged, ["`val_loc` and `test_unseen_loc` share images: 1 (first: image 8)"]);
    }
}
