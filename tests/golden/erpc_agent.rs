//! The agent of a case.

use erpc_pipe::nn::Tensor;
use erpc_pipe::nn::tape::Parameters;
use erpc_pipe::rl::action::{Grid, Head, Policy, Revisit};
use erpc_pipe::rl::{Agent, AgentShape, CriticEncoder};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

use crate::case::Case;

/// The agent with the parameters of the case, called as there.
pub(crate) fn agent(case: &Case) -> (Agent, Parameters<f32>) {
    let head = match case.word("head") {
        "gaussian2d" => Head::Gaussian2d { std: case.hyper("std") },
        "categorical" => Head::Categorical,
        other => panic!("head `{other}`"),
    };
    let grid = Grid { side: 4 };
    let policy = Policy::new(head, Revisit::Forbidden, grid, case.count("T")).unwrap();
    let hidden = case.hypers("hidden");
    let shape = AgentShape {
        state: case.count("planes") * case.count("expansion"),
        hidden: [hidden[0] as usize, hidden[1] as usize],
        memory: case.count("state"),
        critic: CriticEncoder::Shared,
    };
    let mut parameters = Parameters::default();
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let agent = Agent::new(&mut parameters, "agent.", &shape, policy, &mut rng).unwrap();
    let names: Vec<_> = case.names("param.").filter(|name| name.starts_with("agent.")).collect();
    assert_eq!(names.len(), parameters.iter().count(), "every parameter is given");
    for name in names {
        let id = parameters.find(name).unwrap();
        let shape = parameters.get(id).value().shape().to_vec();
        parameters.replace(id, Tensor::new(shape, case.singles(&format!("param.{name}"))));
    }
    (agent, parameters)
}
