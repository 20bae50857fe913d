//! Whether what lies in a data folder is what the catalogue says.

use std::io::Read as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crate::fs::{self, FsResult};
use crate::id::{Digest, Hasher};

use super::{Catalogue, DataSet, Part, Step, Watch};

/// The folder for downloads under the data folder.
pub const DOWNLOADS: &str = "downloads";

/// How a part is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum State {
    /// As the catalogue says.
    Found,
    /// Nothing lies there.
    Missing,
    /// Something else lies there, and in which respects.
    Wrong(Vec<String>),
}

/// What was found of a part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding<'a> {
    /// The part.
    pub part: &'a Part,
    /// How it is.
    pub state: State,
    /// What was measured.
    pub measured: Measured,
    /// What its content was held against.
    pub verified: Verified,
}

/// What content was held against.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Verified {
    /// Nothing: no digest is known.
    #[default]
    Nothing,
    /// The names of the files.
    Names,
    /// The digest that was recorded when the file came.
    Record,
}

/// What lies there.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Measured {
    /// Files in all folders; 1 for a file.
    pub files: usize,
    /// Folders that hold files.
    pub folders: usize,
    /// Bytes of all files.
    pub bytes: u64,
    /// The names of the files, unsorted.
    names: Vec<String>,
    /// The first files without content.
    empty: Vec<String>,
}

/// Looks at every part of a data set. `None` if the watch broke off.
///
/// # Errors
/// What is there but cannot be read.
pub fn check<'a>(
    catalogue: &'a Catalogue,
    set: &'a DataSet,
    data: &Path,
    watch: &mut Watch<'_>,
) -> FsResult<Option<Vec<Finding<'a>>>> {
    let mut findings = Vec::new();
    for part in catalogue.parts(set) {
        match check_part(part, data, watch)? {
            Some(finding) => findings.push(finding),
            None => return Ok(None),
        }
    }
    Ok(Some(findings))
}

/// Looks at one part.
pub(super) fn check_part<'a>(
    part: &'a Part,
    data: &Path,
    watch: &mut Watch<'_>,
) -> FsResult<Option<Finding<'a>>> {
    let path = data.join(&part.path);
    let mut finding = Finding {
        part,
        state: State::Missing,
        measured: Measured::default(),
        verified: Verified::Nothing,
    };
    if !fs::exists(&path) {
        return Ok(Some(finding));
    }
    let problems = if fs::is_dir(&path) {
        measure(&path, &mut finding.measured)?;
        folder_problems(part, &mut finding)
    } else {
        finding.measured = Measured { files: 1, bytes: fs::len(&path)?, ..Measured::default() };
        match file_problems(part, &path, &mut finding, watch)? {
            Some(problems) => problems,
            None => return Ok(None),
        }
    };
    finding.state = if problems.is_empty() { State::Found } else { State::Wrong(problems) };
    Ok(Some(finding))
}

/// Counts what lies below a folder; hidden entries are no part of a data set.
fn measure(folder: &Path, measured: &mut Measured) -> FsResult<()> {
    let mut holds_files = false;
    for path in fs::list(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        if fs::is_dir(&path) {
            // Its own files count as one folder, those below it as theirs.
            measure(&path, measured)?;
            continue;
        }
        holds_files = true;
        let bytes = fs::len(&path)?;
        measured.files += 1;
        measured.bytes += bytes;
        if bytes == 0 {
            measured.empty.push(path.display().to_string());
        }
        measured.names.push(name);
    }
    measured.folders += usize::from(holds_files);
    Ok(())
}

fn folder_problems(part: &Part, finding: &mut Finding<'_>) -> Vec<String> {
    let measured = &mut finding.measured;
    let mut problems = Vec::new();
    let counts =
        [("folders", part.folders, measured.folders), ("files", part.files, measured.files)];
    for (what, expected, found) in counts {
        if let Some(expected) = expected.filter(|expected| *expected != found) {
            problems.push(format!("{what}: {found}, expected {expected}"));
        }
    }
    if measured.files == 0 {
        problems.push("it holds no files".to_owned());
    }
    if let Some(first) = measured.empty.first() {
        problems.push(format!("files without content: {}, first `{first}`", measured.empty.len()));
    }
    if let Some(expected) = part.file_names_sha256 {
        finding.verified = Verified::Names;
        let found = names_digest(&mut measured.names);
        if found != expected {
            let (found, expected) = (found.short(), expected.short());
            problems.push(format!(
                "the names of its files have the digest {found}.., expected {expected}.."
            ));
        }
    }
    problems
}

/// The digest of names of files: sorted by bytes, each with a line feed.
#[must_use]
pub fn names_digest(names: &mut [String]) -> Digest {
    names.sort_unstable();
    let mut hasher = Hasher::default();
    for name in names {
        hasher.update(name.as_bytes());
        hasher.update(b"\n");
    }
    hasher.finish()
}

