//! The shapes of tensors, found out without running anything.
//!
//! Exporters may leave out the shapes of what is in between, and cutting needs none, but people who
//! choose a tensor do. What is not known is said to be unknown, never guessed.

use std::collections::BTreeMap;
use std::fmt;

use super::attributes::{Attributes, integers};
use super::parsed::{Constants, Parsed};
use super::proto::{Dimension, NodeProto, ValueInfoProto, element};

/// Operators that give a tensor of the shape of their first input.
const SHAPE_KEEPERS: [&str; 27] = [
    "BatchNormalization",
    "Cast",
    "Clip",
    "Dropout",
    "Elu",
    "Erf",
    "Exp",
    "Gelu",
    "HardSigmoid",
    "HardSwish",
    "Identity",
    "InstanceNormalization",
    "LRN",
    "LayerNormalization",
    "LeakyRelu",
    "LogSoftmax",
    "Mish",
    "Neg",
    "PRelu",
    "Reciprocal",
    "Relu",
    "Selu",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Sqrt",
    "Tanh",
];

/// The length of an axis.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Axis {
    /// It is this.
    Length(usize),
    /// It is open, under this name.
    Named(String),
    /// It is not known.
    Unknown,
}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(length) => write!(f, "{length}"),
            Self::Named(name) => f.write_str(name),
            Self::Unknown => f.write_str("?"),
        }
    }
}

/// The lengths of all axes, or nothing where not even their number is known.
pub(super) type Shapes<'a> = BTreeMap<&'a str, Vec<Axis>>;

/// The shape that is declared for a tensor.
pub(super) fn declared(info: &ValueInfoProto) -> Option<Vec<Axis>> {
    let shape = info.r#type.as_ref()?.tensor_type.as_ref()?.shape.as_ref()?;
    let axis = |dimension: &Option<Dimension>| match dimension {
        Some(Dimension::Value(length)) => match usize::try_from(*length) {
            Ok(length) if length > 0 => Axis::Length(length),
            _ => Axis::Unknown,
        },
        Some(Dimension::Name(name)) if !name.is_empty() => Axis::Named(name.clone()),
        _ => Axis::Unknown,
    };
    Some(shape.dim.iter().map(|dimension| axis(&dimension.value)).collect())
}

/// What a declared tensor is, such as `float32 [N, 3, 224, 224]`; `[…]` stands for no shape.
#[must_use]
pub fn shape_text(info: &ValueInfoProto) -> String {
    let shape = declared(info);
    let kind = declared_type(info).unwrap_or("of an unknown type");
    format!("{kind} {}", axes_text(shape.as_deref()))
}

/// Axes in brackets.
pub(super) fn axes_text(shape: Option<&[Axis]>) -> String {
    let Some(axes) = shape else { return "[…]".to_owned() };
    let axes: Vec<String> = axes.iter().map(Axis::to_string).collect();
    format!("[{}]", axes.join(", "))
}

/// The type of a declared tensor's elements, if it is declared.
#[must_use]
pub fn declared_type(info: &ValueInfoProto) -> Option<&'static str> {
    let kind = info.r#type.as_ref()?.tensor_type.as_ref()?.elem_type?;
    (kind != 0).then(|| type_name(kind))
}

/// The name of a type of elements.
pub(super) fn type_name(kind: i32) -> &'static str {
    match kind {
        element::FLOAT => "float32",
        2 => "uint8",
        3 => "int8",
        4 => "uint16",
        5 => "int16",
        6 => "int32",
        element::INT64 => "int64",
        8 => "text",
        9 => "bool",
        10 => "float16",
        11 => "float64",
        12 => "uint32",
        13 => "uint64",
        16 => "bfloat16",
        _ => "of a rare type",
    }
}

