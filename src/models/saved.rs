//! Weights with a card that says what they are, as bytes.
//!
//! ```text
//! magic  header length (u64)  header (JSON)  the values of each parameter (f32), in order
//! ```

use std::io;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::artifact::invalid;
use crate::nn::Tensor;
use crate::nn::tape::{Parameter, ParameterKind, Parameters};

/// Values written at once.
const BLOCK: usize = 1 << 16;

#[derive(Serialize, Deserialize)]
struct Header<C> {
    card: C,
    parameters: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    name: String,
    shape: Vec<usize>,
    is_buffer: bool,
}

/// Writes a card and parameters. Frozen ones come back as weights.
///
/// # Errors
/// Whatever the system reports.
pub fn write<C: Serialize>(
    magic: &[u8; 8],
    card: &C,
    parameters: &Parameters,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let entry = |parameter: &Parameter| Entry {
        name: parameter.name.clone(),
        shape: parameter.value().shape().to_vec(),
        is_buffer: parameter.kind == ParameterKind::Buffer,
    };
    let entries = parameters.iter().map(|(_, parameter)| entry(parameter)).collect();
    let header = serde_json::to_vec(&Header { card, parameters: entries })?;
    out.write_all(magic)?;
    out.write_all(&(header.len() as u64).to_le_bytes())?;
    out.write_all(&header)?;
    for (_, parameter) in parameters.iter() {
        for block in parameter.value().values().chunks(BLOCK) {
            let bytes: Vec<u8> = block.iter().flat_map(|value| value.to_le_bytes()).collect();
            out.write_all(&bytes)?;
        }
    }
    Ok(())
}

/// Reads what [`write()`] wrote; `what` stands in the complaint if something does not fit.
///
/// # Errors
/// [`io::ErrorKind::InvalidData`].
pub fn read<C: DeserializeOwned>(
    magic: &[u8; 8],
    what: &str,
    bytes: &[u8],
) -> io::Result<(C, Parameters)> {
    let damaged = || invalid(format!("the {what} is damaged"));
    let rest = bytes.strip_prefix(magic).ok_or_else(damaged)?;
    let (length, rest) = rest.split_first_chunk::<8>().ok_or_else(damaged)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| damaged())?;
    let (header, mut rest) = rest.split_at_checked(length).ok_or_else(damaged)?;
    let header: Header<C> =
        serde_json::from_slice(header).map_err(|error| invalid(error.to_string()))?;
    let mut parameters = Parameters::default();
    for Entry { name, shape, is_buffer } in header.parameters {
        let size = shape.iter().try_fold(4_usize, |bytes, axis| bytes.checked_mul(*axis));
        let (values, after) =
            rest.split_at_checked(size.ok_or_else(damaged)?).ok_or_else(damaged)?;
        rest = after;
        let values = values.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
        let kind = if is_buffer { ParameterKind::Buffer } else { ParameterKind::Weight };
        if parameters.find(&name).is_some() {
            return Err(damaged());
        }
        parameters.add(name, kind, Tensor::new(shape, values.collect()));
    }
    match rest.is_empty() {
        true => Ok((header.card, parameters)),
        false => Err(damaged()),
    }
}
