//! The identity of a node that joined its host's cluster without configuration.

use super::state::HostState;
use crate::{
    config::{NodeId, check_node},
    env,
    error::Result,
    security::{Identity, Leaf, LeafSource, PeerCertificate, Role},
};
use std::{sync::Arc, time::Duration};

impl Identity {
    /// One host: the issuer of the state directory signs a leaf for this join, in memory only, and another one before it ends.
    pub fn from_state(state: &HostState, node: NodeId, name: &str) -> Result<Arc<Identity>> {
        check_node(name)?;
        let root = state.ca(env::wall_clock())?.root_certificate();
        let holder = PeerCertificate { cluster: state.cluster().into(), role: Role::Worker, id: Some(node), name: name.into() };
        Identity::new(node, &[root], Box::new(StateSource { state: state.clone(), holder }))
    }
}

struct StateSource {
    state: HostState,
    holder: PeerCertificate,
}

impl LeafSource for StateSource {
    fn leaf(&self, now: Duration) -> Result<Leaf> {
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let hosts = [host, "localhost".into(), "127.0.0.1".into(), "::1".into()];
        Leaf::issue(&self.state.ca(now)?, &self.holder, &hosts, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_leaf_is_renewed_at_two_thirds_of_its_day() {
        let temp = tempfile::tempdir().expect("temp");
        let state = HostState::open_below(temp.path(), "shop").expect("made");
        let node = NodeId::draw();
        let identity = Identity::from_state(&state, node, "a").expect("made");
        let (now, due) = (env::wall_clock(), identity.renewal_due());
        let hours = |n: u64| Duration::from_secs(n * 3600);
        assert!(due > now + hours(15) && due < now + hours(17), "{:?}", due - now);
        assert_eq!(identity.renew_if_due(now), Ok(false));
        assert_eq!(identity.renew_if_due(due), Ok(true));
        assert!(identity.validity().until >= due + hours(24) - Duration::from_secs(1));
        assert!(identity.renewal_due() > due + hours(15));
        assert_eq!(Identity::from_state(&state, node, "a").expect("made").cluster_id(), identity.cluster_id());
    }
}
