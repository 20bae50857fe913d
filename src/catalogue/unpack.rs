//! Members of an archive, each in its place.
//!
//! What is wanted is unpacked into a folder of its own beside the archive and then renamed, so a part
//! is there whole or not at all. Links and what leads out of the folder are left out.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::ops::ControlFlow;
use std::path::{Component, Path, PathBuf};

use flate2::read::MultiGzDecoder;
use tar::EntryType;
use zip::ZipArchive;

use crate::fs::{self, FsError};

use super::check::with_suffix;
use super::{Step, Watch};

/// A member, and where it belongs.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Its path in the archive: a file, or a folder with all below it.
    pub member: String,
    /// Where it belongs.
    pub target: PathBuf,
}

/// Why an archive cannot be unpacked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnpackError {
    /// It is damaged, or no archive of a kind that is known.
    #[error("`{}` cannot be unpacked: {problem}", archive.display())]
    Archive {
        /// The archive.
        archive: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// It does not hold what it should.
    #[error("`{}` holds no `{member}`", archive.display())]
    Member {
        /// The archive.
        archive: PathBuf,
        /// What is missing.
        member: String,
    },
    /// The disk does not take it.
    #[error(transparent)]
    Fs(#[from] FsError),
    /// Stopped from outside.
    #[error("interrupted; the archive stays")]
    Interrupted,
}

/// Unpacks the members of an archive that are wanted.
///
/// # Errors
/// [`UnpackError`].
pub fn unpack(archive: &Path, wanted: &[Wanted], watch: &mut Watch<'_>) -> Result<(), UnpackError> {
    let folder = with_suffix(archive, ".unpacking");
    // What an earlier program did not finish.
    fs::remove_dirs(&folder)?;
    fs::create_dirs(&folder)?;
    let name = archive.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut unpacking = Unpacking { archive, name: &name, folder: &folder, wanted, done: 0, watch };
    unpacking.run()?;
    for one in wanted {
        let unpacked = folder.join(&one.member);
        if !fs::exists(&unpacked) {
            let (archive, member) = (archive.to_owned(), one.member.clone());
            return Err(UnpackError::Member { archive, member });
        }
        fs::create_dirs(one.target.parent().unwrap_or(Path::new(".")))?;
        fs::rename(&unpacked, &one.target)?;
    }
    Ok(fs::remove_dirs(&folder)?)
}

struct Unpacking<'a, 'w> {
    archive: &'a Path,
    name: &'a str,
    folder: &'a Path,
    wanted: &'a [Wanted],
    done: u64,
    watch: &'a mut Watch<'w>,
}

impl Unpacking<'_, '_> {
    fn run(&mut self) -> Result<(), UnpackError> {
        let file = fs::open(self.archive)?;
        let name = self.name.to_ascii_lowercase();
        let (stem, last) = name.rsplit_once('.').unwrap_or((&name, ""));
        match last {
            "zip" => self.zip(file),
            "tar" => self.tar(BufReader::new(file)),
            "gz" if !stem.ends_with("tar") => Err(self.damaged(&"it is no .tar.gz")),
            "gz" | "tgz" => self.tar(MultiGzDecoder::new(BufReader::new(file))),
            _ => Err(self.damaged(&"it is neither .zip nor .tar, .tgz or .tar.gz")),
        }
    }

    fn zip(&mut self, file: File) -> Result<(), UnpackError> {
        let mut zip = ZipArchive::new(file).map_err(|error| self.damaged(&error))?;
        for index in 0..zip.len() {
            let mut entry = zip.by_index(index).map_err(|error| self.damaged(&error))?;
            let Some(path) = entry.enclosed_name().filter(|_| entry.is_file()) else { continue };
            self.write(&path, &mut entry)?;
        }
        Ok(())
    }

    fn tar(&mut self, reader: impl Read) -> Result<(), UnpackError> {
        let mut tar = tar::Archive::new(reader);
        for entry in tar.entries().map_err(|error| self.damaged(&error))? {
            let mut entry = entry.map_err(|error| self.damaged(&error))?;
            let is_file = matches!(entry.header().entry_type(), EntryType::Regular);
            let path = entry.path().map_err(|error| self.damaged(&error))?.into_owned();
            if let Some(path) = enclosed(&path).filter(|_| is_file) {
                self.write(&path, &mut entry)?;
            }
        }
        Ok(())
    }

    /// Writes a file that is wanted.
    fn write(&mut self, path: &Path, content: &mut dyn Read) -> Result<(), UnpackError> {
        if !self.wanted.iter().any(|wanted| path.starts_with(&wanted.member)) {
            return Ok(());
        }
        let step = Step::Unpacking { file: self.name, done: self.done };
        if (self.watch)(&step) == ControlFlow::Break(()) {
            return Err(UnpackError::Interrupted);
        }
        let target = self.folder.join(path);
        fs::create_dirs(target.parent().unwrap_or(self.folder))?;
        let mut out = fs::create(&target)?;
        // A reader's error means a damaged archive, a writer's a full disk: the text says which.
        io::copy(content, &mut out).map_err(|error| self.damaged(&error))?;
        self.done += 1;
        Ok(())
    }

    fn damaged(&self, problem: &dyn std::fmt::Display) -> UnpackError {
        UnpackError::Archive { archive: self.archive.to_owned(), problem: problem.to_string() }
    }
}

/// A path that stays below the folder that it is put into.
fn enclosed(path: &Path) -> Option<PathBuf> {
    let mut inner = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::Normal(name) => inner.push(name),
            _ => return None,
        }
    }
    Some(inner)
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use tempfile::TempDir;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    const FILES: [(&str, &[u8]); 3] =
        [("set/photos/fox/1.jpg", b"fox"), ("set/photos/ox/1.jpg", b"ox"), ("set/README", b"read")];

    fn zip() -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in FILES.iter().chain(&[("../out", b"out".as_slice())]) {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn tgz() -> Vec<u8> {
        let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (name, content) in FILES {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            builder.append_data(&mut header, format!("./{name}"), content).unwrap();
        }
        builder.into_inner().unwrap().finish().unwrap()
    }

    fn unpack_all(
        name: &str,
        archive: &[u8],
        members: &[&str],
    ) -> (TempDir, Result<(), UnpackError>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write_atomic(&path, archive).unwrap();
        let wanted = |member: &&str| Wanted {
            member: (*member).to_owned(),
            target: folder.path().join("data").join(member.replace('/', "-")),
        };
        let wanted: Vec<Wanted> = members.iter().map(wanted).collect();
        let result = unpack(&path, &wanted, &mut |_| ControlFlow::Continue(()));
        (folder, result)
    }

    #[test]
    fn members_come_to_their_places_and_nothing_else_comes() {
        for (name, archive) in [("a.zip", zip()), ("a.tgz", tgz()), ("a.tar.gz", tgz())] {
            let (folder, result) = unpack_all(name, &archive, &["set/photos", "set/README"]);
            result.unwrap();
            let data = folder.path().join("data");
            assert_eq!(fs::read(&data.join("set-photos/ox/1.jpg")).unwrap(), b"ox", "{name}");
            assert_eq!(fs::read(&data.join("set-README")).unwrap(), b"read");
            let names: Vec<PathBuf> = fs::list(folder.path()).unwrap();
            assert_eq!(names, [folder.path().join(name), data], "no leftovers");
        }
    }

    #[test]
    fn a_member_that_is_not_there_and_a_damaged_archive_are_named() {
        let (_folder, result) = unpack_all("a.zip", &zip(), &["set/images"]);
        let message = result.unwrap_err().to_string();
        assert!(message.ends_with("a.zip` holds no `set/images`"), "{message}");
        let half = &tgz()[..60];
        let (folder, result) = unpack_all("a.tgz", half, &["set/photos"]);
        let message = result.unwrap_err().to_string();
        assert!(message.contains("a.tgz` cannot be unpacked: "), "{message}");
        assert!(!fs::exists(&folder.path().join("data")), "nothing half is in its place");
        let (_folder, result) = unpack_all("a.rar", b"", &["x"]);
        let message = result.unwrap_err().to_string();
        assert!(message.ends_with("it is neither .zip nor .tar, .tgz or .tar.gz"), "{message}");
    }

    #[test]
    fn what_leads_out_of_the_folder_is_refused() {
        assert_eq!(enclosed(Path::new("./a/b")), Some(PathBuf::from("a/b")));
        assert_eq!(enclosed(Path::new("a/../../b")), None);
        assert_eq!(enclosed(Path::new("/etc/passwd")), None);
    }
}
