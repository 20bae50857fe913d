//! Manifests as written: TOML with the place of every word, and what can be wrong with it.
//!
//! Reading a manifest is pure: text in, tree out. Every check is made on the spanned tree and every
//! problem found is collected, so that one look at the report is enough to mend the file. What the
//! words *mean* (defaults, overlays, sweeps, stage kinds) is decided by `experiment`.
//!
//! ```toml
//! extends = "base.toml"       # an ablation: everything below is laid over another experiment
//! [experiment]                # name, title, description, pipeline, seeds, exclude
//! [stage.train]               # kind, inputs, params, threads, memory, remove
//! [sweep.margin]              # train.margin = [0.1, 0.2], label, remove
//! ```

mod axis_table;
mod error;
mod json_schema;
mod merge;
mod parse;
mod pin;
mod reference;
mod source;
mod stage_table;
#[cfg(test)]
pub(crate) mod testing;
mod tree;

pub use error::{ManifestError, Problem};
pub use json_schema::schema;
pub use pin::Pin;
pub use reference::{InputSpec, Reference};
pub use source::{Place, Source};

pub(crate) use axis_table::{AxisTable, ValueList};
pub(crate) use parse::{Header, Manifest, Role};
pub(crate) use source::Located;
pub(crate) use stage_table::StageTable;
pub(crate) use tree::{Content, Node, Table};

/// The pattern of names of experiments, stages, axes and pipelines.
pub(crate) const NAME_PATTERN: &str = "^[a-z0-9_-]+$";

/// Whether `name` matches [`NAME_PATTERN`].
pub(crate) fn is_name(name: &str) -> bool {
    let is_valid = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
    !name.is_empty() && name.bytes().all(is_valid)
}

/// Reports a name that does not match [`NAME_PATTERN`].
pub(crate) fn check_name(what: &str, name: &Located<String>, problems: &mut Vec<Problem>) -> bool {
    let is_valid = is_name(&name.value);
    if !is_valid {
        let message = format!("`{}` is not a name for {what}", name.value);
        let problem = Problem::at(&name.place, message);
        problems.push(problem.help("names are made of a-z, 0-9, `-` and `_`"));
    }
    is_valid
}
