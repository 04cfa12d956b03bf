//! The node record: what one node says about itself. Only its owner writes it; everybody else pulls it from the owner.

use super::{Place, ServiceSpec};
use crate::{
    config::{NodeId, check_node, check_service},
    error::{Error, Kind, Result},
};
use bytes::Bytes;
use minicbor_serde::{from_slice, to_vec};
use serde::{Deserialize, Serialize};

/// Largest encoded record, in bytes.
pub const MAX_RECORD: usize = 256 << 10;
/// Longest doc text of a service or method, in bytes; a longer one is cut when its owner publishes it.
pub const MAX_DOC: usize = 4 << 10;
/// Most addresses of one node.
pub const MAX_ADDRESSES: usize = 16;
/// Longest address, in bytes.
pub const MAX_ADDRESS: usize = 255;
/// How an address that is a Unix socket begins; every other address is `host:port`.
pub const UNIX: &str = "unix:";

/// Eight bytes that stand for a place in member lists; 0 when it is unknown.
pub(super) fn place_tag(place: &Place) -> u64 {
    if !place.reaches(place) {
        return 0;
    }
    let digest = sha256(&to_vec(place).unwrap_or_default());
    digest[..8].iter().fold(0, |tag, byte| tag << 8 | u64::from(*byte)).max(1)
}

/// What a node says about itself. Unknown keys are skipped: a newer version may say more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeRecord {
    /// The id drawn at `join`.
    pub id: NodeId,
    /// The name, unique among live nodes.
    pub name: String,
    /// Raised by the owner with every change.
    pub version: u64,
    /// Version of Twinspan.
    #[serde(default)]
    pub twinspan: String,
    /// Name of the App.
    #[serde(default)]
    pub app: String,
    /// Version of the App.
    #[serde(default)]
    pub app_version: String,
    /// `python`, `java` or `rust`.
    #[serde(default)]
    pub language: String,
    /// Process id, as its own namespace sees it.
    #[serde(default)]
    pub pid: u32,
    /// Host name, for people.
    #[serde(default)]
    pub host: String,
    /// Failure zone; empty when none is set.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub zone: String,
    /// Roles that the node takes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// Where the process runs.
    #[serde(default)]
    pub place: Place,
    /// Where it listens: `unix:/path`, or `host:port`.
    #[serde(default)]
    pub addresses: Vec<String>,
    /// Whether its handlers take calls.
    #[serde(default)]
    pub ready: bool,
    /// Whether it is on its way out; never ready then.
    #[serde(default, skip_serializing_if = "is_false")]
    pub draining: bool,
    /// Whether its handlers fetch nothing at the moment of what they are to run.
    #[serde(default, skip_serializing_if = "is_false")]
    pub stalled: bool,
    /// When it started, in milliseconds since 1970 by its own clock.
    #[serde(default)]
    pub started: u64,
    /// What it serves.
    #[serde(default)]
    pub services: Vec<ServiceSpec>,
}

impl NodeRecord {
    /// A record that says nothing but who: not ready, no service, version 1.
    pub fn new(id: NodeId, name: impl Into<String>) -> NodeRecord {
        NodeRecord {
            id,
            name: name.into(),
            version: 1,
            twinspan: env!("CARGO_PKG_VERSION").into(),
            app: String::new(),
            app_version: String::new(),
            language: String::new(),
            pid: 0,
            host: String::new(),
            zone: String::new(),
            roles: Vec::new(),
            place: Place::default(),
            addresses: Vec::new(),
            ready: false,
            draining: false,
            stalled: false,
            started: 0,
            services: Vec::new(),
        }
    }

    /// The addresses that a process at `from` may dial, the Unix socket first.
    pub fn addresses_from(&self, from: &Place) -> Vec<String> {
        dialable(&self.addresses, from.reaches(&self.place))
    }

    fn check(&self) -> Result<()> {
        check_node(&self.name)?;
        self.services.iter().try_for_each(|service| check_service(&service.name))?;
        if self.addresses.len() > MAX_ADDRESSES || self.addresses.iter().any(|a| a.len() > MAX_ADDRESS) {
            return Err(Error::new(
                Kind::BadConfig,
                format!("advertise: at most {MAX_ADDRESSES} addresses of at most {MAX_ADDRESS} bytes are allowed"),
            ));
        }
        Ok(())
    }
}

