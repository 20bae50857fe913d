//! What published experiments answer.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::artifact::{Values, read_columns};
use crate::fs;
use crate::suggest::advice;

use super::outline::{Answer, Metric, Reading, RowOutline};
use super::provenance::Provenance;
use super::{Paper, PaperError, lost_search};

/// A number of ours, in the paper's unit.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Estimate {
    pub(super) mean: f64,
    pub(super) sd: Option<f64>,
    /// The seeds that it is the mean of.
    pub(super) n: usize,
    pub(super) seeds: String,
    /// Something was chosen by looking at test images.
    pub(super) peeked: bool,
    /// What is said of it.
    pub(super) about: Option<String>,
}

/// What was looked for.
pub(super) enum Found {
    /// The number.
    There(Estimate),
    /// Why there is none.
    Absent(String),
}

/// The columns of a published table.
pub(super) struct Columns(Vec<(String, Values)>);

impl Columns {
    pub(super) fn get(&self, name: &str) -> Option<&Values> {
        self.0.iter().find(|(column, _)| column == name).map(|(_, values)| values)
    }

    fn names(&self) -> Vec<&str> {
        self.0.iter().map(|(name, _)| name.as_str()).collect()
    }

    fn len(&self) -> usize {
        self.0.first().map_or(0, |(_, values)| values.len())
    }

    pub(super) fn text(&self, name: &str, row: usize) -> Option<String> {
        Some(match self.get(name)? {
            Values::Text(texts) => texts[row].clone(),
            Values::Count(counts) => counts[row].to_string(),
            Values::Number(numbers) => numbers[row]?.to_string(),
            Values::Flag(flags) => flags[row].to_string(),
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "counts are below 2^53")]
    pub(super) fn number(&self, name: &str, row: usize) -> Option<f64> {
        match self.get(name)? {
            Values::Number(numbers) => numbers[row],
            Values::Count(counts) => Some(counts[row] as f64),
            Values::Text(_) | Values::Flag(_) => None,
        }
    }

    pub(super) fn flag(&self, name: &str, row: usize) -> bool {
        matches!(self.get(name), Some(Values::Flag(flags)) if flags[row])
    }
}

/// Published experiments, read once each.
pub(super) struct Answers<'a> {
    paper: &'a Paper,
    results: PathBuf,
    tables: BTreeMap<PathBuf, Option<Rc<Columns>>>,
    provenances: BTreeMap<PathBuf, Option<Rc<Provenance>>>,
}

impl<'a> Answers<'a> {
    pub(super) fn new(paper: &'a Paper, results: &Path) -> Self {
        let (tables, provenances) = (BTreeMap::new(), BTreeMap::new());
        Self { paper, results: results.to_owned(), tables, provenances }
    }

    /// Our number for a metric of a method.
    pub(super) fn find(
        &mut self,
        answer: &Answer,
        row: &RowOutline,
        metric: &Metric,
    ) -> Result<Found, PaperError> {
        let name = answer.experiment.get_ref();
        let folder = self.results.join(name);
        if !fs::is_dir(&folder) {
            let needs = answer.needs.as_ref().map(|needs| format!("; it needs {needs}"));
            let needs = needs.unwrap_or_default();
            return Ok(Found::Absent(format!("experiment {name} is not published{needs}")));
        }
        let table = row.table.get_ref();
        let Some(columns) = self.columns(&folder.join(format!("{table}.parquet")))? else {
            return Ok(Found::Absent(format!("experiment {name} publishes no table {table}")));
        };
        if let Some(lack) = self.below_budget(answer, &folder)? {
            return Ok(Found::Absent(format!("experiment {name} is below the budget: {lack}")));
        }
        let rows = self.matching(&columns, row)?;
        match row.read {
            Reading::LostSearch => Ok(lost_search::find(&columns, &rows, metric, table)),
            Reading::Statistics => self.statistics(&columns, &rows, answer, row, metric),
        }
    }

