//! Whether a service still fits those who were written for another state of it.

use super::guard::guarded;
use crate::{
    config::ServiceSpec,
    contract::{self, ContractFile},
    error::{Error, Kind, Result},
};
use minicbor_serde::{from_slice, to_vec};

/// What no longer fits somebody who relies on `wanted`; each is an encoded service or the text of a contract file. Answers an encoded
/// list of changes, empty if nothing differs. `BadConfig`: one of them is neither; `VersionMismatch`: a file of a later format.
pub fn compare(wanted: &[u8], offered: &[u8]) -> Result<Vec<u8>> {
    guarded(|| {
        let changes = contract::compare(&service(wanted)?, &service(offered)?);
        to_vec(&changes).map_err(|e| Error::internal(format!("changes can't be encoded: {e}")))
    })
}

fn service(bytes: &[u8]) -> Result<ServiceSpec> {
    // No encoded service begins like this: it would be a text.
    if bytes.first() == Some(&b'{') {
        return Ok(ContractFile::read(bytes)?.service);
    }
    from_slice(bytes).map_err(|e| {
        Error::new(Kind::BadConfig, format!("this is no encoded service: {e}"))
            .advice("Pass an entry of a node's services, or the text of a contract file.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Change;

    #[test]
    fn files_and_encoded_services() {
        let service = |methods: &[&str]| ServiceSpec {
            name: "pricing".into(),
            methods: methods.iter().map(|m| serde_json::from_str(&format!(r#"{{"name":"{m}"}}"#)).expect("method")).collect(),
            ..ServiceSpec::default()
        };
        let file = ContractFile::of(&service(&["quote", "watch"])).text().expect("text");
        let encoded = to_vec(service(&["quote"])).expect("encoded");
        let changes: Vec<Change> = from_slice(&compare(file.as_bytes(), &encoded).expect("compared")).expect("changes");
        assert_eq!(changes, [Change { place: "watch".into(), what: "is gone".into(), breaking: true }]);
        assert_eq!(compare(&encoded, &encoded).expect("compared"), [0x80]);
        for wrong in [&b""[..], b"\xff", b"{", b"\x01"] {
            assert_eq!(compare(wrong, &encoded).expect_err("refused").kind(), Kind::BadConfig);
        }
    }
}
