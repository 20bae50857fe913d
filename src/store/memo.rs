//! The stat memo: files whose stat is known are not read again.
//!
//! Keyed by (device, inode, size, mtime, ctime), so a moved file is known and a touched one is not.
//! The file is a log of one line an entry, appended in one write; damage costs a re-hash at most.

use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::fs;
use crate::id::Digest;

/// A file changed this recently may change again without its times showing it.
const SETTLED: Duration = Duration::from_millis(50);

/// The log is rewritten once it holds this many times more lines than entries.
const COMPACT_FACTOR: usize = 4;

/// A line of the log has about this length.
const LINE_BYTES: usize = 135;

/// A file, whatever it holds.
type Inode = (u64, u64);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Stat {
    inode: Inode,
    size: u64,
    mtime: (i64, i64),
    ctime: (i64, i64),
}

impl Stat {
    fn of(metadata: &Metadata) -> Self {
        Self {
            inode: (metadata.dev(), metadata.ino()),
            size: metadata.size(),
            mtime: (metadata.mtime(), metadata.mtime_nsec()),
            ctime: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// The stat of a file; none if it cannot be had.
    pub(super) fn read(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().map(|metadata| Self::of(&metadata))
    }

    /// Whether the file was left alone long enough for its times to be trusted (git's racy rule).
    fn is_settled(&self) -> bool {
        let (seconds, nanos) = self.mtime.max(self.ctime);
        let Ok(seconds) = u64::try_from(seconds) else { return true };
        let nanos = u32::try_from(nanos).unwrap_or(0);
        let changed = UNIX_EPOCH + Duration::new(seconds, nanos);
        SystemTime::now().duration_since(changed).is_ok_and(|age| age >= SETTLED)
    }

    fn line(&self, digest: Digest) -> String {
        let Self { inode: (device, inode), size, mtime, ctime } = self;
        format!(
            "{device} {inode} {size} {} {} {} {} {digest}\n",
            mtime.0, mtime.1, ctime.0, ctime.1
        )
    }

    fn parse(line: &str) -> Option<(Self, Digest)> {
        let mut words = line.split(' ');
        let stat = Self {
            inode: (words.next()?.parse().ok()?, words.next()?.parse().ok()?),
            size: words.next()?.parse().ok()?,
            mtime: (words.next()?.parse().ok()?, words.next()?.parse().ok()?),
            ctime: (words.next()?.parse().ok()?, words.next()?.parse().ok()?),
        };
        Some((stat, words.next()?.parse().ok()?))
    }
}

/// What is known of a file without reading it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Known {
    /// It is not there.
    Absent,
    /// It is there, but nothing is known about its content.
    Changed,
    /// Its content.
    Digest(Digest),
}

/// What is known, and the log it came from.
pub(super) struct Memo {
    /// The latest stat of each file: no older one can match.
    known: Mutex<HashMap<Inode, (Stat, Digest)>>,
    log: Mutex<Option<File>>,
    path: PathBuf,
}

impl Memo {
    /// Reads the log; one that cannot be read is an empty one.
    ///
    /// Every command that opens a store does this first, so it takes no more memory than it keeps.
    pub(super) fn load(path: &Path) -> Self {
        let mut lines = 0;
        let mut known = HashMap::new();
        if let (Ok(bytes), Ok(log)) = (fs::len(path), fs::open(path)) {
            known.reserve(usize::try_from(bytes).unwrap_or(0) / LINE_BYTES);
            let log = BufReader::new(log).split(b'\n').map_while(Result::ok);
            // A damaged line must not take the others along, run after run.
            let entry = |line: Vec<u8>| str::from_utf8(&line).ok().and_then(Stat::parse);
            for (stat, digest) in log.filter_map(entry) {
                lines += 1;
                known.insert(stat.inode, (stat, digest));
            }
        }
        let memo = Self { known: Mutex::new(known), log: Mutex::new(None), path: path.to_owned() };
        memo.compact(lines);
        memo
    }

    fn compact(&self, lines: usize) {
        let known = self.known.lock().expect("no thread panics while it holds this lock");
        if lines > 1024 && lines > COMPACT_FACTOR * known.len() {
            let text: String = known.values().map(|(stat, digest)| stat.line(*digest)).collect();
            // A memo that cannot be rewritten is longer than it need be, nothing worse.
            let _ = fs::write_atomic(&self.path, text.as_bytes());
        }
    }

    /// What is known without reading the file.
    pub(super) fn known(&self, path: &Path) -> Known {
        let Some(stat) = Stat::read(path) else { return Known::Absent };
        let known = self.known.lock().expect("no thread panics while it holds this lock");
        match known.get(&stat.inode) {
            Some((known, digest)) if *known == stat => Known::Digest(*digest),
            _ => Known::Changed,
        }
    }

    /// Remembers a file that this program wrote and nobody else will write to.
    pub(super) fn remember(&self, path: &Path, digest: Digest) {
        if let Some(stat) = Stat::read(path) {
            self.insert(stat, digest);
        }
    }

    /// Remembers a file unless it changed so recently that its times cannot be trusted.
    pub(super) fn remember_if_settled(&self, path: &Path, digest: Digest) {
        if let Some(stat) = Stat::read(path).filter(Stat::is_settled) {
            self.insert(stat, digest);
        }
    }

    fn insert(&self, stat: Stat, digest: Digest) {
        let mut known = self.known.lock().expect("no thread panics while it holds this lock");
        if known.insert(stat.inode, (stat, digest)) == Some((stat, digest)) {
            return;
        }
        drop(known);
        let mut log = self.log.lock().expect("no thread panics while it holds this lock");
        if log.is_none() {
            *log = fs::append(&self.path).ok();
        }
        if let Some(log) = log.as_mut() {
            // Losing an entry costs a re-hash.
            let _ = log.write_all(stat.line(digest).as_bytes());
        }
    }
}
