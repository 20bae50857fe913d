//! `import-photos`: photos out of a tar archive, with their classes from a table.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::images::Images;
use crate::data::photo_index::{Kept, Photo, PhotoFilter, read_photo_index};
use crate::data::samples::Samples;
use crate::stage::{FileRef, Stage, StageContext, StageError, inputs, outputs};

use super::pictures::{Pictures, is_picture};

/// What to import.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportPhotosParams {
    /// The tar archive, not compressed.
    pub archive: FileRef,
    /// The table (csv with a header): a row a photo, with the columns `path` (in the archive) and
    /// `class`.
    pub index: FileRef,
    /// Only rows with one of these values in the column `match`, which says how well a photo shows
    /// its class. Default: all rows, and no such column is needed.
    #[serde(default)]
    pub matches: Vec<String>,
    /// Further columns of the table to keep with the samples, such as `source`. Default: none.
    #[serde(default)]
    pub columns: Vec<String>,
    /// The largest number of photos a class. Default: no limit.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub max_per_class: Option<usize>,
    /// Which photos stay under such a limit. Default: those whose path has the smallest digest, a
    /// choice that depends neither on the order of the table nor on a seed.
    #[serde(default)]
    pub kept_per_class: Kept,
}

inputs! {
    /// Nothing: the files are parameters.
    pub struct ImportPhotosInputs {}
}
outputs! {
    /// Photos and their table, in the order of the archive.
    pub struct ImportPhotosOutputs {
        /// The encoded photos.
        images: Images,
        /// Their names and classes.
        samples: Samples,
    }
}

/// What the table should hold.
const EXPECTED: &str =
    "expected a csv table with a header, the columns `path` and `class`, and a row a photo";

/// The stage.
pub struct ImportPhotos;

impl Stage for ImportPhotos {
    const KIND: &'static str = "import-photos";
    const SUMMARY: &'static str = "imports photos of a tar archive with classes from a csv table";
    const VERSION: u32 = 1;
    const SEEDED: bool = false;
    type Params = ImportPhotosParams;
    type Inputs = ImportPhotosInputs;
    type Outputs = ImportPhotosOutputs;

    fn check(params: &ImportPhotosParams) -> Result<(), StageError> {
        match params.max_per_class {
            Some(0) => Err(StageError::parameter("max_per_class", "expected at least 1, got 0")),
            _ => Ok(()),
        }
    }

    fn run(
        params: &ImportPhotosParams,
        _inputs: ImportPhotosInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<ImportPhotosOutputs, StageError> {
        let filter = PhotoFilter {
            matches: params.matches.clone(),
            columns: params.columns.clone(),
            max_per_class: params.max_per_class,
            kept_per_class: params.kept_per_class,
        };
        let index = cx.display(&params.index);
        let wanted = read_photo_index(cx.open(&params.index)?, &filter)
            .map_err(|error| StageError::data_with_help(format!("`{index}`: {error}"), EXPECTED))?;
        let mut import = Import {
            archive: cx.display(&params.archive),
            pictures: Pictures::new(cx)?,
            lines: BTreeSet::new(),
        };
        import.read(cx.open(&params.archive)?, &wanted, &params.columns, cx)?;
        import.check_complete(&index, &wanted)?;
        let (images, samples) = import.pictures.finish()?;
        Ok(ImportPhotosOutputs { images, samples })
    }
}

struct Import {
    archive: String,
    pictures: Pictures,
    /// The lines of the table that were found in the archive.
    lines: BTreeSet<u64>,
}

impl Import {
    fn read(
        &mut self,
        archive: impl Read,
        wanted: &BTreeMap<String, Photo>,
        columns: &[String],
        cx: &mut StageContext<'_>,
    ) -> Result<(), StageError> {
        let mut archive = tar::Archive::new(io::BufReader::new(archive));
        let mut photo = Vec::new();
        for entry in archive.entries().map_err(|error| self.damaged(&error))? {
            let mut entry = entry.map_err(|error| self.damaged(&error))?;
            let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let Some(row) = wanted.get(&path) else { continue };
            cx.check_cancelled()?;
            photo.clear();
            entry.read_to_end(&mut photo).map_err(|error| self.damaged(&error))?;
            self.take(&path, row, columns, &photo, entry.size())?;
            if self.pictures.len().is_multiple_of(256) {
                cx.progress(self.pictures.len() as u64, wanted.len() as u64, "images");
            }
        }
        Ok(())
    }

