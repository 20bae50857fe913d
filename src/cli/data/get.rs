//! `erpc-pipe data get`.

use std::fmt::Write as _;
use std::path::Path;

use clap::Args;

use crate::catalogue::download::Patience;
use crate::catalogue::get::get;
use crate::catalogue::{Catalogue, DataSet, Part, Step};
use crate::fs;
use crate::report::transfer::Transfers;
use crate::stage::Cancel;

use super::super::run::stop_on_signal;
use super::super::{CliError, Exit, Place, text_out};
use super::text::{how, part_line};
use super::{find, folder, go_on};

/// The arguments of `data get`.
#[derive(Args)]
pub(super) struct GetArgs {
    /// A data set, as `erpc-pipe data list` calls it.
    name: String,
    /// One JSON object a line on standard output instead of progress.
    #[arg(long)]
    json: bool,
}

/// Ends with 0 if the data set is complete, with 7 if parts must be made or asked for, and with 4 if a
/// download or an archive failed.
pub(super) fn get_set(
    place: &Place,
    catalogue: &Catalogue,
    args: &GetArgs,
) -> Result<Exit, CliError> {
    let set = find(catalogue, &args.name)?;
    let data = folder(place);
    fs::create_dirs(&data)?;
    let cancel = Cancel::default();
    stop_on_signal(&cancel)?;
    let mut transfers = Transfers::new(args.json);
    let mut watch = |step: &Step<'_>| {
        transfers.show(step);
        go_on(&cancel)
    };
    let left = match get(catalogue, set, &data, Patience::default(), &mut watch) {
        Ok(left) => left,
        Err(error) if error.is_interrupted() => return Ok(Exit::Interrupted),
        Err(error) => return Err(CliError::Get(error)),
    };
    if !args.json {
        text_out(left_text(catalogue, set, &left, &data).as_bytes())?;
    }
    Ok(if left.is_empty() { Exit::Fine } else { Exit::Missing })
}

fn left_text(catalogue: &Catalogue, set: &DataSet, left: &[&Part], data: &Path) -> String {
    let mut text = String::new();
    for part in left {
        let source = how(catalogue, set, part, data);
        let _ = writeln!(text, "missing  {}\n           {source}", part_line(part));
    }
    let name = &set.name;
    let _ = match left.is_empty() {
        true => writeln!(text, "all parts of {name} are in `{}`", data.display()),
        false => writeln!(text, "then: erpc-pipe data check {name}"),
    };
    text
}
