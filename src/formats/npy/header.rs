//! The header: a Python dictionary with three entries.

use super::super::array::Layout;
use super::super::element::{ByteOrder, Element};
use super::NpyError;

/// What a header says: the type of the numbers, their byte order, their layout and the shape.
pub(super) type Header = (Element, ByteOrder, Layout, Vec<usize>);

/// How much of a strange header a message shows.
const SHOWN_CHARACTERS: usize = 80;

pub(super) fn parse(text: &str) -> Result<Header, NpyError> {
    let wrong = |reason: &str| NpyError::Header {
        header: text.trim().chars().take(SHOWN_CHARACTERS).collect(),
        reason: reason.to_owned(),
    };
    let mut cursor = Cursor(text);
    let mut entries = (None, None, None);
    cursor.take("{").ok_or_else(|| wrong("expected `{`"))?;
    while cursor.take("}").is_none() {
        let key = cursor.text().ok_or_else(|| wrong("expected a key in quotes"))?;
        cursor.take(":").ok_or_else(|| wrong("expected `:` after a key"))?;
        match key {
            "descr" if cursor.take("[").is_some() => {
                let descr = "[…]".to_owned();
                return Err(NpyError::Element { descr, what: "a table with named fields" });
            }
            "descr" => entries.0 = cursor.text(),
            "fortran_order" => entries.1 = cursor.boolean(),
            "shape" => entries.2 = cursor.tuple(),
            _ => return Err(wrong("expected the keys `descr`, `fortran_order` and `shape`")),
        }
        if cursor.take(",").is_none() && !cursor.0.trim_start().starts_with('}') {
            return Err(wrong(&format!("the value of `{key}` cannot be read")));
        }
    }
    if !cursor.0.trim().is_empty() {
        return Err(wrong("something stands after the `}`"));
    }
    let (Some(descr), Some(is_fortran), Some(shape)) = entries else {
        return Err(wrong("expected the keys `descr`, `fortran_order` and `shape`"));
    };
    let (element, order) = element(descr)?;
    let layout = if is_fortran { Layout::ColumnMajor } else { Layout::RowMajor };
    Ok((element, order, layout, shape))
}

/// Reads a type such as `<f4`: byte order, kind, bytes.
fn element(descr: &str) -> Result<(Element, ByteOrder), NpyError> {
    let (order, kind) = match descr.strip_prefix(['<', '|', '=']) {
        Some(kind) => (ByteOrder::Little, kind),
        None => (ByteOrder::Big, descr.strip_prefix('>').unwrap_or(descr)),
    };
    let element = match kind {
        "b1" => Element::Bool,
        "i1" => Element::I8,
        "u1" => Element::U8,
        "i2" => Element::I16,
        "u2" => Element::U16,
        "i4" => Element::I32,
        "u4" => Element::U32,
        "i8" => Element::I64,
        "u8" => Element::U64,
        "f2" => Element::F16,
        "f4" => Element::F32,
        "f8" => Element::F64,
        _ => {
            let what = match kind.chars().next() {
                Some('O') => "pickled Python objects",
                Some('U' | 'S' | 'a') => "texts",
                Some('c') => "complex numbers",
                Some('M' | 'm') => "dates or times",
                Some('V') => "raw bytes",
                Some('f') => "numbers wider than 64 bits",
                _ => "elements of an unknown type",
            };
            return Err(NpyError::Element { descr: descr.to_owned(), what });
        }
    };
    Ok((element, order))
}

/// What is left of the header.
struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    /// Steps over blanks and `mark`, if it is what comes next.
    fn take(&mut self, mark: &str) -> Option<()> {
        self.0 = self.0.trim_start().strip_prefix(mark)?;
        Some(())
    }

    /// A text in either kind of quotes.
    fn text(&mut self) -> Option<&'a str> {
        let rest = self.0.trim_start();
        let quote = rest.chars().next().filter(|quote| ['\'', '"'].contains(quote))?;
        let (text, rest) = rest[1..].split_once(quote)?;
        self.0 = rest;
        Some(text)
    }

    fn boolean(&mut self) -> Option<bool> {
        if self.take("True").is_some() {
            return Some(true);
        }
        self.take("False").map(|()| false)
    }

    /// Whole numbers in parentheses; Python 2 wrote them as `3L`.
    fn tuple(&mut self) -> Option<Vec<usize>> {
        self.take("(")?;
        let (inside, rest) = self.0.split_once(')')?;
        self.0 = rest;
        let inside = inside.trim();
        let inside = inside.strip_suffix(',').unwrap_or(inside);
        if inside.is_empty() {
            return Some(Vec::new());
        }
        let number = |text: &str| text.trim().trim_end_matches('L').parse().ok();
        inside.split(',').map(number).collect()
    }
}
