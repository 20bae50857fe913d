//! Class attributes: one row of numbers a class, joined to other tables by class name.

use std::collections::BTreeSet;
use std::io;

use ndarray::Array2;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::artifact::{Artifact, ArtifactKind, Blob, invalid};
use crate::data::{decode_json, encode_json};

/// How the attribute vector of each class is scaled.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AttributeNorm {
    /// Euclidean length one a class.
    #[default]
    L2,
    /// As in the file.
    None,
}

/// The attribute table.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Attributes {
    classes: Vec<String>,
    names: Vec<String>,
    norm: AttributeNorm,
    rows: Vec<Vec<f64>>,
}

/// Why an attribute table cannot be, or does not fit.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttributesError {
    /// The table has no class or no attribute.
    #[error("the attribute table has {classes} classes and {attributes} attributes")]
    Empty {
        /// The number of classes.
        classes: usize,
        /// The number of attributes.
        attributes: usize,
    },
    /// A class is listed twice.
    #[error("class `{0}` is listed twice")]
    DuplicateClass(String),
    /// A class has too many or too few numbers.
    #[error("class `{class}` has {got} attribute values, expected {expected}")]
    Width {
        /// The class.
        class: String,
        /// The length of its row.
        got: usize,
        /// The number of attributes.
        expected: usize,
    },
    /// A value is not finite.
    #[error("class `{class}`, attribute `{attribute}`: {value} is not a finite number")]
    NotFinite {
        /// The class.
        class: String,
        /// The attribute.
        attribute: String,
        /// The value.
        value: f64,
    },
    /// A vector of length zero cannot be scaled to length one.
    #[error("all attributes of class `{0}` are 0, so it cannot be scaled to length 1")]
    Zero(String),
    /// A class that is needed has no row.
    #[error("class `{0}` has no attributes")]
    Missing(String),
}

impl Attributes {
    /// Checks the table and scales its rows.
    ///
    /// # Errors
    /// [`AttributesError`].
    pub fn new(
        classes: Vec<String>,
        names: Vec<String>,
        rows: Vec<Vec<f64>>,
        norm: AttributeNorm,
    ) -> Result<Self, AttributesError> {
        let mut table = Self { classes, names, norm, rows };
        table.check()?;
        if norm == AttributeNorm::L2 {
            for (class, row) in table.classes.iter().zip(&mut table.rows) {
                normalise(row).ok_or_else(|| AttributesError::Zero(class.clone()))?;
            }
        }
        Ok(table)
    }

    fn check(&self) -> Result<(), AttributesError> {
        let (classes, attributes) = (self.classes.len(), self.names.len());
        if classes == 0 || attributes == 0 || self.rows.len() != classes {
            return Err(AttributesError::Empty { classes: self.rows.len(), attributes });
        }
        let mut known = BTreeSet::new();
        for (class, row) in self.classes.iter().zip(&self.rows) {
            if !known.insert(class) {
                return Err(AttributesError::DuplicateClass(class.clone()));
            }
            if row.len() != attributes {
                let (class, got) = (class.clone(), row.len());
                return Err(AttributesError::Width { class, got, expected: attributes });
            }
            if let Some(at) = row.iter().position(|value| !value.is_finite()) {
                let attribute = self.names[at].clone();
                let class = class.clone();
                return Err(AttributesError::NotFinite { class, attribute, value: row[at] });
            }
        }
        Ok(())
    }

    /// The classes, in the order of the file.
    #[must_use]
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The attributes' names.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// How the rows are scaled.
    #[must_use]
    pub fn norm(&self) -> AttributeNorm {
        self.norm
    }

    /// The attributes of a class.
    #[must_use]
    pub fn row(&self, class: &str) -> Option<&[f64]> {
        let position = self.classes.iter().position(|name| name == class)?;
        Some(&self.rows[position])
    }

