use super::*;
use crate::stage::testing::Bench;

fn run(params: &MeasureCurvesParams) -> Result<Measures, StageError> {
    let mut curves = Curves::new(&["reward", "hits"]);
    for number in [0.2, 0.5, 0.8, 0.7] {
        curves.push(vec![Some(number), None]);
    }
    let outcome = Bench::new().input("curves", &curves).run::<MeasureCurves>(params)?;
    Ok(outcome.output("measures"))
}

#[test]
fn a_curve_comes_down_to_a_few_numbers() {
    let measures = run(&MeasureCurvesParams { reach: Some(0.6), ..Default::default() }).unwrap();
    let of = |name| measures.get(name);
    assert_eq!((of("first"), of("last"), of("largest")), (Some(0.2), Some(0.7), Some(0.8)));
    assert!((of("mean").unwrap() - 0.55).abs() < 1e-12);
    assert_eq!((of("epochs_to_reach"), of("best_epoch")), (Some(3.0), Some(3.0)));
    let never = MeasureCurvesParams { reach: Some(0.9), ..Default::default() };
    assert_eq!(run(&never).unwrap().get("epochs_to_reach"), None);
}

#[test]
fn curves_without_numbers_have_no_measures_and_unknown_ones_are_named() {
    let empty = MeasureCurvesParams { curve: "hits".into(), reach: None };
    let measures = run(&empty).unwrap();
    assert!(measures.names().all(|name| measures.get(name).is_none()));
    let unknown = MeasureCurvesParams { curve: "rewards".into(), reach: None };
    let message = run(&unknown).err().unwrap().to_string();
    assert_eq!(message, "parameter `curve`: there is no curve `rewards`; did you mean `reward`?");
}
