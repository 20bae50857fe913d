//! Memory that is used again.
//!
//! A training step takes and leaves hundreds of megabytes in buffers of the same few lengths. Memory
//! that comes fresh from the system costs a page fault every 4 KiB, and giving it back stops every
//! other thread for a moment, so that a step would spend as long in the system as in products. A
//! [`Workspace`] keeps the blocks that tensors leave, and gives them to tensors to come. What it holds
//! is bounded by what was once in use at the same time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Real, Tensor};

/// Tensors with fewer values are left to the allocator, which keeps small blocks itself.
const LEAST: usize = 1 << 12;

/// A block may be this many times as long as what is put into it.
const SLACK: usize = 2;

/// As many times what was ever in use may be held. The blocks of a step are not all in use at its peak:
/// where that is the gradient of one large filter, nearly as much lies idle beside it, and would be
/// made anew in every step if less was held.
const HELD: usize = 2;

/// Blocks that tensors have left. Handles to one workspace share them.
pub struct Workspace<T = f32>(Arc<Mutex<Blocks<T>>>);

/// The values of a tensor, which go back to where they come from.
#[derive(Debug)]
pub(super) struct Storage<T> {
    block: Vec<T>,
    /// How much of the block is used.
    length: usize,
    home: Option<Workspace<T>>,
}

struct Blocks<T> {
    /// By their lengths.
    idle: BTreeMap<usize, Vec<Vec<T>>>,
    /// Values in idle blocks.
    spare: usize,
    /// Values in blocks that tensors have now.
    used: usize,
    /// The most values that were ever in use.
    most: usize,
}

impl<T: Real> Workspace<T> {
    /// Zeros.
    #[must_use]
    pub fn zeros(&self, shape: Vec<usize>) -> Tensor<T> {
        let length = shape.iter().product();
        let (mut storage, is_fresh) = self.take(length);
        if !is_fresh {
            storage.values_mut().fill(T::ZERO);
        }
        Tensor::stored(shape, storage)
    }

    /// Values that are to be written before they are read: those that stood there before.
    #[must_use]
    pub fn blank(&self, shape: Vec<usize>) -> Tensor<T> {
        let length = shape.iter().product();
        let mut storage = self.take(length).0;
        if cfg!(test) {
            // What reads them all the same shall be seen.
            storage.values_mut().fill(T::of(f64::NAN));
        }
        Tensor::stored(shape, storage)
    }

    /// A block of zeros, or one that was used before; true if it is fresh.
    fn take(&self, length: usize) -> (Storage<T>, bool) {
        if length < LEAST {
            return (Storage::from(vec![T::ZERO; length]), true);
        }
        let home = Some(self.clone());
        let mut blocks = self.blocks();
        if let Some(block) = blocks.find(length) {
            return (Storage { block, length, home }, false);
        }
        blocks.make_room(length);
        drop(blocks);
        (Storage { block: vec![T::ZERO; length], length, home }, true)
    }
}

impl<T> Workspace<T> {
    fn blocks(&self) -> MutexGuard<'_, Blocks<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Clone for Workspace<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Workspace<T> {
    fn default() -> Self {
        let blocks = Blocks { idle: BTreeMap::new(), spare: 0, used: 0, most: 0 };
        Self(Arc::new(Mutex::new(blocks)))
    }
}

impl<T> std::fmt::Debug for Workspace<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let blocks = self.blocks();
        f.debug_struct("Workspace")
            .field("spare", &blocks.spare)
            .field("used", &blocks.used)
            .finish_non_exhaustive()
    }
}

impl<T> Blocks<T> {
    /// The shortest idle block that fits.
    fn find(&mut self, length: usize) -> Option<Vec<T>> {
        let (&found, _) = self.idle.range(length..=length * SLACK).next()?;
        let block = self.remove(found)?;
        self.begin_use(found);
        Some(block)
    }

    /// Counts a block that is about to be made, and drops idle ones, the shortest first, until no
    /// more is held than may be.
    fn make_room(&mut self, length: usize) {
        self.begin_use(length);
        while self.used + self.spare > HELD * self.most {
            let Some((&shortest, _)) = self.idle.first_key_value() else { break };
            self.remove(shortest);
        }
    }

