//! Where a node can be reached.

use crate::error::{Error, Kind, Result};
use std::{fmt, path::PathBuf, str::FromStr};

/// One way to reach a node. As text `unix:/path` or `host:port`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// A socket file; only for peers on the same host and of the same user.
    Unix(PathBuf),
    /// `host:port`, the host a name or an IP address (IPv6 in brackets).
    Tcp(String),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Unix(path) => write!(f, "unix:{}", path.display()),
            Address::Tcp(address) => f.write_str(address),
        }
    }
}

impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Address> {
        if let Some(path) = text.strip_prefix("unix:") {
            if !path.starts_with('/') {
                return Err(bad(text, "the path after `unix:` must be absolute"));
            }
            return Ok(Address::Unix(path.into()));
        }
        let Some((host, port)) = text.rsplit_once(':') else { return Err(bad(text, "`host:port` expected")) };
        if host.is_empty() || (host.contains(':') && !(host.starts_with('[') && host.ends_with(']'))) {
            return Err(bad(text, "the host is missing, or an IPv6 address without brackets"));
        }
        port.parse::<u16>().map_err(|_| bad(text, "the port is not a number from 0 to 65535"))?;
        Ok(Address::Tcp(text.to_owned()))
    }
}

fn bad(text: &str, why: &str) -> Error {
    let text: String = text.chars().filter(|c| !c.is_control()).take(200).collect();
    Error::new(Kind::BadConfig, format!("`{text}` is not an address: {why}")).advice("Write addresses as `host:port`, or `unix:/path`.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_leads_back() {
        for text in ["unix:/run/x.sock", "127.0.0.1:7400", "[::1]:7400", "host.example:0"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        for bad in ["", "host", ":1", "::1:7400", "host:70000", "host:", "unix:relative"] {
            assert!(bad.parse::<Address>().is_err_and(|e| e.kind() == Kind::BadConfig), "{bad}");
        }
    }
}
