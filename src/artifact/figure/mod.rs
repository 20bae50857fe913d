//! A figure: one drawing as SVG and as PNG, with a text for those who cannot see it.
//!
//! ```text
//! "erpc-figure" · u64 length · {"alt": …, "svg_bytes": …} · SVG · PNG until the end
//! ```

mod dash;
mod drawing;
mod font;
mod ink;
mod picture;
mod render;
mod text;

use std::io;

use serde::{Deserialize, Serialize};

use super::{Artifact, ArtifactKind, Blob, invalid};

pub use drawing::{Bounds, Drawing, Point, Shape};
pub use font::text_width;
pub use ink::{Dash, Ink};
pub use picture::Picture;
pub use text::{HorizontalAnchor, Text, Turn, VerticalAnchor};

const MAGIC: &[u8] = b"erpc-figure";
const LENGTH_BYTES: usize = 8;

/// A finished drawing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Figure {
    alt: String,
    svg: String,
    png: Vec<u8>,
}

/// What stands before the two pictures.
#[derive(Serialize, Deserialize)]
struct Header {
    alt: String,
    svg_bytes: usize,
}

impl Figure {
    /// Renders a drawing; `alt` says in words what it shows.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidData`] if the drawing is empty, too large, or cannot be rendered.
    pub fn render(drawing: &Drawing, alt: impl Into<String>) -> io::Result<Self> {
        let alt = alt.into();
        let svg = render::svg(drawing, &alt)?;
        let png = render::png(drawing)?;
        Ok(Self { alt, svg, png })
    }

    /// What the figure shows, in words.
    #[must_use]
    pub fn alt(&self) -> &str {
        &self.alt
    }

    /// The figure as an SVG document; it names a generic font family and embeds none.
    #[must_use]
    pub fn svg(&self) -> &str {
        &self.svg
    }

    /// The figure as a PNG of twice the nominal size, for dense displays.
    #[must_use]
    pub fn png(&self) -> &[u8] {
        &self.png
    }
}

impl Artifact for Figure {
    const KIND: ArtifactKind = ArtifactKind("figure");
    const CODEC: u32 = 1;

    fn encode(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let header = Header { alt: self.alt.clone(), svg_bytes: self.svg.len() };
        let header = serde_json::to_vec(&header)?;
        out.write_all(MAGIC)?;
        out.write_all(&(header.len() as u64).to_le_bytes())?;
        out.write_all(&header)?;
        out.write_all(self.svg.as_bytes())?;
        out.write_all(&self.png)
    }

    fn decode(blob: Blob) -> io::Result<Self> {
        let rest = blob.strip_prefix(MAGIC).ok_or_else(|| invalid("not a figure: wrong magic"))?;
        let cut_short = || invalid("not a figure: it is cut short");
        let (length, rest) = rest.split_first_chunk::<LENGTH_BYTES>().ok_or_else(cut_short)?;
        let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| cut_short())?;
        let (header, rest) = rest.split_at_checked(length).ok_or_else(cut_short)?;
        let header: Header = serde_json::from_slice(header)
            .map_err(|error| invalid(format!("header of a figure: {error}")))?;
        let (svg, png) = rest.split_at_checked(header.svg_bytes).ok_or_else(cut_short)?;
        let svg = std::str::from_utf8(svg)
            .map_err(|error| invalid(format!("the SVG of a figure is not text: {error}")))?;
        Ok(Self { alt: header.alt, svg: svg.to_owned(), png: png.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure() -> Figure {
        let mut drawing = Drawing::new(60.0, 40.0);
        drawing.line(vec![(5.0, 5.0), (55.0, 35.0)], Ink::BLACK, 1.5, Dash::Solid);
        drawing.text(Text::new((30.0, 20.0), 11.0, "a < b"));
        Figure::render(&drawing, "a line & a text").unwrap()
    }

    fn encoded(figure: &Figure) -> Vec<u8> {
        let mut bytes = Vec::new();
        figure.encode(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn equal_figures_have_equal_bytes_and_survive_them() {
        let bytes = encoded(&figure());
        assert_eq!(bytes, encoded(&figure()));
        assert_eq!(Figure::decode(Blob::from_bytes(&bytes)).unwrap(), figure());
    }

    #[test]
    fn a_png_has_twice_the_nominal_size() {
        let png = figure().png().to_vec();
        assert_eq!(&png[1..4], b"PNG");
        assert_eq!(u32::from_be_bytes(png[16..20].try_into().unwrap()), 120);
        assert_eq!(u32::from_be_bytes(png[20..24].try_into().unwrap()), 80);
    }

    #[test]
    fn an_svg_has_the_nominal_size_and_says_what_it_shows() {
        let svg = figure().svg().to_owned();
        let head: String = svg.lines().take(2).collect::<Vec<_>>().join("\n");
        insta::assert_snapshot!(head, @r#"
        <svg xmlns="http://www.w3.org/2000/svg" width="60" height="40" viewBox="0 0 240 160" role="img">
        <title>a line &amp; a text</title>
        "#);
        assert!(svg.contains("a &lt; b"));
        assert!(svg.trim_end().ends_with("</svg>"));
    }

    #[test]
    fn damaged_bytes_are_refused() {
        let bytes = encoded(&figure());
        for end in [0, 5, 15, 40, 200] {
            assert!(Figure::decode(Blob::from_bytes(&bytes[..end])).is_err(), "{end} bytes");
        }
    }

    #[test]
    fn a_drawing_without_extent_is_refused() {
        assert!(Figure::render(&Drawing::new(0.0, 10.0), "").is_err());
        assert!(Figure::render(&Drawing::new(9000.0, 9000.0), "").is_err());
    }
}
