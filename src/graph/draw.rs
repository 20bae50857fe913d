//! The graph as a picture: DOT text, or SVG laid out by a library.

use std::fmt::Write as _;

use layout::backends::svg::SVGWriter;
use layout::gv::{DotParser, GraphBuilder};

use super::StageGraph;

/// The graph in the DOT language, one box a stage and trial.
#[must_use]
pub fn to_dot(graph: &StageGraph) -> String {
    let mut dot = String::from("digraph stages {\n  rankdir=LR;\n  node [shape=box];\n");
    for index in graph.indices() {
        let node = graph.node(index);
        let mut label = format!("{}\\n{}", node.id.name, node.info.kind);
        if !node.id.trial.is_shared() {
            let _ = write!(label, "\\n{}", node.id.trial);
        }
        let label = label.replace('"', "'");
        let _ = writeln!(dot, "  n{} [label=\"{label}\"];", index.index());
    }
    for index in graph.indices() {
        for source in graph.sources(index) {
            let _ = writeln!(dot, "  n{} -> n{};", source.index(), index.index());
        }
    }
    dot.push_str("}\n");
    dot
}

/// The graph as an SVG.
///
/// # Errors
/// If the layout library does not understand [`to_dot`]'s text; that would be a bug.
pub fn to_svg(graph: &StageGraph) -> Result<String, String> {
    let parsed = DotParser::new(&to_dot(graph)).process()?;
    let mut builder = GraphBuilder::new();
    builder.visit_graph(&parsed);
    let mut drawing = SVGWriter::new();
    builder.get().do_it(false, false, false, &mut drawing);
    Ok(drawing.finalize())
}
