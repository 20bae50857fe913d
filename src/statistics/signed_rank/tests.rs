use super::*;

#[test]
fn five_pairs_that_agree_have_p_of_one_sixteenth() {
    // All positive: one of 2^5 choices of signs, and its mirror image.
    let found = signed_rank(&[0.1, 0.4, 0.2, 0.5, 0.3]);
    assert_eq!(found, SignedRank { n: 5, positive: 15.0, p: 2.0 / 32.0 });
}

#[test]
fn a_pencil_counts_the_same() {
    // Ranks 1 2 3 4 with -1: the sums 0 and 1 are at least as far below 5 as 9 is above; so are 9
    // and 10: 4 of 16 choices.
    let found = signed_rank(&[-1.0, 2.0, 3.0, 4.0]);
    assert_eq!(found, SignedRank { n: 4, positive: 9.0, p: 0.25 });
}

#[test]
fn ties_share_the_mean_of_their_ranks() {
    // Magnitudes 1 1 2 have the ranks 1.5 1.5 3. Sums: 0 1.5 1.5 3 3 4.5 4.5 6. The positive ones
    // sum to 4.5; at least as far from 3: 0, 1.5 twice, 4.5 twice, 6: 6 of 8.
    let found = signed_rank(&[1.0, -1.0, 2.0]);
    assert_eq!(found, SignedRank { n: 3, positive: 4.5, p: 0.75 });
}

#[test]
fn zeros_are_dropped() {
    assert_eq!(signed_rank(&[0.0, 1.0, -0.0, 2.0]), signed_rank(&[1.0, 2.0]));
    assert_eq!(signed_rank(&[0.0, 0.0]), SignedRank { n: 0, positive: 0.0, p: 1.0 });
    assert_eq!(signed_rank(&[]), SignedRank { n: 0, positive: 0.0, p: 1.0 });
}

#[test]
fn printed_critical_values_agree() {
    // Two-sided 5 %: the smaller sum may be at most 8 for ten pairs (Wilcoxon's table); each sum is
    // reached here by giving these ranks a negative sign.
    let with = |negative: &[usize]| {
        let signed = (1..=10).map(|rank| {
            let sign = if negative.contains(&rank) { -1.0 } else { 1.0 };
            sign * number(rank)
        });
        signed_rank(&signed.collect::<Vec<_>>()).p
    };
    assert!(with(&[8]) < 0.05 && with(&[9]) > 0.05, "{} {}", with(&[8]), with(&[9]));
    // One per cent: at most 3. The exact shares are 10 / 1024 and 14 / 1024.
    assert_eq!((with(&[3]), with(&[4])), (10.0 / 1024.0, 14.0 / 1024.0));
}

#[test]
fn every_choice_of_signs_counted_one_by_one_gives_the_same() {
    let sizes = [1.0, 1.0, 2.0, 3.0, 3.0, 3.0, 5.0, 8.0];
    let signed = |signs: u32| -> Vec<f64> {
        let sign = |bit: usize| if signs >> bit & 1 == 1 { 1.0 } else { -1.0 };
        sizes.iter().enumerate().map(|(bit, size)| sign(bit) * size).collect()
    };
    let sums: Vec<f64> = (0..256).map(|signs| signed_rank(&signed(signs)).positive).collect();
    for signs in 0..256 {
        let found = signed_rank(&signed(signs));
        let far = |sum: f64| (sum - 18.0).abs();
        let unusual = sums.iter().filter(|sum| far(**sum) >= far(found.positive)).count();
        assert_eq!(found.p, number(unusual) / 256.0, "{signs:b}");
    }
}

#[test]
fn the_normal_takes_over_where_it_is_near() {
    for ties in [1, 3] {
        let sizes: Vec<f64> = (0..30).map(|rank| f64::from(rank / ties + 1)).collect();
        let ranks = doubled_ranks(&sizes);
        let total: usize = ranks.iter().sum();
        for positive in (0..=total).step_by(14) {
            let (near, true_p) = (normal(&ranks, positive), exact(&ranks, positive));
            assert!((near - true_p).abs() < 0.006, "{ties} {positive}: {near} {true_p}");
        }
    }
}

#[test]
fn a_tie_takes_its_share_of_the_variance() {
    // n = 26, a tie of 3: n (n + 1) (2n + 1) / 24 - (27 - 3) / 48 = 1550.25 - 0.5.
    let sizes: Vec<f64> = (0..26).map(|rank| f64::from(i32::max(rank, 2))).collect();
    let squares: usize = doubled_ranks(&sizes).iter().map(|rank| rank * rank).sum();
    assert_eq!(number(squares) / 16.0, 1550.25 - 0.5);
    // All positive: z = (351 / 2 - 1 / 2) / sqrt(1549.75).
    let z = 175.0 / 1549.75_f64.sqrt();
    assert_eq!(signed_rank(&sizes.iter().map(|size| size + 1.0).collect::<Vec<_>>()).p, {
        libm::erfc(z / std::f64::consts::SQRT_2)
    });
}
