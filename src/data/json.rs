//! The encoding of small artifacts: canonical JSON.

use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::artifact::{Blob, invalid};

/// Writes `value` as JSON. Fields keep the order of their declaration, maps must be sorted.
pub(crate) fn encode_json(value: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer(out, value).map_err(io::Error::from)
}

/// Reads a value back.
pub(crate) fn decode_json<T: DeserializeOwned>(blob: &Blob) -> io::Result<T> {
    serde_json::from_slice(blob).map_err(|error| invalid(error.to_string()))
}
