//! Stage I of ERPCNet: four losses, all gradients, and two steps.

use erpc_pipe::models::erpcnet::losses::{JointLoss, Losses, Objective};
use erpc_pipe::models::erpcnet::network::{Attributes, Kept, LocalBatching, Looks};
use erpc_pipe::nn::optimiser::{Optimiser as _, Sgd};
use erpc_pipe::nn::tape::{Mode, ParameterKind, Parameters, Recording, Tape};

use crate::case::{Answers, Case};
use crate::network::{Bottlenecks, answers, in_file_order, maps, network, parameters, tensor};

pub(crate) fn answers_of(case: &Case) -> Answers {
    let mut parameters = parameters(case, "");
    let mut sgd = Sgd::new(case.hyper("momentum"), case.hyper("weight_decay"));
    let mut all = Answers::new();
    for step in 1..=2 {
        let mut tape = Tape::new(&parameters, Recording::On);
        let (attributes, losses) = pass(case, &parameters, &mut tape);
        let number = |var| in_file_order(tape.value(var));
        if step == 1 {
            let [global, local, joint, largest] =
                losses.parts.map(|loss| loss.expect("all losses count"));
            for (name, var) in [
                ("out.v", attributes.embeddings),
                ("out.a_g", attributes.global),
                ("out.a_l", attributes.local),
                ("out.a_j", attributes.joint),
                ("out.a_m", attributes.largest),
                ("loss.g", global),
                ("loss.l", local),
                ("loss.j", joint),
                ("loss.m", largest),
                ("loss.total", losses.total),
            ] {
                all.push((name.into(), number(var)));
            }
        } else {
            all.push(("loss.step2".into(), number(losses.total)));
        }
        let mut outcome = tape.backward(losses.total);
        if step == 1 {
            let trained = parameters.iter().filter(|(_, one)| one.kind.is_trained());
            all.extend(trained.map(|(id, one)| {
                (format!("grad.{}", one.name), in_file_order(outcome.of_parameter(id).unwrap()))
            }));
        }
        let buffers = std::mem::take(&mut outcome.buffers);
        sgd.step(&mut parameters, &outcome, case.hyper("lr"));
        parameters.update_buffers(buffers);
    }
    all.extend(answers(&parameters, ParameterKind::Weight, "after"));
    all.extend(answers(&parameters, ParameterKind::Buffer, "buffer_after"));
    all
}

fn pass(
    case: &Case,
    parameters: &Parameters<f32>,
    tape: &mut Tape<'_, f32>,
) -> (Attributes, Losses) {
    let batching = match case.word("bn_batching") {
        "merged" => LocalBatching::Merged,
        "per_step" => LocalBatching::PerStep,
        other => panic!("`{other}` is no way of batching"),
    };
    let joint = match case.word("joint") {
        "prefixes" => JointLoss::Prefixes,
        "final" => JointLoss::Final,
        other => panic!("`{other}` is no joint loss"),
    };
    let network = network(parameters, batching, case.hyper("p_drop"));
    let tail = Bottlenecks::new(parameters, case.count("blocks"));
    let cells = case.indices("in.cells");
    let looks = Looks {
        maps: Some(tape.constant(maps(case, "in.E"))),
        global: tape.constant(tensor(case, "in.g")),
        cells: &cells,
    };
    let masks = ["g", "l", "j1", "j2"].map(|name| mask(case, name));
    let [global, local, fused, joint_mask] = masks.each_ref().map(Option::as_deref);
    let kept = Kept { global, local, fused, joint: joint_mask };
    let attributes = network.pass(tape, &tail, looks, kept, Mode::Training);
    let signatures = tape.constant(tensor(case, "in.phi"));
    let objective = Objective {
        joint,
        logit_scale: case.hyper("phi_scale"),
        double_softmax: false,
        weights: [1.0; 4],
    };
    let losses = objective.losses(tape, &attributes, signatures, &case.indices("in.y"));
    (attributes, losses)
}

/// What dropout keeps, if the case says so.
fn mask(case: &Case, name: &str) -> Option<Vec<bool>> {
    let name = format!("mask.{name}");
    case.names("in.").find(|one| *one == name)?;
    Some(case.numbers(&format!("in.{name}")).iter().map(|kept| *kept > 0.5).collect())
}
