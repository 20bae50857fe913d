//! What can be wrong with a MATLAB file.

use std::io;

/// Why a file or a variable cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MatError {
    /// It is something else.
    #[error("this is no MATLAB file: {0}")]
    NotMat(&'static str),
    /// The newest version is another format altogether.
    #[error("this MATLAB file is of version 7.3, which is HDF5 inside and not read here")]
    Version73,
    /// The oldest version is another format as well.
    #[error("this seems to be a MATLAB file of version 4, which is not read here")]
    Version4,
    /// The file cannot be divided into variables.
    #[error("at byte {at}: {problem}")]
    Damaged {
        /// Where the element begins.
        at: u64,
        /// What is wrong.
        problem: String,
    },
    /// There is no such variable.
    #[error("there is no variable `{name}`")]
    NoVariable {
        /// The name asked for.
        name: String,
        /// The nearest name, or all of them.
        advice: String,
    },
    /// A variable is not what it must be.
    #[error("variable `{variable}`: {problem}")]
    Variable {
        /// Its name.
        variable: String,
        /// What is wrong and what was expected.
        problem: String,
    },
    /// The content of a variable contradicts its head, or is cut off.
    #[error("variable `{variable}`: {problem}")]
    DamagedVariable {
        /// Its name.
        variable: String,
        /// What is wrong.
        problem: String,
    },
    /// The system could not read on.
    #[error("it could not be read: {0}")]
    Io(#[from] io::Error),
}

impl MatError {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Self::Version73 | Self::Version4 => {
                "save it again in MATLAB with `save('FILE.mat', '-v7', 'NAME', ...)`, or read it \
                 with h5py (version 7.3) or SciPy (version 4) and save `.npy` files"
            }
            Self::NotMat(_) => "expected a file that MATLAB's `save` or SciPy's `savemat` wrote",
            Self::Damaged { .. } | Self::DamagedVariable { .. } => {
                "the file is incomplete or damaged; copy it again, or write it again"
            }
            Self::NoVariable { advice, .. } => return Some(advice.clone()),
            Self::Variable { .. } | Self::Io(_) => return None,
        };
        Some(help.to_owned())
    }
}

/// What goes wrong inside a variable, before its name is put to it.
#[derive(Debug)]
pub(super) enum Problem {
    /// The content is not what the caller asks for.
    Content(String),
    /// The content is not what the format asks for.
    Damaged(String),
    /// The system could not read on.
    Io(io::Error),
}

impl Problem {
    pub(super) fn content(message: impl Into<String>) -> Self {
        Self::Content(message.into())
    }

    pub(super) fn damaged(message: impl Into<String>) -> Self {
        Self::Damaged(message.into())
    }

    /// The error about `variable`.
    pub(super) fn of(self, variable: &str) -> MatError {
        match self {
            Self::Content(problem) => MatError::Variable { variable: variable.to_owned(), problem },
            Self::Damaged(problem) => {
                MatError::DamagedVariable { variable: variable.to_owned(), problem }
            }
            Self::Io(error) => MatError::Io(error),
        }
    }

    /// The error about the element at byte `at`.
    pub(super) fn at(self, at: u64) -> MatError {
        match self {
            Self::Content(problem) | Self::Damaged(problem) => MatError::Damaged { at, problem },
            Self::Io(error) => MatError::Io(error),
        }
    }
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => {
                Self::damaged("its content ends too early; the file is incomplete")
            }
            // What zlib says of a damaged stream.
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
                Self::damaged(format!("its compressed content is damaged ({error})"))
            }
            _ => Self::Io(error),
        }
    }
}
