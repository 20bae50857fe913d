//! The only file that calls `std::fs`: every error names the path and the act.

#![expect(clippy::disallowed_methods, reason = "this module is what the others must use instead")]

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use memmap2::Mmap;

/// An input or output error that says what was being done to which path.
#[derive(Debug, thiserror::Error)]
#[error("could not {act} `{}`", path.display())]
#[non_exhaustive]
pub struct FsError {
    /// What was being done, as a verb: "read", "create", "rename".
    pub act: &'static str,
    /// The path it was done to.
    pub path: PathBuf,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

impl FsError {
    /// Whether the path does not exist.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.source.kind() == io::ErrorKind::NotFound
    }
}

/// The result of an operation on a path.
pub type FsResult<T> = Result<T, FsError>;

/// Puts the act and the path beside an error, for operations on files already open.
pub fn context<T>(act: &'static str, path: &Path, result: io::Result<T>) -> FsResult<T> {
    result.map_err(|source| FsError { act, path: path.to_owned(), source })
}

/// Reads a whole file.
pub fn read(path: &Path) -> FsResult<Vec<u8>> {
    context("read", path, fs::read(path))
}

/// Reads a whole file as UTF-8.
pub fn read_text(path: &Path) -> FsResult<String> {
    context("read", path, fs::read_to_string(path))
}

/// Opens a file for reading.
pub fn open(path: &Path) -> FsResult<File> {
    context("open", path, File::open(path))
}

/// Creates a file, or empties the one that is there.
pub fn create(path: &Path) -> FsResult<File> {
    context("create", path, File::create(path))
}

/// Opens a file for reading and writing, made if absent and otherwise left as it is.
pub fn open_or_create(path: &Path) -> FsResult<File> {
    let result = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
    context("open", path, result)
}

/// Opens a file for appending, made if absent.
pub fn append(path: &Path) -> FsResult<File> {
    context("open", path, OpenOptions::new().append(true).create(true).open(path))
}

/// Maps a file into memory. An empty file gives `None`, for there is nothing to map.
#[expect(unsafe_code, reason = "a memory map is unsafe by nature; see the invariant below")]
pub fn map(path: &Path) -> FsResult<Option<Mmap>> {
    let file = open(path)?;
    if context("inspect", path, file.metadata())?.len() == 0 {
        return Ok(None);
    }
    // SAFETY: only objects of the store and outside data files are mapped. Objects are written
    // once, made read-only and never changed in place; they are unlinked at most, which leaves
    // the map valid. Data files are checked for change after the stage that read them.
    context("map", path, unsafe { Mmap::map(&file) }).map(Some)
}

/// Makes a folder and those above it.
pub fn create_dirs(path: &Path) -> FsResult<()> {
    context("create the folder", path, fs::create_dir_all(path))
}

/// The path that `name` means in `folder`, without `.` and `..` where that is possible.
#[must_use]
pub fn joined(folder: &Path, name: &str) -> PathBuf {
    let mut path = folder.to_owned();
    for part in Path::new(name).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if path.file_name().is_some() => {
                path.pop();
            }
            other => path.push(other),
        }
    }
    path
}

/// Whether something is there. A path that may not be looked at counts as absent.
#[must_use]
pub fn exists(path: &Path) -> bool {
    fs::metadata(path).is_ok()
}

/// Whether a folder is there.
#[must_use]
pub fn is_dir(path: &Path) -> bool {
    path.is_dir()
}

/// The metadata of a path, links followed.
pub fn metadata(path: &Path) -> FsResult<fs::Metadata> {
    context("inspect", path, fs::metadata(path))
}

/// The size of a file in bytes.
pub fn len(path: &Path) -> FsResult<u64> {
    Ok(metadata(path)?.len())
}

/// Bytes that may still be written to the disk that holds a folder.
pub fn available_bytes(folder: &Path) -> FsResult<u64> {
    let found = rustix::fs::statvfs(folder).map_err(io::Error::from);
    let found = context("ask for free space in", folder, found)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

/// The real path of a file, links resolved.
pub fn canonicalize(path: &Path) -> FsResult<PathBuf> {
    context("resolve", path, fs::canonicalize(path))
}

/// The entries of a folder, sorted: order must not depend on the file system.
pub fn list(path: &Path) -> FsResult<Vec<PathBuf>> {
    let entries = context("list", path, fs::read_dir(path))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(context("list", path, entry)?.path());
    }
    paths.sort();
    Ok(paths)
}

/// Removes a file; one that is already gone is fine.
pub fn remove(path: &Path) -> FsResult<()> {
    ignore_missing(context("remove", path, fs::remove_file(path)))
}

