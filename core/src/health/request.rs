//! As much of HTTP/1.1 as two questions need.

/// Longest head of a request, in bytes.
pub(super) const MOST: usize = 4096;

/// What is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// `/livez`
    Alive,
    /// `/readyz`
    Ready,
    /// Nothing that is known here: status and reason.
    Bad(&'static str),
}

/// A request's question, and whether the body of the answer is wanted; `None` while its head isn't complete.
pub(super) fn parse(bytes: &[u8]) -> Option<(Question, bool)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let bad = |status| Some((Question::Bad(status), true));
    let Some(end) = end else { return if bytes.len() >= MOST { bad("431 Request Header Fields Too Large") } else { None } };
    let line = bytes[..end].split(|byte| *byte == b'\r').next().unwrap_or_default();
    let Some(line) = str::from_utf8(line).ok().filter(|line| line.bytes().all(|byte| byte >= b' ')) else { return bad("400 Bad Request") };
    let mut words = line.split(' ');
    let (Some(method), Some(target), Some(version), None) = (words.next(), words.next(), words.next(), words.next()) else {
        return bad("400 Bad Request");
    };
    if !matches!(version, "HTTP/1.1" | "HTTP/1.0") {
        return bad("505 HTTP Version Not Supported");
    }
    if !matches!(method, "GET" | "HEAD") {
        return bad("405 Method Not Allowed");
    }
    let question = match target.split('?').next() {
        Some("/livez") => Question::Alive,
        Some("/readyz") => Question::Ready,
        _ => Question::Bad("404 Not Found"),
    };
    Some((question, method == "GET"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let asked = |head: &str| parse(format!("{head}\r\nHost: x\r\n\r\n").as_bytes()).unwrap();
        for (line, expected) in [
            ("GET /livez HTTP/1.1", (Question::Alive, true)),
            ("GET /readyz?verbose=1 HTTP/1.0", (Question::Ready, true)),
            ("HEAD /readyz HTTP/1.1", (Question::Ready, false)),
            ("GET /livezz HTTP/1.1", (Question::Bad("404 Not Found"), true)),
            ("GET / HTTP/1.1", (Question::Bad("404 Not Found"), true)),
            ("GET http://x/livez HTTP/1.1", (Question::Bad("404 Not Found"), true)),
            ("POST /livez HTTP/1.1", (Question::Bad("405 Method Not Allowed"), true)),
            ("GET /livez HTTP/2.0", (Question::Bad("505 HTTP Version Not Supported"), true)),
            ("GET  /livez HTTP/1.1", (Question::Bad("400 Bad Request"), true)),
            ("GET /livez", (Question::Bad("400 Bad Request"), true)),
            ("", (Question::Bad("400 Bad Request"), true)),
            ("GET /\u{7}livez HTTP/1.1", (Question::Bad("400 Bad Request"), true)),
        ] {
            assert_eq!(asked(line), expected, "{line}");
        }
    }

    #[test]
    fn unfinished_and_endless_heads() {
        assert_eq!(parse(b"GET /livez HTTP/1.1\r\nHost"), None);
        assert_eq!(parse(&[b'x'; MOST - 1]), None);
        assert!(matches!(parse(&[b'x'; MOST]), Some((Question::Bad(status), _)) if status.starts_with("431")));
        assert!(matches!(parse(b"\xff\xfe\r\n\r\n"), Some((Question::Bad(status), _)) if status.starts_with("400")));
    }
}
