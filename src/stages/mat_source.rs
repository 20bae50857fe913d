//! MATLAB files as parameters, and lists of classes in them or in text files.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;

use crate::data::attribute_files::parse_names;
use crate::data::published_files::CLASS_NAMES;
use crate::formats::mat::{MatError, MatFile, looks_like_mat};
use crate::stage::{FileRef, StageContext, StageError};

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
