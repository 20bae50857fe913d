//! Draws shapes with plotters, once as text and once as pixels.
//!
//! plotters places everything on whole units, so both pictures are drawn four times as large as
//! their nominal size: the SVG says so in its `viewBox`, the pixels are averaged in pairs, which
//! also smooths their edges.

use std::error::Error;
use std::io;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder as _};
use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, FontTransform, RGBAColor, ShapeStyle, TextStyle};

use super::dash::strokes;
use super::drawing::{Bounds, Drawing, Point, Shape};
use super::font;
use super::ink::Ink;
use super::picture::{PICTURE_SCALE, Picture};
use super::text::{HorizontalAnchor, Text, Turn, VerticalAnchor};
use crate::artifact::invalid;

/// Units of plotters in one pixel of the nominal size.
const UNITS: f64 = 4.0;

/// Pixels of the nominal size that a drawing may have: about 150 MB while it is drawn.
const MAX_PIXELS: f64 = 3.0e6;

/// How far down letters are moved, in font sizes, to stand where their SVG stands: plotters sets
/// those of a bitmap too high.
const LOWER_LETTERS: f64 = 0.2;

type DrawResult = Result<(), Box<dyn Error>>;

/// The drawing as an SVG document with a title.
pub(super) fn svg(drawing: &Drawing, title: &str) -> io::Result<String> {
    let (width, height) = size(drawing)?;
    let (below, above) = drawing.layers();
    let page = drawing.page();
    let mut body = layer(below, Some(&page), (width, height))?;
    body += &pictures(drawing)?;
    if !above.is_empty() {
        body += &layer(above, None, (width, height))?;
    }
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\">\n<title>{}</title>\n{body}</svg>\n",
        page.width(),
        page.height(),
        escape(title),
    ))
}

/// Shapes as SVG elements, on a white page or on what is there.
fn layer(shapes: &[Shape], page: Option<&Bounds>, size: (u32, u32)) -> io::Result<String> {
    let mut document = String::new();
    {
        let mut backend = SVGBackend::with_string(&mut document, size);
        let vector = Form { lower: 0.0, has_pictures: false };
        draw(shapes, page, &mut backend, vector).map_err(|error| invalid(error.to_string()))?;
    }
    // The first line is plotters' own head, which takes its units for pixels.
    let (_, body) = document.split_once('\n').unwrap_or(("", &document));
    Ok(body.trim_end().trim_end_matches("</svg>").to_owned())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The drawing as a PNG of twice its nominal size.
pub(super) fn png(drawing: &Drawing) -> io::Result<Vec<u8>> {
    let (width, height) = size(drawing)?;
    let mut fine = vec![255; 3 * width as usize * height as usize];
    {
        let mut backend = BitMapBackend::with_buffer(&mut fine, (width, height));
        let pixels = Form { lower: LOWER_LETTERS, has_pictures: true };
        let page = drawing.page();
        draw(drawing.shapes(), Some(&page), &mut backend, pixels)
            .map_err(|error| invalid(error.to_string()))?;
    }
    let pixels = halve(&fine, width as usize);
    let mut bytes = Vec::new();
    PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, FilterType::Adaptive)
        .write_image(&pixels, width / 2, height / 2, ExtendedColorType::Rgb8)
        .map_err(|error| invalid(error.to_string()))?;
    Ok(bytes)
}

/// The size in units of plotters.
fn size(drawing: &Drawing) -> io::Result<(u32, u32)> {
    let page = drawing.page();
    let (width, height) = (page.width().ceil(), page.height().ceil());
    if !(width >= 1.0 && height >= 1.0 && width * height <= MAX_PIXELS) {
        let message = format!(
            "a drawing of {width} x {height} pixels; expected at least one and at most \
             {MAX_PIXELS} in all"
        );
        return Err(invalid(message));
    }
    Ok((units(width).unsigned_abs(), units(height).unsigned_abs()))
}

/// Averages squares of two by two pixels. `width` is even, and so is the height.
fn halve(fine: &[u8], width: usize) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(fine.len() / 4);
    for rows in fine.chunks_exact(2 * 3 * width) {
        let (upper, lower) = rows.split_at(3 * width);
        for (upper, lower) in upper.chunks_exact(6).zip(lower.chunks_exact(6)) {
            for channel in 0..3 {
                let places =
                    [upper[channel], upper[channel + 3], lower[channel], lower[channel + 3]];
                let sum: u16 = places.iter().map(|&byte| u16::from(byte)).sum();
                pixels.push(u8::try_from((sum + 2) / 4).expect("a mean of bytes is a byte"));
            }
        }
    }
    pixels
}

#[expect(clippy::cast_possible_truncation, reason = "a page has far fewer units than 2^31")]
fn units(pixels: f64) -> i32 {
    (pixels * UNITS).round() as i32
}

fn place((x, y): Point) -> (i32, i32) {
    (units(x), units(y))
}

/// What differs between the two forms of a drawing.
#[derive(Clone, Copy)]
struct Form {
    /// How far letters are moved down, in font sizes.
    lower: f64,
    /// Whether photographs are drawn pixel by pixel.
    has_pictures: bool,
}

/// The photographs as SVG elements, which plotters cannot make.
fn pictures(drawing: &Drawing) -> io::Result<String> {
    let mut elements = String::new();
    for shape in drawing.shapes() {
        if let Shape::Picture { at: (left, top), picture } = shape {
            let (width, height) = picture.size();
            let (left, top) = (*left, *top);
            let bounds = Bounds { left, top, right: left + width, bottom: top + height };
            elements += &picture.svg(&bounds, UNITS)?;
        }
    }
    Ok(elements)
}

