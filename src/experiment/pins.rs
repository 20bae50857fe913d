//! Whether the settings exist that stages are held to, or that are left out.

use crate::manifest::{Pin, Problem};
use crate::suggest::advice;

use super::Axis;

/// Reports axes, labels and seeds that the experiment does not have.
pub(super) fn check(pins: &[Pin], axes: &[Axis], seeds: &[u64], problems: &mut Vec<Problem>) {
    for pin in pins {
        if pin.axis == "seed" {
            let known: Vec<String> = seeds.iter().map(u64::to_string).collect();
            check_label(pin, "seeds", &known, problems);
            continue;
        }
        match axes.iter().find(|axis| axis.name == pin.axis) {
            Some(axis) => {
                let known: Vec<String> = axis.options.iter().map(|o| o.label.clone()).collect();
                check_label(pin, "labels", &known, problems);
            }
            None => {
                let mut names: Vec<&str> = axes.iter().map(|axis| axis.name.as_str()).collect();
                names.push("seed");
                let message = format!("there is no axis `{}`", pin.axis);
                let help = advice(&pin.axis, "axes", &names);
                problems.push(Problem::at(&pin.axis_place, message).help(help).absence());
            }
        }
    }
}

fn check_label(pin: &Pin, what: &str, known: &[String], problems: &mut Vec<Problem>) {
    if known.contains(&pin.label) {
        return;
    }
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let message = format!("`{}` has no setting `{}`", pin.axis, pin.label);
    let help = advice(&pin.label, what, &known);
    problems.push(Problem::at(&pin.label_place, message).help(help).absence());
}
