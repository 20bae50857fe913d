//! What is wrong with a manifest: one or more problems, each at its place.

use std::collections::HashSet;
use std::fmt;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};

use super::Place;

/// What a problem rests on; decides whether it is worth telling when a text could not be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Nature {
    /// Something that is written is wrong.
    Presence,
    /// Something is not written; it may merely stand in the part that could not be read.
    Absence,
    /// A text could not be read, so that the tree has a hole.
    Hole,
}

/// One thing that is wrong, and where.
#[derive(Clone, Debug)]
pub struct Problem {
    place: Place,
    message: String,
    label: Option<String>,
    help: Option<String>,
    nature: Nature,
}

impl Problem {
    /// Blames `place`.
    #[must_use]
    pub fn at(place: &Place, message: impl Into<String>) -> Self {
        Self {
            place: place.clone(),
            message: message.into(),
            label: None,
            help: None,
            nature: Nature::Presence,
        }
    }

    /// Sets what stands at the caret; "here" otherwise.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Marks a problem that is about something not written.
    pub(crate) fn absence(mut self) -> Self {
        self.nature = Nature::Absence;
        self
    }

    /// Marks a problem that kept a text, or a part of it, from being read.
    pub(crate) fn hole(mut self) -> Self {
        self.nature = Nature::Hole;
        self
    }

    /// Where it is.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    fn line(&self) -> (&str, usize) {
        (&self.place.source.name, self.place.line())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.place.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = self.label.clone().unwrap_or_else(|| "here".to_owned());
        let span = self.place.span.clone();
        Some(Box::new(std::iter::once(LabeledSpan::at(span, label))))
    }
}

/// Everything found wrong with a manifest in one go.
#[derive(Clone, Debug)]
pub struct ManifestError(Vec<Problem>);

impl ManifestError {
    /// Puts `problems` in the order of the text, each once.
    ///
    /// Where a text could not be read, problems that may only be a consequence are left out.
    #[must_use]
    pub fn new(mut problems: Vec<Problem>) -> Self {
        drop_consequences(&mut problems);
        let mut seen = HashSet::new();
        problems.retain(|problem| {
            let place = &problem.place;
            seen.insert((place.source.name.clone(), place.span.clone(), problem.message.clone()))
        });
        let mut files: Vec<String> = Vec::new();
        for problem in &problems {
            if !files.contains(&problem.place.source.name) {
                files.push(problem.place.source.name.clone());
            }
        }
        let file = |problem: &Problem| files.iter().position(|f| *f == problem.place.source.name);
        problems.sort_by_key(|problem| (file(problem), problem.place.span.start));
        Self(problems)
    }

    /// The problems, in the order of the text.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.0
    }

    pub(crate) fn into_problems(self) -> Vec<Problem> {
        self.0
    }

    /// A report for people: a message, the line with a caret and advice for each problem.
    #[must_use]
    pub fn render(&self, color: bool, width: usize) -> String {
        let theme =
            if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_links(false)
            .with_width(width)
            .without_syntax_highlighting();
        let mut reports = Vec::new();
        for problem in &self.0 {
            let mut report = String::new();
            // Only a broken span can fail, and then the plain message is better than nothing.
            if handler.render_report(&mut report, problem).is_err() {
                report = format!("{}: {problem}\n", problem.place.source.name);
            }
            reports.push(report);
        }
        reports.join("\n")
    }
}

/// When the tree has holes, what it lacks proves nothing, and neither does what else stands on the
/// broken line.
fn drop_consequences(problems: &mut Vec<Problem>) {
    let is_hole = |problem: &Problem| problem.nature == Nature::Hole;
    let broken: HashSet<(String, usize)> = problems
        .iter()
        .filter(|problem| is_hole(problem))
        .map(|problem| (problem.place.source.name.clone(), problem.place.line()))
        .collect();
    if broken.is_empty() {
        return;
    }
    problems.retain(|problem| {
        let (file, line) = problem.line();
        let is_consequence =
            problem.nature == Nature::Absence || broken.contains(&(file.to_owned(), line));
        is_hole(problem) || !is_consequence
    });
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [problem] => problem.fmt(f),
            problems => write!(f, "{} problems in the manifest", problems.len()),
        }
    }
}

impl std::error::Error for ManifestError {}

impl Diagnostic for ManifestError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.only()?.help()
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.only()?.source_code()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.only()?.labels()
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        match self.only() {
            Some(_) => None,
            None => Some(Box::new(self.0.iter().map(|problem| problem as &dyn Diagnostic))),
        }
    }
}

impl ManifestError {
    fn only(&self) -> Option<&Problem> {
        match self.0.as_slice() {
            [problem] => Some(problem),
            _ => None,
        }
    }
}
