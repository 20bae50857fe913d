//! The cells of a table: the paper's, and ours beside them.

use super::answer::{Answers, Estimate, Found};
use super::checks::Notes;
use super::mark::{Mark, judge};
use super::numbers::CellKey;
use super::outline::{Metric, RowsAre, TableOutline};
use super::{Paper, PaperError};

/// A cell.
pub(super) struct Cell {
    pub(super) key: CellKey,
    pub(super) group: String,
    pub(super) setting: String,
    /// The paper's number.
    pub(super) paper: Option<f64>,
    pub(super) notes: Vec<String>,
    pub(super) content: Content,
}

/// Whose number a cell shows.
pub(super) enum Content {
    /// The paper's, as it is printed: of a method that we answer, or of one that it cites.
    Printed { text: String, is_cited: bool },
    /// Ours.
    Ours { experiment: String, estimate: Option<Estimate>, mark: Mark },
}

/// All cells of a table, row by row.
pub(super) fn cells(
    paper: &Paper,
    table: &TableOutline,
    answers: &mut Answers<'_>,
    notes: &Notes,
) -> Result<Vec<Cell>, PaperError> {
    let mut cells = Vec::new();
    for (method, datasets) in rows(paper, table) {
        cells.extend(printed(paper, table, &method, &datasets, notes));
        if table.ours.iter().any(|ours| *ours.get_ref() == method) {
            for dataset in datasets {
                for metric in &table.metrics {
                    let key = CellKey {
                        table: table.name.get_ref().clone(),
                        method: method.clone(),
                        dataset: dataset.clone(),
                        metric: metric.get_ref().clone(),
                    };
                    cells.push(ours(paper, key, answers)?);
                }
            }
        }
    }
    Ok(cells)
}

/// Pairs of the paper's row and ours: a method with all data sets, or with one.
fn rows(paper: &Paper, table: &TableOutline) -> Vec<(String, Vec<String>)> {
    let mut methods: Vec<String> = Vec::new();
    for printed in paper.numbers.of_table(table.name.get_ref()) {
        if !methods.contains(&printed.key.method) {
            methods.push(printed.key.method.clone());
        }
    }
    let datasets: Vec<String> =
        table.datasets.iter().map(|dataset| dataset.get_ref().clone()).collect();
    let rows = methods.into_iter().map(|method| (method, datasets.clone()));
    match table.rows {
        RowsAre::Methods => rows.collect(),
        RowsAre::Datasets => rows
            .flat_map(|(method, datasets)| {
                datasets.into_iter().map(move |dataset| (method.clone(), vec![dataset]))
            })
            .collect(),
    }
}

fn printed(
    paper: &Paper,
    table: &TableOutline,
    method: &str,
    datasets: &[String],
    notes: &Notes,
) -> Vec<Cell> {
    let is_cited = table.ours.iter().all(|ours| ours.get_ref() != method);
    let numbers = paper.numbers.of_table(table.name.get_ref());
    let numbers = numbers
        .filter(|one| one.key.method == method && datasets.contains(&one.key.dataset))
        .map(|one| Cell {
            key: one.key.clone(),
            group: one.group.clone(),
            setting: one.setting.clone(),
            paper: Some(one.value),
            notes: notes.at(&one.key).to_vec(),
            content: Content::Printed { text: one.text.clone(), is_cited },
        });
    numbers.collect()
}

fn ours(paper: &Paper, key: CellKey, answers: &mut Answers<'_>) -> Result<Cell, PaperError> {
    let metric = paper.outline.metric(&key.metric).expect("validated: each metric is known");
    let printed = paper.numbers.get(&key);
    let (experiment, found) = answer(paper, &key, metric, answers)?;
    let value = printed.map(|printed| printed.value);
    let incomparable = paper.answer(&key).and_then(|answer| answer.incomparable.clone());
    let (estimate, mark) = match (found, incomparable) {
        (Found::Absent(reason), _) => (None, Mark::NotRun(reason)),
        (Found::There(estimate), Some(reason)) => (Some(estimate), Mark::NotComparable(reason)),
        (Found::There(estimate), None) => {
            let mark = judge(value, &estimate, metric);
            (Some(estimate), mark)
        }
    };
    let about = estimate.as_ref().and_then(|estimate| estimate.about.clone());
    let same_method =
        paper.numbers.of_table(&key.table).find(|other| other.key.method == key.method);
    Ok(Cell {
        group: same_method.map(|other| other.group.clone()).unwrap_or_default(),
        setting: printed.map(|printed| printed.setting.clone()).unwrap_or_default(),
        paper: value,
        notes: about.into_iter().collect(),
        content: Content::Ours { experiment, estimate, mark },
        key,
    })
}

/// The experiment that answers a cell, and what it says.
fn answer(
    paper: &Paper,
    key: &CellKey,
    metric: &Metric,
    answers: &mut Answers<'_>,
) -> Result<(String, Found), PaperError> {
    let Some(answer) = paper.answer(key) else {
        return Ok((String::new(), Found::Absent("no experiment asks this".to_owned())));
    };
    let experiment = answer.experiment.get_ref().clone();
    let row = answer.rows.iter().find(|(method, _)| *method.get_ref() == key.method);
    let Some((_, row)) = row else {
        let reason = format!("experiment {experiment} does not have this method");
        return Ok((experiment, Found::Absent(reason)));
    };
    Ok((experiment, answers.find(answer, row, metric)?))
}
