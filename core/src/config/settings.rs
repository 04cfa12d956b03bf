//! The settings of one join, resolved and checked.

use super::{
    JoinSpec, check_cluster, check_node, default_node_name,
    layers::{KEYS, Layers, Origin, Raw},
    typed::{check_address, is_loopback},
};
use crate::error::{Error, Kind, Result};
use std::{
    path::{Path, PathBuf},
    thread::available_parallelism,
};

const MIB: u64 = 1 << 20;
const MAX_THREADS: u64 = 64;
const MAX_PAYLOAD: u64 = 256 * MIB;
const MEMORY: u64 = 512 * MIB;
/// A frame's length has 32 bits, and a payload shares it with a header and extensions.
const PAYLOAD_MOST: u64 = 2048 * MIB;
const PAYLOAD_LEAST: u64 = 64 << 10;
const THREADS_MOST: u64 = 4096;

/// What links a node uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// The Unix socket where it reaches, else TCP.
    Any,
    /// TCP only, for measurements.
    Tcp,
}

/// Everything about a join, checked. Every refusal names the key and where its value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The cluster's name.
    pub cluster: String,
    /// The node's name.
    pub name: String,
    /// `host:port` on which it listens; port 0 takes a free one.
    pub listen: Option<String>,
    /// `host:port` that others dial.
    pub advertise: Option<String>,
    /// Members to ask first.
    pub seeds: Vec<String>,
    /// The identity's folder; without one the node is in this host's cluster.
    pub identity: Option<PathBuf>,
    /// Whether this host's own cluster is meant, wherever that is.
    pub local: bool,
    /// Handlers that run at once.
    pub workers: u32,
    /// Most threads for them, those that wait in nested calls included.
    pub max_threads: u32,
    /// Largest payload in bytes.
    pub max_payload: u64,
    /// Memory for payloads in flight, in bytes.
    pub memory: u64,
    /// What links it uses.
    pub transport: Transport,
    /// `host:port` on which `/livez` and `/readyz` are answered; port 0 takes a free one.
    pub health: Option<String>,
    /// Whether callers learn only the type of what a handler raises.
    pub hide_errors: bool,
    origins: Vec<(&'static str, Origin)>,
}

impl Settings {
    /// Resolves the settings of a join from defaults, `twinspan.toml`, the environment and the arguments. `identify` reads
    /// cluster and node name out of an identity's folder. Blocks on files.
    pub fn resolve(spec: &JoinSpec, identify: &dyn Fn(&Path) -> Result<(String, String)>) -> Result<Settings> {
        if spec.alone {
            return Settings::alone(spec);
        }
        let here = std::env::current_dir().unwrap_or_else(|_| "/".into());
        let directory = spec.directory.as_deref().map_or(here.clone(), |directory| here.join(directory));
        Settings::from_sources(spec, &|variable| std::env::var(variable).ok(), &directory, identify)
    }

    /// Of a node that meets nobody: what the arguments say. What is for meeting others is refused.
    fn alone(spec: &JoinSpec) -> Result<Settings> {
        let others = [
            ("listen", spec.listen.is_some()),
            ("advertise", spec.advertise.is_some()),
            ("seeds", spec.seeds.is_some()),
            ("identity", spec.identity.is_some()),
            ("transport", spec.transport.is_some()),
            ("health", spec.health.is_some()),
        ];
        if let Some((key, _)) = others.into_iter().find(|(_, given)| *given) {
            return Err(
                Error::new(Kind::BadConfig, format!("{key}: a node that is alone meets nobody")).advice(format!("Leave `{key}` out."))
            );
        }
        Settings::from_sources(spec, &|_| None, Path::new(""), &|_| Err(Error::internal("a node that is alone has no folder")))
    }

