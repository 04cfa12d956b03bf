//! How services and methods are called by gRPC clients: service `shop.pricing` is `shop.pricing.Pricing`, its method `order_total` is
//! `OrderTotal`. The package is the service's own name, so that one service's name may begin with another's.

/// Whether protobuf allows it as an identifier.
pub(super) fn is_identifier(text: &str) -> bool {
    text.bytes().enumerate().all(|(at, b)| b == b'_' || b.is_ascii_alphabetic() || (at > 0 && b.is_ascii_digit())) && !text.is_empty()
}

/// `order_total` and `orderTotal` become `OrderTotal`.
pub(super) fn upper_camel(text: &str) -> String {
    let mut camel = String::with_capacity(text.len());
    let mut upper = true;
    for c in text.chars() {
        match c {
            '_' if !upper || camel.is_empty() => upper = true,
            '_' => {}
            c if upper => {
                camel.push(c.to_ascii_uppercase());
                upper = false;
            }
            c => camel.push(c),
        }
    }
    // What began with a digit after its underscores, or had nothing else.
    if is_identifier(&camel) { camel } else { text.to_owned() }
}

/// The full name of a service; nothing for one whose name protobuf doesn't allow.
pub(super) fn full_name(service: &str) -> Option<String> {
    let last = service.rsplit('.').next().unwrap_or(service);
    service.split('.').all(is_identifier).then(|| format!("{service}.{}", upper_camel(last)))
}

/// The service that has this full name.
pub(super) fn service_of(full: &str) -> Option<&str> {
    let (service, _) = full.rsplit_once('.')?;
    (full_name(service).as_deref() == Some(full)).then_some(service)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back() {
        for (service, full) in [
            ("pricing", "pricing.Pricing"),
            ("shop.pricing", "shop.pricing.Pricing"),
            ("work.p1", "work.p1.P1"),
            ("a.b_c", "a.b_c.BC"),
            ("_", "_._"),
            ("_1", "_1._1"),
        ] {
            assert_eq!(full_name(service).as_deref(), Some(full));
            assert_eq!(service_of(full), Some(service));
        }
        assert_eq!(full_name("größe"), None);
        for unknown in ["pricing", "pricing.pricing", "shop.Pricing", "", "."] {
            assert_eq!(service_of(unknown), None, "{unknown}");
        }
        assert_eq!(
            (upper_camel("order_total"), upper_camel("orderTotal"), upper_camel("_x")),
            ("OrderTotal".into(), "OrderTotal".into(), "X".into())
        );
    }
}
