//! The list of photos that a published split counts.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;

use crate::data::attribute_files::parse_names;
use crate::formats::mat::looks_like_mat;
use crate::fs;
use crate::stage::{FileRef, StageContext, StageError};

use super::super::import_mat_features::names::image_names;
use super::super::mat_source::{IMAGE_FILES, LABELS, MAX_IMAGES, MatSource, read_classes};
use super::Photo;

/// Missing photos that a message names.
const NAMED: usize = 3;

/// The photos of a list, all of which must be in the folder.
pub(super) fn read(
    list: &FileRef,
    classes: Option<&FileRef>,
    folder: &Path,
    cx: &mut StageContext<'_>,
) -> Result<Vec<Photo>, StageError> {
    let mut start = Vec::new();
    let shown = cx.display(list);
    let io = |error| StageError::data(format!("`{shown}` could not be read: {error}"));
    cx.open(list)?.take(128).read_to_end(&mut start).map_err(io)?;
    let photos = match (looks_like_mat(&start), classes) {
        (true, Some(classes)) => of_labels(list, &read_classes(classes, cx)?, cx)?,
        (true, None) => of_paths(&mat_paths(list, cx)?, &shown)?,
        (false, None) => {
            let lines = parse_names(&cx.read_text(list)?);
            of_paths(
                &lines.map_err(|error| StageError::data(format!("`{shown}`: {error}")))?,
                &shown,
            )?
        }
        (false, Some(_)) => {
            let message = format!("`{shown}` is a text file and has no labels");
            let help = "leave `classes` out: a photo's folder is its class";
            return Err(StageError::data_with_help(message, help));
        }
    };
    all_there(&photos, folder, &shown)?;
    let classes: BTreeSet<&str> = photos.iter().map(|photo| photo.class.as_str()).collect();
    cx.note(format!(
        "{} photos of {} classes in the order of `{shown}`",
        photos.len(),
        classes.len()
    ));
    Ok(photos)
}

/// Photos whose classes are labels.
fn of_labels(
    list: &FileRef,
    classes: &[String],
    cx: &mut StageContext<'_>,
) -> Result<Vec<Photo>, StageError> {
    let mut source = MatSource::open(list, cx)?;
    let labels = source.labels(LABELS, classes)?;
    let files = source.image_files(IMAGE_FILES, labels.len())?;
    let (names, _) = image_names(&files, &labels, classes)
        .map_err(|mismatch| source.mismatch(IMAGE_FILES, &mismatch))?;
    let photo = |(name, label): (String, &usize)| Photo { name, class: classes[*label].clone() };
    Ok(names.into_iter().zip(&labels).map(photo).collect())
}

/// The paths of a MATLAB file without the folders that they share.
fn mat_paths(list: &FileRef, cx: &StageContext<'_>) -> Result<Vec<String>, StageError> {
    let mut source = MatSource::open(list, cx)?;
    let files = source.file.texts(IMAGE_FILES, MAX_IMAGES);
    let files = files.map_err(|error| source.name.wrong(&error))?;
    // Without names of classes no folder can disagree with a label.
    let labels = vec![0; files.len()];
    let (names, _) = image_names(&files, &labels, &[])
        .map_err(|mismatch| source.mismatch(IMAGE_FILES, &mismatch))?;
    Ok(names)
}

/// Photos whose folders are their classes.
fn of_paths(paths: &[String], shown: &str) -> Result<Vec<Photo>, StageError> {
    let photo = |(row, path): (usize, &String)| {
        let name = path.trim();
        let is_below = Path::new(name).is_relative() && !name.split('/').any(|part| part == "..");
        match name.rsplit_once('/') {
            Some((class, _)) if is_below => {
                Ok(Photo { name: name.to_owned(), class: class.to_owned() })
            }
            _ => {
                let message = format!("`{shown}`, line {}: `{name}`", row + 1);
                let help = "expected a path below the folder, `class/photo.jpg`";
                Err(StageError::data_with_help(message, help))
            }
        }
    };
    paths.iter().enumerate().map(photo).collect()
}

fn all_there(photos: &[Photo], folder: &Path, shown: &str) -> Result<(), StageError> {
    let missing: Vec<&str> = photos
        .iter()
        .filter(|photo| !fs::exists(&folder.join(&photo.name)))
        .map(|photo| photo.name.as_str())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let first: Vec<String> = missing.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    let message = format!(
        "{} of the {} photos of `{shown}` are not in `{}`, first {}",
        missing.len(),
        photos.len(),
        folder.display(),
        first.join(", ")
    );
    let help = "complete the folder, or name the one that the paths of the list begin in";
    Err(StageError::data_with_help(message, help))
}

#[cfg(test)]
mod tests;
