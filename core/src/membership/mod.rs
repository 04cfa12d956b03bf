//! Who is in the cluster.

pub mod host;