    /// The same with the sources given.
    pub fn from_sources(
        spec: &JoinSpec,
        environment: &dyn Fn(&str) -> Option<String>,
        directory: &Path,
        identify: &dyn Fn(&Path) -> Result<(String, String)>,
    ) -> Result<Settings> {
        let layers = Layers::collect(spec, environment, directory)?;
        let identity = layers.text("identity")?.map(PathBuf::from);
        let known = identity.as_deref().map(identify).transpose().map_err(|e| layers.refer("identity", &e))?;
        let (cluster, name) = match (known, &identity) {
            (Some((cluster, name)), Some(dir)) => (layers.same("cluster", cluster, dir)?, layers.same("name", name, dir)?),
            _ => (layers.cluster(directory)?, layers.node_name(spec)?),
        };
        let (workers, max_threads) = layers.threads()?;
        let (max_payload, memory) = layers.sizes()?;
        let mut settings = Settings {
            cluster,
            name,
            listen: layers.address("listen", 0)?,
            advertise: layers.address("advertise", 1)?,
            seeds: layers.seeds()?,
            local: layers.flag("local")?.unwrap_or(false),
            workers,
            max_threads,
            max_payload,
            memory,
            transport: layers.transport()?,
            health: layers.address("health", 0)?,
            hide_errors: layers.flag("hide_errors")?.unwrap_or(false),
            origins: KEYS.into_iter().map(|key| (key, layers.origin(key, identity.as_deref()))).collect(),
            identity,
        };
        settings.check_together(&layers, environment)?;
        if settings.transport == Transport::Tcp && settings.listen.is_none() && settings.seeds.is_empty() {
            settings.listen = Some("127.0.0.1:0".into());
        }
        Ok(settings)
    }

    /// Where the value of each key came from.
    pub fn origins(&self) -> &[(&'static str, Origin)] {
        &self.origins
    }

    /// Rules over more than one key.
    fn check_together(&self, layers: &Layers, environment: &dyn Fn(&str) -> Option<String>) -> Result<()> {
        if self.local && !self.seeds.is_empty() {
            return Err(layers
                .bad("local", "it means this host's cluster, and seeds are given too")
                .advice("Give either `local` or `seeds`."));
        }
        if self.identity.is_none() {
            if let Some(seed) = self.seeds.iter().find(|seed| !is_loopback(seed)) {
                return Err(layers
                    .bad("seeds", &format!("`{seed}` can't be dialled without a certificate"))
                    .advice("Give `identity` too: a folder that `twinspan dev-certs` made."));
            }
            if let Some(listen) = self.listen.as_ref().filter(|listen| !is_loopback(listen)) {
                return Err(layers
                    .bad("listen", &format!("`{listen}` is open to other hosts, and there is no certificate"))
                    .advice("Give `identity` too: a folder that `twinspan dev-certs` made; or listen on 127.0.0.1."));
            }
        } else if self.seeds.is_empty() && self.listen.is_none() && self.transport != Transport::Tcp {
            return Err(layers
                .bad("identity", "it is for a cluster of several hosts, but neither `listen` nor `seeds` is given")
                .advice("Give `listen` to start such a cluster, `seeds` to join one; leave `identity` for this host's own cluster."));
        }
        if self.seeds.is_empty() && self.listen.is_none() && !self.local {
            self.expected_here(environment)?;
        }
        Ok(())
    }

    /// A lost setting must not make a private cluster that reports success.
    fn expected_here(&self, environment: &dyn Fn(&str) -> Option<String>) -> Result<()> {
        let why = match environment("TWINSPAN_MODE").as_deref() {
            Some("cluster") => "TWINSPAN_MODE=cluster is set",
            None | Some("") if environment("KUBERNETES_SERVICE_HOST").is_some_and(|host| !host.is_empty()) => {
                "this is Kubernetes (KUBERNETES_SERVICE_HOST is set)"
            }
            None | Some("") => return Ok(()),
            Some(other) => {
                return Err(Error::new(
                    Kind::BadConfig,
                    format!("TWINSPAN_MODE: `{other}` is unknown (from environment variable TWINSPAN_MODE)"),
                )
                .advice("Set TWINSPAN_MODE=cluster, or unset it."));
            }
        };
        Err(Error::new(Kind::BadConfig, format!("seeds: none are given, nor `listen`, and {why}: the node would be alone"))
            .advice("Give `seeds` (or TWINSPAN_SEEDS) to join a cluster, `listen` to start one, or `local=True` for this container's own."))
    }
}

impl Layers {
    fn cluster(&self, directory: &Path) -> Result<String> {
        let Some(name) = self.text("cluster")? else {
            let file = directory.join("twinspan.toml");
            return Err(Error::new(
                Kind::BadConfig,
                "cluster: no name is given, neither as an argument nor in twinspan.toml nor as TWINSPAN_CLUSTER",
            )
            .advice(format!("Put this line into {}: cluster = \"{}\"", file.display(), suggestion(directory))));
        };
        check_cluster(&name).map_err(|e| self.refer("cluster", &e))?;
        Ok(name)
    }

