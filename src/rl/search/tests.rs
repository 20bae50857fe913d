//! Cells, ends, and that a trace holds all other thresholds.

use super::super::action::{Head, Noise, Policy, Revisit};
use super::super::testing::{GRID, HEADS, STEPS, Toy, agent, policy, rng, shape};
use super::super::{CriticEncoder, Rollout};
use super::*;

const IMAGES: usize = 24;

fn trace(head: Head, stopping: &Stopping, draw: Draw<'_>) -> Vec<Trace> {
    let (agent, parameters) = agent(head, CriticEncoder::Separate);
    search(&agent, &parameters, &mut Toy::new(IMAGES), stopping, draw)
}

fn sigma(value: f64) -> Stopping {
    Stopping::new(value, 1).unwrap()
}

/// (E3)
#[test]
fn no_cell_is_looked_at_twice() {
    for head in HEADS {
        let noise = Noise::draw(&policy(head), IMAGES, &mut rng(2));
        for draw in [Draw::Greedy, Draw::Sampled(&noise)] {
            for trace in trace(head, &Stopping::NEVER, draw) {
                let mut cells: Vec<usize> = trace.looks.iter().map(|look| look.cell).collect();
                cells.sort_unstable();
                cells.dedup();
                assert_eq!(cells.len(), STEPS, "{head:?} {trace:?}");
            }
        }
    }
}

/// (E3), to the last free cell.
#[test]
fn as_many_steps_as_cells_see_every_cell() {
    for head in HEADS {
        let policy = Policy::new(head, Revisit::Forbidden, GRID, GRID.cells()).unwrap();
        let mut parameters: Parameters<f64> = Parameters::default();
        let shape = shape(CriticEncoder::Shared);
        let agent = Agent::new(&mut parameters, "", &shape, policy, &mut rng(3)).unwrap();
        let noise = Noise::draw(&policy, 5, &mut rng(4));
        let mut toy = Toy::new(5);
        let draw = Draw::Sampled(&noise);
        for trace in search(&agent, &parameters, &mut toy, &Stopping::NEVER, draw) {
            let mut cells: Vec<usize> = trace.looks.iter().map(|look| look.cell).collect();
            cells.sort_unstable();
            assert_eq!(cells, (0..GRID.cells()).collect::<Vec<_>>());
        }
    }
}

/// (E12): what follows from a full trace is what a search with that threshold sees.
#[test]
fn a_sweep_from_one_trace_is_a_search_a_threshold() {
    for head in HEADS {
        let noise = Noise::draw(&policy(head), IMAGES, &mut rng(2));
        for draw in [Draw::Greedy, Draw::Sampled(&noise)] {
            let full = trace(head, &Stopping::NEVER, draw);
            let mut stops = Vec::new();
            for rule in [0.0, 0.2, 0.35, 0.5, 0.7, 9.0].map(sigma) {
                let again = trace(head, &rule, draw);
                for (full, again) in full.iter().zip(&again) {
                    assert_close(&full.until(&rule), again);
                    stops.push(again.looks.len());
                }
            }
            assert!((1..=STEPS).all(|stop| stops.contains(&stop)), "{stops:?}");
        }
    }
}

/// The same looks; probabilities are the environment's, which is the same in both.
fn assert_close(derived: &Trace, found: &Trace) {
    assert_eq!(derived, found);
    assert_eq!(derived.prediction(derived.looks.len()), found.looks.last().unwrap().prediction);
    assert_eq!(derived.prediction(0), found.opening);
}

/// (E5): steps do not fall with sigma.
#[test]
fn more_is_asked_more_is_looked_at() {
    let mut before = vec![0; IMAGES];
    for rule in [-1.0, 0.1, 0.3, 0.5, 0.7, 0.9, 2.6].map(sigma) {
        let traces = trace(Head::Categorical, &rule, Draw::Greedy);
        let steps: Vec<usize> = traces.iter().map(|trace| trace.looks.len()).collect();
        assert!(steps.iter().zip(&before).all(|(now, before)| now >= before));
        for look in traces.iter().flat_map(|trace| &trace.looks) {
            assert_eq!(look.reward, look.weight * (look.joint + look.global));
        }
        before = steps;
    }
    assert_eq!(before, [STEPS; IMAGES]);
}

#[test]
fn a_search_without_an_end_is_a_rollout() {
    let (agent, parameters) = agent(Head::Categorical, CriticEncoder::Shared);
    let mut toy = Toy::new(4);
    let rollout = Rollout::record(&agent, &parameters, &mut toy, Draw::Greedy);
    let traces = search(&agent, &parameters, &mut toy, &Stopping::NEVER, Draw::Greedy);
    for (image, trace) in traces.iter().enumerate() {
        let cells: Vec<usize> = trace.looks.iter().map(|look| look.cell).collect();
        let same: Vec<usize> = rollout.steps.iter().map(|step| step.choices[image].cell).collect();
        assert_eq!(cells, same);
    }
}
