//! MATLAB files as parameters, and lists of classes in them or in text files.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;

use crate::data::attribute_files::parse_names;
use crate::data::published_files::CLASS_NAMES;
use crate::formats::mat::{MatError, MatFile, looks_like_mat};
use crate::stage::{FileRef, StageContext, StageError};

use super::import_mat_features::names::FolderMismatch;

/// Images that a file may have.
pub(super) const MAX_IMAGES: u64 = 1 << 26;

/// The variable that holds the paths of images, where there are any.
pub(super) const IMAGE_FILES: &str = "image_files";

/// The variable that holds their classes, counted from 1.
pub(super) const LABELS: &str = "labels";

/// Classes that a list may name.
const MAX_CLASSES: u64 = 1 << 16;

/// A MATLAB file that is open.
pub(super) struct MatSource {
    pub(super) file: MatFile<File>,
    pub(super) name: ShownName,
}

/// What messages call a file.
pub(super) struct ShownName(String);

impl MatSource {
    pub(super) fn open(file: &FileRef, cx: &StageContext<'_>) -> Result<Self, StageError> {
        let name = ShownName(cx.display(file));
        let file = MatFile::open(cx.open(file)?).map_err(|error| name.wrong(&error))?;
        Ok(Self { file, name })
    }

    /// The class of each image, counted from 0, out of a variable that counts them from 1.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "only whole numbers of the range are converted"
    )]
    pub(super) fn labels(
        &mut self,
        variable: &str,
        classes: &[String],
    ) -> Result<Vec<usize>, StageError> {
        let values = self.file.vector(variable, MAX_IMAGES);
        let values = values.map_err(|error| self.name.wrong(&error))?;
        let label = |(row, &value): (usize, &f64)| {
            let is_class = value.fract() == 0.0 && value >= 1.0;
            let label = if is_class { value as usize } else { 0 };
            if (1..=classes.len()).contains(&label) {
                return Ok(label - 1);
            }
            let problem = format!(
                "row {}: {value} is no class, expected 1 to {} (the number of class names)",
                row + 1,
                classes.len()
            );
            let help = "name the file with all classes in the order of the labels in `classes`";
            Err(self.name.bad(variable, &problem, help))
        };
        values.iter().enumerate().map(label).collect()
    }

    /// The paths of the images, one a label.
    pub(super) fn image_files(
        &mut self,
        variable: &str,
        images: usize,
    ) -> Result<Vec<String>, StageError> {
        let files = self.file.texts(variable, MAX_IMAGES);
        let files = files.map_err(|error| self.name.wrong(&error))?;
        if files.len() == images {
            return Ok(files);
        }
        let problem = format!("{} paths for {images} labels", files.len());
        Err(self.name.bad(variable, &problem, "expected a path an image"))
    }

    /// That folders are called like other classes than the labels say.
    pub(super) fn mismatch(&self, variable: &str, mismatch: &FolderMismatch) -> StageError {
        let help = "the list of classes is in another order than the labels; name the list that \
                    came with the features in `classes`";
        self.name.bad(variable, &mismatch.to_string(), help)
    }
}

impl ShownName {
    /// An error of the reader about this file.
    pub(super) fn wrong(&self, error: &MatError) -> StageError {
        let message = format!("`{}`: {error}", self.0);
        match error.help() {
            Some(help) => StageError::data_with_help(message, help),
            None => StageError::data(message),
        }
    }

    /// Bad content of a variable.
    pub(super) fn bad(&self, variable: &str, problem: &str, help: &str) -> StageError {
        let message = format!("`{}`: variable `{variable}`: {problem}", self.0);
        StageError::data_with_help(message, help)
    }
}

/// Reads the names of classes: the variable `allclasses_names` of a MATLAB file, or a text file with
/// one a line. Position l of the list is class l of the labels.
pub(super) fn read_classes(
    file: &FileRef,
    cx: &StageContext<'_>,
) -> Result<Vec<String>, StageError> {
    let mut start = Vec::new();
    let io = |error: std::io::Error| {
        StageError::data(format!("`{}` could not be read: {error}", cx.display(file)))
    };
    cx.open(file)?.take(128).read_to_end(&mut start).map_err(io)?;
    let names = if looks_like_mat(&start) {
        let mut source = MatSource::open(file, cx)?;
        let names = source.file.texts(CLASS_NAMES, MAX_CLASSES);
        names.map_err(|error| source.name.wrong(&error))?
    } else {
        let shown = cx.display(file);
        parse_names(&cx.read_text(file)?)
            .map_err(|error| StageError::data(format!("`{shown}`: {error}")))?
    };
    let names: Vec<String> = names.into_iter().map(|name| name.trim().to_owned()).collect();
    let mut known = BTreeSet::new();
    for (position, name) in names.iter().enumerate() {
        let problem = match name.as_str() {
            "" => "has no name".to_owned(),
            _ if !known.insert(name) => format!("`{name}` is named twice"),
            _ => continue,
        };
        let message = format!("`{}`: class {}: {problem}", cx.display(file), position + 1);
        let help = "expected the different names of all classes in the order of the labels";
        return Err(StageError::data_with_help(message, help));
    }
    Ok(names)
}
