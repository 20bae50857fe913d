//! A golden case: what goes in, what must come out, and how close.

use std::collections::BTreeMap;
use std::path::Path;

use erpc_pipe::fs;
use serde_json::Value;

use crate::tensors::{Tensor, read_tensors};

/// The name of a tensor and its numbers, row by row.
pub(crate) type Answer = (String, Vec<f64>);

/// What this program makes of a case.
pub(crate) type Answers = Vec<Answer>;

/// Answers a case.
pub(crate) type Method = fn(&Case) -> Answers;

/// The first parts of the names of tensors that are answers.
const GROUPS: [&str; 5] = ["out", "loss", "grad", "after", "buffer_after"];

/// A case with all its tensors.
pub(crate) struct Case {
    json: Value,
    tensors: BTreeMap<String, Tensor>,
}

/// How far an answer may be off: `rel * max(max |want|, floor)`.
#[derive(Clone, Copy)]
pub(crate) struct Tolerance {
    pub(crate) rel: f64,
    pub(crate) floor: f64,
}

impl Case {
    /// Reads `NAME.json` and the file of tensors that it names.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let json = fs::read_text(path).map_err(|error| error.to_string())?;
        let json: Value = serde_json::from_str(&json).map_err(|error| error.to_string())?;
        let file = json["file"].as_str().ok_or("the case names no `file` of tensors")?;
        let bytes = fs::read(&path.with_file_name(file)).map_err(|error| error.to_string())?;
        let tensors = read_tensors(&bytes).map_err(|reason| format!("`{file}`: {reason}"))?;
        Ok(Self { json, tensors })
    }

    /// A hyper-parameter.
    ///
    /// # Panics
    /// If it is no number.
    pub(crate) fn hyper(&self, name: &str) -> f64 {
        self.json["hyper"][name].as_f64().unwrap_or_else(|| panic!("hyper-parameter `{name}`"))
    }

    /// A hyper-parameter of a group.
    ///
    /// # Panics
    /// If it is no number.
    pub(crate) fn hyper_of(&self, group: &str, name: &str) -> f64 {
        let value = self.json["hyper"][group][name].as_f64();
        value.unwrap_or_else(|| panic!("hyper-parameter `{group}.{name}`"))
    }

    /// A hyper-parameter that is a word.
    ///
    /// # Panics
    /// If it is none.
    pub(crate) fn word(&self, name: &str) -> &str {
        let word = self.json["hyper"][name].as_str();
        word.unwrap_or_else(|| panic!("hyper-parameter `{name}`"))
    }

    /// A hyper-parameter that counts something.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.hyper(name) as usize
    }

    /// A list of hyper-parameters.
    pub(crate) fn hypers(&self, name: &str) -> Vec<f64> {
        let list = self.json["hyper"][name].as_array();
        let list = list.unwrap_or_else(|| panic!("hyper-parameters `{name}`"));
        list.iter().map(|value| value.as_f64().unwrap()).collect()
    }

    /// The numbers of a tensor, row by row.
    pub(crate) fn numbers(&self, name: &str) -> &[f64] {
        &self.tensor(name).numbers
    }

    /// The numbers of a tensor, as networks take them.
    pub(crate) fn singles(&self, name: &str) -> Vec<f32> {
        self.numbers(name).iter().map(|&number| number as f32).collect()
    }

    /// A tensor of indices.
    pub(crate) fn indices(&self, name: &str) -> Vec<usize> {
        self.numbers(name).iter().map(|&index| index as usize).collect()
    }

    pub(crate) fn tensor(&self, name: &str) -> &Tensor {
        self.tensors.get(name).unwrap_or_else(|| panic!("the case has no tensor `{name}`"))
    }

    /// The names of all tensors that begin so, without that beginning.
    pub(crate) fn names<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.tensors.keys().filter_map(move |name| name.strip_prefix(prefix))
    }

    /// The names of all tensors that must be answered.
    pub(crate) fn expected(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str).filter(|name| GROUPS.contains(&group(name)))
    }

    /// How far the answers called `name` may be off.
    pub(crate) fn tolerance(&self, name: &str) -> Result<Tolerance, String> {
        let number = |key: &str| {
            let value = self.json["tolerance"][key][group(name)].as_f64();
            value.ok_or_else(|| format!("{name}: the case states no `{key}`"))
        };
        Ok(Tolerance { rel: number("rel")?, floor: number("floor")? })
    }
}

fn group(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}
