//! `import-idx`: grey images and labels in IDX files, such as MNIST.
//!
//! Images become PNG pictures: without loss, smaller than the raw bytes, and read by everything that
//! reads pictures.

use std::io::Read;

use image::ExtendedColorType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::class_list::parse_class_list;
use crate::data::images::Images;
use crate::data::samples::Samples;
use crate::formats::array::shape_text;
use crate::formats::element::Element;
use crate::formats::gzip::decompressed;
use crate::formats::idx::{IdxError, IdxReader};
use crate::stage::{FileRef, Stage, StageContext, StageError, inputs, outputs};

use super::pictures::{Pictures, encode_png};

/// What to import.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportIdxParams {
    /// The images: bytes of shape [N, height, width], such as `train-images-idx3-ubyte.gz`.
    pub images: FileRef,
    /// A label an image: bytes of shape `[N]`, such as `train-labels-idx1-ubyte.gz`.
    pub labels: FileRef,
    /// What the labels stand for, from label 0 on: a list of classes, one a line or as JSON. Default:
    /// a class is called by its label.
    #[serde(default)]
    pub classes: Option<FileRef>,
}

inputs! {
    /// Nothing: the files are parameters.
    pub struct ImportIdxInputs {}
}
outputs! {
    /// Images and their table, in the order of the file.
    pub struct ImportIdxOutputs {
        /// The images as grey PNG pictures.
        images: Images,
        /// Their positions as names, and their classes.
        samples: Samples,
    }
}

/// The stage.
pub struct ImportIdx;

impl Stage for ImportIdx {
    const KIND: &'static str = "import-idx";
    const SUMMARY: &'static str = "imports grey images and labels of IDX files, such as MNIST";
    const VERSION: u32 = 1;
    const SEEDED: bool = false;
    type Params = ImportIdxParams;
    type Inputs = ImportIdxInputs;
    type Outputs = ImportIdxOutputs;

    fn run(
        params: &ImportIdxParams,
        _inputs: ImportIdxInputs,
        cx: &mut StageContext<'_>,
    ) -> Result<ImportIdxOutputs, StageError> {
        let classes =
            match &params.classes {
                Some(list) => Some(parse_class_list(&cx.read_text(list)?).map_err(|error| {
                    StageError::data(format!("`{}`: {error}", cx.display(list)))
                })?),
                None => None,
            };
        let mut images = Items::open(&params.images, "bytes of shape [N, height, width]", cx)?;
        let &[count, height, width] = images.reader.shape() else {
            return Err(images.strange());
        };
        let mut labels = Items::open(&params.labels, "one byte a label, of shape [N]", cx)?;
        match labels.reader.shape() {
            [labelled] if *labelled == count => {}
            [labelled] => {
                let (images, labels) = (images.file, labels.file);
                let message =
                    format!("`{labels}` has {labelled} labels, but `{images}` {count} images");
                return Err(StageError::data_with_help(message, "name files that belong together"));
            }
            _ => return Err(labels.strange()),
        }
        let mut pictures = Pictures::new(cx)?;
        let (mut image, mut label) = (Vec::new(), Vec::new());
        while images.next(&mut image)? && labels.next(&mut label)? {
            let at = pictures.len();
            if at.is_multiple_of(1024) {
                cx.check_cancelled()?;
                cx.progress(at as u64, count as u64, "images");
            }
            let class = labels.class(at, label[0], classes.as_deref())?;
            let png = encode_png(&image, width, height, ExtendedColorType::L8)?;
            pictures.push(&at.to_string(), &class, &png)?;
        }
        // The labels must end where the images do.
        labels.next(&mut label)?;
        let (images, samples) = pictures.finish()?;
        Ok(ImportIdxOutputs { images, samples })
    }
}

/// The items of a file that has a name.
struct Items {
    file: String,
    expected: &'static str,
    reader: IdxReader<Box<dyn Read>>,
}

impl Items {
    fn open(
        file: &FileRef,
        expected: &'static str,
        cx: &StageContext<'_>,
    ) -> Result<Self, StageError> {
        let input = cx.open(file)?;
        let file = cx.display(file);
        let reader = decompressed(input).map_err(IdxError::from).and_then(IdxReader::new);
        let reader = reader.map_err(|error| wrong(&file, &error))?;
        let items = Self { file, expected, reader };
        let is_empty = items.reader.shape().contains(&0);
        if items.reader.element() == Element::U8 && !is_empty {
            Ok(items)
        } else {
            Err(items.strange())
        }
    }

    fn next(&mut self, item: &mut Vec<u8>) -> Result<bool, StageError> {
        self.reader.next(item).map_err(|error| wrong(&self.file, &error))
    }

