//! `erpc-pipe gc`.

use std::io::{self, Write as _};
use std::time::Duration;

use clap::Args;

use crate::store::GcOptions;

use super::{CliError, Exit, Place};

const DAY_SECONDS: u64 = 24 * 60 * 60;

/// The arguments of `gc`.
#[derive(Args)]
pub(super) struct GcArgs {
    /// Keep everything younger than this many days.
    #[arg(long, default_value_t = 30, value_name = "DAYS")]
    keep: u64,
    /// Only count.
    #[arg(short = 'n', long)]
    dry_run: bool,
}

pub(super) fn gc(place: &Place, args: &GcArgs) -> Result<Exit, CliError> {
    let keep = Duration::from_secs(args.keep.saturating_mul(DAY_SECONDS));
    let report = place.store()?.gc(GcOptions { keep, is_dry_run: args.dry_run })?;
    let verb = if args.dry_run { "would remove" } else { "removed" };
    #[expect(clippy::cast_precision_loss, reason = "a size for people")]
    let mib = report.bytes as f64 / (1024.0 * 1024.0);
    writeln!(
        io::stdout().lock(),
        "{verb} {} actions, {} objects ({mib:.1} MiB), {} leftovers, {} checkpoints",
        report.actions,
        report.objects,
        report.leftovers,
        report.checkpoints,
    )?;
    Ok(Exit::Fine)
}
