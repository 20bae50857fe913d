//! Which run is held against which.

use super::super::rows::{
    Item, NO_LABEL, Noun, SEED, STAGE, axes_of, check_axes, label_on, selected,
};
use super::Pairing;
use crate::stage::StageError;
use crate::suggest::advice;
use crate::zsl::Evaluation;

/// Two labels held against each other in one group.
pub(in super::super) struct Comparison<'a, T = Evaluation> {
    /// Axis and label of the group, in the order in which they are shown.
    pub(in super::super) key: Vec<(String, String)>,
    /// The label whose values count positive.
    pub(in super::super) a: &'a str,
    /// The label whose values count negative.
    pub(in super::super) b: &'a str,
    /// What was gathered of each pair, a's before b's.
    pub(in super::super) pairs: Vec<Pair<'a, T>>,
}

/// The same run of a and of b.
pub(in super::super) type Pair<'a, T> = (&'a Item<T>, &'a Item<T>);

impl<'a, T> Comparison<'a, T> {
    /// All that is compared, a's before b's.
    pub(in super::super) fn items(&self) -> impl Iterator<Item = &'a Item<T>> {
        self.pairs.iter().map(|(a, _)| *a).chain(self.pairs.iter().map(|(_, b)| *b))
    }
}

/// The label of an item on each of some axes.
type Labels<'a> = Vec<Option<&'a str>>;

/// What is compared, and what cannot be.
pub(in super::super) struct Comparisons<'a, T = Evaluation> {
    /// One for each pair of labels and each group in which both stand.
    pub(in super::super) met: Vec<Comparison<'a, T>>,
    /// The groups in which one of them stands alone, without pairs: `exclude` leaves trials out.
    pub(in super::super) alone: Vec<Comparison<'a, T>>,
}

/// Puts what is gathered into pairs. `check` looks at each of those that are selected, with its name.
///
/// # Errors
/// If an axis or label is unknown, two labels have no group in common, a run has no partner on the other
/// side, or `check` finds fault.
pub(in super::super) fn comparisons<'a, T: Noun>(
    items: &'a [Item<T>],
    pairing: &Pairing<'a>,
    check: impl Fn(&T, &str) -> Result<(), StageError>,
) -> Result<Comparisons<'a, T>, StageError> {
    let selected = selected(items, pairing.select)?;
    check_axes(items, "between", std::iter::once(pairing.between))?;
    // A single run has no seed, and still differs from another.
    check_axes(items, "paired_by", pairing.paired_by.iter().filter(|axis| *axis != SEED))?;
    for item in &selected {
        check(&item.value, &name_of(item))?;
    }
    let sides = sides(&selected, pairing)?;
    let axes = group_axes(&selected, pairing);
    let key = |ours: &Labels<'_>, theirs: &Labels<'_>| -> Vec<(String, String)> {
        let labels = ours.iter().zip(theirs).map(|(one, other)| one.or(*other));
        let labels = labels.map(|label| label.unwrap_or(NO_LABEL).to_owned());
        axes.iter().cloned().zip(labels).collect()
    };
    let mut comparisons = Comparisons { met: Vec::new(), alone: Vec::new() };
    for (a, b) in label_pairs(&sides, pairing)? {
        let groups = groups((a, &sides[a]), (b, &sides[b]), &axes)?;
        let alone = groups.alone.iter().map(|labels| key(labels, labels));
        let alone = alone.map(|key| Comparison { key, a, b, pairs: Vec::new() });
        comparisons.alone.extend(alone);
        for (ours, theirs) in groups.met {
            let key = key(&ours, &theirs);
            let within = |items: &[&'a Item<T>], labels: &Labels<'_>| -> Vec<&'a Item<T>> {
                items.iter().copied().filter(|item| labels_on(item, &axes) == *labels).collect()
            };
            let (ours, theirs) = (within(&sides[a], &ours), within(&sides[b], &theirs));
            let pairs = pairs((a, &ours), (b, &theirs), &key, pairing.paired_by)?;
            comparisons.met.push(Comparison { key, a, b, pairs });
        }
    }
    Ok(comparisons)
}