    /// The name of the class that a label stands for.
    fn class(
        &self,
        at: usize,
        label: u8,
        classes: Option<&[String]>,
    ) -> Result<String, StageError> {
        let Some(classes) = classes else { return Ok(label.to_string()) };
        classes.get(usize::from(label)).cloned().ok_or_else(|| {
            let (file, last) = (&self.file, classes.len() - 1);
            let message =
                format!("`{file}`: label {at} (counted from 0) is {label}; expected 0 to {last}");
            StageError::data_with_help(message, "name the list that belongs to these labels")
        })
    }

    fn strange(&self) -> StageError {
        let (file, expected) = (&self.file, self.expected);
        let (shape, element) = (shape_text(self.reader.shape()), self.reader.element());
        let message = format!("`{file}` holds {shape} {element:?}; expected {expected}");
        StageError::data_with_help(message, "images and labels may have been exchanged")
    }
}

fn wrong(file: &str, error: &IdxError) -> StageError {
    let help = "expected an IDX file as MNIST has them, plain or gzip; fetch it again";
    StageError::data_with_help(format!("`{file}`: {error}"), help)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use crate::data::samples::SampleIndex;
    use crate::stage::testing::{Bench, Outcome};

    use super::*;

    fn idx(shape: &[u32], values: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0, 0, 8, shape.len() as u8];
        bytes.extend(shape.iter().flat_map(|side| side.to_be_bytes()));
        bytes.extend(values);
        bytes
    }

    fn import(images: &[u8], labels: &[u8], classes: Option<&str>) -> Result<Outcome, StageError> {
        let mut bench = Bench::new();
        let params = ImportIdxParams {
            images: bench.file("images", images),
            labels: bench.file("labels", labels),
            classes: classes.map(|list| bench.file("classes", list.as_bytes())),
        };
        bench.run::<ImportIdx>(&params)
    }

    const PIXELS: &[u8] = &[0, 50, 100, 150, 200, 255, 1, 2, 3, 4, 5, 6];

    #[test]
    fn pixels_survive_and_labels_get_names() {
        let images = idx(&[2, 2, 3], PIXELS);
        let outcome = import(&images, &idx(&[2], &[1, 0]), Some("zero\none\n")).unwrap();
        let (images, samples): (Images, Samples) =
            (outcome.output("images"), outcome.output("samples"));
        assert_eq!(
            (samples.class_name(SampleIndex(0)), samples.name(SampleIndex(1))),
            ("one", "1")
        );
        let picture = image::load_from_memory(images.bytes(1)).unwrap().into_luma8();
        assert_eq!((picture.width(), picture.height()), (3, 2));
        assert_eq!(picture.as_raw(), &PIXELS[6..]);
    }

    #[test]
    fn files_that_do_not_belong_together_are_refused() {
        let images = idx(&[2, 2, 3], PIXELS);
        let labels = idx(&[2], &[1, 7]);
        let message = |images: &[u8], labels: &[u8], classes| {
            import(images, labels, classes).err().unwrap().to_string()
        };
        assert!(message(&images, &idx(&[3], &[1, 2, 3]), None).contains("has 3 labels, but `"));
        assert!(
            message(&labels, &images, None).contains("holds 2 U8; expected bytes of shape [N,")
        );
        let range = message(&images, &labels, Some("zero\none\n"));
        assert!(range.ends_with("label 1 (counted from 0) is 7; expected 0 to 1"), "{range}");
        assert!(message(&images[..20], &labels, None).contains("ends inside item 0 of 2"));
        let long = [&labels[..], &[0]].concat();
        assert!(message(&images, &long, None).contains("goes on after the 2 items"));
    }

    #[test]
    fn real_digits_have_their_known_counts() {
        let folder = std::env::var_os("ERPC_DATA").map(|data| PathBuf::from(data).join("mnist"));
        let Some(folder) = folder.filter(|folder| folder.is_dir()) else {
            eprintln!("skipped: ERPC_DATA has no folder mnist");
            return;
        };
        let mut bench = Bench::new();
        let params = ImportIdxParams {
            images: bench.outside(&folder.join("t10k-images-idx3-ubyte.gz")),
            labels: bench.outside(&folder.join("t10k-labels-idx1-ubyte.gz")),
            classes: None,
        };
        let samples: Samples = bench.run::<ImportIdx>(&params).unwrap().output("samples");
        let counts: Vec<usize> =
            samples.classes().iter().map(|class| samples.of_class(class).len()).collect();
        assert_eq!(counts, [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    }
}
