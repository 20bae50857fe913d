//! Purity of clusters: the share of images that are of the most frequent class of their cluster.

use std::collections::BTreeMap;

/// `1/N sum_k max_c #{i in cluster k with class c}`; 0 where there is no image.
///
/// # Panics
/// If there is not one label an image.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^53 images")]
pub fn purity(clusters: &[usize], labels: &[usize]) -> f64 {
    assert_eq!(clusters.len(), labels.len(), "one label an image");
    let mut counts: BTreeMap<usize, BTreeMap<usize, usize>> = BTreeMap::new();
    for (cluster, label) in clusters.iter().zip(labels) {
        *counts.entry(*cluster).or_default().entry(*label).or_default() += 1;
    }
    let largest = counts.values().filter_map(|classes| classes.values().max());
    largest.sum::<usize>() as f64 / clusters.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_class_of_each_cluster_counts() {
        // Cluster 0 has classes 1, 1, 2; cluster 5 has 2: 2 + 1 of 4.
        assert_eq!(purity(&[0, 0, 0, 5], &[1, 1, 2, 2]), 0.75);
        assert_eq!(purity(&[0, 1, 2], &[4, 4, 4]), 1.0);
        assert_eq!(purity(&[], &[]), 0.0);
    }
}
