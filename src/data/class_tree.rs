//! A tree of classes: which class belongs to which group.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use serde::{Deserialize, Serialize};

use crate::artifact::{Artifact, ArtifactKind, Blob, invalid};
use crate::data::{decode_json, encode_json};

/// The groups of classes, from the leaves to one root.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ClassTree {
    /// From each class or group to the group above it. The root stands on the right side only.
    parents: BTreeMap<String, String>,
}

/// Why links do not make a tree.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClassTreeError {
    /// A line without two names.
    #[error("line {line}: expected a class, a tab or comma, and the group above it")]
    Line {
        /// The line, from 1.
        line: usize,
    },
    /// A class stands below two groups.
    #[error("`{class}` is below `{first}` and below `{second}`; expected one group")]
    TwoParents {
        /// The class.
        class: String,
        /// One of them.
        first: String,
        /// The other.
        second: String,
    },
    /// Going up from a class leads back to it.
    #[error("`{0}` is above itself")]
    Circle(String),
    /// There are several roots.
    #[error("`{first}` and `{second}` are both at the top; expected one root")]
    TwoRoots {
        /// One of them.
        first: String,
        /// The other.
        second: String,
    },
    /// There is no link.
    #[error("there is no class")]
    Empty,
    /// A class is not in the tree.
    #[error("the tree has no class `{0}`")]
    Unknown(String),
    /// A class has others below it.
    #[error("`{class}` is a class, but `{below}` is below it; expected classes to be leaves")]
    NotALeaf {
        /// The class.
        class: String,
        /// One of those below.
        below: String,
    },
}

impl ClassTree {
    /// Joins links from a class or group to the one above it.
    ///
    /// # Errors
    /// [`ClassTreeError`].
    pub fn new(links: Vec<(String, String)>) -> Result<Self, ClassTreeError> {
        let mut parents: BTreeMap<String, String> = BTreeMap::new();
        for (class, second) in links {
            if let Some(first) = parents.insert(class.clone(), second.clone())
                && first != second
            {
                return Err(ClassTreeError::TwoParents { class, first, second });
            }
        }
        let tree = Self { parents };
        let mut roots = BTreeSet::new();
        for class in tree.parents.keys() {
            let path: Vec<&str> = tree.path(class).take(tree.parents.len() + 2).collect();
            if path.len() > tree.parents.len() + 1 {
                return Err(ClassTreeError::Circle(class.clone()));
            }
            roots.extend(path.last().map(|root| (*root).to_owned()));
        }
        let mut roots = roots.into_iter();
        match (roots.next(), roots.next()) {
            (None, _) => Err(ClassTreeError::Empty),
            (Some(_), None) => Ok(tree),
            (Some(first), Some(second)) => Err(ClassTreeError::TwoRoots { first, second }),
        }
    }

    /// Reads one link a line: the class or group, a tab or comma, the group above it.
    ///
    /// # Errors
    /// [`ClassTreeError`].
    pub fn parse(text: &str) -> Result<Self, ClassTreeError> {
        let mut links = Vec::new();
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        for (at, line) in lines {
            let names = line.split_once('\t').or_else(|| line.split_once(','));
            let names = names.map(|(class, group)| (class.trim(), group.trim()));
            let names = names.filter(|(class, group)| !class.is_empty() && !group.is_empty());
            let (class, group) = names.ok_or(ClassTreeError::Line { line: at + 1 })?;
            links.push((class.to_owned(), group.to_owned()));
        }
        Self::new(links)
    }

    /// A class, its group, the group above, and so on up to the root.
    pub fn path<'a>(&'a self, class: &'a str) -> impl Iterator<Item = &'a str> {
        std::iter::successors(Some(class), |name| self.parents.get(*name).map(String::as_str))
    }

    /// Checks that each of `classes` is a leaf.
    ///
    /// # Errors
    /// [`ClassTreeError::Unknown`] or [`ClassTreeError::NotALeaf`].
    pub fn check_leaves<'a>(
        &self,
        classes: impl Iterator<Item = &'a String>,
    ) -> Result<(), ClassTreeError> {
        for class in classes {
            if let Some((below, _)) = self.parents.iter().find(|(_, above)| *above == class) {
                let (class, below) = (class.clone(), below.clone());
                return Err(ClassTreeError::NotALeaf { class, below });
            }
            if !self.parents.contains_key(class) {
                return Err(ClassTreeError::Unknown(class.clone()));
            }
        }
        Ok(())
    }
}

impl Artifact for ClassTree {
    const KIND: ArtifactKind = ArtifactKind("class-tree");
    const CODEC: u32 = 1;

    fn encode(&self, out: &mut dyn io::Write) -> io::Result<()> {
        encode_json(self, out)
    }

    fn decode(blob: Blob) -> io::Result<Self> {
        let stored: Self = decode_json(&blob)?;
        Self::new(stored.parents.into_iter().collect()).map_err(|error| invalid(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_from_the_class_to_the_root() {
        let tree = ClassTree::parse("cat\tfeline\nlion, feline\n\nfeline\tanimal\n").unwrap();
        assert_eq!(tree.path("lion").collect::<Vec<_>>(), ["lion", "feline", "animal"]);
        assert_eq!(tree.path("animal").collect::<Vec<_>>(), ["animal"]);
    }

    #[test]
    fn what_is_no_tree_is_refused() {
        let message = |text: &str| ClassTree::parse(text).unwrap_err().to_string();
        insta::assert_snapshot!(message("cat feline"), @"line 1: expected a class, a tab or comma, and the group above it");
        insta::assert_snapshot!(message("a,b\na,c\n"), @"`a` is below `b` and below `c`; expected one group");
        insta::assert_snapshot!(message("a,b\nb,c\nc,a\n"), @"`a` is above itself");
        insta::assert_snapshot!(message("a,b\nc,d\n"), @"`b` and `d` are both at the top; expected one root");
        insta::assert_snapshot!(message("\n"), @"there is no class");
    }

    #[test]
    fn classes_are_leaves() {
        let tree = ClassTree::parse("cat,feline\nfeline,animal\n").unwrap();
        let check = |class: &str| tree.check_leaves([class.to_owned()].iter());
        assert_eq!(check("cat"), Ok(()));
        assert_eq!(check("dog"), Err(ClassTreeError::Unknown("dog".into())));
        let error = check("feline").unwrap_err().to_string();
        assert_eq!(
            error,
            "`feline` is a class, but `cat` is below it; expected classes to be leaves"
        );
    }
}