/// What was gathered of each compared label, in that order.
type Sides<'a, T> = indexmap::IndexMap<&'a str, Vec<&'a Item<T>>>;

fn sides<'a, T: Noun>(
    items: &[&'a Item<T>],
    pairing: &Pairing<'_>,
) -> Result<Sides<'a, T>, StageError> {
    let mut sides = Sides::new();
    let between = pairing.between;
    for &item in items {
        let Some(label) = label_on(item, between) else {
            let message = format!(
                "{} does not vary along it; take that stage away, or compare along `{STAGE}`",
                name_of(item)
            );
            return Err(StageError::parameter("between", message));
        };
        sides.entry(label).or_default().push(item);
    }
    if let [only] = sides.keys().collect::<Vec<_>>()[..] {
        let mut others = axes_of(items.iter().copied());
        others.retain(|axis| axis != between);
        let message = format!("all {}s have the label `{only}` on `{between}`", T::NOUN);
        let message = if others.is_empty() {
            format!("{message}; gather at least two stages")
        } else {
            format!("{message}; expected an axis with at least two, of `{}`", others.join("`, `"))
        };
        return Err(StageError::parameter("between", message));
    }
    Ok(sides)
}

fn label_pairs<'a, T: Noun>(
    sides: &Sides<'a, T>,
    pairing: &Pairing<'a>,
) -> Result<Vec<(&'a str, &'a str)>, StageError> {
    let known: Vec<&str> = sides.keys().copied().collect();
    if pairing.pairs.is_empty() {
        return Ok(known[1..].iter().map(|label| (*label, known[0])).collect());
    }
    for label in pairing.pairs.iter().flatten() {
        if !known.contains(&label.as_str()) {
            let between = pairing.between;
            let advice = advice(label, &format!("labels on `{between}`"), &known);
            let message = format!("no {} has `{between}={label}`; {advice}", T::NOUN);
            return Err(StageError::parameter("pairs", message));
        }
    }
    Ok(pairing.pairs.iter().map(|[a, b]| (a.as_str(), b.as_str())).collect())
}

/// The axes that make groups: all that are neither compared nor paired nor selected by.
fn group_axes<T>(items: &[&Item<T>], pairing: &Pairing<'_>) -> Vec<String> {
    let mut axes = axes_of(items.iter().copied());
    if items.iter().any(|item| item.stage != items[0].stage) {
        axes.insert(0, STAGE.to_owned());
    }
    let is_taken = |axis: &String| {
        axis == pairing.between
            || pairing.paired_by.contains(axis)
            || pairing.select.contains_key(axis)
    };
    axes.retain(|axis| !is_taken(axis));
    axes
}

fn labels_on<'a, T>(item: &'a Item<T>, axes: &[String]) -> Labels<'a> {
    axes.iter().map(|axis| label_on(item, axis)).collect()
}

