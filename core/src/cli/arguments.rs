//! What a call was given on the command line.

use super::json::Json;
use crate::{
    config::{MethodSpec, ParamKind},
    error::{Error, Kind, Result},
};
use std::io::Read;

/// Longest argument that is read from standard input.
const STDIN_MOST: u64 = 256 << 20;

/// Arguments of one call.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Given {
    pub(super) positional: Vec<Json>,
    pub(super) named: Vec<(String, Json)>,
}

impl Given {
    /// One object is the named arguments, one array the positional ones; otherwise each is one positional argument.
    pub(super) fn read(arguments: &[String], named: &[String]) -> Result<Given> {
        let mut values = arguments.iter().enumerate().map(|(at, text)| argument(&format!("argument {}", at + 1), text));
        let mut given = match (values.next().transpose()?, arguments.len()) {
            (Some(Json::Object(named)), 1) => Given { positional: Vec::new(), named },
            (Some(Json::List(positional)), 1) => Given { positional, named: Vec::new() },
            (first, _) => {
                let mut positional: Vec<Json> = first.into_iter().collect();
                for value in values {
                    positional.push(value?);
                }
                Given { positional, named: Vec::new() }
            }
        };
        for text in named {
            let (name, value) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(|| {
                bad(format!("`--named {text:.60}` names no argument"))
                    .advice("Write it as --named NAME=JSON, such as --named sku='\"A1\"'.")
            })?;
            if given.named.iter().any(|(known, _)| known == name) {
                return Err(bad(format!("the argument `{name}` is given twice")).advice("Leave one of them out."));
            }
            given.named.push((name.to_owned(), argument(name, value)?));
        }
        Ok(given)
    }

    /// Puts the stream in its place, where the method has one that isn't given.
    pub(super) fn stream_in(&mut self, method: Option<&MethodSpec>) -> Result<()> {
        let params = method.map(|method| method.params.as_slice()).unwrap_or_default();
        let Some((at, param)) = params.iter().enumerate().find(|(_, param)| param.type_name.starts_with("stream<")) else {
            return Err(bad("--items is given, and no parameter of the method is a stream".into())
                .advice("`twinspan services` shows the signature; leave --items out, or call another method."));
        };
        let only_positional = param.kind == ParamKind::Positional;
        if at < self.positional.len() || self.named.iter().any(|(name, _)| *name == param.name) {
            return Err(bad(format!("the stream `{}` is given by --items and as an argument", param.name)).advice("Leave one of them out."));
        }
        if only_positional && at == self.positional.len() {
            self.positional.push(Json::Null);
        } else {
            self.named.push((param.name.clone(), Json::Null));
        }
        Ok(())
    }
}

fn argument(what: &str, text: &str) -> Result<Json> {
    let read;
    let text = if text == "-" {
        read = stdin()?;
        read.as_str()
    } else {
        text
    };
    text.parse().map_err(|why| {
        let error = bad(format!("{what} is no JSON: {why}"));
        // The most likely slip: a text without its quotes.
        let word = !text.is_empty()
            && text.len() <= 60
            && !text.contains(['"', '\'', '{', '[', '\\'])
            && !text.starts_with(|c: char| c.is_ascii_digit());
        if word {
            error.advice(format!("A text has its quotes: '\"{text}\"'."))
        } else {
            error.advice("Write one JSON value, quoted for the shell.")
        }
    })
}

fn stdin() -> Result<String> {
    let mut text = String::new();
    let read = std::io::stdin().lock().take(STDIN_MOST).read_to_string(&mut text);
    read.map_err(|e| bad(format!("standard input can't be read: {e}")).advice("Give one JSON value in UTF-8."))?;
    Ok(text)
}

fn bad(text: String) -> Error {
    Error::new(Kind::BadConfig, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ParamSpec;

    fn read(arguments: &[&str], named: &[&str]) -> Result<Given> {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        Given::read(&owned(arguments), &owned(named))
    }

    #[test]
    fn one_object_or_array_is_all_arguments() {
        let number = |n: &str| Json::Number(n.into());
        assert_eq!(read(&[], &[]), Ok(Given::default()));
        assert_eq!(read(&["[1, 2]"], &[]).map(|given| given.positional), Ok(vec![number("1"), number("2")]));
        assert_eq!(
            read(&[r#"{"a": 1}"#], &["b=2"]).map(|given| given.named),
            Ok(vec![("a".into(), number("1")), ("b".into(), number("2"))])
        );
        let two = read(&["[1]", r#"{"a": 1}"#], &[]).expect("read");
        assert!(matches!(two.positional.as_slice(), [Json::List(_), Json::Object(_)]) && two.named.is_empty());
        assert_eq!(read(&["-5"], &[]).map(|given| given.positional), Ok(vec![number("-5")]));
    }

    #[test]
    fn what_is_no_argument_is_refused() {
        for (arguments, named, told, advice) in [
            (&["Berlin"][..], &[][..], "argument 1 is no JSON", "'\"Berlin\"'"),
            (&["1", "{"], &[], "argument 2 is no JSON", "one JSON value"),
            (&[], &["a"], "names no argument", "NAME=JSON"),
            (&[], &["=1"], "names no argument", "NAME=JSON"),
            (&[], &["a=x"], "a is no JSON", "'\"x\"'"),
            (&[r#"{"a": 1}"#], &["a=2"], "`a` is given twice", "Leave"),
        ] {
            let error = read(arguments, named).expect_err(told);
            assert!(error.kind() == Kind::BadConfig && error.message().contains(told) && error.advice_text().contains(advice), "{error}");
        }
    }

    #[test]
    fn a_stream_takes_its_place() {
        let stream = |kind| MethodSpec {
            params: vec![ParamSpec {
                name: "numbers".into(),
                kind,
                type_name: "stream<int>".into(),
                optional: false,
                default: None,
                former: Vec::new(),
            }],
            ..MethodSpec::default()
        };
        let mut given = Given::default();
        given.stream_in(Some(&stream(ParamKind::Both))).expect("placed");
        assert_eq!(given.named, [("numbers".to_owned(), Json::Null)]);
        assert!(given.stream_in(Some(&stream(ParamKind::Both))).is_err());
        let mut given = Given::default();
        given.stream_in(Some(&stream(ParamKind::Positional))).expect("placed");
        assert_eq!(given.positional, [Json::Null]);
        assert!(Given::default().stream_in(None).is_err());
    }
}
