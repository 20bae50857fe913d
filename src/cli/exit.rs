//! Exit codes, and errors on their way to a person.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::catalogue::get::GetError;
use crate::event::FailureClass;
use crate::fs::FsError;
use crate::manifest::ManifestError;
use crate::onnx::OnnxError;
use crate::plan::{MissingFile, PlanError};
use crate::published::PublishedError;
use crate::run::RunError;
use crate::store::StoreError;

use super::data::missing_hint;

/// The exit codes, as the help shows them.
pub(super) const HELP: &str = "\
Exit codes:
  0    fine
  1    a bug in erpc-pipe
  2    wrong usage
  3    the manifest is wrong; nothing ran
  4    a stage failed
  5    the store is damaged
  6    reserved for results outside their expected band
  7    data, weights or a tool is missing
  130  interrupted";

/// How the program ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// All is fine.
    Fine,
    /// A bug in this program.
    Bug,
    /// Wrong usage.
    Usage,
    /// The manifest is wrong; nothing ran.
    Manifest,
    /// A stage failed.
    Stage,
    /// The store is damaged.
    Store,
    /// Data, weights or a tool is missing.
    Missing,
    /// Stopped from outside.
    Interrupted,
}

impl Exit {
    /// The number.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Bug => 1,
            Self::Usage => 2,
            Self::Manifest => 3,
            Self::Stage => 4,
            Self::Store => 5,
            Self::Missing => 7,
            Self::Interrupted => 130,
        }
    }

    /// The exit that a failed stage of this class leads to.
    #[must_use]
    pub fn of(class: FailureClass) -> Self {
        match class {
            FailureClass::Stage => Self::Stage,
            FailureClass::Missing => Self::Missing,
            FailureClass::Damaged => Self::Store,
            FailureClass::Interrupted => Self::Interrupted,
            FailureClass::Bug => Self::Bug,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Anything that ends a command early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CliError {
    /// The manifest is wrong.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// There is no plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The run broke off.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Reading or writing failed.
    #[error(transparent)]
    Fs(#[from] FsError),
    /// Output could not be written.
    #[error("could not write to standard output")]
    Output(#[from] io::Error),
    /// The arguments name something that is not there.
    #[error("{message}")]
    Usage {
        /// What, and what was expected.
        message: String,
        /// What to do.
        help: String,
    },
    /// A network cannot be read.
    #[error("`{file}`: {source}")]
    Network {
        /// The file.
        file: String,
        /// What is wrong.
        source: OnnxError,
    },
    /// A data set could not be had.
    #[error(transparent)]
    Get(#[from] GetError),
    /// A bug.
    #[error("a bug in erpc-pipe: {0}")]
    Bug(String),
}

impl From<PublishedError> for CliError {
    fn from(error: PublishedError) -> Self {
        match error {
            PublishedError::Fs(error) => Self::Fs(error),
            damaged => {
                let help = "run its experiment again with this version, or remove the file";
                Self::usage(damaged.to_string(), help)
            }
        }
    }
}

impl CliError {
    /// The arguments name something that is not there.
    #[must_use]
    pub fn usage(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), help: help.into() }
    }

    pub(super) fn directory(directory: &Path, error: &io::Error) -> Self {
        let message = format!("could not enter `{}`: {error}", directory.display());
        Self::usage(message, "name a folder that exists after `-C`")
    }

    /// Whether whoever reads standard output has gone.
    pub(super) fn is_closed_output(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// The exit that it leads to.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Manifest(_) => Exit::Manifest,
            Self::Plan(error) | Self::Run(RunError::Plan(error)) => plan_exit(error),
            Self::Store(error) | Self::Run(RunError::Store(error)) => store_exit(error),
            Self::Fs(_) | Self::Output(_) | Self::Network { .. } | Self::Get(_) => Exit::Stage,
            Self::Usage { .. } => Exit::Usage,
            Self::Bug(_) => Exit::Bug,
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Usage { help, .. } => Some(help.clone()),
            Self::Network { source, .. } => source.help(),
            Self::Get(error) => error.help(),
            Self::Plan(error) | Self::Run(RunError::Plan(error)) => plan_help(error),
            Self::Store(error) if store_exit(error) == Exit::Store => {
                Some("run `erpc-pipe fsck --repair`, then run again".into())
            }
            _ => None,
        }
    }

    /// Writes it to standard error: the message, its causes, what to do.
    #[expect(clippy::print_stderr, reason = "this is where errors become text")]
    pub(super) fn print(&self) {
        if let Self::Manifest(error) = self {
            let is_terminal = io::IsTerminal::is_terminal(&io::stderr());
            let wants_color = is_terminal && std::env::var_os("NO_COLOR").is_none();
            eprint!("{}", error.render(wants_color, 100));
            return;
        }
        eprintln!("error: {self}");
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            eprintln!("  caused by: {error}");
            cause = error.source();
        }
        if let Some(help) = self.help() {
            eprintln!("  help: {help}");
        }
        if let Self::Plan(error) | Self::Run(RunError::Plan(error)) = self
            && let Some(hint) = catalogue_hint(error)
        {
            eprint!("\n{hint}");
        }
    }
}

/// What the catalogue knows about files that a plan misses.
fn catalogue_hint(error: &PlanError) -> Option<String> {
    let PlanError::Missing(files) = error else { return None };
    let files = files.iter().filter(|file| file.file.beside().is_none());
    let names: Vec<&str> = files.clone().map(|file| file.file.name()).collect();
    missing_hint(&names, &data_folder(files.clone().next()?))
}

/// The folder in which a file was looked for first.
fn data_folder(file: &MissingFile) -> PathBuf {
    let levels = Path::new(file.file.name()).components().count();
    let folder = file.looked.first().and_then(|path| path.ancestors().nth(levels));
    folder.unwrap_or(Path::new("")).to_owned()
}

/// What to do about a plan that cannot be made.
fn plan_help(error: &PlanError) -> Option<String> {
    match error {
        PlanError::Missing(files) => {
            let is_beside = |file: &MissingFile| file.file.beside().is_some();
            let data = "set ERPC_DATA to the folder that holds the data, or put it under `data/`";
            let beside = "a name that begins with `./` or `../` is relative to the folder of the \
                          manifest that says it";
            Some(match (files.iter().any(is_beside), files.iter().all(is_beside)) {
                (false, _) => data.to_owned(),
                (true, true) => beside.to_owned(),
                (true, false) => format!("{data}; {beside}"),
            })
        }
        PlanError::Runtime { source, .. } => source.to_failure().help,
        _ => None,
    }
}

fn plan_exit(error: &PlanError) -> Exit {
    match error {
        PlanError::Store(error) => store_exit(error),
        _ => Exit::Missing,
    }
}

fn store_exit(error: &StoreError) -> Exit {
    match error {
        StoreError::Fs(_) | StoreError::Changed { .. } => Exit::Stage,
        _ => Exit::Store,
    }
}