fn file_problems(
    part: &Part,
    path: &Path,
    finding: &mut Finding<'_>,
    watch: &mut Watch<'_>,
) -> FsResult<Option<Vec<String>>> {
    let mut problems = Vec::new();
    if part.files.is_some() {
        problems.push("it is a file, expected a folder".to_owned());
    }
    if finding.measured.bytes == 0 {
        problems.push("it is empty".to_owned());
    }
    if let Some(recorded) = recorded(path)? {
        finding.verified = Verified::Record;
        let name = part.path.as_str();
        let Some(found) = digest_of(path, name, watch)? else { return Ok(None) };
        if found != recorded {
            let (found, recorded) = (found.short(), recorded.short());
            problems.push(format!("its digest is {found}.., recorded when it came: {recorded}.."));
        }
    }
    Ok(Some(problems))
}

/// The file in which the digest of another is recorded, in the form of `sha256sum`.
#[must_use]
pub fn record_of(path: &Path) -> PathBuf {
    with_suffix(path, ".sha256")
}

/// The path with something behind its name.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The digest that was recorded for a file, if one was.
pub(super) fn recorded(path: &Path) -> FsResult<Option<Digest>> {
    let record = record_of(path);
    if !fs::exists(&record) {
        return Ok(None);
    }
    let text = fs::read_text(&record)?;
    Ok(text.split_whitespace().next().and_then(|digest| digest.parse().ok()))
}

/// Records the digest of a file beside it.
pub(super) fn record(path: &Path, digest: &Digest) -> FsResult<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    fs::write_atomic(&record_of(path), format!("{digest}  {name}\n").as_bytes())
}

/// Hashes a file. `None` if the watch broke off.
pub(super) fn digest_of(
    path: &Path,
    name: &str,
    watch: &mut Watch<'_>,
) -> FsResult<Option<Digest>> {
    let mut file = fs::open(path)?;
    let mut hasher = Hasher::default();
    let mut buffer = vec![0; 1 << 20];
    loop {
        if watch(&Step::Verifying { file: name }) == ControlFlow::Break(()) {
            return Ok(None);
        }
        let read = fs::context("read", path, file.read(&mut buffer))?;
        if read == 0 {
            return Ok(Some(hasher.finish()));
        }
        hasher.update(&buffer[..read]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(text: &str) -> Part {
        toml::from_str(&format!("path = \"photos\"\nwhat = \"photos\"\n{text}")).unwrap()
    }

    fn state(data: &Path, part: &Part) -> State {
        check_part(part, data, &mut |_| ControlFlow::Continue(())).unwrap().unwrap().state
    }

    #[test]
    fn folders_are_counted_and_their_names_digested() {
        let data = tempfile::tempdir().unwrap();
        let write = |name: &str| fs::write_atomic(&data.path().join(name), b"x").unwrap();
        let expected = Digest::of(b"a.jpg\nb.jpg\nc.jpg\n");
        let part = part(&format!("folders = 2\nfiles = 3\nfile_names_sha256 = \"{expected}\""));
        assert_eq!(state(data.path(), &part), State::Missing);
        write("photos/fox/c.jpg");
        write("photos/ox/a.jpg");
        write("photos/.DS_Store");
        let names = Digest::of(b"a.jpg\nc.jpg\n").short();
        let problems = vec![
            "files: 2, expected 3".to_owned(),
            format!(
                "the names of its files have the digest {names}.., expected {}..",
                expected.short()
            ),
        ];
        assert_eq!(state(data.path(), &part), State::Wrong(problems));
        write("photos/ox/b.jpg");
        assert_eq!(state(data.path(), &part), State::Found);
        fs::write_atomic(&data.path().join("photos/ox/b.jpg"), b"").unwrap();
        let State::Wrong(problems) = state(data.path(), &part) else { panic!("it is empty") };
        assert!(problems[0].starts_with("files without content: 1, first `"), "{problems:?}");
    }

    #[test]
    fn a_file_must_keep_the_digest_that_was_recorded() {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().join("photos");
        fs::write_atomic(&path, b"content").unwrap();
        let part = part("");
        assert_eq!(state(data.path(), &part), State::Found);
        record(&path, &Digest::of(b"content")).unwrap();
        assert_eq!(state(data.path(), &part), State::Found);
        fs::write_atomic(&path, b"changed").unwrap();
        let State::Wrong(problems) = state(data.path(), &part) else { panic!("it has changed") };
        assert!(problems[0].contains("recorded when it came"), "{problems:?}");
        fs::write_atomic(&path, b"").unwrap();
        let State::Wrong(problems) = state(data.path(), &part) else { panic!("it is empty") };
        assert_eq!(problems[0], "it is empty");
    }

    #[test]
    fn a_watch_can_break_off() {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().join("photos");
        fs::write_atomic(&path, b"content").unwrap();
        record(&path, &Digest::of(b"content")).unwrap();
        let part = part("");
        let found = check_part(&part, data.path(), &mut |_| ControlFlow::Break(())).unwrap();
        assert_eq!(found, None);
    }
}
