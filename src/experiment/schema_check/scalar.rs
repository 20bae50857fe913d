//! Checks strings, numbers and lengths.

use serde_json::Value;

use crate::suggest::advice;

use super::describe::{format_range, words};
use super::{Checker, Nature};

impl Checker<'_> {
    pub(super) fn check_text(&mut self, schema: &Value, word: &str) {
        let words = words(schema);
        if !words.is_empty() && !words.contains(&word) {
            self.reject_word(word, &words);
        }
        if word.is_empty() && schema.get("format").is_some_and(|format| format == "file") {
            self.fault("is empty", "expected the name of a file");
        }
        let length = word.chars().count() as u64;
        self.check_length(schema, ["minLength", "maxLength"], length, "character");
    }

    pub(super) fn reject_word(&mut self, word: &str, words: &[&str]) {
        let message = format!("parameter `{}` cannot be `{word}`", self.path.join("."));
        let help = advice(word, "choices", words);
        self.push(Nature::Value, message, "not one of the choices", Some(help));
    }

    pub(super) fn check_number(&mut self, schema: &Value, value: &Value) {
        let Some(number) = value.as_f64() else { return };
        let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
        let (low, high) = format_range(schema);
        let is_below: fn(&f64, &f64) -> bool = f64::lt;
        let checks = [
            ("at least", bound("minimum").or(low), is_below),
            ("at most", bound("maximum").or(high), f64::gt),
            ("greater than", bound("exclusiveMinimum"), f64::le),
            ("less than", bound("exclusiveMaximum"), f64::ge),
        ];
        for (relation, bound, is_outside) in checks {
            if let Some(bound) = bound.filter(|bound| is_outside(&number, bound)) {
                let bound = format!("must be {relation} {bound}");
                self.fault(&format!("{bound}, not {value}"), &bound);
            }
        }
    }

    pub(super) fn check_length(
        &mut self,
        schema: &Value,
        keys: [&str; 2],
        length: u64,
        unit: &str,
    ) {
        let bound = |key: &str| schema.get(key).and_then(Value::as_u64);
        if let Some(least) = bound(keys[0]).filter(|least| length < *least) {
            let needed = plural(least, unit);
            self.fault(&format!("needs at least {needed}, has {length}"), "too short");
        }
        if let Some(most) = bound(keys[1]).filter(|most| length > *most) {
            let taken = plural(most, unit);
            self.fault(&format!("takes at most {taken}, has {length}"), "too long");
        }
    }
}

fn plural(count: u64, unit: &str) -> String {
    if count == 1 { format!("{count} {unit}") } else { format!("{count} {unit}s") }
}
