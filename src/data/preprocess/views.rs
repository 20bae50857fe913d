//! Augmented views: what a network sees of an image in training, drawn once and kept.
//!
//! Each view of each image has a random stream of its own, named by the seed, the image and the
//! number of the view. So neither the order of the images nor their number, and no other view, moves
//! it.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::Hasher;

/// How often a part of the image is drawn before the centre is taken, as in torchvision.
const TRIES: usize = 10;

/// The most views of an image.
pub(super) const MAX_VIEWS: u32 = 32;

/// Which augmented views of each image are stored beside the plain one, as tensors `NAME@1`,
/// `NAME@2`, …
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Views {
    /// How many views of each image, at most 32.
    #[schemars(range(min = 1, max = 32))]
    pub count: u32,
    /// What is cut out. Default: `resized`.
    #[serde(default)]
    pub crop: RandomCrop,
    /// For `resized`: the smallest and the largest part of the image's area. Default: 0.08 to 1
    /// (torchvision, AREN).
    #[serde(default = "default_area")]
    pub area: [f64; 2],
    /// For `resized`: the smallest and the largest width of the part in terms of its height. Default:
    /// 0.5 to 1.33 (AREN; torchvision takes 0.75 to 1.3333).
    #[serde(default = "default_ratio")]
    pub ratio: [f64; 2],
    /// How often a view is mirrored, left to right. Default: 0.5 (AREN, GEM-ZSL, LFGAA).
    #[serde(default = "default_flip")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub flip: f64,
    /// What the views are drawn from; it is no seed of the experiment, as little as trained weights
    /// are. Default: 0.
    #[serde(default)]
    pub seed: u64,
}

/// What a view shows of an image that has been brought to its size.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RandomCrop {
    /// A part of random size, shape and place, resized to the square (AREN).
    #[default]
    Resized,
    /// The square at a random place (GEM-ZSL, LFGAA).
    Shifted,
    /// The square in the centre, as in the plain view: views differ by mirroring only.
    Centre,
}

/// A part of a picture, in pixels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Cut {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) is_mirrored: bool,
}

fn default_area() -> [f64; 2] {
    [0.08, 1.0]
}

fn default_ratio() -> [f64; 2] {
    [0.5, 1.33]
}

fn default_flip() -> f64 {
    0.5
}

impl Views {
    /// What is wrong, as the name of a parameter and a sentence.
    pub(super) fn problem(&self) -> Option<(&'static str, String)> {
        if !(1..=MAX_VIEWS).contains(&self.count) {
            return Some(("views.count", format!("expected 1 to {MAX_VIEWS} views")));
        }
        let is_range = |[low, high]: [f64; 2]| low > 0.0 && low <= high && high.is_finite();
        if !is_range(self.area) || self.area[1] > 1.0 {
            let message = "expected the smaller part first, both above 0 and at most 1";
            return Some(("views.area", message.to_owned()));
        }
        if !is_range(self.ratio) {
            let message = "expected the smaller ratio first, both above 0";
            return Some(("views.ratio", message.to_owned()));
        }
        if !(0.0..=1.0).contains(&self.flip) {
            return Some(("views.flip", "expected a probability".to_owned()));
        }
        if self.crop == RandomCrop::Centre && self.flip == 0.0 {
            let message = "with `crop = \"centre\"` and no mirroring all views are the plain one";
            return Some(("views.flip", message.to_owned()));
        }
        None
    }

    /// The part of a picture of this size that a view of this image shows.
    pub(super) fn cut(&self, image: &str, view: u32, size: (u32, u32), side: u32) -> Cut {
        let mut rng = self.stream(image, view);
        let is_mirrored = rng.random::<f64>() < self.flip;
        let cut = match self.crop {
            RandomCrop::Resized => self.resized(&mut rng, size),
            RandomCrop::Shifted => shifted(&mut rng, size, (side, side)),
            RandomCrop::Centre => centre(size, (side, side)),
        };
        Cut { is_mirrored, ..cut }
    }

    fn stream(&self, image: &str, view: u32) -> ChaCha8Rng {
        let mut hasher = Hasher::default();
        hasher.update(b"view");
        hasher.update(&self.seed.to_le_bytes());
        hasher.update(&view.to_le_bytes());
        hasher.update(image.as_bytes());
        ChaCha8Rng::from_seed(*hasher.finish().as_bytes())
    }

    /// A part of random area and shape: torchvision's `RandomResizedCrop`.
    fn resized(&self, rng: &mut ChaCha8Rng, size: (u32, u32)) -> Cut {
        let (width, height) = (f64::from(size.0), f64::from(size.1));
        let [narrow, wide] = self.ratio.map(f64::ln);
        for _ in 0..TRIES {
            let area = width * height * between(rng, self.area);
            let ratio = between(rng, [narrow, wide]).exp();
            let part = (pixels((area * ratio).sqrt()), pixels((area / ratio).sqrt()));
            if part.0 > 0 && part.1 > 0 && part.0 <= size.0 && part.1 <= size.1 {
                return shifted(rng, size, part);
            }
        }
        let [narrow, wide] = self.ratio;
        let part = match width / height {
            ratio if ratio < narrow => (size.0, pixels(width / narrow).clamp(1, size.1)),
            ratio if ratio > wide => (pixels(height * wide).clamp(1, size.0), size.1),
            _ => size,
        };
        centre(size, part)
    }
}

