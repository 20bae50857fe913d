//! Which images are shown: a rule that nobody can bend, or names.

use rayon::prelude::*;

use crate::data::samples::SampleIndex;
use crate::models::erpcnet::ending::{Rule, Setting};
use crate::models::erpcnet::traces::Traces;
use crate::rl::Trace;
use crate::stage::StageError;

use super::{Among, PlotLooksInputs, PlotLooksParams};

/// How a search went.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Fate {
    /// Right at the end.
    Right,
    /// Wrong at the end, though right before.
    Lost,
    /// Never right.
    Never,
}

/// What becomes of an image.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Judged {
    /// Its position in the traces.
    pub(super) row: usize,
    /// Its position among the samples.
    pub(super) image: SampleIndex,
    /// The right class.
    pub(super) label: usize,
    /// How many looks were taken.
    pub(super) steps: usize,
    /// The class at the end.
    pub(super) prediction: usize,
    /// The last number of looks after which the prediction was right.
    pub(super) last_right: Option<usize>,
}

impl Judged {
    fn of(row: usize, traces: &Traces, trace: &Trace, steps: usize) -> Self {
        let label = traces.label(row).get();
        let is_right = |looks: &usize| trace.prediction(*looks) == label;
        Self {
            row,
            image: traces.header().images[row],
            label,
            steps,
            prediction: trace.prediction(steps),
            last_right: (0..=steps).rev().find(is_right),
        }
    }

    pub(super) fn fate(&self) -> Fate {
        match self.last_right {
            Some(last) if last == self.steps => Fate::Right,
            Some(_) => Fate::Lost,
            None => Fate::Never,
        }
    }
}

/// All test images, judged in the generalised setting.
pub(super) fn judge(traces: &Traces, rule: &Rule, setting: &Setting) -> Vec<Judged> {
    let searched: Vec<Trace> =
        (0..traces.len()).into_par_iter().map(|row| setting.trace(&traces.image(row))).collect();
    let ending = rule.ending(&searched);
    let judged = searched.iter().enumerate();
    judged.map(|(row, trace)| Judged::of(row, traces, trace, ending.step(trace))).collect()
}

/// Images of one fate.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Group {
    pub(super) fate: Fate,
    /// Those that are shown.
    pub(super) shown: Vec<Judged>,
    /// How many there are.
    pub(super) all: usize,
}

/// The images that are asked for.
pub(super) fn choose(
    params: &PlotLooksParams,
    inputs: &PlotLooksInputs,
    judged: &[Judged],
) -> Result<Vec<Group>, StageError> {
    let seen = inputs.traces.header().candidates.seen().len();
    let fits = |one: &&Judged| match params.among {
        Among::All => true,
        Among::Seen => one.label < seen,
        Among::Unseen => one.label >= seen,
    };
    let judged: Vec<&Judged> = judged.iter().filter(fits).collect();
    let named: Option<Vec<&Judged>> = match params.images.is_empty() {
        true => None,
        false => Some(named(params, inputs, &judged)?),
    };
    let counts =
        [(Fate::Right, params.right), (Fate::Lost, params.lost), (Fate::Never, params.never)];
    let group = |(fate, count): (Fate, u8)| {
        let of_fate = |all: &[&Judged]| -> Vec<Judged> {
            all.iter().filter(|one| one.fate() == fate).map(|one| (*one).clone()).collect()
        };
        let all = of_fate(&judged);
        let shown = match &named {
            Some(named) => of_fate(named),
            None => spread(&all, count.into()),
        };
        Group { fate, all: all.len(), shown }
    };
    let groups: Vec<Group> = counts.into_iter().map(group).collect();
    match groups.iter().all(|group| group.shown.is_empty()) {
        true => Err(StageError::data("there is no image to show; ask for more of each kind")),
        false => Ok(groups),
    }
}

fn named<'a>(
    params: &PlotLooksParams,
    inputs: &PlotLooksInputs,
    judged: &[&'a Judged],
) -> Result<Vec<&'a Judged>, StageError> {
    let find = |name: &String| {
        let found = judged.iter().find(|one| inputs.samples.name(one.image) == name);
        found.copied().ok_or_else(|| {
            StageError::parameter("images", format!("`{name}` is none of the searched images"))
        })
    };
    params.images.iter().map(find).collect()
}

/// So many images, evenly over the classes in order; of each class the first ones.
fn spread(images: &[Judged], count: usize) -> Vec<Judged> {
    let last = images.iter().map(|one| one.label).max().unwrap_or(0);
    let mut classes: Vec<Vec<&Judged>> = vec![Vec::new(); last + 1];
    for one in images {
        classes[one.label].push(one);
    }
    let mut shown: Vec<Judged> = Vec::new();
    for round in 0.. {
        let there: Vec<&Judged> =
            classes.iter().filter_map(|class| class.get(round).copied()).collect();
        let left = count - shown.len();
        if there.is_empty() || left == 0 {
            break;
        }
        let taken = left.min(there.len());
        shown.extend((0..taken).map(|at| there[at * there.len() / taken].clone()));
    }
    shown.sort_by_key(|one| (one.label, one.row));
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(row: usize, label: usize) -> Judged {
        let image = SampleIndex(u32::try_from(row).unwrap());
        Judged { row, image, label, steps: 1, prediction: label, last_right: Some(1) }
    }

    fn rows(labels: &[usize], count: usize) -> Vec<usize> {
        let images: Vec<Judged> =
            labels.iter().enumerate().map(|(row, label)| image(row, *label)).collect();
        spread(&images, count).iter().map(|one| one.row).collect()
    }

    #[test]
    fn images_are_taken_evenly_over_the_classes_and_in_order() {
        // Ten classes with two images each: every other class, its first image.
        let labels: Vec<usize> = (0..20).map(|row| row / 2).collect();
        assert_eq!(rows(&labels, 5), [0, 4, 8, 12, 16]);
        assert_eq!(rows(&labels, 3), [0, 6, 12]);
        // More than there are classes: all first images, then every other second one.
        assert_eq!(rows(&[0, 0, 0, 3, 5, 5], 5), [0, 1, 3, 4, 5]);
        assert_eq!(rows(&[0, 0, 0, 3, 5, 5], 4), [0, 1, 3, 4]);
        assert_eq!(rows(&[0, 0, 0, 3, 5, 5], 99), [0, 1, 2, 3, 4, 5]);
        assert_eq!(rows(&[], 4), [0; 0]);
    }

    #[test]
    fn a_fate_follows_from_the_last_right_prediction() {
        let fate = |last_right| Judged { steps: 3, last_right, ..image(0, 0) }.fate();
        assert_eq!(fate(Some(3)), Fate::Right);
        assert_eq!([fate(Some(2)), fate(Some(0))], [Fate::Lost; 2]);
        assert_eq!(fate(None), Fate::Never);
    }
}
