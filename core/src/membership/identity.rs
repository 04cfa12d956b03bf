//! Who a member is for the failure detector.

use crate::config::NodeId;

/// A node and how often it had to rejoin. A node that was declared down comes back only with a higher generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The node.
    pub node: NodeId,
    /// 0 at `join`; raised when the cluster declared the node down while it was alive.
    pub generation: u32,
}

impl foca::Identity for Identity {
    type Addr = NodeId;

    fn renew(&self) -> Option<Identity> {
        Some(Identity { node: self.node, generation: self.generation.checked_add(1)? })
    }

    fn addr(&self) -> NodeId {
        self.node
    }

    fn win_addr_conflict(&self, adversary: &Identity) -> bool {
        self.generation > adversary.generation
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use foca::Identity as _;

    #[test]
    fn a_renewed_identity_wins() {
        let first = Identity { node: NodeId::from_bytes([1; 16]), generation: 0 };
        let second = first.renew().unwrap();
        assert!(second.win_addr_conflict(&first) && !first.win_addr_conflict(&second));
        assert_eq!(first.addr(), second.addr());
        assert_eq!(Identity { generation: u32::MAX, ..first }.renew(), None);
    }
}
