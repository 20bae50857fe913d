//! `erpc-pipe data`: what the catalogue knows, what of it is here, and how to get the rest.

mod get;
mod hint;
mod text;

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::catalogue::check::{Finding, State, check};
use crate::catalogue::{Catalogue, DataSet, Step, UnknownSet};
use crate::fs;
use crate::report::bytes_text;
use crate::stage::Cancel;

use super::run::stop_on_signal;
use super::{CliError, Exit, Place, text_out};
pub(super) use hint::missing_hint;
use text::{how, part_line, size_text, sources, verified_text};

/// The arguments of `data`.
#[derive(Args)]
pub(super) struct DataArgs {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Say which data sets are known, and what of them is in the data folder.
    List(ListArgs),
    /// Look at every part of a data set: there or missing, the right number, names and content.
    Check(CheckArgs),
    /// Download and unpack what is missing, and say what must be made or asked for.
    Get(get::GetArgs),
}

#[derive(Args)]
struct ListArgs {
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct CheckArgs {
    /// A data set, as `erpc-pipe data list` calls it.
    name: String,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

pub(super) fn data(place: &Place, args: &DataArgs) -> Result<Exit, CliError> {
    let catalogue = Catalogue::embedded();
    match &args.act {
        Act::List(args) => list(place, &catalogue, args),
        Act::Check(args) => check_set(place, &catalogue, args),
        Act::Get(args) => get::get_set(place, &catalogue, args),
    }
}

/// The data folder.
fn folder(place: &Place) -> PathBuf {
    place.data_roots().0.first().cloned().unwrap_or_default()
}

fn find<'a>(catalogue: &'a Catalogue, name: &str) -> Result<&'a DataSet, CliError> {
    catalogue.find(name).map_err(|error: UnknownSet| {
        let help = error.help.clone();
        CliError::usage(error.to_string(), help)
    })
}

fn list(place: &Place, catalogue: &Catalogue, args: &ListArgs) -> Result<Exit, CliError> {
    let data = folder(place);
    let mut text = String::new();
    let width = catalogue.sets.iter().map(|set| set.name.len()).max().unwrap_or(0);
    for set in &catalogue.sets {
        let parts = catalogue.parts(set);
        let here = parts.iter().filter(|part| fs::exists(&data.join(&part.path))).count();
        let of = parts.len();
        let _ = if args.json {
            let row = json!({ "name": set.name, "title": set.title, "page": set.page,
                "terms": set.terms, "parts": of, "here": here });
            writeln!(text, "{row}")
        } else {
            let name = &set.name;
            writeln!(text, "{name:width$}  {here} of {of} parts here  {}, {}", set.title, set.page)
        };
    }
    if !args.json {
        let _ =
            writeln!(text, "\nin `{}`; `erpc-pipe data check NAME` looks closely", data.display());
    }
    text_out(text.as_bytes())?;
    Ok(Exit::Fine)
}

fn check_set(place: &Place, catalogue: &Catalogue, args: &CheckArgs) -> Result<Exit, CliError> {
    let set = find(catalogue, &args.name)?;
    let data = folder(place);
    let cancel = Cancel::default();
    stop_on_signal(&cancel)?;
    let mut watch = |_: &Step<'_>| go_on(&cancel);
    let Some(findings) = check(catalogue, set, &data, &mut watch)? else {
        return Ok(Exit::Interrupted);
    };
    let text = match args.json {
        true => rows(&findings),
        false => report(catalogue, set, &data, &findings),
    };
    text_out(text.as_bytes())?;
    Ok(exit_of(&findings))
}

fn go_on(cancel: &Cancel) -> ControlFlow<()> {
    if cancel.is_requested() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

/// What is wrong weighs more than what is missing.
fn exit_of(findings: &[Finding<'_>]) -> Exit {
    if findings.iter().any(|finding| matches!(finding.state, State::Wrong(_))) {
        return Exit::Stage;
    }
    match findings.iter().all(|finding| finding.state == State::Found) {
        true => Exit::Fine,
        false => Exit::Missing,
    }
}

/// One object a line.
fn rows(findings: &[Finding<'_>]) -> String {
    let mut text = String::new();
    for finding in findings {
        let _ = writeln!(text, "{}", row(finding));
    }
    text
}

fn row(finding: &Finding<'_>) -> Value {
    let (state, problems) = match &finding.state {
        State::Found => ("found", &[][..]),
        State::Missing => ("missing", &[][..]),
        State::Wrong(problems) => ("wrong", problems.as_slice()),
    };
    json!({
        "path": finding.part.path, "state": state, "problems": problems,
        "files": finding.measured.files, "expected_files": finding.part.files,
        "folders": finding.measured.folders, "expected_folders": finding.part.folders,
        "bytes": finding.measured.bytes, "verified": verified_text(finding.verified),
    })
}

fn report(catalogue: &Catalogue, set: &DataSet, data: &Path, findings: &[Finding<'_>]) -> String {
    let mut text = format!("{}, {}\nin `{}`\n", set.title, set.page, data.display());
    for finding in findings {
        let (part, measured) = (finding.part, &finding.measured);
        let _ = match &finding.state {
            State::Missing => writeln!(text, "missing  {}", part_line(part)),
            State::Found | State::Wrong(_) => {
                let is_found = finding.state == State::Found;
                let word = if is_found { "found  " } else { "wrong  " };
                writeln!(text, "{word}  {}: {}", part.path, size_text(finding))
            }
        };
        if let State::Wrong(problems) = &finding.state {
            for problem in problems {
                let _ = writeln!(text, "           {problem}");
            }
        }
        if measured.files == 0 {
            let _ = writeln!(text, "           {}", how(catalogue, set, part, data));
        }
    }
    let bytes: u64 = findings.iter().map(|finding| finding.measured.bytes).sum();
    let count = |state: fn(&State) -> bool| findings.iter().filter(|one| state(&one.state)).count();
    let (found, missing) = (count(|one| *one == State::Found), count(|one| *one == State::Missing));
    let wrong = findings.len() - found - missing;
    if missing > 0 {
        let missing = findings.iter().filter(|one| one.state == State::Missing);
        text += &sources(catalogue, set, &missing.map(|one| one.part).collect::<Vec<_>>());
    }
    let size = bytes_text(bytes);
    let _ = writeln!(text, "{found} found ({size}), {missing} missing, {wrong} wrong");
    text
}
