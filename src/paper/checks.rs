//! What does not fit between printed numbers, as notes at the cells that show them.
//!
//! Nothing here is known beforehand: a note is there because the numbers of the file make it so, and goes
//! when they change.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use toml::Spanned;

use super::formula::Formula;
use super::numbers::{CellKey, Printed};
use super::outline::{Equation, Harmonic, Same};
use super::validate::key_of;
use super::{Paper, PaperError};

/// Differences below this are those of binary fractions.
const EXACT: f64 = 1e-9;

/// The notes at printed numbers.
#[derive(Default)]
pub(super) struct Notes(BTreeMap<CellKey, Vec<String>>);

impl Notes {
    pub(super) fn of(paper: &Paper) -> Result<Self, PaperError> {
        let mut notes = Self::default();
        for check in &paper.outline.harmonic {
            notes.harmonic(paper, check);
        }
        for check in &paper.outline.same {
            notes.same(paper, check);
        }
        for equation in &paper.outline.equation {
            notes.equation(paper, equation)?;
        }
        Ok(notes)
    }

    /// The notes at a number.
    pub(super) fn at(&self, key: &CellKey) -> &[String] {
        self.0.get(key).map_or(&[], Vec::as_slice)
    }

    fn add(&mut self, key: &CellKey, note: String) {
        self.0.entry(key.clone()).or_default().push(note);
    }

    /// A mean that no numbers give which round to the printed ones.
    fn harmonic(&mut self, paper: &Paper, check: &Harmonic) {
        let [first, second] = check.of.each_ref().map(Spanned::get_ref);
        for table in &check.tables {
            let rows = paper.numbers.of_table(table.get_ref());
            for mean in rows.filter(|printed| printed.key.metric == *check.mean.get_ref()) {
                let of = |metric: &String| {
                    paper.numbers.get(&CellKey { metric: metric.clone(), ..mean.key.clone() })
                };
                let (Some(one), Some(two)) = (of(first), of(second)) else { continue };
                let (low, high) = harmonic_bounds(one, two);
                if mean.value + mean.rounding() < low || mean.value - mean.rounding() > high {
                    let found = harmonic(one.value, two.value);
                    let note = format!(
                        "{} is printed as {}; {first} = {} and {second} = {} give {found:.1}.",
                        check.mean.get_ref(),
                        mean.text,
                        one.text,
                        two.text
                    );
                    self.add(&mean.key, note);
                }
            }
        }
    }

    /// The same cell with another number in another table.
    fn same(&mut self, paper: &Paper, check: &Same) {
        let [first, second] = check.tables.each_ref().map(Spanned::get_ref);
        for (here, there) in [(first, second), (second, first)] {
            for printed in paper.numbers.of_table(here) {
                let key = CellKey { table: there.clone(), ..printed.key.clone() };
                let Some(other) = paper.numbers.get(&key) else { continue };
                if (other.value - printed.value).abs() < EXACT {
                    continue;
                }
                let mut note =
                    format!("Table {there} prints {} for this, not {}", other.text, printed.text);
                let namesakes = paper.numbers.of_table(there).filter(|candidate| {
                    let method = printed.key.method.clone();
                    CellKey { method, table: there.clone(), ..candidate.key.clone() } == key
                        && (candidate.value - printed.value).abs() < EXACT
                });
                for namesake in namesakes {
                    let _ = write!(note, "; there {} is {}'s", namesake.text, namesake.key.method);
                }
                self.add(&printed.key, note + ".");
            }
        }
    }