    fn take(
        &mut self,
        path: &str,
        row: &Photo,
        columns: &[String],
        photo: &[u8],
        size: u64,
    ) -> Result<(), StageError> {
        let archive = &self.archive;
        if photo.len() as u64 != size {
            return Err(StageError::data_with_help(
                format!("`{archive}` ends in the middle of `{path}`"),
                "the archive is incomplete; copy it again",
            ));
        }
        if !self.lines.insert(row.line) {
            return Err(StageError::data(format!("`{archive}` holds `{path}` twice")));
        }
        if !is_picture(photo) {
            let message = format!("`{path}` in `{archive}` is neither a JPEG nor a PNG picture");
            let help = "replace the picture, or leave its row out of the table";
            return Err(StageError::data_with_help(message, help));
        }
        self.pictures.push(path, &row.class, photo)?;
        for (name, value) in columns.iter().zip(&row.columns) {
            self.pictures.column(name, value);
        }
        Ok(())
    }

    fn check_complete(
        &self,
        index: &str,
        wanted: &BTreeMap<String, Photo>,
    ) -> Result<(), StageError> {
        let missing = wanted.iter().filter(|(_, photo)| !self.lines.contains(&photo.line));
        let Some((path, photo)) = missing.clone().min_by_key(|(_, photo)| photo.line) else {
            return Ok(());
        };
        Err(StageError::data_with_help(
            format!(
                "`{}` lacks {} of the {} photos that `{index}` lists, first `{path}` on line {}",
                self.archive,
                missing.count(),
                wanted.len(),
                photo.line
            ),
            "the archive is incomplete, or the table belongs to another one",
        ))
    }

    fn damaged(&self, error: &io::Error) -> StageError {
        StageError::data_with_help(
            format!("`{}` is not a complete tar archive: {error}", self.archive),
            "expected a tar archive that is not compressed; copy it again, or decompress it",
        )
    }
}

#[cfg(test)]
mod tests {
    use crate::data::samples::SampleIndex;
    use crate::stage::testing::Bench;

    use super::*;

    fn jpeg(tail: &str) -> Vec<u8> {
        [b"\xff\xd8\xff".as_slice(), tail.as_bytes()].concat()
    }

    fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, content) in members {
            let mut header = tar::Header::new_ustar();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            builder.append_data(&mut header, path, *content).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn import(tar: &[u8], csv: &str) -> Result<(Images, Samples), StageError> {
        let mut bench = Bench::new();
        let params = ImportPhotosParams {
            archive: bench.file("photos.tar", tar),
            index: bench.file("index.csv", csv.as_bytes()),
            matches: Vec::new(),
            columns: Vec::new(),
            max_per_class: None,
            kept_per_class: Kept::default(),
        };
        let outcome = bench.run::<ImportPhotos>(&params)?;
        Ok((outcome.output("images"), outcome.output("samples")))
    }

    #[test]
    fn photos_come_in_the_order_of_the_archive() {
        let tar = archive(&[("p/b.jpg", &jpeg("b")), ("p/x", b"no"), ("p/a.jpg", &jpeg("a"))]);
        let (images, samples) = import(&tar, "class,path\ncat,p/a.jpg\nant,p/b.jpg\n").unwrap();
        assert_eq!((images.name(0), images.bytes(0)), ("p/b.jpg", &jpeg("b")[..]));
        assert_eq!(samples.class_name(SampleIndex(0)), "ant");
        assert_eq!(samples.name(SampleIndex(1)), "p/a.jpg");
    }

    #[test]
    fn a_damaged_archive_says_what_is_missing() {
        let (long, short) = (jpeg(&"b".repeat(2000)), jpeg("a"));
        let tar = archive(&[("a.jpg", &short), ("b.jpg", &long)]);
        let csv = "path,class\na.jpg,cat\nb.jpg,cat\n";
        let message = |tar: &[u8]| import(tar, csv).err().unwrap().to_string();
        // A member takes 512 bytes of header and its content in whole blocks of 512 bytes.
        assert!(message(&tar[..2000]).contains("ends in the middle of `b.jpg`"));
        let lacking = message(&tar[..1024]);
        assert!(lacking.contains("lacks 1 of the 2 photos"), "{lacking}");
        assert!(lacking.ends_with("first `b.jpg` on line 3"), "{lacking}");
        assert!(message(b"this is no archive at all").contains("is not a complete tar archive"));
        let twice = archive(&[("a.jpg", &short), ("b.jpg", &long), ("a.jpg", &short)]);
        assert!(message(&twice).ends_with("holds `a.jpg` twice"));
        let text = archive(&[("a.jpg", b"hello"), ("b.jpg", &long)]);
        assert!(message(&text).ends_with("is neither a JPEG nor a PNG picture"));
    }

    #[test]
    fn a_bad_table_names_file_and_line() {
        let error = import(&archive(&[]), "path,class\na.jpg,\n").err().unwrap().to_string();
        assert!(error.ends_with("index.csv`: line 2: the column `class` is empty"), "{error}");
    }
}
