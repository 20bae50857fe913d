//! `erpc-pipe doctor`: what this machine has and lacks, with the remedy for each lack.

mod data;
mod machine;
mod store;

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::{CliError, Exit, Place, text_out};

/// The arguments of `doctor`.
#[derive(Args)]
pub(super) struct DoctorArgs {
    /// The manifests whose data is looked for, or folders of them.
    #[arg(default_value = "experiments")]
    manifests: Vec<PathBuf>,
}

/// How something is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// As it should be.
    Good,
    /// Not there, but nothing needs it.
    Optional,
    /// Something cannot run.
    Missing,
    /// A manifest is wrong.
    Wrong,
}

/// Something that was looked at.
struct Finding {
    state: State,
    what: String,
    /// More lines: where it was looked for, what cannot run.
    details: Vec<String>,
    remedy: Option<String>,
}

impl Finding {
    fn good(what: impl Into<String>) -> Self {
        Self { state: State::Good, what: what.into(), details: Vec::new(), remedy: None }
    }

    fn lack(state: State, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { state, what: what.into(), details: Vec::new(), remedy: Some(remedy.into()) }
    }

    fn details(self, details: Vec<String>) -> Self {
        Self { details, ..self }
    }

    fn write(&self, text: &mut String) {
        let mark = match self.state {
            State::Good => "ok      ",
            State::Optional => "optional",
            State::Missing => "missing ",
            State::Wrong => "wrong   ",
        };
        let _ = writeln!(text, "{mark}  {}", self.what);
        for detail in &self.details {
            let _ = writeln!(text, "            {detail}");
        }
        if let Some(remedy) = &self.remedy {
            let _ = writeln!(text, "          help: {remedy}");
        }
    }
}

pub(super) fn doctor(place: &Place, args: &DoctorArgs) -> Result<Exit, CliError> {
    let mut findings = machine::findings();
    findings.push(store::finding(&place.store));
    findings.extend(data::findings(&place.data_roots(), &args.manifests)?);
    let mut text = String::new();
    findings.iter().for_each(|finding| finding.write(&mut text));
    let has = |state: State| findings.iter().any(|finding| finding.state == state);
    let (exit, summary) = if has(State::Wrong) {
        (Exit::Manifest, "a manifest is wrong")
    } else if has(State::Missing) {
        (Exit::Missing, "something is missing; what does not need it runs")
    } else {
        (Exit::Fine, "everything is there")
    };
    let _ = writeln!(text, "\n{summary}");
    text_out(text.as_bytes())?;
    Ok(exit)
}
