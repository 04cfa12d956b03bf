//! What users choose: ids, names and settings. Every refusal names the key and the bad character.

mod app;
mod id;
mod join;
mod layers;
mod name;
mod settings;
mod typed;

pub use app::{AppSpec, FieldSpec, LimitSpec, MethodSpec, ParamKind, ParamSpec, ServiceSpec, TypeKind, TypeSpec};
pub use id::NodeId;
pub use join::JoinSpec;
pub use layers::{Origin, dialled};
pub use name::{check_cluster, check_node, check_service, default_node_name, method_target};
pub use settings::{Settings, Transport};
