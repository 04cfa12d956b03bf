//! What a node says about itself: from the language's App to the node record.

use crate::{
    config::{AppSpec, NodeId, check_service, method_target},
    env,
    error::Result,
    lane::Lane,
    membership::{NodeRecord, Place},
    serve::{Limit, Table},
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
        services: app.services.clone(),
        ..NodeRecord::new(about.id, about.name)
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
        table.limit_service(&service.name, Limit::of(service.limit.as_ref(), &service.name)?);
        for method in &service.methods {
            let target = method_target(&service.name, &method.name)?;
            table.limit_method(&target, Limit::of(method.limit.as_ref(), &target)?);
        }
    }
    Ok(table)
}
