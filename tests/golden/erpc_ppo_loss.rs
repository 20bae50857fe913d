//! The clipped objective on free numbers.

use erpc_pipe::nn::Tensor;
use erpc_pipe::nn::tape::{Parameters, Recording, Tape};
use erpc_pipe::rl::ppo::{Said, Targets, objective};
use erpc_pipe::rl::{Normalisation, Ppo};

use crate::case::{Answers, Case};

pub(crate) fn answers(case: &Case) -> Answers {
    let mask = case.indices("in.mask");
    let live: Vec<usize> = (0..mask.len()).filter(|place| mask[*place] == 1).collect();
    let of_live = |name: &str| {
        let all = case.singles(name);
        live.iter().map(|place| all[*place]).collect()
    };
    let targets = Targets {
        log_densities: of_live("in.log_prob_old"),
        returns: of_live("in.returns"),
        live: live.clone(),
    };
    let settings = Ppo {
        clip: case.hyper("eps"),
        value_weight: case.hyper("c_value"),
        entropy_weight: case.hyper("c_entropy"),
        normalisation: Normalisation::None,
        ..Ppo::default()
    };
    let parameters = Parameters::default();
    let mut tape = Tape::new(&parameters, Recording::On);
    let vars = ["in.log_prob", "in.value", "in.entropy"]
        .map(|name| tape.variable(Tensor::new(vec![mask.len()], case.singles(name))));
    let [log_densities, values, entropies] = vars;
    let said = Said { log_densities, values, entropies };
    let parts = objective(&mut tape, &said, &targets, &settings);
    let loss = f64::from(tape.value(parts.loss).values()[0]);
    let outcome = tape.backward(parts.loss);
    let mut answers = vec![("loss.total".into(), vec![loss])];
    for (name, var) in ["grad.log_prob", "grad.value", "grad.entropy"].into_iter().zip(vars) {
        let gradient = outcome.of(var).unwrap().values();
        answers.push((name.into(), gradient.iter().map(|value| f64::from(*value)).collect()));
    }
    answers
}
