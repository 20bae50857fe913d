//! `import-mat-features`: features and classes of images out of a MATLAB file such as `res101.mat`.
//!
//! One column an image. The features are read in one pass, an image at a time.

pub(super) mod names;

use std::collections::BTreeMap;
use std::io;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::features::{Features, FeaturesWriter, Storage, TensorInfo};
use crate::data::samples::{Sample, Samples};
use crate::stage::{FileRef, Stage, StageContext, StageError, inputs, outputs};

use super::mat_source::{IMAGE_FILES, LABELS, MatSource, read_classes};
use names::image_names;

/// Numbers an image that a file may have.
const MAX_WIDTH: u64 = 1 << 20;

/// What to do with an image all of whose features are 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ZeroRows {
    /// Stop: no network gives that for a photo, so the extraction must have failed.
    #[default]
    Refuse,
    /// Take it as it is.
    Keep,
}

/// What to import.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportMatFeaturesParams {
    /// The MATLAB file with the features, such as `res101.mat`; of version 7 or older.
    pub file: FileRef,
    /// Where the names of the classes are: a MATLAB file with `allclasses_names`, such as
    /// `att_splits.mat`, or a text file with one a line. Label l means the l-th name.
    pub classes: FileRef,
    /// The variable with the features, [numbers an image, images]. Default `features`.
    #[serde(default = "features")]
    pub features: String,
    /// The variable with the classes, a number from 1 for each image. Default `labels`.
    #[serde(default = "labels")]
    pub labels: String,
    /// The variable with the paths of the images, which become their names; folders that are called
    /// like classes must agree with the labels. Default: `image_files` if there is one, otherwise
    /// images are called by their number.
    #[serde(default)]
    pub image_files: Option<String>,
    /// What the tensor is called. Default `features`.
    #[serde(default = "features")]
    pub tensor: String,
    /// How features are stored. Default `f32`, which is exact for features of common networks.
    #[serde(default)]
    pub storage: Storage,
    /// What to do with an image all of whose features are 0. Default `refuse`.
    #[serde(default)]
    pub zero_rows: ZeroRows,
}

fn features() -> String {
    "features".to_owned()
}

fn labels() -> String {
    LABELS.to_owned()
}

inputs! {
    /// Nothing: the files are parameters.
    pub struct ImportMatFeaturesInputs {}
}
outputs! {
    /// Features and their table, in the order of the file.
    pub struct ImportMatFeaturesOutputs {
        /// One vector an image.
        features: Features,
        /// Names and classes.
        samples: Samples,
    }
}

/// The stage.
pub struct ImportMatFeatures;

impl Stage for ImportMatFeatures {
    const KIND: &'static str = "import-mat-features";
    const SUMMARY: &'static str = "imports features and labels from a MATLAB file like res101.mat";
    const VERSION: u32 = 1;
    const SEEDED: bool = false;
    type Params = ImportMatFeaturesParams;
    type Inputs = ImportMatFeaturesInputs;
    type Outputs = ImportMatFeaturesOutputs;

    fn run(
        params: &ImportMatFeaturesParams,
        _inputs: ImportMatFeaturesInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<ImportMatFeaturesOutputs, StageError> {
        let classes = read_classes(&params.classes, cx)?;
        let mut import = Import { source: MatSource::open(&params.file, cx)?, params };
        let labels = import.source.labels(&params.labels, &classes)?;
        let samples = import.samples(&labels, &classes, cx)?;
        let features = import.features(labels.len(), cx)?;
        Ok(ImportMatFeaturesOutputs { features, samples })
    }
}

struct Import<'a> {
    source: MatSource,
    params: &'a ImportMatFeaturesParams,
}

