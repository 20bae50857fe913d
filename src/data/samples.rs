//! The table of samples: what each image is called and which class it shows.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use serde::{Deserialize, Serialize};

use crate::artifact::{Artifact, ArtifactKind, Blob, invalid};
use crate::data::{decode_json, encode_json};
use crate::id::{Digest, Hasher};

/// The position of a class in [`Samples::classes`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct ClassId(pub u16);

/// The position of a sample, the same in images, samples and features.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct SampleIndex(pub u32);

impl SampleIndex {
    /// The position as an index into slices.
    #[must_use]
    pub fn get(self) -> usize {
        self.0 as usize
    }
}

/// One row, as importers collect them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sample {
    /// The unique name, such as a path in an archive.
    pub name: String,
    /// The class by name.
    pub class: String,
}

/// The samples in the order of their images, with classes sorted by name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Samples {
    classes: Vec<String>,
    names: Vec<String>,
    labels: Vec<ClassId>,
    columns: BTreeMap<String, Vec<String>>,
}

/// Why a table of samples cannot be.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SamplesError {
    /// Two rows have one name.
    #[error("the samples {first} and {second} are both called `{name}`; names must be unique")]
    Duplicate {
        /// The name.
        name: String,
        /// The earlier row, counted from 0.
        first: usize,
        /// The later row.
        second: usize,
    },
    /// A row has no class.
    #[error("sample {row} (`{name}`) has no class")]
    NoClass {
        /// The row, counted from 0.
        row: usize,
        /// Its name.
        name: String,
    },
    /// A column has another length than the table.
    #[error("column `{column}` has {got} values for {expected} samples")]
    ColumnLength {
        /// The column.
        column: String,
        /// Its length.
        got: usize,
        /// The number of samples.
        expected: usize,
    },
    /// More samples or classes than an index can count.
    #[error("{samples} samples of {classes} classes are more than this program can number")]
    TooMany {
        /// The number of samples.
        samples: usize,
        /// The number of classes.
        classes: usize,
    },
}

impl Samples {
    /// Makes the table out of rows and further columns.
    ///
    /// # Errors
    /// [`SamplesError`].
    pub fn new(
        rows: Vec<Sample>,
        columns: BTreeMap<String, Vec<String>>,
    ) -> Result<Self, SamplesError> {
        let classes: BTreeSet<&str> = rows.iter().map(|row| row.class.as_str()).collect();
        let classes: Vec<String> = classes.into_iter().map(str::to_owned).collect();
        if classes.len() > usize::from(u16::MAX) || rows.len() > u32::MAX as usize {
            return Err(SamplesError::TooMany { samples: rows.len(), classes: classes.len() });
        }
        check_rows(&rows)?;
        for (column, values) in &columns {
            if values.len() != rows.len() {
                let (column, got) = (column.clone(), values.len());
                return Err(SamplesError::ColumnLength { column, got, expected: rows.len() });
            }
        }
        let labels = rows.iter().map(|row| position(&classes, &row.class).expect("it is listed"));
        let labels = labels.collect();
        let names = rows.into_iter().map(|row| row.name).collect();
        Ok(Self { classes, names, labels, columns })
    }

    /// How many samples there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// All classes, sorted by name.
    #[must_use]
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The class called `name`.
    #[must_use]
    pub fn class_id(&self, name: &str) -> Option<ClassId> {
        position(&self.classes, name)
    }

    /// The name of a sample.
    ///
    /// # Panics
    /// If there is no such sample.
    #[must_use]
    pub fn name(&self, sample: SampleIndex) -> &str {
        &self.names[sample.get()]
    }

    /// The class of a sample.
    ///
    /// # Panics
    /// If there is no such sample.
    #[must_use]
    pub fn label(&self, sample: SampleIndex) -> ClassId {
        self.labels[sample.get()]
    }

    /// The name of a sample's class.
    ///
    /// # Panics
    /// If there is no such sample.
    #[must_use]
    pub fn class_name(&self, sample: SampleIndex) -> &str {
        &self.classes[usize::from(self.label(sample).0)]
    }

    /// A further column, such as `source`.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&[String]> {
        self.columns.get(name).map(Vec::as_slice)
    }

    /// The names of the further columns.
    pub fn column_names(&self) -> impl Iterator<Item = &str> {
        self.columns.keys().map(String::as_str)
    }

    /// All positions.
    #[expect(clippy::cast_possible_truncation, reason = "`new` and `decode` limit the count")]
    pub fn indices(&self) -> impl Iterator<Item = SampleIndex> + use<> {
        (0..self.len() as u32).map(SampleIndex)
    }

    /// The samples of a class, in order; empty for a class that has none.
    #[must_use]
    pub fn of_class(&self, name: &str) -> Vec<SampleIndex> {
        let Some(class) = self.class_id(name) else { return Vec::new() };
        self.indices().filter(|sample| self.label(*sample) == class).collect()
    }

    /// The digest over names and classes: what a split refers to.
    #[must_use]
    pub fn identity(&self) -> Digest {
        let mut hasher = Hasher::default();
        for sample in self.indices() {
            for text in [self.name(sample), self.class_name(sample)] {
                hasher.update(&(text.len() as u64).to_le_bytes());
                hasher.update(text.as_bytes());
            }
        }
        hasher.finish()
    }
}

