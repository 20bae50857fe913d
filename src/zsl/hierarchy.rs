//! How grave mistakes are, by a tree of classes.
//!
//! With `A` the set of names on the way from the label to the root, both included, and `Â` that of
//! the prediction: precision `sum |A ∩ Â| / sum |Â|`, recall `sum |A ∩ Â| / sum |A|`, and F, their
//! harmonic mean; TIE, the mean number of links between label and prediction; LCA, the mean height
//! above its deepest class of the lowest name that both ways have in common.
//!
//! Where every class is two links below the root these are one number in three forms:
//! `F = 1 - TIE / 6` and `LCA = TIE / 2`. Three columns of them are no three findings.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::data::class_tree::{ClassTree, ClassTreeError};

use super::decision::MetricError;
use super::metrics::harmonic_mean;

/// The mistakes of one model, in all three forms.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Hierarchy {
    /// Hierarchical precision.
    pub precision: f64,
    /// Hierarchical recall.
    pub recall: f64,
    /// Their harmonic mean.
    pub f: f64,
    /// Mean number of links between label and prediction.
    pub tie: f64,
    /// Mean height of the lowest common group.
    pub lca: f64,
    /// Whether every class is two links below the root, so that F, TIE and LCA say the same.
    pub is_one_number: bool,
}

/// Why mistakes cannot be weighed.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HierarchyError {
    /// The tree does not fit the classes.
    #[error(transparent)]
    Tree(#[from] ClassTreeError),
    /// There are no images.
    #[error(transparent)]
    Metric(#[from] MetricError),
}

impl Hierarchy {
    /// Weighs the counts `[true class][predicted class]` of `classes`, all images counting the same.
    ///
    /// # Errors
    /// [`HierarchyError`].
    pub fn of(
        tree: &ClassTree,
        classes: &[String],
        confusion: &[Vec<u32>],
    ) -> Result<Self, HierarchyError> {
        tree.check_leaves(classes.iter())?;
        let paths: Vec<Vec<&str>> =
            classes.iter().map(|class| tree.path(class).collect()).collect();
        let heights = heights(&paths);
        let mut sums = Sums::default();
        for (label, counts) in paths.iter().zip(confusion) {
            for (predicted, &count) in paths.iter().zip(counts) {
                sums.add(label, predicted, &heights, count);
            }
        }
        if sums.images == 0.0 {
            return Err(MetricError::Empty.into());
        }
        let (precision, recall) = (sums.common / sums.predicted, sums.common / sums.label);
        Ok(Self {
            precision,
            recall,
            f: harmonic_mean(precision, recall),
            tie: sums.links / sums.images,
            lca: sums.height / sums.images,
            is_one_number: paths.iter().all(|path| path.len() == 3),
        })
    }
}

#[derive(Default)]
struct Sums {
    images: f64,
    common: f64,
    label: f64,
    predicted: f64,
    links: f64,
    height: f64,
}

impl Sums {
    fn add(
        &mut self,
        label: &[&str],
        predicted: &[&str],
        heights: &BTreeMap<&str, usize>,
        count: u32,
    ) {
        let on_the_way: BTreeSet<&&str> = label.iter().collect();
        let links_up = predicted.iter().position(|name| on_the_way.contains(name));
        // Both end at the root.
        let links_up = links_up.unwrap_or(predicted.len() - 1);
        let common = predicted.len() - links_up;
        let images = f64::from(count);
        let times = |number: usize| {
            #[expect(clippy::cast_precision_loss, reason = "a tree is not that deep")]
            let number = number as f64;
            number * images
        };
        self.images += images;
        self.common += times(common);
        self.label += times(label.len());
        self.predicted += times(predicted.len());
        self.links += times(links_up + label.len() - common);
        self.height += times(heights[predicted[links_up]]);
    }
}

/// How many links the deepest class below each name is away.
fn heights<'a>(paths: &[Vec<&'a str>]) -> BTreeMap<&'a str, usize> {
    let mut heights = BTreeMap::new();
    for path in paths {
        for (links, name) in path.iter().enumerate() {
            let height = heights.entry(*name).or_insert(0);
            *height = links.max(*height);
        }
    }
    heights
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "cat,feline\nlion,feline\ndog,canine\nfeline,animal\ncanine,animal\n";

    fn classes(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn mistakes_worked_out_by_hand() {
        let tree = ClassTree::parse(TREE).unwrap();
        // cat: 2 right, 1 taken for lion (2 links, height 1), 1 for dog (4 links, height 2).
        let confusion = [vec![2, 1, 1], vec![0; 3], vec![0; 3]];
        let names = classes(&["cat", "lion", "dog"]);
        let weighed = Hierarchy::of(&tree, &names, &confusion).unwrap();
        // Common names: 2 * 3 + 2 + 1 = 9 of 12.
        assert_eq!((weighed.precision, weighed.recall, weighed.f), (0.75, 0.75, 0.75));
        assert_eq!((weighed.tie, weighed.lca), (6.0 / 4.0, 3.0 / 4.0));
        assert!(weighed.is_one_number);
        assert_eq!(weighed.f, 1.0 - weighed.tie / 6.0);
        assert_eq!(weighed.lca, weighed.tie / 2.0);
    }

    #[test]
    fn in_a_tree_of_uneven_depth_the_forms_differ() {
        // owl hangs at the root: owl taken for cat is 3 links, root at height 2.
        let tree = ClassTree::parse(&format!("{TREE}owl,animal\n")).unwrap();
        let names = classes(&["cat", "owl"]);
        let weighed = Hierarchy::of(&tree, &names, &[vec![0, 0], vec![1, 0]]).unwrap();
        // One common name; the way of cat has three, that of owl two.
        assert_eq!((weighed.precision, weighed.recall), (1.0 / 3.0, 0.5));
        assert_eq!((weighed.tie, weighed.lca), (3.0, 2.0));
        assert!(!weighed.is_one_number);
        assert!((weighed.f - (1.0 - weighed.tie / 6.0)).abs() > 0.05);
    }

    #[test]
    fn a_class_outside_the_tree_and_no_images_are_errors() {
        let tree = ClassTree::parse(TREE).unwrap();
        let error = Hierarchy::of(&tree, &classes(&["fox"]), &[vec![1]]).unwrap_err();
        assert_eq!(error.to_string(), "the tree has no class `fox`");
        let error = Hierarchy::of(&tree, &classes(&["cat"]), &[vec![0]]).unwrap_err();
        assert_eq!(error.to_string(), "there are no images to judge");
    }
}
