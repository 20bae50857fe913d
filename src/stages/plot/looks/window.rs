//! Where a cell of the map lies in the picture.
//!
//! A map of H x W pixels covers the network's input picture in H x W equal boxes, so the window of a
//! cell is a rectangle of them: with 224 pixels, a 14 x 14 map, windows of 5 and a stride of 3, cell
//! (i, j) is the box of 80 pixels from (48 i, 48 j). That is the footprint in the grid. What the
//! numbers of a window depend on, the receptive field, is far larger.

use crate::artifact::{Bounds, Point};
use crate::models::erpcnet::cells::Cells;

/// The window of a cell on a picture at `picture`; `map` is [rows, columns] of the map's pixels.
#[expect(clippy::cast_precision_loss, reason = "maps have few pixels")]
pub(super) fn window(cells: &Cells, map: [usize; 2], cell: usize, picture: &Bounds) -> Bounds {
    let [row, column] = cells.origin(cell);
    let across = |pixel: usize| picture.left + picture.width() * pixel as f64 / map[1] as f64;
    let down = |pixel: usize| picture.top + picture.height() * pixel as f64 / map[0] as f64;
    Bounds {
        left: across(column),
        top: down(row),
        right: across(column + cells.window),
        bottom: down(row + cells.window),
    }
}

/// The middle of a box.
pub(super) fn middle(bounds: &Bounds) -> Point {
    (f64::midpoint(bounds.left, bounds.right), f64::midpoint(bounds.top, bounds.bottom))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The boxes of the paper's figures, at the size of the network's input.
    #[test]
    fn the_papers_cells_are_boxes_of_80_pixels_every_48() {
        let cells = Cells::of([14, 14], 5, 3).unwrap();
        let picture = Bounds { left: 0.0, top: 0.0, right: 224.0, bottom: 224.0 };
        for cell in 0..16_u8 {
            let (row, column) = (f64::from(cell / 4), f64::from(cell % 4));
            let found = window(&cells, [14, 14], cell.into(), &picture);
            let (left, top) = (48.0 * column, 48.0 * row);
            let expected = Bounds { left, top, right: left + 80.0, bottom: top + 80.0 };
            let sides = |one: &Bounds| [one.left, one.top, one.right, one.bottom];
            let near = |(one, other): (f64, f64)| (one - other).abs() < 1e-9;
            assert!(sides(&found).into_iter().zip(sides(&expected)).all(near), "{found:?}");
        }
    }

    #[test]
    fn a_map_need_not_be_square_nor_the_picture_at_the_corner() {
        let cells = Cells::of([4, 8], 2, 2).unwrap();
        let picture = Bounds { left: 10.0, top: 20.0, right: 90.0, bottom: 60.0 };
        let found = window(&cells, [4, 8], 5, &picture);
        assert_eq!(found, Bounds { left: 30.0, top: 40.0, right: 50.0, bottom: 60.0 });
        assert_eq!(middle(&found), (40.0, 50.0));
    }
}
