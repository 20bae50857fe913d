//! A file from a server, in as many attempts as it takes.
//!
//! Bytes go to `NAME.part`, which outlives the program: the next attempt asks for the rest
//! (`Range`), and only if the file is still the same (`If-Range` with the tag that the server gave,
//! kept in `NAME.part.tag`). A server that sends everything again starts the file anew. Under its own
//! name a file appears when it is whole and its digest is right; the digest is recorded beside it.

use std::io::{Read as _, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ureq::Agent;
use ureq::http::{HeaderMap, Response};

use crate::fs::{self, FsError};
use crate::id::Digest;

use super::check::{digest_of, record, with_suffix};
use super::{Step, Watch};

/// What is to be downloaded.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// From where.
    pub url: &'a str,
    /// The page to turn to when that does not work.
    pub page: &'a str,
    /// To which file.
    pub target: &'a Path,
    /// How many bytes it must have.
    pub bytes: Option<u64>,
    /// The digest that it must have.
    pub sha256: Option<Digest>,
}

/// How long one waits for a server.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Attempts in a row that bring nothing new.
    pub attempts: u32,
    /// The pause after the first of them; it doubles each time.
    pub pause: Duration,
    /// For a connection, and for the head of an answer.
    pub answer: Duration,
    /// For a piece of the content; then the rest is asked for anew, which ends a connection that hangs.
    pub piece: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempts: 5,
            pause: Duration::from_secs(2),
            answer: Duration::from_mins(1),
            piece: Duration::from_mins(10),
        }
    }
}

/// Why a file did not come.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DownloadError {
    /// The server does not give it.
    #[error("`{url}` answers {status}")]
    Status {
        /// What was asked for.
        url: String,
        /// The status.
        status: u16,
        /// The page to turn to.
        page: String,
    },
    /// The connection failed, again and again.
    #[error("`{url}` could not be downloaded: {problem} ({attempts} attempts brought nothing new)")]
    Network {
        /// What was asked for.
        url: String,
        /// What happened last.
        problem: String,
        /// How often.
        attempts: u32,
        /// The page to turn to.
        page: String,
    },
    /// It has another size than the catalogue says.
    #[error("`{url}` has {found} bytes, expected {expected}")]
    Size {
        /// What was asked for.
        url: String,
        /// What the server says.
        found: u64,
        /// What the catalogue says.
        expected: u64,
        /// The page to turn to.
        page: String,
    },
    /// It has another digest than the catalogue says. It was removed.
    #[error("`{url}` has the SHA-256 {found}, expected {expected}; what came was removed")]
    Checksum {
        /// What was asked for.
        url: String,
        /// What came.
        found: Digest,
        /// What the catalogue says.
        expected: Digest,
        /// The page to turn to.
        page: String,
    },
    /// The disk is too small.
    #[error("`{}` has room for {available} bytes, needed are {needed}", folder.display())]
    Space {
        /// The folder.
        folder: PathBuf,
        /// Bytes that it needs.
        needed: u64,
        /// Bytes that there are.
        available: u64,
    },
    /// The disk does not take it.
    #[error(transparent)]
    Fs(#[from] FsError),
    /// Stopped from outside. What came stays.
    #[error("interrupted; what came stays and is gone on with")]
    Interrupted,
}

impl DownloadError {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Status { page, .. } | Self::Size { page, .. } => Some(format!(
                "see {page} whether the file has moved, and put it where it belongs by hand"
            )),
            Self::Network { page, .. } => Some(format!(
                "the same command goes on where it stopped; {page} offers the file, too"
            )),
            Self::Checksum { page, .. } => {
                Some(format!("try again; if it stays so, the file has changed: see {page}"))
            }
            Self::Space { .. } => Some("make room, or name another folder with `--data`".into()),
            Self::Fs(_) | Self::Interrupted => None,
        }
    }
}

/// How an attempt ended that did not bring everything.
enum Broken {
    /// Another attempt may help.
    Again(String),
    /// None will.
    For(DownloadError),
}

impl From<FsError> for Broken {
    fn from(error: FsError) -> Self {
        Self::For(error.into())
    }
}

