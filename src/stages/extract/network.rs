//! What runs the network, and whether it can take what it is given.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::Preprocess;
use crate::onnx::{
    Backbone, Graph, Library, OnnxError, OnnxModel, declared_shape, declared_type, locate,
    shape_text,
};
use crate::stage::{RuntimeUse, StageError};

use super::ExtractParams;

/// The version of the embedded kernels: raised when they give other bits.
const KERNELS_VERSION: &str = "1";

/// What runs a network.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RuntimeChoice {
    /// ONNX Runtime if it is found (`ORT_DYLIB_PATH`, the cache folder that
    /// `make onnxruntime` fills, beside the program, the system), else the embedded kernels.
    #[default]
    Auto,
    /// ONNX Runtime, or an error.
    Onnxruntime,
    /// The kernels in this program: nothing to install, and a few operators.
    Embedded,
}

/// Finds what the parameters ask for; `None` stands for the embedded kernels.
pub(super) fn locate_runtime(params: &ExtractParams) -> Result<Option<Library>, StageError> {
    if params.runtime == RuntimeChoice::Embedded {
        return Ok(None);
    }
    let found = locate().map_err(network_error)?;
    if found.is_none() && params.runtime == RuntimeChoice::Onnxruntime {
        return Err(StageError::Missing {
            message: "ONNX Runtime was found neither by `ORT_DYLIB_PATH`, nor in \
                      `.erpc/onnxruntime`, nor beside the program, nor in the system's folders"
                .to_owned(),
            help: "fetch it with `make onnxruntime`, or set `runtime = \"auto\"`".to_owned(),
        });
    }
    Ok(found)
}

/// What a recipe says about it.
pub(super) fn runtime_use(library: Option<&Library>) -> RuntimeUse {
    RuntimeUse {
        name: if library.is_some() { "onnxruntime" } else { "embedded" }.to_owned(),
        version: library.map_or(KERNELS_VERSION, |library| &library.version).to_owned(),
        provider: "cpu".to_owned(),
        library: library.map(|library| library.path.clone()),
    }
}

/// A network that is ready for images.
pub(super) struct Prepared {
    pub(super) backbone: Backbone,
    /// Whether it takes whole batches only.
    pub(super) is_whole: bool,
    /// What the researcher should know first.
    pub(super) warning: Option<String>,
}

/// Cuts the network and checks that images fit.
pub(super) fn prepare(params: &ExtractParams, model: &OnnxModel) -> Result<Prepared, StageError> {
    let graph = model.graph().map_err(network_error)?;
    let cut = graph.cut(&params.tensors).map_err(network_error)?;
    let is_whole = check_input(params, &cut)?;
    let backbone = Backbone::new(cut, locate_runtime(params)?).map_err(network_error)?;
    Ok(Prepared { backbone, is_whole, warning: normalised_twice(params, &graph) })
}

/// What to say where both the network and the parameters normalise images.
fn normalised_twice(params: &ExtractParams, graph: &Graph) -> Option<String> {
    let node = graph.first_arithmetic().filter(|_| params.preprocess.normalises())?;
    let (operator, output) = (&node.op_type, node.output.first().map_or("", String::as_str));
    Some(format!(
        "the network begins with `{operator}` (`{output}`), so it may normalise images itself; \
         then leave `mean`, `std` and `scale` of `preprocess` out"
    ))
}

/// One line on what runs it.
pub(super) fn describe(params: &ExtractParams, backbone: &Backbone) -> String {
    match backbone {
        Backbone::Runtime { library, .. } => format!("onnxruntime {} (cpu)", library.version),
        Backbone::Embedded(_) if params.runtime == RuntimeChoice::Auto => {
            "embedded kernels; ONNX Runtime would be faster: make onnxruntime".to_owned()
        }
        Backbone::Embedded(_) => "embedded kernels".to_owned(),
    }
}

/// Checks what is declared of the input; whether its first axis is fixed.
fn check_input(params: &ExtractParams, graph: &Graph) -> Result<bool, StageError> {
    let count = check_pictures(&params.preprocess, graph)?;
    if let Some(count) = count.filter(|count| *count != params.batch) {
        let message = format!(
            "{} images; the network takes {count} at a time: set it to {count}",
            params.batch
        );
        return Err(StageError::parameter("batch", message));
    }
    Ok(count.is_some())
}

/// Checks what is declared of the input, which may be nothing, against prepared pictures; gives how
/// many it takes at a time, where that is fixed.
pub(in crate::stages) fn check_pictures(
    preprocess: &Preprocess,
    graph: &Graph,
) -> Result<Option<usize>, StageError> {
    let input = graph.image_input().map_err(network_error)?;
    if let Some(found) = declared_type(input).filter(|found| *found != "float32") {
        let message = format!("the network's input `{}` is {found}; expected float32", input.name);
        let help = "export it for float32 images; half precision saves nothing on a CPU";
        return Err(StageError::data_with_help(message, help));
    }
    let Some(shape) = declared_shape(input) else { return Ok(None) };
    let [count, channels, height, width] = shape.as_slice() else {
        return Err(StageError::data(format!(
            "the network's input `{}` has {} axes; expected images [N, 3, H, W]",
            input.name,
            shape.len()
        )));
    };
    if channels.is_some_and(|channels| channels != 3) {
        let (name, shape) = (&input.name, shape_text(input));
        let message = format!("the network's input `{name}` is {shape}; expected 3 channels");
        return Err(StageError::data(message));
    }
    let side = usize::try_from(preprocess.side()).ok();
    if [height, width].into_iter().any(|length| length.is_some() && *length != side) {
        let text = |length: &Option<usize>| length.map_or("?".to_owned(), |n| n.to_string());
        let (height, width, side) = (text(height), text(width), preprocess.side());
        let message = format!("gives {side}x{side} pixels; the network takes {height}x{width}");
        return Err(StageError::parameter("preprocess.size", message));
    }
    Ok(*count)
}

/// A network's complaint as that of a stage whose parameter `tensors` names what it takes out.
pub(in crate::stages) fn network_error(error: OnnxError) -> StageError {
    named_error("tensors", error)
}

/// A network's complaint as a stage's, where `parameter` named the tensor.
pub(in crate::stages) fn named_error(parameter: &str, error: OnnxError) -> StageError {
    let message = error.to_string();
    match error {
        error @ OnnxError::UnknownTensor { .. } => {
            let hint = error.help().map_or_else(String::new, |help| format!("; {help}"));
            StageError::parameter(parameter, message + &hint)
        }
        error @ (OnnxError::NoLibrary { .. } | OnnxError::Load { .. }) => {
            StageError::Missing { message, help: error.help().unwrap_or_default() }
        }
        error => StageError::Data { message, help: error.help() },
    }
}
