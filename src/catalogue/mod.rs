//! The data sets that experiments ask for: what they consist of, where each part comes from, and
//! how to tell whether what lies in a data folder is it.
//!
//! The catalogue is a TOML file a data set (`experiments/data/`), built into the program. A *part* is
//! a file or folder under the data folder. It is unpacked from an *archive* that its publisher offers,
//! made by a command, or both are left to the reader of its page. Checksums are those that can be
//! looked up in public; where there is none, the digest of what was downloaded is recorded beside it,
//! so that later changes are noticed.
//!
//! [`check`] looks, [`get`] downloads ([`download`]) and unpacks ([`unpack`]). Nothing here prints:
//! what happens goes to a [`Watch`], which may also stop it.

pub mod check;
pub mod download;
pub mod get;
pub mod unpack;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;

use serde::Deserialize;

use crate::id::Digest;
use crate::suggest::advice;

/// The files of the catalogue.
const FILES: [&str; 6] = [
    include_str!("../../experiments/data/awa2.toml"),
    include_str!("../../experiments/data/cub.toml"),
    include_str!("../../experiments/data/sun.toml"),
    include_str!("../../experiments/data/apy.toml"),
    include_str!("../../experiments/data/xlsa17.toml"),
    include_str!("../../experiments/data/resnet101.toml"),
];

/// What stands for the data folder in a command of the catalogue.
pub const DATA: &str = "DATA";

/// All data sets.
#[derive(Clone, Debug)]
pub struct Catalogue {
    /// In the order of the catalogue.
    pub sets: Vec<DataSet>,
}

/// One of them.
#[derive(Clone, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct DataSet {
    /// What commands call it.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Its own page.
    pub page: String,
    /// The terms of use, in a few words.
    pub terms: String,
    /// Parts of other data sets that its experiments need, too.
    #[serde(default)]
    pub uses: Vec<String>,
    /// Its own parts.
    #[serde(default, rename = "part")]
    pub parts: Vec<Part>,
    /// Where they come from, by file name.
    #[serde(default, rename = "archive")]
    pub archives: BTreeMap<String, Archive>,
}

/// A file or folder under the data folder.
#[derive(Clone, PartialEq, Eq, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Its path under the data folder, with `/`.
    pub path: String,
    /// What it is.
    pub what: String,
    /// Bytes, about.
    #[serde(default)]
    pub about_bytes: Option<u64>,
    /// The archive that holds it.
    #[serde(default)]
    pub archive: Option<String>,
    /// Its path in the archive. Default: as `path`.
    #[serde(default)]
    pub member: Option<String>,
    /// The command that makes it, with [`DATA`] for the data folder.
    #[serde(default)]
    pub make: Option<String>,
    /// The parts that the command reads.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Folders that hold files, for a folder.
    #[serde(default)]
    pub folders: Option<usize>,
    /// Files in all folders together, for a folder.
    #[serde(default)]
    pub files: Option<usize>,
    /// The digest of the names of the files, sorted by bytes, each with a line feed.
    #[serde(default)]
    pub file_names_sha256: Option<Digest>,
}

/// A file that a publisher offers.
#[derive(Clone, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Archive {
    /// The page that offers it.
    pub page: String,
    /// Where it can be downloaded.
    pub url: String,
    /// Its size.
    #[serde(default)]
    pub bytes: Option<u64>,
    /// Its size, about.
    #[serde(default)]
    pub about_bytes: Option<u64>,
    /// Its digest, if it can be looked up.
    #[serde(default)]
    pub sha256: Option<Digest>,
    /// Where the digest is from, or why there is none.
    pub checksum: String,
}