/// The shape of what a node makes first, from those of what it reads.
pub(super) fn infer(
    node: &NodeProto,
    constants: &Constants<'_>,
    shapes: &Shapes<'_>,
) -> Option<Vec<Axis>> {
    let attributes = Attributes(node);
    let of = |input: usize| shapes.get(node.input.get(input)?.as_str());
    let first = of(0)?;
    match node.op_type.as_str() {
        operator if SHAPE_KEEPERS.contains(&operator) => Some(first.clone()),
        "Add" | "Sub" | "Mul" | "Div" | "Pow" => broadcast(first, of(1)?),
        "Conv" => {
            let filters = of(1)?;
            let kernel = [length(filters.get(2)?)?, length(filters.get(3)?)?];
            slide(&attributes, Some(kernel), first, filters.first()?.clone())
        }
        "MaxPool" | "AveragePool" => slide(&attributes, None, first, first.get(1)?.clone()),
        "GlobalAveragePool" | "GlobalMaxPool" => {
            let ones = first.len().checked_sub(2)?;
            Some([&first[..2], &vec![Axis::Length(1); ones]].concat())
        }
        "ReduceMean" => match (Parsed::of(node, constants), first.as_slice()) {
            (Ok(Parsed::Mean { keeps_axes }), [count, channels, _, _]) => {
                let pixel = if keeps_axes { vec![Axis::Length(1); 2] } else { Vec::new() };
                Some([&[count.clone(), channels.clone()][..], &pixel].concat())
            }
            _ => None,
        },
        "Flatten" => flatten(first, attributes.int("axis", 1)),
        "Gemm" => {
            let pick = |shape: &[Axis], name: &str, axis: usize| {
                let axis = if attributes.flag(name) { 1 - axis } else { axis };
                shape.get(axis).cloned()
            };
            Some(vec![pick(first, "transA", 0)?, pick(of(1)?, "transB", 1)?])
        }
        "MatMul" => multiply(first, of(1)?),
        "Concat" => {
            let all = (0..node.input.len()).map(of).collect::<Option<Vec<_>>>()?;
            concat(&all, attributes.int("axis", 0))
        }
        "Reshape" => {
            let target = constants.get(node.input.get(1)?.as_str())?;
            reshape(first, &integers(target)?)
        }
        "Transpose" => {
            let order = attributes.ints("perm")?;
            order.iter().map(|axis| first.get(usize::try_from(*axis).ok()?).cloned()).collect()
        }
        _ => None,
    }
}

fn length(axis: &Axis) -> Option<usize> {
    match axis {
        Axis::Length(length) => Some(*length),
        _ => None,
    }
}

/// The product of axes, if all are known and it can be counted.
fn product(axes: &[Axis]) -> Option<usize> {
    axes.iter().try_fold(1_usize, |product, axis| product.checked_mul(length(axis)?))
}

fn known(length: Option<usize>) -> Axis {
    length.map_or(Axis::Unknown, Axis::Length)
}

fn broadcast(a: &[Axis], b: &[Axis]) -> Option<Vec<Axis>> {
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    let skipped = long.len() - short.len();
    let pair = |pair: (&Axis, &Axis)| {
        Some(match pair {
            (Axis::Length(1), other) | (other, Axis::Length(1)) => other.clone(),
            (Axis::Length(a), Axis::Length(b)) if a != b => return None,
            (fixed @ Axis::Length(_), _) | (_, fixed @ Axis::Length(_)) => fixed.clone(),
            (a, b) if a == b => a.clone(),
            _ => Axis::Unknown,
        })
    };
    let joined = long[skipped..].iter().zip(short).map(pair).collect::<Option<Vec<_>>>()?;
    Some([&long[..skipped], &joined].concat())
}

/// Matrices in the last two axes; the axes before broadcast.
fn multiply(left: &[Axis], right: &[Axis]) -> Option<Vec<Axis>> {
    let ([left @ .., rows, _], [right @ .., _, columns]) = (left, right) else { return None };
    Some([&broadcast(left, right)?, &[rows.clone(), columns.clone()][..]].concat())
}

/// What was inferred, where it says nothing filled in from what is declared.
pub(super) fn filled(
    inferred: Option<Vec<Axis>>,
    declared: Option<Vec<Axis>>,
) -> Option<Vec<Axis>> {
    let Some(mut axes) = inferred else { return declared };
    let declared = declared.unwrap_or_default();
    if axes.len() == declared.len() {
        for (axis, declared) in axes.iter_mut().zip(declared) {
            if *axis == Axis::Unknown {
                *axis = declared;
            }
        }
    }
    Some(axes)
}

/// [N, C, H, W] under a sliding window.
fn slide(
    attributes: &Attributes<'_>,
    kernel: Option<[usize; 2]>,
    input: &[Axis],
    channels: Axis,
) -> Option<Vec<Axis>> {
    let [count, _, height, width] = input else { return None };
    let window = attributes.window(kernel).ok()?;
    let size = match (height, width) {
        (Axis::Length(height), Axis::Length(width)) => {
            window.output([*height, *width]).ok()?.map(Axis::Length)
        }
        _ => [Axis::Unknown, Axis::Unknown],
    };
    let [height, width] = size;
    Some(vec![count.clone(), channels, height, width])
}

