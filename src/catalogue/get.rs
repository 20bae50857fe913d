//! A data set into a data folder, as far as that can be done from here.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use crate::fs::{self, FsError};

use super::check::{DOWNLOADS, Finding, State, check, digest_of, record, recorded};
use super::download::{DownloadError, Patience, Request, download, room};
use super::unpack::{UnpackError, Wanted, unpack};
use super::{Archive, Catalogue, DataSet, Part, Step, Watch};

/// Why a data set could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GetError {
    /// A file did not come.
    #[error(transparent)]
    Download(#[from] DownloadError),
    /// An archive could not be unpacked.
    #[error(transparent)]
    Unpack(#[from] UnpackError),
    /// Something else lies where a part belongs.
    #[error("`{path}` is there but is not what it should be: {problems}")]
    Occupied {
        /// The path.
        path: String,
        /// What is wrong.
        problems: String,
    },
    /// The disk does not take it.
    #[error(transparent)]
    Fs(#[from] FsError),
    /// Stopped from outside.
    #[error("interrupted; the same command goes on")]
    Interrupted,
}

impl GetError {
    /// Whether it was stopped from outside.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        matches!(
            self,
            Self::Interrupted
                | Self::Download(DownloadError::Interrupted)
                | Self::Unpack(UnpackError::Interrupted)
        )
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Download(error) => error.help(),
            Self::Unpack(UnpackError::Archive { archive, .. }) => Some(format!(
                "if the archive is damaged, remove `{}` and run the command again",
                archive.display()
            )),
            Self::Unpack(UnpackError::Member { .. }) => {
                Some("the publisher changed the archive: unpack it by hand".to_owned())
            }
            Self::Occupied { .. } => {
                Some("move it away and run the command again; nothing is overwritten".to_owned())
            }
            _ => None,
        }
    }
}

/// Gets what is missing of a data set, and gives the parts that are still missing: those that must be
/// made, or asked for.
///
/// # Errors
/// [`GetError`].
pub fn get<'a>(
    catalogue: &'a Catalogue,
    set: &'a DataSet,
    data: &Path,
    patience: Patience,
    watch: &mut Watch<'_>,
) -> Result<Vec<&'a Part>, GetError> {
    let findings = check(catalogue, set, data, watch)?.ok_or(GetError::Interrupted)?;
    let (from_archives, others): (Vec<&Part>, Vec<&Part>) =
        missing(&findings)?.into_iter().partition(|part| catalogue.archive(part).is_some());
    let mut by_archive: BTreeMap<&str, (&Archive, Vec<&Part>)> = BTreeMap::new();
    for part in from_archives {
        let Some((name, archive)) = catalogue.archive(part) else { continue };
        by_archive.entry(name).or_insert((archive, Vec::new())).1.push(part);
    }
    for (name, (archive, parts)) in by_archive {
        fetch(name, archive, &parts, data, patience, watch)?;
    }
    Ok(others)
}

/// The parts that are not there.
fn missing<'a>(findings: &[Finding<'a>]) -> Result<Vec<&'a Part>, GetError> {
    for Finding { part, state, .. } in findings {
        if let State::Wrong(problems) = state {
            let (path, problems) = (part.path.clone(), problems.join("; "));
            return Err(GetError::Occupied { path, problems });
        }
    }
    let missing = findings.iter().filter(|finding| finding.state == State::Missing);
    Ok(missing.map(|finding| finding.part).collect())
}

/// Downloads an archive and unpacks parts of it.
fn fetch(
    name: &str,
    archive: &Archive,
    parts: &[&Part],
    data: &Path,
    patience: Patience,
    watch: &mut Watch<'_>,
) -> Result<(), GetError> {
    let target = data.join(DOWNLOADS).join(name);
    if !is_here(&target, name, archive, watch)? {
        fs::create_dirs(&data.join(DOWNLOADS))?;
        let sizes = parts.iter().filter_map(|part| part.about_bytes);
        let needed = archive.size().map_or(0, |(bytes, _)| bytes) + sizes.sum::<u64>();
        let part = super::check::with_suffix(&target, ".part");
        let here = if fs::exists(&part) { fs::len(&part)? } else { 0 };
        room(data, needed.saturating_sub(here))?;
        let Archive { page, url, bytes, sha256, .. } = archive;
        let request = Request { url, page, target: &target, bytes: *bytes, sha256: *sha256 };
        download(&request, patience, watch)?;
    }
    let wanted =
        |part: &&Part| Wanted { member: part.member().to_owned(), target: data.join(&part.path) };
    unpack(&target, &parts.iter().map(wanted).collect::<Vec<_>>(), watch)?;
    for part in parts {
        let path = data.join(&part.path);
        if !fs::is_dir(&path) {
            let digest = digest_of(&path, &part.path, watch)?.ok_or(GetError::Interrupted)?;
            record(&path, &digest)?;
        }
        if watch(&Step::Placed { path: &part.path }) == ControlFlow::Break(()) {
            return Err(GetError::Interrupted);
        }
    }
    Ok(())
}

/// Whether an archive is there, and as it came.
fn is_here(
    path: &Path,
    name: &str,
    archive: &Archive,
    watch: &mut Watch<'_>,
) -> Result<bool, GetError> {
    if !fs::exists(path) {
        return Ok(false);
    }
    let Some(expected) = archive.sha256.or(recorded(path)?) else { return Ok(true) };
    let found = digest_of(path, name, watch)?.ok_or(GetError::Interrupted)?;
    if found == expected {
        return Ok(true);
    }
    let problems = format!("its SHA-256 is {found}, expected {expected}");
    Err(GetError::Occupied { path: path.display().to_string(), problems })
}

#[cfg(test)]
mod tests;
