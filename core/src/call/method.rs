//! A method that a proxy prepared once.

use super::balance::Balance;
use crate::{
    config,
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
}

impl Method {
    /// Reads the encoded options.
    pub fn decode(encoded: &[u8]) -> Result<Method> {
        let options: Options = from_slice(encoded).map_err(|e| Error::new(Kind::BadConfig, format!("options of a method: {e}")))?;
        config::check_service(&options.service)?;
        let target = config::method_target(&options.service, &options.method)?;
        let attempts = options.attempts.unwrap_or(DEFAULT_ATTEMPTS);
        if !(1..=MOST_ATTEMPTS).contains(&attempts) {
            return Err(Error::new(Kind::BadConfig, format!("attempts: {attempts} is not between 1 and {MOST_ATTEMPTS}")));
        }
        Ok(Method {
            service: options.service,
            method: options.method,
            target: target.into(),
            timeout: options.timeout_ms.map_or(DEFAULT_TIMEOUT, Duration::from_millis),
            attempts,
            balance: options.balance.map(|name| name.parse()).transpose()?,
            idempotent: options.idempotent,
        })
    }
}
