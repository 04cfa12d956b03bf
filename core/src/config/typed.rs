//! Settings as values of their types. Every refusal names the key and where the value came from.

use super::layers::{Layers, Origin, Raw};
use crate::error::{Error, Kind, Result};
use std::{net::IpAddr, path::Path};

impl Layers {
    pub(super) fn address(&self, key: &'static str, least_port: u16) -> Result<Option<String>> {
        let address = self.text(key)?;
        if let Some(address) = &address {
            check_address(address, least_port).map_err(|why| self.bad(key, &format!("`{address}` is not host:port: {why}")))?;
        }
        Ok(address)
    }

    pub(super) fn text(&self, key: &'static str) -> Result<Option<String>> {
        match self.get(key) {
            None => Ok(None),
            Some((Raw::Text(text), _)) if text.is_empty() => Err(self.bad(key, "it is empty")),
            Some((Raw::Text(text), _)) => Ok(Some(text.clone())),
            Some((other, _)) => Err(self.bad(key, &format!("text is expected, not {other}"))),
        }
    }

    pub(super) fn flag(&self, key: &'static str) -> Result<Option<bool>> {
        match self.get(key) {
            None => Ok(None),
            Some((Raw::Flag(flag), _)) => Ok(Some(*flag)),
            Some((raw, _)) => match raw.to_string().to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" | "on" => Ok(Some(true)),
                "false" | "0" | "no" | "off" => Ok(Some(false)),
                _ => Err(self.bad(key, &format!("`{raw}` is neither true nor false"))),
            },
        }
    }

    pub(super) fn number(&self, key: &'static str, least: u64, most: u64) -> Result<Option<u64>> {
        let Some((raw, _)) = self.get(key) else { return Ok(None) };
        let number = match raw {
            Raw::Number(number) => u64::try_from(*number).ok(),
            Raw::Text(text) => text.trim().parse().ok(),
            _ => None,
        };
        self.between(key, raw, number, least, most)
    }

    /// A number of bytes, or text such as `256MiB`.
    pub(super) fn size(&self, key: &'static str, least: u64, most: u64) -> Result<Option<u64>> {
        let Some((raw, _)) = self.get(key) else { return Ok(None) };
        let number = match raw {
            Raw::Number(number) => u64::try_from(*number).ok(),
            Raw::Text(text) => bytes(text),
            _ => return Err(self.bad(key, &format!("a size is expected, not {raw}"))),
        };
        if number.is_none() && matches!(raw, Raw::Text(_)) {
            return Err(self.bad(key, &format!("`{raw}` is not a size")).advice("Write bytes, or a number with KiB, MiB or GiB."));
        }
        self.between(key, raw, number, least, most)
    }

    fn between(&self, key: &'static str, raw: &Raw, number: Option<u64>, least: u64, most: u64) -> Result<Option<u64>> {
        match number {
            Some(number) if (least..=most).contains(&number) => Ok(Some(number)),
            _ => Err(self.bad(key, &format!("`{raw}` is not a whole number between {least} and {most}"))),
        }
    }

    pub(super) fn origin(&self, key: &'static str, identity: Option<&Path>) -> Origin {
        match (self.get(key), identity) {
            (Some((_, origin)), _) => origin.clone(),
            (None, Some(dir)) if matches!(key, "cluster" | "name") => Origin::Identity(dir.to_owned()),
            (None, _) => Origin::Default,
        }
    }

    pub(super) fn bad(&self, key: &'static str, why: &str) -> Error {
        Error::new(Kind::BadConfig, format!("{key}: {why} (from {})", self.origin(key, None)))
            .advice(format!("Correct `{key}` there, or override it with an argument of join."))
    }

    /// Adds the origin to an error that names the key already.
    pub(super) fn refer(&self, key: &'static str, error: &Error) -> Error {
        Error::new(error.kind(), format!("{} (from {})", error.message(), self.origin(key, None))).advice(error.advice_text())
    }
}

/// `host:port`, `[v6]:port`; whether the host exists is found out when it is dialled.
pub(super) fn check_address(address: &str, least_port: u16) -> Result<(), String> {
    let (host, port) = address.rsplit_once(':').ok_or("the port is missing")?;
    let number: u16 = port.parse().map_err(|_| format!("`{port}` is not a port"))?;
    if number < least_port {
        return Err(format!("port {number} can't be dialled"));
    }
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    match inner {
        Some(inner) => inner.parse::<std::net::Ipv6Addr>().map(drop).map_err(|_| format!("`{inner}` is not an IPv6 address")),
        None if host.is_empty() => Err("the host is missing".into()),
        None if host.contains(':') => Err("an IPv6 address stands in brackets".into()),
        None if host.chars().any(|c| !(c.is_alphanumeric() || matches!(c, '.' | '-' | '_'))) => Err(format!("`{host}` is not a host")),
        None => Ok(()),
    }
}

pub(super) fn is_loopback(address: &str) -> bool {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host).trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match text[digits.len()..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "kb" => 1000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}