    /// The attributes of `classes`, [C, A], in that order.
    ///
    /// # Errors
    /// [`AttributesError::Missing`].
    pub fn matrix<'a>(
        &self,
        classes: impl IntoIterator<Item = &'a String>,
    ) -> Result<Array2<f64>, AttributesError> {
        let mut matrix = Array2::zeros((0, self.names.len()));
        for class in classes {
            let row = self.row(class).ok_or_else(|| AttributesError::Missing(class.clone()))?;
            matrix.push_row(row.into()).expect("each row has one value an attribute");
        }
        Ok(matrix)
    }

    /// The same table with each class carrying the vector of another one.
    ///
    /// `source[i]` says whose vector class `i` gets.
    ///
    /// # Panics
    /// If `source` is not a permutation of the classes.
    #[must_use]
    pub fn permuted(&self, source: &[usize]) -> Self {
        assert_eq!(source.len(), self.classes.len(), "one source a class");
        let rows = source.iter().map(|&class| self.rows[class].clone()).collect();
        Self { rows, ..self.clone() }
    }
}

fn normalise(row: &mut [f64]) -> Option<()> {
    let length = row.iter().map(|value| value * value).sum::<f64>().sqrt();
    if length == 0.0 {
        return None;
    }
    row.iter_mut().for_each(|value| *value /= length);
    Some(())
}

impl Artifact for Attributes {
    const KIND: ArtifactKind = ArtifactKind("attributes");
    const CODEC: u32 = 1;

    fn encode(&self, out: &mut dyn io::Write) -> io::Result<()> {
        encode_json(self, out)
    }

    fn decode(blob: Blob) -> io::Result<Self> {
        let table: Self = decode_json(&blob)?;
        table.check().map_err(|error| invalid(error.to_string()))?;
        Ok(table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[&[f64]], norm: AttributeNorm) -> Result<Attributes, AttributesError> {
        let classes = ["ant", "bee"].map(String::from).to_vec();
        let names = ["legs", "wings"].map(String::from).to_vec();
        Attributes::new(classes, names, rows.iter().map(|row| row.to_vec()).collect(), norm)
    }

    #[test]
    fn rows_get_length_one_and_keep_negative_markers() {
        let attributes = table(&[&[3.0, 4.0], &[-1.0, 0.0]], AttributeNorm::L2).unwrap();
        assert_eq!(attributes.row("ant").unwrap(), [0.6, 0.8]);
        assert_eq!(attributes.row("bee").unwrap(), [-1.0, 0.0]);
    }

    #[test]
    fn tables_are_joined_by_class_name() {
        let attributes = table(&[&[1.0, 2.0], &[3.0, 4.0]], AttributeNorm::None).unwrap();
        let matrix = attributes.matrix(&["bee".to_owned(), "ant".to_owned()]).unwrap();
        assert_eq!(matrix, ndarray::array![[3.0, 4.0], [1.0, 2.0]]);
        let missing = attributes.matrix(&["wasp".to_owned()]).unwrap_err();
        assert_eq!(missing.to_string(), "class `wasp` has no attributes");
    }

    #[test]
    fn bad_tables_name_class_and_attribute() {
        let nan = table(&[&[1.0, f64::NAN], &[3.0, 4.0]], AttributeNorm::None).unwrap_err();
        assert_eq!(nan.to_string(), "class `ant`, attribute `wings`: NaN is not a finite number");
        let short = table(&[&[1.0, 2.0], &[3.0]], AttributeNorm::None).unwrap_err();
        assert_eq!(short.to_string(), "class `bee` has 1 attribute values, expected 2");
        let zero = table(&[&[1.0, 2.0], &[0.0, 0.0]], AttributeNorm::L2).unwrap_err();
        assert!(zero.to_string().contains("`bee` are 0"), "{zero}");
    }

    #[test]
    fn encoding_gives_the_same_table_back() {
        let attributes = table(&[&[0.1, 2.0 / 3.0], &[1e-17, 4.0]], AttributeNorm::L2).unwrap();
        let mut bytes = Vec::new();
        attributes.encode(&mut bytes).unwrap();
        assert_eq!(Attributes::decode(Blob::from_bytes(&bytes)).unwrap(), attributes);
    }
}
