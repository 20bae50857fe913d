use super::*;

fn episodes(form: RewardForm, sigma: f64) -> Episodes {
    let rules = Rules { form, stopping: Stopping::new(sigma, 1).unwrap(), discount: 0.5 };
    let mut episodes = Episodes { steps: 3, stops: vec![], earned: vec![], returns: vec![] };
    episodes.push(&[1.0; 3], &[0.0, 0.25, 1.0, 0.5], &rules);
    episodes.push(&[2.0, 1.0, 1.0], &[0.5, 0.25, 0.25, 0.75], &rules);
    episodes
}

#[test]
fn what_comes_after_the_end_counts_nothing() {
    let episodes = episodes(RewardForm::Absolute, 0.75);
    assert_eq!(episodes.stops, [2, 3]);
    assert_eq!(episodes.live(), [0, 1, 3, 4, 5]);
    assert_eq!(episodes.earned, [0.25, 1.0, 0.5, 0.5, 0.25, 0.75]);
    // .25 + .5 * 1; .25 + .5 * .75 = .625, .5 + .5 * .625.
    assert_eq!(episodes.returns, [0.75, 1.0, 0.0, 0.8125, 0.625, 0.75]);
    assert_eq!(episodes.mean_steps(), 2.5);
    assert_eq!(episodes.mean_reward(), 0.55);
    assert_eq!(episodes.share_ended_early(), 0.5);
    let standardised = episodes.standardised();
    assert_eq!(standardised[2], 0.0);
    assert!((standardised.iter().sum::<f64>()).abs() < 1e-12);
}

#[test]
fn steps_saved_are_paid_where_the_end_absorbs() {
    let episodes = episodes(RewardForm::Absorbing, 0.75);
    // 1 + .5 * 1, and .25 + .5 * 1.5; the saved step is no decision, so it is not live.
    assert_eq!(episodes.returns[..3], [1.0, 1.5, 0.0]);
}

#[test]
fn increments_are_paid_but_the_absolute_reward_ends() {
    let episodes = episodes(RewardForm::Delta, 0.75);
    assert_eq!(episodes.stops, [2, 3]);
    assert_eq!(episodes.earned[..3], [0.25, 0.75, -0.5]);
    assert_eq!(episodes.returns[..3], [0.625, 0.75, 0.0]);
}
