//! What is gathered over trials, put together into the rows of a table or the lines of a figure.
//!
//! A row is a setting: its key says which labels it has on the axes of the sweep, its members are
//! what was gathered of its seeds: evaluations, if nothing else is said.

use std::collections::{BTreeMap, BTreeSet};

use crate::artifact::{Curves, Measures};
use crate::stage::{GatheredItem, StageError};
use crate::zsl::Evaluation;

/// The axis that is averaged over.
pub(super) const SEED: &str = "seed";

/// The word for the gathered stage's name among the axes.
pub(super) const STAGE: &str = "stage";

/// What a row shows on an axis that its trial does not have.
pub(super) const NO_LABEL: &str = "–";

/// One of what is gathered.
pub(super) type Item<T = Evaluation> = GatheredItem<T>;

/// What messages call one of what is gathered; an `s` makes it several.
pub(super) trait Noun {
    /// The word.
    const NOUN: &'static str;
}

impl Noun for Evaluation {
    const NOUN: &'static str = "evaluation";
}

impl Noun for Measures {
    const NOUN: &'static str = "measurement";
}

impl Noun for Curves {
    const NOUN: &'static str = "training";
}

/// All that was gathered of one setting.
pub(super) struct Row<'a, T = Evaluation> {
    /// Axis and label, in the order in which they are shown.
    pub(super) key: Vec<(String, String)>,
    /// What was gathered, in that order.
    pub(super) members: Vec<Member<'a, T>>,
}

/// One of a setting.
pub(super) struct Member<'a, T = Evaluation> {
    /// The label of the seed, for trials that have one.
    pub(super) seed: Option<&'a str>,
    /// What was measured.
    pub(super) value: &'a T,
}

impl<T> Row<'_, T> {
    /// The labels of the key in one line, under the headings of the manifest.
    pub(super) fn label(&self, headings: &BTreeMap<String, String>) -> String {
        let labels: Vec<String> = shown_labels(headings, &self.key).collect();
        if labels.is_empty() { NO_LABEL.to_owned() } else { labels.join(", ") }
    }

    /// The seeds, in order; a trial without one counts nothing here.
    pub(super) fn seeds(&self) -> String {
        let seeds = self.members.iter().filter_map(|member| member.seed);
        seeds.collect::<Vec<_>>().join(", ")
    }

    /// A number of each member, in order.
    pub(super) fn values<N>(&self, number: impl Fn(&T) -> N) -> Vec<N> {
        self.members.iter().map(|member| number(member.value)).collect()
    }
}

impl Row<'_> {
    /// Whether a member was selected by looking at test images.
    pub(super) fn is_peeked(&self) -> bool {
        self.members.iter().any(|member| member.value.peeked)
    }
}

/// The heading of an axis or metric, or else its name.
pub(super) fn heading(headings: &BTreeMap<String, String>, name: &str, default: &str) -> String {
    headings.get(name).map_or(default, String::as_str).to_owned()
}

/// The heading of a label: under `axis=label`, else under `label`, else the label itself.
fn label_heading(headings: &BTreeMap<String, String>, axis: &str, label: &str) -> String {
    let found = headings.get(&format!("{axis}={label}")).or_else(|| headings.get(label));
    found.map_or(label, String::as_str).to_owned()
}

/// The shown label of a key's entry.
pub(super) fn shown_label(
    headings: &BTreeMap<String, String>,
    (axis, label): &(String, String),
) -> String {
    label_heading(headings, axis, label)
}

/// The shown labels of a key, without the axes that its trials do not have.
pub(super) fn shown_labels(
    headings: &BTreeMap<String, String>,
    key: &[(String, String)],
) -> impl Iterator<Item = String> {
    let there = key.iter().filter(|(_, label)| label != NO_LABEL);
    there.map(|pair| shown_label(headings, pair))
}

