//! The cells of a map that can be looked at.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use crate::nn::tape::Corner;

/// Square windows at regular places of a map: a valid convolution's output positions.
///
/// The paper's 5x5 window with stride 3 on a 14x14 map has 4x4 cells, of which the last ends on the
/// last pixel, so that no border needs care (1.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cells {
    /// Pixels on a side of a window.
    pub window: usize,
    /// Pixels from one window to the next.
    pub stride: usize,
    /// Cells on each side: [rows, columns].
    pub grid: [usize; 2],
}

impl Cells {
    /// The cells of a map of [rows, columns] pixels; none if not even one window fits.
    #[must_use]
    pub fn of(map: [usize; 2], window: usize, stride: usize) -> Option<Self> {
        let side = |pixels: usize| Some(pixels.checked_sub(window)? / stride.max(1) + 1);
        Some(Self { window, stride, grid: [side(map[0])?, side(map[1])?] })
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.grid[0] * self.grid[1]
    }

    /// The first [row, column] of a cell's window. Cells are counted row by row.
    #[must_use]
    pub fn origin(&self, cell: usize) -> [usize; 2] {
        [cell / self.grid[1] * self.stride, cell % self.grid[1] * self.stride]
    }

    /// The window of a cell of an image.
    #[must_use]
    pub fn corner(&self, image: usize, cell: usize) -> Corner {
        let [row, column] = self.origin(cell);
        Corner { image, row, column }
    }

    /// Draws `looks` different cells, all orders being equally likely.
    ///
    /// # Panics
    /// If there are not as many.
    #[must_use]
    pub fn draw(&self, looks: usize, rng: &mut ChaCha8Rng) -> Vec<usize> {
        let mut cells: Vec<usize> = (0..self.count()).collect();
        for at in 0..looks {
            let other = rng.random_range(at..cells.len());
            cells.swap(at, other);
        }
        cells.truncate(looks);
        cells
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng as _;

    use super::*;

    /// (E2)
    #[test]
    fn the_papers_windows_cover_the_map_once_twice_or_four_times() {
        let cells = Cells::of([14, 14], 5, 3).unwrap();
        assert_eq!((cells.grid, cells.count()), ([4, 4], 16));
        assert_eq!((cells.origin(0), cells.origin(7), cells.origin(15)), ([0, 0], [3, 9], [9, 9]));
        let mut seen = [[0; 14]; 14];
        for cell in 0..16 {
            let [row, column] = cells.origin(cell);
            for line in &mut seen[row..row + 5] {
                line[column..column + 5].iter_mut().for_each(|count| *count += 1);
            }
        }
        // Rows 3-4, 6-7 and 9-10 belong to two windows, the others to one.
        let shared = |at: usize| if [3, 4, 6, 7, 9, 10].contains(&at) { 2 } else { 1 };
        for (row, line) in seen.iter().enumerate() {
            for (column, count) in line.iter().enumerate() {
                assert_eq!(*count, shared(row) * shared(column));
            }
        }
        assert_eq!(Cells::of([4, 14], 5, 3), None);
    }

    #[test]
    fn drawn_cells_differ_and_every_cell_comes_first_as_often() {
        let cells = Cells::of([14, 14], 5, 3).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut first = [0; 16];
        for _ in 0..1600 {
            let drawn = cells.draw(6, &mut rng);
            let mut sorted = drawn.clone();
            sorted.sort_unstable();
            sorted.dedup();
            assert_eq!(sorted.len(), 6);
            first[drawn[0]] += 1;
        }
        assert!(first.iter().all(|count| (60..=140).contains(count)), "{first:?}");
        assert_eq!(cells.draw(16, &mut rng).len(), 16);
    }
}