/// Draws a photograph pixel by pixel.
fn draw_picture<B: DrawingBackend>(picture: &Picture, corner: Point, backend: &mut B) -> DrawResult
where
    B::ErrorType: 'static,
{
    let (left, top) = place(corner);
    let side = units(1.0 / f64::from(PICTURE_SCALE));
    for (x, y, (red, green, blue)) in picture.pixels() {
        let (x, y) = (left + side * x.cast_signed(), top + side * y.cast_signed());
        let ink = style(Ink::opaque(red, green, blue), 1.0);
        // The far sides of a filled rectangle are not part of it.
        backend.draw_rect((x, y), (x + side, y + side), &ink, true)?;
    }
    Ok(())
}

/// Draws shapes, on a white page or on what is there.
fn draw<B: DrawingBackend>(
    shapes: &[Shape],
    page: Option<&Bounds>,
    backend: &mut B,
    form: Form,
) -> DrawResult
where
    B::ErrorType: 'static,
{
    if let Some(page) = page {
        let corner = place((page.right, page.bottom));
        backend.draw_rect((0, 0), corner, &style(Ink::WHITE, 1.0), true)?;
    }
    for shape in shapes {
        match shape {
            Shape::Line { points, ink, width, dash } => {
                for stroke in strokes(points, *dash, *width) {
                    backend.draw_path(stroke.into_iter().map(place), &style(*ink, *width))?;
                }
            }
            Shape::Area { points, ink } => {
                backend.fill_polygon(points.iter().copied().map(place), &style(*ink, 1.0))?;
            }
            Shape::Rectangle { bounds, ink } => {
                let (from, to) = ((bounds.left, bounds.top), (bounds.right, bounds.bottom));
                backend.draw_rect(place(from), place(to), &style(*ink, 1.0), true)?;
            }
            Shape::Circle { centre, radius, ink } => {
                let radius = units(*radius).unsigned_abs();
                backend.draw_circle(place(*centre), radius, &style(*ink, 1.0), true)?;
            }
            Shape::Picture { at, picture } if form.has_pictures => {
                draw_picture(picture, *at, backend)?;
            }
            Shape::Picture { .. } => {}
            Shape::Text(text) => {
                let at = lowered(text, form.lower * text.size);
                backend.draw_text(&text.content, &text_style(text), place(at))?;
            }
        }
    }
    backend.present()?;
    Ok(())
}

/// The place of a text, moved in the direction of its feet.
fn lowered(text: &Text, distance: f64) -> Point {
    let (x, y) = text.at;
    match text.turn {
        Turn::None => (x, y + distance),
        Turn::Upwards => (x + distance, y),
    }
}

fn color(ink: Ink) -> RGBAColor {
    let (red, green, blue) = ink.rgb;
    RGBAColor(red, green, blue, ink.opacity)
}

fn style(ink: Ink, width: f64) -> ShapeStyle {
    let stroke_width = units(width).unsigned_abs().max(1);
    ShapeStyle { color: color(ink), filled: true, stroke_width }
}

fn text_style(text: &Text) -> TextStyle<'static> {
    let horizontal = match text.horizontal {
        HorizontalAnchor::Left => HPos::Left,
        HorizontalAnchor::Middle => HPos::Center,
        HorizontalAnchor::Right => HPos::Right,
    };
    let vertical = match text.vertical {
        VerticalAnchor::Top => VPos::Top,
        VerticalAnchor::Middle => VPos::Center,
        VerticalAnchor::Bottom => VPos::Bottom,
    };
    let turn = match text.turn {
        Turn::None => FontTransform::None,
        Turn::Upwards => FontTransform::Rotate270,
    };
    let font = font::font(text.size * UNITS).transform(turn);
    let color = color(text.ink).to_backend_color();
    TextStyle { font, color, pos: Pos::new(horizontal, vertical) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halving_takes_the_mean_of_four_pixels() {
        let fine = [0, 0, 0, 255, 255, 255, 1, 2, 3, 0, 0, 0];
        assert_eq!(halve(&fine, 2), [64, 64, 65]);
    }

    #[test]
    fn what_is_raised_lies_above_photographs_in_both_forms() {
        let mut drawing = Drawing::new(4.0, 4.0);
        drawing.picture((0.0, 0.0), Picture::new(8, 8, [10, 200, 30].repeat(64)));
        drawing.raise();
        drawing.rectangle(drawing.page(), Ink::opaque(200, 0, 0));
        let pixels = image::load_from_memory(&png(&drawing).unwrap()).unwrap().into_rgb8();
        assert_eq!(pixels.get_pixel(3, 3).0, [200, 0, 0]);
        let svg = svg(&drawing, "").unwrap();
        let order = ["<image", "#C80000", "</svg>"].map(|part| svg.find(part).unwrap());
        assert!(order.is_sorted(), "{svg}");
        assert_eq!(svg.matches("</svg>").count(), 1);
    }

    #[test]
    fn a_photograph_hides_what_is_below() {
        let mut drawing = Drawing::new(4.0, 4.0);
        drawing.rectangle(drawing.page(), Ink::opaque(200, 0, 0));
        drawing.picture((1.0, 1.0), Picture::new(2, 2, [10, 200, 30].repeat(4)));
        let pixels = image::load_from_memory(&png(&drawing).unwrap()).unwrap().into_rgb8();
        for (x, y) in [(2, 2), (3, 2), (2, 3), (3, 3)] {
            assert_eq!(pixels.get_pixel(x, y).0, [10, 200, 30], "{x}, {y}");
        }
        assert_eq!(pixels.get_pixel(0, 0).0, [200, 0, 0]);
    }
}
