//! How an actor's output becomes a look, and what the look's density is.

use crate::nn::tape::{Tape, Var};
use crate::nn::{Real, Tensor};

use super::super::SettingError;
use super::{Action, Choice, Density, Grid, Head, Revisit, Visits, categorical, gaussian};

/// How an output becomes a look.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Policy {
    head: Head,
    revisit: Revisit,
    grid: Grid,
    steps: usize,
}

impl Policy {
    /// A policy for episodes of at most `steps` looks.
    ///
    /// # Errors
    /// [`SettingError`] if there are no cells, no steps, fewer free cells than steps, or if the
    /// deviation is not above 0.
    pub fn new(
        head: Head,
        revisit: Revisit,
        grid: Grid,
        steps: usize,
    ) -> Result<Self, SettingError> {
        let cells = grid.cells();
        if cells == 0 || steps == 0 {
            return Err(SettingError::NothingToSee { cells, steps });
        }
        if revisit == Revisit::Forbidden && steps > cells {
            return Err(SettingError::TooManySteps { cells, steps });
        }
        match head {
            Head::Gaussian2d { std } if !(std.is_finite() && std > 0.0) => {
                Err(SettingError::out_of_range("std", std, "a finite number above 0"))
            }
            _ => Ok(Self { head, revisit, grid, steps }),
        }
    }

    /// What an output means.
    #[must_use]
    pub fn head(&self) -> Head {
        self.head
    }

    /// What is chosen from.
    #[must_use]
    pub fn grid(&self) -> Grid {
        self.grid
    }

    /// T, the most looks at an image.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Numbers an actor gives for one image.
    #[must_use]
    pub fn outputs(&self) -> usize {
        match self.head {
            Head::Gaussian2d { .. } => 2,
            Head::Categorical => self.grid.cells(),
        }
    }

    /// What is drawn from: the means [n, 2], or the logarithms of probabilities [n, cells].
    pub fn distribution<T: Real>(
        &self,
        tape: &mut Tape<'_, T>,
        output: Var,
        visits: &Visits,
    ) -> Var {
        match self.head {
            Head::Gaussian2d { .. } => gaussian::means(tape, output),
            Head::Categorical => {
                let closed = (self.revisit == Revisit::Forbidden).then(|| visits.all());
                categorical::log_probabilities(tape, output, closed)
            }
        }
    }

    /// Chooses an action an image, by noise [n, W] or, without it, greedily.
    #[must_use]
    pub fn choose<T: Real>(
        &self,
        distribution: &Tensor<T>,
        visits: &Visits,
        noise: Option<&[f64]>,
    ) -> Vec<Choice<T>> {
        match self.head {
            Head::Gaussian2d { std } => {
                let points = gaussian::points(distribution, std, noise).into_iter().enumerate();
                points.map(|(row, point)| self.at(point, visits.of(row))).collect()
            }
            Head::Categorical => {
                let cells = categorical::cells(distribution, noise).into_iter();
                cells.map(|cell| Choice { action: Action::Cell(cell), cell }).collect()
            }
        }
    }

    /// What the distribution says of actions, one an image.
    ///
    /// # Panics
    /// If they are of another head.
    pub fn density<T: Real>(
        &self,
        tape: &mut Tape<'_, T>,
        distribution: Var,
        choices: &[Choice<T>],
    ) -> Density {
        match self.head {
            Head::Gaussian2d { std } => {
                let points: Vec<[T; 2]> = choices.iter().map(Choice::point).collect();
                gaussian::density(tape, distribution, std, &points)
            }
            Head::Categorical => {
                let cells = choices.iter().map(|choice| choice.cell).collect();
                categorical::density(tape, distribution, cells)
            }
        }
    }

    /// Where a point leads.
    fn at<T: Real>(&self, point: [T; 2], visited: &[bool]) -> Choice<T> {
        let place = point.map(Real::wide);
        let cell = self.grid.cell(place);
        let is_taken = self.revisit == Revisit::Forbidden && visited[cell];
        let free = || self.grid.nearest_free(place, visited).expect("fewer steps than cells");
        let cell = if is_taken { free() } else { cell };
        Choice { action: Action::Point(point), cell }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::tape::{Parameters, Recording};

    const GRID: Grid = Grid { side: 4 };
    const GAUSSIAN: Head = Head::Gaussian2d { std: 0.1 };

    fn refusal(head: Head, side: u16, steps: usize) -> String {
        Policy::new(head, Revisit::Forbidden, Grid { side }, steps).unwrap_err().to_string()
    }

    #[test]
    fn what_cannot_be_is_refused() {
        assert_eq!(
            refusal(GAUSSIAN, 2, 5),
            "5 steps on 4 cells: each cell is looked at once, so at most 4 steps are possible; \
             take fewer steps or allow revisits"
        );
        assert!(Policy::new(GAUSSIAN, Revisit::Allowed, Grid { side: 2 }, 5).is_ok());
        assert_eq!(
            refusal(Head::Categorical, 4, 0),
            "a search needs cells and steps: there are 16 cells and 0 steps"
        );
        assert_eq!(
            refusal(Head::Gaussian2d { std: 0.0 }, 4, 1),
            "`std` is 0; expected a finite number above 0"
        );
    }

    /// (E14), and the density that stays that of the point.
    #[test]
    fn a_point_on_a_seen_cell_moves_and_keeps_its_density() {
        let policy = |revisit| Policy::new(GAUSSIAN, revisit, GRID, 4).unwrap();
        let means = Tensor::new(vec![1, 2], vec![0.99_f64, 0.99]);
        let noise = [3.0, 3.0];
        let mut visits = Visits::none(1, 16);
        let choose =
            |policy: Policy, visits: &Visits| policy.choose(&means, visits, Some(&noise))[0];
        let first = choose(policy(Revisit::Forbidden), &visits);
        assert_eq!(first, Choice { action: Action::Point([1.0, 1.0]), cell: 15 });
        visits.mark([15]);
        let second = choose(policy(Revisit::Forbidden), &visits);
        assert_eq!(second, Choice { action: Action::Point([1.0, 1.0]), cell: 11 });
        assert_eq!(choose(policy(Revisit::Allowed), &visits), first);

        let parameters = Parameters::default();
        let mut tape = Tape::new(&parameters, Recording::Off);
        let distribution = tape.constant(means.clone());
        let logs = [first, second].map(|choice| {
            let density = policy(Revisit::Forbidden).density(&mut tape, distribution, &[choice]);
            tape.value(density.log).values()[0]
        });
        assert_eq!(logs[0], logs[1]);
    }

    #[test]
    fn a_categorical_head_may_come_back_only_if_allowed() {
        let mut visits = Visits::none(1, 16);
        visits.mark([3]);
        let mut output = vec![0.0_f32; 16];
        output[3] = 50.0;
        let cell = |revisit| {
            let policy = Policy::new(Head::Categorical, revisit, GRID, 4).unwrap();
            let parameters = Parameters::default();
            let mut tape = Tape::new(&parameters, Recording::Off);
            let output = tape.constant(Tensor::new(vec![1, 16], output.clone()));
            let logs = policy.distribution(&mut tape, output, &visits);
            policy.choose(tape.value(logs), &visits, Some(&[0.5]))[0].cell
        };
        assert_eq!(cell(Revisit::Allowed), 3);
        // Fifteen equal cells, .5 of them: the eighth that is left.
        assert_eq!(cell(Revisit::Forbidden), 8);
    }
}
