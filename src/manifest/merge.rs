//! Tables on top of each other.

use super::tree::Entry;
use super::{Content, Node, Table};

/// Keys that say which variant of a choice a table is.
const TAGS: [&str; 2] = ["kind", "type"];

impl Table {
    /// Lays `top` over this table, table by table; a list or scalar of `top` replaces the old one.
    pub(crate) fn overlaid_by(mut self, top: Self) -> Self {
        for Entry { key, value } in top.0 {
            match self.0.iter_mut().find(|old| old.key.value == key.value) {
                Some(old) => {
                    old.key = key;
                    old.value.overlay(value);
                }
                None => self.0.push(Entry { key, value }),
            }
        }
        self
    }
}

impl Node {
    fn overlay(&mut self, top: Self) {
        match (&mut self.content, top) {
            (Content::Table(old), Self { content: Content::Table(new), place })
                if !is_another_variant(old, &new) =>
            {
                *old = std::mem::take(old).overlaid_by(new);
                self.place = place;
            }
            (_, top) => *self = top,
        }
    }
}

/// Whether the tables are variants of a choice that differ, so that the old fields mean nothing.
fn is_another_variant(old: &Table, new: &Table) -> bool {
    let tag = |table: &Table, tag| table.get(tag).map(|entry| entry.value.to_value());
    TAGS.iter().any(|name| match (tag(old, name), tag(new, name)) {
        (Some(old), Some(new)) => old != new,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::manifest::Source;
    use crate::manifest::tree::read;

    fn table(text: &str) -> Table {
        let mut problems = Vec::new();
        let table = read(&Source::new("test.toml", text), &mut problems);
        assert!(problems.is_empty(), "{problems:?}");
        table
    }

    fn value(table: &Table) -> Value {
        Value::Object(table.to_map())
    }

    #[test]
    fn tables_are_overlaid_deeply_and_lists_replaced() {
        let base = table("a = 1\nb = { c = 2, d = [1, 2] }");
        let top = table("b = { d = [3] }\ne = 4");
        let merged = base.overlaid_by(top);
        assert_eq!(value(&merged), json!({ "a": 1, "b": { "c": 2, "d": [3] }, "e": 4 }));
    }

    #[test]
    fn another_variant_replaces_the_whole_table() {
        let base = table("optimizer = { kind = \"adam\", beta = 0.9, rate = 0.1 }");
        let same = table("optimizer = { kind = \"adam\", beta = 0.5 }");
        let other = table("optimizer = { kind = \"sgd\", rate = 1.0 }");
        assert_eq!(
            value(&base.clone().overlaid_by(same)),
            json!({ "optimizer": { "kind": "adam", "beta": 0.5, "rate": 0.1 } })
        );
        assert_eq!(
            value(&base.overlaid_by(other)),
            json!({ "optimizer": { "kind": "sgd", "rate": 1.0 } })
        );
    }
}
