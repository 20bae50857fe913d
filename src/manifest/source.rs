//! Texts with their names, and places in them.

use std::ops::Range;
use std::sync::Arc;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

/// A manifest's text and what to call it.
#[derive(Clone, Debug)]
pub struct Source {
    /// The normalised path; two sources with one name are one file.
    pub name: String,
    /// The content.
    pub text: Arc<str>,
}

impl Source {
    /// Names a text.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// The folder of the file, `.` if the name has none.
    #[must_use]
    pub fn folder(&self) -> String {
        match self.name.rsplit_once('/') {
            Some(("", _)) => "/".to_owned(),
            Some((folder, _)) => folder.to_owned(),
            None => ".".to_owned(),
        }
    }

    /// The place of the bytes `span`.
    #[must_use]
    pub fn place(&self, span: Range<usize>) -> Place {
        let end = span.end.min(self.text.len());
        Place { source: self.clone(), span: span.start.min(end)..end }
    }
}

impl SourceCode for Source {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let contents = self.text.as_bytes().read_span(span, lines_before, lines_after)?;
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            contents.data(),
            *contents.span(),
            contents.line(),
            contents.column(),
            contents.line_count(),
        )))
    }
}

/// A place in a source, carried by everything that may later be blamed.
#[derive(Clone, Debug)]
pub struct Place {
    /// The file.
    pub source: Source,
    /// The bytes.
    pub span: Range<usize>,
}

impl Place {
    /// The bytes from the start of this place to the end of `other`, where they share a line.
    #[must_use]
    pub fn to(&self, other: &Self) -> Self {
        let span = self.span.start..other.span.end;
        match self.source.text.get(span.clone()) {
            Some(text) if !text.contains('\n') => Self { source: self.source.clone(), span },
            _ => self.clone(),
        }
    }

    /// The number of the line it starts on, from zero.
    #[must_use]
    pub fn line(&self) -> usize {
        let start = self.span.start.min(self.source.text.len());
        self.source.text[..start].matches('\n').count()
    }
}

/// A value with the place where it was written.
#[derive(Clone, Debug)]
pub(crate) struct Located<T> {
    pub(crate) value: T,
    pub(crate) place: Place,
}