/// A compared label with what was gathered of it.
type Side<'s, 'a, T> = (&'s str, &'s [&'a Item<T>]);

/// The groups of two labels.
struct Groups<'a> {
    /// The labels of both sides where they meet: equal ones, or such as differ only where a side does
    /// not vary.
    met: Vec<(Labels<'a>, Labels<'a>)>,
    /// Those of a side that meets nobody.
    alone: Vec<Labels<'a>>,
}

fn groups<'a, T: Noun>(
    (a, ours): Side<'_, 'a, T>,
    (b, theirs): Side<'_, 'a, T>,
    axes: &[String],
) -> Result<Groups<'a>, StageError> {
    let (ours, theirs) = (distinct(ours, axes), distinct(theirs, axes));
    let meet = |one: &Labels<'_>, other: &Labels<'_>| {
        let is_equal = one == other;
        let has_equal = theirs.contains(one) || ours.contains(other);
        let fits = one.iter().zip(other).all(|(x, y)| x == y || x.is_none() || y.is_none());
        is_equal || (fits && !has_equal)
    };
    let met = |one: &Labels<'a>| -> Vec<(Labels<'a>, Labels<'a>)> {
        let partners = theirs.iter().filter(|other| meet(one, other));
        partners.map(|other| (one.clone(), other.clone())).collect()
    };
    let lonely = ours.iter().filter(|one| !theirs.iter().any(|other| meet(one, other)));
    let without_us = theirs.iter().filter(|other| !ours.iter().any(|one| meet(one, other)));
    let alone: Vec<Labels<'a>> = lonely.chain(without_us).cloned().collect();
    let met: Vec<_> = ours.iter().flat_map(met).collect();
    if met.is_empty() {
        let place = |labels: &[Labels<'_>]| {
            let shown = axes.iter().zip(&labels[0]).map(|(axis, label)| shown(axis, *label));
            shown.collect::<Vec<_>>().join(", ")
        };
        let (here, there, noun) = (place(&ours), place(&theirs), T::NOUN);
        let message = format!(
            "`{a}` and `{b}` never meet: {noun}s of the one have `{here}`, of the other `{there}`"
        );
        let help = "gather both for the same labels, or name other `pairs`";
        return Err(StageError::data_with_help(message, help));
    }
    Ok(Groups { met, alone })
}

fn distinct<'a, T>(items: &[&'a Item<T>], axes: &[String]) -> Vec<Labels<'a>> {
    let mut all: Vec<Labels<'a>> = Vec::new();
    for item in items {
        let labels = labels_on(item, axes);
        if !all.contains(&labels) {
            all.push(labels);
        }
    }
    all
}

/// Puts the runs of two labels in one group side by side.
fn pairs<'a, T>(
    (a, ours): Side<'_, 'a, T>,
    (b, theirs): Side<'_, 'a, T>,
    key: &[(String, String)],
    paired_by: &[String],
) -> Result<Vec<Pair<'a, T>>, StageError> {
    let run = |item: &'a Item<T>| labels_on(item, paired_by);
    let only = |some: &[&'a Item<T>], others: &[&'a Item<T>]| -> Vec<String> {
        let is_lonely = |item: &&&'a Item<T>| others.iter().all(|other| run(other) != run(item));
        some.iter().filter(is_lonely).map(|item| run_name(item, paired_by)).collect()
    };
    let complaints: Vec<String> = [(a, only(ours, theirs)), (b, only(theirs, ours))]
        .into_iter()
        .filter(|(_, runs)| !runs.is_empty())
        .map(|(name, runs)| format!("only `{name}` has {}", runs.join("; ")))
        .collect();
    if !complaints.is_empty() {
        let group: Vec<String> =
            key.iter().map(|(axis, label)| format!("{axis}={label}")).collect();
        let group =
            if group.is_empty() { String::new() } else { format!(" with `{}`", group.join(", ")) };
        let message = format!("`{a}` and `{b}`{group} do not pair: {}", complaints.join(", "));
        let help =
            "a paired comparison needs the same runs on both sides; run those that are missing";
        return Err(StageError::data_with_help(message, help));
    }
    let partner = |item: &'a Item<T>| theirs.iter().find(|other| run(other) == run(item));
    Ok(ours.iter().filter_map(|item| Some((*item, *partner(item)?))).collect())
}

/// The labels by which an item is paired, as a person reads them.
fn run_name<T>(item: &Item<T>, paired_by: &[String]) -> String {
    let shown = paired_by.iter().map(|axis| shown(axis, label_on(item, axis)));
    shown.collect::<Vec<_>>().join(", ")
}

fn shown(axis: &str, label: Option<&str>) -> String {
    label.map_or_else(|| format!("no {axis}"), |label| format!("{axis}={label}"))
}

/// The stage and the trial of an item, in backticks.
fn name_of<T>(item: &Item<T>) -> String {
    let at = if item.trial.is_shared() { "" } else { "@" };
    format!("`{}{at}{}`", item.stage, item.trial)
}
