//! A method that a proxy prepared once.

use super::balance::Balance;
use crate::{
    config::{self, NodeId},
    error::{Error, Kind, Result},
};
use minicbor_serde::from_slice;
use serde::Deserialize;
use std::{sync::Arc, time::Duration};

/// Every call has a deadline.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest time that a caller may wait; a larger figure is cut, by the caller and again by the provider.
pub const MOST_TIMEOUT: Duration = Duration::from_secs(7 * 24 * 3600);
/// Tries of one call, the first included.
const DEFAULT_ATTEMPTS: u8 = 3;
const MOST_ATTEMPTS: u8 = 16;
/// Longest key of affinity, in bytes.
const MOST_AFFINITY: usize = 1024;
/// Largest share of calls that may be hedged.
const MOST_HEDGE: f64 = 0.5;

/// What a caller chose for a method.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    service: String,
    method: String,
    timeout_ms: Option<u64>,
    attempts: Option<u8>,
    balance: Option<String>,
    idempotent: Option<bool>,
    affinity: Option<String>,
    hedge: Option<f64>,
    node: Option<String>,
}

/// A method of a service, with the caller's options.
#[derive(Clone, Debug)]
pub struct Method {
    /// Name of the service.
    pub service: String,
    /// Name of the method.
    pub method: String,
    /// `service.method`.
    pub target: Arc<str>,
    /// Time until the deadline when a call brings none.
    pub timeout: Duration,
    /// Tries, the first included.
    pub attempts: u8,
    /// The caller's policy, if it names one.
    pub balance: Option<Balance>,
    /// The caller says that the method may run twice; else the provider's record says it.
    pub idempotent: Option<bool>,
    /// Calls with the same key go to the same provider while it is there.
    pub affinity: Option<Arc<str>>,
    /// Share of the calls that may get a second attempt beside the first, because they take longer than the others do.
    pub hedge: Option<f64>,
    /// This provider or none.
    pub node: Option<NodeId>,
}

impl Method {
    /// Reads the encoded options.
    pub fn decode(encoded: &[u8]) -> Result<Method> {
        let options: Options = from_slice(encoded).map_err(|e| bad(format!("options of a method: {e}")))?;
        config::check_service(&options.service)?;
        let target = config::method_target(&options.service, &options.method)?;
        let attempts = options.attempts.unwrap_or(DEFAULT_ATTEMPTS);
        if !(1..=MOST_ATTEMPTS).contains(&attempts) {
            return Err(bad(format!("attempts: {attempts} is not between 1 and {MOST_ATTEMPTS}")));
        }
        let balance = options.balance.map(|name| name.parse()).transpose()?;
        let affinity = affinity(options.affinity, balance)?;
        let hedge = hedge(options.hedge, options.idempotent)?;
        let node = options.node.map(|text| text.parse().map_err(|e| bad(format!("node: {e}")).advice("Take the `id` of a provider.")));
        Ok(Method {
            service: options.service,
            method: options.method,
            target: target.into(),
            timeout: options.timeout_ms.map_or(DEFAULT_TIMEOUT, Duration::from_millis),
            attempts,
            balance: if affinity.is_some() { Some(Balance::Hash) } else { balance },
            idempotent: options.idempotent,
            affinity,
            hedge,
            node: node.transpose()?,
        })
    }
}

fn bad(text: String) -> Error {
    Error::new(Kind::BadConfig, text)
}

fn affinity(key: Option<String>, balance: Option<Balance>) -> Result<Option<Arc<str>>> {
    match (key, balance) {
        (None, Some(Balance::Hash)) => {
            Err(bad("balance: `hash` needs a key".into()).advice("Give `affinity`: calls with the same key go to the same provider."))
        }
        (Some(_), Some(other)) if other != Balance::Hash => {
            Err(bad(format!("affinity: it implies `hash`, but balance says `{}`", other.name())).advice("Give one of the two."))
        }
        (Some(key), _) if key.is_empty() || key.len() > MOST_AFFINITY => {
            Err(bad(format!("affinity: the key has {} bytes, 1 to {MOST_AFFINITY} are allowed", key.len())))
        }
        (key, _) => Ok(key.map(Into::into)),
    }
}

fn hedge(share: Option<f64>, idempotent: Option<bool>) -> Result<Option<f64>> {
    match share {
        Some(share) if !(share > 0.0 && share <= MOST_HEDGE) => Err(bad(format!("hedge: {share} is not above 0 and at most {MOST_HEDGE}"))
            .advice("Give the share of the slowest calls, such as 0.05.")),
        Some(_) if idempotent == Some(false) => {
            Err(bad("hedge: the method may not run twice".into()).advice("Mark the method as idempotent, or leave `hedge` out."))
        }
        share => Ok(share),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use minicbor_serde::to_vec;
    use serde_json::{Value, json};

    fn decode(more: Value) -> Result<Method> {
        let mut all = json!({"service": "s", "method": "m"});
        more.as_object().unwrap().iter().for_each(|(key, value)| all[key] = value.clone());
        Method::decode(&to_vec(all).unwrap())
    }

    #[test]
    fn options_are_read() {
        let plain = decode(json!({})).unwrap();
        assert_eq!((plain.balance, plain.affinity, plain.hedge, plain.node), (None, None, None, None));
        let method = decode(json!({"affinity": "customer-7", "hedge": 0.05, "attempts": 2, "timeout_ms": 5})).unwrap();
        assert_eq!((method.balance, method.affinity.as_deref(), method.hedge), (Some(Balance::Hash), Some("customer-7"), Some(0.05)));
        let node = NodeId::draw();
        assert_eq!(decode(json!({"node": node.to_string()})).unwrap().node, Some(node));
        assert!(decode(json!({"affinity": "k", "balance": "hash", "hedge": 0.5, "idempotent": true})).is_ok());
    }

    #[test]
    fn bad_ones_are_named() {
        for (options, name) in [
            (json!({"affinity": ""}), "affinity"),
            (json!({"affinity": "x".repeat(1025)}), "affinity"),
            (json!({"affinity": "k", "balance": "round_robin"}), "affinity"),
            (json!({"affinity": 7}), "expected text"),
            (json!({"balance": "hash"}), "balance"),
            (json!({"balance": "hsah"}), "balance"),
            (json!({"hedge": 0.0}), "hedge"),
            (json!({"hedge": -0.1}), "hedge"),
            (json!({"hedge": 0.51}), "hedge"),
            (json!({"hedge": 1e300}), "hedge"),
            (json!({"hedge": 0.1, "idempotent": false}), "hedge"),
            (json!({"node": "n1"}), "node"),
            (json!({"attempts": 0}), "attempts"),
            (json!({"affinty": "k"}), "affinty"),
        ] {
            let error = decode(options.clone()).unwrap_err();
            assert!(error.kind() == Kind::BadConfig && error.message().contains(name), "{options}: {error}");
        }
    }
}
