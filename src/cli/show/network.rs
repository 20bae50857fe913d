//! An ONNX file for people: what goes in, and every tensor that can be asked for.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::artifact::Blob;
use crate::fs;
use crate::onnx::{Graph, Offer, shape_text};

use super::super::{CliError, Place};

/// Describes a network; the file is looked for here and in the data folder.
pub(super) fn show(place: &Place, file: &Path) -> Result<String, CliError> {
    let path = find(place, file)?;
    let blob = Blob::map(&path)?;
    let graph = Graph::parse(&blob)
        .map_err(|source| CliError::Network { file: path.display().to_string(), source })?;
    Ok(describe(&path, blob.len(), &graph))
}

fn find(place: &Place, file: &Path) -> Result<PathBuf, CliError> {
    let roots = place.data_roots().0;
    let mut places = std::iter::once(file.to_owned()).chain(roots.iter().map(|r| r.join(file)));
    places.find(|path| fs::exists(path)).ok_or_else(|| {
        let roots: Vec<String> = roots.iter().map(|root| root.display().to_string()).collect();
        let message = format!("there is no `{}`, nor in {}", file.display(), roots.join(", "));
        CliError::usage(message, "set ERPC_DATA to the folder that holds the weights")
    })
}

fn describe(path: &Path, bytes: usize, graph: &Graph) -> String {
    let offers = graph.offers();
    let embedded = offers.iter().filter(|offer| offer.is_embedded).count();
    let opset = graph.opset().map_or("unknown".to_owned(), |version| version.to_string());
    let mut text = format!(
        "{}: {bytes} bytes, operator set {opset}, {} nodes\n",
        path.display(),
        graph.nodes().len()
    );
    text.push_str("inputs\n");
    for input in graph.inputs() {
        let _ = writeln!(text, "  {}: {}", input.name, shape_text(input));
    }
    let _ = writeln!(
        text,
        "tensors: {}, of which the embedded kernels can compute {embedded} (*); outputs: {}",
        offers.len(),
        graph.outputs().join(", ")
    );
    let longest = offers.iter().map(|offer| offer.name.chars().count()).max().unwrap_or_default();
    let types: Vec<String> = offers.iter().map(Offer::type_text).collect();
    let widest = types.iter().map(|text| text.chars().count()).max().unwrap_or_default();
    for (offer, kind) in offers.iter().zip(&types) {
        let mark = if offer.is_embedded { '*' } else { ' ' };
        let (name, operator) = (&offer.name, &offer.operator);
        let _ = writeln!(text, "{mark} {name:longest$}  {kind:widest$}  {operator}");
    }
    text
}
