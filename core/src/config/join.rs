//! What a language passes to `join`.

use super::app::AppSpec;
use crate::error::{Error, Kind, Result};
use serde::{Deserialize, Serialize};

/// The arguments of `join` as they cross the neck. Absent means: not given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JoinSpec {
    /// What the node serves.
    pub app: AppSpec,
    /// `python`, `java`, `rust`, or `cli` for a command that looks or calls and leaves again.
    pub language: String,
    /// Name of the program, for the node's default name.
    pub program: String,
    /// Where `twinspan.toml` is sought, upwards; the working directory if not given.
    pub directory: Option<String>,
    /// Lane of the workers or of the pump.
    pub lane: u64,
    /// A node that only looks and calls: what file and environment say about the node that serves here (its name, where it listens)
    /// isn't for this one, and it waits for the others a second only.
    pub visitor: bool,
    /// A node that meets nobody: it neither listens nor dials, reads and writes no file, and may offer more later. For tests of programs.
    pub alone: bool,
    /// Name of the cluster.
    pub cluster: Option<String>,
    /// Name of the node.
    pub name: Option<String>,
    /// `host:port` on which it listens.
    pub listen: Option<String>,
    /// `host:port` that others dial.
    pub advertise: Option<String>,
    /// `host:port` of members.
    pub seeds: Option<Vec<String>>,
    /// Folder with `cert.pem`, `key.pem` and `ca.pem`.
    pub identity: Option<String>,
    /// This host's cluster even where a cluster of several hosts is expected.
    pub local: Option<bool>,
    /// Handlers that run at once.
    pub workers: Option<u64>,
    /// Most threads for them.
    pub max_threads: Option<u64>,
    /// Largest payload in bytes.
    pub max_payload: Option<u64>,
    /// Memory for payloads in flight, in bytes.
    pub memory: Option<u64>,
    /// `tcp`: never the Unix socket.
    pub transport: Option<String>,
    /// `host:port` on which `/livez` and `/readyz` are answered.
    pub health: Option<String>,
    /// Callers learn only the type of what a handler raises.
    pub hide_errors: Option<bool>,
}

impl JoinSpec {
    /// Reads the encoded form. An unknown key is refused by its name.
    pub fn decode(bytes: &[u8]) -> Result<JoinSpec> {
        minicbor_serde::from_slice(bytes).map_err(|e| Error::new(Kind::BadConfig, format!("the arguments of join can't be read: {e}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use minicbor_serde::to_vec;
    use std::collections::BTreeMap;

    #[test]
    fn leads_back() {
        let spec = JoinSpec { cluster: Some("shop".into()), workers: Some(4), seeds: Some(vec!["a:1".into()]), ..JoinSpec::default() };
        assert_eq!(JoinSpec::decode(&to_vec(&spec).expect("encoded")), Ok(spec));
        assert_eq!(JoinSpec::decode(&[0xa0]), Ok(JoinSpec::default()));
    }

    #[test]
    fn an_unknown_key_is_named() {
        let error = JoinSpec::decode(&to_vec(BTreeMap::from([("clutser", "shop")])).expect("encoded")).expect_err("refused");
        assert_eq!(error.kind(), Kind::BadConfig);
        assert!(error.message().contains("clutser"), "{error}");
    }
}
