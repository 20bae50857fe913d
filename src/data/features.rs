//! A minimal stand-in for the feature table.

use std::borrow::Cow;
use std::io;

use ndarray::Array2;

use crate::artifact::{Artifact, ArtifactKind, Blob, invalid};

/// Features in memory.
#[derive(Clone, Debug)]
pub struct Features {
    name: String,
    shape: Vec<usize>,
    values: Vec<f32>,
}

/// Why features cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct FeatureError(Cow<'static, str>);

/// One tensor of the table.
#[derive(Clone, Copy)]
pub struct TensorView<'a> {
    features: &'a Features,
}

impl Features {
    /// Features in memory, one row a sample.
    #[must_use]
    pub fn in_memory(name: &str, rows: &Array2<f32>) -> Self {
        let values = rows.iter().copied().collect();
        Self { name: name.to_owned(), shape: rows.shape().to_vec(), values }
    }

    /// How many samples there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shape[0]
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The tensor called `name`, or the only one.
    pub fn tensor(&self, name: Option<&str>) -> Result<TensorView<'_>, FeatureError> {
        if name.is_some_and(|name| name != self.name) {
            return Err(FeatureError(Cow::Owned(format!(
                "no such tensor, there is {}",
                self.name
            ))));
        }
        Ok(TensorView { features: self })
    }
}

impl TensorView<'_> {
    /// The shape a sample.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.features.shape[1..]
    }

    /// Numbers a sample.
    #[must_use]
    pub fn width(&self) -> usize {
        self.shape().iter().product()
    }

    /// Reads one row.
    pub fn read_row(&self, sample: usize, out: &mut [f32]) {
        let width = self.width();
        out.copy_from_slice(&self.features.values[sample * width..][..width]);
    }
}

impl Artifact for Features {
    const KIND: ArtifactKind = ArtifactKind("features");
    const CODEC: u32 = 1;

    fn encode(&self, out: &mut dyn io::Write) -> io::Result<()> {
        serde_json::to_writer(out, &(&self.name, &self.shape, &self.values)).map_err(Into::into)
    }

    fn decode(blob: Blob) -> io::Result<Self> {
        let (name, shape, values) =
            serde_json::from_slice(&blob).map_err(|error| invalid(error.to_string()))?;
        Ok(Self { name, shape, values })
    }
}