    fn begin_use(&mut self, length: usize) {
        self.used += length;
        self.most = self.most.max(self.used);
    }

    fn remove(&mut self, length: usize) -> Option<Vec<T>> {
        let shelf = self.idle.get_mut(&length)?;
        let block = shelf.pop();
        if shelf.is_empty() {
            self.idle.remove(&length);
        }
        self.spare -= length;
        block
    }

    fn put_back(&mut self, block: Vec<T>) {
        self.used -= block.len();
        self.spare += block.len();
        self.idle.entry(block.len()).or_default().push(block);
    }
}

impl<T> Storage<T> {
    pub(super) fn values(&self) -> &[T] {
        &self.block[..self.length]
    }

    pub(super) fn values_mut(&mut self) -> &mut [T] {
        &mut self.block[..self.length]
    }

    /// The values, which do not go back.
    pub(super) fn into_values(mut self) -> Vec<T> {
        if let Some(home) = self.home.take() {
            home.blocks().used -= self.block.len();
        }
        self.block.truncate(self.length);
        std::mem::take(&mut self.block)
    }
}

impl<T> From<Vec<T>> for Storage<T> {
    fn from(block: Vec<T>) -> Self {
        Self { length: block.len(), block, home: None }
    }
}

impl<T: Real> Clone for Storage<T> {
    fn clone(&self) -> Self {
        let Some(home) = &self.home else { return Self::from(self.block.clone()) };
        let mut copy = home.take(self.length).0;
        copy.values_mut().copy_from_slice(self.values());
        copy
    }
}

impl<T> Drop for Storage<T> {
    fn drop(&mut self) {
        if let Some(home) = self.home.take() {
            home.blocks().put_back(std::mem::take(&mut self.block));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(tensor: &Tensor) -> *const f32 {
        tensor.values().as_ptr()
    }

    #[test]
    fn what_a_tensor_leaves_is_given_to_the_next_that_fits() {
        let workspace = Workspace::<f32>::default();
        let first = workspace.zeros(vec![LEAST * 2]);
        let block = place(&first);
        drop(first);
        let mut shorter = workspace.blank(vec![LEAST + 1]);
        assert_eq!(place(&shorter), block);
        assert_eq!(shorter.values().len(), LEAST + 1);
        shorter.values_mut().fill(2.0);
        drop(shorter);
        let again = workspace.zeros(vec![LEAST * 2]);
        assert_eq!(place(&again), block);
        assert!(again.values().iter().all(|value| *value == 0.0));
    }

    fn held(workspace: &Workspace) -> [usize; 2] {
        let blocks = workspace.blocks();
        [blocks.used, blocks.spare]
    }

    #[test]
    fn what_is_held_is_bounded_by_what_was_in_use() {
        let workspace = Workspace::<f32>::default();
        for times in 1..40 {
            drop([workspace.blank(vec![LEAST * times]), workspace.blank(vec![LEAST * times])]);
            let [used, spare] = held(&workspace);
            assert_eq!(used, 0);
            // Two at a time.
            assert!(spare <= LEAST * times * 2 * HELD, "{times}: {spare}");
        }
    }

    #[test]
    fn values_are_shared_until_one_side_changes_them() {
        let workspace = Workspace::<f32>::default();
        for first in [Tensor::zeros(vec![LEAST]), workspace.zeros(vec![LEAST])] {
            let mut second = first.clone();
            assert_eq!(place(&first), place(&second));
            second.values_mut()[7] = 1.0;
            assert_eq!([first.values()[7], second.values()[7]], [0.0, 1.0]);
            let block = place(&second);
            second.values_mut()[8] = 1.0;
            assert_eq!(place(&second), block);
        }
        assert_eq!(held(&workspace)[0], 0);
    }

    #[test]
    fn values_that_are_taken_out_do_not_come_back() {
        let workspace = Workspace::<f32>::default();
        drop(workspace.zeros(vec![LEAST * 2]));
        let values = workspace.zeros(vec![LEAST + 1]).into_values();
        assert_eq!(values, vec![0.0; LEAST + 1]);
        assert_eq!(held(&workspace), [0, 0]);
    }
}