/// Removes a folder with all it holds; one that is already gone is fine.
pub fn remove_dirs(path: &Path) -> FsResult<()> {
    ignore_missing(context("remove", path, fs::remove_dir_all(path)))
}

/// Removes a folder that holds nothing.
pub fn remove_empty_dir(path: &Path) -> FsResult<()> {
    context("remove", path, fs::remove_dir(path))
}

fn ignore_missing(result: FsResult<()>) -> FsResult<()> {
    match result {
        Err(error) if error.is_missing() => Ok(()),
        other => other,
    }
}

/// Renames a file within one file system: the new name appears whole or not at all.
pub fn rename(from: &Path, to: &Path) -> FsResult<()> {
    context("rename", from, fs::rename(from, to))
}

/// Makes what was renamed into `folder` survive a power cut.
pub fn sync_dir(folder: &Path) -> FsResult<()> {
    context("sync", folder, open(folder)?.sync_all())
}

/// Makes a file read-only.
pub fn protect(path: &Path) -> FsResult<()> {
    let mut permissions = metadata(path)?.permissions();
    permissions.set_readonly(true);
    context("protect", path, fs::set_permissions(path, permissions))
}

/// How the name of a file begins that [`write_atomic`] has not finished.
const UNFINISHED: &str = "write";

/// Writes a file that appears whole or not at all: temporary name, sync, rename.
pub fn write_atomic(path: &Path, content: &[u8]) -> FsResult<()> {
    write_renamed(path, &[content], |file, path| context("sync", path, file.sync_all()))
}

/// Writes a file in parts that appears whole or not at all to whoever reads it now. Nobody waits for the
/// disk, so after a power failure it may be damaged; its content must be able to tell.
pub fn write_unsynced(path: &Path, parts: &[&[u8]]) -> FsResult<()> {
    write_renamed(path, parts, |_, _| Ok(()))
}

fn write_renamed(
    path: &Path,
    parts: &[&[u8]],
    sync: impl Fn(&File, &Path) -> FsResult<()>,
) -> FsResult<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    create_dirs(folder)?;
    let (mut file, temporary) = create_unfinished(folder)?;
    for part in parts {
        context("write", &temporary, file.write_all(part))?;
    }
    sync(&file, &temporary)?;
    rename(&temporary, path)
}

/// A new file that is locked until it is closed, so that [`sweep_unfinished`] leaves it alone.
fn create_unfinished(folder: &Path) -> FsResult<(File, PathBuf)> {
    loop {
        let path = folder.join(unique_name(UNFINISHED));
        let file = create(&path)?;
        // Where files cannot be locked, nothing is swept either.
        let _ = file.lock();
        // It may have been swept before it was locked.
        if is_named(&file, &path) {
            return Ok((file, path));
        }
    }
}

/// Whether [`write_atomic`] gave this name to a file that it is writing, or did not finish.
#[must_use]
pub fn is_unfinished(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.strip_prefix('.').and_then(|name| name.strip_prefix(UNFINISHED)).is_some()
}

/// Removes the files in `folder` that [`write_atomic`] began in a process that is gone; gives their
/// number. A folder that is not there holds none.
pub fn sweep_unfinished(folder: &Path) -> FsResult<usize> {
    if !exists(folder) {
        return Ok(0);
    }
    let mut swept = 0;
    for path in list(folder)?.into_iter().filter(|path| is_unfinished(path)) {
        // Finished in the meantime, or locked by its writer: not a leftover.
        if open(&path).is_ok_and(|file| file.try_lock().is_ok() && is_named(&file, &path)) {
            remove(&path)?;
            swept += 1;
        }
    }
    Ok(swept)
}

/// Whether `path` still leads to the open `file`.
#[must_use]
pub fn is_named(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::metadata(path)) {
        (Ok(held), Ok(named)) => (held.dev(), held.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

/// A file name that no other thread or process uses at this moment.
#[must_use]
pub fn unique_name(stem: &str) -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    format!(".{stem}-{}-{count}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_writes_any_more_is_swept() {
        let folder = tempfile::tempdir().unwrap();
        let (writing, held) = create_unfinished(folder.path()).unwrap();
        let (closed, leftover) = create_unfinished(folder.path()).unwrap();
        drop(closed);
        write_atomic(&folder.path().join("whole"), b"content").unwrap();
        assert_eq!(sweep_unfinished(folder.path()).unwrap(), 1);
        assert_eq!(list(folder.path()).unwrap(), [held.clone(), folder.path().join("whole")]);
        assert!(!exists(&leftover));
        drop(writing);
        assert_eq!(sweep_unfinished(folder.path()).unwrap(), 1);
        assert!(!exists(&held));
        assert_eq!(sweep_unfinished(&folder.path().join("absent")).unwrap(), 0);
    }
}
