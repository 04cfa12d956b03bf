//! Offering more after the join: for a node that is alone, whose calls all end here.

use super::{Node, engine::publish, record};
use crate::{
    config::{JoinSpec, ServiceSpec},
    error::{Error, Kind, Result},
};

impl Node {
    /// Adds the services of an App. Their methods get the next numbers; one that is offered already is replaced.
    pub async fn offer(&self, spec: JoinSpec) -> Result<()> {
        if !self.alone {
            return Err(Error::new(Kind::Misuse, format!("node `{}` has joined: what it offers is settled", self.name))
                .advice("Give the App to `join`."));
        }
        self.serve.extend(&record::table(&spec.app, spec.lane)?);
        publish(&self.inputs, Box::new(move |record| merge(&mut record.services, spec.app.services))).await
    }
}

fn merge(offered: &mut Vec<ServiceSpec>, more: Vec<ServiceSpec>) {
    for mut service in more {
        let Some(known) = offered.iter_mut().find(|known| known.name == service.name) else {
            offered.push(service);
            continue;
        };
        known.methods.retain(|method| service.methods.iter().all(|newer| newer.name != method.name));
        known.methods.append(&mut service.methods);
        known.types.retain(|known| service.types.iter().all(|newer| newer.name != known.name));
        known.types.append(&mut service.types);
        known.doc = service.doc.or(known.doc.take());
        known.balance = service.balance.or(known.balance.take());
    }
}