/// Downloads a file, verifies it, and gives its digest.
///
/// # Errors
/// [`DownloadError`].
pub fn download(
    request: &Request<'_>,
    patience: Patience,
    watch: &mut Watch<'_>,
) -> Result<Digest, DownloadError> {
    let file = request.target.file_name().unwrap_or_default().to_string_lossy().into_owned();
    fs::create_dirs(request.target.parent().unwrap_or(Path::new(".")))?;
    let mut transfer = Transfer::new(request, patience, &file);
    let (mut failures, mut most) = (0, transfer.here()?);
    while let Err(broken) = transfer.attempt(watch) {
        let problem = match broken {
            Broken::For(error) => return Err(error),
            Broken::Again(problem) => problem,
        };
        let here = transfer.here()?;
        failures = if here > most { 1 } else { failures + 1 };
        most = most.max(here);
        if failures >= patience.attempts {
            let (url, page) = (request.url.to_owned(), request.page.to_owned());
            return Err(DownloadError::Network { url, problem, attempts: failures, page });
        }
        let pause = patience.pause * 2_u32.saturating_pow(failures - 1);
        wait(pause, &file, &problem, watch)?;
    }
    transfer.settle(watch)
}

/// Waits in short pieces, so that an interruption is noticed.
fn wait(
    pause: Duration,
    file: &str,
    problem: &str,
    watch: &mut Watch<'_>,
) -> Result<(), DownloadError> {
    const PIECE: Duration = Duration::from_millis(100);
    let mut left = pause;
    while !left.is_zero() {
        if watch(&Step::Retrying { file, problem, pause: left }) == ControlFlow::Break(()) {
            return Err(DownloadError::Interrupted);
        }
        std::thread::sleep(left.min(PIECE));
        left = left.saturating_sub(PIECE);
    }
    Ok(())
}

struct Transfer<'a> {
    request: &'a Request<'a>,
    file: &'a str,
    part: PathBuf,
    tag: PathBuf,
    agent: Agent,
    /// How long one waits for a piece; without end for a server that cannot go on in the middle.
    piece: Option<Duration>,
}

impl<'a> Transfer<'a> {
    fn new(request: &'a Request<'a>, patience: Patience, file: &'a str) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .user_agent(concat!("erpc-pipe/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(patience.answer))
            .timeout_recv_response(Some(patience.answer))
            .build();
        let part = with_suffix(request.target, ".part");
        let tag = with_suffix(&part, ".tag");
        let agent = Agent::new_with_config(config);
        Self { request, file, part, tag, agent, piece: Some(patience.piece) }
    }

    /// Bytes that are here.
    fn here(&self) -> Result<u64, FsError> {
        if fs::exists(&self.part) { fs::len(&self.part) } else { Ok(0) }
    }

    fn attempt(&mut self, watch: &mut Watch<'_>) -> Result<(), Broken> {
        let have = self.here()?;
        if have > 0 && self.request.bytes == Some(have) {
            return Ok(());
        }
        let mut ask = self.agent.get(self.request.url);
        if have > 0 {
            ask = ask.header("Range", format!("bytes={have}-"));
            if fs::exists(&self.tag) {
                ask = ask.header("If-Range", fs::read_text(&self.tag)?);
            }
        }
        let ask = ask.config().timeout_recv_body(self.piece).build();
        let response = ask.call().map_err(|error| Broken::Again(error.to_string()))?;
        match response.status().as_u16() {
            206 if range_start(response.headers()) == Some(have) => {
                let total = range_total(response.headers());
                self.receive(response, have, total, watch)
            }
            200 => {
                // It began anew although the rest was asked for: pieces lead nowhere.
                if have > 0 {
                    self.piece = None;
                }
                let total = content_length(response.headers());
                self.receive(response, 0, total, watch)
            }
            416 if range_total(response.headers()) == Some(have) => Ok(()),
            status @ (206 | 416) => {
                fs::remove(&self.part)?;
                Err(Broken::Again(format!("it answers {status} to what is here")))
            }
            status @ (408 | 429 | 500..=599) => Err(Broken::Again(format!("it answers {status}"))),
            status => Err(Broken::For(DownloadError::Status {
                url: self.request.url.to_owned(),
                status,
                page: self.request.page.to_owned(),
            })),
        }
    }

