//! References: URIs that name a service or a node of a cluster, `twinspan://CLUSTER/KIND/NAME`.
//!
//! The kind stands first, so that later kinds decide themselves what follows it. One reference has one URI: receivers compare the texts.

use super::{Fault, MAX_REFERENCE};
use crate::config::{check_cluster, check_node};
use std::{borrow::Cow, fmt::Write};

const SCHEME: &str = "twinspan://";
/// Longest name of a service, in bytes.
const LONGEST_SERVICE: usize = 200;

/// What a reference names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReferenceKind {
    /// A service, whoever serves it.
    Service,
    /// A node, by its name.
    Node,
}

impl ReferenceKind {
    /// All of them.
    pub const ALL: [ReferenceKind; 2] = [ReferenceKind::Service, ReferenceKind::Node];

    /// The word that stands for it in a URI.
    pub fn word(self) -> &'static str {
        match self {
            ReferenceKind::Service => "service",
            ReferenceKind::Node => "node",
        }
    }

    /// What a reference of it is, for messages.
    pub fn noun(self) -> &'static str {
        match self {
            ReferenceKind::Service => "a reference to a service",
            ReferenceKind::Node => "a reference to a node",
        }
    }

    /// The kind of this word.
    pub fn of(word: &str) -> Option<ReferenceKind> {
        ReferenceKind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// Names a service or a node. Whether it exists is found out when it is used.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reference<'a> {
    kind: ReferenceKind,
    cluster: &'a str,
    name: Cow<'a, str>,
}

impl<'a> Reference<'a> {
    /// From its parts; refused when one can't be a name.
    pub fn new(kind: ReferenceKind, cluster: &'a str, name: &'a str) -> Result<Reference<'a>, Fault> {
        Reference { kind, cluster, name: Cow::Borrowed(name) }.checked()
    }

    /// Reads a URI; refused when it isn't the one URI of a reference.
    pub fn parse(uri: &'a str) -> Result<Reference<'a>, Fault> {
        if uri.len() > MAX_REFERENCE {
            return Err(Fault::new(format!("a reference of {} bytes; {MAX_REFERENCE} are allowed", uri.len())));
        }
        let wrong = || Fault::new(format!("a reference that isn't {SCHEME}CLUSTER/KIND/NAME"));
        let (cluster, rest) = uri.strip_prefix(SCHEME).and_then(|rest| rest.split_once('/')).ok_or_else(wrong)?;
        let (kind, name) = rest.split_once('/').ok_or_else(wrong)?;
        let kind = ReferenceKind::of(kind).ok_or_else(|| Fault::new("a reference of a kind that is not known here"))?;
        Reference { kind, cluster, name: decoded(name)? }.checked()
    }

    fn checked(self) -> Result<Reference<'a>, Fault> {
        if check_cluster(self.cluster).is_err() {
            return Err(Fault::new(format!("{} whose cluster has no legal name", self.kind.noun())));
        }
        let legal = match self.kind {
            ReferenceKind::Service => is_service(&self.name),
            ReferenceKind::Node => check_node(&self.name).is_ok(),
        };
        if legal { Ok(self) } else { Err(Fault::new(format!("{} that has no legal name", self.kind.noun()))) }
    }

    /// What it names.
    pub fn kind(&self) -> ReferenceKind {
        self.kind
    }

    /// The cluster in which it means something.
    pub fn cluster(&self) -> &'a str {
        self.cluster
    }

    /// The name of the service or the node.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its URI.
    pub fn uri(&self) -> String {
        let mut uri = format!("{SCHEME}{}/{}/", self.cluster, self.kind.word());
        for byte in self.name.bytes() {
            if is_plain(byte) {
                uri.push(byte.into());
            } else {
                let _ = write!(uri, "%{byte:02X}"); // writing to a String can't fail
            }
        }
        uri
    }
}

/// A service's name by its bytes alone: which letters beyond ASCII there are depends on the age of a language's tables.
fn is_service(name: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with(|c: char| c.is_ascii_digit())
            && part.chars().all(|c| c == '_' || c.is_ascii_alphanumeric() || !c.is_ascii())
    };
    name.len() <= LONGEST_SERVICE && name.split('.').all(part)
}

