//! What can stop a stage, and what each cause means for the exit code.

use std::io;

use crate::event::{Failure, FailureClass};
use crate::fs::FsError;

/// Why a stage could not finish.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StageError {
    /// The content of a file or an artifact is not what it must be.
    #[error("{message}")]
    Data {
        /// Which file, variable, row or class, and what was expected.
        message: String,
        /// What to do about it.
        help: Option<String>,
    },
    /// A parameter contradicts another one or the data.
    #[error("parameter `{name}`: {message}")]
    Parameter {
        /// The parameter, with dots for nesting.
        name: String,
        /// What is wrong and what was expected.
        message: String,
    },
    /// Data, weights or a tool is not there.
    #[error("{message}")]
    Missing {
        /// What is missing and where it was looked for.
        message: String,
        /// Where to get it and where to put it.
        help: String,
    },
    /// A number stopped being finite.
    #[error("{what} is {value} at step {step}")]
    Diverged {
        /// The quantity.
        what: String,
        /// The step or epoch.
        step: u64,
        /// The value.
        value: f64,
    },
    /// Reading or writing failed.
    #[error(transparent)]
    Fs(#[from] FsError),
    /// An input artifact could not be decoded.
    #[error("input `{port}` could not be decoded")]
    Decode {
        /// The port.
        port: String,
        /// What the decoder said.
        #[source]
        source: io::Error,
    },
    /// An output artifact could not be written.
    #[error("output `{port}` could not be written")]
    Encode {
        /// The port.
        port: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The run was stopped from outside.
    #[error("stopped")]
    Cancelled,
    /// A panic or another sign of a bug in this program.
    #[error("a bug in erpc-pipe: {0}")]
    Bug(String),
}

impl StageError {
    /// Bad content, without advice.
    #[must_use]
    pub fn data(message: impl Into<String>) -> Self {
        Self::Data { message: message.into(), help: None }
    }

    /// Bad content, with advice.
    #[must_use]
    pub fn data_with_help(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Data { message: message.into(), help: Some(help.into()) }
    }

    /// A parameter that cannot be.
    #[must_use]
    pub fn parameter(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Parameter { name: name.into(), message: message.into() }
    }

    /// The form that crosses process borders and reaches people.
    #[must_use]
    pub fn to_failure(&self) -> Failure {
        let mut causes = Vec::new();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            causes.push(error.to_string());
            cause = error.source();
        }
        Failure { message: self.to_string(), causes, help: self.help(), class: self.class() }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Data { help, .. } => help.clone(),
            Self::Missing { help, .. } => Some(help.clone()),
            Self::Diverged { .. } => {
                Some("lower the learning rate, or look at the inputs for extreme values".to_owned())
            }
            Self::Bug(_) => Some("please report it with the manifest that shows it".to_owned()),
            _ => None,
        }
    }

    fn class(&self) -> FailureClass {
        match self {
            Self::Missing { .. } => FailureClass::Missing,
            Self::Decode { .. } => FailureClass::Damaged,
            Self::Cancelled => FailureClass::Interrupted,
            Self::Bug(_) => FailureClass::Bug,
            _ => FailureClass::Stage,
        }
    }
}
