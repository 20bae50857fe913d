//! A cut network that runs, whatever runs it.

use crate::nn::Tensor;

use super::{Graph, Library, Network, OnnxError, Session, Workspace};

/// A cut network, from which each thread takes a [`Runner`].
#[expect(clippy::large_enum_variant, reason = "there is one in a stage")]
pub enum Backbone {
    /// In ONNX Runtime.
    Runtime {
        /// The library.
        library: Library,
        /// The cut graph.
        graph: Graph,
        /// Its bytes.
        file: Vec<u8>,
    },
    /// On the embedded kernels.
    Embedded(Network),
}

/// What one thread runs a network with.
pub enum Runner<'a> {
    /// A session of its own.
    Runtime(Session),
    /// The shared network and a workspace of its own.
    Embedded(&'a Network, Workspace),
}

impl Backbone {
    /// Prepares a cut graph for a library, or for the embedded kernels if there is none.
    ///
    /// # Errors
    /// [`OnnxError`] if the embedded kernels lack an operator.
    pub fn new(graph: Graph, library: Option<Library>) -> Result<Self, OnnxError> {
        Ok(match library {
            Some(library) => Self::Runtime { library, file: graph.encode(), graph },
            None => Self::Embedded(Network::new(&graph)?),
        })
    }

    /// What a thread needs to run it.
    ///
    /// # Errors
    /// [`OnnxError::Load`] or [`OnnxError::Runtime`].
    pub fn runner(&self) -> Result<Runner<'_>, OnnxError> {
        Ok(match self {
            Self::Runtime { library, graph, file } => {
                Runner::Runtime(Session::new(library, graph, file)?)
            }
            Self::Embedded(network) => Runner::Embedded(network, Workspace::default()),
        })
    }
}

impl Runner<'_> {
    /// Runs a batch of images [N, C, H, W]; gives one tensor an output, in order.
    ///
    /// # Errors
    /// [`OnnxError`].
    pub fn run(&mut self, images: Tensor) -> Result<Vec<Tensor>, OnnxError> {
        match self {
            Self::Runtime(session) => session.run(&images),
            Self::Embedded(network, work) => network.run(images, work),
        }
    }
}
