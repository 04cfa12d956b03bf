//! A state of a service in a file: what somebody relies on, kept beside the code that does.

use crate::{
    config::{MethodSpec, ServiceSpec},
    error::{Error, Kind, Result},
};
use serde::{Deserialize, Serialize};

/// The format that this version writes.
const FORMAT: u64 = 1;
/// Longest file that is read, in bytes.
pub(super) const LONGEST: usize = 8 << 20;

/// `SERVICE.contract.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractFile {
    /// The format's number.
    contract: u64,
    /// The service, without what belongs to its providers.
    pub service: ServiceSpec,
}

impl ContractFile {
    /// Keeps what callers can rely on: no lanes, limits or balance.
    pub fn of(service: &ServiceSpec) -> ContractFile {
        let method = |method: &MethodSpec| MethodSpec { lane: 0, limit: None, ..method.clone() };
        let methods = service.methods.iter().map(method).collect();
        ContractFile { contract: FORMAT, service: ServiceSpec { methods, limit: None, balance: None, ..service.clone() } }
    }

    /// The name of the file of a service.
    pub fn name(service: &str) -> String {
        format!("{service}.contract.json")
    }

    /// Reads a file's text. `BadConfig`: it is none; `VersionMismatch`: a later version wrote it.
    pub fn read(text: &[u8]) -> Result<ContractFile> {
        let bad = |why: String| Error::new(Kind::BadConfig, format!("this is no contract file: {why}"));
        let advice = "Make one with `twinspan contract record SERVICE`.";
        if text.len() > LONGEST {
            return Err(bad(format!("it has {} bytes, more than {LONGEST}", text.len())).advice(advice));
        }
        // The number first: a later format may have other keys.
        let value: serde_json::Value = serde_json::from_slice(text).map_err(|e| bad(e.to_string()).advice(advice))?;
        match value.get("contract").and_then(serde_json::Value::as_u64) {
            Some(FORMAT) => {}
            Some(later) => {
                let error =
                    Error::new(Kind::VersionMismatch, format!("the contract file has format {later}, and this version reads {FORMAT}"));
                return Err(error.advice("Update twinspan, or record the contract again with this version."));
            }
            None => return Err(bad("it has no number `contract`".into()).advice(advice)),
        }
        serde_json::from_value(value).map_err(|e| bad(e.to_string()).advice(advice))
    }

    /// The file's text, the same for the same service.
    pub fn text(&self) -> Result<String> {
        let text = serde_json::to_string_pretty(self).map_err(|e| Error::internal(format!("a contract can't be written: {e}")))?;
        Ok(text + "\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{LimitSpec, ParamSpec, TypeSpec};

    #[test]
    fn what_is_written_is_read() {
        let json = r#"{"name":"a","params":[{"name":"x","type":"int","optional":true,"default":"1"}],"returns":"record R"}"#;
        let method: MethodSpec = serde_json::from_str(json).expect("read");
        let service = ServiceSpec {
            name: "shop.pricing".into(),
            methods: vec![MethodSpec { lane: 7, limit: Some(LimitSpec::default()), ..method.clone() }],
            types: vec![TypeSpec { name: "R".into(), ..TypeSpec::default() }],
            balance: Some("hash".into()),
            ..ServiceSpec::default()
        };
        let file = ContractFile::of(&service);
        let text = file.text().expect("text");
        assert!(text.starts_with("{\n  \"contract\": 1,\n") && text.ends_with("}\n"), "{text}");
        assert!(!text.contains("lane") && !text.contains("balance") && !text.contains("limit"), "{text}");
        let read = ContractFile::read(text.as_bytes()).expect("read");
        assert_eq!(read, file);
        let param: &ParamSpec = &read.service.methods[0].params[0];
        assert_eq!((param.default.as_deref(), &read.service.methods[0]), (Some("1"), &method));
        assert_eq!(ContractFile::name("shop.pricing"), "shop.pricing.contract.json");
    }

    #[test]
    fn what_is_none_is_refused() {
        for (text, kind, told) in [
            ("{", Kind::BadConfig, "no contract file"),
            ("{}", Kind::BadConfig, "no number `contract`"),
            (r#"{"contract": 2, "parts": []}"#, Kind::VersionMismatch, "format 2"),
            (r#"{"contract": 1}"#, Kind::BadConfig, "service"),
            (r#"{"contract": 1, "service": {}}"#, Kind::BadConfig, "name"),
        ] {
            let error = ContractFile::read(text.as_bytes()).expect_err(text);
            assert!(error.kind() == kind && error.message().contains(told), "{text}: {error}");
        }
        assert!(ContractFile::read(&vec![b' '; LONGEST + 1]).is_err());
    }
}
