//! What can be wrong with a network or with the runtime that is to run it.

use std::path::PathBuf;

use super::PartError;

/// The operators of the embedded kernels.
pub const SUPPORTED: [&str; 16] = [
    "Add",
    "AveragePool",
    "BatchNormalization",
    "Concat",
    "Constant",
    "Conv",
    "Flatten",
    "Gemm",
    "GlobalAveragePool",
    "Identity",
    "MaxPool",
    "Mul",
    "ReduceMean",
    "Relu",
    "Reshape",
    "Sub",
];

/// How many names a message lists at most.
const LISTED: usize = 24;

/// Why a network cannot be read, cut or run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OnnxError {
    /// The bytes are something else.
    #[error("not an ONNX file: {reason}")]
    NotOnnx {
        /// What was met.
        reason: String,
    },
    /// The graph contradicts itself.
    #[error("the graph is damaged: {reason}")]
    Damaged {
        /// What was met.
        reason: String,
    },
    /// A tensor was asked for that the graph does not make.
    #[error("there is no tensor `{name}`; the graph makes {}", list(offered))]
    UnknownTensor {
        /// The name asked for.
        name: String,
        /// The most similar names, best first.
        nearest: Vec<String>,
        /// All names.
        offered: Vec<String>,
    },
    /// It does not take one thing, images.
    #[error("the network has {} inputs ({}); expected one, for images", names.len(), list(names))]
    Inputs {
        /// Their names.
        names: Vec<String>,
    },
    /// Weights of a type that the embedded kernels do not take.
    #[error("the weights `{tensor}` are {found}; the embedded kernels take float32")]
    ElementType {
        /// The tensor.
        tensor: String,
        /// The name of its type.
        found: &'static str,
    },
    /// Weights are in another file.
    #[error("the weights `{tensor}` are in another file (external data)")]
    ExternalData {
        /// The first such tensor.
        tensor: String,
    },
    /// An operator that the embedded kernels do not have.
    #[error(
        "node `{node}` is a `{operator}`, which the embedded kernels lack; they have {}",
        SUPPORTED.join(", ")
    )]
    Unsupported {
        /// The node.
        node: String,
        /// Its operator.
        operator: String,
    },
    /// A node whose attributes or inputs do not fit.
    #[error("node `{node}` ({operator}): {reason}")]
    Node {
        /// The node.
        node: String,
        /// Its operator.
        operator: String,
        /// What does not fit.
        reason: String,
    },
    /// A part of a network that cannot be taken out, or trained.
    #[error(transparent)]
    Part(#[from] Box<PartError>),
    /// The shared library was named but is not there.
    #[error("{origin} names `{}`, which is not there", path.display())]
    NoLibrary {
        /// Who named it.
        origin: String,
        /// The path.
        path: PathBuf,
    },
    /// The shared library cannot be used.
    #[error("ONNX Runtime cannot be loaded from `{}`: {reason}", path.display())]
    Load {
        /// The library.
        path: PathBuf,
        /// What the loader said.
        reason: String,
    },
    /// ONNX Runtime refused the network or its input.
    #[error("ONNX Runtime could not {act}: {reason}")]
    Runtime {
        /// What it was asked to do.
        act: &'static str,
        /// What it said.
        reason: String,
    },
}

impl OnnxError {
    /// What to do about it, where there is something.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NotOnnx { .. } | Self::Damaged { .. } => {
                Some("export the network again, or fetch the file again".to_owned())
            }
            Self::UnknownTensor { nearest, .. } => {
                let guess = match nearest.is_empty() {
                    true => String::new(),
                    false => format!("did you mean {}? ", list(nearest)),
                };
                Some(guess + "`erpc-pipe show FILE.onnx` lists every tensor with its shape")
            }
            Self::Inputs { .. } => {
                Some("export the network so that it reads images only".to_owned())
            }
            Self::ElementType { .. } => Some(
                "export the network in float32, or fetch ONNX Runtime: `make onnxruntime`"
                    .to_owned(),
            ),
            Self::ExternalData { .. } => {
                Some("export the network with its weights inside the file".to_owned())
            }
            Self::Unsupported { .. } => {
                Some("ONNX Runtime has all operators: `make onnxruntime`".to_owned())
            }
            Self::Part(error) => error.help(),
            Self::NoLibrary { .. } | Self::Load { .. } => {
                Some("fetch it with `make onnxruntime`, or set `runtime = \"embedded\"`".to_owned())
            }
            _ => None,
        }
    }
}

/// Names in backquotes, the first few of many.
pub(super) fn list(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(LISTED).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(LISTED);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    shown.join(", ") + &rest
}
