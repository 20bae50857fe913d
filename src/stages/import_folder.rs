//! `import-folder`: photos out of a folder with one sub-folder a class.
//!
//! ```text
//! photos/antelope/1.jpg  photos/antelope/2.png  photos/grizzly+bear/1.jpg  …
//! ```
//!
//! A published split counts images in an order of its own. With a `list` the photos are those of the
//! list in its order, however deep their folders.

mod list;

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::images::Images;
use crate::data::photo_index::{Kept, surplus};
use crate::data::samples::Samples;
use crate::fs;
use crate::stage::{FileRef, Stage, StageContext, StageError, inputs, outputs};

use super::pictures::{Pictures, is_picture};

/// What to import.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportFolderParams {
    /// The folder. Each sub-folder is a class of that name and holds JPEG and PNG pictures; hidden
    /// entries, and files beside the sub-folders, are left out with a note.
    pub folder: FileRef,
    /// Which photos, in which order: a text file with one path below the folder a line, or a MATLAB
    /// file with `image_files`, such as `res101.mat`, whose paths lose the folders that all of them
    /// share. Default: all photos of the folder, sorted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<FileRef>,
    /// For a MATLAB file with `labels`: where the names of the classes are, a MATLAB file with
    /// `allclasses_names`, such as `att_splits.mat`, or a text file with one a line. Default: a photo's
    /// folder is its class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classes: Option<FileRef>,
    /// The largest number of photos a class; those stay whose name has the smallest digest.
    /// Default: no limit.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub max_per_class: Option<usize>,
}

inputs! {
    /// Nothing: the folder is a parameter.
    pub struct ImportFolderInputs {}
}
outputs! {
    /// Photos and their table, sorted by class and then by name.
    pub struct ImportFolderOutputs {
        /// The encoded photos.
        images: Images,
        /// Their names, `class/file`, and classes.
        samples: Samples,
    }
}

/// The stage.
pub struct ImportFolder;

impl Stage for ImportFolder {
    const KIND: &'static str = "import-folder";
    const SUMMARY: &'static str = "imports photos of a folder with one sub-folder a class";
    const VERSION: u32 = 1;
    const SEEDED: bool = false;
    type Params = ImportFolderParams;
    type Inputs = ImportFolderInputs;
    type Outputs = ImportFolderOutputs;

    fn check(params: &ImportFolderParams) -> Result<(), StageError> {
        if params.list.is_none() && params.classes.is_some() {
            let message = "only a `list` has labels that need names of classes";
            return Err(StageError::parameter("classes", message));
        }
        match params.max_per_class {
            Some(0) => Err(StageError::parameter("max_per_class", "expected at least 1, got 0")),
            _ => Ok(()),
        }
    }

    fn run(
        params: &ImportFolderParams,
        _inputs: ImportFolderInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<ImportFolderOutputs, StageError> {
        let folder = cx.path(&params.folder)?.to_owned();
        let mut photos = match &params.list {
            Some(list) => list::read(list, params.classes.as_ref(), &folder, cx)?,
            None => list_photos(&folder, cx)?,
        };
        if let Some(limit) = params.max_per_class {
            keep(&mut photos, limit);
        }
        let mut pictures = Pictures::new(cx)?;
        for photo in &photos {
            cx.check_cancelled()?;
            let path = folder.join(&photo.name);
            let bytes = fs::read(&path)?;
            if !is_picture(&bytes) {
                let message = format!("`{}` is neither a JPEG nor a PNG picture", path.display());
                return Err(StageError::data_with_help(message, "replace it, or take it out"));
            }
            pictures.push(&photo.name, &photo.class, &bytes)?;
            if pictures.len().is_multiple_of(256) {
                cx.progress(pictures.len() as u64, photos.len() as u64, "images");
            }
        }
        let (images, samples) = pictures.finish()?;
        Ok(ImportFolderOutputs { images, samples })
    }
}

/// A photo to import.
struct Photo {
    /// The path below the folder, with `/`.
    name: String,
    class: String,
}

/// Finds the photos of all classes, sorted.
fn list_photos(folder: &Path, cx: &mut StageContext<'_>) -> Result<Vec<Photo>, StageError> {
    let help = "expected a folder with one sub-folder a class and the photos in those";
    let shown = folder.display();
    if !fs::is_dir(folder) {
        return Err(StageError::data_with_help(format!("`{shown}` is not a folder"), help));
    }
    let mut photos = Vec::new();
    let mut left_out = LeftOut::default();
    for entry in fs::list(folder)? {
        let class = name_of(&entry)?;
        if left_out.takes(&class, !fs::is_dir(&entry)) {
            continue;
        }
        let found = photos.len();
        for path in fs::list(&entry)? {
            let file = name_of(&path)?;
            let name = format!("{class}/{file}");
            if left_out.takes(&name, file.starts_with('.')) {
                continue;
            }
            if fs::is_dir(&path) {
                let message = format!("`{}` is a folder inside of a class", path.display());
                return Err(StageError::data_with_help(message, help));
            }
            photos.push(Photo { name, class: class.clone() });
        }
        if photos.len() == found {
            let message = format!("class `{class}`: `{}` holds no photo", entry.display());
            return Err(StageError::data_with_help(message, "add some, or take the folder out"));
        }
    }
    if photos.is_empty() {
        return Err(StageError::data_with_help(format!("`{shown}` holds no sub-folder"), help));
    }
    left_out.note(cx);
    Ok(photos)
}

/// Leaves so many photos of each class.
fn keep(photos: &mut Vec<Photo>, limit: usize) {
    let rows = photos.iter().enumerate();
    let rows = rows.map(|(place, photo)| (place, photo.name.clone(), photo.class.clone()));
    let surplus = surplus(rows, limit, Kept::Digest);
    photos.retain(|photo| !surplus.contains(&photo.name));
}

fn name_of(path: &Path) -> Result<String, StageError> {
    let name = path.file_name().and_then(|name| name.to_str());
    name.map(str::to_owned).ok_or_else(|| {
        let message = format!("the name of `{}` is not UTF-8", path.display());
        StageError::data_with_help(message, "rename it")
    })
}

/// Entries that are no photos and no classes.
#[derive(Default)]
struct LeftOut {
    count: usize,
    first: String,
}

impl LeftOut {
    /// Whether an entry is left out: because it is hidden, or for another reason.
    fn takes(&mut self, name: &str, is_other: bool) -> bool {
        if !is_other && !name.starts_with('.') {
            return false;
        }
        if self.count == 0 {
            name.clone_into(&mut self.first);
        }
        self.count += 1;
        true
    }

