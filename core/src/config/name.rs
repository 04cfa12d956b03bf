//! The rules for names, all in one place.

use crate::error::{Error, Kind, Result};

const CLUSTER_MOST: usize = 40;
const NODE_MOST: usize = 63;
const SERVICE_MOST: usize = 200;
/// Longest `service.method`, in bytes: it travels in one frame extension.
const TARGET_MOST: usize = 255;

/// A cluster's name: `[a-z0-9][a-z0-9.-]{0,39}` without `..`; it is a folder and a trust domain.
pub fn check_cluster(name: &str) -> Result<()> {
    let fits = |c: char, first: bool| c.is_ascii_lowercase() || c.is_ascii_digit() || (!first && (c == '.' || c == '-'));
    check("cluster", name, CLUSTER_MOST, "lower-case letters, digits, `.` and `-`, beginning with a letter or digit", fits)?;
    if name.contains("..") {
        return Err(bad("cluster", name, "`..` is not allowed in it"));
    }
    Ok(())
}

/// A node's name: `[A-Za-z0-9][A-Za-z0-9._-]{0,62}`.
pub fn check_node(name: &str) -> Result<()> {
    let fits = |c: char, first: bool| c.is_ascii_alphanumeric() || (!first && matches!(c, '.' | '_' | '-'));
    check("name", name, NODE_MOST, "letters, digits, `.`, `_` and `-`, beginning with a letter or digit", fits)
}

/// A service's name: identifiers joined by dots, at most 200 bytes.
pub fn check_service(name: &str) -> Result<()> {
    if name.len() > SERVICE_MOST {
        return Err(bad("service", name, &format!("it has {} bytes, {SERVICE_MOST} are allowed", name.len())));
    }
    for part in name.split('.') {
        check("service", part, SERVICE_MOST, "identifiers joined by dots", |c, first| {
            c == '_' || c.is_alphabetic() || (!first && c.is_alphanumeric())
        })
        .map_err(|e| bad("service", name, e.message()))?;
    }
    Ok(())
}

/// `service.method`, checked to fit in a frame.
pub fn method_target(service: &str, method: &str) -> Result<String> {
    let target = format!("{service}.{method}");
    if target.len() > TARGET_MOST {
        return Err(bad("method", &target, &format!("it has {} bytes, {TARGET_MOST} are allowed", target.len())));
    }
    Ok(target)
}

/// `<program>-<pid>`, with every character that a node's name can't have replaced by `-`.
pub fn default_node_name(program: &str, pid: u32) -> String {
    let tail = format!("-{pid}");
    let mut name: String =
        program.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' }).collect();
    name.truncate(NODE_MOST - tail.len());
    if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        name.insert_str(0, "node");
        name.truncate(NODE_MOST - tail.len());
    }
    name + &tail
}

fn check(key: &str, name: &str, most: usize, rule: &str, fits: impl Fn(char, bool) -> bool) -> Result<()> {
    if name.is_empty() {
        return Err(bad(key, name, "it is empty"));
    }
    if name.len() > most {
        return Err(bad(key, name, &format!("it has {} bytes, {most} are allowed", name.len())));
    }
    match name.chars().enumerate().find(|(at, c)| !fits(*c, *at == 0)) {
        Some((at, c)) => Err(bad(key, name, &format!("character {} is {c:?}; allowed are {rule}", at + 1))),
        None => Ok(()),
    }
}

fn bad(key: &str, name: &str, why: &str) -> Error {
    Error::new(Kind::BadConfig, format!("{key}: `{}` is not a valid name: {why}", name.chars().take(80).collect::<String>()))
        .advice(format!("Choose another value for `{key}`."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters() {
        for good in ["shop", "a", "0.b-c"] {
            assert!(check_cluster(good).is_ok(), "{good}");
        }
        for bad in ["", "Shop", "a..b", ".a", "a/b", "ä", &"a".repeat(41)] {
            let error = check_cluster(bad).expect_err(bad);
            assert_eq!(error.kind(), Kind::BadConfig);
            assert!(error.message().starts_with("cluster:"));
        }
    }

    #[test]
    fn services_and_nodes() {
        assert!(check_service("geo.distance_2").is_ok());
        assert!(check_service("preis.größe").is_ok());
        for bad in ["", "a..b", "a.2b", "a b"] {
            assert!(check_service(bad).is_err(), "{bad}");
        }
        assert!(check_node("ops_1.x-y").is_ok());
        assert!(check_node("-x").is_err_and(|e| e.message().contains("character 1")));
    }

    #[test]
    fn default_names_are_valid() {
        for program in ["app.py", "", "__main__", "größe", &"x".repeat(100)] {
            let name = default_node_name(program, 4_194_304);
            assert!(check_node(&name).is_ok(), "{name}");
        }
    }
}
