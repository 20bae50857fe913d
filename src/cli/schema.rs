//! `erpc-pipe schema`.

use std::io::{self, Write as _};

use crate::manifest::schema as manifest_schema;
use crate::stages::registry;

use super::{CliError, Exit};

pub(super) fn schema() -> Result<Exit, CliError> {
    let text = serde_json::to_string_pretty(&manifest_schema(&registry()))
        .map_err(|error| CliError::Bug(error.to_string()))?;
    writeln!(io::stdout().lock(), "{text}")?;
    Ok(Exit::Fine)
}