    fn equation(&mut self, paper: &Paper, equation: &Equation) -> Result<(), PaperError> {
        let blame = |message: String| {
            let help = "a formula has numbers, names, + - * /, parentheses and round()";
            PaperError::at(&paper.source, equation.is.span(), message, help)
        };
        let formula = Formula::parse(equation.is.get_ref()).map_err(blame)?;
        let key = key_of(paper, &equation.at)?;
        let Some(printed) = paper.numbers.get(&key) else { return Ok(()) };
        let plain = |name: &str| number(paper, name);
        let swapped = |name: &str| {
            let fact = equation.instead.iter().find(|(from, _)| from.get_ref() == name);
            number(paper, fact.map_or(name, |(_, fact)| fact.get_ref()))
        };
        let side = |numbers: &dyn Fn(&str) -> Option<f64>| -> Result<Side, PaperError> {
            let value = formula.value(numbers).map_err(blame)?;
            let text = |name: &str| numbers(name).unwrap_or(f64::NAN).to_string();
            let holds = (value - printed.value).abs() < EXACT;
            Ok(Side { value, text: formula.written(&text), holds })
        };
        let as_printed = side(&plain)?;
        // That a number is what it should be needs no note; that a sum adds up does.
        if as_printed.holds && as_printed.text == printed.text {
            return Ok(());
        }
        let with_facts = match equation.instead.is_empty() {
            true => None,
            false => Some(side(&swapped)?),
        };
        let holds = as_printed.holds || with_facts.as_ref().is_some_and(|side| side.holds);
        let mut note = sentence(&printed.text, &as_printed, with_facts.as_ref());
        note.push_str(&explained(paper, equation, &formula));
        if !as_printed.holds && is_transposed(&printed.text, &as_printed.value.to_string()) {
            note.push_str(" The digits are the same, in another order.");
        }
        if let Some(then) = equation.then.as_ref().filter(|_| holds) {
            let _ = write!(note, " {then}");
        }
        self.add(&key, note);
        Ok(())
    }
}

/// One way to work a formula out.
struct Side {
    value: f64,
    text: String,
    holds: bool,
}

impl Side {
    /// `2967 - 759 = 2208`, or only the number where there is nothing to work out.
    fn worked_out(&self) -> String {
        let value = self.value.to_string();
        if self.text == value { value } else { format!("{} = {value}", self.text) }
    }
}

fn sentence(printed: &str, plain: &Side, facts: Option<&Side>) -> String {
    let worked_out = plain.worked_out();
    match (plain.holds, facts) {
        (true, None) => format!("{printed} = {}.", plain.text),
        (true, Some(facts)) => format!("{printed} = {}, but {}.", plain.text, facts.worked_out()),
        (false, Some(facts)) if facts.holds => {
            format!("{printed} = {}, while {worked_out}.", facts.text)
        }
        (false, None) => format!("{printed} is printed, but it is {worked_out}."),
        (false, Some(facts)) => {
            format!("{printed} is printed, but {worked_out}, and {}.", facts.worked_out())
        }
    }
}

/// What the facts are that a formula was worked out with.
fn explained(paper: &Paper, equation: &Equation, formula: &Formula) -> String {
    let swapped = equation.instead.values().map(|fact| fact.get_ref().as_str());
    let facts = formula.names().chain(swapped).filter_map(|name| paper.outline.facts.get(name));
    facts.fold(String::new(), |mut text, fact| {
        let _ = write!(text, " {} is {}.", fact.value, fact.what);
        text
    })
}

fn is_transposed(one: &str, two: &str) -> bool {
    let sorted = |text: &str| {
        let mut digits: Vec<char> = text.chars().collect();
        digits.sort_unstable();
        digits
    };
    one != two && sorted(one) == sorted(two)
}

/// The number behind a name: a fact, or what the paper prints.
fn number(paper: &Paper, name: &str) -> Option<f64> {
    let fact = paper.outline.facts.get(name).map(|fact| fact.value);
    fact.or_else(|| {
        let key = CellKey::parse(paper.outline.names.get(name)?.get_ref())?;
        paper.numbers.get(&key).map(|printed| printed.value)
    })
}

pub(super) fn harmonic(one: f64, two: f64) -> f64 {
    if one + two == 0.0 { 0.0 } else { 2.0 * one * two / (one + two) }
}

/// The least and the largest mean of numbers that round to the printed ones; the mean grows with both.
pub(super) fn harmonic_bounds(one: &Printed, two: &Printed) -> (f64, f64) {
    let end = |sign: f64| {
        let moved = |printed: &Printed| (printed.value + sign * printed.rounding()).max(0.0);
        harmonic(moved(one), moved(two))
    };
    (end(-1.0), end(1.0))
}
