//! Sigmoid and tanh of many values at once, with the bits of `libm`.
//!
//! `libm` goes through one value at a time and branches on its size, which no vector unit can follow.
//! Here the branches are choices between values that are all computed, so that sixteen run side by side.
//! The steps of each are those of `libm` in their order (FreeBSD's reduction to `x = k ln 2 + r` and its
//! rational approximations), so the bits are too; a test compares them. Values at the ends of the range
//! (overflow, no number, below rounding) are left to `libm`.

#![expect(clippy::inline_always, reason = "what is not inlined is not compiled for the unit")]

use super::vector::widest;

/// Values that stand in registers and the nearest cache meanwhile.
const BLOCK: usize = 64;

/// ln 2, whose high part has few digits, so that a multiple of it is exact.
struct Ln2 {
    high: f32,
    low: f32,
}

const OF_EXP: Ln2 = Ln2 { high: f32::from_bits(0x3f31_7200), low: f32::from_bits(0x35bf_be8e) };
const OF_EXPM1: Ln2 = Ln2 { high: f32::from_bits(0x3f31_7180), low: f32::from_bits(0x3717_f7d1) };
const INVERSE_LN2: f32 = f32::from_bits(0x3fb8_aa3b);

/// The size of a number without its sign, as bits: sizes are ordered as their bits are.
const fn size(x: f32) -> u32 {
    x.to_bits() & 0x7fff_ffff
}

const HALF_LN2: u32 = 0x3eb1_7218;
const THREE_HALVES_LN2: u32 = 0x3f85_1592;

/// A function of one value.
trait Function {
    /// Its value, in steps that all values take.
    fn lane(x: f32) -> f32;
    /// Whether a value takes others.
    fn is_special(x: f32) -> bool;
    /// Its value in any case.
    fn exact(x: f32) -> f32;
}

struct Sigmoid;
struct Tanh;

impl Function for Sigmoid {
    #[inline(always)]
    fn lane(x: f32) -> f32 {
        1.0 / (1.0 + exp_lane(-x))
    }
    /// Whether e^-x leaves the normal numbers, or x is none.
    #[inline(always)]
    fn is_special(x: f32) -> bool {
        size(x) >= 0x42ae_ac50
    }
    fn exact(x: f32) -> f32 {
        1.0 / (1.0 + libm::expf(-x))
    }
}

impl Function for Tanh {
    #[inline(always)]
    fn lane(x: f32) -> f32 {
        tanh_lane(x)
    }
    /// Above 10 it is 1; below 2^-24 it is x.
    #[inline(always)]
    fn is_special(x: f32) -> bool {
        (size(x) > size(10.0)) | (size(x) < 0x3380_0000)
    }
    fn exact(x: f32) -> f32 {
        libm::tanhf(x)
    }
}

/// 1 / (1 + e^-x) of every value.
pub(super) fn sigmoid(values: &mut [f32]) {
    apply::<Sigmoid>(values);
}

/// tanh x of every value.
pub(super) fn tanh(values: &mut [f32]) {
    apply::<Tanh>(values);
}

fn apply<F: Function>(values: &mut [f32]) {
    widest!({
        for values in values.chunks_mut(BLOCK) {
            block::<F>(values);
        }
    });
}

#[inline(always)]
fn block<F: Function>(block: &mut [f32]) {
    let mut kept = [0.0; BLOCK];
    let kept = &mut kept[..block.len()];
    kept.copy_from_slice(block);
    let mut specials = 0;
    for (value, x) in block.iter_mut().zip(kept.iter()) {
        specials |= u32::from(F::is_special(*x));
        *value = F::lane(*x);
    }
    if specials > 0 {
        for (value, x) in block.iter_mut().zip(kept.iter()) {
            if F::is_special(*x) {
                *value = F::exact(*x);
            }
        }
    }
}

/// 2^k for exponents of normal numbers.
#[inline(always)]
fn power_of_two(k: i32) -> f32 {
    f32::from_bits(((0x7f + k) << 23).cast_unsigned())
}

/// The multiple of ln 2 to take away: the nearest, where `is_far` says that it is not -1 or 1.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "rounding towards zero is what is asked for")]
fn multiple(x: f32, is_far: bool) -> i32 {
    let nearest = (INVERSE_LN2 * x + 0.5_f32.copysign(x)) as i32;
    let one = if x < 0.0 { -1 } else { 1 };
    let some = if is_far { nearest } else { one };
    if size(x) > HALF_LN2 { some } else { 0 }
}