/// The addresses worth dialling, the Unix socket first; without shared files no Unix socket.
pub(crate) fn dialable(addresses: &[String], shares_files: bool) -> Vec<String> {
    let (unix, tcp): (Vec<_>, Vec<_>) = addresses.iter().cloned().partition(|a| a.starts_with(UNIX));
    if shares_files { unix.into_iter().chain(tcp).collect() } else { tcp }
}

/// A record with the bytes that travel and their digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    record: NodeRecord,
    bytes: Bytes,
    digest: [u8; 32],
}

impl Sealed {
    /// Encodes the owner's record. Docs are cut to [`MAX_DOC`]. A record beyond [`MAX_RECORD`] goes without the definitions of
    /// its types, which calls don't need; it is refused if that isn't enough.
    pub fn seal(mut record: NodeRecord) -> Result<Sealed> {
        for service in &mut record.services {
            cut(&mut service.doc);
            for named in &mut service.types {
                cut(&mut named.doc);
                named.fields.iter_mut().for_each(|field| cut(&mut field.doc));
            }
            for method in &mut service.methods {
                cut(&mut method.doc);
                // Lanes are this process's own affair.
                method.lane = 0;
            }
        }
        record.check()?;
        let mut bytes = encoded(&record)?;
        if bytes.len() > MAX_RECORD && record.services.iter().any(|service| !service.types.is_empty()) {
            record.services.iter_mut().for_each(|service| service.types.clear());
            bytes = encoded(&record)?;
        }
        if bytes.len() > MAX_RECORD {
            let most = MAX_RECORD >> 10;
            return Err(Error::new(
                Kind::BadConfig,
                format!("app: its services make a node record of {} bytes, {most} KiB are allowed", bytes.len()),
            )
            .advice("Shorten the docs, or split the App into several nodes."));
        }
        Ok(Sealed { digest: sha256(&bytes), bytes: bytes.into(), record })
    }

    /// Reads a record that its owner sent.
    pub fn open(bytes: Bytes) -> Result<Sealed> {
        let refuse = |why: String| Error::new(Kind::Protocol, format!("a peer sent an invalid node record: {why}"));
        if bytes.len() > MAX_RECORD {
            return Err(refuse(format!("{} bytes, {MAX_RECORD} are allowed", bytes.len())));
        }
        let record: NodeRecord = from_slice(&bytes).map_err(|e| refuse(e.to_string()))?;
        record.check().map_err(|e| refuse(e.message().to_owned()))?;
        Ok(Sealed { digest: sha256(&bytes), bytes, record })
    }

    /// What it says.
    pub fn record(&self) -> &NodeRecord {
        &self.record
    }

    /// The encoded form, as it travels in a `Record` frame.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// SHA-256 of the encoded form, as told in `Hello`.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// The first eight bytes of the digest, as told with every gossip packet.
    pub fn mark(&self) -> [u8; 8] {
        mark(&self.digest)
    }

    /// The version that its owner gave it.
    pub fn version(&self) -> u64 {
        self.record.version
    }
}

fn encoded(record: &NodeRecord) -> Result<Vec<u8>> {
    to_vec(record).map_err(|e| Error::internal(format!("a node record can't be encoded: {e}")))
}

pub(crate) fn mark(digest: &[u8; 32]) -> [u8; 8] {
    let mut mark = [0; 8];
    mark.copy_from_slice(&digest[..8]);
    mark
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut digest = [0; 32];
    digest.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref());
    digest
}

fn cut(doc: &mut Option<String>) {
    if let Some(doc) = doc.as_mut().filter(|doc| doc.len() > MAX_DOC) {
        let end = (0..=MAX_DOC).rev().find(|at| doc.is_char_boundary(*at)).unwrap_or(0);
        doc.truncate(end);
    }
}

