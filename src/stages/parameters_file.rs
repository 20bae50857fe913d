//! What a network has learnt, as a safetensors file: every parameter under its name, in the order
//! in which they were added.
//!
//! Numbers are `F32`. Filters, the only parameters of four axes, stand there as `PyTorch` and ONNX
//! have them, [O, C, kh, kw]; everything else lies as it does in memory. Equal parameters give equal
//! bytes, and what is read back gives the bytes that it was read from.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::artifact::{Artifact, ArtifactKind, Blob, invalid};
use crate::formats::array::{ArrayInfo, shape_text};
use crate::formats::element::Element;
use crate::formats::safetensors::{SafetensorsWriter, is_safetensors, parse};
use crate::nn::tape::{ParameterId, Parameters, filters_from_file, filters_to_file};
use crate::nn::{Real, Tensor};
use crate::stage::StageError;

/// How many numbers are converted at once.
const BLOCK: usize = 1 << 14;

/// What to do about a file that does not fit.
const EXPECTED: &str = "expected what the same network, with the same parameters, has written";

/// Such a file, which is published beside the tables and figures of an experiment.
#[derive(Clone)]
pub struct ParametersFile(Blob);

impl ParametersFile {
    /// Takes what [`write_parameters`] wrote.
    #[must_use]
    pub fn new(file: Blob) -> Self {
        Self(file)
    }
}

impl Artifact for ParametersFile {
    const KIND: ArtifactKind = ArtifactKind("parameters-file");
    const CODEC: u32 = 1;

    fn encode(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(&self.0)
    }

    fn decode(file: Blob) -> io::Result<Self> {
        if !is_safetensors(&file) {
            return Err(invalid("expected a safetensors file"));
        }
        Ok(Self(file))
    }

    fn sealed(&self) -> Option<&Blob> {
        Some(&self.0)
    }
}

/// Writes all parameters.
///
/// # Errors
/// What the system reports.
pub fn write_parameters<W: Write>(out: W, parameters: &Parameters) -> io::Result<W> {
    let mut shapes = Vec::new();
    for (_, parameter) in parameters.iter() {
        shapes.push((parameter.name.as_str(), shape_in_file(parameter.value().shape())));
    }
    let arrays: Vec<(&str, Element, &[usize])> =
        shapes.iter().map(|(name, shape)| (*name, Element::F32, shape.as_slice())).collect();
    let mut writer = SafetensorsWriter::new(out, &arrays)?;
    let mut wide = Vec::with_capacity(BLOCK);
    for (_, parameter) in parameters.iter() {
        for block in in_file(parameter.value()).values().chunks(BLOCK) {
            wide.clear();
            wide.extend(block.iter().map(|value| value.wide()));
            writer.push(&wide)?;
        }
    }
    writer.finish()
}

/// Puts what `bytes`, the content of `file`, say in the places of all parameters.
///
/// # Errors
/// [`StageError::Data`] if it is no such file, or a parameter is missing, unknown, of another shape
/// or not finite; then nothing was changed.
pub fn read_parameters(
    file: &str,
    bytes: &[u8],
    parameters: &mut Parameters,
) -> Result<(), StageError> {
    let wrong = |what: String| StageError::data_with_help(format!("`{file}`: {what}"), EXPECTED);
    let arrays = parse(bytes).map_err(|error| wrong(error.to_string()))?;
    let arrays: BTreeMap<String, ArrayInfo> = arrays.into_iter().collect();
    if let Some(name) = arrays.keys().find(|name| parameters.find(name).is_none()) {
        return Err(wrong(format!("array `{name}` is no parameter of the network")));
    }
    let mut read: Vec<(ParameterId, Tensor)> = Vec::new();
    for (id, parameter) in parameters.iter() {
        let (name, shape) = (&parameter.name, shape_in_file(parameter.value().shape()));
        let array = arrays.get(name).ok_or_else(|| wrong(format!("it has no `{name}`")))?;
        if array.shape() != shape {
            let [found, expected] = [array.shape(), &shape].map(shape_text);
            return Err(wrong(format!("array `{name}` is {found}, expected {expected}")));
        }
        let values = values(array, bytes);
        if let Some(place) = values.iter().position(|value| !value.is_finite()) {
            return Err(wrong(format!("value {place} of array `{name}` is {}", values[place])));
        }
        read.push((id, in_memory(Tensor::new(shape, values))));
    }
    for (id, value) in read {
        parameters.replace(id, value);
    }
    Ok(())
}

/// All numbers of an array, some rows at a time.
fn values(array: &ArrayInfo, bytes: &[u8]) -> Vec<f32> {
    let (rows, width) = (array.rows(), array.width());
    let mut values = Vec::with_capacity(rows * width);
    let block = (BLOCK / width.max(1)).max(1);
    let mut wide = Vec::new();
    for first in (0..rows).step_by(block) {
        wide.resize(block.min(rows - first) * width, 0.0);
        array.read_rows(bytes, first, &mut wide);
        values.extend(wide.iter().map(|value| f32::of(*value)));
    }
    values
}

fn shape_in_file(shape: &[usize]) -> Vec<usize> {
    match *shape {
        [outputs, rows, columns, channels] => vec![outputs, channels, rows, columns],
        _ => shape.to_vec(),
    }
}

fn in_file(value: &Tensor) -> Cow<'_, Tensor> {
    match value.shape() {
        [_, _, _, _] => Cow::Owned(filters_to_file(value)),
        _ => Cow::Borrowed(value),
    }
}