fn between(rng: &mut ChaCha8Rng, [low, high]: [f64; 2]) -> f64 {
    low + (high - low) * rng.random::<f64>()
}

fn shifted(rng: &mut ChaCha8Rng, size: (u32, u32), part: (u32, u32)) -> Cut {
    let top = rng.random_range(0..=size.1 - part.1);
    let left = rng.random_range(0..=size.0 - part.0);
    Cut { left, top, width: part.0, height: part.1, is_mirrored: false }
}

/// The part in the middle.
pub(super) fn centre(size: (u32, u32), part: (u32, u32)) -> Cut {
    let (left, top) = (half(size.0 - part.0), half(size.1 - part.1));
    Cut { left, top, width: part.0, height: part.1, is_mirrored: false }
}

/// Half of what is left over; of two halves that are equally near, the even one, as torchvision's
/// `CenterCrop` rounds.
fn half(free: u32) -> u32 {
    let floor = free / 2;
    floor + (free % 2) * (floor % 2)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a length is small and not negative; the cast saturates"
)]
fn pixels(length: f64) -> u32 {
    length.round_ties_even() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn views() -> Views {
        serde_json::from_str(r#"{"count": 4}"#).unwrap()
    }

    #[test]
    fn halves_are_rounded_to_even_as_torchvision_does() {
        // Python: [round(free / 2) for free in range(9)].
        let halves: Vec<u32> = (0..9).map(half).collect();
        assert_eq!(halves, [0, 0, 1, 2, 2, 2, 3, 4, 4]);
    }

    #[test]
    fn parts_have_the_area_and_shape_asked_for_and_lie_inside() {
        let views = Views { area: [0.2, 0.5], ratio: [0.5, 2.0], ..views() };
        let (mut mirrored, mut smallest, mut largest) = (0, f64::MAX, 0.0_f64);
        for image in 0..500 {
            let cut = views.cut(&format!("{image}.jpg"), 1, (300, 200), 64);
            assert!(cut.left + cut.width <= 300 && cut.top + cut.height <= 200, "{cut:?}");
            let (width, height) = (f64::from(cut.width), f64::from(cut.height));
            let (area, ratio) = (width * height / 60_000.0, width / height);
            assert!((0.195..=0.505).contains(&area) && (0.49..=2.04).contains(&ratio), "{cut:?}");
            mirrored += u32::from(cut.is_mirrored);
            (smallest, largest) = (smallest.min(area), largest.max(area));
        }
        // 500 fair coins: 250 with a deviation of 11. The whole range of areas is met.
        assert!((200..300).contains(&mirrored), "{mirrored}");
        assert!(smallest < 0.21 && largest > 0.49, "{smallest} {largest}");
    }

    #[test]
    fn a_view_depends_on_its_seed_image_and_number_only() {
        let cut = |views: &Views, image, view| views.cut(image, view, (300, 200), 64);
        let first = cut(&views(), "a", 1);
        assert_eq!(first, cut(&Views { count: 9, ..views() }, "a", 1));
        assert_ne!(first, cut(&views(), "b", 1));
        assert_ne!(first, cut(&views(), "a", 2));
        assert_ne!(first, cut(&Views { seed: 1, ..views() }, "a", 1));
    }

    #[test]
    fn an_image_too_narrow_for_any_part_gives_its_centre() {
        // 1 x 100 pixels: no part of a ratio from 3 to 4 fits; one pixel of height 1 / 3 is none.
        let views = Views { ratio: [3.0, 4.0], area: [1.0, 1.0], flip: 0.0, ..views() };
        let cut = views.cut("a", 1, (1, 100), 64);
        assert_eq!(cut, Cut { left: 0, top: 50, width: 1, height: 1, is_mirrored: false });
    }

    #[test]
    fn what_cannot_be_is_named() {
        let name = |views: Views| views.problem().map(|(name, _)| name);
        assert_eq!(name(views()), None);
        assert_eq!(name(Views { count: 0, ..views() }), Some("views.count"));
        assert_eq!(name(Views { area: [0.5, 0.2], ..views() }), Some("views.area"));
        assert_eq!(name(Views { area: [0.5, 1.2], ..views() }), Some("views.area"));
        assert_eq!(name(Views { ratio: [0.0, 1.0], ..views() }), Some("views.ratio"));
        assert_eq!(name(Views { ratio: [f64::NAN, 1.0], ..views() }), Some("views.ratio"));
        assert_eq!(name(Views { flip: 1.5, ..views() }), Some("views.flip"));
        let same = Views { crop: RandomCrop::Centre, flip: 0.0, ..views() };
        assert_eq!(name(same), Some("views.flip"));
    }
}