impl Import<'_> {
    fn samples(
        &mut self,
        labels: &[usize],
        classes: &[String],
        cx: &mut StageContext<'_>,
    ) -> Result<Samples, StageError> {
        let variable = self.params.image_files.as_deref().unwrap_or(IMAGE_FILES);
        let is_wanted = self.params.image_files.is_some() || self.source.file.has(variable);
        let of_image = |label: &usize| classes[*label].clone();
        let names = if is_wanted {
            let files = self.source.image_files(variable, labels.len())?;
            let (names, checked) = image_names(&files, labels, classes)
                .map_err(|mismatch| self.source.mismatch(variable, &mismatch))?;
            cx.note(format!("{checked} of {} labels agree with folders", labels.len()));
            names
        } else {
            cx.note("there are no paths of images: nothing says whether class names fit labels");
            (1..=labels.len()).map(|image| image.to_string()).collect()
        };
        let rows = names.into_iter().zip(labels.iter().map(of_image));
        let rows = rows.map(|(name, class)| Sample { name, class }).collect();
        let help = "expected a different path for each image";
        Samples::new(rows, BTreeMap::new())
            .map_err(|error| self.source.name.bad(variable, &error.to_string(), help))
    }

    fn features(
        &mut self,
        images: usize,
        cx: &mut StageContext<'_>,
    ) -> Result<Features, StageError> {
        let width = self.width(images)?;
        let tensors =
            vec![TensorInfo::new(self.params.tensor.clone(), vec![width], self.params.storage)];
        let writer = FeaturesWriter::new(cx.writer("features")?, tensors, images);
        let mut writer = writer.map_err(encode_error)?;
        let (mut column, mut row) = (vec![0.0; width], vec![0.0; width]);
        let MatSource { file, name } = &mut self.source;
        let variable = &self.params.features;
        let mut numbers = file.numbers(variable).map_err(|error| name.wrong(&error))?;
        for image in 1..=images {
            if image.is_multiple_of(256) {
                cx.check_cancelled()?;
                cx.progress(image as u64, images as u64, "images");
            }
            numbers.read(&mut column).map_err(|error| name.wrong(&error))?;
            narrow(&column, &mut row, self.params.zero_rows).map_err(|problem| {
                let problem = format!("column {image} (image {image}){problem}");
                name.bad(variable, &problem, "extract the image again, or leave it out")
            })?;
            writer.push(&[&row]).map_err(encode_error)?;
        }
        writer.finish().map_err(encode_error)
    }

    /// How many numbers an image has.
    fn width(&self, images: usize) -> Result<usize, StageError> {
        let name = &self.params.features;
        let found = self.source.file.variable(name);
        let found = found.map_err(|error| self.source.name.wrong(&error))?;
        let (size, images) = (found.size(), images as u64);
        match *found.dims.as_slice() {
            [width, count] if count == images && (1..=MAX_WIDTH).contains(&width) => {
                Ok(usize::try_from(width).expect("a width is limited"))
            }
            [count, _] if count == images => {
                let problem = format!("its size is {size}: an image a row, expected one a column");
                let help = format!("save it transposed, in MATLAB: {name} = {name}.';");
                Err(self.source.name.bad(name, &problem, &help))
            }
            _ => {
                let problem = format!("its size is {size}, expected a column for {images} labels");
                let help = "name the variables that belong together in `features` and `labels`";
                Err(self.source.name.bad(name, &problem, help))
            }
        }
    }
}

/// Turns the features of an image into floats; says what is wrong with them.
#[expect(
    clippy::cast_possible_truncation,
    reason = "what does not fit becomes infinite and is found"
)]
fn narrow(column: &[f64], row: &mut [f32], zero_rows: ZeroRows) -> Result<(), String> {
    let mut is_zero = true;
    for (at, (value, out)) in column.iter().zip(row).enumerate() {
        *out = *value as f32;
        is_zero &= *value == 0.0;
        if !out.is_finite() {
            let problem = if value.is_finite() { "too large a number" } else { "not finite" };
            return Err(format!(", row {}: {value} is {problem}", at + 1));
        }
    }
    if is_zero && zero_rows == ZeroRows::Refuse {
        return Err(": all features are 0 (`zero_rows = \"keep\"` takes such images)".to_owned());
    }
    Ok(())
}

fn encode_error(source: io::Error) -> StageError {
    StageError::Encode { port: "features".to_owned(), source }
}

#[cfg(test)]
mod tests;
