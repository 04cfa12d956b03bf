//! The identity of a node that meets nobody.

use super::{
    Identity, Leaf, LeafSource, PeerCertificate, Role,
    authority::{Authority, LEAF_LIFE},
};
use crate::{
    config::{NodeId, check_node},
    env,
    error::Result,
};
use std::{sync::Arc, time::Duration};

impl Identity {
    /// Signed by a root of its own, which exists in memory only: nobody else can have one of the same cluster.
    pub fn alone(cluster: &str, node: NodeId, name: &str) -> Result<Arc<Identity>> {
        check_node(name)?;
        let root = Authority::root(cluster, env::wall_clock())?;
        let holder = PeerCertificate { cluster: cluster.into(), role: Role::Worker, id: Some(node), name: name.into() };
        Identity::new(node, &[root.certificate().clone()], Box::new(Alone { root, holder }))
    }
}

struct Alone {
    root: Authority,
    holder: PeerCertificate,
}

impl LeafSource for Alone {
    fn leaf(&self, now: Duration) -> Result<Leaf> {
        Leaf::signed(&self.root, &self.holder, &[], now, LEAF_LIFE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_of_one_name_are_of_two_clusters() {
        let node = NodeId::draw();
        let made = || Identity::alone("shop", node, "fake").expect("made");
        let (one, other) = (made(), made());
        assert_eq!((one.cluster(), one.name(), one.node()), ("shop", "fake", node));
        assert_ne!(one.cluster_id(), other.cluster_id());
        assert!(Identity::alone("shop", node, "no name").is_err());
    }
}
