//! A method as people write it.

use crate::membership::{MethodSpec, ParamKind};

/// `quote(sku: text, /, n: int = …, *, unit: text) -> Price`.
pub fn signature(method: &MethodSpec) -> String {
    let mut parts = Vec::new();
    let (mut positional, mut keyword) = (false, false);
    for param in &method.params {
        let only_position = param.kind == ParamKind::Positional;
        if positional && !only_position {
            parts.push("/".to_owned());
        }
        positional = only_position;
        let stars = match param.kind {
            ParamKind::Rest => "*",
            ParamKind::Extra => "**",
            _ => "",
        };
        if param.kind == ParamKind::Keyword && !keyword {
            parts.push("*".to_owned());
        }
        keyword |= matches!(param.kind, ParamKind::Keyword | ParamKind::Rest);
        let default = match &param.default {
            _ if !param.optional || !stars.is_empty() => String::new(),
            None => " = …".to_owned(),
            Some(value) => format!(" = {value}"),
        };
        parts.push(format!("{stars}{}: {}{default}", param.name, or_any(&param.type_name)));
    }
    if positional {
        parts.push("/".to_owned());
    }
    format!("{}({}) -> {}", method.name, parts.join(", "), or_any(&method.returns))
}

fn or_any(text: &str) -> &str {
    if text.is_empty() { "any" } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::membership::ParamSpec;

    #[test]
    fn every_kind_of_parameter() {
        let param = |name: &str, kind, optional| ParamSpec {
            name: name.into(),
            kind,
            type_name: "int".into(),
            optional,
            default: None,
            former: Vec::new(),
        };
        let method = |params| MethodSpec { name: "f".into(), params, ..MethodSpec::default() };
        use ParamKind::{Both, Extra, Keyword, Positional, Rest};
        for (params, expected) in [
            (vec![], "f() -> any"),
            (vec![param("a", Positional, false)], "f(a: int, /) -> any"),
            (vec![param("a", Positional, false), param("b", Both, true)], "f(a: int, /, b: int = …) -> any"),
            (
                vec![param("a", Both, false), param("k", Keyword, false), param("l", Keyword, true)],
                "f(a: int, *, k: int, l: int = …) -> any",
            ),
            (vec![param("r", Rest, true), param("k", Keyword, false), param("x", Extra, true)], "f(*r: int, k: int, **x: int) -> any"),
        ] {
            assert_eq!(signature(&method(params)), expected);
        }
        let unit = ParamSpec { default: Some("\"km\"".into()), ..param("unit", Both, true) };
        assert_eq!(signature(&method(vec![unit])), "f(unit: int = \"km\") -> any");
    }
}
