//! Where ONNX Runtime is on this machine. Nothing is loaded here: a plan must be fast.

use std::cmp::Reverse;
use std::env;
use std::path::{Path, PathBuf};

use crate::fs;

use super::OnnxError;

/// How the library's file is called; a version may follow.
const STEM: &str = "libonnxruntime.so";

/// The folder for it inside the project's store.
const CACHE: &str = ".erpc/onnxruntime";

/// Where the system's loader looks, after `LD_LIBRARY_PATH`.
const SYSTEM: [&str; 6] =
    ["/usr/local/lib", "/lib64", "/usr/lib64", "/lib/x86_64-linux-gnu", "/lib", "/usr/lib"];

/// A shared library of ONNX Runtime that was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Library {
    /// Its real path.
    pub path: PathBuf,
    /// The version in its name, such as `1.31.1`, or `unknown`.
    pub version: String,
}

impl Library {
    /// The library at `path`, links resolved.
    ///
    /// # Errors
    /// [`OnnxError::NoLibrary`], which blames `origin`.
    fn at(path: &Path, origin: &str) -> Result<Self, OnnxError> {
        let missing = |_| OnnxError::NoLibrary { origin: origin.to_owned(), path: path.to_owned() };
        let path = fs::canonicalize(path).map_err(missing)?;
        let version = version_of(&path).unwrap_or_else(|| "unknown".to_owned());
        Ok(Self { path, version })
    }
}

/// Looks for ONNX Runtime: `ORT_DYLIB_PATH`, the project's cache folder, beside the program, where
/// the system keeps libraries. `None` if it is nowhere.
///
/// # Errors
/// [`OnnxError::NoLibrary`] if the variable is set and nothing is there.
pub fn locate() -> Result<Option<Library>, OnnxError> {
    if let Some(path) = env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty()) {
        return Library::at(Path::new(&path), "the variable `ORT_DYLIB_PATH`").map(Some);
    }
    for folder in searched_folders() {
        if let Some(path) = newest_in(&folder) {
            return Library::at(&path, "the folder").map(Some);
        }
    }
    Ok(None)
}

/// The folders in which [`locate`] looks, in order.
#[must_use]
pub fn searched_folders() -> Vec<PathBuf> {
    let mut folders = vec![PathBuf::from(CACHE)];
    if let Some(store) = env::var_os("ERPC_STORE").filter(|store| !store.is_empty()) {
        folders.push(Path::new(&store).join("onnxruntime"));
    }
    let program = env::current_exe().ok();
    folders.extend(program.as_deref().and_then(Path::parent).map(Path::to_owned));
    if let Some(paths) = env::var_os("LD_LIBRARY_PATH") {
        folders.extend(env::split_paths(&paths).filter(|path| !path.as_os_str().is_empty()));
    }
    folders.extend(SYSTEM.map(PathBuf::from));
    folders
}

/// The library of the highest version in a folder. One that cannot be listed has none.
fn newest_in(folder: &Path) -> Option<PathBuf> {
    let is_library = |path: &PathBuf| {
        let rest = path.file_name()?.to_str()?.strip_prefix(STEM)?;
        (rest.is_empty() || rest.starts_with('.')).then_some(())
    };
    let entries = if fs::is_dir(folder) { fs::list(folder).ok()? } else { Vec::new() };
    let found = entries.into_iter().filter(|path| is_library(path).is_some() && fs::exists(path));
    found.min_by_key(|path| Reverse(numbers(path)))
}

fn numbers(path: &Path) -> Vec<u32> {
    let version = version_of(path).unwrap_or_default();
    version.split('.').map_while(|part| part.parse().ok()).collect()
}

/// The version in a file name such as `libonnxruntime.so.1.31.1`.
fn version_of(path: &Path) -> Option<String> {
    let version = path.file_name()?.to_str()?.strip_prefix(STEM)?.strip_prefix('.')?;
    version.starts_with(|first: char| first.is_ascii_digit()).then(|| version.to_owned())
}

#[cfg(test)]
mod tests;
