//! Arrays out of outside files: `.npy`, `.npz` and safetensors, told apart by their first bytes.

use crate::artifact::Blob;
use crate::formats::array::{ArrayInfo, shape_text};
use crate::formats::npy;
use crate::formats::npz::Npz;
use crate::formats::safetensors;
use crate::stage::{FileRef, StageContext, StageError};

/// What to do about a file that is damaged or something else.
const EXPECTED: &str =
    "expected a file that `numpy.save`, `numpy.savez` or `safetensors` wrote; write it again";

/// An array of a file, with the bytes that it lies in.
pub(super) struct FileArray {
    /// The name of the file, for messages.
    pub(super) file: String,
    /// The name in the file; empty in a `.npy` file, whose array has none.
    pub(super) name: String,
    /// Where its numbers are.
    pub(super) info: ArrayInfo,
    bytes: Blob,
}

/// Whether a file is one of those that hold arrays.
pub(super) fn holds_arrays(bytes: &[u8]) -> bool {
    bytes.starts_with(npy::MAGIC) || Npz::is_zip(bytes) || safetensors::is_safetensors(bytes)
}

/// The arrays of these names; without a name, the only one of the file.
pub(super) fn read_arrays(
    file: &FileRef,
    names: &[String],
    cx: &StageContext<'_>,
) -> Result<Vec<FileArray>, StageError> {
    let bytes = cx.map(file)?;
    let file = cx.display(file);
    if Npz::is_zip(&bytes) {
        return read_npz(&file, &bytes, names, cx);
    }
    let arrays = if safetensors::is_safetensors(&bytes) {
        safetensors::parse(&bytes).map_err(|error| wrong(&file, &error))?
    } else {
        vec![(String::new(), npy::parse(&bytes).map_err(|error| wrong(&file, &error))?)]
    };
    let offered: Vec<String> = arrays.iter().map(|(name, _)| name.clone()).collect();
    let chosen = choose(&file, names, &offered)?;
    let array = |at: usize| {
        let (name, info) = arrays[at].clone();
        FileArray { file: file.clone(), name, info, bytes: bytes.clone() }
    };
    Ok(chosen.into_iter().map(array).collect())
}

fn read_npz(
    file: &str,
    bytes: &Blob,
    names: &[String],
    cx: &StageContext<'_>,
) -> Result<Vec<FileArray>, StageError> {
    let mut npz = Npz::open(bytes).map_err(|error| wrong(file, &error))?;
    let offered = npz.names();
    let mut arrays = Vec::new();
    for at in choose(file, names, &offered)? {
        let name = &offered[at];
        let (bytes, place) = match npz.stored(name).map_err(|error| wrong(file, &error))? {
            Some(place) => (bytes.clone(), place),
            None => {
                let mut out = cx.writer("array")?;
                npz.unpack(name, &mut out).map_err(|error| wrong(file, &error))?;
                let unpacked = out.finish()?;
                let place = 0..unpacked.len();
                (unpacked, place)
            }
        };
        let info = npy::parse(&bytes[place.clone()])
            .map_err(|error| wrong(&format!("{file}:{name}"), &error))?;
        let info = info.shifted(place.start);
        arrays.push(FileArray { file: file.to_owned(), name: name.clone(), info, bytes });
    }
    Ok(arrays)
}

/// The positions of the arrays asked for.
fn choose(file: &str, names: &[String], offered: &[String]) -> Result<Vec<usize>, StageError> {
    let listed = offered.join(", ");
    match (names, offered) {
        ([], [_]) => Ok(vec![0]),
        ([], []) => Err(StageError::data(format!("`{file}` holds no array"))),
        ([], _) => Err(StageError::data_with_help(
            format!("`{file}` holds {} arrays: {listed}", offered.len()),
            "say in the parameters which of them to take",
        )),
        (_, [only]) if only.is_empty() => Err(StageError::data_with_help(
            format!("`{file}` holds one array without a name, but `{}` is asked for", names[0]),
            "leave the name out",
        )),
        _ => {
            let place = |name: &String| offered.iter().position(|other| other == name);
            let find = |name| {
                place(name).ok_or_else(|| {
                    StageError::data(format!("`{file}` holds no array `{name}`, only {listed}"))
                })
            };
            names.iter().map(find).collect()
        }
    }
}

fn wrong(file: &str, error: &impl std::fmt::Display) -> StageError {
    StageError::data_with_help(format!("`{file}`: {error}"), EXPECTED)
}

impl FileArray {
    /// The file and, where it has one, the array's name in it.
    pub(super) fn label(&self) -> String {
        match self.name.as_str() {
            "" => format!("`{}`", self.file),
            name => format!("`{}`, array `{name}`", self.file),
        }
    }

    /// The shape, such as `50x85`.
    pub(super) fn shape_text(&self) -> String {
        shape_text(self.info.shape())
    }

    /// Decodes the rows from `first` on that fill `out`.
    pub(super) fn read_rows(&self, first: usize, out: &mut [f64]) {
        self.info.read_rows(&self.bytes, first, out);
    }
}
