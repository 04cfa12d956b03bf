//! Suggestions for names that don't exist.

/// Most suggestions.
const AT_MOST: usize = 3;
/// Longer names aren't compared: the cost grows with the square, and a caller chose the text.
const LONGEST: usize = 200;

/// The known names that look most like `wanted`: at most three, at a distance of at most a third of its length.
pub fn nearest<'a>(wanted: &str, known: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    if wanted.len() > LONGEST {
        return Vec::new();
    }
    let letters: Vec<char> = wanted.to_lowercase().chars().collect();
    let most = (letters.len() / 3).max(1);
    let mut found: Vec<(usize, &str)> = known
        .filter(|name| name.len() <= LONGEST && name.chars().count().abs_diff(letters.len()) <= most)
        .map(|name| (distance(&letters, &name.to_lowercase().chars().collect::<Vec<_>>()), name))
        .filter(|(distance, _)| *distance <= most)
        .collect();
    found.sort_unstable();
    let best = found.first().map(|(distance, _)| *distance);
    found.into_iter().take_while(|(distance, _)| Some(*distance) == best).take(AT_MOST).map(|(_, name)| name).collect()
}

/// How many letters must be inserted, deleted, replaced or swapped with their neighbour (optimal string alignment).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(last.len());
        row.push(i + 1);
        for (j, y) in b.iter().enumerate() {
            let mut best = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typos_are_recognised() {
        let known = ["pricing", "fraud", "geo", "pricing2", "größe"];
        for (wanted, expected) in [
            ("pricng", vec!["pricing"]),
            ("rpicing", vec!["pricing"]),
            ("Pricing", vec!["pricing"]),
            ("pricing3", vec!["pricing", "pricing2"]),
            ("farud", vec!["fraud"]),
            ("goe", vec!["geo"]),
            ("grösse", vec!["größe"]),
            ("weather", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(nearest(wanted, known.into_iter()), expected, "{wanted}");
        }
        assert!(nearest(&"x".repeat(10_000), known.into_iter()).is_empty());
    }

    #[test]
    fn at_most_three() {
        assert_eq!(nearest("ab", ["aa", "ac", "ad", "ae"].into_iter()).len(), 3);
    }
}
