//! `erpc-pipe audit-splits`.

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::Args;

use crate::data::published_files::read_published_split;
use crate::data::split_audit::audit;
use crate::fs;

use super::{CliError, Exit};

/// The arguments of `audit-splits`.
#[derive(Args)]
pub(super) struct AuditSplitsArgs {
    /// MATLAB files such as `att_splits.mat`, or JSON files with the same lists.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Prints what each file holds. Ends with 0 if all splits can be used without their leaks, with 7 if
/// a file is not there, and with 4 if one cannot be read or used.
#[expect(clippy::print_stderr, reason = "the audit goes on after a file that cannot be read")]
pub(super) fn audit_splits(args: &AuditSplitsArgs) -> Result<Exit, CliError> {
    let mut out = io::stdout().lock();
    let mut exit = Exit::Fine;
    for path in &args.files {
        let file = match fs::open(path) {
            Ok(file) => file,
            Err(error) => {
                eprintln!("error: {error}: {}", error.source);
                exit = if error.is_missing() && exit == Exit::Fine {
                    Exit::Missing
                } else {
                    Exit::Stage
                };
                continue;
            }
        };
        match read_published_split(file) {
            Ok(split) => {
                let found = audit(&split);
                let verdict = match (found.is_sound(), found.leaks()) {
                    (false, _) => "cannot be used",
                    (true, true) => "sound but for its leak, which `import-split` leaves out",
                    (true, false) => "sound",
                };
                writeln!(out, "{}: {verdict}\n{found}", path.display())?;
                if !found.is_sound() {
                    exit = Exit::Stage;
                }
            }
            Err(error) => {
                exit = Exit::Stage;
                eprintln!("error: `{}`: {error}", path.display());
                if let Some(help) = error.help() {
                    eprintln!("  help: {help}");
                }
            }
        }
    }
    Ok(exit)
}
