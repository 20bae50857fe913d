//! The canonical encoding that keys are made of.
//!
//! Every item is a tag byte, then its length or its eight little-endian bytes, then its content, so
//! no two different recipes can run together into the same bytes. Objects are written in the order
//! of their keys; floats by their bits.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Input, Runtime};
use crate::id::{Digest, Hasher};

/// Feeds canonical bytes to a hasher.
pub(super) struct Encoder {
    hasher: Hasher,
}

impl Encoder {
    pub(super) fn new(hasher: Hasher) -> Self {
        Self { hasher }
    }

    pub(super) fn finish(self) -> Digest {
        self.hasher.finish()
    }

    fn item(&mut self, tag: u8, number: u64) {
        let mut bytes = [tag; 9];
        bytes[1..].copy_from_slice(&number.to_le_bytes());
        self.hasher.update(&bytes);
    }

    pub(super) fn number(&mut self, number: u64) {
        self.item(b'u', number);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.item(b's', text.len() as u64);
        self.hasher.update(text.as_bytes());
    }

    fn digest(&mut self, digest: &Digest) {
        self.item(b'h', 32);
        self.hasher.update(digest.as_bytes());
    }

    pub(super) fn optional<T: ?Sized>(&mut self, value: Option<&T>, some: fn(&mut Self, &T)) {
        match value {
            None => self.item(b'0', 0),
            Some(value) => {
                self.item(b'1', 0);
                some(self, value);
            }
        }
    }

    pub(super) fn map<T>(&mut self, map: &BTreeMap<String, T>, each: fn(&mut Self, &T)) {
        self.item(b'm', map.len() as u64);
        for (key, value) in map {
            self.text(key);
            each(self, value);
        }
    }

    pub(super) fn input(&mut self, input: &Input) {
        match input {
            Input::One(digest) => self.digest(digest),
            Input::Gathered(items) => {
                self.item(b'g', items.len() as u64);
                for item in items {
                    self.text(&item.stage);
                    self.item(b't', item.trial.0.len() as u64);
                    for (axis, label) in &item.trial.0 {
                        self.text(axis);
                        self.text(label);
                    }
                    self.digest(&item.digest);
                }
            }
        }
    }

    pub(super) fn runtime(&mut self, runtime: &Runtime) {
        self.text(&runtime.name);
        self.text(&runtime.version);
        self.text(&runtime.provider);
        self.optional(runtime.library.as_ref(), Self::digest);
    }

    pub(super) fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.item(b'n', 0),
            Value::Bool(value) => self.item(b'b', u64::from(*value)),
            Value::Number(number) => self.json_number(number),
            Value::String(text) => self.text(text),
            Value::Array(items) => {
                self.item(b'a', items.len() as u64);
                items.iter().for_each(|item| self.value(item));
            }
            Value::Object(fields) => {
                // Sorted: the key must not depend on the order in a manifest.
                let sorted: BTreeMap<_, _> = fields.iter().collect();
                self.item(b'o', sorted.len() as u64);
                for (key, value) in sorted {
                    self.text(key);
                    self.value(value);
                }
            }
        }
    }

    fn json_number(&mut self, number: &serde_json::Number) {
        if let Some(unsigned) = number.as_u64() {
            self.number(unsigned);
        } else if let Some(signed) = number.as_i64() {
            self.item(b'i', signed.cast_unsigned());
        } else {
            let float = number.as_f64().expect("a JSON number is an integer or a float");
            self.item(b'f', float.to_bits());
        }
    }
}
