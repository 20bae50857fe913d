use super::*;

fn name(class: usize) -> String {
    format!("class {class}")
}

fn tally(pairs: &[(u16, u16)]) -> Tally {
    Tally::count(3, pairs.iter().map(|(label, got)| (Candidate(*label), Candidate(*got))))
}

#[test]
fn every_class_counts_the_same() {
    // Class 0: 3 of 4, class 1: 0 of 1; the mean is 3/8, over images it would be 3/5.
    let tally = tally(&[(0, 0), (0, 0), (0, 0), (0, 1), (1, 0)]);
    assert_eq!(tally.mean(0..2, &name).unwrap(), 0.375);
}

#[test]
fn a_class_without_images_is_an_error() {
    let error = tally(&[(0, 0), (1, 1)]).mean(0..3, &name).unwrap_err();
    assert_eq!(error, MetricError::NoImages("class 2".into()));
    assert_eq!(tally(&[]).mean(0..0, &name), Err(MetricError::Empty));
}

/// (G3): over all orders of three classes, and over an order of the images.
#[test]
fn relabelling_and_reordering_change_nothing() {
    let pairs = [(0, 0), (0, 1), (1, 1), (1, 1), (2, 0), (2, 2), (0, 0)];
    let mean = tally(&pairs).mean(0..3, &name).unwrap();
    let mut reversed = pairs;
    reversed.reverse();
    assert_eq!(tally(&reversed).mean(0..3, &name).unwrap(), mean);
    let plain = tally(&pairs);
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let name_of = |class: u16| order[usize::from(class)];
        let relabelled = tally(&pairs.map(|(label, got)| (name_of(label), name_of(got))));
        for (class, moved) in order.into_iter().enumerate() {
            let moved = usize::from(moved);
            assert_eq!(relabelled.accuracy(moved), plain.accuracy(class));
            assert_eq!(relabelled.images(moved), plain.images(class));
        }
        assert!((relabelled.mean(0..3, &name).unwrap() - mean).abs() < 1e-15);
    }
}

/// (G4)
#[test]
fn the_harmonic_mean_lies_between_its_parts() {
    assert_eq!(harmonic_mean(0.0, 0.0), 0.0);
    assert_eq!(harmonic_mean(0.0, 0.7), 0.0);
    // 2 * 0.2 * 0.6 / 0.8 = 0.3
    assert!((harmonic_mean(0.2, 0.6) - 0.3).abs() < 1e-15);
    for (unseen, seen) in [(0.1, 0.9), (0.5, 0.5), (0.33, 0.34)] {
        let mean = harmonic_mean(unseen, seen);
        assert!(mean >= f64::min(unseen, seen) - 1e-15 && mean <= f64::max(unseen, seen));
        assert!(mean <= 2.0 * f64::min(unseen, seen));
        assert_eq!(mean, harmonic_mean(seen, unseen));
        assert!((harmonic_mean(seen, seen) - seen).abs() < 1e-15);
    }
}

/// (G4): U, S and H of table 1 of arXiv 2111.02139, in percent with one digit. All rows but two are
/// what numbers behind the printed digits can give.
#[test]
fn published_harmonic_means_are_those_of_their_parts() {
    let half = 0.05 + 1e-9;
    let cannot_be = |(_, _, unseen, seen, harmonic): &&Published| {
        let low = harmonic_mean(unseen - half, seen - half);
        let high = harmonic_mean(unseen + half, seen + half);
        !(low - half..=high + half).contains(harmonic)
    };
    let wrong: Vec<_> = PUBLISHED.iter().filter(cannot_be).map(|row| (row.0, row.1)).collect();
    assert_eq!(wrong, [("SP-AEN", "AWA2"), ("RelationNet", "AWA2")]);
}

/// Method, data set, U, S and H.
type Published = (&'static str, &'static str, f64, f64, f64);