    fn node_name(&self, spec: &JoinSpec) -> Result<String> {
        let Some(name) = self.text("name")? else {
            return Ok(default_node_name(&spec.program, std::process::id()));
        };
        check_node(&name).map_err(|e| self.refer("name", &e))?;
        Ok(name)
    }

    /// The identity decides; what somebody else said must be the same.
    fn same(&self, key: &'static str, certified: String, dir: &Path) -> Result<String> {
        match self.text(key)? {
            Some(other) if other != certified => Err(self
                .bad(key, &format!("`{other}` is not `{certified}`, which the certificate in {} says", dir.display()))
                .advice(format!("Leave `{key}` out, or use the identity of `{other}`."))),
            _ => Ok(certified),
        }
    }

    fn threads(&self) -> Result<(u32, u32)> {
        let cores = available_parallelism().map_or(1, |cores| cores.get() as u64);
        let workers = self.number("workers", 1, THREADS_MOST)?;
        let max_threads = self.number("max_threads", 1, THREADS_MOST)?;
        let (workers, max_threads) = match (workers, max_threads) {
            (Some(workers), Some(most)) if workers > most => {
                return Err(self.bad("workers", &format!("{workers} are more than `max_threads`, {most}")).advice("Raise `max_threads`."));
            }
            (Some(workers), Some(most)) => (workers, most),
            (Some(workers), None) => (workers, MAX_THREADS.max(workers)),
            (None, most) => {
                let most = most.unwrap_or(MAX_THREADS);
                ((4 * cores).min(32).min(most), most)
            }
        };
        Ok((workers as u32, max_threads as u32))
    }

    fn sizes(&self) -> Result<(u64, u64)> {
        let payload = self.size("max_payload", PAYLOAD_LEAST, PAYLOAD_MOST)?;
        let memory = self.size("memory", PAYLOAD_LEAST, u64::MAX >> 1)?;
        match (payload, memory) {
            (Some(payload), Some(memory)) if payload > memory => {
                Err(self.bad("max_payload", &format!("{payload} bytes are more than `memory`, {memory}")).advice("Raise `memory`."))
            }
            (Some(payload), memory) => Ok((payload, memory.unwrap_or(MEMORY.max(payload)))),
            (None, memory) => {
                let memory = memory.unwrap_or(MEMORY);
                Ok((MAX_PAYLOAD.min(memory), memory))
            }
        }
    }

    fn seeds(&self) -> Result<Vec<String>> {
        let list = match self.get("seeds") {
            None => Vec::new(),
            Some((Raw::List(list), _)) => list.clone(),
            Some((Raw::Text(text), _)) => text.split(',').map(|seed| seed.trim().to_owned()).filter(|seed| !seed.is_empty()).collect(),
            Some((raw, _)) => return Err(self.bad("seeds", &format!("`{raw}` is not a list of host:port"))),
        };
        for seed in &list {
            check_address(seed, 1).map_err(|why| self.bad("seeds", &format!("`{seed}` is not host:port: {why}")))?;
        }
        Ok(list)
    }

    fn transport(&self) -> Result<Transport> {
        match self.text("transport")?.as_deref() {
            None => Ok(Transport::Any),
            Some("tcp") => Ok(Transport::Tcp),
            Some(other) => {
                Err(self.bad("transport", &format!("`{other}` is unknown")).advice("The only value is `tcp`; leave it out otherwise."))
            }
        }
    }
}

/// The directory's name as a cluster's name.
fn suggestion(directory: &Path) -> String {
    let name = directory.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let name: String = name.chars().map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' }).take(40).collect();
    match name.trim_matches('-') {
        "" => "my-project".into(),
        name => name.into(),
    }
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
