//! Tensors of a safetensors file, as f64.

use std::collections::BTreeMap;

use serde_json::Value;

/// Numbers, row by row.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Tensor {
    pub(crate) numbers: Vec<f64>,
    /// Whether they are integers, which are compared exactly.
    pub(crate) is_integer: bool,
}

/// Reads all tensors: `u64 length | JSON header | data`.
pub(crate) fn read_tensors(bytes: &[u8]) -> Result<BTreeMap<String, Tensor>, String> {
    let cut_short = "the file is cut short";
    let (length, rest) = bytes.split_first_chunk::<8>().ok_or(cut_short)?;
    let length = u64::from_le_bytes(*length) as usize;
    let (header, data) = rest.split_at_checked(length).ok_or(cut_short)?;
    let header: Value = serde_json::from_slice(header).map_err(|error| error.to_string())?;
    let header = header.as_object().ok_or("the header is no table")?;
    let mut tensors = BTreeMap::new();
    for (name, info) in header.iter().filter(|(name, _)| *name != "__metadata__") {
        let offset = |at: usize| info["data_offsets"][at].as_u64().unwrap_or(u64::MAX) as usize;
        let data = data.get(offset(0)..offset(1)).ok_or(cut_short)?;
        let kind = info["dtype"].as_str().unwrap_or_default();
        tensors.insert(name.clone(), tensor(kind, data)?);
    }
    Ok(tensors)
}

fn tensor(kind: &str, data: &[u8]) -> Result<Tensor, String> {
    let fours = || data.chunks_exact(4).map(|chunk| chunk.try_into().unwrap());
    let eights = || data.chunks_exact(8).map(|chunk| chunk.try_into().unwrap());
    let numbers = match kind {
        "F64" => eights().map(f64::from_le_bytes).collect(),
        "F32" => fours().map(|bytes| f64::from(f32::from_le_bytes(bytes))).collect(),
        "I64" => eights().map(|bytes| i64::from_le_bytes(bytes) as f64).collect(),
        "U8" => data.iter().map(|&byte| f64::from(byte)).collect(),
        other => return Err(format!("tensors of `{other}` are not known")),
    };
    Ok(Tensor { numbers, is_integer: matches!(kind, "I64" | "U8") })
}