/// Puts the items that `select` lets through into rows.
///
/// # Errors
/// If an axis is unknown, nothing is selected, or a row would hold two of one seed.
pub(super) fn group<'a, T: Noun>(
    items: &'a [Item<T>],
    axes: &[String],
    select: &BTreeMap<String, String>,
) -> Result<Vec<Row<'a, T>>, StageError> {
    check_axes(items, "rows", axes.iter())?;
    let items = selected(items, select)?;
    let axes = if axes.is_empty() { default_axes(&items, select) } else { axes.to_vec() };
    let mut rows: Vec<Row<'a, T>> = Vec::new();
    for item in items {
        let key: Vec<(String, String)> = axes
            .iter()
            .map(|axis| (axis.clone(), label_on(item, axis).unwrap_or(NO_LABEL).to_owned()))
            .collect();
        let member = Member { seed: item.trial.label(SEED), value: &item.value };
        match rows.iter_mut().find(|row| row.key == key) {
            None => rows.push(Row { key, members: vec![member] }),
            Some(row) => {
                check_new_seed(row, item, &member)?;
                row.members.push(member);
            }
        }
    }
    Ok(rows)
}

/// The items that have the labels of `select`, or do not vary along its axes.
///
/// # Errors
/// If there is none, or a label that no item has.
pub(super) fn selected<'a, T: Noun>(
    items: &'a [Item<T>],
    select: &BTreeMap<String, String>,
) -> Result<Vec<&'a Item<T>>, StageError> {
    check_axes(items, "select", select.keys())?;
    let has =
        |item: &Item<T>, (axis, label): (&String, &String)| label_on(item, axis) == Some(label);
    let is_known = |pair| items.iter().any(|item| has(item, pair));
    let fits = |item: &&Item<T>| {
        select.iter().all(|pair| has(item, pair) || label_on(item, pair.0).is_none())
    };
    let found: Vec<&Item<T>> = items.iter().filter(fits).collect();
    match found.is_empty() || !select.iter().all(is_known) {
        true => Err(nothing_selected(T::NOUN, select)),
        false => Ok(found),
    }
}

/// The label of an item on an axis; the stage's name on `stage`.
pub(super) fn label_on<'a, T>(item: &'a Item<T>, axis: &str) -> Option<&'a str> {
    if axis == STAGE { Some(&item.stage) } else { item.trial.label(axis) }
}

/// Refuses axes along which no trial varies.
pub(super) fn check_axes<'a, T>(
    items: &[Item<T>],
    parameter: &str,
    axes: impl Iterator<Item = &'a String>,
) -> Result<(), StageError> {
    for axis in axes {
        if !items.iter().any(|item| label_on(item, axis).is_some()) {
            let mut known = vec![STAGE.to_owned()];
            known.extend(axes_of(items.iter()));
            let known = known.join("`, `");
            let message = format!("no trial varies along `{axis}`; there are `{known}`");
            return Err(StageError::parameter(parameter, message));
        }
    }
    Ok(())
}

/// Says that nothing is there.
fn nothing_selected(noun: &str, select: &BTreeMap<String, String>) -> StageError {
    if select.is_empty() {
        return StageError::data(format!("there is no {noun} to show; connect at least one"));
    }
    let wanted: Vec<String> =
        select.iter().map(|(axis, label)| format!("{axis}={label}")).collect();
    let wanted = wanted.join(", ");
    StageError::parameter("select", format!("no {noun} has `{wanted}`; check the labels"))
}

/// The axes of the trials in the order of their first appearance.
pub(super) fn axes_of<'a, T: 'a>(items: impl Iterator<Item = &'a Item<T>>) -> Vec<String> {
    let mut axes: Vec<String> = Vec::new();
    for (axis, _) in items.flat_map(|item| &item.trial.0) {
        if !axes.contains(axis) {
            axes.push(axis.clone());
        }
    }
    axes
}

/// All axes but the seed and those that are selected, and the stage where it tells rows apart.
pub(super) fn default_axes<T>(
    items: &[&Item<T>],
    select: &BTreeMap<String, String>,
) -> Vec<String> {
    let stages: BTreeSet<&str> = items.iter().map(|item| item.stage.as_str()).collect();
    let mut axes = axes_of(items.iter().copied());
    axes.retain(|axis| axis != SEED && !select.contains_key(axis));
    if stages.len() > 1 || axes.is_empty() {
        axes.insert(0, STAGE.to_owned());
    }
    axes
}

