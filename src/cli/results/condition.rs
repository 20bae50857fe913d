//! `COLUMN=VALUE` and its kin.

use super::super::CliError;
use super::sheet::{Datum, Sheet};

/// The operators, longer ones first so that they are found first.
const OPERATORS: [(&str, Operator); 6] = [
    ("!=", Operator::IsNot),
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("=", Operator::Is),
    ("<", Operator::Below),
    (">", Operator::Above),
];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Operator {
    Is,
    IsNot,
    Below,
    AtMost,
    Above,
    AtLeast,
}

/// What a row must have in a column.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Condition {
    column: String,
    operator: Operator,
    value: String,
    number: Option<f64>,
}

impl Condition {
    /// Reads a condition.
    pub(super) fn parse(text: &str) -> Result<Self, CliError> {
        let help = "write it like `metric=t1`, `mean>=0.3` or `attributes!=shuffled`";
        let wrong = |message: String| CliError::usage(message, help);
        let places = OPERATORS
            .iter()
            .filter_map(|(sign, operator)| Some((text.find(sign)?, sign, operator)));
        // The first sign counts, and of those that begin there the longest.
        let first = places.min_by_key(|(at, sign, _)| (*at, std::cmp::Reverse(sign.len())));
        let (at, sign, operator) =
            first.ok_or_else(|| wrong(format!("`{text}` compares nothing")))?;
        let (column, value) = (text[..at].trim(), text[at + sign.len()..].trim());
        let number = value.parse().ok();
        if number.is_none() && !matches!(operator, Operator::Is | Operator::IsNot) {
            return Err(wrong(format!("`{text}`: `{sign}` needs a number, not `{value}`")));
        }
        let (column, value) = (column.to_owned(), value.to_owned());
        Ok(Self { column, operator: *operator, value, number })
    }

    /// Drops the rows that do not match.
    pub(super) fn apply(&self, sheet: &mut Sheet) -> Result<(), CliError> {
        let at = sheet.column(&self.column)?;
        sheet.rows.retain(|row| self.holds(&row[at]));
        Ok(())
    }

    fn holds(&self, datum: &Datum) -> bool {
        let equals = match (datum.number(), self.number) {
            (Some(one), Some(two)) => one == two,
            _ => *datum != Datum::Missing && datum.to_string() == self.value,
        };
        let numbers = datum.number().zip(self.number);
        let compare =
            |holds: fn(f64, f64) -> bool| numbers.is_some_and(|(one, two)| holds(one, two));
        match self.operator {
            Operator::Is => equals,
            Operator::IsNot => !equals,
            Operator::Below => compare(|one, two| one < two),
            Operator::AtMost => compare(|one, two| one <= two),
            Operator::Above => compare(|one, two| one > two),
            Operator::AtLeast => compare(|one, two| one >= two),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(condition: &str, datum: &Datum) -> bool {
        Condition::parse(condition).unwrap().holds(datum)
    }

    #[test]
    fn numbers_are_compared_as_numbers_and_labels_as_text() {
        assert!(holds("mean>=0.5", &Datum::Number(0.5)) && !holds("mean>0.5", &Datum::Number(0.5)));
        assert!(holds("n=3", &Datum::Count(3)) && holds("n<4", &Datum::Count(3)));
        assert!(holds("seed=3", &Datum::Text("3".into())));
        assert!(!holds("seed=3", &Datum::Text("3.0".into())));
        assert!(holds("peeked!=true", &Datum::Flag(false)));
        assert!(holds("rule!=a<=b", &Datum::Text("a".into())));
        assert!(!holds("mean<1", &Datum::Missing) && holds("mean!=1", &Datum::Missing));
    }

    #[test]
    fn what_compares_nothing_is_refused() {
        let message = |text: &str| Condition::parse(text).unwrap_err().to_string();
        assert_eq!(message("metric"), "`metric` compares nothing");
        assert_eq!(message("metric<t1"), "`metric<t1`: `<` needs a number, not `t1`");
    }
}
