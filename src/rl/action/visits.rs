//! Which cells of which images have been looked at.

/// One flag a cell, for a batch of images.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Visits {
    cells: usize,
    seen: Vec<bool>,
}

impl Visits {
    /// Nothing has been looked at.
    #[must_use]
    pub fn none(images: usize, cells: usize) -> Self {
        Self { cells, seen: vec![false; images * cells] }
    }

    /// The flags of an image.
    #[must_use]
    pub fn of(&self, row: usize) -> &[bool] {
        &self.seen[row * self.cells..][..self.cells]
    }

    /// The flags of all images, [n, cells].
    #[must_use]
    pub fn all(&self) -> &[bool] {
        &self.seen
    }

    /// Notes one look an image.
    pub fn mark(&mut self, cells: impl IntoIterator<Item = usize>) {
        for (flags, cell) in self.seen.chunks_exact_mut(self.cells).zip(cells) {
            flags[cell] = true;
        }
    }

    /// Only some images, in this order.
    #[must_use]
    pub fn keep(&self, rows: &[usize]) -> Self {
        let seen = rows.iter().flat_map(|row| self.of(*row)).copied().collect();
        Self { cells: self.cells, seen }
    }
}