/// Unreserved in RFC 3986: stands for itself in a URI, and only so.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn decoded(text: &str) -> Result<Cow<'_, str>, Fault> {
    if text.bytes().all(is_plain) {
        return Ok(Cow::Borrowed(text));
    }
    let wrong = || Fault::new("a reference whose name isn't percent-encoded in the one way: %C3%A4, and only where it must be");
    let digit = |byte: Option<u8>| byte.filter(|b| !b.is_ascii_lowercase()).and_then(|b| char::from(b).to_digit(16));
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if is_plain(byte) {
            bytes.push(byte);
            continue;
        }
        let (high, low) = (digit(rest.next()), digit(rest.next()));
        match (byte, high, low) {
            (b'%', Some(high), Some(low)) if !is_plain((high << 4 | low) as u8) => bytes.push((high << 4 | low) as u8),
            _ => return Err(wrong()),
        }
    }
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_ways() {
        for (kind, name, uri) in [
            (ReferenceKind::Service, "pricing", "twinspan://shop/service/pricing"),
            (ReferenceKind::Service, "geo.maps_2", "twinspan://shop/service/geo.maps_2"),
            (ReferenceKind::Service, "preis.größe", "twinspan://shop/service/preis.gr%C3%B6%C3%9Fe"),
            (ReferenceKind::Node, "ops-1_a.b", "twinspan://shop/node/ops-1_a.b"),
        ] {
            let reference = Reference::new(kind, "shop", name).unwrap();
            assert_eq!(reference.uri(), uri);
            assert_eq!(Reference::parse(uri), Ok(reference));
        }
    }

    #[test]
    fn what_is_no_reference() {
        let long = format!("twinspan://shop/service/{}", "a".repeat(1001));
        let name = format!("twinspan://shop/service/{}", "a".repeat(201));
        for (uri, why) in [
            ("", "that isn't"),
            ("shop/service/pricing", "that isn't"),
            ("twinspan:shop/service/pricing", "that isn't"),
            ("TWINSPAN://shop/service/pricing", "that isn't"),
            ("twinspan://shop", "that isn't"),
            ("twinspan://shop/service", "that isn't"),
            ("twinspan://shop/task/pricing", "kind"),
            ("twinspan://shop/Service/pricing", "kind"),
            ("twinspan:///service/pricing", "cluster"),
            ("twinspan://Shop/service/pricing", "cluster"),
            ("twinspan://a..b/service/pricing", "cluster"),
            ("twinspan://shop:7700/service/pricing", "cluster"),
            ("twinspan://shop/service/", "no legal name"),
            ("twinspan://shop/service/a..b", "no legal name"),
            ("twinspan://shop/service/2a", "no legal name"),
            ("twinspan://shop/service/a-b", "no legal name"),
            ("twinspan://shop/service/a%20b", "no legal name"),
            ("twinspan://shop/service/a%2Fb", "no legal name"),
            ("twinspan://shop/service/a/b", "percent"),
            ("twinspan://shop/service/a?b", "percent"),
            ("twinspan://shop/service/a#b", "percent"),
            ("twinspan://shop/service/größe", "percent"),
            ("twinspan://shop/service/gr%c3%b6", "percent"),
            ("twinspan://shop/service/%70ricing", "percent"),
            ("twinspan://shop/service/a%", "percent"),
            ("twinspan://shop/service/a%C", "percent"),
            ("twinspan://shop/service/a%C3", "percent"),
            ("twinspan://shop/service/a%+1", "percent"),
            ("twinspan://shop/node/-x", "no legal name"),
            ("twinspan://shop/node/a%C3%A4", "no legal name"),
            (&name, "no legal name"),
            (&long, "1025 bytes"),
        ] {
            let fault = Reference::parse(uri).expect_err(uri);
            assert!(fault.what().contains(why), "{uri}: {}", fault.what());
        }
    }

    proptest! {
        #[test]
        fn one_reference_has_one_uri(uri in "twinspan://[a-z.]{1,3}/(service|node)/([a-z_.-]|%[0-9A-Ca-f][0-9A-F]|%C3%A4){0,6}") {
            if let Ok(reference) = Reference::parse(&uri) {
                prop_assert_eq!(reference.uri(), uri.clone());
            }
        }

        #[test]
        fn any_text_is_read(text in "\\PC{0,80}") {
            let _ = Reference::parse(&text);
            let _ = Reference::parse(&format!("twinspan://shop/service/{text}"));
        }
    }
}