fn in_memory(value: Tensor) -> Tensor {
    match value.shape() {
        [_, _, _, _] => filters_from_file(&value),
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::tape::ParameterKind;
    use crate::onnx::{ModelBuilder, Tail};

    fn parameters(first: f32) -> Parameters {
        let mut parameters = Parameters::default();
        let counted = |shape: &[usize]| {
            let count: usize = shape.iter().product();
            let values = (0..count).map(|at| first + at as f32).collect();
            Tensor::new(shape.to_vec(), values)
        };
        parameters.add("z.weight", ParameterKind::Weight, counted(&[2, 1, 2, 3]));
        parameters.add("a.running_var", ParameterKind::Buffer, counted(&[3]));
        parameters.add("m.weight", ParameterKind::Frozen, counted(&[2, 2]));
        parameters
    }

    #[test]
    fn what_is_read_back_gives_the_same_bytes() {
        let written = write_parameters(Vec::new(), &parameters(0.5)).unwrap();
        let mut other = parameters(9.0);
        read_parameters("w.safetensors", &written, &mut other).unwrap();
        assert_eq!(write_parameters(Vec::new(), &other).unwrap(), written);
        for ((_, found), (_, expected)) in other.iter().zip(parameters(0.5).iter()) {
            assert_eq!((&found.name, found.value()), (&expected.name, expected.value()));
        }
    }

    #[test]
    fn a_tail_that_is_read_back_is_exported_as_the_same_network() {
        let mut builder = ModelBuilder::new("input", &[3, 6, 6]);
        builder.weight("w", &[4, 3, 2, 1], &[0.5; 24]);
        builder.weight("matrix", &[4, 2], &[0.25; 8]);
        builder.node("Conv", &["input", "w"], "map");
        builder.node("GlobalAveragePool", &["map"], "mean");
        builder.node("Flatten", &["mean"], "row");
        builder.node("Gemm", &["row", "matrix"], "out");
        let tail = Tail::between(&builder.finish(&["out"]).unwrap(), "input", "out").unwrap();
        let mut learnt = Parameters::default();
        let copy = tail.copy("local", &mut learnt);
        for id in copy.ids() {
            let values = learnt.values_mut(*id).iter_mut();
            values.enumerate().for_each(|(at, value)| *value += at as f32 / 7.0);
        }
        let written = write_parameters(Vec::new(), &learnt).unwrap();
        let mut read = Parameters::default();
        let again = tail.copy("local", &mut read);
        assert_ne!(write_parameters(Vec::new(), &read).unwrap(), written);
        read_parameters("w", &written, &mut read).unwrap();
        let [expected, found] = [(&copy, &learnt), (&again, &read)]
            .map(|(copy, parameters)| tail.export(copy, parameters).unwrap().encode());
        assert_eq!(found, expected);
    }

    #[test]
    fn more_than_a_block_is_read_and_written() {
        let mut large = Parameters::default();
        let values: Vec<f32> = (0..3 * BLOCK + 6).map(|at| at as f32).collect();
        let rows = values.len() / 3;
        for (name, shape) in [("a", vec![rows, 3]), ("b", vec![3, rows]), ("c", vec![3 * rows])] {
            large.add(name, ParameterKind::Weight, Tensor::new(shape, values.clone()));
        }
        let written = write_parameters(Vec::new(), &large).unwrap();
        let mut other = large.clone();
        for id in large.iter().map(|(id, _)| id) {
            other.values_mut(id).fill(0.0);
        }
        read_parameters("w", &written, &mut other).unwrap();
        assert!(other.iter().zip(large.iter()).all(|(a, b)| a.1.value() == b.1.value()));
    }

    #[test]
    fn names_keep_their_order_and_filters_are_those_of_files() {
        let written = write_parameters(Vec::new(), &parameters(0.0)).unwrap();
        let arrays = parse(&written).unwrap();
        let names: Vec<&str> = arrays.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["z.weight", "a.running_var", "m.weight"]);
        let filters = &arrays[0].1;
        assert_eq!(filters.shape(), [2, 3, 1, 2]);
        let mut numbers = [0.0; 12];
        filters.read_rows(&written, 0, &mut numbers);
        // In memory the first filter is [[0, 1, 2], [3, 4, 5]], three channels a tap.
        assert_eq!(numbers[..6], [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
    }

    #[test]
    fn files_that_do_not_fit_are_refused_and_change_nothing() {
        let refused = |other: &Parameters| {
            let written = write_parameters(Vec::new(), other).unwrap();
            let mut parameters = parameters(1.0);
            let error = read_parameters("w", &written, &mut parameters).unwrap_err();
            let before = write_parameters(Vec::new(), &self::parameters(1.0)).unwrap();
            assert_eq!(write_parameters(Vec::new(), &parameters).unwrap(), before);
            error.to_string()
        };
        let mut more = parameters(2.0);
        more.add("extra", ParameterKind::Weight, Tensor::zeros(vec![1]));
        assert_eq!(refused(&more), "`w`: array `extra` is no parameter of the network");
        let mut less = Parameters::default();
        less.add("z.weight", ParameterKind::Weight, Tensor::zeros(vec![2, 1, 2, 3]));
        assert_eq!(refused(&less), "`w`: it has no `a.running_var`");
        let mut turned = Parameters::default();
        turned.add("z.weight", ParameterKind::Weight, Tensor::zeros(vec![2, 3, 1, 2]));
        assert_eq!(refused(&turned), "`w`: array `z.weight` is 2x2x3x1, expected 2x3x1x2");
        let mut lost = parameters(2.0);
        let id = lost.find("m.weight").unwrap();
        lost.values_mut(id)[3] = f32::NAN;
        assert_eq!(refused(&lost), "`w`: value 3 of array `m.weight` is NaN");
        let mut parameters = parameters(1.0);
        let text = read_parameters("w", b"nothing", &mut parameters).unwrap_err().to_string();
        assert!(text.starts_with("`w`: the header should take"), "{text}");
    }
}
