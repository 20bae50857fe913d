//! The classes of a synthetic data set: how many, what they are called, what they have.

use rand_chacha::ChaCha8Rng;

use super::codes::{CodeRule, Codes, CodesError, draw_codes};
use super::{CELLS, MAX_ATTRIBUTES};
use crate::data::attributes::{AttributeNorm, Attributes, AttributesError};

/// How many classes, images and attributes there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClassPlan {
    /// Seen classes, those for validation included.
    pub seen_classes: usize,
    /// How many of the seen classes play the unseen ones in validation.
    pub validation_classes: usize,
    /// Unseen classes.
    pub unseen_classes: usize,
    /// Images of each seen class.
    pub images_per_seen_class: usize,
    /// Images of each unseen class.
    pub images_per_unseen_class: usize,
    /// Parts of an object.
    pub parts: usize,
    /// Values a part can take.
    pub values: usize,
    /// In how many parts two classes differ at least.
    pub code_distance: usize,
}

impl ClassPlan {
    /// The first parameter that cannot be, and why.
    ///
    /// # Errors
    /// Its name and a message.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        if self.parts == 0 || self.parts > CELLS {
            return Err(("parts", format!("expected 1 to {CELLS}, got {}", self.parts)));
        }
        if self.values < 2 || self.attributes() > MAX_ATTRIBUTES {
            let (parts, values, most) = (self.parts, self.values, MAX_ATTRIBUTES / self.parts);
            return Err(("values", format!("{parts} parts need 2 to {most} values, got {values}")));
        }
        if self.validation_classes == 0 || self.validation_classes >= self.seen_classes {
            let (validation, seen) = (self.validation_classes, self.seen_classes);
            let message =
                format!("expected at least 1 and fewer than {seen} seen classes, got {validation}");
            return Err(("validation_classes", message));
        }
        let counts = [
            ("unseen_classes", self.unseen_classes),
            ("images_per_seen_class", self.images_per_seen_class),
            ("images_per_unseen_class", self.images_per_unseen_class),
        ];
        match counts.into_iter().find(|(_, count)| *count == 0) {
            Some((name, _)) => Err((name, "expected at least 1, got 0".to_owned())),
            None => Ok(()),
        }
    }

    /// Attributes in all.
    #[must_use]
    pub fn attributes(&self) -> usize {
        self.parts * self.values
    }

    /// Classes in all, the seen ones first.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.seen_classes + self.unseen_classes
    }

    /// The images of a class.
    #[must_use]
    pub fn images(&self, class: usize) -> usize {
        if class < self.seen_classes {
            self.images_per_seen_class
        } else {
            self.images_per_unseen_class
        }
    }

    /// The images of all classes.
    #[must_use]
    pub fn all_images(&self) -> usize {
        (0..self.classes()).map(|class| self.images(class)).sum()
    }

    /// The part that a class plays in the split: `seen`, `validation` or `unseen`.
    #[must_use]
    pub fn role(&self, class: usize) -> &'static str {
        if class < self.seen_classes - self.validation_classes {
            "seen"
        } else if class < self.seen_classes {
            "validation"
        } else {
            "unseen"
        }
    }

    /// Class names sort in the order of the classes: `seen-001`, …, `unseen-001`, ….
    #[must_use]
    pub fn class_name(&self, class: usize) -> String {
        match class.checked_sub(self.seen_classes) {
            None => format!("seen-{:03}", class + 1),
            Some(unseen) => format!("unseen-{:03}", unseen + 1),
        }
    }

    /// `part0=0`, `part0=1`, ….
    #[must_use]
    pub fn attribute_names(&self) -> Vec<String> {
        let name = |number: usize| format!("part{}={}", number / self.values, number % self.values);
        (0..self.attributes()).map(name).collect()
    }

    /// Draws a code a class; the classes that models are fitted on show every value.
    ///
    /// # Errors
    /// [`CodesError`] if there are not enough codes so far apart.
    pub fn draw_codes(&self, rng: &mut ChaCha8Rng) -> Result<Codes, CodesError> {
        let rule = CodeRule {
            parts: self.parts,
            values: self.values,
            distance: self.code_distance,
            covering: self.seen_classes - self.validation_classes,
            classes: self.classes(),
        };
        draw_codes(rule, rng)
    }

    /// One row a class: a 1 for the value of each part, scaled to unit length.
    ///
    /// # Errors
    /// [`AttributesError`], which codes drawn here do not cause.
    pub fn attribute_table(&self, codes: &Codes) -> Result<Attributes, AttributesError> {
        let row = |code: &Vec<usize>| {
            let mut row = vec![0.0; self.attributes()];
            for (part, value) in code.iter().enumerate() {
                row[part * self.values + value] = 1.0;
            }
            row
        };
        let classes = (0..codes.len()).map(|class| self.class_name(class)).collect();
        let rows = codes.iter().map(row).collect();
        Attributes::new(classes, self.attribute_names(), rows, AttributeNorm::L2)
    }
}