    fn note(&self, cx: &mut StageContext<'_>) {
        if self.count > 0 {
            let (count, first) = (self.count, &self.first);
            cx.note(format!(
                "left out: {count} hidden files or files beside the classes, first `{first}`"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use crate::data::samples::SampleIndex;
    use crate::event::Signal;
    use crate::stage::testing::{Bench, Outcome};

    use super::*;

    const JPEG: &[u8] = b"\xff\xd8\xff...";

    fn folder(files: &[(&str, &[u8])]) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            fs::write_atomic(&folder.path().join(name), content).unwrap();
        }
        folder
    }

    fn import(folder: &TempDir, max_per_class: Option<usize>) -> Result<Outcome, StageError> {
        let mut bench = Bench::new();
        let folder = bench.outside_folder(folder.path());
        bench.run::<ImportFolder>(&ImportFolderParams {
            folder,
            list: None,
            classes: None,
            max_per_class,
        })
    }

    fn message(files: &[(&str, &[u8])]) -> String {
        import(&folder(files), None).err().unwrap().to_string()
    }

    #[test]
    fn photos_come_sorted_by_class_and_name() {
        let folder = folder(&[
            ("ox/b.jpg", JPEG),
            ("ox/a.png", b"\x89PNG\r\n\x1a\n..."),
            ("giant+panda/1.jpg", JPEG),
            (".hidden/x", b""),
            ("ox/.DS_Store", b""),
            ("README", b"hello"),
        ]);
        let outcome = import(&folder, None).unwrap();
        let (images, samples): (Images, Samples) =
            (outcome.output("images"), outcome.output("samples"));
        let names: Vec<&str> = samples.indices().map(|sample| samples.name(sample)).collect();
        assert_eq!(names, ["giant+panda/1.jpg", "ox/a.png", "ox/b.jpg"]);
        assert_eq!(samples.class_name(SampleIndex(2)), "ox");
        assert_eq!((images.name(2), images.bytes(2)), ("ox/b.jpg", JPEG));
        let text =
            "left out: 3 hidden files or files beside the classes, first `.hidden`".to_owned();
        assert_eq!(outcome.signals, [Signal::Note { text }]);
    }

    #[test]
    fn a_limit_holds_for_each_class() {
        let folder = folder(&[("a/1", JPEG), ("a/2", JPEG), ("a/3", JPEG), ("b/1", JPEG)]);
        let samples: Samples = import(&folder, Some(2)).unwrap().output("samples");
        assert_eq!((samples.of_class("a").len(), samples.of_class("b").len()), (2, 1));
    }

    #[test]
    fn folders_that_cannot_be_say_why() {
        assert!(message(&[("a/1", JPEG), ("b/.keep", b"")]).contains("class `b`: `"));
        assert!(message(&[("a/1.txt", b"text")]).ends_with("is neither a JPEG nor a PNG picture"));
        assert!(message(&[("a/b/1.jpg", JPEG)]).ends_with("is a folder inside of a class"));
        assert!(message(&[("README", b"")]).ends_with("holds no sub-folder"));
    }
}
