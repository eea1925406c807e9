//! Percentiles of what was measured.

/// The smallest value that so many per mille do not exceed: 500 is the median.
pub(super) fn percentile(sorted: &[f64], per_mille: usize) -> f64 {
    let rank = (sorted.len() * per_mille).div_ceil(1000).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::percentile;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let values: Vec<f64> = (1..=200).map(f64::from).collect();
        let found = [500, 990, 999, 1000].map(|per_mille| percentile(&values, per_mille));
        assert_eq!(found.map(|value| format!("{value:.0}")), ["100", "198", "200", "200"]);
    }
}