fn position(classes: &[String], name: &str) -> Option<ClassId> {
    let found = classes.binary_search_by(|class| class.as_str().cmp(name)).ok()?;
    u16::try_from(found).ok().map(ClassId)
}

fn check_rows(rows: &[Sample]) -> Result<(), SamplesError> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (row, sample) in rows.iter().enumerate() {
        if sample.class.is_empty() {
            return Err(SamplesError::NoClass { row, name: sample.name.clone() });
        }
        if let Some(first) = seen.insert(&sample.name, row) {
            return Err(SamplesError::Duplicate { name: sample.name.clone(), first, second: row });
        }
    }
    Ok(())
}

impl Artifact for Samples {
    const KIND: ArtifactKind = ArtifactKind("samples");
    const CODEC: u32 = 1;

    fn encode(&self, out: &mut dyn io::Write) -> io::Result<()> {
        encode_json(self, out)
    }

    fn decode(blob: Blob) -> io::Result<Self> {
        let stored: Self = decode_json(&blob)?;
        if stored.labels.len() != stored.names.len() {
            return Err(invalid("there is not one label a name"));
        }
        let class = |label: &ClassId| stored.classes.get(usize::from(label.0)).cloned();
        let rows = stored.names.iter().zip(&stored.labels).map(|(name, label)| {
            let class = class(label).ok_or_else(|| invalid("a label is beyond the classes"))?;
            Ok(Sample { name: name.clone(), class })
        });
        let rows = rows.collect::<io::Result<Vec<_>>>()?;
        Self::new(rows, stored.columns.clone()).map_err(|error| invalid(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(pairs: &[(&str, &str)]) -> Vec<Sample> {
        let row = |(name, class): &(&str, &str)| Sample {
            name: (*name).to_owned(),
            class: (*class).to_owned(),
        };
        pairs.iter().map(row).collect()
    }

    fn samples(pairs: &[(&str, &str)]) -> Result<Samples, SamplesError> {
        Samples::new(rows(pairs), BTreeMap::new())
    }

    #[test]
    fn classes_are_sorted_whatever_the_order_of_the_rows() {
        let samples = samples(&[("1", "wolf"), ("2", "ant"), ("3", "wolf")]).unwrap();
        assert_eq!(samples.classes(), ["ant", "wolf"]);
        assert_eq!(samples.label(SampleIndex(0)), ClassId(1));
        assert_eq!(samples.class_name(SampleIndex(1)), "ant");
        assert_eq!(samples.of_class("wolf"), [SampleIndex(0), SampleIndex(2)]);
        assert!(samples.of_class("zebra").is_empty());
    }

    #[test]
    fn rows_that_cannot_be_are_named() {
        let duplicate = samples(&[("1", "a"), ("2", "b"), ("1", "b")]).unwrap_err();
        assert_eq!(
            duplicate.to_string(),
            "the samples 0 and 2 are both called `1`; names must be unique"
        );
        let nameless = samples(&[("1", "a"), ("2", "")]).unwrap_err();
        assert_eq!(nameless.to_string(), "sample 1 (`2`) has no class");
        let columns = BTreeMap::from([("source".to_owned(), vec!["x".to_owned()])]);
        let short = Samples::new(rows(&[("1", "a"), ("2", "a")]), columns).unwrap_err();
        assert_eq!(short.to_string(), "column `source` has 1 values for 2 samples");
    }

    #[test]
    fn the_encoding_is_canonical() {
        let samples = samples(&[("1", "wolf"), ("2", "ant")]).unwrap();
        let mut bytes = Vec::new();
        samples.encode(&mut bytes).unwrap();
        let back = Samples::decode(Blob::from_bytes(&bytes)).unwrap();
        assert_eq!(back, samples);
        let wrong = br#"{"classes":["a"],"names":["1"],"labels":[1],"columns":{}}"#;
        assert!(Samples::decode(Blob::from_bytes(wrong)).is_err());
    }

    #[test]
    fn the_identity_depends_on_names_and_classes_only() {
        let one = samples(&[("1", "a"), ("2", "b")]).unwrap();
        let other = samples(&[("1", "a"), ("2", "c")]).unwrap();
        assert_ne!(one.identity(), other.identity());
        let columns = BTreeMap::from([("source".to_owned(), vec!["x".to_owned(); 2])]);
        let more = Samples::new(rows(&[("1", "a"), ("2", "b")]), columns).unwrap();
        assert_eq!(one.identity(), more.identity());
    }
}
