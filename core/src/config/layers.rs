//! Where settings come from, weakest first: `twinspan.toml`, the environment, the arguments of `join`.

use super::JoinSpec;
use crate::error::{Error, Kind, Result};
use std::{
    collections::BTreeMap,
    fmt, fs,
    path::{Path, PathBuf},
};

/// The keys of `twinspan.toml`; each is also an argument of `join` and, in capitals after `TWINSPAN_`, an environment variable.
pub(super) const KEYS: [&str; 14] = [
    "cluster",
    "name",
    "listen",
    "advertise",
    "seeds",
    "identity",
    "local",
    "workers",
    "max_threads",
    "max_payload",
    "memory",
    "transport",
    "health",
    "hide_errors",
];

/// Keys that mean nothing to a node which only visits; `listen` means something else.
const OF_THE_SERVER: [&str; 6] = ["name", "advertise", "workers", "max_threads", "health", "hide_errors"];

/// Where a setting's value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody gave one.
    Default,
    /// This `twinspan.toml`.
    File(PathBuf),
    /// This environment variable.
    Environment(String),
    /// An argument of `join`.
    Argument,
    /// The certificate in this folder.
    Identity(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File(path) => write!(f, "{}", path.display()),
            Origin::Environment(variable) => write!(f, "environment variable {variable}"),
            Origin::Argument => f.write_str("argument of join"),
            Origin::Identity(dir) => write!(f, "certificate in {}", dir.display()),
        }
    }
}

/// A value as it was written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Raw {
    Text(String),
    Number(i128),
    Flag(bool),
    List(Vec<String>),
}

impl fmt::Display for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Raw::Text(text) => write!(f, "{text:.200}"),
            Raw::Number(number) => number.fmt(f),
            Raw::Flag(flag) => flag.fmt(f),
            Raw::List(list) => write!(f, "{}", list.join(", ")),
        }
    }
}

/// The strongest value of each key, with its origin.
#[derive(Debug, Default)]
pub(super) struct Layers(BTreeMap<&'static str, (Raw, Origin)>);

impl Layers {
    pub(super) fn collect(spec: &JoinSpec, environment: &dyn Fn(&str) -> Option<String>, directory: &Path) -> Result<Layers> {
        let mut layers = Layers::default();
        if spec.alone {
            layers.add_arguments(spec);
            return Ok(layers);
        }
        if let Some(file) = directory.ancestors().map(|dir| dir.join("twinspan.toml")).find(|file| file.is_file()) {
            layers.add_file(&file)?;
        }
        for key in KEYS {
            let variable = format!("TWINSPAN_{}", key.to_uppercase());
            // An empty variable is one that somebody unset.
            if let Some(text) = environment(&variable).filter(|text| !text.is_empty()) {
                layers.0.insert(key, (Raw::Text(text), Origin::Environment(variable)));
            }
        }
        if spec.visitor {
            layers.visit();
        }
        layers.add_arguments(spec);
        Ok(layers)
    }

    pub(super) fn get(&self, key: &'static str) -> Option<&(Raw, Origin)> {
        self.0.get(key)
    }

    /// Leaves out what belongs to the node that serves here. Where that one listens is where a visitor finds it, in a cluster of several
    /// hosts; on one host they meet anyway.
    fn visit(&mut self) {
        self.0.retain(|key, _| !OF_THE_SERVER.contains(key));
        let listen = self.0.remove("listen");
        if let Some((Raw::Text(address), origin)) = listen
            && self.0.contains_key("identity")
            && !self.0.contains_key("seeds")
            && let Some(seed) = dialled(&address)
        {
            self.0.insert("seeds", (Raw::List(vec![seed]), origin));
        }
    }

    fn add_file(&mut self, file: &Path) -> Result<()> {
        let bad = |why: String| {
            Error::new(Kind::BadConfig, format!("{}: {why}", file.display()))
                .advice(format!("Correct the file. Its keys are {}.", KEYS.join(", ")))
        };
        let text = fs::read_to_string(file).map_err(|e| bad(format!("it can't be read: {e}")))?;
        let table: toml::Table = text.parse().map_err(|e: toml::de::Error| bad(e.to_string().trim_end().replace('\n', " ")))?;
        for (key, value) in table {
            let known = KEYS.into_iter().find(|known| *known == key).ok_or_else(|| bad(format!("the key `{key}` is unknown")))?;
            let raw = from_toml(value).ok_or_else(|| bad(format!("{key}: text, a number, true, false or a list of texts is expected")))?;
            self.0.insert(known, (from_folder(known, raw, file), Origin::File(file.to_owned())));
        }
        Ok(())
    }

    fn add_arguments(&mut self, spec: &JoinSpec) {
        let text = |value: &Option<String>| value.clone().map(Raw::Text);
        let number = |value: Option<u64>| value.map(|n| Raw::Number(n.into()));
        let arguments = [
            ("cluster", text(&spec.cluster)),
            ("name", text(&spec.name)),
            ("listen", text(&spec.listen)),
            ("advertise", text(&spec.advertise)),
            ("seeds", spec.seeds.clone().map(Raw::List)),
            ("identity", text(&spec.identity)),
            ("local", spec.local.map(Raw::Flag)),
            ("workers", number(spec.workers)),
            ("max_threads", number(spec.max_threads)),
            ("max_payload", number(spec.max_payload)),
            ("memory", number(spec.memory)),
            ("transport", text(&spec.transport)),
            ("health", text(&spec.health)),
            ("hide_errors", spec.hide_errors.map(Raw::Flag)),
        ];
        for (key, value) in arguments {
            if let Some(value) = value {
                self.0.insert(key, (value, Origin::Argument));
            }
        }
    }
}

/// Where a program of the same host dials what listens there; nothing for port 0, which isn't known.
pub fn dialled(listen: &str) -> Option<String> {
    let (host, port) = listen.rsplit_once(':').filter(|(_, port)| *port != "0")?;
    let host = match host {
        "0.0.0.0" => "127.0.0.1",
        "[::]" => "[::1]",
        host => host,
    };
    Some(format!("{host}:{port}"))
}

fn from_toml(value: toml::Value) -> Option<Raw> {
    Some(match value {
        toml::Value::String(text) => Raw::Text(text),
        toml::Value::Integer(number) => Raw::Number(number.into()),
        toml::Value::Boolean(flag) => Raw::Flag(flag),
        toml::Value::Array(list) => {
            Raw::List(list.into_iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<Vec<String>>>()?)
        }
        _ => return None,
    })
}

/// A path in the file is relative to the file.
fn from_folder(key: &str, raw: Raw, file: &Path) -> Raw {
    match (key, raw, file.parent()) {
        ("identity", Raw::Text(path), Some(parent)) => Raw::Text(parent.join(path).to_string_lossy().into_owned()),
        (_, raw, _) => raw,
    }
}