fn flatten(input: &[Axis], axis: i64) -> Option<Vec<Axis>> {
    let count = i64::try_from(input.len()).ok()?;
    let axis = usize::try_from(if axis < 0 { axis + count } else { axis }).ok()?;
    let (before, after) = input.split_at_checked(axis)?;
    let join = |axes: &[Axis]| match axes {
        [only] => only.clone(),
        axes => known(product(axes)),
    };
    Some(vec![join(before), join(after)])
}

fn concat(shapes: &[&Vec<Axis>], axis: i64) -> Option<Vec<Axis>> {
    let mut joined = (*shapes.first()?).clone();
    let count = i64::try_from(joined.len()).ok()?;
    let axis = usize::try_from(if axis < 0 { axis + count } else { axis }).ok()?;
    let lengths: Option<Vec<usize>> =
        shapes.iter().map(|shape| shape.get(axis).and_then(length)).collect();
    let sum = lengths.and_then(|all| all.iter().try_fold(0_usize, |sum, n| sum.checked_add(*n)));
    *joined.get_mut(axis)? = known(sum);
    Some(joined)
}

fn reshape(input: &[Axis], target: &[i64]) -> Option<Vec<Axis>> {
    let mut shape = Vec::new();
    // What is copied from an axis at the same place cancels out of the rest, whatever its length.
    let mut rest = input.to_vec();
    for (position, wanted) in target.iter().enumerate() {
        shape.push(match wanted {
            0 => {
                *rest.get_mut(position)? = Axis::Length(1);
                input.get(position)?.clone()
            }
            -1 => Axis::Unknown,
            other => Axis::Length(usize::try_from(*other).ok()?),
        });
    }
    if let Some(open) = target.iter().position(|wanted| *wanted == -1) {
        let mut fixed = target.iter().filter(|wanted| **wanted > 0);
        let fixed =
            fixed.try_fold(1_usize, |product, n| product.checked_mul(usize::try_from(*n).ok()?));
        let open_length = product(&rest).zip(fixed).and_then(|(all, fixed)| all.checked_div(fixed));
        shape[open] = known(open_length);
    }
    Some(shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axes(text: &str) -> Vec<Axis> {
        let axis = |word: &str| match (word, word.parse()) {
            ("?", _) => Axis::Unknown,
            (_, Ok(length)) => Axis::Length(length),
            (name, _) => Axis::Named(name.to_owned()),
        };
        text.split_whitespace().map(axis).collect()
    }

    #[test]
    fn shapes_are_worked_out_with_open_axes() {
        assert_eq!(broadcast(&axes("N 3 4"), &axes("4")), Some(axes("N 3 4")));
        assert_eq!(broadcast(&axes("N 1 4"), &axes("N 5 1")), Some(axes("N 5 4")));
        assert_eq!(broadcast(&axes("2 3"), &axes("2 4")), None);
        assert_eq!(flatten(&axes("N 8 2 3"), 1), Some(axes("N 48")));
        assert_eq!(flatten(&axes("N 8 ? 3"), 1), Some(axes("N ?")));
        assert_eq!(flatten(&axes("N 8"), 5), None);
        assert_eq!(concat(&[&axes("N 8 2"), &axes("N 4 2")], -2), Some(axes("N 12 2")));
        assert_eq!(reshape(&axes("N 8 2 3"), &[0, -1]), Some(axes("N 48")));
        assert_eq!(reshape(&axes("N 8 2 3"), &[0, 4, -1, 3]), Some(axes("N 4 4 3")));
        assert_eq!(reshape(&axes("N 8"), &[-1, 4]), Some(axes("? 4")));
        assert_eq!(reshape(&axes("N 8"), &[0, 0, 0]), None);
        assert_eq!(multiply(&axes("7 7"), &axes("N 7 5")), Some(axes("N 7 5")));
        assert_eq!(multiply(&axes("N 3 4"), &axes("4 5")), Some(axes("N 3 5")));
        assert_eq!(multiply(&axes("4"), &axes("4 5")), None);
        assert_eq!(filled(Some(axes("? 5")), Some(axes("N 6"))), Some(axes("N 5")));
        assert_eq!(filled(Some(axes("? 5")), Some(axes("N"))), Some(axes("? 5")));
        assert_eq!(filled(None, Some(axes("N"))), Some(axes("N")));
        assert_eq!(axes_text(Some(&axes("N ? 3"))), "[N, ?, 3]");
        assert_eq!(axes_text(None), "[…]");
    }
}
