//! A split as its authors publish it: five lists of images, and perhaps the names of the classes.
//!
//! ```text
//! trainval_loc     images to train on          test_seen_loc    further images of their classes
//! test_unseen_loc  images of unseen classes    train_loc        }  the same images again, divided
//!                                              val_loc          }  by class for validation
//! ```
//!
//! Source: Xian et al., "Zero-Shot Learning - A Comprehensive Evaluation of the Good, the Bad and
//! the Ugly" (TPAMI 2018), the "Proposed Split" that comes with `res101.mat`.

use crate::data::samples::SampleIndex;
use crate::id::{Digest, Hasher};

/// One of the five lists.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum List {
    /// All training images.
    Trainval,
    /// Test images of their classes.
    TestSeen,
    /// Test images of unseen classes.
    TestUnseen,
    /// What validation models are to be trained on.
    Train,
    /// What they are to be judged on.
    Validation,
}

impl List {
    /// All five, in the order in which they are reported.
    pub const ALL: [Self; 5] =
        [Self::Trainval, Self::TestSeen, Self::TestUnseen, Self::Train, Self::Validation];

    /// Its name in the files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Trainval => "trainval_loc",
            Self::TestSeen => "test_seen_loc",
            Self::TestUnseen => "test_unseen_loc",
            Self::Train => "train_loc",
            Self::Validation => "val_loc",
        }
    }
}

/// The lists of a published split.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PublishedSplit {
    classes: Option<Vec<String>>,
    lists: [Vec<SampleIndex>; 5],
}

impl PublishedSplit {
    /// A split with the lists in the order of [`List::ALL`], as they are: nothing is checked.
    #[must_use]
    pub fn new(classes: Option<Vec<String>>, lists: [Vec<SampleIndex>; 5]) -> Self {
        Self { classes, lists }
    }

    /// The names of all classes, where the file has them. Their order means nothing here.
    #[must_use]
    pub fn classes(&self) -> Option<&[String]> {
        self.classes.as_deref()
    }

    /// The images of a list, in the order of the file.
    #[must_use]
    pub fn list(&self, list: List) -> &[SampleIndex] {
        &self.lists[list as usize]
    }

    /// The digest over the five lists as sets: what tells versions of a split apart.
    #[must_use]
    pub fn identity(&self) -> Digest {
        let mut hasher = Hasher::default();
        for list in &self.lists {
            let mut sorted = list.clone();
            sorted.sort_unstable();
            hasher.update(&(sorted.len() as u64).to_le_bytes());
            for sample in sorted {
                hasher.update(&sample.0.to_le_bytes());
            }
        }
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_identity_is_of_the_lists_whatever_their_order() {
        let lists = |train: &[u32]| {
            let list = |images: &[u32]| images.iter().copied().map(SampleIndex).collect::<Vec<_>>();
            [list(&[0, 1]), list(&[2]), list(&[3]), list(train), list(&[1])]
        };
        let one = PublishedSplit::new(None, lists(&[0, 2]));
        let turned = PublishedSplit::new(Some(vec!["a".to_owned()]), lists(&[2, 0]));
        assert_eq!(one.identity(), turned.identity());
        assert_ne!(one.identity(), PublishedSplit::new(None, lists(&[0])).identity());
        assert_eq!(turned.list(List::Train), [SampleIndex(2), SampleIndex(0)]);
    }
}
