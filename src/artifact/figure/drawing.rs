//! A drawing as a list of shapes. Distances are pixels of the nominal size, y grows downwards.
//!
//! Shapes are data, so a test can ask whether two labels overlap or one leaves the page.

use super::ink::{Dash, Ink};
use super::picture::Picture;
use super::text::Text;

/// A place: x to the right, y downwards.
pub type Point = (f64, f64);

/// A box with sides along the axes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Bounds {
    /// The least x.
    pub left: f64,
    /// The least y.
    pub top: f64,
    /// The greatest x.
    pub right: f64,
    /// The greatest y.
    pub bottom: f64,
}

impl Bounds {
    /// Its extent from left to right.
    #[must_use]
    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    /// Its extent from top to bottom.
    #[must_use]
    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }

    /// Whether two boxes share more than an edge.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    /// Whether all of `other` lies inside.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        self.left <= other.left
            && self.top <= other.top
            && self.right >= other.right
            && self.bottom >= other.bottom
    }
}

/// Something that is drawn.
#[derive(Clone, PartialEq, Debug)]
pub enum Shape {
    /// A line through points.
    Line {
        /// The points.
        points: Vec<Point>,
        /// The colour.
        ink: Ink,
        /// The line width.
        width: f64,
        /// The pattern of gaps.
        dash: Dash,
    },
    /// A filled polygon.
    Area {
        /// The corners.
        points: Vec<Point>,
        /// The colour.
        ink: Ink,
    },
    /// A filled rectangle.
    Rectangle {
        /// Its sides.
        bounds: Bounds,
        /// The colour.
        ink: Ink,
    },
    /// A filled circle.
    Circle {
        /// Its middle.
        centre: Point,
        /// Its radius.
        radius: f64,
        /// The colour.
        ink: Ink,
    },
    /// A photograph. Inside an SVG it lies on top of everything that is drawn before
    /// [`Drawing::raise`].
    Picture {
        /// Its top left corner.
        at: Point,
        /// What it shows.
        picture: Picture,
    },
    /// A line of text.
    Text(Text),
}

/// Shapes on a page; later ones lie on top.
#[derive(Clone, PartialEq, Debug)]
pub struct Drawing {
    width: f64,
    height: f64,
    shapes: Vec<Shape>,
    raised: Option<usize>,
}

impl Drawing {
    /// An empty white page.
    #[must_use]
    pub fn new(width: f64, height: f64) -> Self {
        Self { width, height, shapes: Vec::new(), raised: None }
    }

    /// The page.
    #[must_use]
    pub fn page(&self) -> Bounds {
        Bounds { left: 0.0, top: 0.0, right: self.width, bottom: self.height }
    }

    /// All shapes, the lowest first.
    #[must_use]
    pub fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    /// Puts everything that is drawn from now on above all photographs, in an SVG too.
    pub fn raise(&mut self) {
        self.raised = Some(self.shapes.len());
    }

    /// The shapes that photographs may hide in an SVG, and those above all photographs.
    pub(super) fn layers(&self) -> (&[Shape], &[Shape]) {
        self.shapes.split_at(self.raised.unwrap_or(self.shapes.len()))
    }

    /// All texts, the lowest first.
    pub fn texts(&self) -> impl Iterator<Item = &Text> {
        self.shapes.iter().filter_map(|shape| match shape {
            Shape::Text(text) => Some(text),
            _ => None,
        })
    }

    /// Adds a line.
    pub fn line(&mut self, points: Vec<Point>, ink: Ink, width: f64, dash: Dash) {
        self.shapes.push(Shape::Line { points, ink, width, dash });
    }

    /// Adds a filled polygon.
    pub fn area(&mut self, points: Vec<Point>, ink: Ink) {
        self.shapes.push(Shape::Area { points, ink });
    }

    /// Adds a filled rectangle.
    pub fn rectangle(&mut self, bounds: Bounds, ink: Ink) {
        self.shapes.push(Shape::Rectangle { bounds, ink });
    }

    /// Adds a filled circle.
    pub fn circle(&mut self, centre: Point, radius: f64, ink: Ink) {
        self.shapes.push(Shape::Circle { centre, radius, ink });
    }

    /// Adds a photograph with its top left corner at `at`.
    pub fn picture(&mut self, at: Point, picture: Picture) {
        self.shapes.push(Shape::Picture { at, picture });
    }

    /// Adds a text.
    pub fn text(&mut self, text: Text) {
        self.shapes.push(Shape::Text(text));
    }
}