/// e^x where it is a normal number.
#[inline(always)]
#[expect(clippy::cast_precision_loss, reason = "exponents are small")]
fn exp_lane(x: f32) -> f32 {
    let k = multiple(x, size(x) > THREE_HALVES_LN2);
    let high = x - k as f32 * OF_EXP.high;
    let low = k as f32 * OF_EXP.low;
    let r = high - low;
    let square = r * r;
    let [p1, p2] = [f32::from_bits(0x3e2a_aa8f), f32::from_bits(0xbb35_5215)];
    let c = r - square * (p1 + square * p2);
    let reduced = 1.0 + (r * c / (2.0 - c) - low + high);
    let scaled = reduced * power_of_two(k);
    // Up to 2^-14 the line is as near.
    if size(x) > 0x3900_0000 { scaled } else { 1.0 + x }
}

/// e^x - 1 for x from -18 to 20, but for those so small that it is x.
#[inline(always)]
#[expect(clippy::cast_precision_loss, reason = "exponents are small")]
fn expm1_lane(x: f32) -> f32 {
    let k = multiple(x, size(x) >= THREE_HALVES_LN2);
    let high = x - k as f32 * OF_EXPM1.high;
    let low = k as f32 * OF_EXPM1.low;
    let r = high - low;
    let lost = (high - r) - low;
    let half = 0.5 * r;
    let square = r * half;
    let [q1, q2] = [f32::from_bits(0xbd08_8868), f32::from_bits(0x3acf_3010)];
    let r1 = 1.0 + square * (q1 + square * q2);
    let away = 3.0 - r1 * half;
    let quotient = square * ((r1 - away) / (6.0 - r * away));
    let unreduced = r - (r * quotient - square);
    let rest = r * (quotient - lost) - lost - square;
    let [scale, inverse] = [power_of_two(k), power_of_two(-k)];
    let halved = 0.5 * (r - rest) - 0.5;
    let doubled = if r < -0.25 { -2.0 * (rest - (r + 0.5)) } else { 1.0 + 2.0 * (r - rest) };
    let small = (r - rest + (1.0 - inverse)) * scale;
    let large = (r - (rest + inverse) + 1.0) * scale;
    let scaled = if k < 23 { small } else { large };
    let scaled = if k == 1 { doubled } else { scaled };
    let scaled = if k == -1 { halved } else { scaled };
    if k == 0 { unreduced } else { scaled }
}

/// tanh x for sizes from 2^-24 to 10.
#[inline(always)]
fn tanh_lane(x: f32) -> f32 {
    let positive = x.abs();
    // Half of ln(5/3) and half of ln 3.
    let [is_middle, is_large] = [size(x) > 0x3e82_c578, size(x) > 0x3f0c_9f54];
    let t = expm1_lane(if is_middle { 2.0 * positive } else { -2.0 * positive });
    let quotient = if is_middle { t / (t + 2.0) } else { -t / (t + 2.0) };
    let tanh = if is_large { 1.0 - 2.0 / (t + 2.0) } else { quotient };
    if x.is_sign_negative() { -tanh } else { tanh }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of all sizes and both signs, every `step`-th, and what lies at the borders.
    fn numbers(step: usize) -> Vec<f32> {
        let borders = [
            0.0,
            f32::from_bits(HALF_LN2),
            f32::from_bits(THREE_HALVES_LN2),
            f32::from_bits(0x3900_0000),
            f32::from_bits(0x3380_0000),
            f32::from_bits(0x42ae_ac50),
            f32::from_bits(0x3e82_c578),
            f32::from_bits(0x3f0c_9f54),
            10.0,
            f32::INFINITY,
        ];
        let near = |border: f32| (0..64).map(move |at| (border.to_bits() + at).saturating_sub(32));
        let all = (0..=u32::MAX).step_by(step).chain(borders.into_iter().flat_map(near));
        all.flat_map(|bits| [bits, bits ^ 0x8000_0000]).map(f32::from_bits).collect()
    }

    fn compare(found: impl Fn(&mut [f32]), exact: impl Fn(f32) -> f32, step: usize) {
        let x = numbers(step);
        let mut values = x.clone();
        found(&mut values);
        for (x, value) in x.into_iter().zip(values) {
            let exact = exact(x);
            let is_equal = value.to_bits() == exact.to_bits() || (value.is_nan() && exact.is_nan());
            assert!(is_equal, "x = {x:e} ({:#x}): {value:e} instead of {exact:e}", x.to_bits());
        }
    }

    #[test]
    fn bits_are_those_of_libm() {
        compare(sigmoid, Sigmoid::exact, 20_011);
        compare(tanh, Tanh::exact, 20_011);
    }

    #[test]
    #[ignore = "slow: a sixteenth of all numbers"]
    fn bits_are_those_of_libm_nearly_everywhere() {
        compare(sigmoid, Sigmoid::exact, 17);
        compare(tanh, Tanh::exact, 17);
    }
}
