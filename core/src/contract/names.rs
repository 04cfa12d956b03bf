//! Names as calls match them: exactly, else in the other language's spelling.

/// The one of `all` that is spelt as `wanted`, else the only one that differs from it by snake_case and camelCase alone.
pub(super) fn find<'a, T>(wanted: &str, all: &'a [T], name: impl Fn(&T) -> &str) -> Option<&'a T> {
    all.iter().find(|one| name(one) == wanted).or_else(|| {
        let mut near = all.iter().filter(|one| alike(name(one), wanted));
        let found = near.next();
        found.filter(|_| near.next().is_none())
    })
}

/// Whether two names are the same but for snake_case and camelCase.
pub fn alike(a: &str, b: &str) -> bool {
    let bare = |name: &str| name.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect::<String>();
    a == b || bare(a) == bare(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_names_come_first() {
        let names = ["order_total", "orderTotal", "item_count", "x"];
        for (wanted, expected) in [
            ("orderTotal", Some("orderTotal")),
            ("order_total", Some("order_total")),
            // Two are spelt alike.
            ("ordertotal", None),
            ("itemCount", Some("item_count")),
            ("y", None),
        ] {
            assert_eq!(find(wanted, &names, |name| name).copied(), expected, "{wanted}");
        }
    }
}
