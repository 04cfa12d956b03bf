//! What users choose: ids, names and settings. Every refusal names the key and the bad character.

mod id;
mod name;

pub use id::NodeId;
pub use name::{check_cluster, check_node, check_service, default_node_name, method_target};
