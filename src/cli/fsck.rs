//! `erpc-pipe fsck`.

use std::io::{self, Write as _};

use clap::Args;

use crate::store::{Damage, Repair};

use super::{CliError, Exit, Place};

/// The arguments of `fsck`.
#[derive(Args)]
pub(super) struct FsckArgs {
    /// Remove what is damaged, so that its stage runs again.
    #[arg(long)]
    repair: bool,
}

pub(super) fn fsck(place: &Place, args: &FsckArgs) -> Result<Exit, CliError> {
    let repair = if args.repair { Repair::Remove } else { Repair::ReportOnly };
    let report = place.store()?.fsck(repair)?;
    let mut out = io::stdout().lock();
    for damage in &report.damage {
        match damage {
            Damage::Object(digest) => writeln!(out, "object {digest}: content differs")?,
            Damage::Action { key, object } => {
                writeln!(out, "action {key}: its output {} is missing", object.short())?;
            }
            Damage::Record(key) => writeln!(out, "action {key}: the record does not parse")?,
            Damage::Stranger(path) => writeln!(out, "{path}: does not belong here")?,
        }
    }
    writeln!(out, "{} objects hashed, {} actions read", report.objects, report.actions)?;
    if report.damage.is_empty() {
        writeln!(out, "the store is sound")?;
        return Ok(Exit::Fine);
    }
    if args.repair {
        writeln!(out, "removed what is damaged; the next run makes it again")?;
        return Ok(Exit::Fine);
    }
    writeln!(out, "damaged: {}; `erpc-pipe fsck --repair` removes it", report.damage.len())?;
    Ok(Exit::Store)
}
