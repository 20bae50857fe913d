//! Cells of a square grid, row by row.

/// A square of cells. A point of it is [row, column], each in [0, 1].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Grid {
    /// G, cells in a row.
    pub side: u16,
}

impl Grid {
    /// How many cells there are.
    #[must_use]
    pub fn cells(self) -> usize {
        usize::from(self.side) * usize::from(self.side)
    }

    /// The cell `floor(G a)` of a point a; the far edge belongs to the last row and column.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place lies in [0, G], and the cast rounds down"
    )]
    pub fn cell(self, point: [f64; 2]) -> usize {
        let last = usize::from(self.side).saturating_sub(1);
        let [row, column] = point.map(|place| ((place * f64::from(self.side)) as usize).min(last));
        row * usize::from(self.side) + column
    }

    /// The free cell whose centre is nearest to `G a`, the first of equals; none if all are
    /// visited.
    #[must_use]
    pub fn nearest_free(self, point: [f64; 2], visited: &[bool]) -> Option<usize> {
        let places = (0..self.side).flat_map(|row| (0..self.side).map(move |column| [row, column]));
        let mut nearest: Option<(usize, f64)> = None;
        for (cell, place) in places.enumerate().filter(|(cell, _)| !visited[*cell]) {
            let distance: f64 = (0..2)
                .map(|axis| {
                    let away = f64::from(place[axis]) + 0.5 - point[axis] * f64::from(self.side);
                    away * away
                })
                .sum();
            if nearest.is_none_or(|(_, least)| distance < least) {
                nearest = Some((cell, distance));
            }
        }
        nearest.map(|(cell, _)| cell)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRID: Grid = Grid { side: 4 };

    /// (E14)
    #[test]
    fn the_far_edge_belongs_to_the_last_cell() {
        assert_eq!(GRID.cell([0.0, 0.0]), 0);
        assert_eq!(GRID.cell([0.2499, 0.25]), 1);
        assert_eq!(GRID.cell([0.5, 0.74]), 10);
        assert_eq!(GRID.cell([0.0, 1.0]), 3);
        assert_eq!(GRID.cell([1.0, 1.0]), 15);
    }

    #[test]
    fn the_nearest_free_cell_is_the_first_of_equals() {
        let mut visited = vec![false; 16];
        // The point 2, 2 is a corner of cells 5, 6, 9 and 10.
        assert_eq!(GRID.nearest_free([0.5, 0.5], &visited), Some(5));
        visited[5] = true;
        visited[6] = true;
        assert_eq!(GRID.nearest_free([0.5, 0.5], &visited), Some(9));
        // 0.4, 1.1 in cells: centre of 1 is (.5, 1.5), of 0 (.5, .5), of 4 (1.5, .5).
        visited[1] = true;
        assert_eq!(GRID.nearest_free([0.1, 0.275], &visited), Some(0));
        assert_eq!(GRID.nearest_free([0.1, 0.275], &[true; 16]), None);
    }
}
