//! Reading a node's attributes and constant tensors.

use crate::nn::{Rounding, Tensor, Window};

use super::OnnxError;
use super::graph::{Readers, label};
use super::proto::{AttributeProto, NodeProto, TensorProto, element};
use super::shapes::type_name;

/// No kernel, stride, dilation or padding of a network for images comes near this; one that does is
/// damage, and would ask for all memory there is.
const LONGEST: usize = 1 << 14;

/// The attributes of one node; every complaint names it.
pub(super) struct Attributes<'a>(pub(super) &'a NodeProto);

impl Attributes<'_> {
    pub(super) fn error(&self, reason: impl Into<String>) -> OnnxError {
        OnnxError::Node {
            node: label(self.0).to_owned(),
            operator: self.0.op_type.clone(),
            reason: reason.into(),
        }
    }

    /// Refuses a node of whose outputs another one than the first is read.
    pub(super) fn check_outputs(&self, readers: &Readers<'_>) -> Result<(), OnnxError> {
        if self.0.output.iter().skip(1).any(|name| readers.contains_key(name.as_str())) {
            return Err(self.error("only its first output can be used"));
        }
        Ok(())
    }

    fn get(&self, name: &str) -> Option<&AttributeProto> {
        self.0.attribute.iter().find(|attribute| attribute.name == name)
    }

    pub(super) fn float(&self, name: &str, default: f32) -> f32 {
        self.get(name).and_then(|attribute| attribute.f).unwrap_or(default)
    }

    pub(super) fn int(&self, name: &str, default: i64) -> i64 {
        self.get(name).and_then(|attribute| attribute.i).unwrap_or(default)
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.int(name, 0) != 0
    }

    /// A list of integers.
    pub(super) fn ints(&self, name: &str) -> Option<&[i64]> {
        self.get(name).map(|attribute| attribute.ints.as_slice())
    }

    /// A count that is not negative.
    pub(super) fn count(&self, name: &str, default: i64) -> Result<usize, OnnxError> {
        let value = self.int(name, default);
        usize::try_from(value).map_err(|_| self.error(format!("`{name}` is {value}")))
    }

    /// A list of exactly `N` counts.
    fn counts<const N: usize>(
        &self,
        name: &str,
        default: Option<[usize; N]>,
    ) -> Result<[usize; N], OnnxError> {
        let Some(attribute) = self.get(name) else {
            return default.ok_or_else(|| self.error(format!("`{name}` is missing")));
        };
        let ints = &attribute.ints;
        let counts: Option<Vec<usize>> =
            ints.iter().map(|int| usize::try_from(*int).ok()).collect();
        let counts = counts.and_then(|counts| <[usize; N]>::try_from(counts).ok());
        counts.ok_or_else(|| self.error(format!("`{name}` is {ints:?}; expected {N} counts")))
    }

    /// The window of a convolution or pooling in two dimensions.
    pub(super) fn window(&self, kernel: Option<[usize; 2]>) -> Result<Window, OnnxError> {
        let padding = self.get("auto_pad").and_then(|attribute| attribute.s.as_deref());
        let [top, left, bottom, right] = match padding {
            None | Some(b"" | b"NOTSET") => self.counts("pads", Some([0; 4]))?,
            Some(b"VALID") => [0; 4],
            Some(other) => {
                let other = String::from_utf8_lossy(other);
                return Err(self.error(format!("`auto_pad` is {other}; expected explicit `pads`")));
            }
        };
        let window = Window {
            kernel: self.counts("kernel_shape", kernel)?,
            strides: self.counts("strides", Some([1; 2]))?,
            dilations: self.counts("dilations", Some([1; 2]))?,
            before: [top, left],
            after: [bottom, right],
            rounding: if self.flag("ceil_mode") { Rounding::Up } else { Rounding::Down },
        };
        let all = [window.kernel, window.strides, window.dilations, window.before, window.after];
        if let Some(length) = all.as_flattened().iter().find(|length| **length > LONGEST) {
            let reason = format!("a length of {length} in its window; expected at most {LONGEST}");
            return Err(self.error(reason));
        }
        let positive = [window.kernel, window.strides, window.dilations];
        if positive.as_flattened().contains(&0) {
            return Err(self.error("kernel, strides and dilations must be at least 1"));
        }
        Ok(window)
    }
}

/// The values of a constant tensor of floats.
pub(super) fn floats(tensor: &TensorProto) -> Result<Tensor, OnnxError> {
    let damaged = |reason: String| OnnxError::Damaged { reason };
    let name = tensor.name.as_deref().unwrap_or_default();
    if tensor.data_type != Some(element::FLOAT) {
        let found = type_name(tensor.data_type.unwrap_or_default());
        return Err(OnnxError::ElementType { tensor: name.to_owned(), found });
    }
    let values = match &tensor.raw_data {
        Some(raw) => raw
            .chunks_exact(4)
            .map(|bytes| f32::from_le_bytes(bytes.try_into().expect("four bytes")))
            .collect(),
        None => tensor.float_data.clone(),
    };
    let shape = shape(tensor)?;
    let expected = shape.iter().try_fold(1_usize, |product, n| product.checked_mul(*n));
    if expected != Some(values.len()) {
        let count = values.len();
        return Err(damaged(format!(
            "the constant `{name}` of shape {shape:?} has {count} values"
        )));
    }
    Ok(Tensor::new(shape, values))
}

/// The values of a constant tensor of integers.
pub(super) fn integers(tensor: &TensorProto) -> Option<Vec<i64>> {
    if tensor.data_type != Some(element::INT64) {
        return None;
    }
    let raw = tensor.raw_data.as_ref().map(|raw| {
        let bytes = raw.chunks_exact(8);
        bytes.map(|bytes| i64::from_le_bytes(bytes.try_into().expect("eight bytes"))).collect()
    });
    Some(raw.unwrap_or_else(|| tensor.int64_data.clone()))
}

/// The shape of a constant tensor.
pub(super) fn shape(tensor: &TensorProto) -> Result<Vec<usize>, OnnxError> {
    let lengths = tensor.dims.iter().map(|length| usize::try_from(*length));
    lengths.collect::<Result<_, _>>().map_err(|_| OnnxError::Damaged {
        reason: format!("a constant has the shape {:?}", tensor.dims),
    })
}
