//! The addresses of this host.

use std::{
    collections::BTreeSet,
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// Every local address, loopback included, as the kernel's tables show them; empty where they can't be read.
pub fn host_addresses() -> Vec<IpAddr> {
    let v4 = fs::read_to_string("/proc/net/fib_trie").map(|text| local_v4(&text)).unwrap_or_default();
    let v6 = fs::read_to_string("/proc/net/if_inet6").map(|text| global_v6(&text)).unwrap_or_default();
    v4.into_iter().map(IpAddr::V4).chain(v6.into_iter().map(IpAddr::V6)).collect()
}

/// A line `|-- 10.0.0.1` followed by `/32 host LOCAL` is an address of this host.
fn local_v4(trie: &str) -> BTreeSet<Ipv4Addr> {
    let mut found = BTreeSet::new();
    let mut last: Option<Ipv4Addr> = None;
    for line in trie.lines() {
        let line = line.trim();
        if let Some(address) = line.strip_prefix("|-- ") {
            last = address.parse().ok();
        } else if line == "/32 host LOCAL" {
            found.extend(last);
        }
    }
    found
}

/// Addresses of loopback (scope 10) and of global scope (00); those of one link alone need an interface to be dialled.
fn global_v6(table: &str) -> Vec<Ipv6Addr> {
    table
        .lines()
        .filter_map(|line| {
            let columns: Vec<_> = line.split_whitespace().collect();
            let [digits, _, _, "00" | "10", ..] = columns[..] else { return None };
            u128::from_str_radix(digits, 16).ok().map(Ipv6Addr::from)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_read() {
        let trie = "Local:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 10.0.0.0\n        /32 link BROADCAST\n     |-- 10.0.0.7\n        /32 host LOCAL\n     |-- 10.0.0.7\n        /32 host LOCAL\n";
        assert_eq!(local_v4(trie).into_iter().collect::<Vec<_>>(), [Ipv4Addr::new(10, 0, 0, 7)]);
        let table = "00000000000000000000000000000001 01 80 10 80       lo\nfe80000000000000000000000000abcd 02 40 20 80     eth0\nfd000000000000000000000000000007 02 40 00 80     eth0\n";
        assert_eq!(global_v6(table), ["::1".parse::<Ipv6Addr>().unwrap(), "fd00::7".parse().unwrap()]);
    }

    #[test]
    fn this_host_has_loopback() {
        assert!(host_addresses().iter().any(IpAddr::is_loopback));
    }
}
