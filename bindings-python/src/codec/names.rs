//! Names as two languages spell them: `item_count` and `itemCount`.

/// The other language's spelling of a name, if it has another one.
pub(super) fn alias(name: &str) -> Option<String> {
    let alias = if name.contains('_') { camel(name) } else { snake(name) };
    (alias != name).then_some(alias)
}

fn camel(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut up = false;
    for c in name.chars() {
        // A leading underscore is part of the name, not a seam.
        if c == '_' && !out.is_empty() {
            up = true;
        } else if up {
            out.extend(c.to_uppercase());
            up = false;
        } else {
            out.push(c);
        }
    }
    if up {
        out.push('_');
    }
    out
}

fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut last_lower = false;
    for c in name.chars() {
        if c.is_uppercase() && last_lower {
            out.push('_');
        }
        last_lower = c.is_lowercase() || c.is_ascii_digit();
        if c.is_uppercase() && !out.is_empty() { out.extend(c.to_lowercase()) } else { out.push(c) }
    }
    out
}

/// The name among these that is spelled most like `name`, if any is near.
pub(super) fn nearest<'a>(name: &str, among: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name: Vec<char> = name.chars().take(64).collect();
    let most = (name.len() / 3).max(1);
    among.map(|other| (distance(&name, other), other)).filter(|(far, _)| *far <= most).min_by_key(|(far, _)| *far).map(|(_, o)| o)
}

/// Levenshtein's distance; swapped neighbours count as two.
fn distance(name: &[char], other: &str) -> usize {
    let mut row: Vec<usize> = (0..=name.len()).collect();
    for (i, c) in other.chars().take(64).enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, d) in name.iter().enumerate() {
            let change = corner + usize::from(c != *d);
            corner = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(corner + 1);
        }
    }
    row[name.len()]
}
