//! What a language asks for at `join`.

use super::AppSpec;
use serde::Deserialize;

/// The encoded value of `join`; absent keys take settings from the environment, `twinspan.toml` and the defaults.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JoinSpec {
    /// What this process offers.
    pub app: AppSpec,
    /// `python` or `java`.
    pub language: String,
    /// Name of the cluster.
    pub cluster: Option<String>,
    /// Name of the node.
    pub name: Option<String>,
    /// Name of the program, for the default name of the node.
    pub program: String,
    /// Where the search for `twinspan.toml` begins; the working directory when absent.
    pub directory: Option<String>,
    /// `host:port` to listen on.
    pub listen: Option<String>,
    /// `host:port` that others dial.
    pub advertise: Option<String>,
    /// Nodes to ask first, `host:port` each.
    pub seeds: Option<Vec<String>>,
    /// Folder with `cert.pem`, `key.pem` and `ca.pem`.
    pub identity: Option<String>,
    /// A private cluster of this host is wanted even where a real one is usual.
    pub local: Option<bool>,
    /// Handlers at once.
    pub workers: Option<usize>,
    /// Handlers at once, those that wait in nested calls included.
    pub max_threads: Option<usize>,
    /// Largest body in bytes.
    pub max_payload: Option<usize>,
    /// Bytes of all queued and received bodies.
    pub memory: Option<usize>,
    /// `tcp`: never the Unix socket.
    pub transport: Option<String>,
    /// Lane of the workers or the pump.
    pub lane: u64,
}
