//! Tensors of a safetensors file, as f64.

use std::collections::BTreeMap;

use erpc_pipe::formats::array::ArrayInfo;
use erpc_pipe::formats::element::Element;
use erpc_pipe::formats::safetensors::parse;

/// Numbers, row by row.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Tensor {
    pub(crate) numbers: Vec<f64>,
    pub(crate) shape: Vec<usize>,
    /// Whether they are integers, which are compared exactly.
    pub(crate) is_integer: bool,
}

/// Reads all tensors.
pub(crate) fn read_tensors(bytes: &[u8]) -> Result<BTreeMap<String, Tensor>, String> {
    let arrays = parse(bytes).map_err(|error| error.to_string())?;
    arrays.into_iter().map(|(name, array)| Ok((name, tensor(&array, bytes)?))).collect()
}

fn tensor(array: &ArrayInfo, bytes: &[u8]) -> Result<Tensor, String> {
    let is_integer = match array.element() {
        Element::F64 | Element::F32 => false,
        Element::I64 | Element::U8 => true,
        other => return Err(format!("tensors of `{other:?}` are not known")),
    };
    let mut numbers = vec![0.0; array.rows() * array.width()];
    array.read_rows(bytes, 0, &mut numbers);
    Ok(Tensor { numbers, shape: array.shape().to_vec(), is_integer })
}
