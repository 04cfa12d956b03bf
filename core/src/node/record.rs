//! What a node says about itself: from the language's App to the node record.

use crate::{
    config::{AppSpec, MethodSpec, NodeId, check_service},
    env,
    error::Result,
    lane::Lane,
    membership::{MethodRecord, NodeRecord, ParamRecord, Place, ServiceRecord},
    serve::Table,
};

/// Who a node is, as its record tells.
pub(super) struct About<'a> {
    pub(super) id: NodeId,
    pub(super) name: &'a str,
    pub(super) language: &'a str,
    pub(super) place: Place,
    pub(super) addresses: Vec<String>,
}

/// The first record: not ready yet.
pub(super) fn first(app: &AppSpec, about: About<'_>) -> NodeRecord {
    NodeRecord {
        app: app.name.clone(),
        app_version: app.version.clone(),
        language: about.language.to_owned(),
        pid: std::process::id(),
        host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        place: about.place,
        addresses: about.addresses,
        started: env::wall_clock().as_millis() as u64,
        services: app
            .services
            .iter()
            .map(|service| ServiceRecord {
                name: service.name.clone(),
                balance: service.balance.clone(),
                methods: service.methods.iter().map(method).collect(),
                doc: service.doc.clone().unwrap_or_default(),
            })
            .collect(),
        ..NodeRecord::new(about.id, about.name)
    }
}

fn method(spec: &MethodSpec) -> MethodRecord {
    MethodRecord {
        name: spec.name.clone(),
        params: spec
            .params
            .iter()
            .map(|p| ParamRecord { name: p.name.clone(), kind: p.kind.name().into(), ty: p.type_name.clone(), optional: p.optional })
            .collect(),
        returns: spec.returns.clone(),
        raises: spec.raises.clone(),
        in_stream: spec.in_stream,
        out_stream: spec.out_stream,
        idempotent: spec.idempotent,
        deprecated: spec.deprecated,
        doc: spec.doc.clone().unwrap_or_default(),
    }
}

/// Which lane runs which method, numbered in the App's order.
pub(super) fn table(app: &AppSpec, lane: u64) -> Result<Table> {
    let mut table = Table::default();
    for service in &app.services {
        check_service(&service.name)?;
        let methods: Result<Vec<_>> =
            service.methods.iter().map(|m| Ok((m.name.as_str(), Lane::find(if m.lane == 0 { lane } else { m.lane })?))).collect();
        table.add(&service.name, methods?.into_iter())?;
    }
    Ok(table)
}
