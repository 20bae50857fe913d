//! Which value each part of each class has.

use std::collections::BTreeSet;

use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;

/// The largest number of codes that are looked through.
const MAX_CODES: usize = 1 << 16;

/// How often the draw is repeated until every value occurs.
const ATTEMPTS: usize = 64;

/// What codes are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct CodeRule {
    /// Parts of a code.
    pub(super) parts: usize,
    /// Values a part can take.
    pub(super) values: usize,
    /// In how many parts two classes differ at least.
    pub(super) distance: usize,
    /// Classes whose codes must show every value of every part: those that are trained on.
    pub(super) covering: usize,
    /// All classes.
    pub(super) classes: usize,
}

/// One code a class; the first `covering` of them show every value.
pub type Codes = Vec<Vec<usize>>;

/// Why there are no such codes.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodesError {
    /// There are too many to look through.
    #[error("{parts} parts of {values} values make more than {MAX_CODES} codes; take fewer")]
    TooMany {
        /// The parts.
        parts: usize,
        /// The values.
        values: usize,
    },
    /// Not enough of them are far enough apart.
    #[error(
        "only {found} codes of {parts} parts with {values} values differ in at least {distance} \
         parts, but {classes} classes are wanted; take more values or fewer classes"
    )]
    TooFew {
        /// How many were found.
        found: usize,
        /// The parts.
        parts: usize,
        /// The values.
        values: usize,
        /// The distance wanted.
        distance: usize,
        /// The classes wanted.
        classes: usize,
    },
    /// Some value never occurs among the classes that are trained on.
    #[error(
        "{covering} classes to train on did not show all {values} values of every part in \
         {ATTEMPTS} draws; take more seen classes or fewer values"
    )]
    Uncovered {
        /// The classes that are trained on.
        covering: usize,
        /// The values.
        values: usize,
    },
}

/// Draws the codes.
///
/// # Errors
/// [`CodesError`].
pub(super) fn draw_codes(rule: CodeRule, rng: &mut ChaCha8Rng) -> Result<Codes, CodesError> {
    let CodeRule { parts, values, distance, covering, classes } = rule;
    let mut all = all_codes(parts, values).ok_or(CodesError::TooMany { parts, values })?;
    let mut found = 0;
    for _ in 0..ATTEMPTS {
        all.shuffle(rng);
        let codes = spread(&all, distance, classes);
        found = found.max(codes.len());
        if codes.len() == classes && covers(&codes[..covering], parts, values) {
            return Ok(codes);
        }
    }
    if found < classes {
        return Err(CodesError::TooFew { found, parts, values, distance, classes });
    }
    Err(CodesError::Uncovered { covering, values })
}

fn all_codes(parts: usize, values: usize) -> Option<Codes> {
    let count = values.checked_pow(u32::try_from(parts).ok()?).filter(|&all| all <= MAX_CODES)?;
    let code = |number: usize| {
        let digit = |part: usize| number / values.pow(u32::try_from(part).unwrap_or(0)) % values;
        (0..parts).map(digit).collect()
    };
    Some((0..count).map(code).collect())
}

/// The first codes that keep their distance from all taken before.
fn spread(all: &Codes, distance: usize, classes: usize) -> Codes {
    let mut taken: Codes = Vec::new();
    for code in all {
        let far = |other: &Vec<usize>| {
            code.iter().zip(other).filter(|(one, other)| one != other).count() >= distance
        };
        if taken.iter().all(far) {
            taken.push(code.clone());
        }
        if taken.len() == classes {
            break;
        }
    }
    taken
}

fn covers(codes: &[Vec<usize>], parts: usize, values: usize) -> bool {
    (0..parts)
        .all(|part| codes.iter().map(|code| code[part]).collect::<BTreeSet<_>>().len() == values)
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng as _;

    use super::*;

    const RULE: CodeRule = CodeRule { parts: 4, values: 6, distance: 2, covering: 22, classes: 40 };

    #[test]
    fn codes_keep_their_distance_and_show_every_value() {
        let codes = draw_codes(RULE, &mut ChaCha8Rng::seed_from_u64(1)).unwrap();
        assert_eq!(codes.len(), 40);
        for (at, one) in codes.iter().enumerate() {
            for other in &codes[..at] {
                assert!(one.iter().zip(other).filter(|(one, other)| one != other).count() >= 2);
            }
        }
        assert!(covers(&codes[..22], 4, 6));
    }

    #[test]
    fn impossible_wishes_are_refused() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut message = |rule| draw_codes(rule, &mut rng).unwrap_err().to_string();
        // Two parts that must both differ leave as many codes as a part has values.
        let pairs = CodeRule { parts: 2, values: 3, ..RULE };
        assert!(message(pairs).starts_with("only 3 codes of 2 parts with 3 values"));
        let uncovered = CodeRule { covering: 5, ..RULE };
        assert!(message(uncovered).starts_with("5 classes to train on did not show all 6 values"));
        let many = CodeRule { parts: 30, values: 2, ..RULE };
        assert!(message(many).contains("make more than 65536 codes"));
    }
}
