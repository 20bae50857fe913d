//! A cut graph in ONNX Runtime, one session a thread.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use ort::environment::Environment;
use ort::session::SessionInputValue;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::value::TensorRef;

use crate::nn::Tensor;

use super::{Graph, Library, OnnxError};

/// The library that this process has loaded. There can be one only, and it stays until the end.
static LOADED: Mutex<Option<(PathBuf, Environment)>> = Mutex::new(None);

/// A network in ONNX Runtime that runs on the calling thread.
pub struct Session {
    inner: ort::session::Session,
    inputs: Vec<String>,
    outputs: Vec<String>,
}

/// What is put into a network.
#[derive(Clone, Copy, Debug)]
pub enum Feed<'a> {
    /// Floats.
    Floats(&'a Tensor),
    /// Integers of a shape.
    Integers(&'a [usize], &'a [i64]),
}

impl Session {
    /// Loads the library if this process has not, and gives it a cut graph.
    ///
    /// # Errors
    /// [`OnnxError::Load`], or [`OnnxError::Runtime`] if the network is refused.
    pub fn new(library: &Library, graph: &Graph, file: &[u8]) -> Result<Self, OnnxError> {
        let environment = environment(library)?;
        let inner = builder(&environment)
            .and_then(|mut builder| builder.commit_from_memory(file))
            .map_err(|error| refused("load the network", &error))?;
        let inputs = graph.inputs().into_iter().map(|input| input.name.clone()).collect();
        let outputs = graph.outputs().into_iter().map(str::to_owned).collect();
        Ok(Self { inner, inputs, outputs })
    }

    /// Runs a batch of images [N, C, H, W]; gives one tensor an output, in order.
    ///
    /// # Errors
    /// [`OnnxError::Inputs`] if the network takes something else, too; [`OnnxError::Runtime`].
    pub fn run(&mut self, images: &Tensor) -> Result<Vec<Tensor>, OnnxError> {
        if self.inputs.len() != 1 {
            return Err(OnnxError::Inputs { names: self.inputs.clone() });
        }
        self.run_on(&[Feed::Floats(images)])
    }

    /// Runs it on one feed an input, in order; gives one tensor an output, in order.
    ///
    /// # Errors
    /// [`OnnxError::Runtime`].
    pub fn run_on(&mut self, feeds: &[Feed<'_>]) -> Result<Vec<Tensor>, OnnxError> {
        let failed = |error: ort::Error| refused("run the network", &error);
        let mut inputs: Vec<(&str, SessionInputValue<'_>)> = Vec::with_capacity(feeds.len());
        for (name, feed) in self.inputs.iter().zip(feeds) {
            let value = match feed {
                Feed::Floats(tensor) => {
                    let array = (tensor.shape().to_vec(), tensor.values());
                    TensorRef::from_array_view(array).map_err(failed)?.into()
                }
                Feed::Integers(shape, values) => {
                    TensorRef::from_array_view((shape.to_vec(), *values)).map_err(failed)?.into()
                }
            };
            inputs.push((name, value));
        }
        let found = self.inner.run(inputs).map_err(failed)?;
        let output = |name: &String| {
            let value = found.get(name).ok_or_else(|| OnnxError::Runtime {
                act: "run the network",
                reason: format!("it gave no `{name}`"),
            })?;
            let (shape, values) = value.try_extract_tensor::<f32>().map_err(failed)?;
            let lengths = shape.iter().map(|length| usize::try_from(*length).unwrap_or(0));
            Ok(Tensor::new(lengths.collect(), values.to_vec()))
        };
        self.outputs.iter().map(output).collect()
    }
}

/// One thread and no spinning: threads run different images, and waiting must not burn a core.
fn builder(environment: &Environment) -> ort::Result<SessionBuilder> {
    SessionBuilder::new(environment)?
        .with_intra_threads(1)?
        .with_inter_threads(1)?
        .with_intra_op_spinning(false)?
        .with_inter_op_spinning(false)?
        .with_optimization_level(GraphOptimizationLevel::All)
        .map_err(ort::Error::from)
}

fn environment(library: &Library) -> Result<Environment, OnnxError> {
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    let failed = |reason| OnnxError::Load { path: library.path.clone(), reason };
    if let Some((path, environment)) = loaded.as_ref() {
        return if *path == library.path {
            Ok(environment.clone())
        } else {
            Err(failed(format!("this process has already loaded `{}`", path.display())))
        };
    }
    let builder = ort::init_from(&library.path).map_err(|error| failed(error.to_string()))?;
    let environment = builder.with_name("erpc-pipe").with_telemetry(false).build();
    let environment = environment.map_err(|error| failed(error.to_string()))?;
    *loaded = Some((library.path.clone(), environment.clone()));
    Ok(environment)
}

fn refused(act: &'static str, error: &ort::Error) -> OnnxError {
    OnnxError::Runtime { act, reason: error.message().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs;
    use crate::onnx::ModelBuilder;

    #[test]
    fn a_library_that_cannot_be_loaded_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("libonnxruntime.so.9.9.9");
        fs::write_atomic(&path, b"not a library").unwrap();
        let library = Library { path, version: "9.9.9".into() };
        let mut builder = ModelBuilder::new("input", &[1]);
        builder.node("Relu", &["input"], "out");
        let graph = builder.finish(&["out"]).unwrap();
        let error = Session::new(&library, &graph, &graph.encode()).err().unwrap();
        assert!(matches!(error, OnnxError::Load { .. }), "{error}");
        assert!(error.help().unwrap().contains("runtime = \"embedded\""));
    }
}