    fn statistics(
        &self,
        columns: &Columns,
        rows: &[usize],
        answer: &Answer,
        outline: &RowOutline,
        metric: &Metric,
    ) -> Result<Found, PaperError> {
        let named = |row: &&usize| columns.text("metric", **row).as_ref() == Some(&metric.ours);
        let found: Vec<usize> = rows.iter().filter(named).copied().collect();
        let (name, table) = (answer.experiment.get_ref(), outline.table.get_ref());
        let row = match found.as_slice() {
            [] => {
                let reason =
                    format!("table {table} of experiment {name} has no {} here", metric.ours);
                return Ok(Found::Absent(reason));
            }
            [row] => *row,
            [first, second, ..] => {
                let differs = columns
                    .names()
                    .into_iter()
                    .find(|column| columns.text(column, *first) != columns.text(column, *second));
                let message = format!("{} rows have the metric `{}`", found.len(), metric.ours);
                let help = format!("choose one by `{}` in `where`", differs.unwrap_or("stage"));
                return Err(self.blame(&outline.table, message, help));
            }
        };
        let Some(mean) = columns.number("mean", row).filter(|mean| mean.is_finite()) else {
            return Ok(Found::Absent(format!("{} of experiment {name} has no mean", metric.ours)));
        };
        let n = columns.number("n", row).unwrap_or(1.0);
        if let Some(lack) = Self::too_few(columns, row, answer, n) {
            return Ok(Found::Absent(format!("experiment {name} is below the budget: {lack}")));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
        let n = n as usize;
        Ok(Found::There(Estimate {
            mean: mean * metric.scale,
            sd: columns.number("sd", row).map(|sd| sd * metric.scale),
            n,
            seeds: columns.text("seeds", row).unwrap_or_default(),
            peeked: columns.flag("peeked", row),
            about: None,
        }))
    }

    fn too_few(columns: &Columns, row: usize, answer: &Answer, n: f64) -> Option<String> {
        let budget = &answer.budget;
        #[expect(clippy::cast_precision_loss, reason = "seeds are few")]
        let seeds = budget.seeds as f64;
        if n < seeds {
            return Some(format!("{n} seeds, {seeds} are asked for"));
        }
        budget.images.iter().find_map(|(column, least)| {
            let found = columns.number(column, row);
            match found {
                Some(found) if found >= f64::from(*least) => None,
                Some(found) => Some(format!("{column} is {found}, {least} are asked for")),
                None => Some(format!("{column} is not said")),
            }
        })
    }

    /// Why the recipes of an experiment are less than what is asked for.
    fn below_budget(
        &mut self,
        answer: &Answer,
        folder: &Path,
    ) -> Result<Option<String>, PaperError> {
        let parameters = &answer.budget.parameters;
        if parameters.is_empty() {
            return Ok(None);
        }
        if !self.provenances.contains_key(folder) {
            let read = Provenance::read(folder)?.map(Rc::new);
            self.provenances.insert(folder.to_owned(), read);
        }
        let Some(provenance) = &self.provenances[folder] else {
            return Ok(Some("there is no provenance.json that tells".to_owned()));
        };
        let mut lacks = parameters
            .iter()
            .filter_map(|(parameter, least)| provenance.lacks(parameter.get_ref(), *least));
        Ok(lacks.next())
    }

    fn columns(&mut self, path: &Path) -> Result<Option<Rc<Columns>>, PaperError> {
        if let Some(read) = self.tables.get(path) {
            return Ok(read.clone());
        }
        let read = match fs::exists(path) {
            false => None,
            true => {
                let damaged = |error: std::io::Error| {
                    let file = path.display().to_string();
                    PaperError::Damaged { file, what: error.to_string() }
                };
                let columns = read_columns(&fs::read(path)?).map_err(damaged)?;
                Some(Rc::new(Columns(columns)))
            }
        };
        self.tables.insert(path.to_owned(), read.clone());
        Ok(read)
    }

    /// The rows that fulfil all conditions; a word that the table does not have is a mistake.
    fn matching(&self, columns: &Columns, row: &RowOutline) -> Result<Vec<usize>, PaperError> {
        let mut rows: Vec<usize> = (0..columns.len()).collect();
        for (column, label) in &row.conditions {
            let name = column.get_ref();
            if columns.get(name).is_none() {
                let help = advice(name, "columns", &columns.names());
                let message = format!("table `{}` has no column `{name}`", row.table.get_ref());
                return Err(self.blame(column, message, help));
            }
            let text = |at: usize| columns.text(name, at).unwrap_or_default();
            let mut labels: Vec<String> = rows.iter().map(|at| text(*at)).collect();
            rows.retain(|at| text(*at) == *label.get_ref());
            if rows.is_empty() {
                labels.sort();
                labels.dedup();
                let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
                let message = format!("no row of this kind has `{}` there", label.get_ref());
                return Err(self.blame(label, message, advice(label.get_ref(), name, &labels)));
            }
        }
        Ok(rows)
    }

    fn blame<T>(&self, word: &toml::Spanned<T>, message: String, help: String) -> PaperError {
        PaperError::at(&self.paper.source, word.span(), message, help)
    }
}
