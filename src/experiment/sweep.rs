//! From `[sweep.*]` tables to axes: lists zipped into options, options labelled.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde_json::Value;

use crate::manifest::{AxisTable, Located, Manifest, Node, Problem, ValueList};
use crate::suggest::advice;

use super::{Axis, AxisOption, Setting, StageSpec, schema_check};

/// The axes that can be made sense of; the rest is reported.
pub(super) fn axes(
    manifest: &Manifest,
    specs: &IndexMap<String, StageSpec>,
    problems: &mut Vec<Problem>,
) -> Vec<Axis> {
    check_conflicts(manifest, problems);
    let tables = manifest.axes.values();
    tables.filter_map(|table| axis(table, manifest, specs, problems)).collect()
}

/// Reports parameters that are set twice, by two axes or by an axis and a part of itself.
fn check_conflicts(manifest: &Manifest, problems: &mut Vec<Problem>) {
    let mut seen: Vec<(&AxisTable, &ValueList)> = Vec::new();
    for axis in manifest.axes.values() {
        for list in &axis.lists {
            let overlaps = |other: &ValueList| {
                other.stage.value == list.stage.value
                    && (other.path.starts_with(&list.path) || list.path.starts_with(&other.path))
            };
            if let Some((other, _)) = seen.iter().find(|(_, other)| overlaps(other)) {
                let message =
                    format!("`{}` is swept by axis `{}` already", list.target(), other.name.value);
                problems.push(Problem::at(&list.key_place, message));
            }
            seen.push((axis, list));
        }
    }
}

fn axis(
    table: &AxisTable,
    manifest: &Manifest,
    specs: &IndexMap<String, StageSpec>,
    problems: &mut Vec<Problem>,
) -> Option<Axis> {
    let first = table.lists.first()?;
    for list in &table.lists {
        check_stage(list, manifest, problems);
    }
    if !check_lengths(table, first, problems) {
        return None;
    }
    let labels = match &table.labels {
        Some(labels) => labels.value.clone(),
        None => derived_labels(first, specs),
    };
    check_labels(table, &labels, problems);
    let option = |(position, label): (usize, Located<String>)| AxisOption {
        label: label.value,
        settings: table.lists.iter().map(|list| setting(list, position)).collect(),
    };
    let options = labels.into_iter().enumerate().map(option).collect();
    Some(Axis { name: table.name.value.clone(), options })
}

fn setting(list: &ValueList, position: usize) -> Setting {
    Setting {
        stage: list.stage.value.clone(),
        path: list.path.clone(),
        value: list.values[position].to_value(),
        place: list.values[position].place.clone(),
        key_place: list.key_place.clone(),
    }
}

fn check_stage(list: &ValueList, manifest: &Manifest, problems: &mut Vec<Problem>) {
    if !manifest.stages.contains_key(&list.stage.value) {
        let stages: Vec<_> = manifest.stages.keys().map(String::as_str).collect();
        let message = format!("there is no stage `{}` to sweep", list.stage.value);
        let help = advice(&list.stage.value, "stages", &stages);
        problems.push(Problem::at(&list.stage.place, message).help(help).absence());
    }
}

fn check_lengths(table: &AxisTable, first: &ValueList, problems: &mut Vec<Problem>) -> bool {
    let expected = first.values.len();
    let lists = table.lists[1..].iter().map(|list| (list.target(), &list.place, list.values.len()));
    let labels = table.labels.iter();
    let labels = labels.map(|labels| ("label".to_owned(), &labels.place, labels.value.len()));
    let mut is_even = true;
    for (name, place, length) in lists.chain(labels) {
        if length != expected {
            is_even = false;
            let axis = &table.name.value;
            let message = format!("the lists of axis `{axis}` differ in length");
            let target = first.target();
            let label = format!("`{name}` has {length}, `{target}` has {expected}");
            let help = "lists of one axis go in step; for all combinations, make a second axis";
            problems.push(Problem::at(place, message).label(label).help(help));
        }
    }
    is_even
}

/// Labels made of the values of the first list, or counted where those do not fit a label.
fn derived_labels(list: &ValueList, specs: &IndexMap<String, StageSpec>) -> Vec<Located<String>> {
    let spec = specs.get(&list.stage.value);
    let is_file = spec.is_some_and(|spec| schema_check::is_file(&spec.schema, &list.path));
    let values: Vec<_> = list.values.iter().map(Node::to_value).collect();
    let words: Option<Vec<_>> = values.iter().map(|value| word(value, is_file)).collect();
    let words = words.unwrap_or_else(|| (0..values.len()).map(|n| n.to_string()).collect());
    let located = words.into_iter().zip(&list.values);
    located.map(|(value, node)| Located { value, place: node.place.clone() }).collect()
}

fn word(value: &Value, is_file: bool) -> Option<String> {
    let word = match value {
        Value::String(text) if is_file => stem(text).to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        _ => return None,
    };
    is_label(&word).then_some(word)
}

fn stem(path: &str) -> &str {
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    }
}

/// Whether `label` can stand in `stage@axis=label,axis=label`.
fn is_label(label: &str) -> bool {
    let is_taken = |letter: char| matches!(letter, ',' | '=' | '@') || letter.is_control();
    !label.is_empty() && !label.contains(is_taken)
}

fn check_labels(table: &AxisTable, labels: &[Located<String>], problems: &mut Vec<Problem>) {
    let mut seen = HashMap::new();
    for (position, label) in labels.iter().enumerate() {
        if !is_label(&label.value) {
            let message = format!("{:?} cannot be a label", label.value);
            let help = "labels are not empty and hold no `,`, `=`, `@` or control character";
            problems.push(Problem::at(&label.place, message).help(help));
        }
        if seen.insert(label.value.as_str(), position).is_some() {
            let axis = &table.name.value;
            let message = format!("axis `{axis}` has two options labelled `{}`", label.value);
            let help = match table.labels {
                Some(_) => "labels must differ",
                None => "drop one, or tell them apart with `label = [\"…\", \"…\"]`",
            };
            problems.push(Problem::at(&label.place, message).help(help));
        }
    }
}