/// Two of one seed in a row mean that the row mixes settings.
fn check_new_seed<T: Noun>(
    row: &Row<'_, T>,
    item: &Item<T>,
    member: &Member<'_, T>,
) -> Result<(), StageError> {
    if row.members.iter().all(|other| other.seed != member.seed) {
        return Ok(());
    }
    let key: Vec<String> = row.key.iter().map(|(axis, label)| format!("{axis}={label}")).collect();
    let seed = member.seed.map_or("no seed".to_owned(), |seed| format!("seed {seed}"));
    let mut known = vec![STAGE.to_owned()];
    known.extend(axes_of(std::iter::once(item)).into_iter().filter(|axis| axis != SEED));
    Err(StageError::parameter(
        "rows",
        format!(
            "the row `{}` has two {}s of {seed}; add the axis that tells them apart, one \
             of `{}`, or choose with `select`",
            key.join(", "),
            T::NOUN,
            known.join("`, `"),
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::fake;

    fn keys(rows: &[Row<'_>]) -> Vec<String> {
        rows.iter().map(|row| row.label(&BTreeMap::new())).collect()
    }

    fn items() -> Vec<Item> {
        let mut items = Vec::new();
        for method in ["eszsl", "ale"] {
            for seed in ["1", "2"] {
                items.push(fake::item("score", &[("method", method), ("seed", seed)]));
            }
        }
        items
    }

    #[test]
    fn rows_are_all_axes_but_the_seed_in_the_order_of_gathering() {
        let items = items();
        let rows = group(&items, &[], &BTreeMap::new()).unwrap();
        assert_eq!(keys(&rows), ["eszsl", "ale"]);
        assert_eq!(rows[0].seeds(), "1, 2");
    }

    #[test]
    fn the_stage_tells_rows_apart_where_several_are_gathered() {
        let mut items = items();
        items.push(fake::item("baseline", &[]));
        let rows = group(&items, &[], &BTreeMap::new()).unwrap();
        assert_eq!(keys(&rows), ["score, eszsl", "score, ale", "baseline"]);
        assert_eq!(rows[2].key[1], ("method".to_owned(), NO_LABEL.to_owned()));
        let rows = group(&items, &["method".to_owned()], &BTreeMap::new()).unwrap();
        assert_eq!(keys(&rows), ["eszsl", "ale", NO_LABEL], "a row is never without a name");
    }

    #[test]
    fn a_selection_leaves_its_axis_out_of_the_key() {
        let items = items();
        let select = BTreeMap::from([("method".to_owned(), "ale".to_owned())]);
        let rows = group(&items, &[], &select).unwrap();
        assert_eq!((rows.len(), rows[0].label(&BTreeMap::new()).as_str()), (1, "score"));
    }

    #[test]
    fn a_row_that_mixes_settings_is_refused() {
        let items = items();
        let error = group(&items, &["stage".to_owned()], &BTreeMap::new()).err().unwrap();
        insta::assert_snapshot!(error, @"parameter `rows`: the row `stage=score` has two evaluations of seed 1; add the axis that tells them apart, one of `stage`, `method`, or choose with `select`");
    }

    #[test]
    fn an_unknown_axis_is_named_with_the_known_ones() {
        let items = items();
        let error = group(&items, &["metod".to_owned()], &BTreeMap::new()).err().unwrap();
        insta::assert_snapshot!(error, @"parameter `rows`: no trial varies along `metod`; there are `stage`, `method`, `seed`");
    }

    #[test]
    fn a_heading_may_name_the_axis_of_its_label() {
        let headings = BTreeMap::from([
            ("ale".to_owned(), "ALE".to_owned()),
            ("bits=8".to_owned(), "8 bit".to_owned()),
        ]);
        let pair = |axis: &str, label: &str| (axis.to_owned(), label.to_owned());
        assert_eq!(shown_label(&headings, &pair("method", "ale")), "ALE");
        assert_eq!(shown_label(&headings, &pair("bits", "8")), "8 bit");
        assert_eq!(shown_label(&headings, &pair("depth", "8")), "8");
    }
}