const PUBLISHED: [Published; 52] = [
    ("SP-AEN", "SUN", 24.9, 38.6, 30.3),
    ("SP-AEN", "CUB", 34.7, 70.6, 46.6),
    ("SP-AEN", "aPY", 13.7, 63.4, 22.6),
    ("SP-AEN", "AWA2", 23.0, 90.9, 37.1),
    ("RelationNet", "CUB", 38.1, 61.1, 47.0),
    ("RelationNet", "AWA2", 30.0, 93.4, 45.3),
    ("PSR", "SUN", 20.8, 37.2, 26.7),
    ("PSR", "CUB", 24.6, 54.3, 33.9),
    ("PSR", "aPY", 13.5, 51.4, 21.4),
    ("PSR", "AWA2", 20.7, 73.8, 32.3),
    ("PREN", "SUN", 35.4, 27.2, 30.8),
    ("PREN", "CUB", 35.2, 55.8, 43.1),
    ("PREN", "AWA2", 32.4, 88.6, 47.4),
    ("cycle-CLSWGAN", "SUN", 47.9, 32.4, 38.7),
    ("cycle-CLSWGAN", "CUB", 43.8, 60.6, 50.8),
    ("cycle-CLSWGAN", "AWA2", 56.0, 62.8, 59.2),
    ("f-CLSWGAN", "SUN", 42.6, 36.6, 39.4),
    ("f-CLSWGAN", "CUB", 43.7, 57.7, 49.7),
    ("f-CLSWGAN", "AWA2", 57.9, 61.4, 59.6),
    ("TVN", "SUN", 22.2, 38.3, 28.1),
    ("TVN", "CUB", 26.5, 62.3, 37.2),
    ("TVN", "aPY", 16.1, 66.9, 25.9),
    ("TVN", "AWA2", 27.0, 67.9, 38.6),
    ("SE-GAN", "SUN", 44.7, 37.0, 40.5),
    ("SE-GAN", "CUB", 48.4, 57.6, 52.6),
    ("SE-GAN", "AWA2", 55.1, 61.9, 58.3),
    ("Zero-VAE-GAN", "SUN", 44.4, 30.9, 36.5),
    ("Zero-VAE-GAN", "CUB", 41.1, 48.5, 44.4),
    ("Zero-VAE-GAN", "aPY", 30.8, 37.5, 33.8),
    ("Zero-VAE-GAN", "AWA2", 56.2, 71.7, 63.0),
    ("QFSL", "SUN", 30.9, 18.5, 23.1),
    ("QFSL", "CUB", 33.3, 48.1, 39.4),
    ("QFSL", "AWA2", 52.1, 72.8, 60.7),
    ("SGMA", "CUB", 36.7, 71.3, 48.5),
    ("SGMA", "AWA2", 37.6, 87.1, 52.5),
    ("LFGAA", "SUN", 20.8, 34.9, 26.1),
    ("LFGAA", "CUB", 43.4, 79.6, 56.2),
    ("LFGAA", "AWA2", 50.0, 90.3, 64.4),
    ("AREN", "SUN", 40.3, 32.3, 35.9),
    ("AREN", "CUB", 63.2, 69.0, 66.0),
    ("AREN", "aPY", 30.0, 47.9, 36.9),
    ("AREN", "AWA2", 54.7, 79.1, 64.7),
    ("SELAR-GMP", "SUN", 22.8, 31.6, 26.5),
    ("SELAR-GMP", "CUB", 43.5, 71.2, 54.0),
    ("SELAR-GMP", "AWA2", 31.6, 80.3, 45.3),
    ("APN", "SUN", 41.9, 34.0, 37.6),
    ("APN", "CUB", 65.3, 69.3, 67.2),
    ("APN", "AWA2", 56.5, 78.0, 65.5),
    ("ERPCNet", "SUN", 47.2, 31.9, 38.1),
    ("ERPCNet", "CUB", 67.1, 69.6, 68.4),
    ("ERPCNet", "aPY", 32.7, 49.3, 39.3),
    ("ERPCNet", "AWA2", 59.1, 82.0, 68.7),
];
