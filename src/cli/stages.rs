//! `erpc-pipe stages`.

use std::io::{self, Write as _};

use crate::stages::registry;

use super::{CliError, Exit};

pub(super) fn stages() -> Result<Exit, CliError> {
    let registry = registry();
    let width = registry.iter().map(|(kind, _)| kind.len()).max().unwrap_or(0);
    let mut out = io::stdout().lock();
    for (kind, stage) in registry.iter() {
        writeln!(out, "{kind:width$}  {}", stage.info().summary)?;
    }
    writeln!(out, "\n`erpc-pipe show KIND` prints the ports and parameters of one.")?;
    Ok(Exit::Fine)
}
