//! Finding the same identity in a gallery: cumulative matches (CMC) and mean average precision.
//!
//! Of the gallery, pictures of the query's identity by the query's camera are left out, as is custom
//! in re-identification. A query without any other picture of its identity is skipped.

/// A picture of someone, by a camera.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Item {
    /// Who it shows.
    pub identity: usize,
    /// Which camera took it.
    pub camera: usize,
}

/// A distance is not a number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the distance to item {item} of the gallery is not a number")]
pub struct NotADistance {
    /// The position in the gallery.
    pub item: usize,
}

/// Where the hits of each query stand in its ranking.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Retrieval {
    /// The ranks of the hits of a query, from 0, rising; at least one.
    hits: Vec<Vec<usize>>,
}

impl Retrieval {
    /// Ranks the gallery by distance; equal distances keep the order of the gallery.
    ///
    /// # Errors
    /// [`NotADistance`].
    pub fn add(
        &mut self,
        query: &Item,
        gallery: &[Item],
        distances: &[f64],
    ) -> Result<(), NotADistance> {
        if let Some(item) = distances.iter().position(|distance| distance.is_nan()) {
            return Err(NotADistance { item });
        }
        let mut ranking: Vec<(f64, &Item)> = distances.iter().copied().zip(gallery).collect();
        ranking.retain(|(_, item)| *item != query);
        ranking.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        let is_hit = |item: &Item| item.identity == query.identity;
        let ranks = ranking.iter().enumerate().filter(|(_, (_, item))| is_hit(item));
        let ranks: Vec<usize> = ranks.map(|(rank, _)| rank).collect();
        if !ranks.is_empty() {
            self.hits.push(ranks);
        }
        Ok(())
    }

    /// CMC: the share of queries with a hit among the first 1, 2, … `ranks`.
    #[must_use]
    pub fn cumulative_matches(&self, ranks: usize) -> Vec<f64> {
        let within = |rank: usize| self.hits.iter().filter(|hits| hits[0] <= rank).count();
        (0..ranks).map(|rank| share(within(rank), self.hits.len())).collect()
    }

    /// The mean over queries of the mean precision at their hits.
    #[must_use]
    pub fn mean_average_precision(&self) -> f64 {
        let average = |hits: &Vec<usize>| {
            let precisions = hits.iter().zip(1..).map(|(rank, found)| share(found, rank + 1));
            #[expect(clippy::cast_precision_loss, reason = "a gallery is smaller than 2^53")]
            let mean = precisions.sum::<f64>() / hits.len() as f64;
            mean
        };
        #[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^53 queries")]
        let queries = self.hits.len().max(1) as f64;
        self.hits.iter().map(average).sum::<f64>() / queries
    }
}

#[expect(clippy::cast_precision_loss, reason = "a gallery is smaller than 2^53")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: Item = Item { identity: 1, camera: 0 };

    fn gallery() -> Vec<Item> {
        [(1, 0), (2, 0), (1, 1), (3, 0), (1, 2)]
            .map(|(identity, camera)| Item { identity, camera })
            .to_vec()
    }

    #[test]
    fn the_same_camera_is_left_out_and_ties_keep_their_order() {
        // Without (1, 0) the ranking is (2, 0), (1, 1), (3, 0), (1, 2): hits at ranks 2 and 4.
        let mut retrieval = Retrieval::default();
        retrieval.add(&QUERY, &gallery(), &[0.0, 0.5, 0.5, 0.7, 0.9]).unwrap();
        assert_eq!(retrieval.cumulative_matches(3), [0.0, 1.0, 1.0]);
        assert_eq!(retrieval.mean_average_precision(), 0.5);
        // A query without a match changes nothing.
        retrieval.add(&Item { identity: 9, camera: 0 }, &gallery(), &[0.0; 5]).unwrap();
        assert_eq!(retrieval.mean_average_precision(), 0.5);
        let error = retrieval.add(&QUERY, &gallery(), &[0.0, f64::NAN, 0.0, 0.0, 0.0]);
        assert_eq!(error, Err(NotADistance { item: 1 }));
    }
}