/// Something that happens on the way to a data set.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Step<'a> {
    /// So many bytes of a download are here.
    Downloading {
        /// The name of the file.
        file: &'a str,
        /// Bytes that are here.
        done: u64,
        /// Bytes in all, if the server tells.
        total: Option<u64>,
    },
    /// A download broke off and is tried again.
    Retrying {
        /// The name of the file.
        file: &'a str,
        /// What happened.
        problem: &'a str,
        /// When it goes on.
        pause: Duration,
    },
    /// A file is hashed.
    Verifying {
        /// The name of the file.
        file: &'a str,
    },
    /// So many files are unpacked.
    Unpacking {
        /// The name of the archive.
        file: &'a str,
        /// Files so far.
        done: u64,
    },
    /// A part is in its place.
    Placed {
        /// Its path under the data folder.
        path: &'a str,
    },
}

/// Is told what happens, and says whether to go on.
pub type Watch<'a> = dyn FnMut(&Step<'_>) -> ControlFlow<()> + 'a;

/// A name that no data set has.
#[derive(Debug, thiserror::Error)]
#[error("there is no data set `{name}` in the catalogue")]
pub struct UnknownSet {
    name: String,
    /// Which there are.
    pub help: String,
}

impl Catalogue {
    /// The catalogue of this program.
    #[must_use]
    pub fn embedded() -> Self {
        let read = |text: &&str| toml::from_str(text).expect("a test reads every file");
        Self { sets: FILES.iter().map(read).collect() }
    }

    /// A data set by name.
    ///
    /// # Errors
    /// [`UnknownSet`].
    pub fn find(&self, name: &str) -> Result<&DataSet, UnknownSet> {
        self.sets.iter().find(|set| set.name == name).ok_or_else(|| {
            let names: Vec<&str> = self.sets.iter().map(|set| set.name.as_str()).collect();
            UnknownSet { name: name.to_owned(), help: advice(name, "data sets", &names) }
        })
    }

    /// All parts of a data set: its own, and those of others that it uses.
    #[must_use]
    pub fn parts<'a>(&'a self, set: &'a DataSet) -> Vec<&'a Part> {
        let used = set.uses.iter().filter_map(|path| self.part(path));
        set.parts.iter().chain(used).collect()
    }

    /// The part with this path.
    #[must_use]
    pub fn part(&self, path: &str) -> Option<&Part> {
        self.sets.iter().flat_map(|set| &set.parts).find(|part| part.path == path)
    }

    /// The archive that a part comes in, with its name.
    #[must_use]
    pub fn archive<'a>(&'a self, part: &'a Part) -> Option<(&'a str, &'a Archive)> {
        let name = part.archive.as_deref()?;
        let archives = self.sets.iter().flat_map(|set| &set.archives);
        archives.filter(|(key, _)| *key == name).map(|(_, archive)| (name, archive)).next()
    }

    /// The data sets that hold these paths: as few as possible, each with its paths.
    #[must_use]
    pub fn cover<'a>(&'a self, paths: &[&'a str]) -> Vec<(&'a DataSet, Vec<&'a Part>)> {
        let mut left: Vec<&Part> = paths.iter().filter_map(|path| self.part(path)).collect();
        let mut found = Vec::new();
        while !left.is_empty() {
            let held = |set: &'a DataSet| -> Vec<&'a Part> {
                let parts = self.parts(set).into_iter();
                parts.filter(|part| left.iter().any(|one| one.path == part.path)).collect()
            };
            // Of those that hold equally many, the one with the fewest parts is meant.
            let sets = self.sets.iter().map(|set| (set, held(set)));
            let best = sets
                .min_by_key(|(set, parts)| (std::cmp::Reverse(parts.len()), self.parts(set).len()));
            let Some((best, parts)) = best else { break };
            left.retain(|part| parts.iter().all(|other| other.path != part.path));
            found.push((best, parts));
        }
        found
    }
}

impl Part {
    /// Its path in the archive.
    #[must_use]
    pub fn member(&self) -> &str {
        self.member.as_deref().unwrap_or(&self.path)
    }
}

impl Archive {
    /// Its size, as far as it is known, and whether it is known exactly.
    #[must_use]
    pub fn size(&self) -> Option<(u64, bool)> {
        self.bytes.map(|bytes| (bytes, true)).or(self.about_bytes.map(|bytes| (bytes, false)))
    }
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
