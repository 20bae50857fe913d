//! What an outline says must fit together, and fit the numbers.

use toml::Spanned;

use crate::manifest::is_name;
use crate::suggest::advice;

use super::numbers::CellKey;
use super::outline::{Answer, TableOutline};
use super::{Paper, PaperError};

type Checked = Result<(), PaperError>;

/// Finds the first thing that does not fit.
pub(super) fn validate(paper: &Paper) -> Checked {
    let name = &paper.outline.name;
    if !is_name(name.get_ref()) {
        let message = format!("`{}` is not a name for a folder", name.get_ref());
        return blame(paper, name, message, "names are made of a-z, 0-9, `-` and `_`");
    }
    for table in &paper.outline.table {
        check_table(paper, table)?;
    }
    for answer in &paper.outline.answer {
        check_answer(paper, answer)?;
    }
    check_unique_answers(paper)?;
    for (name, place) in &paper.outline.names {
        let key = CellKey::parse(place.get_ref());
        if key.is_none_or(|key| paper.numbers.get(&key).is_none()) {
            let message = format!("`{name}` stands for a number that is not in the file");
            return blame(paper, place, message, "write it as `TABLE/METHOD/DATA SET/METRIC`");
        }
    }
    check_checks(paper)
}

fn check_table(paper: &Paper, table: &TableOutline) -> Checked {
    let metrics: Vec<&str> =
        paper.outline.metric.iter().map(|metric| metric.name.get_ref().as_str()).collect();
    for metric in &table.metrics {
        among(paper, metric, "metrics", &metrics)?;
    }
    let methods = methods(paper, table);
    for method in &table.ours {
        among(paper, method, "methods", &methods)?;
    }
    let same = |other: &&TableOutline| other.name.get_ref() == table.name.get_ref();
    if paper.outline.table.iter().filter(same).count() > 1 {
        return blame(paper, &table.name, "two tables have this name", "rename one");
    }
    Ok(())
}

/// The methods of a table, in the order in which the paper prints them.
fn methods<'a>(paper: &'a Paper, table: &'a TableOutline) -> Vec<&'a str> {
    let mut methods: Vec<&str> = paper
        .numbers
        .of_table(table.name.get_ref())
        .map(|printed| printed.key.method.as_str())
        .collect();
    methods.dedup();
    methods
}

fn check_answer(paper: &Paper, answer: &Answer) -> Checked {
    let tables = tables(paper);
    let mut ours = Vec::new();
    for name in &answer.tables {
        among(paper, name, "tables", &tables)?;
        let table = paper.outline.table(name.get_ref()).expect("it is one of them");
        among(paper, &answer.dataset, "data sets", &words(&table.datasets))?;
        ours.extend(words(&table.ours));
    }
    for method in answer.rows.keys() {
        among(paper, method, "methods of ours", &ours)?;
    }
    if !is_name(answer.experiment.get_ref()) {
        let message = format!("`{}` is no experiment's name", answer.experiment.get_ref());
        return blame(paper, &answer.experiment, message, "name a folder below the results");
    }
    for parameter in answer.budget.parameters.keys() {
        if !parameter.get_ref().contains('.') {
            let message = format!("`{}` is no parameter", parameter.get_ref());
            return blame(paper, parameter, message, "write it as `KIND.PARAMETER`");
        }
    }
    Ok(())
}

fn check_unique_answers(paper: &Paper) -> Checked {
    let answers = &paper.outline.answer;
    for (at, answer) in answers.iter().enumerate() {
        let overlaps = |earlier: &Answer| {
            earlier.dataset.get_ref() == answer.dataset.get_ref()
                && words(&earlier.tables).iter().any(|table| words(&answer.tables).contains(table))
        };
        if answers[..at].iter().any(overlaps) {
            let message = format!("`{}` is answered already", answer.dataset.get_ref());
            return blame(paper, &answer.dataset, message, "one answer a table and data set");
        }
    }
    Ok(())
}

fn check_checks(paper: &Paper) -> Checked {
    let outline = &paper.outline;
    let tables = tables(paper);
    let metrics: Vec<&str> =
        outline.metric.iter().map(|metric| metric.name.get_ref().as_str()).collect();
    for check in &outline.harmonic {
        for table in &check.tables {
            among(paper, table, "tables", &tables)?;
        }
        for metric in check.of.iter().chain([&check.mean]) {
            among(paper, metric, "metrics", &metrics)?;
        }
    }
    for table in outline.same.iter().flat_map(|check| &check.tables) {
        among(paper, table, "tables", &tables)?;
    }
    let facts: Vec<&str> = outline.facts.keys().map(String::as_str).collect();
    for equation in &outline.equation {
        key_of(paper, &equation.at)?;
        for fact in equation.instead.values() {
            among(paper, fact, "facts", &facts)?;
        }
    }
    Ok(())
}

/// The printed number that a name stands for.
pub(super) fn key_of(paper: &Paper, name: &Spanned<String>) -> Result<CellKey, PaperError> {
    let names: Vec<&str> = paper.outline.names.keys().map(String::as_str).collect();
    among(paper, name, "names", &names)?;
    let place = paper.outline.names[name.get_ref()].get_ref();
    Ok(CellKey::parse(place).expect("validated before any equation is read"))
}

fn tables(paper: &Paper) -> Vec<&str> {
    paper.outline.table.iter().map(|table| table.name.get_ref().as_str()).collect()
}

fn words(words: &[Spanned<String>]) -> Vec<&str> {
    words.iter().map(|word| word.get_ref().as_str()).collect()
}

fn among(paper: &Paper, word: &Spanned<String>, what: &str, known: &[&str]) -> Checked {
    if known.contains(&word.get_ref().as_str()) {
        return Ok(());
    }
    let message = format!("`{}` is not among the {what}", word.get_ref());
    blame(paper, word, message, advice(word.get_ref(), what, known))
}

fn blame<T>(
    paper: &Paper,
    word: &Spanned<T>,
    message: impl Into<String>,
    help: impl Into<String>,
) -> Checked {
    Err(PaperError::at(&paper.source, word.span(), message, help))
}