fn is_false(flag: &bool) -> bool {
    !flag
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::TypeSpec, membership::MethodSpec};
    use minicbor::Encoder;

    fn id(n: u8) -> NodeId {
        NodeId::from_bytes([n; 16])
    }

    fn full() -> NodeRecord {
        let mut record = NodeRecord::new(id(7), "pricing-1");
        record.place = Place { boot_id: "b".into(), mount_ns: "1".into(), net_ns: "2".into(), uid: 3 };
        record.addresses = vec!["10.0.0.1:7700".into(), "unix:/run/x".into()];
        record.services = vec![ServiceSpec {
            name: "pricing".into(),
            methods: vec![MethodSpec { name: "quote".into(), lane: 7, idempotent: true, ..MethodSpec::default() }],
            ..ServiceSpec::default()
        }];
        record
    }

    #[test]
    fn round_trip() {
        let sealed = Sealed::seal(full()).unwrap();
        let back = Sealed::open(sealed.bytes().clone()).unwrap();
        assert_eq!(back, sealed);
        assert_eq!(back.record().services[0].methods[0].lane, 0);
    }

    #[test]
    fn a_change_changes_the_digest() {
        let mut other = full();
        other.ready = true;
        assert_ne!(Sealed::seal(full()).unwrap().mark(), Sealed::seal(other).unwrap().mark());
    }

    #[test]
    fn sizes_are_checked() {
        let mut record = full();
        record.services[0].doc = Some("ä".repeat(MAX_DOC));
        let sealed = Sealed::seal(record.clone()).unwrap();
        assert_eq!(sealed.record().services[0].doc.as_ref().unwrap().len(), MAX_DOC);
        record.services[0].types = vec![TypeSpec { name: "N".repeat(1000), ..TypeSpec::default() }; 100];
        assert_eq!(Sealed::seal(record.clone()).unwrap().record().services[0].types.len(), 100);
        record.services[0].types = vec![TypeSpec { name: "N".repeat(1000), ..TypeSpec::default() }; 300];
        assert_eq!(Sealed::seal(record.clone()).unwrap().record().services[0].types, []);
        let method = record.services[0].methods[0].clone();
        record.services[0].methods = vec![method; 40_000];
        assert_eq!(Sealed::seal(record).unwrap_err().kind(), Kind::BadConfig);
        assert_eq!(Sealed::open(vec![0; MAX_RECORD + 1].into()).unwrap_err().kind(), Kind::Protocol);
    }

    #[test]
    fn newer_keys_are_skipped_and_junk_is_refused() {
        let mut bytes = Vec::new();
        let mut e = Encoder::new(&mut bytes);
        e.map(4).unwrap().str("id").unwrap().str(&id(1).to_string()).unwrap().str("name").unwrap().str("a").unwrap();
        e.str("version").unwrap().u64(3).unwrap().str("later").unwrap().array(1).unwrap().bool(true).unwrap();
        let sealed = Sealed::open(bytes.clone().into()).unwrap();
        assert_eq!((sealed.version(), sealed.record().ready), (3, false));
        for junk in [&bytes[..bytes.len() - 1], b"", b"\xff", &[0x9f; 100_000]] {
            assert_eq!(Sealed::open(Bytes::copy_from_slice(junk)).unwrap_err().kind(), Kind::Protocol);
        }
        let mut bad = full();
        bad.name = "-".into();
        assert!(Sealed::open(to_vec(&bad).unwrap().into()).is_err());
    }

    #[test]
    fn unix_paths_stay_at_home() {
        let record = full();
        let elsewhere = Place { net_ns: "9".into(), ..record.place.clone() };
        assert_eq!(record.addresses_from(&record.place), ["unix:/run/x", "10.0.0.1:7700"]);
        assert_eq!(record.addresses_from(&elsewhere), ["10.0.0.1:7700"]);
        let unknown = NodeRecord { place: Place::default(), ..record.clone() };
        assert_eq!(unknown.addresses_from(&Place::default()), ["10.0.0.1:7700"]);
        assert_eq!(place_tag(&unknown.place), 0);
        assert_ne!(place_tag(&record.place), place_tag(&elsewhere));
    }
}