    /// Writes what comes behind the first `start` bytes.
    fn receive(
        &self,
        response: Response<ureq::Body>,
        start: u64,
        total: Option<u64>,
        watch: &mut Watch<'_>,
    ) -> Result<(), Broken> {
        self.expect(start, total)?;
        match tag(response.headers()) {
            Some(tag) => fs::write_atomic(&self.tag, tag.as_bytes())?,
            None => fs::remove(&self.tag)?,
        }
        let part = &self.part;
        let mut out = if start > 0 { fs::append(part)? } else { fs::create(part)? };
        let mut body = response.into_body().into_reader();
        let (mut done, mut buffer) = (start, vec![0; 1 << 16]);
        loop {
            let step = Step::Downloading { file: self.file, done, total };
            if watch(&step) == ControlFlow::Break(()) {
                return Err(Broken::For(DownloadError::Interrupted));
            }
            let read = body.read(&mut buffer).map_err(|error| Broken::Again(error.to_string()))?;
            if read == 0 {
                break;
            }
            fs::context("write", part, out.write_all(&buffer[..read]))?;
            done += read as u64;
        }
        fs::context("sync", part, out.sync_all())?;
        match total {
            Some(total) if total != done => {
                Err(Broken::Again(format!("it ended after {done} of {total} bytes")))
            }
            _ => Ok(()),
        }
    }

    /// Whether size and disk allow what is announced.
    fn expect(&self, start: u64, total: Option<u64>) -> Result<(), Broken> {
        if let (Some(found), Some(expected)) = (total, self.request.bytes)
            && found != expected
        {
            let (url, page) = (self.request.url.to_owned(), self.request.page.to_owned());
            return Err(Broken::For(DownloadError::Size { url, found, expected, page }));
        }
        let folder = self.request.target.parent().unwrap_or(Path::new("."));
        let needed = total.or(self.request.bytes).unwrap_or(0).saturating_sub(start);
        room(folder, needed).map_err(Broken::For)
    }

    /// Verifies what came and gives it its name.
    fn settle(&self, watch: &mut Watch<'_>) -> Result<Digest, DownloadError> {
        let digest = digest_of(&self.part, self.file, watch)?;
        let found = digest.ok_or(DownloadError::Interrupted)?;
        let here = fs::len(&self.part)?;
        let (url, page) = (self.request.url.to_owned(), self.request.page.to_owned());
        if let Some(expected) = self.request.bytes.filter(|expected| *expected != here) {
            fs::remove(&self.part)?;
            return Err(DownloadError::Size { url, found: here, expected, page });
        }
        if let Some(expected) = self.request.sha256.filter(|expected| *expected != found) {
            fs::remove(&self.part)?;
            fs::remove(&self.tag)?;
            return Err(DownloadError::Checksum { url, found, expected, page });
        }
        record(self.request.target, &found)?;
        fs::rename(&self.part, self.request.target)?;
        fs::remove(&self.tag)?;
        Ok(found)
    }
}

/// Whether a folder has room.
///
/// # Errors
/// [`DownloadError::Space`].
pub(super) fn room(folder: &Path, needed: u64) -> Result<(), DownloadError> {
    let available = fs::available_bytes(folder)?;
    if needed > available {
        let folder = folder.to_owned();
        return Err(DownloadError::Space { folder, needed, available });
    }
    Ok(())
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    header(headers, "content-length")?.parse().ok()
}

/// The first byte of `bytes 100-199/200`.
fn range_start(headers: &HeaderMap) -> Option<u64> {
    let range = header(headers, "content-range")?.strip_prefix("bytes ")?;
    range.split('-').next()?.parse().ok()
}

/// The size of the whole file, behind the slash.
fn range_total(headers: &HeaderMap) -> Option<u64> {
    header(headers, "content-range")?.rsplit('/').next()?.parse().ok()
}

/// What tells whether the file is still the same: a strong tag, or the time of the last change.
fn tag(headers: &HeaderMap) -> Option<&str> {
    let strong = header(headers, "etag").filter(|tag| !tag.starts_with("W/"));
    strong.or_else(|| header(headers, "last-modified"))
}

#[cfg(test)]
mod tests;
